//! The port to whatever keeps the log, the contents and the projections.
//!
//! # Consistency contract
//! * [`Store::write`] begins a serialisable transaction. At most one is open at a time over all processes that share
//!   the store; a second one waits, and fails with [`StoreError::Busy`] when it has waited too long. So sizes and heads
//!   that are read inside it stay true until it ends.
//! * Nothing is kept unless [`StoreTxn::commit`] returned `Ok`; then it survives power loss. Dropping a transaction
//!   rolls it back.
//! * A transaction sees its own writes. [`Store::read`] is a snapshot: it sees exactly what was committed before its
//!   first read, and neither blocks a writer nor is blocked.
//! * Calls block. A backend with network round trips runs on blocking threads (docs/adr/0002-sync-store-contract.md).
//!
//! # Invariants
//! Journal, nodes, heads and refusals are only added to, but for the flags of [`LostTxn::judge_again`]. Contents are
//! erasable. Facts, keys, visits, readings, traces and
//! audiences are projections: [`StoreTxn::clear_projections`] drops them and [`crate::project::rebuild`] makes them again.

pub mod lost;
pub mod trace;

use std::collections::BTreeSet;

use domain::Kind;
use domain::content::Content;
use domain::flag::Flag;
use domain::id::{
    ChildId, DeviceId, Digest, KeyId, OrganisationId, PersonId, StatementId, SubjectId, VisitId,
};
use domain::scope::{Scope, Sight};
use journal::{SeriesHead, VerifyingKey};
pub use wire::push::Refusal;

use crate::fact::{Fact, FactQuery};
pub use crate::visit::{VisitRow, VisitSaid};
use lost::{LostRead, LostTxn};
use trace::{ReadingRow, TraceRead, TraceRow, TraceTxn};

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another writer held the store for too long; try again.
    #[error("another writer holds the store")]
    Busy,
    /// Disk full, connection lost, permission denied.
    #[error("the store is not available")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What is stored contradicts itself: a person must look.
    #[error("the store is damaged: {0}")]
    Damaged(&'static str),
    /// Made by a newer version of this program.
    #[error("the store has schema {found}, this program knows up to {known}")]
    TooNew {
        /// Version of the schema in the store.
        found: u32,
        /// Highest version that this program knows.
        known: u32,
    },
}

/// One registered statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Position in the log.
    pub leaf_index: u64,
    /// Its id.
    pub id: StatementId,
    /// Key that signed it.
    pub key: KeyId,
    /// Place in that key's series.
    pub seq: u64,
    /// What it states.
    pub kind: Kind,
    /// About what.
    pub subject: SubjectId,
    /// When it was registered, by the operator's clock.
    pub registered_at_ms: i64,
    /// A second statement at a place of the series that was taken.
    pub branch: bool,
    /// What a person should look at, as it was answered.
    pub flags: Vec<Flag>,
    /// The signed bytes: the leaf.
    pub statement: Vec<u8>,
}

/// A signed tree head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredHead {
    /// Leaves under it.
    pub tree_size: u64,
    /// Root.
    pub root: Digest,
    /// When it was signed.
    pub signed_at_ms: i64,
    /// The signed bytes ([`journal::receipt::TreeHead`]).
    pub bytes: Vec<u8>,
}

/// Bytes that could not be attributed, under the client's claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedItem {
    /// The authenticated device's key.
    pub key: KeyId,
    /// Id by the client.
    pub id: StatementId,
    /// Place in the series by the client.
    pub seq: u64,
    /// Whether it took the place, so that the series goes on after it.
    pub took_place: bool,
    /// Why.
    pub reason: Refusal,
    /// When.
    pub refused_at_ms: i64,
    /// SHA-256 of what came.
    pub sha256: Digest,
    /// What came, as far as it is not larger than a statement may be.
    pub statement: Vec<u8>,
}

