//! Problem details (RFC 9457): every failed request is answered with one.

use serde::{Deserialize, Serialize};

/// Media type of a problem.
pub const CONTENT_TYPE: &str = "application/problem+json";

macro_rules! problems {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $status:literal),+ $(,)?) => {
        /// What went wrong, closed. `type` is `urn:esep:problem:<code>`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum ProblemCode { $($(#[$doc])* $variant),+ }

        impl ProblemCode {
            /// Every code.
            pub const ALL: &'static [ProblemCode] = &[$(ProblemCode::$variant),+];

            /// The code on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(ProblemCode::$variant => $name),+ }
            }

            /// The HTTP status that it comes with.
            pub const fn status(self) -> u16 {
                match self { $(ProblemCode::$variant => $status),+ }
            }
        }
    };
}

problems! {
    /// The body cannot be read.
    BadRequest = "bad-request", 400,
    /// No signature, or not over what it must cover.
    Unsigned = "unsigned", 401,
    /// The signature is wrong.
    BadSignature = "bad-signature", 401,
    /// Nobody is bound to that key.
    UnknownKey = "unknown-key", 401,
    /// Too old or too far in the future; `Date` tells the operator's time.
    Expired = "expired", 401,
    /// This very request was seen before.
    Replayed = "replayed", 401,
    /// The device is revoked: it may hand over late statements, own and others', and nothing else.
    Revoked = "revoked", 403,
    /// After a restore an officer left this device out: of what it hands back only that counts which a receipt proves.
    Disbelieved = "disbelieved", 403,
    /// The operator does not know this activation code.
    UnknownCode = "unknown-code", 404,
    /// It was used already.
    UsedCode = "used-code", 410,
    /// It is too old, or died after too many wrong tries.
    ExpiredCode = "expired-code", 410,
    /// Not there.
    NotFound = "not-found", 404,
    /// Larger than allowed.
    TooLarge = "too-large", 413,
    /// A body in a form that nobody announced.
    UnsupportedMediaType = "unsupported-media-type", 415,
    /// Too many; `Retry-After` tells when.
    TooManyRequests = "too-many-requests", 429,
    /// A mistake of the operator's program.
    Internal = "internal", 500,
    /// Not ready; `Retry-After` tells when.
    Unavailable = "unavailable", 503,
    /// The operator has no room for more; `Retry-After` tells when to look again.
    StorageFull = "storage-full", 507,
    /// Restored, and perhaps without the end of its log: hand back what it asks for, then come again.
    Incomplete = "incomplete", 503,
}

/// The body of a failed request. It never holds personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// `urn:esep:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The code.
    pub code: ProblemCode,
    /// As in the status line.
    pub status: u16,
    /// For people, in English; screens translate the code.
    pub title: String,
    /// Reference for support.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
}

impl Problem {
    /// A problem of that code.
    pub fn new(code: ProblemCode, title: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:esep:problem:{}", code.as_str()),
            code,
            status: code.status(),
            title: title.into(),
            instance: None,
        }
    }
}
