//! One data folder, opened: its key, its store, and the clock and chance of the process.

use std::path::PathBuf;
use std::sync::Arc;

use domain::{Clock, Kind, Rng};
use journal::SigningKey;
use operator_core::erase;
use operator_core::store::{Store, StoreError, StoreRead, StoreTxn};
use operator_store::SqliteStore;

use crate::clock::{SystemClock, SystemRng};
use crate::config::ConfigError;
use crate::folder::FolderError;
use crate::mark::{MarkError, Signed};
use crate::restored::Restored;
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
    /// Its log was signed further than it reaches.
    #[error(transparent)]
    Mark(#[from] MarkError),
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
    /// Whether the log waits after a restore.
    pub restored: Restored,
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
            Some(first) if first.kind == Kind::OperatorKey && first.key == instance.key.id() => {
                let (mark, read) = (instance.folder.mark(), instance.store.read()?);
                match instance.restored.is_waiting() {
                    true => mark.check_begun(read.as_ref())?,
                    false => mark.check(read.as_ref())?,
                }
                drop(read);
                Ok(instance)
            }
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
        let restored = folder.restored();
        Ok(Self { folder, config, store, key, clock, rng, restored })
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
        self.may_sign()?;
        let operator = self.operator();
        let value = operator.transact(&self.store, |txn| change(txn, &operator))?;
        self.mark_signed()?;
        Ok(value)
    }

    /// Whether the key may sign a new head: not while a restored log waits for what devices know.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub fn may_sign(&self) -> Result<(), StoreError> {
        match self.restored.is_waiting() {
            true => Err(StoreError::Unavailable(
                "the log was restored and waits: see `esep-operator resume`".into(),
            )),
            false => Ok(()),
        }
    }

    /// Raises the mark to the last head, after its transaction and before anybody is answered.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: what was registered stays, and the repeat is answered.
    pub fn mark_signed(&self) -> Result<(), StoreError> {
        let Some(head) = self.store.read()?.latest_head()? else { return Ok(()) };
        let signed = Signed { tree_size: head.tree_size, root: head.root };
        self.folder.mark().raise(signed).map_err(|error| StoreError::Unavailable(error.into()))
    }

    /// Wants back what went by an erasure that never counted ([`erase::want_back`]): devices kept it.
    ///
    /// # Errors
    /// Those of the store.
    pub fn want_back(&self) -> Result<(), StoreError> {
        if self.restored.is_waiting() {
            return Ok(());
        }
        let mut txn = self.store.write()?;
        let wanted = erase::want_back(txn.as_mut())?;
        if wanted.is_empty() {
            return Ok(());
        }
        txn.commit()?;
        tracing::warn!(leaves = ?wanted, "contents went by an erasure within a pause of the recovery key: wanted back");
        Ok(())
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
