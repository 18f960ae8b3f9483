//! The only place that reads a location: once for each visit moment, and its outcome is a statement (architecture 6).
//!
//! | Module | Holds |
//! |---|---|
//! | `window` | one capture window |

pub(crate) mod window;

use std::sync::Arc;
use std::time::Duration;

use domain::content::{CaptureEnd, LocationOutcome, UnavailableReason, VisitLocated};
use domain::id::CaptureId;
use journal::Draft;
use store::{Appending, PendingCapture};

use crate::errors::Result;
use crate::ports::VisitMoment;
use crate::session::Session;
use window::Capture;

/// How long a screen waits for what can be known without reading.
const READINESS_PATIENCE: Duration = Duration::from_millis(1_500);

/// Starts the reading that what was just saved names, unless its outcome is written already. Nothing that fails here may
/// read as if it had not been saved: such a reading is written as interrupted at the next start.
pub(crate) async fn start_named(session: &Arc<Session>, capture: CaptureId) {
    match session.read(|_, reader| Ok(reader.pending_captures()?)).await {
        Ok(running) if running.iter().any(|pending| pending.capture == capture) => start(session, capture),
        Ok(_) => {}
        Err(failure) => tracing::error!(%failure, "the reading of the location did not begin"),
    }
}

/// Reads for a capture that its visits name, without anybody waiting for it. When the account was closed
/// meanwhile nothing is read; it stays on the list of what is pending and is written as interrupted at the next start.
pub(crate) fn start(session: &Arc<Session>, capture: CaptureId) {
    let reading = Arc::clone(session);
    let mut captures = session.captures.lock();
    if session.is_closed() {
        return;
    }
    let task = tokio::spawn(async move {
        let moment = VisitMoment { _made_by_a_visit: () };
        let source = Arc::clone(&reading.ports.location);
        let result =
            window::read(source, moment, reading.options.capture_window, &*reading.ports.clock).await;
        if let Err(failure) = write(&reading, capture, result).await {
            // It stays on the list of what is pending and is written as interrupted at the next start.
            tracing::error!(%failure, "the outcome of a reading was not written");
        }
        tracing::trace!(target: "esep::step", step = "located");
        reading.captures.lock().remove(&capture);
    });
    captures.insert(capture, task.abort_handle());
}

/// Ends a reading whose visits were all taken back: nothing of it is kept but that it was begun.
///
/// # Errors
/// Those of the store.
pub(crate) async fn stop(session: &Arc<Session>, capture: CaptureId) -> Result<()> {
    if let Some(task) = session.captures.lock().remove(&capture) {
        task.abort();
    }
    write(session, capture, INTERRUPTED).await
}

/// Writes the outcome of readings that ended with the app: by a crash, a kill, a lock.
///
/// # Errors
/// Those of the store.
pub(crate) async fn write_interrupted(session: &Arc<Session>) -> Result<()> {
    for pending in session.read(|_, reader| Ok(reader.pending_captures()?)).await? {
        if !session.captures.lock().contains_key(&pending.capture) {
            write(session, pending.capture, INTERRUPTED).await?;
        }
    }
    Ok(())
}

const INTERRUPTED: Capture = Capture {
    outcome: LocationOutcome::Unavailable(UnavailableReason::Interrupted),
    ended_by: CaptureEnd::Interrupted,
};

async fn write(session: &Arc<Session>, capture: CaptureId, result: Capture) -> Result<()> {
    session
        .append(None, move |session, appending| {
            // Written already, by whoever was faster: one reading has one outcome.
            let Some(pending) = appending.pending_capture(capture)? else { return Ok(()) };
            seal(appending, &pending, result, session.now_ms().max(pending.began_at_ms))
        })
        .await?;
    Ok(())
}

/// Seals that nothing was read at all, and why: in the transaction of the visit itself.
///
/// # Errors
/// Those of the store.
pub(crate) fn seal_not_started(
    appending: &mut Appending<'_>,
    pending: &PendingCapture,
    reason: UnavailableReason,
) -> Result<()> {
    let outcome = LocationOutcome::Unavailable(reason);
    let result = Capture { outcome, ended_by: CaptureEnd::NotStarted };
    seal(appending, pending, result, pending.began_at_ms)
}

fn seal(
    appending: &mut Appending<'_>,
    pending: &PendingCapture,
    result: Capture,
    ended_at_ms: i64,
) -> Result<()> {
    for &visit in &pending.visits {
        let located = VisitLocated {
            capture: pending.capture,
            moment: pending.moment,
            outcome: result.outcome,
            began_at_ms: pending.began_at_ms,
            ended_at_ms,
            ended_by: result.ended_by,
        };
        appending.seal(&Draft::new(visit, located))?;
    }
    Ok(())
}

/// What can be known without reading: consent first, then permission and service. A service that does not answer in
/// time is no warning: its silence shows itself at the reading.
///
/// # Errors
/// Those of the store.
pub(crate) async fn readiness(session: &Arc<Session>, has_consent: bool) -> Option<UnavailableReason> {
    if !has_consent {
        return Some(UnavailableReason::NoConsent);
    }
    let asked = tokio::time::timeout(READINESS_PATIENCE, session.ports.location.readiness()).await;
    let known = asked.unwrap_or_default();
    *session.readiness.lock() = Some(known);
    known
}

/// As [`readiness`] was when it was last known: the first screen waits for no service. A newer answer that differs
/// makes the screens ask again.
pub(crate) fn last_readiness(session: &Arc<Session>, has_consent: bool) -> Option<UnavailableReason> {
    if !has_consent {
        return Some(UnavailableReason::NoConsent);
    }
    let last = *session.readiness.lock();
    let asking = Arc::clone(session);
    let task = tokio::spawn(async move {
        if readiness(&asking, true).await != last.flatten() {
            asking.ports.events.changed();
        }
    });
    session.keep(task.abort_handle());
    last.flatten()
}
