//! Who the operator is, and binding a device.

use domain::content::bytes;
use serde::{Deserialize, Serialize};

use crate::push::Registration;

/// Magic word by which a client tells an operator from any other server.
pub const SYSTEM: &str = "esep.otan-mektep";

/// `GET /v1/operator`: the operator's `operator-key` statement with its content. The fingerprint of a link is the
/// thumbprint of that key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorInfo {
    /// Always [`SYSTEM`].
    pub system: String,
    /// Version of the API.
    pub version: u32,
    /// The signed statement.
    #[serde(with = "bytes")]
    pub statement: Vec<u8>,
    /// Its content.
    #[serde(with = "bytes")]
    pub content: Vec<u8>,
    /// The operator's clock, UTC ms, to tell the person that the own one is far off.
    pub now_ms: i64,
}

/// `POST /v1/enrol`: uses an activation code. The statement is the device's `device-enrolled`, first of its series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// Lookup part of the activation code.
    pub lookup: String,
    /// Secret part.
    pub secret: String,
    /// The signed statement.
    #[serde(with = "bytes")]
    pub statement: Vec<u8>,
    /// Its content.
    #[serde(with = "bytes")]
    pub content: Vec<u8>,
}

/// A statement with its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    /// The signed bytes.
    #[serde(with = "bytes")]
    pub statement: Vec<u8>,
    /// The content's bytes.
    #[serde(with = "bytes")]
    pub content: Vec<u8>,
}

/// The device is bound. The same request again (a lost answer) gets the same answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolResponse {
    /// The operator's `device-bound` statement.
    pub bound: Pair,
    /// Proves that `device-enrolled` is in the log.
    pub registration: Registration,
}
