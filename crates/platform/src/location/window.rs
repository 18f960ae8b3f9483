//! One window: what is passed on while it is open, and what is said when nothing came.

use std::time::Duration;

use client::ports::Reading;
use domain::Clock;
use domain::content::UnavailableReason;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::measured::{Measured, Rejected};

/// The reason is given this long before the use case stops listening, so that it still arrives.
const HEADROOM: Duration = Duration::from_secs(1);

/// The way of one reading to the use case that asked for it.
#[derive(Debug)]
pub(super) struct Window {
    readings: mpsc::Sender<Reading>,
    began_ms: i64,
    ends: Instant,
    has_fix: bool,
    /// What stood between the measurements and a fix most recently.
    hindrance: UnavailableReason,
}

impl Window {
    /// Opens now.
    pub(super) fn open(readings: mpsc::Sender<Reading>, clock: &dyn Clock, length: Duration) -> Self {
        let patience = length.saturating_sub(HEADROOM).max(length / 2);
        Self {
            readings,
            began_ms: clock.utc_ms(),
            ends: Instant::now() + patience,
            has_fix: false,
            hindrance: UnavailableReason::Timeout,
        }
    }

    /// Passes a measurement on when it is a fix. Otherwise a better one may still come.
    pub(super) async fn offer(&mut self, measured: Measured) {
        match measured.judge(self.began_ms) {
            Ok(fix) => {
                self.has_fix = true;
                self.say(Reading::Fix(fix)).await;
            }
            Err(Rejected::For(reason)) => self.hindrance = reason,
            Err(Rejected::Meaningless) => tracing::warn!("the location service gave no place on earth"),
        }
    }

    /// Whether a fix was passed on.
    pub(super) fn has_fix(&self) -> bool {
        self.has_fix
    }

    /// Says why nothing more will come; after a fix that is no news.
    pub(super) async fn give_up(&self, reason: UnavailableReason) {
        if !self.has_fix {
            self.say(Reading::Unavailable(reason)).await;
        }
    }

    /// Why the window brought no fix, should it be over now.
    pub(super) fn hindrance(&self) -> UnavailableReason {
        self.hindrance
    }

    /// The moment at which the source gives up.
    pub(super) fn ends(&self) -> Instant {
        self.ends
    }

    /// A handle that resolves when nobody listens any more.
    pub(super) fn listener(&self) -> mpsc::Sender<Reading> {
        self.readings.clone()
    }

    async fn say(&self, reading: Reading) {
        // A listener who has gone needs no answer; the source notices by itself and stops.
        let _ = self.readings.send(reading).await;
    }
}
