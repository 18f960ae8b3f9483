//! A file that somebody edited with SQL: an audit finds each change, by its rule and at its place.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use journal::SigningKey;
use operator_core::audit::{Audit, Signatures, audit};
use operator_core::store::Store as _;
use operator_store::SqliteStore;
use rusqlite::{Connection, params};

use crate::story;

/// Leaves of the story: the child's name, the device's first statement, a visit, its end, and a second one beside it.
const NAME: u64 = 4;
const VISIT: u64 = 9;
const END: u64 = 10;
const FORK: u64 = 11;

/// The story's file and the operator's key.
static STORY: OnceLock<(Vec<u8>, SigningKey)> = OnceLock::new();

/// Audits the story after an edit.
fn after(signatures: Signatures, edit: impl FnOnce(&Connection)) -> Audit {
    let (file, operator) = STORY.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.sqlite");
        let operator = story::told_by(&SqliteStore::open(&path).unwrap());
        // The last connection is closed, so everything is in this one file.
        (std::fs::read(path).unwrap(), operator)
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.sqlite");
    std::fs::write(&path, file).unwrap();
    let connection = Connection::open(&path).unwrap();
    let mut triggers = connection.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").unwrap();
    let names: Vec<String> = triggers.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    for name in names {
        connection.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
    }
    connection.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    edit(&connection);
    drop(triggers);
    drop(connection);
    let store = SqliteStore::open(&path).unwrap();
    let read = store.read().unwrap();
    audit(read.as_ref(), operator.verifying_key(), signatures, &mut |_| ()).unwrap()
}

fn places(found: &Audit) -> Vec<(&'static str, Option<u64>)> {
    found.findings.iter().map(|finding| (finding.code, finding.leaf_index)).collect()
}

/// The rules that are broken, each once.
fn codes(found: &Audit) -> Vec<&'static str> {
    let codes: BTreeSet<_> = found.findings.iter().map(|finding| finding.code).collect();
    codes.into_iter().collect()
}

fn flip(connection: &Connection, table: &str, column: &str, condition: &str, at: usize) {
    let sql = format!("SELECT {column} FROM {table} WHERE {condition}");
    let mut bytes: Vec<u8> = connection.query_row(&sql, [], |row| row.get(0)).unwrap();
    let at = at.min(bytes.len() - 1);
    bytes[at] ^= 1;
    let sql = format!("UPDATE {table} SET {column} = ?1 WHERE {condition}");
    assert_eq!(connection.execute(&sql, params![bytes]).unwrap(), 1);
}

#[test]
fn an_untouched_file_holds() {
    let found = after(Signatures::Check, |_| ());
    assert_eq!(found.findings, []);
    assert_eq!((found.statements, found.forks, found.refusals, found.heads), (12, 1, 1, 2));
    assert_eq!(found.signatures, found.statements + found.heads);
    assert_eq!((found.contents, found.nodes, found.agreements), (12, 22, 1));
    assert_eq!(after(Signatures::Skip, |_| ()).findings, []);
}

#[test]
fn every_byte_of_a_statement() {
    let length = 600;
    for at in (0..length).step_by(7) {
        let found = after(Signatures::Check, |connection| {
            flip(connection, "journal", "statement", "leaf_index = 9", at)
        });
        let wanted = ["form", "columns", "key", "signature", "content", "series", "beacon"];
        assert!(
            found
                .findings
                .iter()
                .any(|finding| { finding.leaf_index == Some(VISIT) && wanted.contains(&finding.code) }),
            "byte {at}: {:?}",
            found.findings
        );
        assert!(codes(&found).contains(&"node") && codes(&found).contains(&"head"), "byte {at}");
    }
}

#[test]
fn a_signature_that_is_not_checked_is_found_by_the_tree() {
    let last = usize::MAX;
    let edit = |connection: &Connection| flip(connection, "journal", "statement", "leaf_index = 9", last);
    assert!(places(&after(Signatures::Check, edit)).contains(&("signature", Some(VISIT))));
    let found = after(Signatures::Skip, edit);
    assert_eq!(codes(&found), ["head", "node"]);
    assert_eq!(places(&found)[0], ("node", Some(VISIT)));
}

#[test]
fn contents() {
    let swap = "UPDATE contents SET leaf_index = -1 WHERE leaf_index = 9;
                UPDATE contents SET leaf_index = 9 WHERE leaf_index = 10;
                UPDATE contents SET leaf_index = 10 WHERE leaf_index = -1";
    let found = after(Signatures::Check, |connection| connection.execute_batch(swap).unwrap());
    assert_eq!(places(&found), [("content", Some(VISIT)), ("content", Some(END))]);
    let found =
        after(Signatures::Check, |connection| flip(connection, "contents", "content", "leaf_index = 4", 30));
    assert_eq!(places(&found), [("content", Some(NAME))]);
    assert!(found.findings[0].statement.is_some());
    let delete = "DELETE FROM contents WHERE leaf_index = 9";
    let found = after(Signatures::Check, |connection| connection.execute_batch(delete).unwrap());
    assert_eq!(places(&found), [("content", Some(VISIT))]);
}

