//! Asking again after an update of the app: what the version before could not read, this one may.

use rusqlite::Transaction;

use crate::{StoreError, setting};

/// Small value of the store: the version of the app that read what came.
const READ_BY: &str = "store/read-by";

/// Leaves that were left out because of what this app did not know yet.
const UNREAD: &str = "reason IN ('not-a-statement', 'no-scope')";

/// When the version is another one than the last time, asks for the list of scopes once more, and has every scope filled
/// again from the first leaf that could not be read.
pub(crate) fn after_update(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let version = env!("CARGO_PKG_VERSION").as_bytes();
    let last = setting::read(transaction, READ_BY)?;
    if last.as_deref() == Some(version) {
        return Ok(());
    }
    setting::write(transaction, READ_BY, Some(version))?;
    transaction.execute("UPDATE log_position SET scopes_version = NULL", [])?;
    let first: Option<u64> = transaction.query_row(
        &format!("SELECT min(leaf_index) FROM rejected WHERE {UNREAD}"),
        [],
        |row| row.get(0),
    )?;
    if let Some(first) = first {
        transaction.execute(&format!("DELETE FROM rejected WHERE {UNREAD}"), [])?;
        transaction.execute("UPDATE scope SET filling = 1", [])?;
        transaction.execute(
            "UPDATE log_position SET backfill_cursor = min(coalesce(backfill_cursor, ?1), ?1)",
            [first],
        )?;
    }
    Ok(())
}
