//! A visit as the rules compare it with others: as [`domain::visit::Visit::fold`] gives it, kept row by row.

use domain::content::{Content, VisitRegistered};
use domain::flag::stay::Stay;
use domain::id::{StatementId, VisitId};

use crate::store::VisitRow;

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
    /// The visit as it stands; `None` while it is taken back.
    pub(crate) fn stay(&self) -> Option<Stay> {
        (!self.cancelled).then_some(Stay {
            visit: self.visit,
            child: self.parties.child,
            place: self.place,
            capture: self.capture,
            outcome: self.outcome,
            started_at_ms: self.started_at_ms,
            finished_at_ms: self.finished_at_ms,
        })
    }

    /// The visit after a finish or a correction by its specialist; `None` when that changes nothing.
    pub(crate) fn changed_by(&self, statement: StatementId, content: &Content) -> Option<Self> {
        match content {
            Content::VisitFinished(finished) if self.finished_at_ms.is_none() => {
                Some(Self { finished_at_ms: Some(finished.finished_at_ms), basis: statement, ..*self })
            }
            Content::VisitCorrected(corrected) => {
                let change = &corrected.change;
                Some(Self {
                    // Only who saw that it was taken back can let it stand again.
                    cancelled: change.cancelled || (self.cancelled && corrected.basis != self.basis),
                    outcome: change.outcome.unwrap_or(self.outcome),
                    started_at_ms: change.started_at_ms.unwrap_or(self.started_at_ms),
                    finished_at_ms: change.finished_at_ms.or(self.finished_at_ms),
                    basis: statement,
                    ..*self
                })
            }
            _ => None,
        }
    }
}