#[test]
fn leaves_in_another_order_or_gone() {
    let swap = "UPDATE journal SET leaf_index = -1 WHERE leaf_index = 9;
                UPDATE journal SET leaf_index = 9 WHERE leaf_index = 10;
                UPDATE journal SET leaf_index = 10 WHERE leaf_index = -1";
    let found = after(Signatures::Check, |connection| connection.execute_batch(swap).unwrap());
    for place in [("series", Some(VISIT)), ("content", Some(VISIT)), ("node", Some(VISIT))] {
        assert!(places(&found).contains(&place), "{place:?}: {:?}", found.findings);
    }
    let delete = "DELETE FROM contents WHERE leaf_index = 9; DELETE FROM journal WHERE leaf_index = 9";
    let found = after(Signatures::Check, |connection| connection.execute_batch(delete).unwrap());
    for place in [("leaf", Some(VISIT)), ("series", Some(END)), ("history", None), ("head", None)] {
        assert!(places(&found).contains(&place), "{place:?}: {:?}", found.findings);
    }
    let cut = "DELETE FROM contents WHERE leaf_index = 11; DELETE FROM journal WHERE leaf_index = 11";
    let found = after(Signatures::Check, |connection| connection.execute_batch(cut).unwrap());
    assert_eq!(codes(&found), ["head", "history"]);
}

#[test]
fn columns_and_flags() {
    for (edit, place) in [
        ("UPDATE journal SET subject = zeroblob(16) WHERE leaf_index = 9", ("columns", Some(VISIT))),
        ("UPDATE journal SET kind = 'visit-noted' WHERE leaf_index = 10", ("columns", Some(END))),
        ("UPDATE journal SET flags = '' WHERE leaf_index = 11", ("flags", Some(FORK))),
        ("UPDATE journal SET flags = 'split-view' WHERE leaf_index = 11", ("flags", Some(FORK))),
        ("UPDATE journal SET flags = 'unreadable-content' WHERE leaf_index = 4", ("flags", Some(NAME))),
        ("UPDATE journal SET flags = 'nonsense' WHERE leaf_index = 4", ("database", None)),
    ] {
        let found = after(Signatures::Check, |connection| connection.execute_batch(edit).unwrap());
        assert_eq!(places(&found)[0], place, "{edit}");
    }
}

#[test]
fn heads_and_nodes() {
    for (edit, wanted) in [
        ("UPDATE heads SET root = zeroblob(32) WHERE tree_size = 12", vec!["head"]),
        ("UPDATE heads SET signed_at_ms = signed_at_ms + 1000 WHERE tree_size = 8", vec!["head"]),
        ("DELETE FROM heads WHERE tree_size = 12", vec!["head"]),
        ("UPDATE heads SET tree_size = 13 WHERE tree_size = 12", vec!["head", "history"]),
        ("UPDATE nodes SET hash = zeroblob(32) WHERE level = 1 AND position = 2", vec!["node"]),
        ("DELETE FROM nodes WHERE level = 3", vec!["node"]),
        ("UPDATE documents SET bytes = zeroblob(9)", vec!["agreement"]),
        ("DELETE FROM documents", vec!["agreement"]),
        ("UPDATE refusals SET sha256 = zeroblob(32)", vec!["refusal"]),
        ("UPDATE refusals SET seq = seq + 1", vec!["series"]),
    ] {
        let found = after(Signatures::Check, |connection| connection.execute_batch(edit).unwrap());
        assert_eq!(codes(&found), wanted, "{edit}: {:?}", found.findings);
    }
    for at in (0..230).step_by(9) {
        let found =
            after(Signatures::Check, |connection| flip(connection, "heads", "bytes", "tree_size = 12", at));
        assert_eq!(codes(&found), ["head"], "byte {at}");
    }
}

#[test]
fn a_fork_that_is_made_the_main_line() {
    let edit = "UPDATE journal SET branch = 1, flags = 'fork' WHERE leaf_index = 9;
                UPDATE journal SET branch = 0, flags = '' WHERE leaf_index = 11";
    let found = after(Signatures::Check, |connection| connection.execute_batch(edit).unwrap());
    assert_eq!(places(&found), [("flags", Some(VISIT)), ("flags", Some(FORK))]);
}
