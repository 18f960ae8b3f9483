//! Values of columns: ids as blobs, codes as texts, small structures as JSON.

use std::str::FromStr;

use domain::flag::Flag;
use domain::id::{
    CaptureId, ChildId, DeviceId, Digest, KeyId, OrganisationId, PersonId, PlaceId, RecordId, StatementId,
    SubjectId, VisitId,
};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::StoreError;

/// A newtype over fixed bytes.
pub(crate) trait Bytes: Sized {
    fn from_blob(blob: &[u8]) -> Option<Self>;
}

macro_rules! bytes {
    ($($name:ident),+) => {
        $(impl Bytes for $name {
            fn from_blob(blob: &[u8]) -> Option<Self> {
                $name::from_slice(blob).ok()
            }
        })+
    };
}

bytes!(
    CaptureId,
    ChildId,
    DeviceId,
    Digest,
    KeyId,
    OrganisationId,
    PersonId,
    PlaceId,
    RecordId,
    StatementId,
    SubjectId,
    VisitId
);

/// An id or a digest in a BLOB column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Blob<T>(pub(crate) T);

impl<T: Bytes> FromSql for Blob<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        T::from_blob(value.as_blob()?).map(Blob).ok_or(FromSqlError::InvalidType)
    }
}

/// A closed code in a TEXT column, as serde names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code<T>(pub(crate) T);

impl<T: DeserializeOwned> FromSql for Code<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let text = serde_json::Value::String(value.as_str()?.to_owned());
        serde_json::from_value(text).map(Code).map_err(|_| FromSqlError::InvalidType)
    }
}

/// A code as it is written.
pub(crate) fn code<T: Serialize>(value: &T) -> Result<String, StoreError> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => Ok(text),
        _ => Err(StoreError::Row("a code was expected")),
    }
}

/// A small structure in a TEXT column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_str(value.as_str()?).map(Json).map_err(|_| FromSqlError::InvalidType)
    }
}

/// A small structure as it is written.
pub(crate) fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Row("not representable"))
}

/// A value in a TEXT column that has its own text form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Text<T>(pub(crate) T);

impl<T: FromStr> FromSql for Text<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_str()?.parse().map(Text).map_err(|_| FromSqlError::InvalidType)
    }
}

/// Flags in a TEXT column: codes with commas. Flags of a newer operator that this version does not know are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flags(pub(crate) Vec<Flag>);

impl FromSql for Flags {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(Flags(value.as_str()?.split(',').filter_map(Flag::parse).collect()))
    }
}

/// Flags as they are written.
pub(crate) fn flags<'a>(flags: impl IntoIterator<Item = &'a Flag>) -> String {
    flags.into_iter().map(|flag| flag.as_str()).collect::<Vec<_>>().join(",")
}
