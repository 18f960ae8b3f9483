//! What a coordinator decides: a person, never the program, says whether a visit counts.

use std::sync::Arc;

use domain::content::{
    LocationOutcome, NotePurpose, RecordChanged, RecordData, RecordKind, ReviewDecision, ReviewReason, Role,
    VisitNoted, VisitReviewed,
};
use domain::geo::DEFAULT_RADIUS_M;
use domain::id::VisitId;
use domain::visit::Review;
use journal::Draft;
use store::Appending;
use store::read::visit::VisitRow;

use crate::access::{self, Viewer};
use crate::errors::{Failure, Result};
use crate::input;
use crate::ipc::{ReviewVisit, VisitRef, VisitView};
use crate::session::Session;
use crate::view::visit::{self, May, confirmation};
use crate::visits::{self, visit_id};

fn look(session: &Session, appending: &Appending<'_>, id: VisitId) -> Result<(VisitRow, May)> {
    let reader = appending.reader();
    let viewer = Viewer::look(&reader, session)?;
    viewer.require(Role::Coordinator)?;
    access::require_agreement(&reader, &viewer, Role::Coordinator.agreement())?;
    let row = visits::find(&reader, id)?;
    let may = May::with(&viewer, &row);
    Ok((row, may))
}

/// Reasons that go with accepting; all others go with returning.
const fn speaks_for(reason: ReviewReason) -> bool {
    matches!(reason, ReviewReason::InOrder | ReviewReason::Explained | ReviewReason::FamilyCalled)
}

/// Accepts or returns the visit as it was on screen.
///
/// # Errors
/// [`Failure::Stale`], [`Failure::BadInput`] for a reason that does not fit the decision, [`Failure::NotAllowed`],
/// [`Failure::AgreementRequired`], [`Failure::NotFound`] and those of the store.
pub(crate) async fn review(session: &Arc<Session>, request: ReviewVisit) -> Result<VisitView> {
    let id = visit_id(&request.visit)?;
    let reason = ReviewReason::from(request.reason);
    if speaks_for(reason) != request.accepted {
        return Err(Failure::BadInput("reason"));
    }
    let text = input::text(request.text, "text")?;
    session
        .append(None, move |session, appending| {
            let (row, may) = look(session, appending, id)?;
            let mut flags_seen = request.flags.clone();
            flags_seen.sort_unstable();
            let mut flags = visit::flags(&row, session.now_ms());
            flags.sort_unstable();
            // The review says by signature which flags were seen, so they must be those that were on screen.
            let is_as_shown = request.basis == row.basis.to_string()
                && request.confirmation == confirmation(row.confirmation)
                && flags_seen == flags;
            if !is_as_shown {
                return Err(Failure::Stale);
            }
            if !may.review {
                return Err(Failure::NotAllowed);
            }
            let given = if request.accepted { Review::Accepted(reason) } else { Review::Returned(reason) };
            if row.review == given && text.is_none() {
                // Two presses are one decision.
                return Ok(());
            }
            let decision = if request.accepted { ReviewDecision::Accepted } else { ReviewDecision::Returned };
            let (basis, reviewed_at_ms) = (row.basis, session.now_ms());
            let reviewed = VisitReviewed { basis, decision, reason, flags_seen, reviewed_at_ms };
            let about = appending.seal(&Draft::new(id, reviewed))?.id;
            if let Some(text) = text.clone() {
                let noted = VisitNoted { purpose: NotePurpose::Review, text, about: Some(about) };
                appending.seal(&Draft::new(id, noted))?;
            }
            Ok(())
        })
        .await?;
    visits::one(session, id).await
}

/// The place of an accepted visit takes the coordinates of that visit, when it has none and they are good enough.
///
/// # Errors
/// [`Failure::NotAllowed`], [`Failure::AgreementRequired`], [`Failure::NotFound`] and those of the store.
pub(crate) async fn adopt_position(session: &Arc<Session>, request: VisitRef) -> Result<VisitView> {
    let id = visit_id(&request.visit)?;
    session
        .append(None, move |session, appending| {
            let (row, may) = look(session, appending, id)?;
            let (true, Some(place), Some(LocationOutcome::Fix(fix))) =
                (may.adopt_position, row.place, row.location)
            else {
                return Err(Failure::NotAllowed);
            };
            let data = RecordData::Position {
                lat_e7: fix.lat_e7,
                lon_e7: fix.lon_e7,
                radius_m: DEFAULT_RADIUS_M,
                adopted_from: Some(row.registered),
            };
            appending.seal(&Draft::new(place, RecordChanged { record: RecordKind::Place, data }))?;
            Ok(())
        })
        .await?;
    visits::one(session, id).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_reason_goes_with_both_decisions() {
        let reasons = [
            (ReviewReason::InOrder, true),
            (ReviewReason::Explained, true),
            (ReviewReason::FamilyCalled, true),
            (ReviewReason::WrongTime, false),
            (ReviewReason::WrongService, false),
            (ReviewReason::Duplicate, false),
            (ReviewReason::WrongPlace, false),
            (ReviewReason::NotHeld, false),
            (ReviewReason::MoreNeeded, false),
        ];
        for (reason, accepts) in reasons {
            assert_eq!(speaks_for(reason), accepts, "{reason:?}");
        }
    }
}
