//! `check-platforms`: type-checks the whole application for the systems that cannot be built on a plain Linux.
//!
//! Where rustup has the standard library of a target, it is used. Elsewhere Debian's newer compiler and its library
//! sources are unpacked below target/ (nothing is installed) and the library is checked along. No C is compiled:
//! [`stubs`] stand in for the compilers, because a type check needs none of their output.

mod compiler;
mod stubs;

use crate::install;
use crate::process::{Failure, Outcome, Step, cargo, on_path, program, root, target};
use std::fs;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Checks only these systems
    #[arg(value_enum)]
    systems: Vec<System>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum System {
    Android,
    Ios,
    Windows,
}

impl System {
    fn triple(self) -> &'static str {
        match self {
            Self::Android => "aarch64-linux-android",
            Self::Ios => "aarch64-apple-ios",
            Self::Windows => "x86_64-pc-windows-gnu",
        }
    }
}

/// Everything of these checks; apart from the other builds, whose compiler is another one.
fn folder() -> PathBuf {
    target().join("platforms")
}

/// Checks the chosen systems, or all three.
///
/// # Errors
/// When one does not compile; the others are checked all the same.
pub(crate) fn check(options: &Options) -> Outcome {
    let all = [System::Android, System::Ios, System::Windows];
    let chosen = if options.systems.is_empty() { &all[..] } else { &options.systems };
    install::system_packages(&[install::BUILD])?;
    if chosen.contains(&System::Windows) {
        install::system_packages(&[&["gcc-mingw-w64-x86-64-win32"]])?;
    }
    install::npm_packages()?;
    // The page is embedded but not read by a type check: any build of it will do.
    if !root().join("ui/dist/index.html").is_file() {
        install::build_page()?;
    }
    on_path(&folder(), fs::create_dir_all(folder()))?;
    let stubs = stubs::write(&folder())?;

    let mut failed = Vec::new();
    for system in chosen {
        println!("\n=== {}", system.triple());
        let checked = with_standard_library(system.triple()).and_then(|step| {
            stubs
                .stand_in(step, system.triple())
                .mend("mend what the compiler names; `cfg` what this system does not have")
                .run()
        });
        if let Err(failure) = checked {
            eprintln!("{failure}");
            failed.push(system.triple());
        }
    }
    if failed.is_empty() {
        println!("\ncheck-platforms: {} systems compile", chosen.len());
        return Ok(());
    }
    Err(Failure::new(
        format!("does not compile for {}", failed.join(", ")),
        "see the first error of each above",
    ))
}

/// `cargo check` of the application for a target, with a standard library from wherever it can be had.
fn with_standard_library(triple: &str) -> Outcome<Step> {
    let check =
        cargo(["check", "--package", "esep", "--lib", "--features", "custom-protocol", "--target", triple])
            .env("CARGO_TARGET_DIR", folder().join("build"));
    let installed = program("rustup").args(["target", "list", "--installed"]).read().unwrap_or_default();
    if installed.lines().any(|line| line.trim() == triple) {
        return Ok(check);
    }
    let rustc = compiler::unpack(&folder())?;
    Ok(check
        .args(["-Zbuild-std=std,panic_abort"])
        .env("RUSTC", rustc)
        // The switch above is for this compiler's own library only; no code of ours may use what it unlocks.
        .env("RUSTC_BOOTSTRAP", "1")
        .without_env("RUSTUP_TOOLCHAIN"))
}
