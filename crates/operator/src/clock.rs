//! The machine's clocks and its source of chance.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use domain::{Clock, ContinuousTime, Rng};

/// Kazakhstan has one zone, UTC+5, since 1 March 2024.
const OFFSET_MIN: i16 = 300;

/// The clocks of this machine. The continuous clock begins an epoch of its own with each process, because nothing
/// shows here that it went on between two.
#[derive(Debug)]
pub struct SystemClock {
    epoch: [u8; 8],
    began: Instant,
}

impl SystemClock {
    /// Begins an epoch.
    pub fn begin() -> Self {
        let rng: &dyn Rng = &SystemRng;
        Self { epoch: rng.array(), began: Instant::now() }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the operator's one implementation of Clock")]
    fn utc_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn offset_min(&self) -> i16 {
        OFFSET_MIN
    }

    fn continuous(&self) -> ContinuousTime {
        let elapsed_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        ContinuousTime { epoch: self.epoch, elapsed_ms }
    }
}

/// The operating system's random numbers.
#[derive(Debug, Clone, Copy)]
pub struct SystemRng;

impl Rng for SystemRng {
    fn fill(&self, bytes: &mut [u8]) {
        // Without chance nothing may be signed, salted or issued: stopping is the only safe answer.
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }
}
