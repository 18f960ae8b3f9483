//! Readings of the location that are still running.

use domain::content::LocationMoment;
use domain::id::{CaptureId, VisitId};
use rusqlite::{Connection, Row, Transaction};

use crate::StoreError;
use crate::column::{Blob, Code, code};

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

impl PendingCapture {
    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        let visits: Vec<u8> = row.get(2)?;
        Ok(Self {
            capture: row.get::<_, Blob<CaptureId>>(0)?.0,
            moment: row.get::<_, Code<LocationMoment>>(1)?.0,
            visits: visits.chunks_exact(16).filter_map(|id| VisitId::from_slice(id).ok()).collect(),
            began_at_ms: row.get(3)?,
        })
    }
}

pub(crate) fn begin(transaction: &Transaction<'_>, pending: &PendingCapture) -> Result<(), StoreError> {
    let visits: Vec<u8> = pending.visits.iter().flat_map(VisitId::as_bytes).copied().collect();
    transaction
        .prepare_cached(
            "INSERT INTO pending_capture (capture, moment, visits, began_at_ms) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((pending.capture.as_bytes(), code(&pending.moment)?, visits, pending.began_at_ms))?;
    Ok(())
}

pub(crate) fn end(
    transaction: &Transaction<'_>,
    capture: CaptureId,
) -> Result<Option<PendingCapture>, StoreError> {
    let mut delete = transaction.prepare_cached(
        "DELETE FROM pending_capture WHERE capture = ?1 RETURNING capture, moment, visits, began_at_ms",
    )?;
    let ended =
        delete.query_map([capture.as_bytes()], PendingCapture::from_row)?.collect::<Result<Vec<_>, _>>()?;
    Ok(ended.into_iter().next())
}

pub(crate) fn pending(conn: &Connection) -> Result<Vec<PendingCapture>, StoreError> {
    let mut select = conn.prepare_cached(
        "SELECT capture, moment, visits, began_at_ms FROM pending_capture ORDER BY began_at_ms, capture",
    )?;
    let rows = select.query_map([], PendingCapture::from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}
