//! `bench`: what the main job costs, measured on release builds and written to docs/BENCHMARKS.md.

use crate::install;
use crate::process::{Outcome, cargo, program, root, target};

/// Where the figures are kept.
const PAGE: &str = "docs/BENCHMARKS.md";

#[derive(clap::Args)]
pub(crate) struct Options {
    /// A part of the visits, for a quick look: 0.01 is a hundredth; then no page is written
    #[arg(long, value_name = "PART")]
    scale: Option<f64>,
}

pub(crate) fn run(options: &Options) -> Outcome {
    install::system_packages(&[install::BUILD, install::KEYRING, install::BENCH])?;
    cargo(["build", "--release", "--package", "operator", "--package", "esep-tests", "--bins"])
        .mend("mend what the compiler names first")
        .run()?;
    let mut step = program(root().join("tests/harness/keyring.sh"))
        .args(["unlocked"])
        .args([target().join("release/esep-bench")]);
    step = match options.scale {
        Some(part) => step.env("ESEP_BENCH_SCALE", part.to_string()),
        None => step.args([root().join(PAGE)]),
    };
    step.mend("other programs that keep the cores busy falsify the figures: end them and try again").run()
}
