//! That the simulation repeats itself, and that it can fail.

mod early;

use std::sync::atomic::{AtomicU64, Ordering};

use esep_simulation::mistake::Mistake;
use esep_simulation::plan::OTHER_HANDS;
use esep_simulation::run::{self, run};

#[test]
fn the_same_seed_is_the_same_run() {
    // The fourth pulls in small pages, the fifth in small pages that come before their turn.
    for seed in [3, 17, 52, 5, 42, OTHER_HANDS + 3, OTHER_HANDS + 8] {
        let (one, other) = (run(seed, None), run(seed, None));
        assert_eq!(one.trace, other.trace, "seed {seed}");
        assert!(!one.trace.is_empty());
    }
    assert_ne!(run(3, None).trace, run(4, None).trace);
}

#[test]
fn every_seed_that_found_something_holds_now() {
    for seed in run::regressions() {
        assert_eq!(run(seed, None).wrong, Vec::<String>::new(), "seed {seed}");
    }
}

#[test]
fn every_planted_mistake_is_found() {
    let mut missed = Vec::new();
    for (mistake, invariant, within) in Mistake::ALL {
        let seeds: Vec<u64> = (mistake.first_seed()..).take(within as usize).collect();
        let found = AtomicU64::new(0);
        run::in_parallel(&seeds, |seed| {
            let report = run(seed, Some(mistake));
            let is_found = report.wrong.iter().any(|line| line.starts_with(invariant));
            if is_found {
                found.fetch_max(seed, Ordering::Relaxed);
            }
            !is_found
        });
        match found.into_inner() {
            0 => missed.push(format!("{mistake:?} is not found within {within} seeds")),
            seed => println!("{mistake:?} breaks {invariant} with seed {seed}"),
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}
