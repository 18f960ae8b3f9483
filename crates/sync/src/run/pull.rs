//! Statements down: pages on their way into the store, the next one judged and the one behind it asked for meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
// Not the one of std: what depends on how long something took can be played again where this one is held still.
use tokio::time::Instant;
use wire::pull::{Backfill, PullRequest, PullResponse};

use super::Run;
use crate::SyncError;
use crate::outbox::{Outbox, OutboxError, Page, PullApplied};
use crate::pull::{Next, Pulling};
use crate::transport::TransportError;

/// So many pages are stored in one transaction: pages of the file that several of them touch are written once.
const TOGETHER: u64 = 4;
/// So many more may wait while others are being stored: judging goes on, and the next transaction takes them all.
const MORE_WAITING: u64 = 2;
/// A transaction that took longer was too large for this device: whoever registers a visit meanwhile waits for its end.
const LONG: Duration = Duration::from_millis(150);

/// What came for a question, and how long it took.
type Answer = (Result<PullResponse, TransportError>, Duration);

/// A question and what came for it.
type Came = (PullRequest, Answer);

/// A question and what was judged of its answer.
type JudgedPage = (PullRequest, Page);

/// Pages that are judged: some wait for others, to be stored together, while those before are being stored.
struct Judged {
    waiting: Vec<JudgedPage>,
    storing: Option<JoinHandle<(Result<PullApplied, OutboxError>, Duration)>>,
    together: u64,
}

impl Judged {
    const fn new() -> Self {
        Self { waiting: Vec::new(), storing: None, together: TOGETHER }
    }

    /// Whether to store what waits, with so many pages still to come. Fewer together towards the end, where nothing is
    /// left to be done meanwhile; more while the disk is busy with those before.
    fn is_enough(&self, left_pages: u64) -> bool {
        let together = (left_pages / 2).clamp(1, self.together);
        let is_storing = self.storing.as_ref().is_some_and(|storing| !storing.is_finished());
        let more = if is_storing { MORE_WAITING } else { 0 };
        self.waiting.len() as u64 >= together + more
    }
}

