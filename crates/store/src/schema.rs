//! The schema: dated steps in `migrations/device`, never edited after a release.

use rusqlite::Transaction;

use crate::OpenError;

/// Steps in their order; the schema's number is how many were taken.
const STEPS: &[&str] = &[include_str!("../../../migrations/device/20261123_journal.sql")];

/// Newest schema that this version knows.
pub(crate) const SUPPORTED: u32 = STEPS.len() as u32;

/// Takes the missing steps, within the caller's transaction: either all or none.
pub(crate) fn bring_up_to_date(transaction: &Transaction<'_>) -> Result<(), OpenError> {
    let found: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > SUPPORTED {
        return Err(OpenError::TooNew { found, supported: SUPPORTED });
    }
    for step in STEPS.iter().skip(found as usize) {
        transaction.execute_batch(step)?;
    }
    if found < SUPPORTED {
        transaction.pragma_update(None, "user_version", SUPPORTED)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
