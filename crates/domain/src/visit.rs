//! The state machine of one visit, folded from its statements (docs/PROTOCOL.md, "A visit").
//!
//! # Invariants
//! The fold is a pure function of the statements in their order: registered ones by log index, then the own unsent
//! ones by series. So a projection can be dropped and rebuilt to equality.

use std::collections::BTreeMap;

use crate::content::{
    Content, CorrectionReason, DisputeReason, LateReason, LocationMoment, LocationOutcome, NotePurpose,
    ReviewDecision, ReviewReason, UnavailableReason, VisitOutcome,
};
use crate::id::{CaptureId, ChildId, OrganisationId, PersonId, PlaceId, StatementId, VisitId};

/// One statement about a visit, as the fold needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitStatement {
    /// Its id.
    pub id: StatementId,
    /// Person bound to the key that signed it, when the reader can tell.
    pub author: Option<PersonId>,
    /// Whether that person may say this about the visit, as far as the reader knows: an answer is a representative's
    /// of the child, a review a coordinator's of the organisation. Asked of answers and reviews alone.
    pub has_authority: bool,
    /// Whether it was signed on a specialist's device: the binding of the key names a host, or the operator found the
    /// specialist's records on the same device. Asked of answers alone.
    pub by_guest: bool,
    /// What it says; `None` when the reader may see only the envelope or the content was erased.
    pub content: Option<Content>,
}

/// Where the review stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Review {
    /// Nobody has decided, or a correction opened it again.
    Open,
    /// A coordinator accepted it.
    Accepted(ReviewReason),
    /// A coordinator returned it.
    Returned(ReviewReason),
}

/// What one representative answered to the visit as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It was so.
    Confirmed,
    /// It was not so.
    Disputed(DisputeReason),
}

/// A representative's latest answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GivenAnswer {
    /// The answer.
    pub answer: Answer,
    /// The statement that gives it.
    pub statement: StatementId,
    /// When.
    pub answered_at_ms: i64,
    /// The version of the visit that was on screen.
    pub basis: StatementId,
    /// Given on a specialist's device.
    pub by_guest: bool,
}

/// The confirmation of a visit as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confirmation {
    /// Nobody has answered to the visit as it stands.
    None,
    /// Confirmed on a specialist's device alone: weaker evidence, never a full confirmation.
    ByGuest,
    /// Somebody confirmed on a device of the own and nobody disputes.
    Confirmed,
    /// At least one representative disputes.
    Disputed,
}

/// A visit as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// Its id.
    pub id: VisitId,
    /// Whom.
    pub child: ChildId,
    /// Who: the person to whom the signing key is bound, otherwise who the statement names.
    pub specialist: PersonId,
    /// For which organisation.
    pub organisation: OrganisationId,
    /// Agreed place.
    pub place: Option<PlaceId>,
    /// Code of the service.
    pub service: String,
    /// Held or nobody at home.
    pub outcome: VisitOutcome,
    /// Start, UTC ms.
    pub started_at_ms: i64,
    /// End, UTC ms.
    pub finished_at_ms: Option<i64>,
    /// Minutes east of UTC at the place.
    pub offset_min: i16,
    /// Entered after the fact.
    pub late: Option<LateReason>,
    /// Reading of the location that belongs to the registration.
    pub capture: Option<CaptureId>,
    /// The warning that was on screen before the tap.
    pub warned: Option<UnavailableReason>,
    /// Outcome of that reading; `None` while it runs or when the reader may not see it.
    pub location: Option<LocationOutcome>,
    /// Taken back, and why.
    pub cancelled: Option<CorrectionReason>,
    /// The statement that registered it.
    pub registered: StatementId,
    /// The latest of registration, finish and corrections: what confirmations and reviews refer to.
    pub basis: StatementId,
    /// The versions of the visit in their order; `basis` is the last one.
    pub versions: Vec<StatementId>,
    /// Where the review stands.
    pub review: Review,
    /// The answer of each representative to the latest version that the representative answered.
    pub answers: BTreeMap<PersonId, GivenAnswer>,
    /// The latest note for the care team.
    pub note: Option<String>,
}

impl Confirmation {
    /// The code in SQL, files and words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Confirmation::None => "none",
            Confirmation::ByGuest => "confirmed-on-device",
            Confirmation::Confirmed => "confirmed",
            Confirmation::Disputed => "disputed",
        }
    }

    /// The confirmation of that code.
    pub fn parse(code: &str) -> Option<Self> {
        [Self::None, Self::ByGuest, Self::Confirmed, Self::Disputed]
            .into_iter()
            .find(|known| known.as_str() == code)
    }
}

impl Visit {
    /// Folds the statements of one visit. `None` while its registration is not among them.
    ///
    /// Statements of another kind, by the wrong author or with a withheld content change nothing: a correction and a
    /// finish count only by the visit's specialist, an answer only in the name of its author and never by that
    /// specialist, whoever else the specialist may be to the child. Who cannot be told counts for nobody.
    pub fn fold(id: VisitId, statements: &[VisitStatement]) -> Option<Self> {
        let mut visit = statements.iter().find_map(|statement| Self::start(id, statement))?;
        for statement in statements {
            if let Some(content) = &statement.content {
                visit.apply(statement, content);
            }
        }
        Some(visit)
    }

