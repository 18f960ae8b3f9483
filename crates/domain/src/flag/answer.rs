//! The answers of one representative against each other.

use std::collections::BTreeSet;

use super::limit::{CHILDREN_OF_ONE, HASTE_MS, HASTY_ANSWERS, SITTING_MS, SPECIALISTS_OF_ONE};
use crate::id::{ChildId, PersonId, VisitId};

/// One answer, as the comparison needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// To which visit.
    pub visit: VisitId,
    /// Of whom.
    pub child: ChildId,
    /// By whom.
    pub specialist: PersonId,
    /// When, by the wall clock of the device that signed.
    pub at_ms: i64,
}

/// Whether an answer ends a run that nobody reads, or a sitting in which one person answers for many.
///
/// `others` are answers of the same person, at least those of the [`SITTING_MS`] before this one.
pub fn is_one_of_many(answered: &Answered, others: &[Answered]) -> bool {
    let within = |span_ms: i64| {
        others
            .iter()
            .chain([answered])
            .filter(move |other| (0..=span_ms).contains(&answered.at_ms.saturating_sub(other.at_ms)))
    };
    let hasty: BTreeSet<_> = within(HASTE_MS).map(|other| other.visit).collect();
    let children: BTreeSet<_> = within(SITTING_MS).map(|other| other.child).collect();
    let specialists: BTreeSet<_> = within(SITTING_MS).map(|other| other.specialist).collect();
    hasty.len() >= HASTY_ANSWERS || children.len() > CHILDREN_OF_ONE || specialists.len() > SPECIALISTS_OF_ONE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(visit: u8, child: u8, specialist: u8, at_ms: i64) -> Answered {
        Answered {
            visit: VisitId::from_bytes([visit; 16]),
            child: ChildId::from_bytes([child; 16]),
            specialist: PersonId::from_bytes([specialist; 16]),
            at_ms,
        }
    }

    fn last_of(answers: &[Answered]) -> bool {
        let (last, others) = answers.split_last().unwrap();
        is_one_of_many(last, others)
    }

    #[test]
    fn a_run_that_nobody_reads() {
        let run = |count: u8, each_ms: i64| -> Vec<Answered> {
            (0..count).map(|n| answer(n, 1, 1, i64::from(n) * each_ms)).collect()
        };
        assert!(last_of(&run(5, 5_000)));
        assert!(!last_of(&run(5, 5_001)), "each was on screen for five seconds");
        assert!(!last_of(&run(4, 0)));
        assert!(!last_of(&[answer(1, 1, 1, 0); 9]), "the same visit answered anew");
    }

    #[test]
    fn one_person_for_many() {
        let children = |count: u8| -> Vec<Answered> {
            (0..count).map(|n| answer(n, n, 1, i64::from(n) * 60_000)).collect()
        };
        assert!(!last_of(&children(4)) && last_of(&children(5)));
        let specialists = |count: u8| -> Vec<Answered> {
            (0..count).map(|n| answer(n, 1, n, i64::from(n) * 60_000)).collect()
        };
        assert!(!last_of(&specialists(6)) && last_of(&specialists(7)));
        let mut old = children(5);
        old[0].at_ms -= SITTING_MS;
        assert!(!last_of(&old), "an hour ago is another sitting");
    }
}
