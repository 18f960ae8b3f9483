//! One sync: push until nothing waits, then pull until nothing is left, looking at the outbox between pages.

use std::sync::Arc;

use wire::carry::CarryRequest;
use wire::problem::ProblemCode;
use wire::push::PushRequest;

use crate::outbox::{Outbox, OutboxError};
use crate::push::{self, Next, Pushing};
use crate::transport::{Transport, TransportError};
use crate::{SyncError, pull};

/// What a sync is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Sending own statements.
    Pushing,
    /// Fetching those of others.
    Pulling,
}

/// How far a sync is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What it is doing.
    pub phase: Phase,
    /// Statements done in this phase.
    pub done_count: u64,
    /// Statements of this phase, as far as known.
    pub total_count: u64,
}

/// What a sync did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Own statements that the operator registered.
    pub registered_count: u64,
    /// Own statements that the operator refused.
    pub refused_count: u64,
    /// Others' statements that are new here.
    pub received_count: u64,
    /// Others' statements that did not verify.
    pub rejected_count: u64,
    /// The operator knows more of this device's series than the device: it was restored from a copy.
    pub series_behind: bool,
    /// The device is revoked: its late statements were taken, and nothing comes back.
    pub revoked: bool,
}

/// What to do about statements that the operator refused before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// They wait for nobody, so they delay nobody.
    Leave,
    /// Send them again, after everything else: the operator or this app may have been mended since.
    TryAgain,
}

/// How often one sync asks anew because another answer was applied first.
const MAX_OVERTAKEN: u32 = 3;

/// Runs one sync to its end. Cancelling it at any await loses nothing.
///
/// `progress` is called before each request and at the end of each phase.
///
/// # Errors
/// [`SyncError`]; what was done before stays done.
pub async fn synchronise(
    outbox: Arc<dyn Outbox>,
    transport: &dyn Transport,
    refused: Refused,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Summary, SyncError> {
    let mut run = Run { outbox, transport, progress, summary: Summary::default(), overtaken_count: 0 };
    // What the operator could not take is tried again only when there is something else to send: nobody's network is
    // spent on waiting for another device.
    let again = run.blocking(|outbox| outbox.waiting()).await?.waiting_count > 0;
    run.carry(false, again).await;
    run.push_all().await?;
    if refused == Refused::TryAgain {
        run.push_refused().await?;
    }
    run.carry(true, again).await;
    run.pull_all().await?;
    Ok(run.summary)
}

struct Run<'a> {
    outbox: Arc<dyn Outbox>,
    transport: &'a dyn Transport,
    progress: &'a (dyn Fn(Progress) + Send + Sync),
    summary: Summary,
    overtaken_count: u32,
}

