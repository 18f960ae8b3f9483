//! One sync: push until nothing waits, then pull until nothing is left, looking at the outbox between pages.
//!
//! Device and operator work at the same time: while the operator has one batch, the device stores what came back for
//! the one before and reads the next; while it gathers a page, the device judges the one before and stores the one
//! before that.

mod collect;
mod pull;
mod push;

use std::sync::Arc;

use wire::carry::CarryRequest;
use wire::problem::ProblemCode;

use crate::SyncError;
use crate::outbox::{Outbox, OutboxError};
use crate::transport::{Transport, TransportError};

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
    let mut run = Run {
        outbox,
        transport,
        progress,
        summary: Summary::default(),
        overtaken_count: 0,
        lacks_contents: false,
    };
    match run.whole(refused).await {
        Err(error @ SyncError::Transport(TransportError::Problem { code: ProblemCode::Incomplete, .. })) => {
            // Whatever becomes of it: the operator answers nothing else until it is whole, and asks again then.
            match run.give_back_all().await {
                // Its person has to know, and can ask the operator.
                Err(SyncError::Transport(why)) if collect::is_disbelieved(&why) => return Err(why.into()),
                Err(error) => tracing::warn!(%error, "what the operator lost was not handed back to its end"),
                Ok(()) => {}
            }
            Err(error)
        }
        Ok(()) => {
            if run.lacks_contents
                && let Err(error) = run.hand_back(collect::Lacks::Contents).await
            {
                // It is asked for with every pull until it is there.
                tracing::warn!(%error, "contents that the operator lost were not handed back to their end");
            }
            Ok(run.summary)
        }
        Err(error) => Err(error),
    }
}

/// Whether an operator that is there could not do what it was asked, which says nothing about the next request.
fn is_about_the_request(error: TransportError) -> bool {
    matches!(error, TransportError::Problem { code: ProblemCode::Internal | ProblemCode::BadRequest, .. })
}

struct Run<'a> {
    outbox: Arc<dyn Outbox>,
    transport: &'a dyn Transport,
    progress: &'a (dyn Fn(Progress) + Send + Sync),
    summary: Summary,
    overtaken_count: u32,
    /// The operator said so with a page.
    lacks_contents: bool,
}

impl Run<'_> {
    async fn whole(&mut self, refused: Refused) -> Result<(), SyncError> {
        // What the operator could not take is tried again at once when there is something else to send, otherwise the
        // store lets more and more rounds pass: nobody's network is spent on waiting for another device.
        let again = self.blocking(|outbox| outbox.waiting()).await?.waiting_count > 0;
        self.carry(false, again).await;
        self.push_all().await?;
        if refused == Refused::TryAgain {
            match self.push_refused().await {
                // An operator that stumbles over what it refused before has all the rest to say still.
                Err(SyncError::Transport(error)) if is_about_the_request(error) => {
                    tracing::warn!(%error, "what was refused waits for the next time that it is sent again");
                }
                tried => tried?,
            }
        }
        self.carry(true, again).await;
        self.pull_all().await
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
