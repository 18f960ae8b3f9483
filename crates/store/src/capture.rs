//! Readings of the location that are still running: each begins with the own statement that names it, and ends with the
//! one that tells its outcome.

use domain::Kind;
use domain::content::{Content, LocationMoment};
use domain::id::{CaptureId, SubjectId, VisitId};
use journal::codec;
use rusqlite::{Connection, Row, Transaction};

use crate::StoreError;
use crate::column::{Blob, Code, Text, code};

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

/// The reading that a statement begins, to which act it belongs, and when that was in UTC ms.
fn begun(content: &Content) -> Option<(CaptureId, LocationMoment, i64)> {
    match content {
        Content::VisitRegistered(visit) => {
            Some((visit.capture?, LocationMoment::Registered, visit.started_at_ms))
        }
        Content::VisitConfirmed(answer) => {
            Some((answer.capture?, LocationMoment::Confirmed, answer.answered_at_ms))
        }
        Content::VisitDisputed(answer) => {
            Some((answer.capture?, LocationMoment::Confirmed, answer.answered_at_ms))
        }
        _ => None,
    }
}

/// Lets a reading begin or end with an own statement.
fn follow(running: &mut Vec<PendingCapture>, kind: Kind, visit: VisitId, content: Option<&[u8]>) {
    match kind {
        Kind::VisitRegistered | Kind::VisitConfirmed | Kind::VisitDisputed => {
            let content = content.and_then(|bytes| codec::decode(kind, bytes).ok());
            let Some((capture, moment, began_at_ms)) = content.and_then(|content| begun(&content)) else {
                return;
            };
            // Siblings share one reading.
            match running.iter_mut().find(|pending| pending.capture == capture) {
                Some(pending) if pending.visits.contains(&visit) => {}
                Some(pending) => pending.visits.push(visit),
                None => running.push(PendingCapture { capture, moment, visits: vec![visit], began_at_ms }),
            }
        }
        Kind::VisitLocated => match content.and_then(|bytes| codec::decode(kind, bytes).ok()) {
            Some(Content::VisitLocated(located)) => end(running, visit, Some(located.capture)),
            _ => end(running, visit, None),
        },
        _ => {}
    }
}

/// The outcome for one of the visits that share a reading. A visit may wait for several, because who answers anew reads
/// anew; where the content of an outcome was lawfully erased it is taken for that of the first.
fn end(running: &mut Vec<PendingCapture>, visit: VisitId, capture: Option<CaptureId>) {
    let is_of = |pending: &&mut PendingCapture| {
        pending.visits.contains(&visit) && capture.is_none_or(|capture| pending.capture == capture)
    };
    if let Some(ended) = running.iter_mut().filter(is_of).min_by_key(|pending| pending.began_at_ms) {
        ended.visits.retain(|shared| *shared != visit);
    }
    running.retain(|pending| !pending.visits.is_empty());
}

/// Readings that run, those that began the longest ago first. Also tells those for which no row was made yet, because
/// the disk is full: one reading has one outcome whatever became of the rows. `found` is up to where they were made
/// (`lookup::found`).
///
/// # Errors
/// [`StoreError`].
pub(crate) fn pending(conn: &Connection, found: u64) -> Result<Vec<PendingCapture>, StoreError> {
    let mut running = listed(conn)?;
    let mut select =
        conn.prepare_cached("SELECT kind, subject, content FROM own_statement WHERE seq >= ?1 ORDER BY seq")?;
    let mut rows = select.query([found])?;
    while let Some(row) = rows.next()? {
        let (kind, subject) = (row.get::<_, Text<Kind>>(0)?.0, row.get::<_, Blob<SubjectId>>(1)?.0);
        let content = row.get_ref(2)?.as_blob_or_null().map_err(rusqlite::Error::from)?;
        follow(&mut running, kind, subject.into(), content);
    }
    running.sort_by_key(|pending| (pending.began_at_ms, pending.capture));
    Ok(running)
}

fn listed(conn: &Connection) -> Result<Vec<PendingCapture>, StoreError> {
    let mut select =
        conn.prepare_cached("SELECT capture, moment, visits, began_at_ms FROM pending_capture")?;
    let rows = select.query_map([], PendingCapture::from_row)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Lists what runs, before the rows are made by which the same statements are found.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn extend(transaction: &Transaction<'_>, found: u64) -> Result<(), StoreError> {
    let (listed, running) = (listed(transaction)?, pending(transaction, found)?);
    let ended = listed.iter().filter(|pending| !running.contains(pending));
    for pending in ended {
        transaction
            .prepare_cached("DELETE FROM pending_capture WHERE capture = ?1")?
            .execute([pending.capture.as_bytes()])?;
    }
    for pending in running.iter().filter(|pending| !listed.contains(pending)) {
        let visits: Vec<u8> = pending.visits.iter().flat_map(VisitId::as_bytes).copied().collect();
        transaction
            .prepare_cached(
                "INSERT INTO pending_capture (capture, moment, visits, began_at_ms) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute((pending.capture.as_bytes(), code(&pending.moment)?, visits, pending.began_at_ms))?;
    }
    Ok(())
}
