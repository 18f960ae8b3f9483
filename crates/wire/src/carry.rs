//! Statements of other devices, handed over by the one that holds them (docs/PROTOCOL.md, "Two devices without a
//! network").

use domain::content::bytes;
use serde::{Deserialize, Serialize};

/// Most statements in one request.
pub const MAX_ITEMS: usize = 100;

/// One statement with its content; whose it is, it says itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarryItem {
    /// The signed bytes.
    #[serde(with = "bytes")]
    pub statement: Vec<u8>,
    /// The content's bytes.
    #[serde(with = "bytes")]
    pub content: Vec<u8>,
}

/// `POST /v1/carry`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarryRequest {
    /// At most [`MAX_ITEMS`], each key's in the order of its series.
    pub items: Vec<CarryItem>,
}

/// What became of one statement. Receipts are for the device that signed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CarryOutcome {
    /// It is in the log, now or since long.
    Taken,
    /// Statements before it in its series are missing; nothing happened.
    Early,
    /// It cannot be attributed; nothing is recorded.
    Refused,
}

/// Answer to a carry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarryResponse {
    /// One for each item, in order.
    pub outcomes: Vec<CarryOutcome>,
}
