//! Sealing: draft + series head + stamp + salt + key -> statement. Pure, so that a repeat gives the same bytes.

use domain::content::Content;
use domain::id::{StatementId, SubjectId};
use domain::{Clock, ContinuousTime};

use crate::cbor::CborError;
use crate::codec::{self, SALT_BYTES};
use crate::header::{Beacon, Header};
use crate::key::SigningKey;
use crate::statement::{assemble, parts};

/// What is to be stated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// About what.
    pub subject: SubjectId,
    /// What.
    pub content: Content,
}

impl Draft {
    /// A draft about a subject.
    pub fn new(subject: impl Into<SubjectId>, content: impl Into<Content>) -> Self {
        Self { subject: subject.into(), content: content.into() }
    }
}

/// Where a key's series stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeriesHead {
    /// Number of the next statement.
    pub next_seq: u64,
    /// Id of the last one; `None` exactly when `next_seq` is 0.
    pub prev: Option<StatementId>,
}

impl SeriesHead {
    /// Before the first statement.
    pub const EMPTY: SeriesHead = SeriesHead { next_seq: 0, prev: None };

    /// After one more statement.
    pub fn after(self, id: StatementId) -> Self {
        Self { next_seq: self.next_seq + 1, prev: Some(id) }
    }
}

/// When, as far as the signer can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Wall clock, UTC ms.
    pub utc_ms: i64,
    /// The clock that counts sleep.
    pub continuous: ContinuousTime,
    /// Last checkpoint seen.
    pub beacon: Option<Beacon>,
}

impl Stamp {
    /// Reads both clocks.
    pub fn now(clock: &dyn Clock, beacon: Option<Beacon>) -> Self {
        Self { utc_ms: clock.utc_ms(), continuous: clock.continuous(), beacon }
    }
}

/// A statement of our own making, with its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Its id.
    pub id: StatementId,
    /// What stands in its protected header.
    pub header: Header,
    /// The signed bytes.
    pub bytes: Vec<u8>,
    /// The content's bytes, whose SHA-256 is the payload.
    pub content: Vec<u8>,
}

/// Seals a draft at the head of the key's series.
///
/// # Errors
/// [`CborError`] when the content cannot be represented or is larger than [`codec::MAX_CONTENT_BYTES`].
pub fn seal(
    draft: &Draft,
    head: &SeriesHead,
    stamp: Stamp,
    salt: [u8; SALT_BYTES],
    key: &SigningKey,
) -> Result<Sealed, CborError> {
    let content = codec::encode(&draft.content, salt)?;
    if content.len() > codec::MAX_CONTENT_BYTES {
        return Err(CborError::Shape("too large"));
    }
    let header = Header {
        key: key.id(),
        kind: draft.content.kind(),
        subject: draft.subject,
        issued_at_s: stamp.utc_ms.div_euclid(1_000),
        seq: head.next_seq,
        prev: head.prev,
        beacon: stamp.beacon,
        continuous: stamp.continuous,
    };
    let payload = codec::hash(&content);
    let parts = parts(&header, payload);
    let signature = key.sign(&parts.to_be_signed);
    let bytes = assemble(&parts, payload, signature);
    Ok(Sealed { id: parts.id, header, bytes, content })
}
