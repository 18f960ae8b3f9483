//! One data folder, opened: its key, its store, and the clock and chance of the process.

use std::path::PathBuf;
use std::sync::Arc;

use domain::{Clock, Kind, Rng};
use journal::SigningKey;
use operator_core::store::{Store, StoreError, StoreRead, StoreTxn};
use operator_store::SqliteStore;

use crate::clock::{SystemClock, SystemRng};
use crate::config::ConfigError;
use crate::folder::FolderError;
use crate::{Config, Folder};

/// Why a folder could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Its files.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Its settings.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The key is not that of the log.
    #[error(
        "{key} did not sign the log in {database}: one of them is from another operator or another backup; \
         put back the two that belong together"
    )]
    OtherKey {
        /// The key's file.
        key: PathBuf,
        /// The database.
        database: PathBuf,
    },
    /// Its store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An opened operator. Several processes may have one on the same folder at a time.
pub struct Instance {
    /// The files.
    pub folder: Folder,
    /// The settings.
    pub config: Config,
    /// The store.
    pub store: SqliteStore,
    /// Signs statements and tree heads.
    pub key: SigningKey,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub rng: Arc<dyn Rng>,
}

impl Instance {
    /// Opens a folder that was set up before.
    ///
    /// # Errors
    /// [`OpenError`]; [`FolderError::Empty`] when nothing was set up there, [`OpenError::OtherKey`] when the log begins
    /// with the statement of another key.
    pub fn open(folder: Folder) -> Result<Self, OpenError> {
        Self::open_with(folder, Arc::new(SystemClock::begin()), Arc::new(SystemRng))
    }

    /// Opens a folder with another clock and chance.
    ///
    /// # Errors
    /// As [`Instance::open`].
    pub fn open_with(folder: Folder, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Result<Self, OpenError> {
        let instance = Self::begin(folder, clock, rng)?;
        // The log itself is asked and not a projection: those are made anew with an opened folder.
        let first = instance.store.read()?.entry(0)?;
        match first {
            None => Err(FolderError::Empty(instance.folder.path().to_owned()).into()),
            Some(first) if first.kind == Kind::OperatorKey && first.key == instance.key.id() => Ok(instance),
            Some(_) => Err(OpenError::OtherKey {
                key: instance.folder.signing_key(),
                database: instance.folder.database(),
            }),
        }
    }

    /// Opens a folder whose log may not have begun.
    pub(crate) fn begin(folder: Folder, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Result<Self, OpenError> {
        let key = folder.read_signing_key()?;
        let config = Config::load(&folder)?;
        let store = SqliteStore::open(&folder.database())?;
        Ok(Self { folder, config, store, key, clock, rng })
    }

    /// The operator as an author.
    pub fn operator(&self) -> operator_core::Operator<'_> {
        operator_core::Operator { key: &self.key, clock: self.clock.as_ref(), rng: self.rng.as_ref() }
    }

    /// Runs a change in one transaction with a signed head.
    ///
    /// # Errors
    /// Those of the store and of the change.
    pub fn transact<T, E: From<StoreError>>(
        &self,
        change: impl FnOnce(&mut dyn StoreTxn, &operator_core::Operator<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let operator = self.operator();
        operator.transact(&self.store, |txn| change(txn, &operator))
    }

    /// Takes a snapshot.
    ///
    /// # Errors
    /// Those of the store.
    pub fn read(&self) -> Result<Box<dyn StoreRead + '_>, StoreError> {
        self.store.read()
    }

    /// The operator's clock, UTC ms.
    pub fn now_ms(&self) -> i64 {
        self.clock.utc_ms()
    }
}
