//! Statements down: one page on its way into the store, the next one judged and the one behind it asked for meanwhile.

use wire::pull::{Backfill, PullRequest, PullResponse};

use super::Run;
use crate::SyncError;
use crate::outbox::{OutboxError, Page, PullApplied};
use crate::pull::{Next, Pulling};
use crate::transport::TransportError;

/// A question and what came for it.
type Came = (PullRequest, Result<PullResponse, TransportError>);

impl Run<'_> {
    pub(super) async fn pull_all(&mut self) -> Result<(), SyncError> {
        let mut pulling = Pulling::new();
        let (mut came, mut judged): (Option<Came>, Option<(PullRequest, Page)>) = (None, None);
        loop {
            (self.progress)(pulling.progress());
            let (request, answer) = match came.take() {
                Some(came) => came,
                None => {
                    let limit = pulling.limit();
                    let request = self.blocking(move |outbox| outbox.pull_request(limit)).await?;
                    let answer = self.transport.pull(&request).await;
                    (request, answer)
                }
            };
            let response = match answer {
                Ok(response) => response,
                Err(error) => {
                    self.store_page(judged.take()).await?;
                    match pulling.after_failure(error) {
                        Next::Again => continue,
                        Next::Revoked => {
                            self.summary.revoked = true;
                            // No page tells it what is wanted, and it may hold the last copy.
                            self.lacks_contents = true;
                            return Ok(());
                        }
                        Next::Stop(error) => return Err(error.into()),
                    }
                }
            };
            self.lacks_contents |= response.lacks_contents;
            let more = match pulling.after(&request, &response) {
                Ok(more) => more,
                Err(misfit) => {
                    self.store_page(judged.take()).await?;
                    return Err(SyncError::Protocol(misfit));
                }
            };
            // A first pull may take long; a visit that was registered meanwhile does not wait for its end.
            let waits = more && self.blocking(|outbox| outbox.waiting()).await?.waiting_count > 0;
            let behind = if more && !waits { behind(&request, &response) } else { None };
            let (applied, page, answer) =
                tokio::join!(self.apply(judged.take()), self.judge(response), self.ask(behind.as_ref()));
            if !self.taken(applied)? {
                continue;
            }
            judged = Some((request, page?));
            came = behind.zip(answer);
            if came.is_some() || !self.store_page(judged.take()).await? {
                continue;
            }
            if !more {
                (self.progress)(pulling.progress());
                return Ok(());
            }
            if waits {
                self.push_all().await?;
            }
        }
    }

    /// Stores a page that is judged. False when another answer was stored first, and it is to be asked for anew.
    async fn store_page(&mut self, judged: Option<(PullRequest, Page)>) -> Result<bool, SyncError> {
        let applied = self.apply(judged).await;
        self.taken(applied)
    }

    async fn apply(&self, judged: Option<(PullRequest, Page)>) -> Result<Option<PullApplied>, OutboxError> {
        match judged {
            Some((request, page)) => {
                self.blocking(move |outbox| outbox.apply_pull(&request, page)).await.map(Some)
            }
            None => Ok(None),
        }
    }

    fn taken(&mut self, applied: Result<Option<PullApplied>, OutboxError>) -> Result<bool, SyncError> {
        match applied {
            Ok(applied) => {
                if let Some(applied) = applied {
                    self.summary.received_count += applied.new_count;
                    self.summary.rejected_count += applied.rejected_count;
                    tracing::trace!(target: "esep::step", step = "page-committed");
                }
                Ok(true)
            }
            Err(error) => {
                self.overtaken(error)?;
                Ok(false)
            }
        }
    }

    async fn judge(&self, response: PullResponse) -> Result<Page, OutboxError> {
        self.blocking(move |outbox| outbox.judge_pull(response)).await
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
        behind: response.behind,
        limit: request.limit,
    })
}
