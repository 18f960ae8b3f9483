//! One sync: push until nothing waits, then pull until nothing is left.

use std::sync::Arc;

use crate::outbox::{Outbox, OutboxError};
use crate::push::{self, Next, Pushing};
use crate::transport::Transport;
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

/// Runs one sync to its end. Cancelling it at any await loses nothing.
///
/// `progress` is called before each request and at the end of each phase.
///
/// # Errors
/// [`SyncError`]; what was done before stays done.
pub async fn synchronise(
    outbox: Arc<dyn Outbox>,
    transport: &dyn Transport,
    progress: &(dyn Fn(Progress) + Send + Sync),
) -> Result<Summary, SyncError> {
    let mut summary = Summary::default();
    push_all(&outbox, transport, progress, &mut summary).await?;
    pull_all(&outbox, transport, progress, &mut summary).await?;
    Ok(summary)
}

async fn push_all(
    outbox: &Arc<dyn Outbox>,
    transport: &dyn Transport,
    progress: &(dyn Fn(Progress) + Send + Sync),
    summary: &mut Summary,
) -> Result<(), SyncError> {
    let total_count = blocking(outbox, |outbox| outbox.waiting()).await?.waiting_count;
    let mut pushing = Pushing::new();
    loop {
        let limits = pushing.limits();
        let items = blocking(outbox, move |outbox| {
            outbox.next_batch(limits.from_seq, limits.max_items, limits.max_bytes)
        })
        .await?;
        let done_count = summary.registered_count.min(total_count);
        progress(Progress { phase: Phase::Pushing, done_count, total_count });
        if items.is_empty() {
            return Ok(());
        }
        tracing::trace!(target: "esep::step", step = "push-planned");
        let request = wire::push::PushRequest { items: items.clone() };
        blocking(outbox, move |outbox| outbox.mark_sent(&items)).await?;
        tracing::trace!(target: "esep::step", step = "push-sent");
        let answer = transport.push(&request).await;
        tracing::trace!(target: "esep::step", step = "push-answered");
        let next = match answer {
            Ok(response) => {
                push::check(&request.items, &response).map_err(SyncError::Protocol)?;
                let next = pushing.after(&request.items, &response);
                let items = request.items;
                let applied = blocking(outbox, move |outbox| outbox.apply_push(&items, &response)).await?;
                tracing::trace!(target: "esep::step", step = "receipts-committed");
                summary.registered_count += applied.registered_count;
                summary.refused_count += applied.refused.len() as u64;
                summary.series_behind |= applied.series_behind;
                next
            }
            Err(error) => {
                let next = pushing.after_failure(error, request.items.len());
                blocking(outbox, move |outbox| outbox.mark_unsent(&request.items)).await?;
                next
            }
        };
        match next {
            Next::Again => {}
            Next::Stop(error) => return Err(error),
        }
    }
}

async fn pull_all(
    outbox: &Arc<dyn Outbox>,
    transport: &dyn Transport,
    progress: &(dyn Fn(Progress) + Send + Sync),
    summary: &mut Summary,
) -> Result<(), SyncError> {
    let mut pulling = pull::Pulling::new();
    loop {
        progress(pulling.progress());
        let limit = pulling.limit();
        let request = blocking(outbox, move |outbox| outbox.pull_request(limit)).await?;
        let response = match transport.pull(&request).await {
            Ok(response) => response,
            Err(error) => match pulling.after_failure(error) {
                pull::Next::Again => continue,
                pull::Next::Revoked => {
                    summary.revoked = true;
                    return Ok(());
                }
                pull::Next::Stop(error) => return Err(error.into()),
            },
        };
        let more = pulling.after(&request, &response).map_err(SyncError::Protocol)?;
        let applied = blocking(outbox, move |outbox| outbox.apply_pull(&request, response)).await?;
        tracing::trace!(target: "esep::step", step = "page-committed");
        summary.received_count += applied.new_count;
        summary.rejected_count += applied.rejected_count;
        if !more {
            progress(pulling.progress());
            return Ok(());
        }
    }
}

/// Runs a short transaction where it may block. The task runs to its end even when the sync is cancelled.
async fn blocking<T: Send + 'static>(
    outbox: &Arc<dyn Outbox>,
    step: impl FnOnce(&dyn Outbox) -> Result<T, OutboxError> + Send + 'static,
) -> Result<T, OutboxError> {
    let outbox = Arc::clone(outbox);
    match tokio::task::spawn_blocking(move || step(outbox.as_ref())).await {
        Ok(result) => result,
        Err(error) => Err(OutboxError::Store(Box::new(error))),
    }
}
