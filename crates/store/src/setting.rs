//! Small values that are nobody's statement: reading progress of an agreement, preferences of the account.

use rusqlite::{Connection, OptionalExtension};

use crate::{Store, StoreError};

impl Store {
    /// Writes a small value, `None` removes it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set(&self, name: &str, value: Option<&[u8]>) -> Result<(), StoreError> {
        self.write(|transaction| write(transaction, name, value))
    }
}

pub(crate) fn write(conn: &Connection, name: &str, value: Option<&[u8]>) -> Result<(), StoreError> {
    match value {
        Some(value) => conn
            .prepare_cached(
                "INSERT INTO setting (name, value) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            )?
            .execute((name, value))?,
        None => conn.prepare_cached("DELETE FROM setting WHERE name = ?1")?.execute([name])?,
    };
    Ok(())
}

pub(crate) fn read(conn: &Connection, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let mut select = conn.prepare_cached("SELECT value FROM setting WHERE name = ?1")?;
    Ok(select.query_row([name], |row| row.get(0)).optional()?)
}
