//! A newtype for each id, so that a visit is never mistaken for a child.
//!
//! Random ids are 16 bytes from [`crate::Rng`]. In CBOR they are byte strings; in JSON and SQL text, base64url
//! without padding would need a codec here, so the readable form is lower-case hexadecimal.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Rng;

/// Why a text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id of {expected_bytes} bytes in hexadecimal")]
pub struct IdError {
    /// Length that the id has.
    pub expected_bytes: usize,
}

fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|b| [DIGITS[(b >> 4) as usize] as char, DIGITS[(b & 15) as usize] as char])
        .collect()
}

fn from_hex<const N: usize>(text: &str) -> Result<[u8; N], IdError> {
    let error = IdError { expected_bytes: N };
    let digits = text.as_bytes();
    if digits.len() != N * 2 {
        return Err(error);
    }
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(error),
    };
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Ok(bytes)
}

struct BytesVisitor<const N: usize>;

impl<'de, const N: usize> de::Visitor<'de> for BytesVisitor<N> {
    type Value = [u8; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{N} bytes, or their hexadecimal form")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        bytes.try_into().map_err(|_| E::invalid_length(bytes.len(), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        from_hex(text).map_err(E::custom)
    }
}

fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        serializer.serialize_str(&to_hex(bytes))
    } else {
        serializer.serialize_bytes(bytes)
    }
}

fn deserialize<'de, const N: usize, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; N], D::Error> {
    if deserializer.is_human_readable() {
        deserializer.deserialize_str(BytesVisitor)
    } else {
        deserializer.deserialize_bytes(BytesVisitor)
    }
}

macro_rules! bytes_newtype {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $len]);

        impl $name {
            /// Takes the bytes as they are.
            pub const fn from_bytes(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// Takes a slice of exactly the right length.
            ///
            /// # Errors
            /// [`IdError`] when the length differs.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, IdError> {
                bytes.try_into().map(Self).map_err(|_| IdError { expected_bytes: $len })
            }

            /// The bytes.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&to_hex(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                from_hex(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serialize(&self.0, serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserialize(deserializer).map(Self)
            }
        }
    };
}

macro_rules! random_id {
    ($(#[$doc:meta])* $name:ident) => {
        subject_id!($(#[$doc])* $name);

        impl $name {
            /// A fresh random id.
            pub fn random(rng: &dyn Rng) -> Self {
                Self(rng.array())
            }
        }
    };
}

/// What statements may be about.
macro_rules! subject_id {
    ($(#[$doc:meta])* $name:ident) => {
        bytes_newtype!($(#[$doc])* $name, 16);

        impl From<$name> for SubjectId {
            fn from(id: $name) -> Self {
                Self(id.0)
            }
        }

        impl From<SubjectId> for $name {
            fn from(id: SubjectId) -> Self {
                Self(id.0)
            }
        }
    };
}

bytes_newtype!(
    /// The id that a statement is about (its `sub` claim): a visit, a person, a child..., by the statement's kind.
    SubjectId,
    16
);
random_id!(
    /// A person: specialist, representative, coordinator, officer.
    PersonId
);
random_id!(
    /// A child.
    ChildId
);
random_id!(
    /// A place where visits happen.
    PlaceId
);
random_id!(
    /// A public organisation.
    OrganisationId
);
subject_id!(
    /// A visit. Its id is made from the key that registers it, not at random.
    VisitId
);

random_id!(
    /// One reading of the location; siblings visited at once share it.
    CaptureId
);
random_id!(
    /// A device of a person.
    DeviceId
);
random_id!(
    /// A published version of an agreement, an erasure, an operator: whatever has no id of its own above.
    RecordId
);
bytes_newtype!(
    /// A key: SHA-256 thumbprint of its COSE_Key (RFC 9679).
    KeyId,
    32
);
bytes_newtype!(
    /// A statement: SHA-256 of its Sig_structure (docs/PROTOCOL.md, "Identity").
    StatementId,
    32
);
bytes_newtype!(
    /// A SHA-256 digest of a document, a leaf or a tree.
    Digest,
    32
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_goes_there_and_back_and_nothing_else_is_taken() {
        let id = VisitId::from_bytes(*b"0123456789abcdef");
        assert_eq!(id.to_string().parse(), Ok(id));
        for wrong in ["", "00", "3031323334353637383961626364656", "3031323334353637383961626364656G"] {
            assert_eq!(wrong.parse::<VisitId>(), Err(IdError { expected_bytes: 16 }), "{wrong}");
        }
        assert_eq!(
            id.to_string().to_uppercase().parse::<VisitId>().is_err(),
            id.to_string() != id.to_string().to_uppercase()
        );
    }

    #[test]
    fn json_uses_hexadecimal() {
        let id = ChildId::from_bytes([7; 16]);
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, "\"07070707070707070707070707070707\"");
        assert_eq!(serde_json::from_str::<ChildId>(&json).unwrap(), id);
    }
}
