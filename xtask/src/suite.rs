//! `test`: everything that must hold before a change is kept, from the spelling of a file to the real window.
//!
//! Cargo is always asked for the whole workspace with the same features and with what the tests add, so that no
//! crate is compiled twice in the run.

use crate::process::{Failure, Outcome, Step, cargo, program};
use crate::stages::{self, Stage};
use crate::{install, layers, manifests, types, vectors};
use cargo_metadata::Package;

/// The one choice of packages and features. `webdriver` lets the tests drive the window; no release has it.
pub(crate) const WORKSPACE: &[&str] = &["--workspace", "--features", "esep/custom-protocol,esep/webdriver"];

/// The package with the slow tests on real parts, and the one among them that needs a window.
const TESTS: &str = "esep-tests";
const WINDOW: &str = "window";

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
    Stage {
        name: "install",
        about: "system and npm packages that are missing",
        needed: true,
        run: install_all,
    },
    Stage { name: "format", about: "rustfmt", needed: false, run: format },
    Stage { name: "deps", about: "layers and owners of dependencies", needed: false, run: layers::check },
    Stage {
        name: "manifests",
        about: "no background location, no backup",
        needed: false,
        run: manifests::check,
    },
    Stage {
        name: "page",
        about: "the page that the application embeds",
        needed: true,
        run: install::build_page,
    },
    Stage { name: "page-check", about: "types of the page, its unit tests", needed: false, run: check_page },
    Stage { name: "build", about: "every crate, program and test", needed: true, run: build },
    Stage { name: "clippy", about: "no warning is let through", needed: false, run: clippy },
    Stage { name: "types", about: "the page's types equal the core's", needed: false, run: fresh_types },
    Stage { name: "unit", about: "tests and examples of each crate", needed: false, run: unit },
    Stage {
        name: "vectors",
        about: "statements, by an independent library",
        needed: false,
        run: vectors::check,
    },
    Stage { name: "acceptance", about: "the main job on real parts", needed: false, run: acceptance },
    Stage { name: "window", about: "the main job through the real window", needed: false, run: window },
];

fn install_all() -> Outcome {
    install::system_packages(&[
        install::BUILD,
        install::VIRTUAL_SCREEN,
        install::KEYRING,
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
    let own_tests = test_targets(|package| package.name.as_str() != TESTS)?;
    test(&["--lib", "--bins"]).args(chosen(&own_tests)).mend(alone).run()?;
    test(&["--doc"]).mend(alone).run()
}

fn acceptance() -> Outcome {
    let mut names = test_targets(|package| package.name.as_str() == TESTS)?;
    names.retain(|name| name != WINDOW);
    if names.is_empty() {
        return Err(Failure::new(
            "the package esep-tests has no test program",
            "restore tests/ from the repository",
        ));
    }
    test(&[]).args(chosen(&names)).mend("cargo test -p esep-tests <name of the test> shows it alone").run()
}

fn window() -> Outcome {
    test(&["--test", WINDOW])
        .mend(
            "look at the pictures below docs/screens and target; the program must be built with `webdriver`",
        )
        .run()
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
