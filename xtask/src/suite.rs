//! `test`: everything that must hold before a change is kept, from the spelling of a file to the real window.
//!
//! Cargo is always asked for the whole workspace with the same features and with what the tests add, so that no
//! crate is compiled twice in the run.

use crate::process::{Failure, Outcome, Step, cargo, program, root};
use crate::stages::{self, Stage};
use crate::{install, layers, manifests, simulation, stranger, types, vectors, verifier};
use cargo_metadata::{Message, Package};
use std::path::PathBuf;

/// The one choice of packages and features. `webdriver` lets the tests drive the window; no release has it.
pub(crate) const WORKSPACE: &[&str] = &["--workspace", "--features", "esep/custom-protocol,esep/webdriver"];

/// The package with the slow tests on real parts, its one test program, and the module in it that opens a window.
const TESTS: &str = "esep-tests";
const PROGRAM: &str = "e2e";
const WINDOW: &str = "window::";

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Runs only these stages, named as in the table (several with commas)
    #[arg(long, env = "ESEP_TEST_ONLY", value_delimiter = ',')]
    only: Vec<String>,
}

pub(crate) fn run(options: &Options) -> Outcome {
    stages::run(STAGES, &options.only)
}

const STAGES: &[Stage] = &[
    needed("install", "system and npm packages that are missing", install_all),
    stage("format", "rustfmt", format),
    stage("deps", "layers and owners of dependencies", layers::check),
    stage("manifests", "no background location, no backup", manifests::check),
    needed("page", "the page that the application embeds", install::build_page),
    stage("page-check", "types of the page, its unit tests", check_page),
    needed("build", "every crate, program and test", build),
    stage("clippy", "no warning is let through", clippy),
    stage("types", "the page's types equal the core's", fresh_types),
    stage("unit", "tests and examples of each crate", unit),
    stage("vectors", "statements, by an independent library", independent_vectors),
    stage("verifier", "an exported log, and damaged ones, offline", verify_exports),
    stage("stranger", "a second client, from PROTOCOL.md alone", meet_stranger),
    stage("simulation", "300 seeds of faults, and planted mistakes", simulate),
    stage("acceptance", "the main job on real parts", acceptance),
    stage("window", "the main job through the real window", window),
];

const fn stage(name: &'static str, about: &'static str, run: fn() -> Outcome) -> Stage {
    Stage { name, about, needed: false, run }
}

/// A stage without which the later ones make no sense.
const fn needed(name: &'static str, about: &'static str, run: fn() -> Outcome) -> Stage {
    Stage { name, about, needed: true, run }
}

fn install_all() -> Outcome {
    install::system_packages(&[
        install::BUILD,
        install::VIRTUAL_SCREEN,
        install::KEYRING,
        install::LOCATION,
        install::ACCEPTANCE,
    ])?;
    for component in ["fmt", "clippy"] {
        if !cargo([component, "--version"]).quiet_succeeds() {
            program("rustup")
                .args(["component", "add", if component == "fmt" { "rustfmt" } else { component }])
                .mend("install rustfmt and clippy of the same toolchain")
                .run()?;
        }
    }
    install::npm_packages()
}

fn format() -> Outcome {
    cargo(["fmt", "--all", "--check"]).mend("cargo fmt --all").run()
}

fn check_page() -> Outcome {
    program("npm").args(["run", "check"]).mend("mend the types that svelte-check names").run()?;
    program("npm").args(["test"]).env("CI", "1").mend("npm test -- <name of the test> shows it alone").run()
}

/// Builds programs as well as tests: the slow tests start the programs as their users would.
fn build() -> Outcome {
    cargo(["build", "--all-targets"]).args(WORKSPACE).mend("mend what the compiler names first").run()
}

fn clippy() -> Outcome {
    cargo(["clippy", "--all-targets"])
        .args(WORKSPACE)
        .args(["--", "-D", "warnings"])
        .mend("mend it, or #[expect(the_lint, reason = \"why\")]")
        .run()
}

fn fresh_types() -> Outcome {
    types::check(WORKSPACE)
}

