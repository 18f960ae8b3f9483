//! A recovery file up, in parts: an account's files that its owner cannot open any more, sealed as they are.

use domain::content::bytes;
use domain::id::Digest;
use serde::{Deserialize, Serialize};

/// Bytes of a file in one part, at most.
pub const MAX_PART_BYTES: usize = 1024 * 1024;

/// `POST /v1/recovery`: the next part of a file, or with no bytes the question how much of it is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryPart {
    /// SHA-256 of the whole file: its name.
    pub file: Digest,
    /// Length of the whole file.
    pub length_bytes: u64,
    /// Where these bytes belong.
    pub from_bytes: u64,
    /// The bytes.
    #[serde(with = "bytes")]
    pub part: Vec<u8>,
}

/// How much of the file is there: what the next part begins with. All of it, once its digest was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryHave {
    /// Bytes.
    pub have_bytes: u64,
}
