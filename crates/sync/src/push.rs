//! What to send next, as a pure function of what came back.

use wire::problem::ProblemCode;
use wire::push::{MAX_ITEMS, Outcome, PushItem, PushResponse};

use crate::SyncError;
use crate::transport::TransportError;

/// Most bytes of statements and contents in one push: with zstd and CBOR around it, well below
/// [`wire::body::MAX_BODY_BYTES`] even when nothing compresses.
pub const MAX_BATCH_BYTES: usize = 3 * 1024 * 1024;
/// Gaps that one sync follows; an operator that names a third one is wrong.
const MAX_GAPS: u32 = 2;

/// Size and beginning of the next batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// First statement; `None` is the first that waits.
    pub from_seq: Option<u64>,
    /// Most statements.
    pub max_items: usize,
    /// Most bytes.
    pub max_bytes: usize,
}

/// What to do next.
#[derive(Debug)]
pub enum Next {
    /// Ask the store for a batch again.
    Again,
    /// Nothing more can be done now.
    Stop(SyncError),
}

/// The state of one push phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushing {
    limits: Limits,
    gaps_count: u32,
}

impl Pushing {
    /// At the beginning of a sync.
    pub const fn new() -> Self {
        let limits = Limits { from_seq: None, max_items: MAX_ITEMS, max_bytes: MAX_BATCH_BYTES };
        Self { limits, gaps_count: 0 }
    }

    /// What to take from the store.
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// After an answer that [`check`] passed.
    pub fn after(&mut self, items: &[PushItem], response: &PushResponse) -> Next {
        let (Some(first), Some(last)) = (items.first(), items.last()) else {
            return Next::Stop(SyncError::Protocol("an answer to an empty push"));
        };
        let gap = response.outcomes.iter().find_map(|outcome| match outcome {
            Outcome::Gap { expected_seq } => Some(*expected_seq),
            _ => None,
        });
        let Some(expected_seq) = gap else {
            // When sending again what the operator lost, go on from there; otherwise with what waits.
            self.limits.from_seq = self.limits.from_seq.map(|_| last.seq + 1);
            return Next::Again;
        };
        self.gaps_count += 1;
        if expected_seq >= first.seq || self.gaps_count > MAX_GAPS {
            return Next::Stop(SyncError::Protocol("a gap that sending again does not fill"));
        }
        self.limits.from_seq = Some(expected_seq);
        Next::Again
    }

    /// After a push that failed as a whole.
    pub fn after_failure(&mut self, error: TransportError, sent_count: usize) -> Next {
        match error {
            TransportError::Problem { code: ProblemCode::TooLarge, .. } if sent_count > 1 => {
                self.limits.max_items = sent_count / 2;
                Next::Again
            }
            other => Next::Stop(other.into()),
        }
    }
}

impl Default for Pushing {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether an answer fits its push: one outcome for each statement, and nothing after a gap but gaps.
///
/// # Errors
/// What does not fit.
pub fn check(items: &[PushItem], response: &PushResponse) -> Result<(), &'static str> {
    if response.outcomes.len() != items.len() {
        return Err("one outcome for each statement was expected");
    }
    let is_gap = |outcome: &&Outcome| matches!(outcome, Outcome::Gap { .. });
    let gaps_count = response.outcomes.iter().rev().take_while(is_gap).count();
    if response.outcomes.iter().filter(is_gap).count() != gaps_count {
        return Err("a statement was taken after a gap");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
