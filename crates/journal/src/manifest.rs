//! The signature over the manifest of a visit's package (docs/PROTOCOL.md, 10).

use crate::hashed;
use crate::key::SigningKey;

/// What the signed bytes are a hash of.
const CONTENT_TYPE: &str = "application/vnd.esep.package+json";

/// Signs a manifest: all files that it names with their hashes are from this operator, at this time (UTC seconds).
pub fn sign(manifest: &[u8], signed_at_s: i64, key: &SigningKey) -> Vec<u8> {
    hashed::sign(manifest, CONTENT_TYPE, signed_at_s, key)
}
