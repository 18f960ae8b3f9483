//! The lost end of an operator's log, handed back by the devices that hold it (docs/PROTOCOL.md, "Collecting").

use domain::content::bytes;
use domain::id::Digest;
use serde::{Deserialize, Serialize};

use crate::enrol::Pair;
use crate::pull::Content;

/// Most statements in one request; as many as one push, because a receipt covers what was pushed at once.
pub const MAX_LEAVES: usize = crate::push::MAX_ITEMS;
/// Most stretches in one answer.
pub const MAX_STRETCHES: usize = 512;

/// Leaves `from..to` of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// First leaf.
    pub from: u64,
    /// Leaf after the last.
    pub to: u64,
}

/// A signed head that the device verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownHead {
    /// Leaves under it.
    pub tree_size: u64,
    /// Root.
    pub root: Digest,
    /// The signed bytes ([`journal::receipt::TreeHead`]).
    #[serde(with = "bytes")]
    pub head: Vec<u8>,
}

/// A statement with the place at which the device knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaf {
    /// Position in the log.
    pub leaf_index: u64,
    /// The signed bytes.
    #[serde(with = "bytes")]
    pub statement: Vec<u8>,
    /// The content, if the device holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Content>,
}

/// The receipt of neighbouring leaves ([`journal::merkle::range_proof`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeProof {
    /// Size of the tree under the head.
    pub tree_size: u64,
    /// The signed head.
    #[serde(with = "bytes")]
    pub head: Vec<u8>,
    /// Hashes outside the leaves, left to right.
    pub hashes: Vec<Digest>,
}

/// `POST /v1/collect`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectRequest {
    /// The operator's own `device-bound` of the asking key: it may be among what was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binding: Option<Pair>,
    /// The last head that the device verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<KnownHead>,
    /// The answer names what is wanted from this leaf on.
    pub from: u64,
    /// At most [`MAX_LEAVES`]; with `proof` they are neighbours, in order.
    pub leaves: Vec<Leaf>,
    /// The receipt of all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<RangeProof>,
}

/// What the operator lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectResponse {
    /// At most [`MAX_STRETCHES`], in order; when there are as many, more may follow.
    pub wanted: Vec<Stretch>,
}
