//! Requests and answers of the sync API, their limits and problem codes (docs/PROTOCOL.md, "API").
//!
//! Bodies are deterministic CBOR, compressed with zstd where it pays. It must not know of sockets or stores.
//!
//! | Module | Holds |
//! |---|---|
//! | [`enrol`] | who the operator is; binding a device |
//! | [`push`] | statements up, registrations down |
//! | [`carry`] | statements of other devices up |
//! | [`collect`] | the lost end of a log, handed back |
//! | [`courier`] | unsent statements, sealed, through somebody else's hands |
//! | [`pull`] | statements down, by scope |
//! | `packed` | statements in columns, without what the reader can make again |
//! | [`recovery`] | a recovery file up, in parts |
//! | [`auth`] | requests signed by the device's key (RFC 9421) |
//! | [`body`] | CBOR and zstd with limits |
//! | [`problem`] | problem details (RFC 9457) |
//! | [`activation`] | activation codes and links |

pub mod activation;
pub mod auth;
pub mod body;
pub mod carry;
pub mod collect;
pub mod courier;
pub mod enrol;
mod packed;
pub mod problem;
pub mod pull;
pub mod push;
pub mod recovery;

/// Path of each route.
pub mod path {
    /// Who the operator is.
    pub const OPERATOR: &str = "/v1/operator";
    /// Binds a device.
    pub const ENROL: &str = "/v1/enrol";
    /// Statements up.
    pub const PUSH: &str = "/v1/push";
    /// Statements of other devices up.
    pub const CARRY: &str = "/v1/carry";
    /// What a restored operator lost, back up.
    pub const COLLECT: &str = "/v1/collect";
    /// Sealed parcels of other devices up.
    pub const COURIER: &str = "/v1/courier";
    /// Statements down.
    pub const PULL: &str = "/v1/pull";
    /// Parts of a recovery file up.
    pub const RECOVERY: &str = "/v1/recovery";
    /// Text of an agreement by its SHA-256 in hexadecimal; public.
    pub const AGREEMENT: &str = "/v1/agreements/{sha256}";
    /// Signed head with a consistency proof; public.
    pub const CHECKPOINT: &str = "/v1/checkpoint";
    /// Liveness.
    pub const HEALTH: &str = "/v1/health";
    /// OpenAPI description.
    pub const OPENAPI: &str = "/v1/openapi.json";
}
