//! What is proven of a visit's time, and what its flags are about in numbers.

use domain::content::LocationOutcome;
use domain::flag::Flag;
use domain::flag::limit::LATE_SYNC_MS;
use domain::interval::Interval;
use store::read::visit::VisitRow;

use super::card;
use crate::ipc::{ProofView, ReasonView, SiblingView};

/// The proven span.
pub(crate) fn proof(proven: Option<Interval>) -> ProofView {
    let Interval { not_before_ms, not_after_ms } =
        proven.unwrap_or(Interval { not_before_ms: None, not_after_ms: None });
    let contradiction = proven.is_some_and(|proven| proven.is_contradiction());
    ProofView { not_before_ms, not_after_ms, contradiction }
}

/// A reason for each flag on screen; several where several visits are meant.
pub(crate) fn reasons(row: &VisitRow, flags: &[String], proven: Option<&Interval>) -> Vec<ReasonView> {
    let mut reasons = Vec::new();
    for code in flags {
        let mut has_other = false;
        for pair in row.pairs.iter().filter(|pair| pair.flag.as_str() == code) {
            has_other = true;
            let name = card::short_name(pair.child_name.as_ref());
            reasons.push(ReasonView {
                flag: code.clone(),
                distance_m: pair.distance_m,
                lasted_ms: pair.lasted_ms,
                other: Some(SiblingView { id: pair.other.to_string(), name }),
                other_started_at_ms: Some(pair.started_at_ms),
            });
        }
        if !has_other {
            reasons.push(alone(row, code, proven));
        }
    }
    reasons
}

/// The numbers of a flag that is about this visit alone.
fn alone(row: &VisitRow, code: &str, proven: Option<&Interval>) -> ReasonView {
    let accuracy_m = match &row.location {
        Some(LocationOutcome::Fix(fix)) => fix.accuracy_dm.filter(|&dm| dm > 0).map(|dm| dm.div_ceil(10)),
        _ => None,
    };
    let arrived_ms = proven.and_then(|proven| proven.not_after_ms);
    let (distance_m, lasted_ms) = match Flag::parse(code) {
        Some(Flag::FarFromPlace) => (row.distance_m, None),
        Some(Flag::LowAccuracy) => (accuracy_m, None),
        Some(Flag::LateSync) => {
            let waited_ms = arrived_ms.map(|ms| ms.saturating_sub(row.issued_at_ms));
            (None, waited_ms.filter(|&ms| ms > LATE_SYNC_MS))
        }
        Some(Flag::LateEntry) => {
            (None, Some(row.issued_at_ms.saturating_sub(row.started_at_ms)).filter(|&ms| ms > 0))
        }
        _ => (None, None),
    };
    ReasonView { flag: code.to_owned(), distance_m, lasted_ms, other: None, other_started_at_ms: None }
}
