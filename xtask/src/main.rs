//! The project's own commands: one to try it, one to test it, and the checks of which the second is made.
//!
//! It knows Cargo, npm and the system's packages; it imports no crate of the product, so it runs when they do
//! not compile.
//!
//! - [`suite`]: `test`, the stages and their table; [`stages`] runs them and measures.
//! - [`demo`]: `run`, an operator with a demo organisation and the window of the application.
//! - [`layers`]: `check-deps`; [`manifests`]: `check-manifests`; [`types`]: `types`; [`vectors`]: `vectors`;
//!   [`verifier`]: `verifier`; [`stranger`]: `stranger`, all three in the interpreter of [`python`].
//! - [`simulation`]: `simulate`, devices and an operator under faults.
//! - [`bench`]: `bench`, what the main job costs.
//! - [`platforms`]: `check-platforms`, for the systems that cannot be built here.
//! - [`install`]: what the others need from the system and from npm.
//! - [`process`]: running a command so that its failure says how to mend it.

mod bench;
mod demo;
mod install;
mod layers;
mod manifests;
mod platforms;
mod process;
mod python;
mod simulation;
mod stages;
mod stranger;
mod suite;
mod types;
mod vectors;
mod verifier;

use clap::{Parser, Subcommand};
use process::{Failure, Outcome, cargo, root};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Runs, tests and checks ESEP.OTAN-MEKTEP", version)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Installs what is missing, builds and tests everything, prints the stages with their minutes
    #[command(alias = "ci")]
    Test(suite::Options),
    /// Installs what is missing, starts an operator with a demo organisation and opens the application
    Run(demo::Options),
    /// Checks which crate imports which, and that each heavy dependency has one owner
    CheckDeps,
    /// Checks that no manifest asks for a location in the background or allows a backup
    CheckManifests,
    /// Writes the TypeScript types of the calls between page and core
    Types {
        /// Writes nothing and fails when the kept files differ
        #[arg(long)]
        check: bool,
    },
    /// Checks the statement vectors with an independent COSE library in Python
    Vectors,
    /// Checks the auditor's verifier on an exported log and on damaged ones
    Verifier,
    /// Checks that a second client, written from docs/PROTOCOL.md alone, works with the operator
    Stranger,
    /// Runs devices and an operator in one process under faults, and checks that nothing is lost or forged
    Simulate(simulation::Options),
    /// Type-checks the whole application for Android, iOS and Windows
    CheckPlatforms(platforms::Options),
    /// Measures what the main job costs and writes docs/BENCHMARKS.md
    Bench(bench::Options),
    /// Looks for known vulnerabilities, licences and unexpected sources of dependencies
    Audit,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Test(options) => suite::run(&options),
        Task::Run(options) => demo::run(&options),
        Task::CheckDeps => layers::check(),
        Task::CheckManifests => manifests::check(),
        Task::Types { check: false } => types::write(),
        Task::Types { check: true } => types::check(types::ALONE),
        Task::Vectors => vectors::check(vectors::ALONE),
        Task::Verifier => verifier::check_alone(),
        Task::Stranger => stranger::check_alone(),
        Task::Simulate(options) => simulation::run(&options),
        Task::CheckPlatforms(options) => platforms::check(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Audit => audit(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::FAILURE
        }
    }
}

/// Apart from `test`, because installing the tool takes minutes and its answer depends on the day.
fn audit() -> Outcome {
    let present = cargo(["deny", "--version"]).quiet_succeeds();
    if !present {
        println!("cargo-deny is missing: it is built and installed now, which takes some minutes");
        cargo(["install", "cargo-deny", "--locked"])
            .mend("install cargo-deny by hand: cargo install cargo-deny --locked")
            .run()?;
    }
    if !root().join("deny.toml").is_file() {
        return Err(Failure::new("deny.toml is missing", "restore it from the repository"));
    }
    cargo(["deny", "--all-features", "check", "bans", "licenses", "sources"])
        .mend("replace the dependency, or add an exception with its reason to deny.toml")
        .run()?;
    cargo(["deny", "--all-features", "check", "advisories"])
        .mend("without a connection to github.com the advisories cannot be read; otherwise update the dependency")
        .run()
}
