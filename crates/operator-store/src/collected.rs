//! What devices handed back to a restored operator, beside its log until all of it is put together: one SQLite file
//! that is thrown away afterwards.
//!
//! # Invariants
//! Nothing here is believed: a leaf is what somebody said, proven or not. Each leaf has at most [`MAX_RIVALS`] unproven
//! rivals, so the file cannot grow beyond a multiple of what was lost.

use std::path::{Path, PathBuf};

use domain::id::{Digest, KeyId};
use operator_core::store::StoreError;
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::sqlite::from_sqlite;

/// Different statements that are kept for one leaf without a proof.
const MAX_RIVALS: u32 = 8;
/// A leaf that so many devices gave alike is not asked for any more.
const ENOUGH_GIVERS: u32 = 3;

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA secure_delete = ON;
    PRAGMA foreign_keys = ON;
    CREATE TABLE IF NOT EXISTS heads (
        -- Heads that the operator's key signed, as devices showed them.
        tree_size INTEGER NOT NULL,
        root BLOB NOT NULL,
        bytes BLOB NOT NULL,
        PRIMARY KEY (tree_size, root)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS leaves (
        -- What is said to stand at a place of the log.
        leaf_index INTEGER NOT NULL,
        hash BLOB NOT NULL,                      -- leaf hash
        statement BLOB NOT NULL,
        content BLOB,                            -- absent: nobody gave it yet
        proven INTEGER NOT NULL,                 -- 1: a receipt of this log proves it
        PRIMARY KEY (leaf_index, hash)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS givers (
        -- Which devices said so.
        leaf_index INTEGER NOT NULL,
        hash BLOB NOT NULL,
        key BLOB NOT NULL,
        PRIMARY KEY (leaf_index, hash, key),
        FOREIGN KEY (leaf_index, hash) REFERENCES leaves (leaf_index, hash) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID;
";

/// A signed head as it was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownHead {
    /// Leaves.
    pub tree_size: u64,
    /// Root.
    pub root: Digest,
    /// The signed bytes.
    pub bytes: Vec<u8>,
}

/// A statement that is said to stand at a leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Position in the log.
    pub leaf_index: u64,
    /// Leaf hash.
    pub hash: Digest,
    /// The signed bytes.
    pub statement: Vec<u8>,
    /// The content.
    pub content: Option<Vec<u8>>,
    /// Whether a receipt proves it.
    pub proven: bool,
}

/// The file.
#[derive(Debug)]
pub struct Collected {
    connection: Mutex<Connection>,
}

fn digest(bytes: &[u8]) -> Result<Digest, StoreError> {
    Digest::from_slice(bytes).map_err(|_| StoreError::Damaged("a digest has another length"))
}

fn files(path: &Path) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|suffix| PathBuf::from(format!("{}{suffix}", path.display())))
}