/// A key that is bound to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundKey {
    /// The key.
    pub key: VerifyingKey,
    /// Whose.
    pub person: PersonId,
    /// On which device.
    pub device: DeviceId,
    /// When it was bound.
    pub bound_at_ms: i64,
    /// When it was revoked.
    pub revoked_at_ms: Option<i64>,
    /// Since when its owner suspects that others have it.
    pub compromised_since_ms: Option<i64>,
    /// Whose device it lies on, when that is not the person's own.
    pub host: Option<PersonId>,
}

impl BoundKey {
    /// Whether it still speaks for the person. A key that others may have does not, from the moment at which its owner
    /// says so: since when they have it, they would not tell.
    pub fn is_in_force(&self) -> bool {
        self.revoked_at_ms.is_none() && self.compromised_since_ms.is_none()
    }
}

/// An activation code as it is kept: never its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    /// Lookup part.
    pub lookup: String,
    /// For whom.
    pub person: PersonId,
    /// Salt of the hash.
    pub salt: [u8; 16],
    /// Argon2id of the secret.
    pub hash: [u8; 32],
    /// When it was issued.
    pub issued_at_ms: i64,
    /// When it dies.
    pub expires_at_ms: i64,
    /// Wrong secrets so far.
    pub errors: u32,
    /// The `device-enrolled` that used it.
    pub used_by: Option<StatementId>,
    /// On whose device it makes a guest; absent: on a device of the person's own.
    pub host: Option<PersonId>,
}

/// Which part of the log a reader asks for.
#[derive(Debug, Clone, Copy)]
pub struct PageQuery<'a> {
    /// Any of these.
    pub scopes: &'a BTreeSet<Scope>,
    /// First leaf.
    pub from: u64,
    /// Leaf after the last.
    pub to: u64,
    /// Statements of this key are left out: the reader has them.
    pub without_key: KeyId,
    /// Only what travels first ([`Kind::travels_first`]).
    pub urgent_only: bool,
}

/// A statement that is addressed to a reader.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Position in the log.
    pub leaf_index: u64,
    /// The best sight that the asked scopes give.
    pub sight: Sight,
    /// Those of the asked scopes that hold it.
    pub scopes: Vec<Scope>,
}

