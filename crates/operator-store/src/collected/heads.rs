//! Heads that devices showed.

use domain::id::KeyId;
use operator_core::store::StoreError;
use rusqlite::{Row, Transaction, params};

use super::{Collected, ShownHead, digest};
use crate::sqlite::from_sqlite;

/// Heads that are kept of what one device showed first. More only make registration times more exact.
pub(super) const MAX_HEADS_OF_ONE: u32 = 1_000;
/// Heads that are kept altogether.
pub(super) const MAX_HEADS: u32 = 20_000;

fn shown(row: &Row<'_>) -> rusqlite::Result<(u64, Vec<u8>, Vec<u8>)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

fn one<T: rusqlite::types::FromSql>(
    transaction: &Transaction<'_>,
    sql: &str,
    values: impl rusqlite::Params,
) -> rusqlite::Result<T> {
    transaction.prepare_cached(sql)?.query_row(values, |row| row.get(0))
}

/// Whether there is room for one more; a head that is larger than all others makes room, because it says how much is lost.
fn has_room(transaction: &Transaction<'_>, giver: KeyId, tree_size: u64) -> rusqlite::Result<bool> {
    let of_one: u32 = one(transaction, "SELECT count(*) FROM heads WHERE key = ?1", [giver.as_bytes()])?;
    let of_all: u32 = one(transaction, "SELECT value FROM heads_count", [])?;
    if of_one < MAX_HEADS_OF_ONE && of_all < MAX_HEADS {
        return Ok(true);
    }
    let largest: u64 = one(transaction, "SELECT coalesce(max(tree_size), 0) FROM heads", [])?;
    if tree_size <= largest {
        return Ok(false);
    }
    let of_whom = (of_one >= MAX_HEADS_OF_ONE).then(|| giver.as_bytes().to_vec());
    transaction
        .prepare_cached(
            "DELETE FROM heads WHERE (tree_size, root) = (SELECT tree_size, root FROM heads
              WHERE contradicts = 0 AND (?1 IS NULL OR key = ?1) ORDER BY tree_size LIMIT 1)",
        )?
        .execute([of_whom])?;
    Ok(true)
}

impl Collected {
    /// Keeps a head, as far as there is room; one that contradicts the log, or another head of its size, always: it proves
    /// that the key signed two logs. Whoever calls has verified it.
    ///
    /// # Errors
    /// Those of the file.
    pub fn put_head(&self, giver: KeyId, head: &ShownHead, contradicts_log: bool) -> Result<(), StoreError> {
        self.transact(|transaction| {
            let is_known: bool = one(
                transaction,
                "SELECT EXISTS (SELECT 1 FROM heads WHERE tree_size = ?1 AND root = ?2)",
                params![head.tree_size, head.root.as_bytes()],
            )?;
            if is_known {
                return Ok(());
            }
            let others = transaction
                .prepare_cached("UPDATE heads SET contradicts = 1 WHERE tree_size = ?1")?
                .execute([head.tree_size])?;
            let contradicts = contradicts_log || others > 0;
            if !contradicts && !has_room(transaction, giver, head.tree_size)? {
                return Ok(());
            }
            let sql =
                "INSERT INTO heads (tree_size, root, bytes, key, contradicts) VALUES (?1, ?2, ?3, ?4, ?5)";
            let values =
                params![head.tree_size, head.root.as_bytes(), head.bytes, giver.as_bytes(), contradicts];
            transaction.prepare_cached(sql)?.execute(values).map(drop)
        })
    }

    /// All heads, by size.
    ///
    /// # Errors
    /// Those of the file.
    pub fn heads(&self) -> Result<Vec<ShownHead>, StoreError> {
        self.select_heads("SELECT tree_size, root, bytes FROM heads ORDER BY tree_size")
    }

    /// The largest head, and one that contradicts it if there is one.
    ///
    /// # Errors
    /// Those of the file.
    pub fn largest_heads(&self) -> Result<Vec<ShownHead>, StoreError> {
        let mut heads =
            self.select_heads("SELECT tree_size, root, bytes FROM heads ORDER BY tree_size DESC LIMIT 2")?;
        if let [largest, other] = heads.as_slice()
            && other.tree_size < largest.tree_size
        {
            heads.truncate(1);
        }
        Ok(heads)
    }

    fn select_heads(&self, sql: &str) -> Result<Vec<ShownHead>, StoreError> {
        let connection = self.connection.lock();
        let mut select = connection.prepare_cached(sql).map_err(from_sqlite)?;
        let rows = select.query_map([], shown).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let head = |(tree_size, root, bytes): (u64, Vec<u8>, Vec<u8>)| {
            Ok(ShownHead { tree_size, root: digest(&root)?, bytes })
        };
        rows.map_err(from_sqlite)?.into_iter().map(head).collect()
    }
}
