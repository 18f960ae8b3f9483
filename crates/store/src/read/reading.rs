//! "When was my location read": the person's own readings.

use std::cmp::Reverse;

use domain::content::{CaptureEnd, LocationMoment, LocationOutcome};
use domain::id::{CaptureId, VisitId};
use rusqlite::Row;

use crate::column::{Blob, Code, Json};
use crate::{PendingCapture, Reader, StoreError};

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
    pub fn readings(&self, offset: u32, limit: u32) -> Result<Vec<ReadingRow>, StoreError> {
        let mut select = self.conn.prepare_cached(
            "SELECT capture, moment, began_at_ms, min(ended_at_ms), ended_by, outcome FROM reading GROUP BY capture
             ORDER BY began_at_ms DESC, capture LIMIT ?1",
        )?;
        let (offset, limit) = (offset as usize, limit as usize);
        let rows = select.query_map([offset.saturating_add(limit)], ReadingRow::from_row)?;
        let mut readings = rows.collect::<Result<Vec<_>, _>>()?;
        for pending in self.pending_captures()? {
            if self.visits_of(pending.capture)?.is_empty() {
                readings.push(ReadingRow::running(pending));
            }
        }
        readings.sort_by_key(|reading| (Reverse(reading.began_at_ms), reading.capture));
        let mut readings: Vec<ReadingRow> = readings.into_iter().skip(offset).take(limit).collect();
        for reading in readings.iter_mut().filter(|reading| reading.outcome.is_some()) {
            reading.visits = self.visits_of(reading.capture)?;
        }
        Ok(readings)
    }

    /// Those for which an outcome is shown.
    fn visits_of(&self, capture: CaptureId) -> Result<Vec<VisitId>, StoreError> {
        let mut select =
            self.conn.prepare_cached("SELECT visit FROM reading WHERE capture = ?1 ORDER BY visit")?;
        let rows = select.query_map([capture.as_bytes()], |row| Ok(row.get::<_, Blob<VisitId>>(0)?.0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

impl ReadingRow {
    fn running(pending: PendingCapture) -> Self {
        let PendingCapture { capture, moment, visits, began_at_ms } = pending;
        Self { capture, moment, visits, began_at_ms, ended_at_ms: None, ended_by: None, outcome: None }
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            capture: row.get::<_, Blob<CaptureId>>(0)?.0,
            moment: row.get::<_, Code<LocationMoment>>(1)?.0,
            visits: Vec::new(),
            began_at_ms: row.get(2)?,
            ended_at_ms: Some(row.get(3)?),
            ended_by: Some(row.get::<_, Code<CaptureEnd>>(4)?.0),
            outcome: Some(row.get::<_, Json<LocationOutcome>>(5)?.0),
        })
    }
}
