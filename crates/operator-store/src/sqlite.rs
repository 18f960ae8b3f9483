//! The store in one SQLite file.
//!
//! # Invariants
//! | Pragma | Why |
//! |---|---|
//! | `journal_mode=WAL` | readers and the one writer do not wait for each other; two processes may share the file |
//! | `synchronous=FULL` | an answered registration survives power loss |
//! | `fullfsync`, `checkpoint_fullfsync` | so it does on Apple systems, where a flush alone stays in the disk's cache |
//! | `foreign_keys=ON` | no content without its statement |
//! | `secure_delete=ON` | an erased content is overwritten in the file |
//! | `trusted_schema=OFF` | a foreign file runs no functions of ours |
//!
//! | `cache_size` | the pages that a full batch changes stay in memory until its commit |
//! | `wal_autocheckpoint` | one full batch writes more pages than the default, and each checkpoint is two more flushes |
//!
//! Nothing is kept in memory between transactions: another process may have written.

mod error;
mod lost;
mod memory;
mod migrate;
mod query;
mod read;
mod rows;
mod trace;
mod write;

use std::path::{Path, PathBuf};
use std::time::Duration;

use operator_core::store::{Store, StoreError, StoreRead, StoreTxn};
use parking_lot::Mutex;
use rusqlite::{Connection, OpenFlags};

pub(crate) use error::from_sqlite;
use read::Snapshot;
use write::Writing;

pub use migrate::SCHEMA_VERSION;

/// How long a writer waits for another process.
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(15);
/// Reading connections that are kept for reuse.
const IDLE_READERS: usize = 8;

/// The store.
#[derive(Debug)]
pub struct SqliteStore {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
}

impl SqliteStore {
    /// Opens a file, makes it if it is not there, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError::TooNew`] for a file of a newer version; [`StoreError::Damaged`] for what is no such file;
    /// [`StoreError::Unavailable`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut writer = connect(path, OpenFlags::default())?;
        migrate::run(&mut writer)?;
        Ok(Self { path: path.to_owned(), writer: Mutex::new(writer), readers: Mutex::new(Vec::new()) })
    }

    /// Asks SQLite whether the file is whole.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub fn check_file(&self) -> Result<Vec<String>, StoreError> {
        let connection = connect(&self.path, existing())?;
        let mut statement = connection.prepare("PRAGMA integrity_check(20)").map_err(from_sqlite)?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).map_err(from_sqlite)?;
        let mut complaints = rows.collect::<Result<Vec<_>, _>>().map_err(from_sqlite)?;
        complaints.retain(|complaint| complaint != "ok");
        Ok(complaints)
    }

    /// Empties the write-ahead log into the file: until then a content that was erased still stands there. `false` while
    /// another process reads what it holds.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub fn settle(&self) -> Result<bool, StoreError> {
        let writer = self.writer.lock();
        self.readers.lock().clear();
        let is_busy: i64 =
            writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).map_err(from_sqlite)?;
        Ok(is_busy == 0)
    }

    /// Writes a consistent copy into a file that is not there yet, without holding up the writer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        let name = path.to_str().ok_or(StoreError::Unavailable("the path is not Unicode".into()))?;
        connect(&self.path, existing())?.execute("VACUUM INTO ?1", [name]).map(drop).map_err(from_sqlite)
    }
}

/// A file that went away while it was open is not made anew: an empty one would deny all that was registered.
fn existing() -> OpenFlags {
    OpenFlags::default().difference(OpenFlags::SQLITE_OPEN_CREATE)
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, flags).map_err(from_sqlite)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(from_sqlite)?;
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA fullfsync = ON;
             PRAGMA checkpoint_fullfsync = ON;
             PRAGMA foreign_keys = ON;
             PRAGMA secure_delete = ON;
             PRAGMA trusted_schema = OFF;
             PRAGMA temp_store = MEMORY;
             PRAGMA cache_size = -16384;
             PRAGMA wal_autocheckpoint = 4000;",
        )
        .map_err(from_sqlite)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

impl Store for SqliteStore {
    fn write(&self) -> Result<Box<dyn StoreTxn + '_>, StoreError> {
        Ok(Box::new(Writing::begin(self.writer.lock())?))
    }

    fn read(&self) -> Result<Box<dyn StoreRead + '_>, StoreError> {
        let idle = self.readers.lock().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connect(&self.path, existing())?,
        };
        Ok(Box::new(Snapshot::begin(connection, &self.readers)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_answered_is_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("store.sqlite")).unwrap();
        let writer = store.writer.lock();
        let number = |pragma: &str| {
            writer.query_row(&format!("PRAGMA {pragma}"), [], |row| row.get::<_, i64>(0)).unwrap()
        };
        assert_eq!(number("synchronous"), 2, "FULL");
        for on in ["fullfsync", "checkpoint_fullfsync", "foreign_keys", "secure_delete"] {
            assert_eq!(number(on), 1, "{on}");
        }
    }
}
