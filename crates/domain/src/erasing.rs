//! From when a renewed recovery key may approve an erasing. Whoever can run the operator's commands can make a new key and
//! say that an old share is lost; for the length of a pause such a key erases nothing, so that people see it and object.
//!
//! Operator, device and audit judge by these lines alone, each with what it holds of the times that the operator signed:
//! `iat` of its statements and tree heads, in the order of the log. What was signed before something cannot be younger.
//!
//! # Source
//! docs/PROTOCOL.md, "Erasing"; docs/adr/0012-pause-before-erasing.md.

use std::ops::Range;

use crate::content::{OldShares, OperatorKey, RecoveryRenewed};

/// How long, seconds: ten days. The law gives fifteen for a deletion (Digital Code of Kazakhstan, No. 255-VIII), and two
/// officers must be able to keep it also when the demand comes on the day a share is lost.
pub const PAUSE_S: i64 = 10 * 24 * 60 * 60;

/// A recovery key that came without both shares of the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// The key.
    pub key: Vec<u8>,
    /// The key that it replaced: both shares of that one object.
    pub before: Vec<u8>,
    /// When it was stated, at the latest, UTC s.
    pub since_s: i64,
}

impl Pause {
    /// When it ends, UTC s.
    pub const fn until_s(&self) -> i64 {
        self.since_s.saturating_add(PAUSE_S)
    }
}

/// Whether contents go that an erasure names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// They go.
    Holds,
    /// The pause is not over by the judge's own clock, though the operator's says so.
    Waits {
        /// When it is, UTC s.
        until_s: i64,
    },
    /// It was stated within the pause: it approves nothing, now or later.
    Void {
        /// When the pause ends, UTC s.
        until_s: i64,
    },
}

/// The recovery keys of an operator up to a place in the log, and the pauses that nobody objected to, the first one first.
/// A pause that is over stays: it tells what was stated within it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Renewals {
    in_force: Option<Vec<u8>>,
    pauses: Vec<Pause>,
}

impl Renewals {
    /// Takes what the operator states of itself next, signed at `at_s`. When a pause begins, `latest_s` is asked for the
    /// latest time that the operator signed before it.
    ///
    /// # Errors
    /// Those of `latest_s`.
    pub fn stated<E>(
        &mut self,
        stated: &OperatorKey,
        at_s: i64,
        latest_s: impl FnOnce() -> Result<i64, E>,
    ) -> Result<(), E> {
        let key = &stated.recovery_key;
        let Some(before) = self.in_force.replace(key.clone()) else { return Ok(()) };
        if before == *key {
            return Ok(());
        }
        if let Some(RecoveryRenewed { shares: OldShares::Both, shares_of, .. }) = &stated.recovery_renewed {
            // Who approved without an objection had the shares of a key that may not erase itself yet: its pause goes on.
            let Some(of) = shares_of else { return Ok(()) };
            if let Some(first) = self.objection(&of.0, at_s) {
                self.pauses.truncate(first);
                return Ok(());
            }
        }
        let since_s = at_s.max(latest_s()?);
        self.pauses.push(Pause { key: key.clone(), before, since_s });
        Ok(())
    }

    /// The first pause that both shares of a key end at a time; what was stated before that one stays as it is.
    fn objection(&self, key: &[u8], at_s: i64) -> Option<usize> {
        self.pauses.iter().position(|pause| pause.before == key && at_s < pause.until_s())
    }

    /// Whether both shares of a key that was replaced may object at a time.
    pub fn may_object(&self, key: &[u8], at_s: i64) -> bool {
        self.objection(key, at_s).is_some()
    }

    /// Pauses, also those that are over.
    pub fn pauses(&self) -> &[Pause] {
        &self.pauses
    }

    /// From when the key in force may approve, if that is not yet so at a time.
    pub fn until_s(&self, now_s: i64) -> Option<i64> {
        self.pauses.iter().map(Pause::until_s).filter(|until_s| now_s < *until_s).max()
    }

    /// Judges an erasure that stands here in the log and was signed at `at_s`. `is_signed_within` tells whether the
    /// operator signed anything behind it at a time within a span; `now_s` is the judge's own clock. A time before a pause
    /// began is a clock that fell back, and tells nothing.
    ///
    /// # Errors
    /// Those of `is_signed_within`.
    pub fn judge<E>(
        &self,
        at_s: i64,
        now_s: i64,
        mut is_signed_within: impl FnMut(Range<i64>) -> Result<bool, E>,
    ) -> Result<Judgement, E> {
        for pause in self.pauses.iter().rev() {
            let until_s = pause.until_s();
            if at_s < until_s || is_signed_within(pause.since_s..until_s)? {
                return Ok(Judgement::Void { until_s });
            }
        }
        Ok(self.until_s(now_s).map_or(Judgement::Holds, |until_s| Judgement::Waits { until_s }))
    }
}

#[cfg(test)]
mod tests;
