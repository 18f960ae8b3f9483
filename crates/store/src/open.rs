use std::path::{Path, PathBuf};
use domain::sensitive::Sensitive;
use crate::{OpenError, Reader, StoreError};

/// The 32 bytes that open a file.
pub type Key = Sensitive<[u8; 32]>;

/// One open account. Cheap to share behind an `Arc`; every method may be called from any thread.
pub struct Store {}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

impl Store {
    /// Makes a new file.
    ///
    /// # Errors
    /// [`OpenError::Exists`] and those of the disk.
    pub fn create(path: &Path, key: &Key) -> Result<Self, OpenError> { todo!() }

    /// Opens a file and brings its schema up to date.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(path: &Path, key: &Key) -> Result<Self, OpenError> { todo!() }

    /// Checks every page of the file. Takes seconds on a large one.
    ///
    /// # Errors
    /// [`StoreError::Damaged`].
    pub fn check_integrity(&self) -> Result<(), StoreError> { todo!() }

    /// Reads from one consistent snapshot.
    ///
    /// # Errors
    /// Those of the closure and of the database.
    pub fn read<T, E: From<StoreError>>(&self, f: impl FnOnce(&Reader<'_>) -> Result<T, E>) -> Result<T, E> { todo!() }

    /// Drops and rebuilds everything that is shown from the statements.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn rebuild(&self) -> Result<(), StoreError> { todo!() }
}

/// Renames a file and what SQLite keeps beside it, so that nothing is deleted: `<name>.damaged-<stamp>`. The store
/// must be closed. Returns the new path.
///
/// # Errors
/// Those of the file system.
pub fn move_aside(path: &Path, stamp: &str) -> Result<PathBuf, std::io::Error> { todo!() }
