use std::fs;

use super::*;
use crate::testing::{CHILD, SPECIALIST, TestDevice, TestOperator, key, visit};

/// Makes a file of an older schema from its SQL.
pub(crate) fn write_plain(path: &Path, key: &Key, sql: &str, schema: u32) {
    let conn = connect(path, key).unwrap();
    conn.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    conn.execute_batch(sql).unwrap();
    conn.pragma_update(None, "user_version", schema).unwrap();
}

fn wrong_key() -> Key {
    Sensitive::new([0x5b; 32])
}

#[test]
fn a_wrong_key_is_its_own_error_and_changes_nothing() {
    let mut operator = TestOperator::new();
    let device = TestDevice::bound(&mut operator, SPECIALIST, 0x81);
    device.state(&[visit(1, SPECIALIST, CHILD).1]);
    assert!(matches!(Store::open(device.path(), &wrong_key()), Err(OpenError::NotADatabase)));
    let store = Store::open(device.path(), &key()).unwrap();
    assert_eq!(store.read(|reader| reader.outbox_counts()).unwrap().saved_count, 1);
}

#[test]
fn a_missing_file_and_one_that_is_there_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    assert!(matches!(Store::open(&path, &key()), Err(OpenError::Missing)));
    drop(Store::create(&path, &key()).unwrap());
    assert!(matches!(Store::create(&path, &key()), Err(OpenError::Exists)));
}

#[test]
fn a_file_that_was_only_just_made_is_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    fs::write(&path, b"").unwrap();
    let store = Store::create(&path, &key()).unwrap();
    assert!(store.account().unwrap().is_none());
    store.check_integrity().unwrap();
}

#[test]
fn an_account_whose_file_is_empty_is_damaged_and_its_log_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (path, log) = (folder.path().join("a.db"), folder.path().join("a.db-wal"));
    fs::write(&path, b"").unwrap();
    fs::write(&log, b"what the file lost").unwrap();
    assert!(matches!(Store::open(&path, &key()), Err(OpenError::Damaged)));
    assert!(matches!(Store::create(&path, &key()), Err(OpenError::Exists)), "nor is it begun anew");
    assert_eq!(fs::read(&log).unwrap(), b"what the file lost");
    fs::remove_file(&log).unwrap();
    assert!(matches!(Store::open(&path, &key()), Err(OpenError::Damaged)));
}

#[test]
fn a_newer_schema_is_refused_with_both_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let store = Store::create(&path, &key()).unwrap();
    store.write(|tx| Ok::<_, StoreError>(tx.pragma_update(None, "user_version", 99)?)).unwrap();
    drop(store);
    let Err(OpenError::TooNew { found, supported }) = Store::open(&path, &key()) else { panic!("too new") };
    assert_eq!((found, supported), (99, schema::SUPPORTED));
}

#[test]
fn nothing_readable_lies_on_the_disk() {
    let mut operator = TestOperator::new();
    let device = TestDevice::bound(&mut operator, SPECIALIST, 0x81);
    device.pull(&operator);
    device.state(&[visit(1, SPECIALIST, CHILD).1]);
    assert!(device.shown().contains("visit"), "there is something to find");
    let folder = device.path().parent().unwrap();
    for file in fs::read_dir(folder).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        for word in ["Қайратова", "Нұрлан", "Абай", "speech-therapy", "visit", "SQLite format"]
        {
            assert!(!bytes.windows(word.len()).any(|part| part == word.as_bytes()), "{word}");
        }
    }
}

