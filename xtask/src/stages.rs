//! Runs named stages one after another, measures them, and tells at the end what each did.

use crate::process::{Failure, Outcome};
use std::time::{Duration, Instant};

/// One part of the test run.
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    /// What the stage proves, in a few words.
    pub(crate) about: &'static str,
    /// Later stages make no sense when this one failed.
    pub(crate) needed: bool,
    pub(crate) run: fn() -> Outcome,
}

enum End {
    Passed,
    Failed(Failure),
    Skipped,
}

/// Runs the stages named in `only`, or all, and prints a table with minutes.
///
/// # Errors
/// When a name in `only` is unknown, or when a stage failed; the others are run all the same, unless a stage that
/// they need failed.
pub(crate) fn run(stages: &[Stage], only: &[String]) -> Outcome {
    if let Some(unknown) = only.iter().find(|name| stages.iter().all(|stage| stage.name != name.as_str())) {
        let names: Vec<_> = stages.iter().map(|stage| stage.name).collect();
        return Err(Failure::new(
            format!("there is no stage `{unknown}`"),
            format!("choose from: {}", names.join(", ")),
        ));
    }
    let chosen: Vec<_> =
        stages.iter().filter(|s| only.is_empty() || only.iter().any(|o| o == s.name)).collect();
    let began = Instant::now();
    let mut blocked = false;
    let mut ends = Vec::new();
    for (index, stage) in chosen.iter().enumerate() {
        if blocked {
            ends.push((stage, Duration::ZERO, End::Skipped));
            continue;
        }
        println!("\n=== [{}/{}] {}: {}", index + 1, chosen.len(), stage.name, stage.about);
        let start = Instant::now();
        let end = match (stage.run)() {
            Ok(()) => End::Passed,
            Err(failure) => {
                eprintln!("\nstage {} failed: {failure}", stage.name);
                blocked = stage.needed;
                End::Failed(failure)
            }
        };
        ends.push((stage, start.elapsed(), end));
    }
    println!("\n{:<18} {:>8}  result", "stage", "minutes");
    for (stage, took, end) in &ends {
        let word = match end {
            End::Passed => "passed",
            End::Failed(_) => "FAILED",
            End::Skipped => "not run",
        };
        println!("{:<18} {:>8}  {word}", stage.name, minutes(*took));
    }
    println!("{:<18} {:>8}", "together", minutes(began.elapsed()));
    conclude(ends.into_iter().map(|(stage, _, end)| (stage.name, end)))
}

fn conclude(ends: impl Iterator<Item = (&'static str, End)>) -> Outcome {
    let mut failed = Vec::new();
    let mut mends = Vec::new();
    for (name, end) in ends {
        if let End::Failed(failure) = end {
            failed.push(name);
            mends.push(format!("{name}: {}", failure.mend));
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    let again = format!("afterwards again: ESEP_TEST_ONLY={} cargo xtask test", failed.join(","));
    mends.push(again);
    Err(Failure::new(format!("failed: {}", failed.join(", ")), mends.join("\n    ")))
}

fn minutes(took: Duration) -> String {
    format!("{:.1}", took.as_secs_f64() / 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fails() -> Outcome {
        Err(Failure::new("broken", "repair it"))
    }

    fn passes() -> Outcome {
        Ok(())
    }

    fn stage(name: &'static str, needed: bool, run: fn() -> Outcome) -> Stage {
        Stage { name, about: "", needed, run }
    }

    #[test]
    fn a_failed_stage_fails_the_run_and_says_how_to_mend() {
        let failure = run(&[stage("one", false, fails), stage("two", false, passes)], &[]).unwrap_err();
        assert_eq!(failure.what, "failed: one");
        assert!(failure.mend.contains("one: repair it"), "the mend of the stage is repeated at the end");
        assert!(failure.mend.contains("ESEP_TEST_ONLY=one"));
    }

    #[test]
    fn stages_after_a_needed_one_that_failed_are_not_run() {
        fn must_not_run() -> Outcome {
            panic!("ran although what it needs had failed");
        }
        assert!(run(&[stage("build", true, fails), stage("rest", false, must_not_run)], &[]).is_err());
    }

    #[test]
    fn only_the_named_stage_runs_and_an_unknown_name_is_refused() {
        let stages = [stage("one", false, fails), stage("two", false, passes)];
        assert!(run(&stages, &["two".into()]).is_ok());
        assert!(run(&stages, &["three".into()]).unwrap_err().mend.contains("one, two"));
    }
}
