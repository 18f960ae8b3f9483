//! Two visits of one specialist against each other.

use super::Flag;
use super::limit::{DUPLICATE_MS, TOGETHER_MS};
use crate::content::VisitOutcome;
use crate::id::{CaptureId, ChildId, PlaceId, VisitId};

/// One visit as it stands, as the comparison needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stay {
    /// Which visit.
    pub visit: VisitId,
    /// Whom.
    pub child: ChildId,
    /// Where it was agreed to take place.
    pub place: Option<PlaceId>,
    /// The reading that its tap began; siblings share it.
    pub capture: Option<CaptureId>,
    /// Held, or nobody at home.
    pub outcome: VisitOutcome,
    /// Start.
    pub started_at_ms: i64,
    /// End; absent while it is not known.
    pub finished_at_ms: Option<i64>,
}

/// What is wrong with two visits of one specialist, neither of which was taken back.
///
/// Children of one tap and children at one place are visited together. A visit without an end is the moment of its
/// start. Somebody who found nobody at home may come again at once.
pub fn clash(a: &Stay, b: &Stay) -> Option<Flag> {
    if a.visit == b.visit {
        return None;
    }
    if a.child == b.child {
        let begin_together = a.started_at_ms.abs_diff(b.started_at_ms) <= DUPLICATE_MS.unsigned_abs();
        let is_one = a.outcome == b.outcome && (begin_together || are_together(a, b));
        return is_one.then_some(Flag::DuplicateVisit);
    }
    let one_tap = a.capture.is_some()
        && a.capture == b.capture
        && a.started_at_ms.abs_diff(b.started_at_ms) <= TOGETHER_MS.unsigned_abs();
    let one_place = a.place.is_some() && a.place == b.place;
    (!one_tap && !one_place && are_together(a, b)).then_some(Flag::VisitsOverlap)
}

/// Whether the two run at the same time for longer than [`TOGETHER_MS`].
fn are_together(a: &Stay, b: &Stay) -> bool {
    let lasts = |from_ms: i64, to_ms: i64| to_ms.saturating_sub(from_ms) > TOGETHER_MS;
    match (a.finished_at_ms, b.finished_at_ms) {
        (Some(a_end), Some(b_end)) if a_end > a.started_at_ms && b_end > b.started_at_ms => {
            lasts(a.started_at_ms.max(b.started_at_ms), a_end.min(b_end))
        }
        (Some(end), _) if end > a.started_at_ms => is_within(b.started_at_ms, a.started_at_ms, end),
        (_, Some(end)) if end > b.started_at_ms => is_within(a.started_at_ms, b.started_at_ms, end),
        _ => false,
    }
}

/// Whether a moment lies in a visit, not at its edges.
fn is_within(at_ms: i64, from_ms: i64, to_ms: i64) -> bool {
    at_ms.saturating_sub(from_ms) > TOGETHER_MS && to_ms.saturating_sub(at_ms) > TOGETHER_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIN: i64 = 60_000;

    fn stay(n: u8, child: u8, from_min: i64, to_min: Option<i64>) -> Stay {
        Stay {
            visit: VisitId::from_bytes([n; 16]),
            child: ChildId::from_bytes([child; 16]),
            place: Some(PlaceId::from_bytes([child; 16])),
            capture: Some(CaptureId::from_bytes([n; 16])),
            outcome: VisitOutcome::Held,
            started_at_ms: from_min * MIN,
            finished_at_ms: to_min.map(|min| min * MIN),
        }
    }

    fn both_ways(a: Stay, b: Stay) -> Option<Flag> {
        let found = clash(&a, &b);
        assert_eq!(found, clash(&b, &a), "whichever came first");
        found
    }

    #[test]
    fn two_children_at_two_places_at_the_same_time() {
        for (from, to, found) in [
            (30, Some(90), Some(Flag::VisitsOverlap)),
            (55, Some(90), None),
            (54, Some(90), Some(Flag::VisitsOverlap)),
            (60, Some(90), None),
            (30, None, Some(Flag::VisitsOverlap)),
            (56, None, None),
            (4, None, None),
            (-30, Some(30), Some(Flag::VisitsOverlap)),
            (30, Some(30), Some(Flag::VisitsOverlap)),
        ] {
            assert_eq!(both_ways(stay(1, 1, 0, Some(60)), stay(2, 2, from, to)), found, "{from} {to:?}");
        }
        assert_eq!(both_ways(stay(1, 1, 0, None), stay(2, 2, 0, None)), None, "two moments");
    }

    #[test]
    fn one_tap_and_one_place_are_one_visit_of_several_children() {
        let first = stay(1, 1, 0, Some(60));
        let sibling = Stay { capture: first.capture, ..stay(2, 2, 0, Some(60)) };
        assert_eq!(both_ways(first, sibling), None);
        let group = Stay { place: first.place, ..stay(2, 2, 10, Some(60)) };
        assert_eq!(both_ways(first, group), None);
        let nowhere = |stay| Stay { place: None, capture: None, ..stay };
        let (a, b) = (nowhere(first), nowhere(stay(2, 2, 10, Some(60))));
        assert_eq!(both_ways(a, b), Some(Flag::VisitsOverlap), "absent is not the same");
    }

    #[test]
    fn the_same_child_twice() {
        let first = stay(1, 1, 0, Some(45));
        for (from, to, found) in [
            (10, None, Some(Flag::DuplicateVisit)),
            (11, None, Some(Flag::DuplicateVisit)),
            (41, None, None),
            (40, Some(80), None),
            (39, Some(80), Some(Flag::DuplicateVisit)),
            (240, Some(280), None),
        ] {
            assert_eq!(both_ways(first, stay(2, 1, from, to)), found, "{from} {to:?}");
        }
        let nobody = Stay { outcome: VisitOutcome::NobodyHome, ..stay(2, 1, -8, Some(-8)) };
        assert_eq!(both_ways(first, nobody), None, "came again");
    }
}
