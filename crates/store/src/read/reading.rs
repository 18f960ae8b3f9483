//! "When was my location read": the person's own readings.

use domain::content::{CaptureEnd, LocationMoment, LocationOutcome};
use domain::id::{CaptureId, VisitId};
use rusqlite::Row;

use crate::column::{Blob, Code, Json};
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
    pub fn readings(&self, offset: u32, limit: u32) -> Result<Vec<ReadingRow>, StoreError> {
        let mut select = self.conn.prepare_cached(
            "SELECT capture, moment, began_at_ms, min(ended_at_ms), ended_by, outcome FROM reading GROUP BY capture
             UNION ALL
             SELECT capture, moment, began_at_ms, NULL, NULL, NULL FROM pending_capture
              WHERE capture NOT IN (SELECT capture FROM reading)
             ORDER BY began_at_ms DESC, capture LIMIT ?2 OFFSET ?1",
        )?;
        let rows = select.query_map((offset, limit), ReadingRow::from_row)?;
        let mut readings = rows.collect::<Result<Vec<_>, _>>()?;
        for reading in &mut readings {
            reading.visits = self.visits_of(reading.capture)?;
        }
        Ok(readings)
    }

    fn visits_of(&self, capture: CaptureId) -> Result<Vec<VisitId>, StoreError> {
        let mut select =
            self.conn.prepare_cached("SELECT visit FROM reading WHERE capture = ?1 ORDER BY visit")?;
        let rows = select.query_map([capture.as_bytes()], |row| Ok(row.get::<_, Blob<VisitId>>(0)?.0))?;
        let visits = rows.collect::<Result<Vec<_>, _>>()?;
        if !visits.is_empty() {
            return Ok(visits);
        }
        let pending = self.pending_captures()?.into_iter().find(|pending| pending.capture == capture);
        Ok(pending.map(|pending| pending.visits).unwrap_or_default())
    }
}

impl ReadingRow {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let ended_by: Option<Code<CaptureEnd>> = row.get(4)?;
        let outcome: Option<Json<LocationOutcome>> = row.get(5)?;
        Ok(Self {
            capture: row.get::<_, Blob<CaptureId>>(0)?.0,
            moment: row.get::<_, Code<LocationMoment>>(1)?.0,
            visits: Vec::new(),
            began_at_ms: row.get(2)?,
            ended_at_ms: row.get(3)?,
            ended_by: ended_by.map(|ended_by| ended_by.0),
            outcome: outcome.map(|outcome| outcome.0),
        })
    }
}