#[test]
fn damage_is_reported_and_the_file_moved_aside_whole() {
    let mut operator = TestOperator::new();
    let mut device = TestDevice::bound(&mut operator, SPECIALIST, 0x81);
    for n in 0..60 {
        device.state(&[visit(n, SPECIALIST, CHILD).1]);
    }
    device.restart();
    device.store.check_integrity().unwrap();
    let path = device.path().to_owned();
    // The last handle writes the log back into the file as it goes.
    let copy = path.with_file_name("copy.db");
    device.store.write(|tx| Ok::<_, StoreError>(tx.execute_batch("SELECT 1")?)).unwrap();
    device
        .store
        .with_reader(|conn| {
            conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(StoreError::from)
        })
        .unwrap();
    let whole = fs::read(&path).unwrap();
    // A page that the opening itself does not need: that one would be found at once.
    let store = (1..whole.len() / 4_096).rev().find_map(|page| {
        let mut bytes = whole.clone();
        bytes[page * 4_096..page * 4_096 + 200].fill(0xee);
        fs::write(&copy, &bytes).unwrap();
        match Store::open(&copy, &key()) {
            Ok(store) if matches!(store.rebuild(), Err(StoreError::Damaged)) => Some(store),
            Ok(_) | Err(OpenError::Damaged) => None,
            Err(error) => panic!("{error}"),
        }
    });
    let store = store.expect("there are pages of statements");
    assert!(matches!(store.check_integrity(), Err(StoreError::Damaged)));
    let read = store.rebuild();
    assert!(matches!(read, Err(StoreError::Damaged)), "also found by use: {read:?}");
    drop(store);
    let bytes = fs::read(&copy).unwrap();
    let aside = move_aside(&copy, "20261123T050000Z").unwrap();
    assert!(!copy.exists());
    assert!(fs::read(&aside).unwrap() == bytes, "nothing is lost");
    assert!(aside.to_string_lossy().ends_with("copy.db.damaged-20261123T050000Z"));
    drop(Store::create(&copy, &key()).unwrap());
    assert!(move_aside(&copy, "20261123T050000Z").is_err(), "an earlier one is never overwritten");
}

#[test]
#[cfg(unix)]
fn only_this_user_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let _store = Store::create(&path, &key()).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_is_called_saved_is_synced_to_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(&folder.path().join("a.db"), &key()).unwrap();
    let writer = store.writer.lock();
    let number = |pragma: &str| {
        writer.conn.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(number("synchronous"), 2, "FULL");
    for on in ["fullfsync", "checkpoint_fullfsync", "foreign_keys", "secure_delete"] {
        assert_eq!(number(on), 1, "{on}");
    }
    assert_eq!(number("temp_store"), 2, "MEMORY");
    let mode: String = writer.conn.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
}

#[test]
fn a_log_that_became_long_is_written_back_while_others_read_and_write() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let store = Store::create(&path, &key()).unwrap();
    let length_of = |name: &str| fs::metadata(folder.path().join(name)).unwrap().len();
    let write = |name: &str, length: usize| {
        let value = vec![7; length];
        store.set(name, Some(&value))
    };
    write("short", 1_000).unwrap();
    let before = length_of("a.db");
    store.write_back().unwrap();
    assert_eq!(length_of("a.db"), before, "a short log stays: writing it back costs more than it brings");
    let long = usize::try_from(connect::LOG_LIMIT_BYTES).unwrap();
    write("long", long).unwrap();
    assert_eq!(length_of("a.db"), before, "who writes does not write back");
    assert!(length_of("a.db-wal") > connect::LOG_LIMIT_BYTES);
    store
        .read::<_, StoreError>(|reader| {
            assert_eq!(reader.get("after")?, None);
            store.write_back()?;
            assert!(length_of("a.db") > connect::LOG_LIMIT_BYTES, "beside a reader");
            write("after", 10)?;
            assert_eq!(reader.get("after")?, None, "who sees what was there when it began");
            Ok(())
        })
        .unwrap();
    store.write_back().unwrap();
    write("next", 10).unwrap();
    assert_eq!(
        length_of("a.db-wal"),
        connect::LOG_LIMIT_BYTES,
        "begun anew, without the room it does not need"
    );
    assert_eq!(store.read(|reader| reader.get("long")).unwrap().map(|value| value.len()), Some(long));
}
