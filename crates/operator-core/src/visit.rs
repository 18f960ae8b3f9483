//! A visit as the rules compare it with others: as [`domain::visit::Visit::fold`] gives it, kept row by row.

use domain::content::{Content, VisitOutcome, VisitRegistered};
use domain::flag::stay::Stay;
use domain::id::{CaptureId, PlaceId, StatementId, VisitId};
use domain::scope::VisitParties;

/// A visit that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisitRow {
    /// Its id.
    pub visit: VisitId,
    /// Whom, who, for which organisation. They stay when all else is erased, as they stay in the audiences of the
    /// envelope: without them nobody could be told what is said about it later.
    pub parties: VisitParties,
    /// What its statements say of it; `None` once the registration is erased.
    pub said: Option<VisitSaid>,
    /// The latest version; of an erased visit its registration.
    pub basis: StatementId,
    /// The statement that registered it.
    pub leaf_index: u64,
}

/// What is said of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisitSaid {
    /// Agreed place.
    pub place: Option<PlaceId>,
    /// The reading that its tap began.
    pub capture: Option<CaptureId>,
    /// Held, or nobody at home.
    pub outcome: VisitOutcome,
    /// Start.
    pub started_at_ms: i64,
    /// End; absent while it is not known.
    pub finished_at_ms: Option<i64>,
    /// Whether it is taken back.
    pub cancelled: bool,
}

impl VisitSaid {
    /// As its registration says.
    pub(crate) const fn first(registered: &VisitRegistered) -> Self {
        Self {
            place: registered.place,
            capture: registered.capture,
            outcome: registered.outcome,
            started_at_ms: registered.started_at_ms,
            finished_at_ms: registered.finished_at_ms,
            cancelled: false,
        }
    }
}

/// What a registration says of a visit.
pub(crate) fn stay_of(visit: VisitId, registered: &VisitRegistered) -> Stay {
    Stay {
        visit,
        child: registered.child,
        place: registered.place,
        capture: registered.capture,
        outcome: registered.outcome,
        started_at_ms: registered.started_at_ms,
        finished_at_ms: registered.finished_at_ms,
    }
}

impl VisitRow {
    /// The agreed place, unless it is erased.
    pub(crate) fn place(&self) -> Option<PlaceId> {
        self.said.and_then(|said| said.place)
    }

    /// The visit as it stands; `None` while it is taken back, and once it is erased.
    pub(crate) fn stay(&self) -> Option<Stay> {
        let said = self.said.filter(|said| !said.cancelled)?;
        Some(Stay {
            visit: self.visit,
            child: self.parties.child,
            place: said.place,
            capture: said.capture,
            outcome: said.outcome,
            started_at_ms: said.started_at_ms,
            finished_at_ms: said.finished_at_ms,
        })
    }

    /// The visit after a finish or a correction by its specialist; `None` when that changes nothing.
    pub(crate) fn changed_by(&self, statement: StatementId, content: &Content) -> Option<Self> {
        let said = self.said?;
        let changed = match content {
            Content::VisitFinished(finished) if said.finished_at_ms.is_none() => {
                VisitSaid { finished_at_ms: Some(finished.finished_at_ms), ..said }
            }
            Content::VisitCorrected(corrected) => {
                let change = &corrected.change;
                VisitSaid {
                    // Only who saw that it was taken back can let it stand again.
                    cancelled: change.cancelled || (said.cancelled && corrected.basis != self.basis),
                    outcome: change.outcome.unwrap_or(said.outcome),
                    started_at_ms: change.started_at_ms.unwrap_or(said.started_at_ms),
                    finished_at_ms: change.finished_at_ms.or(said.finished_at_ms),
                    ..said
                }
            }
            _ => return None,
        };
        Some(Self { said: Some(changed), basis: statement, ..*self })
    }

    /// The visit when nothing is left of what its registration says.
    pub(crate) const fn erased(self, registration: StatementId) -> Self {
        Self { said: None, basis: registration, ..self }
    }
}
