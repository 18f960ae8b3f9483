//! Epochs of the continuous clock: pure rules, no clock of their own.

use data_encoding::HEXLOWER;
use domain::ContinuousTime;

/// Says what the file is and in which shape.
const SHAPE: &str = "esep-clock-1";

/// A stretch of time whose continuity can be shown. Both counters are those of the boot, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Epoch {
    name: [u8; 8],
    began_ms: u64,
    latest_ms: u64,
}

impl Epoch {
    pub(super) fn begin(name: [u8; 8], now_ms: u64) -> Self {
        Self { name, began_ms: now_ms, latest_ms: now_ms }
    }

    /// The time at `now_ms`; a counter that went backwards begins an epoch with a fresh name.
    pub(super) fn advance(&mut self, now_ms: u64, fresh_name: impl FnOnce() -> [u8; 8]) -> ContinuousTime {
        if now_ms < self.latest_ms {
            *self = Self::begin(fresh_name(), now_ms);
        }
        self.latest_ms = now_ms;
        ContinuousTime { epoch: self.name, elapsed_ms: now_ms - self.began_ms }
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// An epoch with the boot in which it was last seen.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Saved {
    pub(super) epoch: Epoch,
    pub(super) boot: String,
}

impl Saved {
    /// The epoch, when `boot` is the same boot and its counter did not go backwards.
    pub(super) fn resume(self, boot: Option<&str>, now_ms: u64) -> Option<Epoch> {
        (boot == Some(self.boot.as_str()) && now_ms >= self.epoch.latest_ms).then_some(self.epoch)
    }

    pub(super) fn to_text(&self) -> String {
        let Epoch { name, began_ms, latest_ms } = self.epoch;
        format!("{SHAPE} {} {} {began_ms} {latest_ms}\n", HEXLOWER.encode(&name), self.boot)
    }

    /// Reads what [`Saved::to_text`] wrote; anything else is nothing.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        if words.next()? != SHAPE {
            return None;
        }
        let name = HEXLOWER.decode(words.next()?.as_bytes()).ok()?.try_into().ok()?;
        let boot = words.next()?.to_owned();
        let (began_ms, latest_ms) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let is_whole = words.next().is_none() && began_ms <= latest_ms;
        is_whole.then_some(Self { epoch: Epoch { name, began_ms, latest_ms }, boot })
    }
}
