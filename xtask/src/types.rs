//! `types`: the TypeScript side of the calls between page and core, written from the Rust types of `client`.
//!
//! Rust is the only place where such a type is defined; the kept files let the page be worked on without Cargo,
//! and a test fails when they are stale.

use crate::process::{Failure, Outcome, cargo, on_path, root, target};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Builds the one crate that has such types, and not the window.
pub(crate) const ALONE: &[&str] = &["--package", "client"];

fn kept() -> PathBuf {
    root().join("ui/src/lib/ipc/generated")
}

/// Writes the kept files anew; what no type stands for any more disappears.
pub(crate) fn write() -> Outcome {
    let fresh = export(ALONE)?;
    let kept = kept();
    let old = read(&kept)?;
    let new = read(&fresh)?;
    for gone in old.keys().filter(|name| !new.contains_key(*name)) {
        on_path(&kept.join(gone), fs::remove_file(kept.join(gone)))?;
    }
    for (name, text) in &new {
        let path = kept.join(name);
        let folder = path.parent().unwrap_or(&kept);
        on_path(folder, fs::create_dir_all(folder))?;
        on_path(&path, fs::write(&path, text))?;
    }
    println!("types: {} files below ui/src/lib/ipc/generated", new.len());
    Ok(())
}

/// Compares the kept files with what the Rust types would write; `packages` chooses what Cargo builds for it.
pub(crate) fn check(packages: &[&str]) -> Outcome {
    let stale = differences(&read(&kept())?, &read(&export(packages)?)?);
    if stale.is_empty() {
        println!("types: the kept files are fresh");
        return Ok(());
    }
    Err(Failure::new(
        format!("ui/src/lib/ipc/generated is stale:\n  {}", stale.join("\n  ")),
        "cargo xtask types, then commit what it wrote",
    ))
}

/// Lets the crate write its types into an empty folder.
fn export(packages: &[&str]) -> Outcome<PathBuf> {
    let folder = target().join("types");
    if folder.exists() {
        on_path(&folder, fs::remove_dir_all(&folder))?;
    }
    on_path(&folder, fs::create_dir_all(&folder))?;
    // Each exported type has a test of this name that writes its file.
    cargo(["test", "--quiet"])
        .args(packages)
        .args(["--lib", "export_bindings"])
        .env("TS_RS_EXPORT_DIR", &folder)
        .mend("mend the crate that does not compile")
        .read()?;
    if read(&folder)?.is_empty() {
        return Err(Failure::new(
            "no type was written",
            "the types of the calls in crates/client must derive ts_rs::TS with #[ts(export)]",
        ));
    }
    Ok(folder)
}

/// Every file below a folder by its relative path; an absent folder has none.
fn read(folder: &Path) -> Outcome<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    if !folder.is_dir() {
        return Ok(files);
    }
    for entry in on_path(folder, fs::read_dir(folder))? {
        let path = on_path(folder, entry)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            files.extend(read(&path)?.into_iter().map(|(inner, text)| (format!("{name}/{inner}"), text)));
        } else {
            files.insert(name, on_path(&path, fs::read_to_string(&path))?);
        }
    }
    Ok(files)
}

fn differences(kept: &BTreeMap<String, String>, fresh: &BTreeMap<String, String>) -> Vec<String> {
    let changed = fresh.iter().filter_map(|(name, text)| match kept.get(name) {
        None => Some(format!("{name} is missing")),
        Some(old) => (old != text).then(|| format!("{name} differs")),
    });
    let gone = kept
        .keys()
        .filter(|name| !fresh.contains_key(*name))
        .map(|name| format!("{name} stands for no type"));
    changed.chain(gone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(files: &[(&str, &str)]) -> BTreeMap<String, String> {
        files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_missing_a_changed_and_a_left_over_file_are_each_stale() {
        let kept = files(&[("Visit.ts", "old"), ("Gone.ts", ""), ("Same.ts", "x")]);
        let fresh = files(&[("Visit.ts", "new"), ("New.ts", ""), ("Same.ts", "x")]);
        assert_eq!(
            differences(&kept, &fresh),
            ["New.ts is missing", "Visit.ts differs", "Gone.ts stands for no type"]
        );
        assert!(differences(&fresh, &fresh).is_empty());
    }
}
