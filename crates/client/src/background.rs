//! The app locks itself after a time in the background, by the clock that counts sleep.

use std::time::Duration;

use domain::ContinuousTime;
use parking_lot::Mutex;

/// Milliseconds between two moments; `None` when continuity cannot be shown.
pub(crate) fn elapsed_ms(since: ContinuousTime, now: ContinuousTime) -> Option<u64> {
    (since.epoch == now.epoch).then(|| now.elapsed_ms.saturating_sub(since.elapsed_ms))
}

/// Since when the person has been away.
#[derive(Debug, Default)]
pub(crate) struct Away(Mutex<Option<ContinuousTime>>);

impl Away {
    /// The person turned away; a second time changes nothing.
    pub(crate) fn begin(&self, now: ContinuousTime) {
        self.0.lock().get_or_insert(now);
    }

    /// The person is back, or unlocked.
    pub(crate) fn end(&self) {
        *self.0.lock() = None;
    }

    /// Whether the person has been away for so long. An unknown time is too long.
    pub(crate) fn is_over(&self, limit: Duration, now: ContinuousTime) -> bool {
        let since = *self.0.lock();
        since.is_some_and(|since| {
            elapsed_ms(since, now).is_none_or(|elapsed_ms| u128::from(elapsed_ms) >= limit.as_millis())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_long_absence_is_over() {
        let limit = Duration::from_secs(900);
        let at = |epoch: u8, elapsed_ms| ContinuousTime { epoch: [epoch; 8], elapsed_ms };
        let away = Away::default();
        assert!(!away.is_over(limit, at(1, 10_000_000)), "never left");
        away.begin(at(1, 1_000));
        away.begin(at(1, 800_000));
        assert!(!away.is_over(limit, at(1, 900_999)));
        assert!(away.is_over(limit, at(1, 901_000)));
        assert!(away.is_over(limit, at(2, 1_001)), "a restart in between");
        away.end();
        assert!(!away.is_over(limit, at(1, 901_000)));
    }
}
