//! The operator's signature over a file outside of its log: the manifest of a visit's package (docs/PROTOCOL.md, 10) or the
//! notice of a lost end (6.2).

use crate::hashed;
use crate::key::SigningKey;

/// What the signed bytes are a hash of: one signature can never be taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentType {
    /// The manifest of a package: all files that it names with their hashes are from this operator.
    Package,
    /// What of a log is lost for ever.
    LostEnd,
}

impl ContentType {
    const fn as_str(self) -> &'static str {
        match self {
            ContentType::Package => "application/vnd.esep.package+json",
            ContentType::LostEnd => "application/vnd.esep.lost-end+json",
        }
    }
}

/// Signs a file: it is from this operator, at this time (UTC seconds).
pub fn sign(file: &[u8], content_type: ContentType, signed_at_s: i64, key: &SigningKey) -> Vec<u8> {
    hashed::sign(file, content_type.as_str(), signed_at_s, key)
}
