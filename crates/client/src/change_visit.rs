//! What the specialist does with an own visit afterwards: undo, finish, note, correct. Nothing is edited, each is a
//! statement of its own.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

use domain::content::{
    CorrectionReason, NotePurpose, Role, VisitChange, VisitCorrected, VisitFinished, VisitNoted,
};
use domain::id::{CaptureId, VisitId};
use domain::visit::Review;
use journal::Draft;
use store::Appending;
use store::read::visit::VisitRow;

use crate::access::{self, Viewer};
use crate::errors::{Failure, Result};
use crate::ipc::{CorrectVisit, CorrectionCode, FinishVisit, NoteVisit, VisitIds, VisitView};
use crate::session::Session;
use crate::view::visit::May;
use crate::visits::{self, visit_id};
use crate::{input, locate};

/// After this the end of a visit was most likely forgotten, so that "now" is not it.
const FORGOTTEN_MS: i64 = 12 * 3_600_000;

/// The visit within the transaction that will change it, and what its specialist may do.
fn own(session: &Session, appending: &Appending<'_>, id: VisitId) -> Result<(VisitRow, Viewer, May)> {
    let reader = appending.reader();
    let viewer = Viewer::look(&reader, session)?;
    let row = visits::find(&reader, id)?;
    if row.specialist != session.person {
        return Err(Failure::NotAllowed);
    }
    let may = May::with(&viewer, &row);
    Ok((row, viewer, may))
}

/// Takes visits back within ten seconds of the tap, by the clock that nobody can turn.
///
/// # Errors
/// [`Failure::UndoOver`], [`Failure::NotFound`], and those of the store.
pub(crate) async fn undo(session: &Arc<Session>, request: VisitIds) -> Result<()> {
    let ids = request.visits.iter().map(|text| visit_id(text)).collect::<Result<BTreeSet<_>>>()?;
    if ids.is_empty() {
        return Err(Failure::BadInput("visits"));
    }
    if ids.iter().any(|&id| session.undo_left_ms(id) == 0) {
        return Err(Failure::UndoOver);
    }
    let undone = ids.clone();
    session
        .append(None, move |session, appending| {
            for &id in &ids {
                let (row, _, may) = own(session, appending, id)?;
                // Undone twice by two taps is undone.
                if may.correct {
                    let change = VisitChange { cancelled: true, ..unchanged() };
                    correct_to(session, appending, &row, CorrectionReason::Undone, change)?;
                }
            }
            Ok(())
        })
        .await?;
    session.undo.lock().retain(|id, _| !undone.contains(id));
    stop_idle_readings(session).await;
    Ok(())
}

/// Ends what is read for visits that were all taken back. They are, whatever becomes of this: a failure must not read
/// as if nothing had been saved.
async fn stop_idle_readings(session: &Arc<Session>) {
    let stopped = async {
        for capture in readings_without_visits(session).await? {
            locate::stop(session, capture).await?;
        }
        Ok::<(), Failure>(())
    };
    if let Err(failure) = stopped.await {
        tracing::error!(%failure, "a reading of the location was not stopped");
    }
}

/// Readings that run although every visit of theirs was taken back.
async fn readings_without_visits(session: &Arc<Session>) -> Result<Vec<CaptureId>> {
    session
        .read(|_, reader| {
            let mut idle = Vec::new();
            for pending in reader.pending_captures()? {
                let mut stands = false;
                for &visit in &pending.visits {
                    stands |= reader.visit(visit)?.is_none_or(|row| row.cancelled.is_none());
                }
                if !stands {
                    idle.push(pending.capture);
                }
            }
            Ok(idle)
        })
        .await
}

fn unchanged() -> VisitChange {
    VisitChange { cancelled: false, service: None, outcome: None, started_at_ms: None, finished_at_ms: None }
}

fn correct_to(
    session: &Session,
    appending: &mut Appending<'_>,
    row: &VisitRow,
    reason: CorrectionReason,
    change: VisitChange,
) -> Result<domain::id::StatementId> {
    let corrected = VisitCorrected { basis: row.basis, reason, change, corrected_at_ms: session.now_ms() };
    Ok(appending.seal(&Draft::new(row.id, corrected))?.id)
}

/// Writes the end. Like registering, it needs no newer agreement: it belongs to the fact.
///
/// # Errors
/// [`Failure::BadInput`] for an end that cannot be, and for "now" when the visit began so long ago that its end was
/// most likely forgotten; [`Failure::NotAllowed`], and those of the store.
pub(crate) async fn finish(session: &Arc<Session>, request: FinishVisit) -> Result<VisitView> {
    let id = visit_id(&request.visit)?;
    session
        .append(None, move |session, appending| {
            let (row, _, may) = own(session, appending, id)?;
            if row.finished_at_ms.is_some() {
                // Two taps are one end; another time would be a correction.
                return Ok(());
            }
            if !may.finish {
                return Err(Failure::NotAllowed);
            }
            // A clock that was turned back since the start must not keep the visit open for ever.
            let finished_at_ms = request.finished_at_ms.unwrap_or(session.now_ms().max(row.started_at_ms));
            if request.finished_at_ms.is_none() && finished_at_ms - row.started_at_ms > FORGOTTEN_MS {
                // "Now" is no answer to when it ended: the person must say.
                return Err(Failure::BadInput("finished_at_ms"));
            }
            input::end(row.started_at_ms, finished_at_ms, &possible(session, appending)?)?;
            appending.seal(&Draft::new(id, VisitFinished { finished_at_ms }))?;
            Ok(())
        })
        .await?;
    visits::one(session, id).await
}

