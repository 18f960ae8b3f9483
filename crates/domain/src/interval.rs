//! When a statement was made, as far as it can be proven without its author's wall clock.
//!
//! A statement is younger than the tree head that it names (its beacon) and older than the head that contains it, both
//! by the operator's clock. The statements of one key stand in one order, and within an epoch a clock that nobody sets
//! says how far apart they are: so what is proven of one narrows the others.

use crate::clock::ContinuousTime;

/// A quartz may be off by 100 ppm, a tenth of a second in 1,000 s.
const DRIFT_PARTS: u64 = 10_000;

/// `iat` of a head is in whole seconds, and so is what two rounded times may differ.
const ROUNDING_MS: i64 = 1_000;

/// What is known of one statement of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Place in the series.
    pub seq: u64,
    /// The clock that counts sleep.
    pub continuous: ContinuousTime,
    /// Of the head that it names, UTC ms; absent when none is known.
    pub not_before_ms: Option<i64>,
    /// Of the first known head that contains it, UTC ms; absent while it is not registered.
    pub not_after_ms: Option<i64>,
}

/// A span, both ends included; an absent end is not proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// UTC ms.
    pub not_before_ms: Option<i64>,
    /// UTC ms.
    pub not_after_ms: Option<i64>,
}

impl Interval {
    /// The clocks and the log cannot all be right: a reason to look, not an error.
    pub fn is_contradiction(&self) -> bool {
        self.not_before_ms.zip(self.not_after_ms).is_some_and(|(from_ms, to_ms)| from_ms > to_ms)
    }
}

/// The span in which a statement was made, from what is known of it and of others of the same key.
pub fn prove(statement: &Mark, others: &[Mark]) -> Interval {
    let mut proven =
        Interval { not_before_ms: statement.not_before_ms, not_after_ms: statement.not_after_ms };
    for other in others {
        let (earliest_ms, latest_ms) = if other.continuous.epoch == statement.continuous.epoch {
            by_elapsed(statement, other)
        } else if other.seq < statement.seq {
            (other.not_before_ms, None)
        } else {
            (None, other.not_after_ms)
        };
        proven.not_before_ms = proven.not_before_ms.max(earliest_ms);
        proven.not_after_ms = match (proven.not_after_ms, latest_ms) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
    proven
}

/// What another statement of the epoch proves, moved by the time between the two.
fn by_elapsed(statement: &Mark, other: &Mark) -> (Option<i64>, Option<i64>) {
    let (own_ms, other_ms) = (statement.continuous.elapsed_ms, other.continuous.elapsed_ms);
    let apart_ms = own_ms.abs_diff(other_ms);
    let clamped = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX);
    let slack_ms = clamped(apart_ms / DRIFT_PARTS).saturating_add(ROUNDING_MS);
    let moved = |ms: i64| match own_ms >= other_ms {
        true => ms.saturating_add(clamped(apart_ms)),
        false => ms.saturating_sub(clamped(apart_ms)),
    };
    (
        other.not_before_ms.map(|ms| moved(ms).saturating_sub(slack_ms)),
        other.not_after_ms.map(|ms| moved(ms).saturating_add(slack_ms)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIN: i64 = 60_000;

    fn mark(seq: u64, epoch: u8, elapsed_min: u64, from_min: Option<i64>, to_min: Option<i64>) -> Mark {
        Mark {
            seq,
            continuous: ContinuousTime { epoch: [epoch; 8], elapsed_ms: elapsed_min * 60_000 },
            not_before_ms: from_min.map(|min| min * MIN),
            not_after_ms: to_min.map(|min| min * MIN),
        }
    }

    fn span(from_ms: i64, to_ms: i64) -> Interval {
        Interval { not_before_ms: Some(from_ms), not_after_ms: Some(to_ms) }
    }

    #[test]
    fn between_the_head_that_it_names_and_the_head_that_contains_it() {
        assert_eq!(prove(&mark(5, 1, 0, Some(10), Some(90)), &[]), span(10 * MIN, 90 * MIN));
        let unsent = prove(&mark(5, 1, 0, Some(10), None), &[]);
        assert_eq!(unsent, Interval { not_before_ms: Some(10 * MIN), not_after_ms: None });
        let first = prove(&mark(0, 1, 0, None, None), &[]);
        assert_eq!(first, Interval { not_before_ms: None, not_after_ms: None });
        assert!(!first.is_contradiction() && !unsent.is_contradiction());
    }

    #[test]
    fn a_statement_of_the_epoch_at_a_known_distance_narrows_it() {
        // A day offline: the visit at 60 min of the epoch; one before it was registered at once, one after it, too.
        let visit = mark(5, 1, 60, Some(0), Some(1_440));
        let before = mark(4, 1, 10, Some(20), Some(21));
        let slack_ms = |apart_min: i64| apart_min * MIN / 10_000 + 1_000;
        assert_eq!(prove(&visit, &[before]), span(70 * MIN - slack_ms(50), 71 * MIN + slack_ms(50)));
        let after = mark(6, 1, 100, Some(110), Some(112));
        let narrowed = span(70 * MIN - slack_ms(40), 71 * MIN + slack_ms(50));
        assert_eq!(prove(&visit, &[before, after]), narrowed, "each end by whoever knows best");
        assert_eq!(prove(&visit, &[after, before]), narrowed, "in any order");
    }

    #[test]
    fn of_another_epoch_only_the_order_counts() {
        let visit = mark(5, 2, 0, None, None);
        let before = mark(4, 1, 999, Some(30), Some(31));
        let after = mark(6, 3, 0, Some(80), Some(90));
        assert_eq!(prove(&visit, &[before, after]), span(30 * MIN, 90 * MIN));
        assert_eq!(
            prove(&visit, &[before]).not_after_ms,
            None,
            "what came before says nothing about the end"
        );
    }

    #[test]
    fn a_counter_that_lies_contradicts_the_log() {
        let visit = mark(5, 1, 10, Some(100), Some(101));
        let before = mark(4, 1, 0, Some(10), Some(11));
        let found = prove(&visit, &[before]);
        assert!(found.is_contradiction(), "ten minutes cannot hold ninety: {found:?}");
    }

    #[test]
    fn numbers_at_the_edge_do_not_overflow() {
        let edge = |seq, elapsed_ms, ms| Mark {
            continuous: ContinuousTime { epoch: [1; 8], elapsed_ms },
            ..mark(seq, 1, 0, Some(ms), Some(ms))
        };
        for (a, b) in [(i64::MAX, i64::MIN), (i64::MIN, i64::MAX), (i64::MAX, i64::MAX)] {
            let _ = prove(&edge(1, u64::MAX, a / MIN), &[edge(0, 0, b / MIN)]);
            let _ = prove(&edge(0, 0, a / MIN), &[edge(1, u64::MAX, b / MIN)]);
        }
    }
}
