//! Sync by itself while an account is open: at unlock, after each change, every minute, and later each time after a
//! failure. The person can also ask for one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use store::Store;
use sync::outbox::{HandedBack, Lost, Page, PullApplied, PushApplied, Standing};
use sync::{Backoff, Outbox, OutboxError, Phase, Progress, Refused, Summary, SyncError, Waiting};
use tokio::sync::Notify;
use tokio::time::Instant;
use wire::carry::{CarryItem, CarryOutcome};
use wire::collect::Stretch;
use wire::pull::{PullRequest, PullResponse};
use wire::push::{PushItem, PushRequest, PushResponse};

use crate::agreement::texts;
use crate::courier;
use crate::errors::{Result, sync_code};
use crate::ipc::{ErrorCode, SyncPhase, SyncState};
use crate::reseal;
use crate::session::{Session, blocking};
use crate::trust;

/// How often what the operator refused is sent again: it may have been the operator's mistake.
const TRY_REFUSED_EVERY: Duration = Duration::from_secs(24 * 3_600);
/// How soon after a failure a change may lead to the next try. Who registers one visit after the other without a network
/// must not wait at a tap for the tries of those before, nor pay for them with the battery.
const NOT_AGAIN_WITHIN: Duration = Duration::from_secs(1);
/// Small value of the store: when the last sync succeeded, UTC ms in decimal digits.
const LAST_SUCCESS: &str = "sync/last-success";

/// What the loop and the screens share.
#[derive(Default)]
pub(crate) struct SyncLoop {
    /// One sync at a time; also holds how long to wait after failures.
    turn: tokio::sync::Mutex<Backoff>,
    kick: Notify,
    now: Mutex<Now>,
    /// Held from reading the state to telling it: an older state must not be told after a newer one.
    telling: tokio::sync::Mutex<()>,
    /// When what the operator refused was last sent again; never since the account was opened, which is also how an
    /// updated app begins.
    refused_tried: Mutex<Option<Instant>>,
    /// Not even a change leads to a try before it: the last one failed just now, or the operator asked for time.
    not_before: Mutex<Option<Instant>>,
}

struct Now {
    phase: SyncPhase,
    done_count: u64,
    total_count: u64,
    error: Option<ErrorCode>,
    next_try: Option<Instant>,
}

impl Default for Now {
    fn default() -> Self {
        Self { phase: SyncPhase::Idle, done_count: 0, total_count: 0, error: None, next_try: None }
    }
}

impl SyncLoop {
    /// Something waits to be sent.
    pub(crate) fn kick(&self) {
        self.kick.notify_one();
    }

    /// Waits as long as not even a change may lead to a try. A sync that a person asked for meanwhile may have made it
    /// longer.
    async fn until_it_may_try(&self) {
        loop {
            let not_before = *self.not_before.lock();
            match not_before.filter(|&at| at > Instant::now()) {
                Some(at) => tokio::time::sleep_until(at).await,
                None => return,
            }
        }
    }
}

/// Syncs for ever; ends with the session.
pub(crate) async fn run(session: Arc<Session>) {
    loop {
        let tried = *session.sync.refused_tried.lock();
        let refused = match tried.is_some_and(|at| at.elapsed() < TRY_REFUSED_EVERY) {
            true => Refused::Leave,
            false => Refused::TryAgain,
        };
        let pause = turn(&session, refused, false).await;
        tokio::select! {
            () = session.sync.kick.notified() => {}
            () = tokio::time::sleep(pause) => {}
        }
        session.sync.until_it_may_try().await;
    }
}

/// One sync now; waits for the one that is running, if any. What became of it stands in the state.
pub(crate) async fn run_once(session: &Arc<Session>) {
    turn(session, Refused::TryAgain, true).await;
}

