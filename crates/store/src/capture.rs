//! Readings of the location that are still running.

use domain::content::LocationMoment;
use domain::id::{CaptureId, VisitId};

/// A reading that began and whose outcome is not written yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingCapture {
    /// The reading.
    pub capture: CaptureId,
    /// Which act it belongs to.
    pub moment: LocationMoment,
    /// Visits that share it.
    pub visits: Vec<VisitId>,
    /// When it began, UTC ms.
    pub began_at_ms: i64,
}
