//! What a representative answers to a visit: it was so, or it was not so, signed and also offline.
//!
//! The own location is read once, at that moment, under the own consent, and only between the start of the visit and
//! an hour after its end (architecture 6). Later the answer says so and nothing is read. A guest's answer reads none.

use std::sync::Arc;

use domain::content::{
    DisputeReason, LocationMoment, NotePurpose, Role, UnavailableReason, VisitConfirmed, VisitDisputed,
    VisitNoted,
};
use domain::id::{CaptureId, VisitId};
use domain::visit::Answer;
use journal::Draft;
use store::read::visit::VisitRow;
use store::{Appending, PendingCapture};

use crate::access::{self, Viewer};
use crate::errors::{Failure, Result};
use crate::ipc::{ConfirmVisit, DisputeCode, DisputeVisit, VisitView};
use crate::session::Session;
use crate::view::visit::May;
use crate::visits::{self, visit_id};
use crate::{input, locate};

/// How long after the end of a visit the own location may still be read.
const AFTER_END_MS: i64 = 3_600_000;
/// How long a visit counts as going on when nobody wrote its end: a forgotten end must not open the window for days.
const WITHOUT_END_MS: i64 = 4 * 3_600_000;

/// It was so.
///
/// # Errors
/// [`Failure::Stale`], [`Failure::NotAllowed`], [`Failure::AgreementRequired`], [`Failure::NotFound`] and those of the
/// store.
pub(crate) async fn confirm(session: &Arc<Session>, request: ConfirmVisit) -> Result<VisitView> {
    answer(session, &request.visit, request.basis, None, None).await
}

/// It was not so, and why.
///
/// # Errors
/// As [`confirm`], and [`Failure::BadInput`] when the reason needs words.
pub(crate) async fn dispute(session: &Arc<Session>, request: DisputeVisit) -> Result<VisitView> {
    let text = input::text_if(request.reason == DisputeCode::Other, request.text, "text")?;
    answer(session, &request.visit, Some(request.basis), Some(request.reason.into()), text).await
}

/// An answer to what was on screen.
pub(crate) struct Given {
    /// The version.
    pub(crate) basis: String,
    /// Why it was not so; absent: it was so.
    pub(crate) dispute: Option<DisputeReason>,
    /// In words.
    pub(crate) text: Option<String>,
}

/// The answer of a guest.
///
/// # Errors
/// As [`confirm`].
pub(crate) async fn answer_as_guest(session: &Arc<Session>, id: VisitId, given: Given) -> Result<()> {
    give(session, id, Some(given.basis), given.dispute, given.text).await
}

async fn answer(
    session: &Arc<Session>,
    visit: &str,
    basis: Option<String>,
    dispute: Option<DisputeReason>,
    text: Option<String>,
) -> Result<VisitView> {
    let id = visit_id(visit)?;
    give(session, id, basis, dispute, text).await?;
    visits::one(session, id).await
}

async fn give(
    session: &Arc<Session>,
    id: VisitId,
    basis: Option<String>,
    dispute: Option<DisputeReason>,
    text: Option<String>,
) -> Result<()> {
    // A guest's device is the specialist's: where that is says nothing about the family.
    let capture = match session.account.host {
        None => Some(CaptureId::random(&*session.ports.rng)),
        Some(_) => None,
    };
    session
        .append(None, move |session, appending| {
            let (row, reading) = check(session, appending, id, basis.as_deref())?;
            if is_repeated(session, &row, dispute) {
                return Ok(());
            }
            let about = seal_answer(session, appending, &row, dispute, capture)?;
            if let Some(text) = text.clone() {
                let noted = VisitNoted { purpose: NotePurpose::Dispute, text, about: Some(about) };
                appending.seal(&Draft::new(id, noted))?;
            }
            let (Some(capture), Err(reason)) = (capture, reading) else { return Ok(()) };
            let pending = PendingCapture {
                capture,
                moment: LocationMoment::Confirmed,
                visits: vec![id],
                began_at_ms: session.now_ms(),
            };
            locate::seal_not_started(appending, &pending, reason)
        })
        .await?;
    if let Some(capture) = capture {
        locate::start_named(session, capture).await;
    }
    Ok(())
}

/// The visit as it stands, and whether the own location may be read now.
fn check(
    session: &Session,
    appending: &Appending<'_>,
    id: VisitId,
    basis: Option<&str>,
) -> Result<(VisitRow, Result<(), UnavailableReason>)> {
    let reader = appending.reader();
    let viewer = Viewer::look(&reader, session)?;
    let row = visits::find(&reader, id)?;
    if basis.is_some_and(|basis| basis != row.basis.to_string()) {
        return Err(Failure::Stale);
    }
    if !May::with(&viewer, &row).answer {
        return Err(Failure::NotAllowed);
    }
    let document = Role::Representative.agreement();
    access::require_agreement(&reader, &viewer, document)?;
    let reading = if !is_visit_time(row.started_at_ms, row.finished_at_ms, session.now_ms()) {
        Err(UnavailableReason::AfterVisit)
    } else if !access::consents_to_geolocation(&reader, viewer.person, document)? {
        Err(UnavailableReason::NoConsent)
    } else {
        Ok(())
    };
    Ok((row, reading))
}

/// Two taps are one answer, and one reading of the location.
fn is_repeated(session: &Session, row: &VisitRow, dispute: Option<DisputeReason>) -> bool {
    let given = dispute.map_or(Answer::Confirmed, Answer::Disputed);
    row.answers.iter().any(|row| row.representative == session.person && row.current && row.answer == given)
}

/// Whether the visit is going on or ended less than an hour ago.
fn is_visit_time(started_at_ms: i64, finished_at_ms: Option<i64>, now_ms: i64) -> bool {
    let end_ms = finished_at_ms.unwrap_or(started_at_ms.saturating_add(WITHOUT_END_MS));
    (started_at_ms..=end_ms.saturating_add(AFTER_END_MS)).contains(&now_ms)
}

fn seal_answer(
    session: &Session,
    appending: &mut Appending<'_>,
    row: &VisitRow,
    dispute: Option<DisputeReason>,
    capture: Option<CaptureId>,
) -> Result<domain::id::StatementId> {
    let (basis, representative, answered_at_ms) = (row.basis, session.person, session.now_ms());
    let draft = match dispute {
        None => Draft::new(row.id, VisitConfirmed { basis, representative, answered_at_ms, capture }),
        Some(reason) => {
            Draft::new(row.id, VisitDisputed { basis, representative, reason, answered_at_ms, capture })
        }
    };
    Ok(appending.seal(&draft)?.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_location_is_read_during_the_visit_and_an_hour_after() {
        let (start, minute) = (1_795_000_000_000, 60_000);
        let end = Some(start + 45 * minute);
        for (now, may) in [
            (start - 1, false),
            (start, true),
            (start + 45 * minute, true),
            (start + 105 * minute, true),
            (start + 105 * minute + 1, false),
        ] {
            assert_eq!(is_visit_time(start, end, now), may, "{}", now - start);
        }
        assert!(is_visit_time(start, None, start + 5 * 60 * minute));
        assert!(!is_visit_time(start, None, start + 5 * 60 * minute + 1), "a forgotten end");
    }
}
