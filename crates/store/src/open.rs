//! Creating, opening, checking and moving aside a file.

mod aside;
mod connect;

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::sensitive::Sensitive;
use parking_lot::{Mutex, MutexGuard, RwLock};
use rusqlite::{Connection, TransactionBehavior};

pub use aside::move_aside;

use self::aside::beside;
use self::connect::connect;
use crate::account::Account;
use crate::pull::verify::SeenKeys;
use crate::reserve::Reserve;
use crate::{OpenError, Reader, StoreError, lookup, projection, pull, schema, setting};

/// The 32 bytes that open a file.
pub type Key = Sensitive<[u8; 32]>;

/// Reading connections that are kept open when nobody reads.
const IDLE_READERS: usize = 3;
/// Setting: how often the file was opened.
const OPENED: &str = "file/opened";

/// What a write transaction waits for. None waits until the log of the file is written back into it: that takes the
/// longer the more pages it has, and is left to [`Store::write_back`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    /// The disk: after a power cut it is there. A person waits, so not even a very long log is written back.
    Tap,
    /// The disk.
    OnDisk,
    /// Nothing. After a power cut it may be missing, together with everything after it; a killed process loses
    /// nothing. Only for what the next start makes anew.
    Later,
}

impl Durability {
    /// 16,000 pages are 64 MiB: so long a log becomes at most, when much comes at once.
    const fn pragma(self) -> &'static str {
        match self {
            Durability::Tap => "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0",
            Durability::OnDisk => "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 16000",
            Durability::Later => "PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 16000",
        }
    }
}

/// The one writing connection.
pub(crate) struct Writer {
    conn: Connection,
    durability: Durability,
    /// Something was saved that could not be shown.
    is_behind: bool,
}

impl Writer {
    /// Runs one immediate transaction: committed when `write` succeeds, otherwise as if it had never begun.
    pub(crate) fn write<T, E: From<StoreError>>(
        &mut self,
        durability: Durability,
        write: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.wait_for(durability)?;
        let done = self.transact(write);
        // The next one is a person's tap, who need not wait for this.
        if let Err(error) = self.wait_for(Durability::Tap) {
            tracing::warn!(%error, "the next write says itself what it waits for");
        }
        done
    }

    fn wait_for(&mut self, durability: Durability) -> Result<(), StoreError> {
        if self.durability != durability {
            self.conn.execute_batch(durability.pragma())?;
            self.durability = durability;
        }
        Ok(())
    }

    fn transact<T, E: From<StoreError>>(
        &mut self,
        write: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let begun = self.conn.transaction_with_behavior(TransactionBehavior::Immediate);
        let transaction = begun.map_err(StoreError::from)?;
        let done = write(&transaction)?;
        transaction.commit().map_err(StoreError::from)?;
        Ok(done)
    }

    /// Shows what was sealed and is not shown yet. A failure is told to the log alone: everything is saved, and must
    /// not read as if it were not. The next write or the next start tries again.
    pub(crate) fn show_own(&mut self, account: &Account) {
        let found = self.write(Durability::Later, lookup::extend);
        let shown = found.and_then(|()| {
            self.write(Durability::Later, |transaction| projection::show_own(transaction, account))
        });
        self.is_behind = shown.is_err();
        if let Err(error) = shown {
            tracing::error!(%error, "what was saved is not shown yet");
        }
    }
}

/// One open account. Cheap to share behind an `Arc`; every method may be called from any thread.
///
/// # Invariants
/// One writing connection, behind a lock, and each write is one immediate transaction; readers see snapshots and
/// never wait for it.
pub struct Store {
    writer: Mutex<Writer>,
    readers: Mutex<Vec<Connection>>,
    path: PathBuf,
    key: Key,
    account: RwLock<Option<Arc<Account>>>,
    reserve: Reserve,
    pub(crate) seen_keys: SeenKeys,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

impl Store {
    /// Makes a new file, readable for this user alone. An empty one (the app ended while it was made) is begun anew.
    ///
    /// # Errors
    /// [`OpenError::Exists`] and those of the disk.
    pub fn create(path: &Path, key: &Key) -> Result<Self, OpenError> {
        aside::finish(path)?;
        // A log beside it holds what the file lost.
        if !is_empty(path)? || !is_empty(&beside(path, "-wal"))? {
            return Err(OpenError::Exists);
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(path) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            made => drop(made?),
        }
        Self::bring_up(path, key)
    }

    /// Opens a file and brings its schema up to date.
    ///
    /// # Errors
    /// [`OpenError`]; an empty file is [`OpenError::Damaged`]: it held an account, and SQLite would begin it anew and
    /// throw away the log beside it.
    pub fn open(path: &Path, key: &Key) -> Result<Self, OpenError> {
        if !path.try_exists()? {
            return Err(OpenError::Missing);
        }
        if is_empty(path)? {
            return Err(OpenError::Damaged);
        }
        Self::bring_up(path, key)
    }

    fn bring_up(path: &Path, key: &Key) -> Result<Self, OpenError> {
        let reserve = Reserve::beside(path);
        let (writer, account) = match attach(path, key) {
            // The last to close took the index beside the log away, and whoever filled the disk since has its room. Without
            // one nobody can look, nor use what was kept for a visit.
            Err(OpenError::DiskFull) if reserve.lend() => attach(path, key)?,
            attached => attached?,
        };
        let mut writer = Writer { conn: writer, durability: Durability::OnDisk, is_behind: false };
        match writer.write(Durability::OnDisk, begin) {
            // Who cannot save must still be able to look.
            Err(StoreError::DiskFull) => tracing::warn!("the disk is full at the start"),
            begun => begun.map_err(opening)?,
        }
        if let Some(account) = &account {
            writer.show_own(account);
        }
        let store = Self {
            writer: Mutex::new(writer),
            readers: Mutex::new(Vec::new()),
            path: path.to_owned(),
            key: key.clone(),
            account: RwLock::new(account.map(Arc::new)),
            reserve,
            seen_keys: SeenKeys::default(),
        };
        store.set_room_aside();
        Ok(store)
    }

