//! `esep-simulation`: runs seeds and says which do not hold.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::Parser;
use esep_simulation::run::{Report, run};
use parking_lot::Mutex;

#[derive(Parser)]
#[command(about = "Runs devices and an operator under faults, and checks that nothing is lost and nothing forged")]
struct Options {
    /// How many seeds
    #[arg(long, default_value_t = 300)]
    seeds: u64,
    /// Only this seed, with its trace
    #[arg(long)]
    seed: Option<u64>,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    from: u64,
}

fn main() -> ExitCode {
    let options = Options::parse();
    if let Some(seed) = options.seed {
        let report = run(seed, None);
        report.trace.iter().for_each(|line| println!("{line}"));
        return conclude(&[report]);
    }
    // A panic is one of the things that do not hold, and is told with its seed.
    std::panic::set_hook(Box::new(|_| {}));
    conclude(&run_all(&options))
}

fn run_all(options: &Options) -> Vec<Report> {
    let (next, done) = (AtomicU64::new(options.from), AtomicU64::new(0));
    let bad = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= options.from + options.seeds {
                        return;
                    }
                    let report = run(seed, None);
                    if !report.wrong.is_empty() {
                        bad.lock().push(report);
                    }
                    let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                    if done.is_multiple_of(100) {
                        println!("{done} of {} seeds, {} do not hold", options.seeds, bad.lock().len());
                    }
                }
            });
        }
    });
    let mut bad = bad.into_inner();
    bad.sort_by_key(|report| report.seed);
    bad
}

fn conclude(reports: &[Report]) -> ExitCode {
    let bad: Vec<&Report> = reports.iter().filter(|report| !report.wrong.is_empty()).collect();
    for report in &bad {
        eprintln!("seed {}:", report.seed);
        report.wrong.iter().for_each(|line| eprintln!("  {line}"));
    }
    if bad.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
