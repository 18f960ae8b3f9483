//! "When was my location read": the person's own readings.

use domain::content::{CaptureEnd, LocationMoment, LocationOutcome};
use domain::id::{CaptureId, VisitId};

use crate::{Reader, StoreError};

/// One reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadingRow {
    /// Which.
    pub capture: CaptureId,
    /// Which act it belongs to.
    pub moment: LocationMoment,
    /// Visits that share it.
    pub visits: Vec<VisitId>,
    /// When it began, UTC ms.
    pub began_at_ms: i64,
    /// When it ended; `None` while it runs.
    pub ended_at_ms: Option<i64>,
    /// Why it ended; `None` while it runs.
    pub ended_by: Option<CaptureEnd>,
    /// Position or reason; `None` while it runs.
    pub outcome: Option<LocationOutcome>,
}

impl Reader<'_> {
    /// Readings of this account's person, the latest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn readings(&self, offset: u32, limit: u32) -> Result<Vec<ReadingRow>, StoreError> { todo!() }
}