    /// Sets room aside for visits on a full disk (see `reserve`), if that was not done or was used up. Returns whether
    /// it is there.
    pub fn set_room_aside(&self) -> bool {
        self.reserve.ensure().is_ok()
    }

    /// Gives that room up. Returns whether there was any.
    pub(crate) fn give_room_up(&self) -> bool {
        let given = self.reserve.release();
        if given {
            tracing::warn!("the disk is full: the room that was set aside for visits is used");
        }
        given
    }

    /// Checks the authentication code of every page and the structure of every tree. Takes seconds on a large file.
    ///
    /// # Errors
    /// [`StoreError::Damaged`].
    pub fn check_integrity(&self) -> Result<(), StoreError> {
        self.with_reader(|conn| {
            for pragma in ["cipher_integrity_check", "integrity_check", "foreign_key_check"] {
                let mut statement = conn.prepare(&format!("PRAGMA {pragma}"))?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    if row.get::<_, String>(0)? != "ok" {
                        return Err(StoreError::Damaged);
                    }
                }
            }
            Ok(())
        })
    }

    /// Writes the log of the file back into it when it has become long. Nobody waits for it: writing and reading go on
    /// meanwhile.
    ///
    /// # Errors
    /// Those of the database and the disk; then the log stays for the next time.
    pub fn write_back(&self) -> Result<(), StoreError> {
        let length_bytes = std::fs::metadata(beside(&self.path, "-wal")).map_or(0, |wal| wal.len());
        // One that was written back is as long until it is begun anew; then nothing happens here.
        if length_bytes <= connect::LOG_LIMIT_BYTES {
            return Ok(());
        }
        self.with_reader(|conn| {
            conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).map_err(StoreError::from)
        })
    }

    /// Reads from one consistent snapshot.
    ///
    /// # Errors
    /// Those of the closure and of the database.
    pub fn read<T, E: From<StoreError>>(
        &self,
        look: impl FnOnce(&Reader<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let account = self.shared_account();
        self.with_reader(|conn| {
            let snapshot = conn.unchecked_transaction().map_err(StoreError::from)?;
            look(&Reader::new(&snapshot, account.as_deref()))
        })
    }

    /// The writing connection; others wait until it is given back.
    pub(crate) fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock()
    }

    /// Runs one write transaction that is on disk when it returns; see [`Writer::write`].
    pub(crate) fn write<T, E: From<StoreError>>(
        &self,
        write: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut writer = self.writer();
        let done = writer.write(Durability::OnDisk, write)?;
        if writer.is_behind
            && let Some(account) = self.shared_account()
        {
            writer.show_own(&account);
        }
        Ok(done)
    }

    pub(crate) fn with_reader<T, E: From<StoreError>>(
        &self,
        look: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let idle = self.readers.lock().pop();
        let conn = match idle {
            Some(conn) => conn,
            None => connect(&self.path, &self.key).map_err(|error| match error {
                OpenError::Sql(error) => StoreError::from(error),
                OpenError::DiskFull => StoreError::DiskFull,
                _ => StoreError::Damaged,
            })?,
        };
        let result = look(&conn);
        let mut readers = self.readers.lock();
        if readers.len() < IDLE_READERS {
            readers.push(conn);
        }
        result
    }

    pub(crate) fn shared_account(&self) -> Option<Arc<Account>> {
        self.account.read().clone()
    }

    /// Reads the account anew after a change.
    pub(crate) fn refresh_account(&self) -> Result<(), StoreError> {
        let account = self.with_reader(Account::load)?;
        *self.account.write() = account.map(Arc::new);
        Ok(())
    }
}

/// The writing connection of a file whose schema is up to date, and whose file it is.
fn attach(path: &Path, key: &Key) -> Result<(Connection, Option<Account>), OpenError> {
    let mut writer = connect(path, key)?;
    let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
    schema::bring_up_to_date(&transaction)?;
    let account = Account::load(&transaction).map_err(opening)?;
    transaction.commit()?;
    Ok((writer, account))
}

/// What a failure of the store means while a file is opened.
fn opening(error: StoreError) -> OpenError {
    match error {
        StoreError::Sql(error) => OpenError::from(error),
        StoreError::DiskFull => OpenError::DiskFull,
        _ => OpenError::Damaged,
    }
}

/// What an opening leaves in the file. On a full disk the next one makes up for it.
fn begin(transaction: &rusqlite::Transaction<'_>) -> Result<(), StoreError> {
    pull::again::after_update(transaction)?;
    // No push is on its way from a file that was closed; its answer will not come any more.
    transaction.execute("UPDATE outbox SET state = 'saved' WHERE state = 'sent'", [])?;
    // A process that was killed may have left a commit that no disk has yet, and what is read now will be shown as saved.
    // A commit waits for the disk with everything before it, but only if it changes something.
    let before = setting::read(transaction, OPENED)?.and_then(|bytes| bytes.try_into().ok());
    let count = before.map_or(0, u64::from_be_bytes).wrapping_add(1);
    setting::write(transaction, OPENED, Some(&count.to_be_bytes()))
}

/// Whether a file holds nothing or is not there.
fn is_empty(path: &Path) -> Result<bool, std::io::Error> {
    match std::fs::metadata(path) {
        Ok(facts) => Ok(facts.len() == 0),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
pub(crate) mod tests;
