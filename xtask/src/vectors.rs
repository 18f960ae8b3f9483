//! `vectors`: the statement format, written and read by COSE and CBOR libraries that share no line with ours.
//!
//! Both ways: what Python makes anew equals the kept vectors, which the tests of `journal` read; and what Rust seals
//! for drawn inputs is verified by Python.

use crate::process::{Failure, Outcome, cargo, on_path, root, target};
use crate::python::Python;
use std::fs;
use std::path::Path;

/// Builds the one crate whose statements are checked.
pub(crate) const ALONE: &[&str] = &["--package", "journal"];

/// Prepares a private Python with the libraries, then checks both ways; `packages` chooses what Cargo builds for it.
///
/// # Errors
/// When Python or a library cannot be had, when a kept vector is not what Python makes, or when Python refuses what
/// Rust made.
pub(crate) fn check(packages: &[&str]) -> Outcome {
    let python = Python::with("tests/vectors/requirements.txt")?;
    let folder = root().join("tests/vectors");
    let script = folder.join("vectors.py");

    let fresh = target().join("vectors/python");
    python.args([&script]).args(["make"]).args([&fresh]).run()?;
    let stale = differing(&fresh, &folder)?;
    if !stale.is_empty() {
        return Err(Failure::new(
            format!("tests/vectors: not what Python makes: {}", stale.join(", ")),
            "a released format is for ever; before the release, write them anew: target/python/bin/python tests/vectors/vectors.py make",
        ));
    }

    let sealed = target().join("vectors/rust.json");
    // Never the file of an earlier run.
    if sealed.exists() {
        on_path(&sealed, fs::remove_file(&sealed))?;
    }
    cargo(["test", "--quiet"])
        .args(packages)
        .args(["--test", "vectors", "written_for_the_independent_reader"])
        .env("VECTORS_OUT", &sealed)
        .run()?;
    python
        .args([&script])
        .args(["check"])
        .args([&sealed])
        .mend("a statement format is for ever: mend the code, not the reader")
        .run()
}

/// The files of `fresh` that `kept` does not have, byte for byte.
fn differing(fresh: &Path, kept: &Path) -> Outcome<Vec<String>> {
    let mut names = Vec::new();
    for entry in on_path(fresh, fs::read_dir(fresh))? {
        let path = on_path(fresh, entry)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let made = on_path(&path, fs::read(&path))?;
        if fs::read(kept.join(&name)).ok().as_ref() != Some(&made) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}
