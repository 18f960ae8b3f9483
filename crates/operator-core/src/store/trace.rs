//! What one person's statements about visits are compared with: readings of the location, clocks, answers. Rows of the
//! projections, found by an index, at most [`NEIGHBOURS`] of them.

use domain::flag::clock::Tick;
use domain::flag::reading::Reading;
use domain::geo::Position;
use domain::id::{KeyId, PersonId, VisitId};

use super::{StoreError, VisitRow};

/// So many rows are compared at most: whoever has more within a day is flagged by these.
pub const NEIGHBOURS: u32 = 64;

/// A specialist's reading that has a position. It goes with its content when that is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadingRow {
    /// The `visit-located`.
    pub leaf_index: u64,
    /// The specialist.
    pub person: PersonId,
    /// Where and when.
    pub reading: Reading,
}

/// A statement about a visit by a device: its clocks, and whether it is an answer that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceRow {
    /// The statement.
    pub leaf_index: u64,
    /// Who signed.
    pub key: KeyId,
    /// When.
    pub tick: Tick,
    /// Who answered to which visit.
    pub answer: Option<(PersonId, VisitId)>,
}

/// Neighbours of a statement. Errors as [`super::StoreRead`].
#[expect(clippy::missing_errors_doc, reason = "the same two variants everywhere, stated on the trait above")]
pub trait TraceRead {
    /// Visits of a specialist that began in a span, both ends included, the latest first.
    fn visits_between(
        &self,
        specialist: PersonId,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<VisitRow>, StoreError>;
    /// The readings of a person next to a moment: the last one until it, and the first one after it.
    fn readings_around(&self, person: PersonId, at_ms: i64) -> Result<Vec<ReadingRow>, StoreError>;
    /// The readings of a person at exactly this position, the latest registered first.
    fn readings_at(&self, person: PersonId, position: Position) -> Result<Vec<ReadingRow>, StoreError>;
    /// The last registered statement of a key about a visit.
    fn last_trace(&self, key: KeyId) -> Result<Option<TraceRow>, StoreError>;
    /// Keys that signed in an epoch.
    fn keys_in_epoch(&self, epoch: [u8; 8]) -> Result<Vec<KeyId>, StoreError>;
    /// Answers of a person that were made in a span, both ends included, the latest first.
    fn answers_between(
        &self,
        person: PersonId,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<TraceRow>, StoreError>;
}

/// Writing the same. Errors as [`super::StoreTxn`].
#[expect(clippy::missing_errors_doc, reason = "the same two variants everywhere, stated on the trait above")]
pub trait TraceTxn {
    /// Changes a visit that is known.
    fn change_visit(&mut self, visit: &VisitRow) -> Result<(), StoreError>;
    /// Adds a reading.
    fn put_reading(&mut self, reading: &ReadingRow) -> Result<(), StoreError>;
    /// Adds a trace.
    fn put_trace(&mut self, trace: &TraceRow) -> Result<(), StoreError>;
}