/// Adds a note for the care team; the latest one is shown.
///
/// # Errors
/// [`Failure::BadInput`], [`Failure::NotAllowed`], [`Failure::AgreementRequired`] and those of the store.
pub(crate) async fn note(session: &Arc<Session>, request: NoteVisit) -> Result<VisitView> {
    let id = visit_id(&request.visit)?;
    let text = input::text(Some(request.text), "text")?.ok_or(Failure::BadInput("text"))?;
    session
        .append(None, move |session, appending| {
            let (row, viewer, may) = own(session, appending, id)?;
            if !may.correct {
                return Err(Failure::NotAllowed);
            }
            access::require_agreement(&appending.reader(), &viewer, Role::Specialist.agreement())?;
            // To a returned visit it is the answer to the coordinator; otherwise it is for who cares for the child.
            let purpose = match row.review {
                Review::Returned(_) => NotePurpose::Correction,
                _ => NotePurpose::Care,
            };
            let noted = VisitNoted { purpose, text: text.clone(), about: Some(row.basis) };
            appending.seal(&Draft::new(id, noted))?;
            Ok(())
        })
        .await?;
    visits::one(session, id).await
}

/// Puts a mistake right, with its reason. The parent and the coordinator are asked again.
///
/// # Errors
/// [`Failure::Stale`] when the visit changed since it was shown, [`Failure::BadInput`], [`Failure::NotAllowed`],
/// [`Failure::AgreementRequired`] and those of the store.
pub(crate) async fn correct(session: &Arc<Session>, request: CorrectVisit) -> Result<VisitView> {
    let id = visit_id(&request.visit)?;
    if request.reason == CorrectionCode::Undone {
        return Err(Failure::BadInput("reason"));
    }
    let text = input::text_if(request.reason == CorrectionCode::Other, request.text, "text")?;
    let takes_back = request.cancelled;
    let change = VisitChange {
        cancelled: request.cancelled,
        service: request.service.map(input::service).transpose()?,
        outcome: request.outcome.map(Into::into),
        started_at_ms: request.started_at_ms,
        finished_at_ms: request.finished_at_ms,
    };
    session
        .append(None, move |session, appending| {
            let (row, viewer, may) = own(session, appending, id)?;
            if request.basis != row.basis.to_string() {
                return Err(Failure::Stale);
            }
            if !may.correct {
                return Err(Failure::NotAllowed);
            }
            access::require_agreement(&appending.reader(), &viewer, Role::Specialist.agreement())?;
            let change = only_changes(&row, change.clone())?;
            let possible = possible(session, appending)?;
            if let Some(started_at_ms) = change.started_at_ms {
                input::start(started_at_ms, &possible)?;
            }
            if change.started_at_ms.is_some() || change.finished_at_ms.is_some() {
                let started_at_ms = change.started_at_ms.unwrap_or(row.started_at_ms);
                if let Some(end_ms) = change.finished_at_ms.or(row.finished_at_ms) {
                    input::end(started_at_ms, end_ms, &possible)?;
                }
            }
            let about = correct_to(session, appending, &row, request.reason.into(), change)?;
            if let Some(text) = text.clone() {
                let noted = VisitNoted { purpose: NotePurpose::Correction, text, about: Some(about) };
                appending.seal(&Draft::new(id, noted))?;
            }
            Ok(())
        })
        .await?;
    if takes_back {
        stop_idle_readings(session).await;
    }
    visits::one(session, id).await
}

/// The times that can be meant, by the clocks that are known in this transaction.
fn possible(session: &Session, appending: &Appending<'_>) -> Result<RangeInclusive<i64>> {
    Ok(input::possible(session.now_ms(), appending.reader().operator_time_ms()?))
}

/// Drops what is the same as before; a correction that changes nothing is a mistake of its own.
fn only_changes(row: &VisitRow, mut change: VisitChange) -> Result<VisitChange> {
    change.service = change.service.filter(|service| *service != row.service);
    change.outcome = change.outcome.filter(|&outcome| outcome != row.outcome);
    change.started_at_ms = change.started_at_ms.filter(|&at_ms| at_ms != row.started_at_ms);
    change.finished_at_ms = change.finished_at_ms.filter(|&at_ms| Some(at_ms) != row.finished_at_ms);
    if change == unchanged() { Err(Failure::BadInput("change")) } else { Ok(change) }
}
