//! What only a file can do.

use operator_core::store::{Store as _, StoreError};
use operator_store::SqliteStore;
use operator_store::sqlite::SCHEMA_VERSION;
use rusqlite::Connection;

use crate::rows::{digest, entry, fill, head, write};

fn file() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.sqlite");
    (folder, path)
}

#[test]
fn a_file_of_a_newer_version_is_refused() {
    let (_kept, path) = file();
    drop(SqliteStore::open(&path).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", SCHEMA_VERSION + 1).unwrap();
    let refused = SqliteStore::open(&path).map(drop);
    assert!(matches!(refused, Err(StoreError::TooNew { found, known }) if found == known + 1));
}

#[test]
fn another_programs_file_is_refused_and_left_alone() {
    let (_kept, path) = file();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE notes (note TEXT); PRAGMA user_version = 1;").unwrap();
    assert!(matches!(SqliteStore::open(&path).map(drop), Err(StoreError::Damaged(_))));
    std::fs::write(&path, b"no database at all, only some words that are long enough to look at").unwrap();
    assert!(matches!(SqliteStore::open(&path).map(drop), Err(StoreError::Damaged(_))));
}

#[test]
fn what_was_registered_can_be_neither_changed_nor_deleted() {
    let (_kept, path) = file();
    let store = SqliteStore::open(&path).unwrap();
    fill(&store, 2);
    write(&store, |txn| {
        txn.put_node(0, 0, digest(1)).unwrap();
        txn.put_head(&head(2)).unwrap();
    });
    let vandal = Connection::open(&path).unwrap();
    for sql in [
        "UPDATE journal SET seq = 9 WHERE leaf_index = 0",
        "DELETE FROM journal WHERE leaf_index = 1",
        "UPDATE contents SET content = x'00' WHERE leaf_index = 0",
        "UPDATE nodes SET hash = x'00'",
        "DELETE FROM nodes",
        "UPDATE heads SET root = x'00'",
        "DELETE FROM heads",
    ] {
        let error = vandal.execute(sql, []).unwrap_err().to_string();
        assert!(error.contains("never") || error.contains("stays as it is"), "{sql}: {error}");
    }
    assert_eq!(store.read().unwrap().entry(0).unwrap().unwrap(), entry(0, 1, 0));
}

#[test]
fn two_processes_share_a_file() {
    let (_kept, path) = file();
    let (one, other) = (SqliteStore::open(&path).unwrap(), SqliteStore::open(&path).unwrap());
    std::thread::scope(|scope| {
        for (signer, store) in [(1, &one), (2, &other)] {
            scope.spawn(move || {
                for seq in 0..25 {
                    let mut txn = store.write().unwrap();
                    let leaf = txn.log_size().unwrap();
                    txn.append(&entry(leaf, signer, seq), None).unwrap();
                    txn.commit().unwrap();
                }
            });
        }
    });
    assert_eq!(one.read().unwrap().log_size().unwrap(), 50);
    assert_eq!(other.read().unwrap().entries(0, 100).unwrap().len(), 50);
}

#[test]
fn a_copy_is_the_same_and_the_file_is_whole() {
    let (kept, path) = file();
    let store = SqliteStore::open(&path).unwrap();
    fill(&store, 5);
    let copy = kept.path().join("copy.sqlite");
    store.copy_to(&copy).unwrap();
    let copy = SqliteStore::open(&copy).unwrap();
    assert_eq!(copy.read().unwrap().entries(0, 9).unwrap(), store.read().unwrap().entries(0, 9).unwrap());
    assert_eq!(store.check_file().unwrap(), Vec::<String>::new());
}

#[test]
fn durability_is_switched_on() {
    let (_kept, path) = file();
    drop(SqliteStore::open(&path).unwrap());
    let mode: String =
        Connection::open(&path).unwrap().pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

#[test]
fn an_erased_content_is_gone_from_the_file() {
    let (_kept, path) = file();
    let store = SqliteStore::open(&path).unwrap();
    let secret = b"a word that must not stay in the file";
    write(&store, |txn| txn.append(&entry(0, 1, 0), Some(secret)).unwrap());
    let holds = || {
        Connection::open(&path).unwrap().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
        std::fs::read(&path).unwrap().windows(secret.len()).any(|window| window == secret)
    };
    assert!(holds());
    write(&store, |txn| txn.erase_content(0).unwrap());
    assert!(!holds());
}
