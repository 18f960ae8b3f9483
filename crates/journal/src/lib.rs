//! Signed statements, their series, the Merkle log and its receipts (docs/PROTOCOL.md).
//!
//! Pure: bytes in, bytes out. It must not know where statements are stored or how they travel.
//!
//! | Module | Holds |
//! |---|---|
//! | [`cbor`] | deterministic CBOR (RFC 8949 4.2): writing, and refusing everything else |
//! | [`key`] | P-256 keys, COSE_Key, thumbprints (RFC 9679), ES256 with low S |
//! | [`code`] | statements from device to device: what fits one QR code |
//! | [`codec`] | contents as salted CBOR maps |
//! | [`hashed`] | signatures over bytes that lie beside them (RFC 9995) |
//! | [`header`] | the protected header of a statement |
//! | [`statement`] | decoding, identity and verification |
//! | [`seal`] | draft + series head + clock + key -> statement |
//! | [`merkle`] | the RFC 9162 tree: roots, inclusion, range and consistency proofs |
//! | [`receipt`] | signed tree heads and COSE receipts (RFC 9942) |
//! | [`visit`] | the id of a visit, which belongs to the key that registers it |

pub mod cbor;
pub mod code;
pub mod codec;
pub mod hashed;
pub mod header;
pub mod key;
pub mod manifest;
pub mod merkle;
pub mod receipt;
pub mod seal;
pub mod statement;
pub mod visit;

pub use header::{Beacon, Header};
pub use key::{SigningKey, VerifyingKey};
pub use seal::{Draft, Sealed, SeriesHead, seal};
pub use statement::{Attributed, Statement, Verified};
pub use visit::VisitIds;
