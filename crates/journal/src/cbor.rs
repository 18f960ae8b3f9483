//! Deterministic CBOR (RFC 8949 section 4.2.1): shortest forms, definite lengths, sorted keys, no floats.
//!
//! # Invariants
//! [`decode`] accepts exactly what [`encode`] writes. CBOR libraries accept unsorted maps and long forms, and two
//! encodings of one meaning would be two ids of one statement; so the bytes are looked through before a library sees
//! them.

mod scan;
mod write;

pub use scan::MAX_ITEMS;
pub(crate) use write::Writer;

use ciborium::Value;
use serde::{Serialize, de::DeserializeOwned};

/// Why bytes are not deterministic CBOR of the expected shape.
#[derive(Debug, thiserror::Error)]
pub enum CborError {
    /// Not CBOR at all, or bytes follow.
    #[error("not one well-formed CBOR item")]
    Malformed,
    /// CBOR, but not in the one deterministic form.
    #[error("not in deterministic form")]
    NotDeterministic,
    /// Deterministic, but a float or a tag stands where none may.
    #[error("floats and tags are not allowed")]
    Forbidden,
    /// More items than any message of the protocol holds.
    #[error("more than {MAX_ITEMS} items")]
    TooMany,
    /// Not of the expected shape.
    #[error("unexpected shape: {0}")]
    Shape(&'static str),
}

/// The deepest nesting that is read; our own data needs six.
const MAX_DEPTH: usize = 16;

/// Writes a value in the one deterministic form.
///
/// # Errors
/// [`CborError::Forbidden`] for floats and tags.
pub fn encode(value: Value) -> Result<Vec<u8>, CborError> {
    let sorted = sort(value)?;
    let mut bytes = Vec::with_capacity(512);
    ciborium::into_writer(&sorted, &mut bytes).map_err(|_| CborError::Malformed)?;
    Ok(bytes)
}

/// Reads one item and refuses any other form than [`encode`] writes.
///
/// # Errors
/// Every variant of [`CborError`].
pub fn decode(bytes: &[u8]) -> Result<Value, CborError> {
    scan::scan(bytes)?;
    scan::value(bytes)
}

/// Turns any serialisable value into deterministic CBOR.
///
/// # Errors
/// [`CborError::Shape`] when it cannot be represented, [`CborError::Forbidden`] when it holds floats.
pub fn to_vec<T: Serialize>(value: &T) -> Result<Vec<u8>, CborError> {
    encode(Value::serialized(value).map_err(|_| CborError::Shape("not representable"))?)
}

/// Reads a value from deterministic CBOR.
///
/// # Errors
/// As [`decode`], and [`CborError::Shape`] when fields are missing or of another type.
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CborError> {
    decode(bytes)?.deserialized().map_err(|_| CborError::Shape("fields missing or of another type"))
}

fn sort(value: Value) -> Result<Value, CborError> {
    Ok(match value {
        Value::Float(_) | Value::Tag(..) => return Err(CborError::Forbidden),
        Value::Array(items) => Value::Array(items.into_iter().map(sort).collect::<Result<_, _>>()?),
        Value::Map(entries) => {
            let mut keyed = entries
                .into_iter()
                .map(|(key, value)| {
                    // As long as a key of the protocol is: a tap waits for this.
                    let mut bytes = Vec::with_capacity(32);
                    ciborium::into_writer(&key, &mut bytes).map_err(|_| CborError::Malformed)?;
                    Ok((bytes, sort(key)?, sort(value)?))
                })
                .collect::<Result<Vec<_>, CborError>>()?;
            keyed.sort_by(|(a, ..), (b, ..)| a.cmp(b));
            if keyed.windows(2).any(|pair| pair[0].0 == pair[1].0) {
                return Err(CborError::NotDeterministic);
            }
            Value::Map(keyed.into_iter().map(|(_, key, value)| (key, value)).collect())
        }
        other => other,
    })
}

/// The entries of a map whose keys are integers.
pub(crate) fn int_map(value: Value) -> Result<Vec<(i64, Value)>, CborError> {
    let Value::Map(entries) = value else { return Err(CborError::Shape("a map was expected")) };
    entries
        .into_iter()
        .map(|(key, value)| {
            let key = key.as_integer().and_then(|key| i64::try_from(key).ok());
            Ok((key.ok_or(CborError::Shape("an integer key was expected"))?, value))
        })
        .collect()
}

/// An unsigned integer.
pub(crate) fn uint(value: &Value) -> Result<u64, CborError> {
    value
        .as_integer()
        .and_then(|integer| u64::try_from(integer).ok())
        .ok_or(CborError::Shape("an unsigned integer was expected"))
}

/// A byte string of a fixed length.
pub(crate) fn array<const N: usize>(value: &Value) -> Result<[u8; N], CborError> {
    value
        .as_bytes()
        .and_then(|bytes| bytes.as_slice().try_into().ok())
        .ok_or(CborError::Shape("a byte string of another length was expected"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn other_forms_of_the_same_meaning_are_refused() {
        for (name, bytes) in [
            ("long form of 1", &[0x18, 0x01][..]),
            ("unsorted map", &[0xa2, 0x02, 0x00, 0x01, 0x00]),
            ("twice the same key", &[0xa2, 0x01, 0x00, 0x01, 0x00]),
            ("indefinite array", &[0x9f, 0x01, 0xff]),
            ("indefinite text", &[0x7f, 0x61, 0x61, 0xff]),
            ("float", &[0xf9, 0x3c, 0x00]),
            ("tag", &[0xc1, 0x00]),
            ("bytes follow", &[0x01, 0x01]),
            ("nothing", &[]),
            ("cut", &[0x42, 0x01]),
        ] {
            assert!(decode(bytes).is_err(), "{name}");
        }
        assert!(decode(&[0xa2, 0x01, 0x00, 0x02, 0x00]).is_ok());
    }

    #[test]
    fn deep_nesting_is_refused_without_a_crash() {
        let mut bytes = vec![0x81; 100_000];
        bytes.push(0);
        assert!(decode(&bytes).is_err());
    }

    #[test]
    fn a_few_bytes_that_promise_much_are_refused_before_anything_is_made_of_them() {
        let mut nest = vec![0x81; 13];
        nest.push(0x80);
        let count = 1_000_000_u32;
        let mut bomb = vec![0x9a];
        bomb.extend(count.to_be_bytes());
        bomb.extend(nest.repeat(count as usize));
        assert!(matches!(decode(&bomb), Err(CborError::TooMany)));
        let mut promise = vec![0x9b];
        promise.extend(u64::MAX.to_be_bytes());
        assert!(matches!(decode(&promise), Err(CborError::Malformed)), "nothing follows");
        assert!(decode(&[0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).is_err());
    }

    #[test]
    fn as_many_items_as_are_allowed_are_read() {
        let array = |count: usize| to_vec(&vec![0_u8; count]).unwrap();
        assert!(decode(&array(MAX_ITEMS - 1)).is_ok(), "the array itself is an item");
        assert!(matches!(decode(&array(MAX_ITEMS)), Err(CborError::TooMany)));
    }

    /// What the library reads and what [`encode`] writes back the same: the meaning of [`decode`], made slowly.
    fn decode_by_comparing(bytes: &[u8]) -> Option<Value> {
        let value: Value = ciborium::de::from_reader_with_recursion_limit(bytes, MAX_DEPTH).ok()?;
        (encode(value.clone()).ok()? == bytes).then_some(value)
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<bool>().prop_map(Value::Bool),
            Just(Value::Null),
            Just(Value::Float(1.5)),
            Just(Value::Tag(18, Box::new(Value::Null))),
            "[a-z]{0,30}".prop_map(Value::Text),
            proptest::collection::vec(any::<u8>(), 0..30).prop_map(Value::Bytes),
        ];
        leaf.prop_recursive(4, 24, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
                proptest::collection::vec((inner.clone(), inner), 0..6).prop_map(Value::Map),
            ]
        })
    }

    proptest! {
        #[test]
        fn exactly_what_would_be_written_back_is_read(
            value in values(),
            at in any::<proptest::sample::Index>(),
            byte in any::<u8>(),
            is_changed in any::<bool>(),
        ) {
            let mut bytes = Vec::new();
            ciborium::into_writer(&value, &mut bytes).unwrap();
            if is_changed {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            prop_assert_eq!(decode(&bytes).ok(), decode_by_comparing(&bytes));
        }

        #[test]
        fn what_is_accepted_is_written_back_the_same(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(value) = decode(&bytes) {
                prop_assert_eq!(encode(value).unwrap(), bytes);
            }
        }
    }
}
