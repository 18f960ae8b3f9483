//! What devices handed back to a restored operator, beside its log until all of it is put together: one SQLite file
//! that is thrown away afterwards.
//!
//! # Invariants
//! Nothing here is believed: a leaf is what somebody said, proven or not. Each leaf has at most [`leaves::MAX_RIVALS`]
//! unproven rivals and each device shows at most [`heads::MAX_HEADS_OF_ONE`] heads, but for those that prove that the
//! operator's key signed two logs, which only its holder can make. So the file cannot grow beyond a multiple of what was
//! lost. What a request costs follows from what is in it, not from what others gave before.

mod heads;
mod leaves;
#[cfg(test)]
mod tests;
mod wanted;

use std::path::{Path, PathBuf};

use domain::id::{Digest, KeyId};
use operator_core::store::StoreError;
use parking_lot::Mutex;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::sqlite::from_sqlite;

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA checkpoint_fullfsync = ON;
    PRAGMA secure_delete = ON;
    PRAGMA foreign_keys = ON;
    CREATE TABLE IF NOT EXISTS heads (
        -- Heads that the operator's key signed, as devices showed them.
        tree_size INTEGER NOT NULL,
        root BLOB NOT NULL,
        bytes BLOB NOT NULL,
        key BLOB NOT NULL,                       -- who showed it first
        contradicts INTEGER NOT NULL,            -- 1: the log or another head of its size; kept whatever comes
        PRIMARY KEY (tree_size, root)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS heads_by_key ON heads (key, tree_size);
    CREATE TABLE IF NOT EXISTS heads_count (
        -- How many there are: counting them with each request would cost more with each.
        one INTEGER PRIMARY KEY CHECK (one = 1),
        value INTEGER NOT NULL
    ) STRICT;
    INSERT INTO heads_count (one, value) VALUES (1, 0) ON CONFLICT DO NOTHING;
    CREATE TRIGGER IF NOT EXISTS heads_more AFTER INSERT ON heads
        BEGIN UPDATE heads_count SET value = value + 1; END;
    CREATE TRIGGER IF NOT EXISTS heads_less AFTER DELETE ON heads
        BEGIN UPDATE heads_count SET value = value - 1; END;
    CREATE TABLE IF NOT EXISTS leaves (
        -- What is said to stand at a place of the log.
        leaf_index INTEGER NOT NULL,
        hash BLOB NOT NULL,                      -- leaf hash
        statement BLOB NOT NULL,
        content BLOB,                            -- absent: nobody gave it yet
        proven INTEGER NOT NULL,                 -- 1: a receipt of this log proves it
        PRIMARY KEY (leaf_index, hash)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS leaves_bare ON leaves (hash) WHERE content IS NULL;
    CREATE TABLE IF NOT EXISTS givers (
        -- Which devices said so.
        leaf_index INTEGER NOT NULL,
        hash BLOB NOT NULL,
        key BLOB NOT NULL,
        PRIMARY KEY (leaf_index, hash, key),
        FOREIGN KEY (leaf_index, hash) REFERENCES leaves (leaf_index, hash) ON DELETE CASCADE
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS span (
        -- What was lost, as far as anybody showed: from the end of the log to the largest head.
        one INTEGER PRIMARY KEY CHECK (one = 1),
        from_leaf INTEGER NOT NULL,
        to_leaf INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS wanted (
        -- Stretches of it that are not settled: apart from each other, to_leaf is behind the last.
        from_leaf INTEGER PRIMARY KEY,
        to_leaf INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS disbelieved (
        -- Devices whose word counts nothing until the log is whole.
        key BLOB NOT NULL PRIMARY KEY
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

fn key_id(bytes: &[u8]) -> Result<KeyId, StoreError> {
    KeyId::from_slice(bytes).map_err(|_| StoreError::Damaged("a key has another length"))
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

    /// Runs one transaction. The server and the command line may write at the same time.
    fn transact<T>(
        &self,
        write: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connection.lock();
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(from_sqlite)?;
        let written = write(&transaction).map_err(from_sqlite)?;
        transaction.commit().map_err(from_sqlite)?;
        Ok(written)
    }
}