impl Run<'_> {
    async fn push_all(&mut self) -> Result<(), SyncError> {
        let total_count = self.blocking(|outbox| outbox.waiting()).await?.waiting_count;
        let registered_before_count = self.summary.registered_count;
        let mut pushing = Pushing::new();
        let mut contradiction = None;
        loop {
            let limits = pushing.limits();
            let request = self
                .blocking(move |outbox| {
                    outbox.next_batch(limits.from_seq, limits.max_items, limits.max_bytes)
                })
                .await?;
            let done_count = (self.summary.registered_count - registered_before_count).min(total_count);
            (self.progress)(Progress { phase: Phase::Pushing, done_count, total_count });
            if request.items.is_empty() {
                return contradiction.map_or(Ok(()), Err);
            }
            tracing::trace!(target: "esep::step", step = "push-planned");
            match self.push(request, &mut pushing).await {
                Ok(Next::Again) => {}
                // An operator that lost the end of its log gets it whole again, though its receipts count no more.
                Err(error @ SyncError::Outbox(OutboxError::SplitView)) if limits.from_seq.is_some() => {
                    contradiction = Some(error);
                }
                Ok(Next::Stop(error)) | Err(error) => return Err(error),
            }
        }
    }

    /// One push from its mark to its receipts. Whatever fails in between, nobody reads afterwards that it was sent.
    async fn push(&mut self, request: PushRequest, pushing: &mut Pushing) -> Result<Next, SyncError> {
        let items = request.items.clone();
        // The mark is for whoever looks at the screen; a full disk must not keep a visit from the operator.
        if let Err(error) = self.blocking(move |outbox| outbox.mark_sent(&items)).await {
            tracing::warn!(%error, "statements go out without the mark that they do");
        }
        tracing::trace!(target: "esep::step", step = "push-sent");
        let items = request.items.clone();
        let pushed = self.exchange(request, pushing).await;
        if pushed.is_err() || pushed.as_ref().is_ok_and(|answered| !answered.applied) {
            let unmarked = self.blocking(move |outbox| outbox.mark_unsent(&items)).await;
            if let Err(error) = unmarked {
                tracing::warn!(%error, "statements keep the mark that they were sent");
            }
        }
        pushed.map(|answered| answered.next)
    }

    async fn exchange(&mut self, request: PushRequest, pushing: &mut Pushing) -> Result<Answered, SyncError> {
        let answer = self.transport.push(&request).await;
        tracing::trace!(target: "esep::step", step = "push-answered");
        let response = match answer {
            Ok(response) => response,
            Err(error) => {
                let next = pushing.after_failure(error, request.items.len());
                return Ok(Answered { next, applied: false });
            }
        };
        push::check(&request.items, &response).map_err(SyncError::Protocol)?;
        let before = pushing.clone();
        let next = pushing.after(&request.items, &response);
        match self.blocking(move |outbox| outbox.apply_push(&request, &response)).await {
            Ok(applied) => {
                tracing::trace!(target: "esep::step", step = "receipts-committed");
                self.summary.registered_count += applied.registered_count;
                self.summary.refused_count += applied.refused.len() as u64;
                self.summary.series_behind |= applied.series_behind;
                Ok(Answered { next, applied: true })
            }
            Err(error) => {
                self.overtaken(error)?;
                *pushing = before;
                Ok(Answered { next: Next::Again, applied: false })
            }
        }
    }

    /// Sends what was refused before once more, each run by itself. What is refused again stays where it is.
    async fn push_refused(&mut self) -> Result<(), SyncError> {
        let (mut after_seq, mut max_items) = (None, wire::push::MAX_ITEMS);
        loop {
            let request = self
                .blocking(move |outbox| outbox.refused_batch(after_seq, max_items, push::MAX_BATCH_BYTES))
                .await?;
            let Some(last_seq) = request.items.last().map(|item| item.seq) else { return Ok(()) };
            match self.transport.push(&request).await {
                Ok(response) => {
                    push::check(&request.items, &response).map_err(SyncError::Protocol)?;
                    match self.blocking(move |outbox| outbox.apply_push(&request, &response)).await {
                        Ok(applied) => self.summary.registered_count += applied.registered_count,
                        Err(error) => {
                            self.overtaken(error)?;
                            continue;
                        }
                    }
                    after_seq = Some(last_seq);
                }
                Err(TransportError::Problem { code: ProblemCode::TooLarge, .. }) => {
                    match request.items.len() {
                        1 => after_seq = Some(last_seq),
                        count => max_items = count / 2,
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Hands over what other devices gave this one: visits before the own answers to them, answers after the own visits.
    /// Their own devices send it too, so no failure here delays what this device has to say.
    async fn carry(&mut self, answers: bool, again: bool) {
        let carried = async {
            let items = self.blocking(move |outbox| outbox.carried(answers, again)).await?;
            if items.is_empty() {
                return Ok(());
            }
            let request = CarryRequest { items };
            let response = self.transport.carry(&request).await?;
            if response.outcomes.len() != request.items.len() {
                return Err(SyncError::Protocol("one outcome for each carried statement was expected"));
            }
            let apply = move |outbox: &dyn Outbox| outbox.apply_carried(&request.items, &response.outcomes);
            Ok(self.blocking(apply).await?)
        };
        if let Err(error) = carried.await {
            tracing::warn!(%error, "what other devices gave was not handed over");
        }
    }

    async fn pull_all(&mut self) -> Result<(), SyncError> {
        let mut pulling = pull::Pulling::new();
        loop {
            (self.progress)(pulling.progress());
            let limit = pulling.limit();
            let request = self.blocking(move |outbox| outbox.pull_request(limit)).await?;
            let response = match self.transport.pull(&request).await {
                Ok(response) => response,
                Err(error) => match pulling.after_failure(error) {
                    pull::Next::Again => continue,
                    pull::Next::Revoked => {
                        self.summary.revoked = true;
                        return Ok(());
                    }
                    pull::Next::Stop(error) => return Err(error.into()),
                },
            };
            let more = pulling.after(&request, &response).map_err(SyncError::Protocol)?;
            match self.blocking(move |outbox| outbox.apply_pull(&request, response)).await {
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
            if !more {
                (self.progress)(pulling.progress());
                return Ok(());
            }
            // A first pull may take long; a visit that was registered meanwhile does not wait for its end.
            if self.blocking(|outbox| outbox.waiting()).await?.waiting_count > 0 {
                self.push_all().await?;
            }
        }
    }

    /// Whether to ask anew after the store did not take an answer.
    fn overtaken(&mut self, error: OutboxError) -> Result<(), OutboxError> {
        self.overtaken_count += 1;
        match error {
            OutboxError::Overtaken if self.overtaken_count <= MAX_OVERTAKEN => Ok(()),
            error => Err(error),
        }
    }

    /// Runs a short transaction where it may block. The task runs to its end even when the sync is cancelled.
    async fn blocking<T: Send + 'static>(
        &self,
        step: impl FnOnce(&dyn Outbox) -> Result<T, OutboxError> + Send + 'static,
    ) -> Result<T, OutboxError> {
        let outbox = Arc::clone(&self.outbox);
        match tokio::task::spawn_blocking(move || step(outbox.as_ref())).await {
            Ok(result) => result,
            Err(error) => Err(OutboxError::Store(Box::new(error))),
        }
    }
}

/// What a push that was answered says to do next, and whether its answer is in the store.
struct Answered {
    next: Next,
    applied: bool,
}
