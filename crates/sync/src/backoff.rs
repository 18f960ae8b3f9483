//! When to try again after a failure: later each time, never at the same moment as everybody else.

use std::time::Duration;

use domain::Rng;

/// Shortest pause.
pub const FIRST: Duration = Duration::from_secs(2);
/// Longest pause without the operator asking for more.
pub const LONGEST: Duration = Duration::from_secs(15 * 60);

/// Pauses that double, with jitter over their upper half.
///
/// Its owner arms a timer of its own with each pause: a failed attempt must never wait for the next local write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    failures_count: u32,
}

impl Backoff {
    /// Before the first failure.
    pub const fn new() -> Self {
        Self { failures_count: 0 }
    }

    /// Forgets the failures: something worked, or the network changed.
    pub fn reset(&mut self) {
        self.failures_count = 0;
    }

    /// The pause after one more failure. What the operator asks for (`Retry-After`) is never cut short.
    pub fn pause(&mut self, retry_after_s: Option<u32>, rng: &dyn Rng) -> Duration {
        let doubled = FIRST.saturating_mul(1 << self.failures_count.min(16)).min(LONGEST);
        self.failures_count = self.failures_count.saturating_add(1);
        let half_ms = (doubled / 2).as_millis() as u64;
        let jitter_ms = u64::from_be_bytes(rng.array()) % (half_ms + 1);
        let pause = doubled / 2 + Duration::from_millis(jitter_ms);
        match retry_after_s {
            Some(asked_s) => {
                pause.max(Duration::from_secs(asked_s.into()) + Duration::from_millis(jitter_ms))
            }
            None => pause,
        }
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);

    impl Rng for Fixed {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn pauses_grow_stay_bounded_and_differ_between_devices() {
        let (mut low, mut high) = (Backoff::new(), Backoff::new());
        let mut last = Duration::ZERO;
        for attempt in 0..40 {
            let (short, long) = (low.pause(None, &Fixed(0)), high.pause(None, &Fixed(0xf3)));
            assert!(short >= last && long <= LONGEST, "attempt {attempt}");
            assert_ne!(short, long, "jitter");
            last = short;
        }
        assert_eq!(last, LONGEST / 2);
        low.reset();
        assert_eq!(low.pause(None, &Fixed(0)), FIRST / 2);
    }

    #[test]
    fn what_the_operator_asks_is_never_cut_short() {
        assert!(Backoff::new().pause(Some(3_600), &Fixed(9)) >= Duration::from_secs(3_600));
        assert!(
            Backoff::new().pause(Some(0), &Fixed(0)) >= FIRST / 2,
            "nor does it make us faster than we are"
        );
    }
}