/// Everything that can be read. Every method fails with [`StoreError::Unavailable`] or [`StoreError::Damaged`].
#[expect(clippy::missing_errors_doc, reason = "the same two variants everywhere, stated on the trait")]
pub trait StoreRead: TraceRead + LostRead {
    /// Leaves in the log.
    fn log_size(&self) -> Result<u64, StoreError>;
    /// A registered statement by position.
    fn entry(&self, leaf_index: u64) -> Result<Option<Entry>, StoreError>;
    /// A registered statement by id.
    fn entry_by_id(&self, id: StatementId) -> Result<Option<Entry>, StoreError>;
    /// At most `limit` registered statements from a position on.
    fn entries(&self, from: u64, limit: u32) -> Result<Vec<Entry>, StoreError>;
    /// Registered statements of a kind about something, in the order of the log.
    fn entries_about(&self, subject: SubjectId, kind: Kind) -> Result<Vec<Entry>, StoreError>;
    /// Registered statements about something that stand before a leaf, in the order of the log. By an index: asked for
    /// each registered visit, which nearly always is the first that is said about it.
    fn entries_before(&self, subject: SubjectId, leaf_index: u64) -> Result<Vec<Entry>, StoreError>;
    /// Statements before `from` that came earlier than their visit, which is registered in `from..to`, in the order of the
    /// log. By indexes: asked for each page of a pull, and nearly always there are none.
    fn overtakers(&self, from: u64, to: u64) -> Result<Vec<Entry>, StoreError>;
    /// A content; `None` when it was erased.
    fn content(&self, leaf_index: u64) -> Result<Option<Vec<u8>>, StoreError>;
    /// What a registered statement says; `None` when its content was erased. [`StoreError::Damaged`] when a content that
    /// was readable no longer is.
    fn said(&self, leaf_index: u64) -> Result<Option<Content>, StoreError> {
        read_said(self, leaf_index)
    }
    /// The contents of the leaves in `from..to` that are there, in the order of the log.
    fn contents(&self, from: u64, to: u64) -> Result<Vec<(u64, Vec<u8>)>, StoreError>;
    /// At most `limit` complete nodes of a level from an index on, in their order.
    fn nodes(&self, level: u8, from: u64, limit: u32) -> Result<Vec<(u64, Digest)>, StoreError>;
    /// A complete node of the tree ([`journal::merkle::Nodes`]).
    fn node(&self, level: u8, index: u64) -> Result<Digest, StoreError>;
    /// The root over the first leaves, of which there are so many. Statements of one journey name the same one.
    fn root(&self, tree_size: u64) -> Result<Digest, StoreError>;
    /// The last signed head.
    fn latest_head(&self) -> Result<Option<StoredHead>, StoreError>;
    /// The first signed head under which a leaf is: the one that was answered.
    fn head_covering(&self, leaf_index: u64) -> Result<Option<StoredHead>, StoreError>;
    /// At most `limit` signed heads over more than `tree_size` leaves, in order.
    fn heads_above(&self, tree_size: u64, limit: u32) -> Result<Vec<StoredHead>, StoreError>;
    /// All signed heads in order.
    fn heads(&self) -> Result<Vec<StoredHead>, StoreError>;
    /// Where the series of a key stands; branches do not move it, refused items that took a place do.
    fn series_head(&self, key: KeyId) -> Result<SeriesHead, StoreError>;
    /// The refusal of an item, if it was refused before.
    fn refusal(&self, key: KeyId, id: StatementId) -> Result<Option<RefusedItem>, StoreError>;
    /// All refusals, by key and seq.
    fn refusals(&self) -> Result<Vec<RefusedItem>, StoreError>;
    /// Facts in the order of their leaves.
    fn facts(&self, query: &FactQuery) -> Result<Vec<Fact>, StoreError>;
    /// A key that is or was bound.
    fn bound_key(&self, key: KeyId) -> Result<Option<BoundKey>, StoreError>;
    /// Keys of a person, or all, in the order of binding.
    fn bound_keys(&self, person: Option<PersonId>) -> Result<Vec<BoundKey>, StoreError>;
    /// A visit.
    fn visit(&self, visit: VisitId) -> Result<Option<VisitRow>, StoreError>;
    /// Who ever registered a visit of a child.
    fn specialists_of_child(&self, child: ChildId) -> Result<BTreeSet<PersonId>, StoreError>;
    /// Who ever registered a visit for an organisation.
    fn specialists_of_organisation(
        &self,
        organisation: OrganisationId,
    ) -> Result<BTreeSet<PersonId>, StoreError>;
    /// Audiences of a statement.
    fn audiences(&self, leaf_index: u64) -> Result<Vec<(Scope, Sight)>, StoreError>;
    /// At most `limit` statements that are addressed to any of the scopes, in the order of the log.
    fn page(&self, query: &PageQuery<'_>, limit: u32) -> Result<Vec<Delivery>, StoreError>;
    /// How many there are.
    fn count(&self, query: &PageQuery<'_>) -> Result<u64, StoreError>;
    /// An activation code by its lookup part.
    fn activation(&self, lookup: &str) -> Result<Option<Activation>, StoreError>;
    /// All activation codes, the latest first.
    fn activations(&self) -> Result<Vec<Activation>, StoreError>;
    /// A published text by its digest.
    fn document(&self, sha256: Digest) -> Result<Option<Vec<u8>>, StoreError>;
    /// A copy of all projections, for comparing.
    fn projections(&self) -> Result<Projections, StoreError>;
}

/// All projections of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Projections {
    /// Facts, by slot.
    pub facts: Vec<Fact>,
    /// Keys, by thumbprint.
    pub keys: Vec<BoundKey>,
    /// Visits, by id.
    pub visits: Vec<VisitRow>,
    /// Audiences, by scope and leaf.
    pub audiences: Vec<(Scope, u64, Sight)>,
    /// Readings, by leaf.
    pub readings: Vec<ReadingRow>,
    /// Traces, by leaf.
    pub traces: Vec<TraceRow>,
}

/// How [`StoreRead::said`] finds it, for stores that remember what they found.
///
/// # Errors
/// As [`StoreRead::said`].
pub fn read_said<R: StoreRead + ?Sized>(read: &R, leaf_index: u64) -> Result<Option<Content>, StoreError> {
    let entry = read.entry(leaf_index)?.ok_or(StoreError::Damaged("a fact points past the log"))?;
    let Some(bytes) = read.content(leaf_index)? else { return Ok(None) };
    let content = journal::codec::decode(entry.kind, &bytes);
    content.map(Some).map_err(|_| StoreError::Damaged("a fact points to an unreadable content"))
}

/// A write transaction. Dropping it rolls it back. Errors as [`StoreRead`].
#[expect(clippy::missing_errors_doc, reason = "the same two variants everywhere, stated on the trait")]
pub trait StoreTxn: StoreRead + TraceTxn + LostTxn {
    /// For functions that only read.
    fn as_read(&self) -> &dyn StoreRead;
    /// Appends at [`Entry::leaf_index`], which must be the size of the log; a taken id or position is an error.
    fn append(&mut self, entry: &Entry, content: Option<&[u8]>) -> Result<(), StoreError>;
    /// Adds a node that became complete.
    fn put_node(&mut self, level: u8, index: u64, hash: Digest) -> Result<(), StoreError>;
    /// Adds a signed head.
    fn put_head(&mut self, head: &StoredHead) -> Result<(), StoreError>;
    /// Records a refusal.
    fn put_refusal(&mut self, refused: &RefusedItem) -> Result<(), StoreError>;
    /// Erases a content for ever.
    fn erase_content(&mut self, leaf_index: u64) -> Result<(), StoreError>;
    /// Puts a fact into its slot.
    fn put_fact(&mut self, fact: &Fact) -> Result<(), StoreError>;
    /// Adds or changes a key.
    fn put_bound_key(&mut self, key: &BoundKey) -> Result<(), StoreError>;
    /// Adds a visit.
    fn put_visit(&mut self, visit: &VisitRow) -> Result<(), StoreError>;
    /// Addresses a statement. Audiences are added to those that it has, the better sight of each counts.
    fn put_audiences(&mut self, leaf_index: u64, audiences: &[(Scope, Sight)]) -> Result<(), StoreError>;
    /// Drops all projections.
    fn clear_projections(&mut self) -> Result<(), StoreError>;
    /// Adds or changes an activation code.
    fn put_activation(&mut self, activation: &Activation) -> Result<(), StoreError>;
    /// Keeps a published text; the same text again changes nothing.
    fn put_document(&mut self, sha256: Digest, bytes: &[u8]) -> Result<(), StoreError>;
    /// Remembers the nonce of a request until it expires and forgets expired ones. `false`: it was seen before.
    fn remember_nonce(
        &mut self,
        key: KeyId,
        nonce: &str,
        expires_s: i64,
        now_s: i64,
    ) -> Result<bool, StoreError>;
    /// Keeps everything.
    fn commit(self: Box<Self>) -> Result<(), StoreError>;
}

/// A store.
pub trait Store: Send + Sync {
    /// Begins a write transaction.
    ///
    /// # Errors
    /// [`StoreError::Busy`], [`StoreError::Unavailable`].
    fn write(&self) -> Result<Box<dyn StoreTxn + '_>, StoreError>;

    /// Takes a snapshot.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    fn read(&self) -> Result<Box<dyn StoreRead + '_>, StoreError>;
}
