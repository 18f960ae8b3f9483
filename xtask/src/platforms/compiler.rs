//! Debian's compiler for web browsers: recent, and with the sources of its standard library.

use super::stubs::write_script;
use crate::process::{Failure, Outcome, on_path, program};
use std::fs;
use std::path::{Path, PathBuf};

/// Unpacks the compiler below `folder`, once, and gives the path of a script that runs it.
///
/// # Errors
/// When this is no Debian, or its archive does not have the packages.
pub(super) fn unpack(folder: &Path) -> Outcome<PathBuf> {
    let home = folder.join("rust");
    let script = folder.join("rustc");
    if script.is_file() {
        return Ok(script);
    }
    let debs = folder.join("debs");
    on_path(&debs, fs::create_dir_all(&debs))?;
    let elsewhere = "with rustup this is not needed: rustup target add aarch64-linux-android aarch64-apple-ios x86_64-pc-windows-gnu";
    program("sh")
        .args(["-c", "cd \"$1\" && shift && apt-get download \"$@\"", "sh"])
        .args([&debs])
        .args(packages()?)
        .mend(elsewhere)
        .run()?;
    for entry in on_path(&debs, fs::read_dir(&debs))? {
        let deb = on_path(&debs, entry)?.path();
        program("dpkg")
            .args(["-x"])
            .args([&deb, &home])
            .mend("remove target/platforms and try again")
            .run()?;
    }
    let (rustc, libraries) = (home.join("usr/bin/rustc"), home.join("usr/lib/x86_64-linux-gnu"));
    let text =
        format!("#!/bin/sh\nLD_LIBRARY_PATH='{}' exec '{}' \"$@\"\n", libraries.display(), rustc.display());
    write_script(&script, &text)?;
    Ok(script)
}

/// The compiler, its library, the library's sources, and the code generator it was built with.
fn packages() -> Outcome<Vec<String>> {
    let about = program("apt-cache")
        .args(["depends", "--recurse", "--no-recommends", "--no-suggests", "--no-conflicts", "--no-breaks"])
        .args(["--no-replaces", "--no-enhances", "rustc-web"])
        .mend("run apt-get update")
        .read()?;
    let mut names: Vec<String> = about
        .lines()
        .filter(|line| !line.starts_with([' ', '|', '<']))
        .filter(|name| name.starts_with("libstd-rust-web-") || name.starts_with("libllvm"))
        .map(str::to_owned)
        .collect();
    if !names.iter().any(|name| name.starts_with("libllvm")) {
        return Err(Failure::new(
            "rustc-web is not in this system's archive",
            "run apt-get update, or use rustup",
        ));
    }
    names.extend(["rustc-web", "rust-web-src", "libstd-rust-web-dev"].map(str::to_owned));
    names.sort();
    names.dedup();
    Ok(names)
}
