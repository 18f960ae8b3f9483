//! Whether to ask again and for how much, as a pure function of what came back.

use std::time::Duration;

use wire::problem::ProblemCode;
use wire::pull::{MAX_ITEMS, PullRequest, PullResponse};

use crate::run::{Phase, Progress};
use crate::transport::TransportError;

/// Scope lists that one sync follows; rights do not change faster than a device can ask.
const MAX_SCOPE_LISTS: u32 = 8;

/// An operator that answers within so long is near: then small pages cost nothing. Farther away the line would stand idle
/// between them.
const NEAR: Duration = Duration::from_millis(100);
/// Items of the first page from an operator that is near. Until it is here nothing can be judged, and until the last one is
/// stored nothing is done: both are small, so that no core waits long for another.
const FIRST: u32 = 250;
/// Items of the last page at most.
const LAST: u32 = 400;

/// What to do after a request that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Ask again, for less.
    Again,
    /// The device is revoked: nothing comes back any more.
    Revoked,
    /// Nothing more can be done now.
    Stop(TransportError),
}

/// The state of one pull phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulling {
    /// The operator could not take or give more at once.
    most: u32,
    /// Items of the next page from an operator that is near, however many are left.
    next: u32,
    is_near: bool,
    scope_lists_count: u32,
    done_count: u64,
    remaining_count: u64,
}

impl Pulling {
    /// At the beginning of a sync.
    pub const fn new() -> Self {
        Self {
            most: MAX_ITEMS,
            next: FIRST,
            is_near: false,
            scope_lists_count: 0,
            done_count: 0,
            remaining_count: 0,
        }
    }

    /// Most items to ask for.
    pub fn limit(&self) -> u32 {
        if !self.is_near {
            return self.most;
        }
        let left = u32::try_from(self.remaining_count).unwrap_or(u32::MAX);
        let limit = if left > LAST && left <= self.next { (left / 2).max(left - LAST) } else { self.next };
        limit.min(self.most)
    }

    /// Learns from how long an answer took how far away the operator is.
    pub fn took(&mut self, round: Duration) {
        self.is_near = round <= NEAR;
    }

    /// How far it is.
    pub const fn progress(&self) -> Progress {
        Progress {
            phase: Phase::Pulling,
            done_count: self.done_count,
            total_count: self.done_count + self.remaining_count,
        }
    }

    /// Whether to ask again once this answer is applied.
    ///
    /// # Errors
    /// What does not fit: asking again would never end.
    pub fn after(&mut self, request: &PullRequest, response: &PullResponse) -> Result<bool, &'static str> {
        self.done_count += response.items.len() as u64;
        self.remaining_count = response.remaining;
        if !response.items.is_empty() {
            // Whoever is near already waits for the next page while this one is judged.
            let twice = u32::try_from(2 * response.items.len()).unwrap_or(MAX_ITEMS);
            self.next = twice.clamp(self.next, MAX_ITEMS);
        }
        if response.scopes.is_some() {
            self.scope_lists_count += 1;
            if self.scope_lists_count > MAX_SCOPE_LISTS {
                return Err("the list of scopes changes with every answer");
            }
            return Ok(true);
        }
        let filled = |cursor: Option<u64>| cursor.unwrap_or(u64::MAX);
        let advanced = response.cursor > request.cursor
            || response.urgent_cursor > request.urgent_cursor
            || response.behind.map_or(request.behind.is_some(), |behind| {
                request.behind.is_none_or(|before| behind.cursor > before.cursor)
            })
            || filled(response.backfill_cursor) > filled(request.backfill.as_ref().map(|fill| fill.cursor));
        if response.more && !advanced {
            return Err("more is promised, and nothing comes");
        }
        Ok(response.more)
    }

    /// After a request that failed.
    pub fn after_failure(&mut self, error: TransportError) -> Next {
        match error {
            TransportError::Problem { code: ProblemCode::TooLarge, .. } if self.limit() > 1 => {
                self.most = self.limit() / 2;
                Next::Again
            }
            TransportError::Problem { code: ProblemCode::Revoked, .. } => Next::Revoked,
            other => Next::Stop(other),
        }
    }
}

impl Default for Pulling {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
pub(crate) mod tests;