async fn turn(session: &Arc<Session>, refused: Refused, asked: bool) -> Duration {
    let mut backoff = session.sync.turn.lock().await;
    let observed = Arc::new(Observed { store: Arc::clone(&session.store), changed: AtomicBool::new(false) });
    let progress = |progress: Progress| show(session, progress);
    let result = sync::synchronise(observed.clone(), &session.transport, refused, &progress).await;
    // Whatever became of it: what an earlier sync told may not be done yet.
    judge_erasures(session, &observed).await;
    if let Err(failure) = reseal::as_known(session).await {
        tracing::warn!(%failure, "the account stays sealed to an older recovery key");
    }
    let (mut texts_came, mut delivered) = (false, false);
    if result.is_ok() {
        if refused == Refused::TryAgain {
            *session.sync.refused_tried.lock() = Some(Instant::now());
        }
        // Missing texts are no reason to call the sync failed: the next one asks for them again.
        texts_came = texts::fetch_missing(session).await.unwrap_or(false);
        // Last, so that nothing of this device waits for what it carries.
        delivered = courier::deliver(session, asked).await;
    }
    let pause = match &result {
        Ok(summary) => succeeded(session, summary, &mut backoff).await,
        Err(error) => failed(session, error, &mut backoff).await,
    };
    if observed.changed.load(Ordering::Relaxed) || texts_came || delivered {
        session.ports.events.changed();
    }
    tell(session).await;
    let writing = Arc::clone(session);
    tokio::task::spawn_blocking(move || {
        if let Err(failure) = writing.store.write_back() {
            tracing::warn!(%failure, "the log of the file stays as long as it is");
        }
    });
    pause
}

/// Does the erasures that had to wait, as far as this device's clock says that they need not any more.
async fn judge_erasures(session: &Arc<Session>, observed: &Observed) {
    let (judging, now_ms) = (Arc::clone(session), session.now_ms());
    match blocking(move || Ok(judging.store.judge_erasures(now_ms)?)).await {
        Ok(has_erased) => {
            observed.changed.fetch_or(has_erased, Ordering::Relaxed);
        }
        Err(failure) => tracing::warn!(%failure, "an erasure waits for the next sync"),
    }
}

async fn succeeded(session: &Arc<Session>, summary: &Summary, backoff: &mut Backoff) -> Duration {
    backoff.reset();
    if summary.rejected_count > 0 {
        tracing::warn!(
            count = summary.rejected_count,
            "statements of others did not verify and were left out"
        );
    }
    if summary.series_behind {
        tracing::warn!("the operator knows more of this device's series than the device: a restored copy");
    }
    let (storing, now_ms) = (Arc::clone(session), session.now_ms());
    let stored =
        blocking(move || Ok(storing.store.set(LAST_SUCCESS, Some(now_ms.to_string().as_bytes()))?)).await;
    if let Err(failure) = stored {
        tracing::warn!(%failure, "the time of the last sync was not kept");
    }
    let mut now = session.sync.now.lock();
    // A revoked device may hand in what it has and gets nothing back.
    now.error = summary.revoked.then_some(ErrorCode::NotAllowed);
    now.phase = SyncPhase::Idle;
    now.next_try = None;
    *session.sync.not_before.lock() = None;
    session.options.sync_every
}

async fn failed(session: &Arc<Session>, error: &SyncError, backoff: &mut Backoff) -> Duration {
    let asked_s = error.retry_after_s();
    let mut time = backoff.pause(asked_s, &*session.ports.rng);
    if !error.can_retry() {
        // Somebody must mend it; asking now and then notices when that has happened.
        time = time.max(sync::backoff::LONGEST);
        tracing::warn!(%error, "the sync cannot go on by itself");
    }
    let code = sync_code(error);
    if code == ErrorCode::TrustEnded {
        let (storing, now_ms) = (Arc::clone(session), session.now_ms());
        if let Err(failure) = blocking(move || Ok(storing.store.date_evidence(now_ms)?)).await {
            tracing::warn!(%failure, "the time of the evidence was not kept");
        }
    }
    let mut now = session.sync.now.lock();
    now.phase = if code == ErrorCode::Offline { SyncPhase::Offline } else { SyncPhase::Waiting };
    now.error = Some(code);
    now.next_try = Some(Instant::now() + time);
    // What the operator asked for is not cut short; what was added because of earlier failures may be.
    let firm = asked_s.map_or(NOT_AGAIN_WITHIN, |asked_s| Duration::from_secs(asked_s.into())).min(time);
    *session.sync.not_before.lock() = Some(Instant::now() + firm);
    time
}

fn show(session: &Arc<Session>, progress: Progress) {
    {
        let mut now = session.sync.now.lock();
        now.phase = match progress.phase {
            Phase::Pushing => SyncPhase::Pushing,
            Phase::Pulling => SyncPhase::Pulling,
        };
        (now.done_count, now.total_count) = (progress.done_count, progress.total_count);
        now.next_try = None;
    }
    // Progress comes from between two requests, where nothing may wait; counts follow by themselves.
    let telling = Arc::clone(session);
    let task = tokio::spawn(async move { tell(&telling).await });
    drop(task);
}