    fn start(id: VisitId, statement: &VisitStatement) -> Option<Self> {
        let Some(Content::VisitRegistered(registered)) = &statement.content else { return None };
        Some(Self {
            id,
            child: registered.child,
            specialist: statement.author.unwrap_or(registered.specialist),
            organisation: registered.organisation,
            place: registered.place,
            service: registered.service.clone(),
            outcome: registered.outcome,
            started_at_ms: registered.started_at_ms,
            finished_at_ms: registered.finished_at_ms,
            offset_min: registered.offset_min,
            late: registered.late,
            capture: registered.capture,
            warned: registered.warned,
            location: None,
            cancelled: None,
            registered: statement.id,
            basis: statement.id,
            versions: vec![statement.id],
            review: Review::Open,
            answers: BTreeMap::new(),
            note: None,
        })
    }

    fn apply(&mut self, statement: &VisitStatement, content: &Content) {
        let by_specialist = statement.author == Some(self.specialist);
        let may_answer = statement.has_authority && !by_specialist;
        match content {
            // Whoever answered before saw no end, and has not answered for the hours.
            Content::VisitFinished(finished) if by_specialist && self.finished_at_ms.is_none() => {
                self.finished_at_ms = Some(finished.finished_at_ms);
                self.begin_version(statement.id);
            }
            Content::VisitLocated(located)
                if by_specialist
                    && located.moment == LocationMoment::Registered
                    && Some(located.capture) == self.capture =>
            {
                self.location.get_or_insert(located.outcome);
            }
            Content::VisitNoted(note) if note.purpose == NotePurpose::Care && by_specialist => {
                self.note = Some(note.text.clone());
            }
            // What was missing is told: nothing about the visit itself changed, so only the coordinator looks again.
            Content::VisitNoted(note)
                if note.purpose == NotePurpose::Correction
                    && by_specialist
                    && note.about == Some(self.basis)
                    && matches!(self.review, Review::Returned(_)) =>
            {
                self.review = Review::Open;
            }
            Content::VisitCorrected(corrected) if by_specialist => {
                let change = &corrected.change;
                if change.cancelled {
                    self.cancelled = Some(corrected.reason);
                } else if corrected.basis == self.basis {
                    // Only who saw that it was taken back can let it stand again; another device may not have.
                    self.cancelled = None;
                }
                self.begin_version(statement.id);
                if let Some(service) = &change.service {
                    self.service.clone_from(service);
                }
                self.outcome = change.outcome.unwrap_or(self.outcome);
                self.started_at_ms = change.started_at_ms.unwrap_or(self.started_at_ms);
                self.finished_at_ms = change.finished_at_ms.or(self.finished_at_ms);
            }
            Content::VisitConfirmed(confirmed) if may_answer && by(statement, confirmed.representative) => {
                self.answer(
                    confirmed.representative,
                    GivenAnswer {
                        answer: Answer::Confirmed,
                        statement: statement.id,
                        answered_at_ms: confirmed.answered_at_ms,
                        basis: confirmed.basis,
                        by_guest: statement.by_guest,
                    },
                );
            }
            Content::VisitDisputed(disputed) if may_answer && by(statement, disputed.representative) => {
                self.answer(
                    disputed.representative,
                    GivenAnswer {
                        answer: Answer::Disputed(disputed.reason),
                        statement: statement.id,
                        answered_at_ms: disputed.answered_at_ms,
                        basis: disputed.basis,
                        by_guest: statement.by_guest,
                    },
                );
            }
            Content::VisitReviewed(reviewed)
                if reviewed.basis == self.basis && statement.author.is_some() && may_answer =>
            {
                self.review = match reviewed.decision {
                    ReviewDecision::Accepted => Review::Accepted(reviewed.reason),
                    ReviewDecision::Returned => Review::Returned(reviewed.reason),
                };
            }
            _ => {}
        }
    }

    /// What was answered and reviewed before was another visit.
    fn begin_version(&mut self, statement: StatementId) {
        self.basis = statement;
        self.versions.push(statement);
        self.review = Review::Open;
    }

    /// An answer that comes late, to an earlier version, never replaces one to a later version; and one that was given on
    /// the specialist's device never one that was not: nobody knows that it is the same person's.
    fn answer(&mut self, representative: PersonId, given: GivenAnswer) {
        let place = |basis: StatementId| self.versions.iter().position(|version| *version == basis);
        let stands = self.answers.get(&representative).is_some_and(|earlier| {
            let (known, new) = (place(earlier.basis), place(given.basis));
            new < known || new == known && given.by_guest && !earlier.by_guest
        });
        if !stands {
            self.answers.insert(representative, given);
        }
    }

    /// The answers to the visit as it stands; a finish and a correction ask everybody again.
    pub fn current_answers(&self) -> impl Iterator<Item = (&PersonId, &GivenAnswer)> {
        self.answers.iter().filter(|(_, given)| given.basis == self.basis)
    }

    /// Confirmed, disputed or neither, as the visit stands.
    pub fn confirmation(&self) -> Confirmation {
        self.current_answers()
            .map(|(_, given)| match given.answer {
                Answer::Confirmed if given.by_guest => Confirmation::ByGuest,
                Answer::Confirmed => Confirmation::Confirmed,
                Answer::Disputed(_) => Confirmation::Disputed,
            })
            .max()
            .unwrap_or(Confirmation::None)
    }
}

fn by(statement: &VisitStatement, person: PersonId) -> bool {
    statement.author == Some(person)
}

#[cfg(test)]
mod tests;
