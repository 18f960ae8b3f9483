use super::*;

fn edge(from: &str, to: &str) -> Edge {
    Edge { from: from.into(), to: to.into(), only_tests: false }
}

fn members() -> Vec<String> {
    LAYERS.iter().map(|(name, _)| name.to_string()).chain(TESTS.iter().map(ToString::to_string)).collect()
}

fn broken(edge: Edge) -> Vec<String> {
    broken_rules(&members(), &[edge])
}

#[test]
fn the_manifests_of_this_workspace_keep_the_layers() {
    let (members, edges) = graph(&read_manifests().unwrap());
    assert!(edges.contains(&edge("esep", "client")), "the graph was really read: {edges:?}");
    assert_eq!(broken_rules(&members, &edges), Vec::<String>::new());
}

#[test]
fn an_import_upwards_is_refused() {
    for (from, to) in [
        ("domain", "journal"),
        ("journal", "wire"),
        ("sync", "store"),
        ("store", "client"),
        ("client", "platform"),
        ("operator-core", "operator-store"),
        ("operator", "client"),
        ("client", "operator-core"),
        ("platform", "store"),
        ("esep", "store"),
        ("esep-tests", "esep"),
        ("esep-simulation", "esep"),
        // What it plants and injects is in no product.
        ("client", "esep-simulation"),
        ("operator", "esep-simulation"),
        ("xtask", "domain"),
    ] {
        assert_eq!(broken(edge(from, to)).len(), 1, "{from} must not import {to}");
    }
}

#[test]
fn an_import_upwards_in_tests_alone_is_refused_too() {
    let only_tests = Edge { only_tests: true, ..edge("journal", "store") };
    assert_eq!(broken(only_tests), ["journal must not import store: it may import only domain"]);
}

#[test]
fn a_heavy_dependency_belongs_to_its_owner() {
    for (from, to) in [
        ("client", "rusqlite"),
        ("operator", "rusqlite"),
        ("client", "reqwest"),
        ("esep", "reqwest"),
        ("operator", "reqwest"),
        ("client", "keyring-core"),
        ("esep", "windows-native-keyring-store"),
        ("client", "tauri"),
        ("platform", "tauri-plugin-geolocation"),
        ("operator-core", "axum"),
        ("esep-tests", "tauri"),
        ("store", "libsqlite3-sys"),
        ("operator-store", "sqlx-sqlite"),
        ("operator", "tokio-postgres"),
        ("sync", "coset"),
    ] {
        assert_eq!(broken(edge(from, to)).len(), 1, "{from} must not import {to}");
    }
    for (from, to) in
        [("store", "rusqlite"), ("sync", "reqwest"), ("esep", "tauri-build"), ("esep-tests", "rusqlite")]
    {
        assert_eq!(broken(edge(from, to)), Vec::<String>::new(), "{from} owns or may use {to}");
    }
}

#[test]
fn the_operators_own_tests_may_call_it() {
    assert!(broken(Edge { only_tests: true, ..edge("operator", "reqwest") }).is_empty());
    assert_eq!(broken(Edge { only_tests: true, ..edge("client", "reqwest") }).len(), 1, "but nobody else's");
}

#[test]
fn a_pure_crate_neither_waits_nor_touches_the_outside() {
    for (from, to) in [("domain", "tokio"), ("journal", "async-trait"), ("operator-core", "tokio-util")] {
        assert_eq!(
            broken(edge(from, to)),
            [format!("{from} must not import {to}: it is pure: it neither waits nor touches the outside")]
        );
    }
    assert!(broken(edge("sync", "tokio")).is_empty(), "an engine with a transport may wait");
}

#[test]
fn a_crate_outside_the_table_is_refused() {
    let mut members = members();
    members.push("helpers".into());
    assert_eq!(broken_rules(&members, &[]), ["helpers is not in the table of layers"]);
}
