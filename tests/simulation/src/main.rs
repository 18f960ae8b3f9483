//! `esep-simulation`: runs seeds and says which do not hold.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use clap::Parser;
use esep_simulation::due;
use esep_simulation::mistake::Mistake;
use esep_simulation::plan::{IMPATIENT, OTHER_HANDS};
use esep_simulation::run::{self, Report};
use parking_lot::Mutex;

#[derive(Parser)]
#[command(
    about = "Runs devices and an operator under faults, and checks that nothing is lost and nothing forged"
)]
struct Options {
    /// How many seeds, after those that found something once, a sixth as many in which statements also go through
    /// other hands, and a thirtieth in which the office does not wait besides
    #[arg(long, default_value_t = due::ORDINARY)]
    seeds: u64,
    /// Only this seed, with its trace
    #[arg(long)]
    seed: Option<u64>,
    /// The first of the seeds, and then only these
    #[arg(long)]
    from: Option<u64>,
    /// Counts in how many of the seeds each thing happened that must have happened somewhere
    #[arg(long)]
    tally: bool,
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
    let due = match options.from {
        None if options.seeds >= due::ORDINARY => due::all(),
        _ => due::due(&seeds),
    };
    conclude(&all(&seeds, &options, &due))
}

/// Runs seeds on all cores and tells now and then how far they are.
fn all(seeds: &[u64], options: &Options, due: &[&'static str]) -> Vec<Report> {
    let done = AtomicU64::new(0);
    let bad = Mutex::new(Vec::new());
    let tally = Mutex::new(due::all().into_iter().map(|what| (what, 0)).collect::<BTreeMap<_, u64>>());
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
            let report = run::run(seed, options.mistake);
            for (what, count) in tally.lock().iter_mut() {
                *count += u64::from(report.trace.iter().any(|line| line.contains(what)));
            }
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
    let tally = tally.into_inner();
    if options.tally {
        tally.iter().for_each(|(what, count)| println!("{count:>6} {what}"));
    }
    let missing: Vec<&str> = due.iter().copied().filter(|what| tally[what] == 0).collect();
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