impl Run<'_> {
    pub(super) async fn pull_all(&mut self) -> Result<(), SyncError> {
        let mut pulling = Pulling::new();
        let (mut came, mut judged): (Option<Came>, Judged) = (None, Judged::new());
        loop {
            (self.progress)(pulling.progress());
            let (request, (answer, round)) = match came.take() {
                Some(came) => came,
                None => {
                    let limit = pulling.limit();
                    let request = self.blocking(move |outbox| outbox.pull_request(limit)).await?;
                    let answer = self.ask(&request).await;
                    (request, answer)
                }
            };
            let response = match answer {
                Ok(response) => {
                    pulling.took(round);
                    response
                }
                Err(error) => {
                    self.store_all(&mut judged).await?;
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
                    self.store_all(&mut judged).await?;
                    return Err(SyncError::Protocol(misfit));
                }
            };
            // A first pull may take long; a visit that was registered meanwhile does not wait for its end.
            let waits = more && self.blocking(|outbox| outbox.waiting()).await?.waiting_count > 0;
            let limit = pulling.limit();
            let behind = if more && !waits { behind(&request, &response, limit) } else { None };
            let left_pages = response.remaining / (response.items.len() as u64).max(1);
            let has_come = AtomicBool::new(false);
            let (page, answer) =
                tokio::join!(self.judge(response, &has_come), self.ask_behind(behind.as_ref(), &has_come));
            let (page, is_fast) = page;
            match page {
                Ok(page) => judged.waiting.push((request, page)),
                Err(error) => {
                    self.store_all(&mut judged).await?;
                    return Err(error.into());
                }
            }
            came = behind.zip(answer);
            if came.is_some() {
                // Over a slow line a page waits for no other: what came is kept whatever becomes of the line.
                let is_due = !is_fast || judged.is_enough(left_pages);
                if is_due && !self.store_next(&mut judged).await? {
                    came = None;
                }
                continue;
            }
            if !self.store_all(&mut judged).await? {
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

    /// Waits until what is being stored is stored. False when another answer was stored first: then what follows it is to
    /// be asked for anew.
    async fn stored(&mut self, judged: &mut Judged) -> Result<bool, SyncError> {
        let Some(storing) = judged.storing.take() else { return Ok(true) };
        let (applied, took) = match storing.await {
            Ok(stored) => stored,
            Err(error) => (Err(OutboxError::Store(Box::new(error))), Duration::ZERO),
        };
        if took > LONG {
            judged.together = (judged.together / 2).max(1);
        }
        match applied {
            Ok(applied) => {
                self.summary.received_count += applied.new_count;
                self.summary.rejected_count += applied.rejected_count;
                tracing::trace!(target: "esep::step", step = "page-committed");
                Ok(true)
            }
            Err(error) => {
                judged.waiting.clear();
                self.overtaken(error)?;
                Ok(false)
            }
        }
    }

    /// Begins to store what waits.
    async fn store_next(&mut self, judged: &mut Judged) -> Result<bool, SyncError> {
        let is_stored = self.stored(judged).await?;
        let pages = std::mem::take(&mut judged.waiting);
        if !pages.is_empty() {
            let outbox = Arc::clone(&self.outbox);
            judged.storing = Some(tokio::task::spawn_blocking(move || {
                let began = Instant::now();
                let applied = store(outbox.as_ref(), &pages);
                (applied, began.elapsed())
            }));
        }
        Ok(is_stored)
    }

    /// Stores whatever waits and waits for it.
    async fn store_all(&mut self, judged: &mut Judged) -> Result<bool, SyncError> {
        Ok(self.store_next(judged).await? & self.stored(judged).await?)
    }

    /// Judges a page, and tells whether the next one was there before that was done.
    async fn judge(
        &self,
        response: PullResponse,
        has_come: &AtomicBool,
    ) -> (Result<Page, OutboxError>, bool) {
        let page = self.blocking(move |outbox| outbox.judge_pull(response)).await;
        (page, has_come.load(Ordering::Relaxed))
    }

    async fn ask(&self, request: &PullRequest) -> Answer {
        let began = Instant::now();
        (self.transport.pull(request).await, began.elapsed())
    }

    async fn ask_behind(&self, request: Option<&PullRequest>, has_come: &AtomicBool) -> Option<Answer> {
        let answer = self.ask(request?).await;
        has_come.store(true, Ordering::Relaxed);
        Some(answer)
    }
}

/// Stores pages together; one that cannot be stored delays none before it.
fn store(outbox: &dyn Outbox, pages: &[JudgedPage]) -> Result<PullApplied, OutboxError> {
    match outbox.apply_pulls(pages) {
        Err(OutboxError::Store(_) | OutboxError::Protocol(_)) if pages.len() > 1 => {
            let mut all = PullApplied::default();
            for page in pages {
                all.add(outbox.apply_pulls(std::slice::from_ref(page))?);
            }
            Ok(all)
        }
        applied => applied,
    }
}

/// What the store will ask once this answer is in it. If it asks something else, what comes counts as overtaken. `None`
/// when it depends on more than the answer: which scopes were gained.
fn behind(request: &PullRequest, response: &PullResponse, limit: u32) -> Option<PullRequest> {
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
        limit,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pull::tests::{request, response};

    /// Pages that wait, while others are being stored or not.
    fn judged(waiting_count: usize, is_storing: bool) -> Judged {
        let page = (request(0, None), Page::from(response(0, None, true)));
        let storing = is_storing.then(|| tokio::spawn(std::future::pending()));
        Judged { waiting: vec![page; waiting_count], storing, together: TOGETHER }
    }

    #[tokio::test]
    async fn judging_goes_on_while_the_disk_is_busy_but_not_without_end() {
        for (waiting_count, is_storing, left_pages, is_enough) in [
            (3, false, 100, false),
            (4, false, 100, true),
            (4, true, 100, false),
            (5, true, 100, false),
            (6, true, 100, true),
            (1, false, 2, true),
            (2, true, 2, false),
            (3, true, 2, true),
        ] {
            let judged = judged(waiting_count, is_storing);
            assert_eq!(judged.is_enough(left_pages), is_enough, "{waiting_count} {is_storing} {left_pages}");
        }
    }
}