impl Collected {
    /// Opens the file, and makes it if it is not there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Damaged`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = Connection::open(path).map_err(from_sqlite)?;
        connection.busy_timeout(crate::sqlite::BUSY_TIMEOUT).map_err(from_sqlite)?;
        connection.execute_batch(SCHEMA).map_err(from_sqlite)?;
        Ok(Self { connection: Mutex::new(connection) })
    }

    /// Throws the file away. What it held is overwritten first, because contents that were erased meanwhile are in it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub fn remove(path: &Path) -> Result<(), StoreError> {
        if path.exists() {
            let connection = Self::open(path)?.connection.into_inner();
            connection
                .execute_batch("DELETE FROM leaves; DELETE FROM heads; PRAGMA wal_checkpoint(TRUNCATE);")
                .map_err(from_sqlite)?;
        }
        for file in files(path) {
            match std::fs::remove_file(&file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(StoreError::Unavailable(Box::new(error)));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Keeps a head. Whoever calls has verified it.
    ///
    /// # Errors
    /// Those of the file.
    pub fn put_head(&self, head: &ShownHead) -> Result<(), StoreError> {
        let sql = "INSERT INTO heads (tree_size, root, bytes) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        let values = params![head.tree_size, head.root.as_bytes(), head.bytes];
        self.connection.lock().execute(sql, values).map(drop).map_err(from_sqlite)
    }

    /// All heads, by size.
    ///
    /// # Errors
    /// Those of the file.
    pub fn heads(&self) -> Result<Vec<ShownHead>, StoreError> {
        let connection = self.connection.lock();
        let mut select = connection
            .prepare("SELECT tree_size, root, bytes FROM heads ORDER BY tree_size")
            .map_err(from_sqlite)?;
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?, row.get(2)?)));
        let rows = rows.and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(from_sqlite)?;
        let head = |(tree_size, root, bytes): (u64, Vec<u8>, Vec<u8>)| {
            Ok(ShownHead { tree_size, root: digest(&root)?, bytes })
        };
        rows.into_iter().map(head).collect()
    }

    /// Keeps what a device gave, in one transaction. A content fills what was without one; a proof never goes again.
    ///
    /// # Errors
    /// Those of the file.
    pub fn put(&self, giver: KeyId, given: &[Given]) -> Result<(), StoreError> {
        let mut connection = self.connection.lock();
        let transaction = connection.transaction().map_err(from_sqlite)?;
        for given in given {
            let rivals: u32 = transaction
                .prepare_cached("SELECT count(*) FROM leaves WHERE leaf_index = ?1 AND hash <> ?2")
                .and_then(|mut count| {
                    count.query_row(params![given.leaf_index, given.hash.as_bytes()], |row| row.get(0))
                })
                .map_err(from_sqlite)?;
            // Of one device only its first word counts: nobody fills a leaf with inventions.
            let contradicts_itself: bool = transaction
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM givers WHERE leaf_index = ?1 AND key = ?2 AND hash <> ?3)",
                )
                .and_then(|mut ask| {
                    let values = params![given.leaf_index, giver.as_bytes(), given.hash.as_bytes()];
                    ask.query_row(values, |row| row.get(0))
                })
                .map_err(from_sqlite)?;
            if (rivals >= MAX_RIVALS || contradicts_itself) && !given.proven {
                continue;
            }
            transaction
                .prepare_cached(
                    "INSERT INTO leaves (leaf_index, hash, statement, content, proven) VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT (leaf_index, hash) DO UPDATE SET content = coalesce(content, excluded.content),
                        proven = max(proven, excluded.proven)",
                )
                .and_then(|mut insert| {
                    insert.execute(params![
                        given.leaf_index,
                        given.hash.as_bytes(),
                        given.statement,
                        given.content,
                        given.proven
                    ])
                })
                .map_err(from_sqlite)?;
            transaction
                .prepare_cached(
                    "INSERT INTO givers (leaf_index, hash, key) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                )
                .and_then(|mut insert| {
                    insert.execute(params![given.leaf_index, given.hash.as_bytes(), giver.as_bytes()])
                })
                .map_err(from_sqlite)?;
        }
        transaction.commit().map_err(from_sqlite)
    }

    /// Forgets what one device alone said without a proof.
    ///
    /// # Errors
    /// Those of the file.
    pub fn disbelieve(&self, giver: KeyId) -> Result<(), StoreError> {
        let mut connection = self.connection.lock();
        let transaction = connection.transaction().map_err(from_sqlite)?;
        transaction.execute("DELETE FROM givers WHERE key = ?1", [giver.as_bytes()]).map_err(from_sqlite)?;
        transaction
            .execute(
                "DELETE FROM leaves WHERE proven = 0 AND NOT EXISTS
                    (SELECT 1 FROM givers g WHERE g.leaf_index = leaves.leaf_index AND g.hash = leaves.hash)",
                [],
            )
            .map_err(from_sqlite)?;
        transaction.commit().map_err(from_sqlite)
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

    /// Leaves of `from..to` that are settled: proven or given alike by several devices, and with their content.
    ///
    /// # Errors
    /// Those of the file.
    pub fn settled(&self, from: u64, to: u64) -> Result<Vec<u64>, StoreError> {
        self.leaves(
            "SELECT DISTINCT leaf_index FROM leaves l WHERE leaf_index >= ?1 AND leaf_index < ?2 AND (
                content IS NOT NULL AND (proven = 1
                OR (SELECT count(*) FROM givers g WHERE g.leaf_index = l.leaf_index AND g.hash = l.hash) >= ?3))
              ORDER BY leaf_index",
            params![from, to, ENOUGH_GIVERS],
        )
    }

    /// Leaves of `from..to` for which something is there.
    ///
    /// # Errors
    /// Those of the file.
    pub fn held(&self, from: u64, to: u64) -> Result<Vec<u64>, StoreError> {
        self.leaves(
            "SELECT DISTINCT leaf_index FROM leaves WHERE leaf_index >= ?1 AND leaf_index < ?2 ORDER BY leaf_index",
            params![from, to],
        )
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
        let key = |(leaf_index, key): (u64, Vec<u8>)| {
            let key = KeyId::from_slice(&key).map_err(|_| StoreError::Damaged("a key has another length"))?;
            Ok((leaf_index, key))
        };
        rows.into_iter().map(key).collect()
    }

    fn leaves(&self, sql: &str, values: impl rusqlite::Params) -> Result<Vec<u64>, StoreError> {
        let connection = self.connection.lock();
        let mut select = connection.prepare_cached(sql).map_err(from_sqlite)?;
        let rows = select.query_map(values, |row| row.get(0));
        rows.and_then(Iterator::collect).map_err(from_sqlite)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(byte: u8, content: Option<&[u8]>) -> Given {
        Given {
            leaf_index: 7,
            hash: Digest::from_bytes([byte; 32]),
            statement: vec![byte],
            content: content.map(<[u8]>::to_vec),
            proven: false,
        }
    }

    fn key(byte: u8) -> KeyId {
        KeyId::from_bytes([byte; 32])
    }

    #[test]
    fn a_leaf_is_asked_for_until_its_content_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = Collected::open(&folder.path().join("collected.sqlite")).unwrap();
        for giver in 1..=4 {
            file.put(key(giver), &[given(1, None)]).unwrap();
        }
        assert_eq!(file.settled(0, 10).unwrap(), Vec::<u64>::new(), "many gave it, and nobody what it says");
        file.put(key(5), &[given(1, Some(b"said"))]).unwrap();
        assert_eq!(file.settled(0, 10).unwrap(), [7]);
    }

    #[test]
    fn one_device_fills_no_leaf_with_inventions() {
        let folder = tempfile::tempdir().unwrap();
        let file = Collected::open(&folder.path().join("collected.sqlite")).unwrap();
        for invented in 1..=20 {
            file.put(key(1), &[given(invented, None)]).unwrap();
        }
        for honest in [2, 3] {
            file.put(key(honest), &[given(99, Some(b"said"))]).unwrap();
        }
        assert_eq!(file.best(7).unwrap().unwrap().statement, [99]);
    }
}
