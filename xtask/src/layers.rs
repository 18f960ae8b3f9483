//! `check-deps`: the layers of the house, read from the manifests of all crates.
//!
//! An import that the table does not name is an error, and so is a crate that it does not know. A heavy or
//! dangerous dependency has its owners; anybody else who wants it imports the owner.
//!
//! # Source
//! docs/ARCHITECTURE.md, the table of crates.

use crate::process::{Failure, Outcome, cargo};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

#[cfg(test)]
mod tests;

/// Each crate and the crates of this workspace that it may import.
const LAYERS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("journal", &["domain"]),
    ("wire", &["journal", "domain"]),
    ("sync", &["wire", "journal", "domain"]),
    ("operator-core", &["wire", "journal", "domain"]),
    ("recovery", &["domain"]),
    ("store", &["sync", "journal", "domain"]),
    ("operator-store", &["operator-core", "journal", "domain"]),
    // `wire`: enrolment and recovery speak to the operator before there is a series to sync.
    // `recovery`: the device seals and packs what two officers open (docs/adr/0007).
    ("client", &["store", "sync", "recovery", "wire", "journal", "domain"]),
    ("platform", &["client", "domain"]),
    ("operator", &["operator-core", "operator-store", "recovery", "wire", "journal", "domain"]),
    // The shell's own plugin; what of it runs on phones alone is compiled there alone.
    ("phone-location", &[]),
    ("esep", &["client", "platform", "domain", "phone-location"]),
    ("xtask", &[]),
];

/// Import everything: they test the real parts together. Only Tauri stays out of their graph.
const TESTS: &[&str] = &["esep-tests", "esep-simulation"];

/// A dependency (or all whose names begin so, with `*`), its owners, and why nobody else.
const OWNED: &[(&str, &[&str], &str)] = &[
    (
        "rusqlite",
        &["store", "operator-store", "recovery"],
        "each side keeps its SQL in one crate; a stranger's damaged file is read by none of the two",
    ),
    ("hpke", &["recovery"], "what is sealed for officers is sealed and opened in one place"),
    ("libsqlite3-sys", &[], "rusqlite alone links SQLite"),
    ("sqlx*", &[], "two crates that link SQLite do not resolve together"),
    ("tokio-postgres", &["operator-store"], "the second backend of the operator's store"),
    ("reqwest", &["sync"], "one place from which a device calls the operator"),
    ("keyring*", &["platform"], "secrets of the system are reached in one place"),
    ("*-keyring-store", &["platform"], "secrets of the system are reached in one place"),
    ("zbus", &["platform"], "the desktop's services are reached in one place"),
    ("windows", &["platform"], "the desktop's services are reached in one place"),
    ("objc2*", &["platform"], "the desktop's services are reached in one place"),
    ("tauri*", &["esep", "phone-location"], "the core runs without a window"),
    ("axum*", &["operator"], "rules of the operator know nothing of HTTP"),
    ("tower", &["operator"], "rules of the operator know nothing of HTTP"),
    ("tower-http", &["operator"], "rules of the operator know nothing of HTTP"),
    ("utoipa*", &["operator"], "rules of the operator know nothing of HTTP"),
    ("coset", &["journal"], "signed bytes are made and read in one place"),
    ("httpsig", &["wire"], "signed requests are made and read in one place"),
    ("icu_*", &["domain"], "one order and one folding of Kazakh letters"),
];

/// Known before the rules of `OWNED` and `PURE`: what a crate's own tests may use in spite of them.
const IN_TESTS_OF: &[(&str, &str, &str)] =
    &[("operator", "reqwest", "its routes are tested over a real connection")];

/// Crates that neither wait nor touch the outside, and what would tempt them.
const PURE: &[&str] = &["domain", "journal", "wire", "operator-core"];
const IMPURE: &[&str] = &["tokio*", "async-*", "futures*", "reqwest", "rusqlite", "axum*", "tempfile"];

/// One import as a manifest states it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Edge {
    from: String,
    to: String,
    only_tests: bool,
}

