//! Brings a file up to date, one dated script after the other, each in its own transaction.

use operator_core::store::StoreError;
use rusqlite::{Connection, TransactionBehavior};

use super::error::from_sqlite;

/// In order; the position is the version that the script leads to.
const SCRIPTS: &[&str] = &[include_str!("../../../../migrations/operator-sqlite/2026-11-23-1-log.sql")];

/// The schema that this program knows.
pub const SCHEMA_VERSION: u32 = SCRIPTS.len() as u32;

/// "esep" as a number: tells the file from other databases.
const APPLICATION_ID: i32 = 0x6573_6570;

/// Applies the scripts that a file lacks. A second process waits for the first and then finds nothing to do.
pub(super) fn run(connection: &mut Connection) -> Result<(), StoreError> {
    loop {
        let txn =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(from_sqlite)?;
        let pragma =
            |name: &str| txn.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(from_sqlite);
        let found =
            u32::try_from(pragma("user_version")?).map_err(|_| StoreError::Damaged("a negative schema"))?;
        if found > SCHEMA_VERSION {
            return Err(StoreError::TooNew { found, known: SCHEMA_VERSION });
        }
        if found > 0 && pragma("application_id")? != i64::from(APPLICATION_ID) {
            return Err(StoreError::Damaged("the file is a database of another program"));
        }
        let Some(script) = SCRIPTS.get(found as usize) else { return Ok(()) };
        txn.execute_batch(script).map_err(from_sqlite)?;
        txn.pragma_update(None, "application_id", APPLICATION_ID).map_err(from_sqlite)?;
        txn.pragma_update(None, "user_version", found + 1).map_err(from_sqlite)?;
        txn.commit().map_err(from_sqlite)?;
    }
}