async fn tell(session: &Arc<Session>) {
    let _telling = session.sync.telling.lock().await;
    match state(session).await {
        Ok(state) => session.ports.events.sync(&state),
        Err(failure) => tracing::warn!(%failure, "the state of the sync cannot be read"),
    }
}

/// What waits and why.
///
/// # Errors
/// Those of the store.
pub(crate) async fn state(session: &Arc<Session>) -> Result<SyncState> {
    let (counts, last_success_ms, distrust, sealed_at_ms) = session
        .read(|_, reader| {
            let last = reader.get(LAST_SUCCESS)?;
            let last = last.and_then(|bytes| std::str::from_utf8(&bytes).ok()?.parse::<i64>().ok());
            let sealed = reader.sealed_parcels()?.into_iter().find(|(_, waiting)| *waiting > 0);
            Ok((
                reader.outbox_counts()?,
                last,
                reader.distrust()?,
                sealed.map(|(parcel, _)| parcel.sealed_at_ms),
            ))
        })
        .await?;
    let now = session.sync.now.lock();
    let count = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(SyncState {
        phase: now.phase,
        done_count: count(now.done_count),
        total_count: count(now.total_count),
        waiting_count: count(counts.saved_count + counts.sent_count),
        refused_count: count(counts.refused_count),
        sealed_at_ms,
        last_success_ms,
        error: now.error,
        next_try_in_s: now.next_try.map(|at| count(at.saturating_duration_since(Instant::now()).as_secs())),
        distrust: distrust.as_ref().map(trust::view),
    })
}

/// Whether anything was ever pulled.
///
/// # Errors
/// Those of the store.
pub(crate) fn has_synced(reader: &store::Reader<'_>) -> Result<bool> {
    Ok(reader.get(LAST_SUCCESS)?.is_some())
}

/// The store, and whether what came through it can be seen on a screen.
struct Observed {
    store: Arc<Store>,
    changed: AtomicBool,
}

impl Outbox for Observed {
    fn next_batch(
        &self,
        from_seq: Option<u64>,
        max_items: usize,
        max_bytes: usize,
    ) -> Result<PushRequest, OutboxError> {
        self.store.next_batch(from_seq, max_items, max_bytes)
    }

    fn refused_batch(
        &self,
        after_seq: Option<u64>,
        max_items: usize,
        max_bytes: usize,
    ) -> Result<PushRequest, OutboxError> {
        self.store.refused_batch(after_seq, max_items, max_bytes)
    }

    fn mark_sent(&self, items: &[PushItem]) -> Result<(), OutboxError> {
        self.changed.store(true, Ordering::Relaxed);
        self.store.mark_sent(items)
    }

    fn mark_unsent(&self, items: &[PushItem]) -> Result<(), OutboxError> {
        self.changed.store(true, Ordering::Relaxed);
        self.store.mark_unsent(items)
    }

    fn apply_push(&self, request: &PushRequest, response: &PushResponse) -> Result<PushApplied, OutboxError> {
        self.changed.store(true, Ordering::Relaxed);
        self.store.apply_push(request, response)
    }

    fn carried(&self, answers: bool, again: bool) -> Result<Vec<CarryItem>, OutboxError> {
        self.store.carried(answers, again)
    }

    fn apply_carried(&self, items: &[CarryItem], outcomes: &[CarryOutcome]) -> Result<(), OutboxError> {
        self.changed.store(true, Ordering::Relaxed);
        self.store.apply_carried(items, outcomes)
    }

    fn standing(&self) -> Result<Standing, OutboxError> {
        self.store.standing()
    }

    fn lost(&self, wanted: &[Stretch], after: HandedBack) -> Result<Option<Lost>, OutboxError> {
        self.store.lost(wanted, after)
    }

    fn pull_request(&self, limit: u32) -> Result<PullRequest, OutboxError> {
        self.store.pull_request(limit)
    }

    fn judge_pull(&self, response: PullResponse) -> Result<Page, OutboxError> {
        self.store.judge_pull(response)
    }

    fn apply_pulls(&self, pages: &[(PullRequest, Page)]) -> Result<PullApplied, OutboxError> {
        let applied = self.store.apply_pulls(pages)?;
        self.changed.fetch_or(applied.changed, Ordering::Relaxed);
        Ok(applied)
    }

    fn waiting(&self) -> Result<Waiting, OutboxError> {
        self.store.waiting()
    }
}
