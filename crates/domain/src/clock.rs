//! Time and chance, handed in from outside so that tests and evidence control them.

use serde::{Deserialize, Serialize};

/// A clock that counts sleep, within one epoch.
///
/// # Units
/// `elapsed_ms` milliseconds since the epoch began. The epoch is random and is renewed whenever continuity
/// cannot be shown (restart of the device); it does not reveal when the device was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContinuousTime {
    /// Random name of the epoch.
    pub epoch: [u8; 8],
    /// Milliseconds since the epoch began, never going backwards within it.
    pub elapsed_ms: u64,
}

/// Where time comes from.
pub trait Clock: Send + Sync {
    /// Wall clock, UTC milliseconds since 1970. May be wrong: a device's clock is a claim.
    fn utc_ms(&self) -> i64;

    /// Minutes east of UTC that the device shows now.
    fn offset_min(&self) -> i16;

    /// The clock that counts sleep.
    fn continuous(&self) -> ContinuousTime;
}

/// Where chance comes from. Production fills from the operating system.
pub trait Rng: Send + Sync {
    /// Fills the whole slice with unpredictable bytes.
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Rng + '_ {
    /// A fresh array of random bytes.
    pub fn array<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}