/// Unit tests, tests of single crates, and the examples in their documentation.
fn unit() -> Outcome {
    let alone = "cargo test -p <crate> <name of the test> shows it alone";
    let own_tests = test_targets(|package| ![TESTS, simulation::PACKAGE].contains(&package.name.as_str()))?;
    test(&["--lib", "--bins"]).args(chosen(&own_tests)).mend(alone).run()?;
    test(&["--doc"]).mend(alone).run()
}

fn independent_vectors() -> Outcome {
    vectors::check(WORKSPACE)
}

fn verify_exports() -> Outcome {
    // Run alone, this must not verify what yesterday's operator exports.
    build()?;
    verifier::check()
}

fn meet_stranger() -> Outcome {
    // Run alone, this must not speak to yesterday's operator.
    build()?;
    stranger::check()
}

fn simulate() -> Outcome {
    // Run alone, this must not simulate yesterday's product.
    build()?;
    test(&["--test", simulation::TESTS]).mend("cargo test -p esep-simulation <name of the test>").run()?;
    simulation::check()
}

fn acceptance() -> Outcome {
    beside_a_keyring(&["--skip", WINDOW])
}

fn window() -> Outcome {
    // It tells each screen that it looked at: minutes without a word would leave nobody knowing where it stands.
    beside_a_keyring(&[WINDOW, "--nocapture"])
}

/// Runs tests of the slow program, with a session bus and an unlocked key store around them.
fn beside_a_keyring(choice: &[&str]) -> Outcome {
    // The tests start the programs, which Cargo does not know: run alone, this must not test yesterday's.
    build()?;
    let slow = slow_program()?;
    let listed = program(&slow).args(choice).args(["--list"]).read()?;
    if !listed.lines().any(|line| line.ends_with(": test")) {
        return Err(Failure::new(format!("there is no test for {}", choice.join(" ")), "restore tests/e2e"));
    }
    program(root().join("tests/harness/keyring.sh"))
        .args(["unlocked"])
        .args([&slow])
        .args(choice)
        .dir(root().join("tests"))
        .mend("tests/harness/keyring.sh unlocked <the program above> <name of the test> --nocapture shows it alone")
        .run()
}

/// The path of the slow test program, built if need be.
fn slow_program() -> Outcome<PathBuf> {
    let known = test_targets(|package| package.name.as_str() == TESTS)?;
    if known != [PROGRAM] {
        return Err(Failure::new(
            format!("{TESTS} has the test programs {}, but this run knows only {PROGRAM}", known.join(", ")),
            "add the new one to xtask/src/suite.rs",
        ));
    }
    let messages = test(&["--test", PROGRAM, "--no-run", "--message-format=json"])
        .mend("mend what `cargo xtask test --only build` names")
        .read()?;
    let artifacts =
        Message::parse_stream(messages.as_bytes()).flatten().filter_map(|message| match message {
            Message::CompilerArtifact(artifact) if artifact.target.name == PROGRAM => artifact.executable,
            _ => None,
        });
    artifacts
        .last()
        .map(PathBuf::from)
        .ok_or_else(|| Failure::new("Cargo named no test program", "update Cargo"))
}

fn test(arguments: &[&str]) -> Step {
    // A changed snapshot is a failure here, never a new file.
    cargo(["test", "--no-fail-fast"]).args(WORKSPACE).args(arguments).env("INSTA_UPDATE", "no")
}

fn chosen(names: &[String]) -> impl Iterator<Item = &str> {
    names.iter().flat_map(|name| ["--test", name.as_str()])
}

/// The names of the test programs of these packages, as their manifests state them.
fn test_targets(belongs: impl Fn(&Package) -> bool) -> Outcome<Vec<String>> {
    let metadata = layers::read_manifests()?;
    let packages = metadata.packages.iter().filter(|package| belongs(package));
    let targets = packages.flat_map(|package| package.targets.iter().filter(|target| target.is_test()));
    let mut names: Vec<String> = targets.map(|target| target.name.clone()).collect();
    names.sort();
    names.dedup();
    Ok(names)
}
