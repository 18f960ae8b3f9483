//! How many wrong activation codes one address may try.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Addresses that are remembered; beyond it the oldest windows are forgotten.
const MAX_ADDRESSES: usize = 10_000;

struct Window {
    began: Instant,
    failures: u32,
}

/// Counts failures per address. Successful enrolments cost nothing, so a whole organisation behind one address can
/// enrol at once.
pub(super) struct FailureLimit {
    allowed: u32,
    window: Duration,
    windows: Mutex<HashMap<IpAddr, Window>>,
}

impl FailureLimit {
    pub(super) fn new(allowed: u32, window: Duration) -> Self {
        Self { allowed, window, windows: Mutex::new(HashMap::new()) }
    }

    /// Whether an address may try; otherwise the seconds until it may.
    pub(super) fn check(&self, address: IpAddr, now: Instant) -> Result<(), u64> {
        let windows = self.windows.lock();
        let Some(window) = windows.get(&address) else { return Ok(()) };
        let left = self.window.saturating_sub(now.duration_since(window.began));
        if window.failures < self.allowed || left.is_zero() { Ok(()) } else { Err(left.as_secs() + 1) }
    }

    /// Counts a failure.
    pub(super) fn count(&self, address: IpAddr, now: Instant) {
        let mut windows = self.windows.lock();
        if windows.len() >= MAX_ADDRESSES {
            windows.retain(|_, window| now.duration_since(window.began) < self.window);
        }
        let fresh = Window { began: now, failures: 0 };
        let window = windows.entry(address).or_insert(fresh);
        if now.duration_since(window.began) >= self.window {
            *window = Window { began: now, failures: 0 };
        }
        window.failures += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_waits_after_too_many_failures_and_others_do_not() {
        let limit = FailureLimit::new(2, Duration::from_secs(60));
        let (here, there) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        let began = Instant::now();
        limit.count(here, began);
        assert_eq!(limit.check(here, began), Ok(()));
        limit.count(here, began);
        assert_eq!(limit.check(here, began + Duration::from_secs(20)), Err(41));
        assert_eq!(limit.check(there, began), Ok(()));
        assert_eq!(limit.check(here, began + Duration::from_secs(60)), Ok(()), "a new window");
    }
}
