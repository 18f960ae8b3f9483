//! Statements down: one page on its way into the store, the next one at the operator.

use wire::pull::{Backfill, PullRequest, PullResponse};

use super::Run;
use crate::SyncError;
use crate::outbox::{OutboxError, PullApplied};
use crate::pull::{Next, Pulling};
use crate::transport::TransportError;

impl Run<'_> {
    pub(super) async fn pull_all(&mut self) -> Result<(), SyncError> {
        let mut pulling = Pulling::new();
        let mut ahead: Option<(PullRequest, Result<PullResponse, TransportError>)> = None;
        loop {
            (self.progress)(pulling.progress());
            let (request, answer) = match ahead.take() {
                Some(asked) => asked,
                None => {
                    let limit = pulling.limit();
                    let request = self.blocking(move |outbox| outbox.pull_request(limit)).await?;
                    let answer = self.transport.pull(&request).await;
                    (request, answer)
                }
            };
            let response = match answer {
                Ok(response) => response,
                Err(error) => match pulling.after_failure(error) {
                    Next::Again => continue,
                    Next::Revoked => {
                        self.summary.revoked = true;
                        return Ok(());
                    }
                    Next::Stop(error) => return Err(error.into()),
                },
            };
            let more = pulling.after(&request, &response).map_err(SyncError::Protocol)?;
            // A first pull may take long; a visit that was registered meanwhile does not wait for its end.
            let waits = more && self.blocking(|outbox| outbox.waiting()).await?.waiting_count > 0;
            let behind = if more && !waits { behind(&request, &response) } else { None };
            let (applied, answer) = tokio::join!(self.apply(request, response), self.ask(behind.as_ref()));
            match applied {
                Ok(applied) => {
                    self.summary.received_count += applied.new_count;
                    self.summary.rejected_count += applied.rejected_count;
                }
                Err(error) => {
                    self.overtaken(error)?;
                    continue;
                }
            }
            tracing::trace!(target: "esep::step", step = "page-committed");
            ahead = behind.zip(answer);
            if !more {
                (self.progress)(pulling.progress());
                return Ok(());
            }
            if waits {
                self.push_all().await?;
            }
        }
    }

    async fn apply(&self, request: PullRequest, response: PullResponse) -> Result<PullApplied, OutboxError> {
        self.blocking(move |outbox| outbox.apply_pull(&request, response)).await
    }

    async fn ask(&self, request: Option<&PullRequest>) -> Option<Result<PullResponse, TransportError>> {
        match request {
            Some(request) => Some(self.transport.pull(request).await),
            None => None,
        }
    }
}

/// What the store will ask once this answer is in it. If it asks something else, what comes counts as overtaken. `None`
/// when it depends on more than the answer: which scopes were gained.
fn behind(request: &PullRequest, response: &PullResponse) -> Option<PullRequest> {
    if response.scopes.is_some() {
        return None;
    }
    let backfill = request.backfill.as_ref().and_then(|backfill| {
        let cursor = response.backfill_cursor.filter(|&cursor| cursor < request.cursor)?;
        Some(Backfill { scopes: backfill.scopes.clone(), cursor })
    });
    Some(PullRequest {
        scopes_version: request.scopes_version,
        cursor: response.cursor,
        backfill,
        known_tree_size: response
            .checkpoint
            .as_ref()
            .map_or(request.known_tree_size, |checkpoint| checkpoint.tree_size),
        urgent_cursor: response.urgent_cursor,
        limit: request.limit,
    })
}
