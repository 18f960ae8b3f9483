//! Errors of SQLite as errors of the port.

use operator_core::store::StoreError;
use rusqlite::ErrorCode;

/// Sorts an error by what a person can do about it.
pub(crate) fn from_sqlite(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Busy,
        Some(ErrorCode::DatabaseCorrupt) => StoreError::Damaged("the file is not whole"),
        Some(ErrorCode::NotADatabase) => StoreError::Damaged("the file is not a database"),
        Some(ErrorCode::ConstraintViolation) => {
            StoreError::Damaged("a row contradicts one that is there already")
        }
        Some(_) => StoreError::Unavailable(Box::new(error)),
        None => match error {
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..) => {
                StoreError::Damaged("a column holds an impossible value")
            }
            other => StoreError::Unavailable(Box::new(other)),
        },
    }
}
