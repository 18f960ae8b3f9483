//! `esep-simulation`: runs seeds and says which do not hold.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use clap::Parser;
use esep_simulation::mistake::Mistake;
use esep_simulation::plan::{IMPATIENT, OTHER_HANDS};
use esep_simulation::run::{self, Report};
use parking_lot::Mutex;

/// Seeds in which everything must have happened that can.
const ENOUGH: usize = 200;
/// The same of those with other hands.
const ENOUGH_OTHER_HANDS: usize = 50;
/// The same of those in which the office does not wait.
const ENOUGH_IMPATIENT: usize = 10;

#[derive(Parser)]
#[command(
    about = "Runs devices and an operator under faults, and checks that nothing is lost and nothing forged"
)]
struct Options {
    /// How many seeds, after those that found something once, a sixth as many in which statements also go through
    /// other hands, and a thirtieth in which the office does not wait besides
    #[arg(long, default_value_t = 300)]
    seeds: u64,
    /// Only this seed, with its trace
    #[arg(long)]
    seed: Option<u64>,
    /// The first of the seeds, and then only these
    #[arg(long)]
    from: Option<u64>,
    /// Plants one of the mistakes that must be found
    #[arg(long, value_parser = planted)]
    mistake: Option<Mistake>,
}

fn planted(name: &str) -> Result<Mistake, String> {
    let names = Mistake::ALL.map(|(mistake, ..)| mistake);
    names
        .into_iter()
        .find(|mistake| format!("{mistake:?}") == name)
        .ok_or_else(|| format!("one of {names:?}"))
}

fn main() -> ExitCode {
    let options = Options::parse();
    if let Some(seed) = options.seed {
        let report = run::run(seed, options.mistake);
        report.trace.iter().for_each(|line| println!("{line}"));
        return conclude(&[report]);
    }
    // A panic is one of the things that do not hold, and is told with its seed.
    std::panic::set_hook(Box::new(|_| {}));
    let mut seeds = run::regressions();
    match options.from {
        Some(from) => seeds.extend(from..from + options.seeds),
        None => {
            seeds.extend(1..=options.seeds);
            seeds.extend((1..=options.seeds / 6).map(|seed| OTHER_HANDS + seed));
            seeds.extend((1..=options.seeds / 30).map(|seed| IMPATIENT + seed));
        }
    }
    conclude(&all(&seeds, options.mistake))
}

/// Runs seeds on all cores and tells now and then how far they are.
fn all(seeds: &[u64], mistake: Option<Mistake>) -> Vec<Report> {
    let done = AtomicU64::new(0);
    let bad = Mutex::new(Vec::new());
    let other_hands_count = seeds.iter().filter(|seed| **seed > OTHER_HANDS).count();
    let mut due = Vec::new();
    if seeds.len() - other_hands_count >= ENOUGH {
        due.extend(run::MUST_HAPPEN);
    }
    if other_hands_count >= ENOUGH_OTHER_HANDS {
        due.extend(run::OTHER_HANDS_MUST_HAPPEN);
    }
    if seeds.iter().filter(|seed| **seed > IMPATIENT).count() >= ENOUGH_IMPATIENT {
        due.extend(run::IMPATIENT_MUST_HAPPEN);
    }
    let missing = Mutex::new(due);
    let is_over = AtomicU64::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut told = 0;
            while is_over.load(Ordering::Relaxed) == 0 {
                std::thread::sleep(Duration::from_millis(200));
                let now = done.load(Ordering::Relaxed);
                if now >= told + 100 {
                    told = now;
                    println!("{now} of {} seeds, {} do not hold", seeds.len(), bad.lock().len());
                }
            }
        });
        run::in_parallel(seeds, |seed| {
            let report = run::run(seed, mistake);
            missing.lock().retain(|what| !report.trace.iter().any(|line| line.contains(what)));
            if !report.wrong.is_empty() {
                eprintln!("seed {seed}: {}", report.wrong[0]);
                bad.lock().push(report);
            }
            done.fetch_add(1, Ordering::Relaxed);
            true
        });
        is_over.store(1, Ordering::Relaxed);
    });
    let mut bad = bad.into_inner();
    bad.sort_by_key(|report| report.seed);
    let missing = missing.into_inner();
    if !missing.is_empty() {
        let wrong = vec![format!("in {} seeds never happened: {}", seeds.len(), missing.join(", "))];
        bad.push(Report { seed: 0, trace: Vec::new(), wrong });
    }
    println!("{} seeds, {} do not hold", seeds.len(), bad.len());
    bad
}

fn conclude(reports: &[Report]) -> ExitCode {
    let bad: Vec<&Report> = reports.iter().filter(|report| !report.wrong.is_empty()).collect();
    for report in &bad {
        eprintln!("seed {}:", report.seed);
        report.wrong.iter().for_each(|line| eprintln!("  {line}"));
    }
    if let Some(first) = bad.first() {
        eprintln!("cargo xtask simulate --seed {} shows how it came to that", first.seed);
    }
    if bad.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
