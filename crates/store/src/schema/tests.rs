//! Every released schema is kept as a fixture with data; each must come up to date, and be equal to a fresh one.
//!
//! A new schema gets its fixture by running the tests once with `ESEP_WRITE_FIXTURE=1`, before its release.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::*;
use crate::testing::{CHILD, COORDINATOR, PARENT, SPECIALIST, TestDevice, TestOperator, key, visit};
use crate::{Store, StoreError};

fn fixture(schema: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../migrations/device/fixtures/{schema}.sql"))
}

/// The schema as SQLite keeps it.
fn schema_of(store: &Store) -> Vec<String> {
    store
        .with_reader(|conn| {
            let mut select = conn.prepare(
                "SELECT type || ' ' || name || ': ' || coalesce(sql, '') FROM sqlite_schema
                  WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name",
            )?;
            Ok::<_, StoreError>(select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
        })
        .unwrap()
}

/// A file with everything in it: registered, waiting and refused, others' statements, readings that run.
fn with_data() -> TestDevice {
    let mut operator = TestOperator::new();
    let specialist = TestDevice::bound(&mut operator, SPECIALIST, 0x81);
    for (person, n) in [(PARENT, 0x82), (COORDINATOR, 0x83)] {
        TestDevice::bound(&mut operator, person, n);
    }
    let sealed = specialist.state(&[visit(1, SPECIALIST, CHILD).1, visit(2, SPECIALIST, CHILD).1]);
    operator.refuse.insert(sealed[1].id);
    specialist.push(&mut operator);
    specialist.pull(&operator);
    let (_, draft) = visit(3, SPECIALIST, CHILD);
    specialist
        .store
        .append(Some("draft-3"), &specialist.clock, &specialist.rng, |appending| {
            appending.set("agreement", Some(b"end"))?;
            appending.seal(&draft).map(drop)
        })
        .unwrap();
    specialist
}

/// A file as SQL.
fn dump(conn: &Connection) -> Result<String, StoreError> {
    let mut text =
        String::from("-- A file of this schema with data, frozen at its release. Synthetic people.\n");
    let mut select = conn.prepare(
        "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'
          ORDER BY type <> 'table', rowid",
    )?;
    let objects = select
        .query_map([], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let mut rest = String::new();
    for (kind, name, sql) in objects {
        if kind != "table" {
            rest.push_str(&format!("{sql};\n"));
            continue;
        }
        text.push_str(&format!("{sql};\n"));
        let mut select = conn.prepare(&format!("SELECT * FROM {name}"))?;
        let columns = select.column_names().collect::<Vec<_>>().join(", ");
        let count = select.column_count();
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let values = (0..count).map(|at| row.get_ref(at).map(literal)).collect::<Result<Vec<_>, _>>()?;
            rest.insert_str(0, &format!("INSERT INTO {name} ({columns}) VALUES ({});\n", values.join(", ")));
        }
    }
    Ok(text + &rest)
}

fn literal(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".into(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => format!("'{}'", String::from_utf8_lossy(text).replace('\'', "''")),
        ValueRef::Blob(bytes) => {
            format!("x'{}'", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        }
    }
}

fn load(schema: u32) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.db");
    let sql = std::fs::read_to_string(fixture(schema)).expect("a fixture of each released schema");
    std::fs::write(&path, b"").unwrap();
    crate::open::tests::write_plain(&path, &key(), &sql, schema);
    (folder, path)
}

#[test]
fn every_released_schema_comes_up_to_date_with_its_data() {
    if std::env::var_os("ESEP_WRITE_FIXTURE").is_some() {
        let text = with_data().store.with_reader(dump).unwrap();
        std::fs::write(fixture(SUPPORTED), text).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let fresh = Store::create(&folder.path().join("fresh.db"), &key()).unwrap();
    for schema in 1..=SUPPORTED {
        let (_folder, path) = load(schema);
        let store = Store::open(&path, &key()).unwrap();
        assert_eq!(schema_of(&store), schema_of(&fresh), "schema {schema}");
        store.check_integrity().unwrap();
        assert_eq!(store.account().unwrap().unwrap().person, Some(SPECIALIST));
        let rows = store
            .read(|reader| {
                let states = [1, 2, 3].map(|n| reader.visit(visit(n, SPECIALIST, CHILD).0));
                let pending = reader.pending_captures()?;
                Ok::<_, StoreError>((states, pending, reader.get("agreement")?))
            })
            .unwrap();
        let [registered, refused, saved] = rows.0.map(|visit| visit.unwrap().unwrap().transport);
        assert_eq!(registered, crate::read::transport::Transport::Registered);
        assert!(matches!(refused, crate::read::transport::Transport::Refused(_)));
        assert_eq!(saved, crate::read::transport::Transport::Saved);
        assert_eq!((rows.1.len(), rows.2.as_deref()), (3, Some(&b"end"[..])));
        store.rebuild().unwrap();
        let pending = store.read(|reader| reader.pending_captures()).unwrap();
        assert_eq!(pending, rows.1, "who waits for a reading goes on waiting");
        let series = store.with_reader(|conn| crate::statement::own(conn, 0, 99)).unwrap();
        let receipt = store.read(|reader| reader.receipt(series[1].id)).unwrap();
        assert!(receipt.is_some(), "receipts of then still verify");
        assert_eq!(series.len(), 4);
    }
}

#[test]
fn a_step_that_fails_takes_none() {
    let mut conn = Connection::open_in_memory().unwrap();
    conn.execute_batch("CREATE TABLE outbox (x)").unwrap();
    let transaction = conn.transaction().unwrap();
    assert!(bring_up_to_date(&transaction).is_err(), "a table of that name is there already");
    drop(transaction);
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 1);
}
