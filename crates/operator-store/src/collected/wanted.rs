//! What is still wanted, kept as stretches, so that an answer costs no more when more was handed back.

use domain::id::Digest;
use operator_core::store::StoreError;
use rusqlite::{Transaction, params};

use super::Collected;
use crate::sqlite::from_sqlite;

/// A leaf that so many devices gave alike is not asked for any more.
const ENOUGH_GIVERS: u32 = 3;

fn put(transaction: &Transaction<'_>, from: u64, to: u64) -> rusqlite::Result<()> {
    if from < to {
        transaction
            .prepare_cached("INSERT INTO wanted (from_leaf, to_leaf) VALUES (?1, ?2)")?
            .execute(params![from, to])?;
    }
    Ok(())
}

/// Takes a leaf out of what is wanted once it is settled: proven or given alike by several devices, with its content.
pub(super) fn settle(transaction: &Transaction<'_>, leaf_index: u64, hash: &Digest) -> rusqlite::Result<()> {
    let is_settled: bool = transaction
        .prepare_cached(
            "SELECT content IS NOT NULL AND (proven = 1 OR ?3 <= (SELECT count(*) FROM
                (SELECT 1 FROM givers g WHERE g.leaf_index = ?1 AND g.hash = ?2 LIMIT ?3)))
               FROM leaves WHERE leaf_index = ?1 AND hash = ?2",
        )?
        .query_row(params![leaf_index, hash.as_bytes(), ENOUGH_GIVERS], |row| row.get(0))?;
    if is_settled { take_out(transaction, leaf_index) } else { Ok(()) }
}

fn take_out(transaction: &Transaction<'_>, leaf_index: u64) -> rusqlite::Result<()> {
    let mut around = transaction.prepare_cached(
        "DELETE FROM wanted WHERE to_leaf > ?1
            AND from_leaf = (SELECT max(from_leaf) FROM wanted WHERE from_leaf <= ?1) RETURNING from_leaf, to_leaf",
    )?;
    let taken: Vec<(u64, u64)> =
        around.query_map([leaf_index], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    for (from, to) in taken {
        put(transaction, from, leaf_index)?;
        put(transaction, leaf_index + 1, to)?;
    }
    Ok(())
}

/// Makes the stretches anew from the leaves. For an officer's command, not for a request: it reads all.
pub(super) fn look_again(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM wanted", [])?;
    transaction.execute(
        "INSERT INTO wanted (from_leaf, to_leaf) SELECT from_leaf, to_leaf FROM span WHERE from_leaf < to_leaf",
        [],
    )?;
    let mut select = transaction.prepare("SELECT leaf_index, hash FROM leaves ORDER BY leaf_index")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let hash: Vec<u8> = row.get(1)?;
        if let Ok(hash) = Digest::from_slice(&hash) {
            settle(transaction, row.get(0)?, &hash)?;
        }
    }
    Ok(())
}

impl Collected {
    /// Says how far the log was signed. Only grows.
    ///
    /// # Errors
    /// Those of the file.
    pub fn reach(&self, log_size: u64, signed_size: u64) -> Result<(), StoreError> {
        self.transact(|transaction| {
            let last = transaction
                .prepare_cached("SELECT to_leaf FROM span")?
                .query_map([], |row| row.get::<_, u64>(0))?
                .next()
                .transpose()?;
            let from = last.unwrap_or(log_size);
            if last.is_some() && signed_size <= from {
                return Ok(());
            }
            transaction
                .prepare_cached(
                    "INSERT INTO span (one, from_leaf, to_leaf) VALUES (1, ?1, ?2)
                     ON CONFLICT (one) DO UPDATE SET to_leaf = excluded.to_leaf",
                )?
                .execute(params![from, signed_size])?;
            let longer = transaction
                .prepare_cached(
                    "UPDATE wanted SET to_leaf = ?2
                      WHERE to_leaf = ?1 AND from_leaf = (SELECT max(from_leaf) FROM wanted)",
                )?
                .execute(params![from, signed_size])?;
            if longer == 0 { put(transaction, from, signed_size) } else { Ok(()) }
        })
    }

    /// The first stretches from a leaf on that are wanted.
    ///
    /// # Errors
    /// Those of the file.
    pub fn wanted(&self, from: u64, most: usize) -> Result<Vec<(u64, u64)>, StoreError> {
        let connection = self.connection.lock();
        let mut select = connection
            .prepare_cached(
                "SELECT max(from_leaf, ?1), to_leaf FROM wanted WHERE to_leaf > ?1 AND from_leaf >=
                    coalesce((SELECT max(from_leaf) FROM wanted WHERE from_leaf <= ?1), 0)
                  ORDER BY from_leaf LIMIT ?2",
            )
            .map_err(from_sqlite)?;
        let rows = select.query_map(params![from, most as u64], |row| Ok((row.get(0)?, row.get(1)?)));
        rows.and_then(Iterator::collect).map_err(from_sqlite)
    }
}
