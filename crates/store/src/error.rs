//! What can go wrong in the store. No text here holds anything personal.

use journal::cbor::CborError;

/// Why a file could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The key is wrong. A damaged first page looks the same: who knows the key to be right treats it as damage.
    #[error("the key does not open this file")]
    NotADatabase,
    /// Made by a newer version of the app.
    #[error("the file has schema {found}, this version knows {supported}")]
    TooNew {
        /// Schema of the file.
        found: u32,
        /// Newest schema that this version knows.
        supported: u32,
    },
    /// Opened by its key, but its content is damaged. The caller moves it aside ([`crate::move_aside`]); nothing here
    /// ever deletes it.
    #[error("the file is damaged")]
    Damaged,
    /// No such file.
    #[error("there is no such file")]
    Missing,
    /// A file is there already.
    #[error("a file is there already")]
    Exists,
    /// The disk is full.
    #[error("the disk is full")]
    DiskFull,
    /// Files cannot be reached.
    #[error("the file cannot be reached")]
    Io(#[from] std::io::Error),
    /// Another failure of the database.
    #[error("the database failed")]
    Sql(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => OpenError::NotADatabase,
            Some(ErrorCode::DatabaseCorrupt) => OpenError::Damaged,
            Some(ErrorCode::DiskFull) => OpenError::DiskFull,
            _ if is_room_for_index_missing(&error) => OpenError::DiskFull,
            _ => OpenError::Sql(error),
        }
    }
}

/// Why a read or a write failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is full; nothing was written.
    #[error("the disk is full")]
    DiskFull,
    /// The file is damaged.
    #[error("the file is damaged")]
    Damaged,
    /// A row is not what this program writes.
    #[error("a stored row cannot be read: {0}")]
    Row(&'static str),
    /// The device has no key yet.
    #[error("the device has no key yet")]
    NoDevice,
    /// A content cannot be sealed.
    #[error("the content cannot be sealed")]
    Seal(#[from] CborError),
    /// An answer of the operator does not prove what it should.
    #[error("the operator's proof does not hold")]
    Unproven,
    /// Another failure of the database.
    #[error("the database failed")]
    Sql(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::DiskFull,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Damaged,
            _ if is_room_for_index_missing(&error) => StoreError::DiskFull,
            _ => StoreError::Sql(error),
        }
    }
}

/// The index beside the write-ahead log cannot grow: SQLite calls that an I/O error, not a full disk.
fn is_room_for_index_missing(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
}
