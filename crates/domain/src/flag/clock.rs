//! The clocks of one device against each other.

use super::limit::{CLOCK_MS, LATE_SYNC_MS};
use crate::clock::ContinuousTime;

/// What a statement says about when it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tick {
    /// By the wall clock, which everybody can set.
    pub issued_at_ms: i64,
    /// By the clock that counts sleep, which nobody can.
    pub continuous: ContinuousTime,
}

impl Tick {
    /// When the epoch began, by this statement's wall clock.
    fn origin_ms(&self) -> i128 {
        i128::from(self.issued_at_ms) - i128::from(self.continuous.elapsed_ms)
    }
}

/// How far the wall clock moved between two statements of one epoch, ms, forward if positive; `None` within
/// [`CLOCK_MS`], or when the epochs differ and nothing can be said.
pub fn clock_change_ms(before: &Tick, after: &Tick) -> Option<i64> {
    if before.continuous.epoch != after.continuous.epoch {
        return None;
    }
    let moved_ms = after.origin_ms() - before.origin_ms();
    let moved_ms = moved_ms.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
    (moved_ms.unsigned_abs() > CLOCK_MS.unsigned_abs()).then_some(moved_ms)
}

/// Whether a statement came long after it says that it was made.
pub fn is_late_sync(issued_at_ms: i64, registered_at_ms: i64) -> bool {
    registered_at_ms.saturating_sub(issued_at_ms) > LATE_SYNC_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tick(epoch: u8, elapsed_ms: u64, issued_at_ms: i64) -> Tick {
        Tick { issued_at_ms, continuous: ContinuousTime { epoch: [epoch; 8], elapsed_ms } }
    }

    #[test]
    fn a_clock_that_moves_against_the_one_that_counts_sleep() {
        let before = tick(1, 1_000, 1_000_000);
        for (after, moved) in [
            (tick(1, 3_601_000, 4_600_000), None),
            (tick(1, 3_601_000, 4_600_000 + CLOCK_MS), None),
            (tick(1, 3_601_000, 4_600_000 + CLOCK_MS + 1), Some(CLOCK_MS + 1)),
            (tick(1, 3_601_000, 4_600_000 - CLOCK_MS - 1), Some(-CLOCK_MS - 1)),
            (tick(2, 0, i64::MAX), None),
            (tick(1, 0, i64::MAX), Some(i64::MAX - 999_000)),
            (tick(1, u64::MAX, i64::MIN), Some(i64::MIN)),
        ] {
            assert_eq!(clock_change_ms(&before, &after), moved, "{after:?}");
        }
    }

    #[test]
    fn a_week_without_a_network_is_not_late() {
        assert!(!is_late_sync(0, LATE_SYNC_MS));
        assert!(is_late_sync(0, LATE_SYNC_MS + 1));
        assert!(!is_late_sync(i64::MAX, 0), "a clock that is ahead says nothing about lateness");
        assert!(is_late_sync(i64::MIN, 0));
    }
}
