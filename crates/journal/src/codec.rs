//! Contents as CBOR maps with a random salt.
//!
//! A content lives beside its statement and may lawfully be erased or withheld; the salt keeps its hash from being
//! guessed (RFC 9995 section on security). Unknown fields are kept in the bytes and ignored when read, so that an
//! older device can read what a newer one wrote.

use ciborium::Value;
use domain::content::Content;
use domain::id::Digest;
use domain::{Kind, for_each_content};
use sha2::{Digest as _, Sha256};

use crate::cbor::{self, CborError};

/// Length of the salt in bytes.
pub const SALT_BYTES: usize = 16;
/// Largest content that is accepted, in bytes.
pub const MAX_CONTENT_BYTES: usize = 64 * 1024;

const SALT: &str = "salt";

/// SHA-256 of a content: the payload of its statement.
pub fn hash(content: &[u8]) -> Digest {
    Digest::from_bytes(Sha256::digest(content).into())
}

/// Writes a content with its salt.
///
/// # Errors
/// [`CborError`] when the content is not representable, which is a mistake in its type.
pub fn encode(content: &Content, salt: [u8; SALT_BYTES]) -> Result<Vec<u8>, CborError> {
    macro_rules! value {
        ($($variant:ident)+) => {
            match content { $(Content::$variant(inner) => Value::serialized(inner)),+ }
        };
    }
    let value = for_each_content!(value).map_err(|_| CborError::Shape("not representable"))?;
    let Value::Map(mut entries) = value else { return Err(CborError::Shape("a map was expected")) };
    entries.push((SALT.into(), Value::Bytes(salt.to_vec())));
    cbor::encode(Value::Map(entries))
}

/// Reads the content of a statement of that kind.
///
/// # Errors
/// [`CborError`]: not deterministic, no salt of the right length, fields missing, too large.
pub fn decode(kind: Kind, bytes: &[u8]) -> Result<Content, CborError> {
    if bytes.len() > MAX_CONTENT_BYTES {
        return Err(CborError::Shape("too large"));
    }
    let Value::Map(mut entries) = cbor::decode(bytes)? else {
        return Err(CborError::Shape("a map was expected"));
    };
    let at = entries
        .iter()
        .position(|(key, _)| key.as_text() == Some(SALT))
        .ok_or(CborError::Shape("a salt was expected"))?;
    let (_, salt) = entries.remove(at);
    cbor::array::<SALT_BYTES>(&salt)?;
    let value = Value::Map(entries);
    if holds_null(&value) {
        // An absent member has one form: it is not there.
        return Err(CborError::Shape("null stands nowhere in a content"));
    }
    macro_rules! content {
        ($($variant:ident)+) => {
            match kind { $(Kind::$variant => value.deserialized().map(Content::$variant)),+ }
        };
    }
    for_each_content!(content).map_err(|_| CborError::Shape("fields missing or of another type"))
}

fn holds_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(holds_null),
        Value::Map(entries) => entries.iter().any(|(key, value)| holds_null(key) || holds_null(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use domain::content::{NotePurpose, VisitFinished, VisitNoted};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_newer_field_is_ignored_and_a_missing_one_is_not() {
        let map = |entries: &[(&str, Value)]| {
            cbor::encode(Value::Map(entries.iter().cloned().map(|(k, v)| (k.into(), v)).collect())).unwrap()
        };
        let salt = ("salt", Value::Bytes(vec![1; 16]));
        let newer = map(&[salt.clone(), ("finished_at_ms", 5.into()), ("zeal", "high".into())]);
        assert_eq!(
            decode(Kind::VisitFinished, &newer).unwrap(),
            Content::VisitFinished(VisitFinished { finished_at_ms: 5 })
        );
        assert!(decode(Kind::VisitFinished, &map(&[salt])).is_err());
        assert!(decode(Kind::VisitFinished, &map(&[("finished_at_ms", 5.into())])).is_err(), "no salt");
    }

    #[test]
    fn null_is_no_way_to_be_absent() {
        let map = |about: Option<Value>| {
            let mut entries = vec![
                ("salt".into(), Value::Bytes(vec![1; 16])),
                ("purpose".into(), "care".into()),
                ("text".into(), "x".into()),
            ];
            entries.extend(about.map(|about| ("about".into(), about)));
            cbor::encode(Value::Map(entries)).unwrap()
        };
        assert!(decode(Kind::VisitNoted, &map(None)).is_ok());
        assert!(decode(Kind::VisitNoted, &map(Some(Value::Null))).is_err());
    }

    proptest! {
        #[test]
        fn a_note_goes_there_and_back(text in ".{0,200}", salt in any::<[u8; 16]>()) {
            let content = Content::VisitNoted(VisitNoted { purpose: NotePurpose::Care, text, about: None });
            let bytes = encode(&content, salt).unwrap();
            prop_assert_eq!(decode(Kind::VisitNoted, &bytes).unwrap(), content);
        }

        #[test]
        fn foreign_bytes_never_crash(kind in 0..Kind::ALL.len(), bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = decode(Kind::ALL[kind], &bytes);
        }
    }
}
