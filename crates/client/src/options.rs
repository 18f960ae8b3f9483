//! What tests and special builds may choose; the product takes the defaults.

use std::time::Duration;

pub use crate::locate::window::WINDOW as CAPTURE_WINDOW;

/// How the app behaves where the rules leave a number open.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long a reading of the location lasts at most.
    pub capture_window: Duration,
    /// How long the app may be in the background before it locks.
    pub lock_after: Duration,
    /// Pause between two syncs while nothing happens.
    pub sync_every: Duration,
    /// Certificates that are trusted besides those of the system (PEM): an organisation's own authority.
    pub extra_roots_pem: Vec<Vec<u8>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            capture_window: CAPTURE_WINDOW,
            lock_after: Duration::from_secs(15 * 60),
            sync_every: Duration::from_secs(60),
            extra_roots_pem: Vec::new(),
        }
    }
}
