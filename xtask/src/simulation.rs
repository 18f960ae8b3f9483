//! `simulate`: devices and an operator in one process under faults, seed by seed (tests/simulation).

use crate::process::{Outcome, cargo, program, target};

/// The package, which is also the name of its program.
pub(crate) const PACKAGE: &str = "esep-simulation";
/// Its tests: that it repeats itself, and that planted mistakes are found.
pub(crate) const TESTS: &str = "simulation";
/// Seeds of an ordinary test run.
const SEEDS: u64 = 300;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many seeds, after those that found something once, and a sixth as many in which statements also go through
    /// other hands
    #[arg(long, default_value_t = SEEDS)]
    seeds: u64,
    /// The first of them, and then only these; those with other hands begin behind 1000000
    #[arg(long)]
    from: Option<u64>,
    /// Only this seed, with its trace
    #[arg(long)]
    seed: Option<u64>,
    /// Counts in how many of the seeds each thing happened that must have happened somewhere
    #[arg(long)]
    tally: bool,
}

/// Builds the program and runs seeds.
pub(crate) fn run(options: &Options) -> Outcome {
    cargo(["build", "--package", PACKAGE, "--bin", PACKAGE])
        .mend("mend what the compiler names first")
        .run()?;
    match options.seed {
        Some(seed) => simulate(&["--seed".into(), seed.to_string()]),
        None => {
            let from = options.from.map(|from| ["--from".into(), from.to_string()]);
            let seeds = ["--seeds".into(), options.seeds.to_string()];
            let tally = options.tally.then(|| "--tally".into());
            let arguments = seeds.into_iter().chain(from.into_iter().flatten()).chain(tally);
            simulate(&arguments.collect::<Vec<_>>())
        }
    }
}

/// The seeds of an ordinary test run, with the program as it was built.
pub(crate) fn check() -> Outcome {
    simulate(&["--seeds".into(), SEEDS.to_string()])
}

fn simulate(arguments: &[String]) -> Outcome {
    program(target().join("debug").join(PACKAGE))
        .args(arguments)
        .mend("a seed that does not hold is a mistake of the product until it is shown to be one of the simulation; \
               mended, it goes to tests/simulation/regressions.txt")
        .run()
}
