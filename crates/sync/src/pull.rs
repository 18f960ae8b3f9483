//! Whether to ask again, as a pure function of what came back.

use wire::problem::ProblemCode;
use wire::pull::{MAX_ITEMS, PullRequest, PullResponse};

use crate::run::{Phase, Progress};
use crate::transport::TransportError;

/// Scope lists that one sync follows; rights do not change faster than a device can ask.
const MAX_SCOPE_LISTS: u32 = 8;

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
    limit: u32,
    scope_lists_count: u32,
    done_count: u64,
    remaining_count: u64,
}

impl Pulling {
    /// At the beginning of a sync.
    pub const fn new() -> Self {
        Self { limit: MAX_ITEMS, scope_lists_count: 0, done_count: 0, remaining_count: 0 }
    }

    /// Most items to ask for.
    pub const fn limit(&self) -> u32 {
        self.limit
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
            TransportError::Problem { code: ProblemCode::TooLarge, .. } if self.limit > 1 => {
                self.limit /= 2;
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
