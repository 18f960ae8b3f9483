//! Leaves that devices gave.

use domain::id::{Digest, KeyId};
use operator_core::store::StoreError;
use rusqlite::{OptionalExtension as _, Transaction, params};

use super::{Collected, Given, digest, key_id, wanted};
use crate::sqlite::from_sqlite;

/// Different statements that are kept for one leaf without a proof.
pub(super) const MAX_RIVALS: u32 = 8;

/// Whether a word counts: of a device that is believed, as long as it does not contradict itself (of one device only its
/// first word counts: nobody fills a leaf with inventions), and while there are few others.
fn counts(transaction: &Transaction<'_>, giver: KeyId, given: &Given) -> rusqlite::Result<bool> {
    if given.proven {
        return Ok(true);
    }
    let place = params![given.leaf_index, given.hash.as_bytes(), giver.as_bytes(), MAX_RIVALS];
    transaction
        .prepare_cached(
            "SELECT NOT EXISTS (SELECT 1 FROM disbelieved WHERE key = ?3)
                AND NOT EXISTS (SELECT 1 FROM givers WHERE leaf_index = ?1 AND key = ?3 AND hash <> ?2)
                AND (SELECT count(*) FROM leaves WHERE leaf_index = ?1 AND hash <> ?2) < ?4",
        )?
        .query_row(place, |row| row.get(0))
}

fn keep(transaction: &Transaction<'_>, giver: KeyId, given: &Given) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO leaves (leaf_index, hash, statement, content, proven) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (leaf_index, hash) DO UPDATE SET content = coalesce(content, excluded.content),
                proven = max(proven, excluded.proven)",
        )?
        .execute(params![
            given.leaf_index,
            given.hash.as_bytes(),
            given.statement,
            given.content,
            given.proven
        ])?;
    transaction
        .prepare_cached(
            "INSERT INTO givers (leaf_index, hash, key) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        )?
        .execute(params![given.leaf_index, given.hash.as_bytes(), giver.as_bytes()])?;
    wanted::settle(transaction, given.leaf_index, &given.hash)
}

impl Collected {
    /// Keeps what a device gave, in one transaction. A content fills what was without one; a proof never goes again.
    ///
    /// # Errors
    /// Those of the file.
    pub fn put(&self, giver: KeyId, given: &[Given]) -> Result<(), StoreError> {
        self.transact(|transaction| {
            for given in given {
                if counts(transaction, giver, given)? {
                    keep(transaction, giver, given)?;
                }
            }
            Ok(())
        })
    }

    /// Gives leaves that are there without it their content, by their hash.
    ///
    /// # Errors
    /// Those of the file.
    pub fn fill(&self, contents: &[(Digest, &[u8])]) -> Result<(), StoreError> {
        self.transact(|transaction| {
            let mut fill = transaction.prepare_cached(
                "UPDATE leaves SET content = ?2 WHERE hash = ?1 AND content IS NULL RETURNING leaf_index",
            )?;
            for (hash, content) in contents {
                let filled = fill.query_map(params![hash.as_bytes(), content], |row| row.get(0))?;
                for leaf_index in filled.collect::<Result<Vec<u64>, _>>()? {
                    wanted::settle(transaction, leaf_index, hash)?;
                }
            }
            Ok(())
        })
    }

    /// Forgets what one device alone said without a proof, and takes nothing of that sort from it any more.
    ///
    /// # Errors
    /// Those of the file.
    pub fn disbelieve(&self, giver: KeyId) -> Result<(), StoreError> {
        self.transact(|transaction| {
            let key = [giver.as_bytes()];
            transaction.execute("INSERT INTO disbelieved (key) VALUES (?1) ON CONFLICT DO NOTHING", key)?;
            transaction.execute("DELETE FROM givers WHERE key = ?1", key)?;
            transaction.execute(
                "DELETE FROM leaves WHERE proven = 0 AND NOT EXISTS
                    (SELECT 1 FROM givers g WHERE g.leaf_index = leaves.leaf_index AND g.hash = leaves.hash)",
                [],
            )?;
            wanted::look_again(transaction)
        })
    }

    /// Whether a device is disbelieved.
    ///
    /// # Errors
    /// Those of the file.
    pub fn is_disbelieved(&self, giver: KeyId) -> Result<bool, StoreError> {
        let connection = self.connection.lock();
        let mut ask = connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM disbelieved WHERE key = ?1)")
            .map_err(from_sqlite)?;
        ask.query_row([giver.as_bytes()], |row| row.get(0)).map_err(from_sqlite)
    }

    /// Every device that is disbelieved.
    ///
    /// # Errors
    /// Those of the file.
    pub fn disbelieved(&self) -> Result<Vec<KeyId>, StoreError> {
        let connection = self.connection.lock();
        let mut select =
            connection.prepare("SELECT key FROM disbelieved ORDER BY key").map_err(from_sqlite)?;
        let rows = select.query_map([], |row| row.get::<_, Vec<u8>>(0));
        let rows = rows.and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(from_sqlite)?;
        rows.iter().map(|key| key_id(key)).collect()
    }

    /// The leaf at a place: the proven one, otherwise the one that most devices gave.
    ///
    /// # Errors
    /// Those of the file.
    pub fn best(&self, leaf_index: u64) -> Result<Option<Given>, StoreError> {
        let connection = self.connection.lock();
        let mut select = connection
            .prepare_cached(
                "SELECT hash, statement, content, proven FROM leaves l WHERE leaf_index = ?1
                  ORDER BY proven DESC, (SELECT count(*) FROM givers g
                    WHERE g.leaf_index = l.leaf_index AND g.hash = l.hash) DESC, hash LIMIT 1",
            )
            .map_err(from_sqlite)?;
        let row = select
            .query_row([leaf_index], |row| {
                Ok((row.get::<_, Vec<u8>>(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()
            .map_err(from_sqlite)?;
        row.map(|(hash, statement, content, proven)| {
            Ok(Given { leaf_index, hash: digest(&hash)?, statement, content, proven })
        })
        .transpose()
    }

    /// Leaves of `from..to` for which something is there.
    ///
    /// # Errors
    /// Those of the file.
    pub fn held(&self, from: u64, to: u64) -> Result<Vec<u64>, StoreError> {
        let connection = self.connection.lock();
        let mut select = connection
            .prepare_cached(
                "SELECT DISTINCT leaf_index FROM leaves WHERE leaf_index >= ?1 AND leaf_index < ?2
                  ORDER BY leaf_index",
            )
            .map_err(from_sqlite)?;
        let rows = select.query_map(params![from, to], |row| row.get(0));
        rows.and_then(Iterator::collect).map_err(from_sqlite)
    }

    /// Devices that gave something for a leaf for which others gave something else.
    ///
    /// # Errors
    /// Those of the file.
    pub fn contradicting(&self) -> Result<Vec<(u64, KeyId)>, StoreError> {
        let connection = self.connection.lock();
        let mut select = connection
            .prepare(
                "SELECT leaf_index, key FROM givers WHERE leaf_index IN
                    (SELECT leaf_index FROM leaves GROUP BY leaf_index HAVING count(*) > 1)
                  ORDER BY leaf_index, key",
            )
            .map_err(from_sqlite)?;
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?)));
        let rows = rows.and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(from_sqlite)?;
        rows.into_iter().map(|(leaf_index, key)| Ok((leaf_index, key_id(&key)?))).collect()
    }
}
