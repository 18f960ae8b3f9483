//! Contents without what the reader knows: names of members become numbers, a key its compressed point.

use ciborium::Value;
use domain::Kind;
use domain::id::KeyId;

use crate::cbor::{self, CborError};
use crate::key::VerifyingKey;

/// Names of members; their places are their numbers, for ever. Others are written as they are.
const NAMES: [&str; 26] = [
    "salt",
    "child",
    "specialist",
    "organisation",
    "place",
    "service",
    "outcome",
    "started_at_ms",
    "finished_at_ms",
    "offset_min",
    "late",
    "capture",
    "warned",
    "basis",
    "reason",
    "change",
    "cancelled",
    "corrected_at_ms",
    "representative",
    "answered_at_ms",
    "key",
    "person",
    "activation",
    "issued_by",
    "bound_at_ms",
    "host",
];

/// Turns a content into its form in a code.
pub(super) fn shrink(kind: Kind, operator: KeyId, content: &[u8]) -> Result<Value, CborError> {
    let Value::Map(mut entries) = cbor::decode(content)? else {
        return Err(CborError::Shape("a map was expected"));
    };
    if kind == Kind::DeviceBound {
        for (name, value) in &mut entries {
            match (name.as_text(), value.as_bytes()) {
                (Some("key"), Some(key)) => {
                    let key = VerifyingKey::from_cose_key(key).map_err(|_| CborError::Shape("a key"))?;
                    *value = Value::Bytes(key.compressed().to_vec());
                }
                (Some("issued_by"), Some(issued_by)) if issued_by == operator.as_bytes() => {
                    *value = Value::Null;
                }
                _ => {}
            }
        }
    }
    Ok(with_numbers(Value::Map(entries)))
}

fn with_numbers(value: Value) -> Value {
    let Value::Map(entries) = value else { return value };
    let number = |name: Value| {
        let place = NAMES.iter().position(|known| name.as_text() == Some(known));
        place.map_or(name, |place| (place as u64).into())
    };
    Value::Map(entries.into_iter().map(|(name, value)| (number(name), with_numbers(value))).collect())
}

/// The bytes of a content, rebuilt.
pub(super) fn grow(kind: Kind, operator: KeyId, shrunk: &Value) -> Result<Vec<u8>, CborError> {
    let Value::Map(mut entries) = with_names(shrunk.clone())? else {
        return Err(CborError::Shape("a map was expected"));
    };
    if kind == Kind::DeviceBound {
        for (name, value) in &mut entries {
            match name.as_text() {
                Some("key") => {
                    let key = VerifyingKey::from_compressed(&cbor::array(value)?)
                        .map_err(|_| CborError::Shape("a point of P-256 was expected"))?;
                    *value = Value::Bytes(key.to_cose_key());
                }
                Some("issued_by") if value.is_null() => *value = Value::Bytes(operator.as_bytes().to_vec()),
                _ => {}
            }
        }
    }
    cbor::encode(Value::Map(entries))
}

fn with_names(value: Value) -> Result<Value, CborError> {
    let Value::Map(entries) = value else { return Ok(value) };
    let named = entries.into_iter().map(|(number, value)| {
        let name = match number.is_integer() {
            false => number,
            true => usize::try_from(cbor::uint(&number)?)
                .ok()
                .and_then(|place| NAMES.get(place))
                .map(|name| Value::from(*name))
                .ok_or(CborError::Shape("a member without a name"))?,
        };
        Ok((name, with_names(value)?))
    });
    Ok(Value::Map(named.collect::<Result<_, CborError>>()?))
}