/// Checks the manifests of this workspace.
///
/// # Errors
/// Names each import that breaks the table.
pub(crate) fn check() -> Outcome {
    let metadata = read_manifests()?;
    let (members, edges) = graph(&metadata);
    let broken = broken_rules(&members, &edges);
    if broken.is_empty() {
        println!("check-deps: {} crates, {} imports, all allowed", members.len(), edges.len());
        return Ok(());
    }
    Err(Failure::new(
        broken.join("\n"),
        "move the code to the crate that may do it; a new edge needs a reason in docs/adr and in xtask/src/layers.rs",
    ))
}

/// The manifests alone: nothing is downloaded or resolved.
pub(crate) fn read_manifests() -> Outcome<Metadata> {
    let text = cargo(["metadata", "--format-version=1", "--no-deps"])
        .mend("mend the manifest that Cargo names")
        .read()?;
    MetadataCommand::parse(text).map_err(|error| {
        Failure::new(format!("cargo metadata: {error}"), "update Cargo to the version that README names")
    })
}

fn graph(metadata: &Metadata) -> (Vec<String>, Vec<Edge>) {
    let members = metadata.packages.iter().map(|package| package.name.to_string()).collect();
    let edges = metadata.packages.iter().flat_map(|package| {
        package.dependencies.iter().map(|dependency| Edge {
            from: package.name.to_string(),
            to: dependency.name.clone(),
            only_tests: dependency.kind == DependencyKind::Development,
        })
    });
    (members, edges.collect())
}

fn broken_rules(members: &[String], edges: &[Edge]) -> Vec<String> {
    let unknown = members
        .iter()
        .filter(|name| !TESTS.contains(&name.as_str()) && LAYERS.iter().all(|(known, _)| known != name))
        .map(|name| format!("{name} is not in the table of layers"));
    let wrong = edges.iter().filter_map(|edge| {
        let rule = if members.contains(&edge.to) { broken_layer(edge) } else { broken_ownership(edge) };
        rule.map(|why| format!("{} must not import {}: {why}", edge.from, edge.to))
    });
    unknown.chain(wrong).collect()
}

fn broken_layer(edge: &Edge) -> Option<String> {
    if TESTS.contains(&edge.from.as_str()) {
        return (edge.to == "esep").then(|| "the tests drive the window from outside".into());
    }
    let (_, allowed) = LAYERS.iter().find(|(name, _)| *name == edge.from)?;
    if allowed.contains(&edge.to.as_str()) {
        return None;
    }
    Some(match allowed {
        [] => "it may import no crate of the workspace".into(),
        names => format!("it may import only {}", names.join(", ")),
    })
}

fn broken_ownership(edge: &Edge) -> Option<String> {
    let excused =
        |(from, to, _): &&(&str, &str, &str)| edge.only_tests && *from == edge.from && *to == edge.to;
    if IN_TESTS_OF.iter().any(|excuse| excused(&excuse)) {
        return None;
    }
    if PURE.contains(&edge.from.as_str())
        && !edge.only_tests
        && IMPURE.iter().any(|name| matches(name, &edge.to))
    {
        return Some("it is pure: it neither waits nor touches the outside".into());
    }
    let (_, owners, why) = OWNED.iter().find(|(name, ..)| matches(name, &edge.to))?;
    let free = TESTS.contains(&edge.from.as_str()) && !matches("tauri*", &edge.to);
    (!free && !owners.contains(&edge.from.as_str())).then(|| match owners {
        [] => format!("nobody does, {why}"),
        names => format!("it belongs to {}, {why}", names.join(" and ")),
    })
}

/// Whether a name fits a pattern with at most one star, at its beginning or its end.
fn matches(pattern: &str, name: &str) -> bool {
    match (pattern.strip_suffix('*'), pattern.strip_prefix('*')) {
        (Some(start), _) => name.starts_with(start),
        (None, Some(end)) => name.ends_with(end),
        (None, None) => name == pattern,
    }
}
