//! A visit in a list, with what may be done with it by whom.

use domain::content::{LocationOutcome, VisitOutcome};
use domain::flag::limit::LOW_ACCURACY_DM;
use domain::flag::standing;
use domain::visit::{Answer, Confirmation, Review};
use store::read::transport::Transport as StoredTransport;
use store::read::visit::{AnswerRow, VisitRow};

use super::card::{self, Cards};
use super::location;
use crate::access::Viewer;
use crate::errors::Result;
use crate::ipc::{
    AnswerView, ConfirmationState, LocationState, LocationView, PersonCard, ReviewState, SiblingView,
    Transport, TransportView, VisitView,
};
use crate::session::Session;

/// Shows a visit to a viewer.
///
/// # Errors
/// Those of the store.
pub(crate) fn view(
    session: &Session,
    viewer: &Viewer,
    cards: &mut Cards<'_, '_>,
    row: &VisitRow,
) -> Result<VisitView> {
    let may = May::with(viewer, row);
    let (review, review_reason) = match row.review {
        Review::Open => (ReviewState::Open, None),
        Review::Accepted(reason) => (ReviewState::Accepted, Some(reason.into())),
        Review::Returned(reason) => (ReviewState::Returned, Some(reason.into())),
    };
    let undo_left_ms = if row.cancelled.is_none() { session.undo_left_ms(row.id) } else { 0 };
    Ok(VisitView {
        id: row.id.to_string(),
        basis: row.basis.to_string(),
        child: SiblingView { id: row.child.to_string(), name: card::short_name(row.child_name.as_ref()) },
        specialist: cards.card(row.specialist, Some(row.organisation))?,
        place_label: row.place_label.clone(),
        service: row.service.clone(),
        outcome: row.outcome.into(),
        started_at_ms: row.started_at_ms,
        finished_at_ms: row.finished_at_ms,
        offset_min: row.offset_min,
        late: row.late.map(Into::into),
        cancelled: row.cancelled.map(Into::into),
        transport: transport(row.transport),
        location: place_of(viewer, row),
        review,
        review_reason,
        confirmation: confirmation(row.confirmation),
        answers: row.answers.iter().map(|answer| answer_view(viewer, answer)).collect(),
        flags: flags(row, viewer.now_ms),
        note: row.note.clone(),
        can_undo_ms: undo_left_ms,
        can_finish: may.finish,
        can_correct: may.correct,
        can_answer: may.answer,
        can_review: may.review,
        can_adopt_position: may.adopt_position,
    })
}

/// Codes of what a person should look at, as it is at this moment: nobody has answered for too long.
pub(crate) fn flags(row: &VisitRow, now_ms: i64) -> Vec<String> {
    let mut flags = row.flags.clone();
    if row.cancelled.is_none() && row.confirmation == Confirmation::None {
        flags.extend(standing(row.confirmation, row.started_at_ms, now_ms));
    }
    flags.sort_unstable();
    flags.dedup();
    flags.iter().map(|flag| flag.as_str().to_owned()).collect()
}

/// What a person may do with a visit as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct May {
    /// Write its end.
    pub(crate) finish: bool,
    /// Put a mistake right, add a note.
    pub(crate) correct: bool,
    /// Confirm or dispute; also once more, because people change their mind.
    pub(crate) answer: bool,
    /// Accept or return; nobody decides about the own visit.
    pub(crate) review: bool,
    /// Give its place the coordinates of the visit.
    pub(crate) adopt_position: bool,
}

impl May {
    /// Decides for a viewer. What belongs to the own visit asks for no role: an engagement ends, the fact stays.
    pub(crate) fn with(viewer: &Viewer, row: &VisitRow) -> Self {
        let stands = row.cancelled.is_none();
        let is_own = row.specialist == viewer.person;
        let coordinates =
            viewer.coordinates.contains(&row.organisation) && row.specialist != viewer.person && stands;
        let has_good_fix = matches!(&row.location, Some(LocationOutcome::Fix(fix))
            if fix.accuracy_dm.is_some_and(|dm| dm > 0 && dm <= LOW_ACCURACY_DM) && fix.mock != Some(true));
        Self {
            finish: is_own && stands && row.finished_at_ms.is_none() && row.outcome == VisitOutcome::Held,
            correct: is_own && stands,
            answer: stands && row.specialist != viewer.person && viewer.represents.contains(&row.child),
            review: coordinates,
            adopt_position: coordinates
                && matches!(row.review, Review::Accepted(_))
                && row.place.is_some()
                && !row.place_has_position
                && has_good_fix,
        }
    }
}

/// The confirmation as a whole.
pub(crate) const fn confirmation(stored: Confirmation) -> ConfirmationState {
    match stored {
        Confirmation::None => ConfirmationState::None,
        Confirmation::ByGuest => ConfirmationState::ConfirmedOnDevice,
        Confirmation::Confirmed => ConfirmationState::Confirmed,
        Confirmation::Disputed => ConfirmationState::Disputed,
    }
}

fn place_of(viewer: &Viewer, row: &VisitRow) -> LocationView {
    let mut shown = match &row.location {
        Some(outcome) => location::view(outcome, row.distance_m, row.presence),
        None if row.capture.is_none() => location::without_outcome(LocationState::NotDue),
        None if row.capture_pending || is_for(viewer, row) => {
            location::without_outcome(LocationState::Pending)
        }
        None => location::without_outcome(LocationState::Hidden),
    };
    shown.place_unknown = !row.place_has_position;
    shown
}

/// Whether the outcome will reach this viewer (the audiences of `visit-located`); colleagues of the care team never
/// see it.
fn is_for(viewer: &Viewer, row: &VisitRow) -> bool {
    row.specialist == viewer.person
        || viewer.coordinates.contains(&row.organisation)
        || viewer.represents.contains(&row.child)
}

fn answer_view(viewer: &Viewer, row: &AnswerRow) -> AnswerView {
    AnswerView {
        representative: PersonCard {
            id: row.representative.to_string(),
            name: card::full_name(row.name.as_ref()),
            position_kk: None,
            position_ru: None,
            organisation_kk: None,
            organisation_ru: None,
        },
        confirmed: row.answer == Answer::Confirmed,
        reason: match row.answer {
            Answer::Confirmed => None,
            Answer::Disputed(reason) => Some(reason.into()),
        },
        answered_at_ms: row.answered_at_ms,
        current: row.current,
        mine: row.representative == viewer.person,
        on_specialists_device: row.by_guest,
    }
}

/// Where records are on their way.
pub(crate) fn transport(stored: StoredTransport) -> TransportView {
    let (state, refusal) = match stored {
        StoredTransport::Saved => (Transport::Saved, None),
        StoredTransport::Sent => (Transport::Sent, None),
        StoredTransport::Registered => (Transport::Registered, None),
        StoredTransport::Refused(reason) => (Transport::Refused, Some(reason.into())),
    };
    TransportView { state, refusal }
}

#[cfg(test)]
mod tests;
