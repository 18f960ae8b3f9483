//! An open account: its store, its connection, and what runs while it is open.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::ContinuousTime;
use domain::content::UnavailableReason;
use domain::id::{CaptureId, PersonId, VisitId};
use parking_lot::Mutex;
use store::{Account, Appended, Appending, Reader, Store};
use sync::http::{Client, HttpTransport};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::AbortHandle;

use crate::errors::{Failure, Result};
use crate::options::Options;
use crate::ports::Ports;
use crate::reseal::Lock;
use crate::sync_loop::{self, SyncLoop};
use crate::vault::AccountId;
use crate::{background, locate};

/// Drafts that are kept; a person has one open, and the screen may have been left with it.
const MAX_DRAFTS: usize = 64;

/// A visit that is about to be registered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draft {
    /// The warning of clause B2.3 that was on screen before the tap.
    pub(crate) warned: Option<UnavailableReason>,
    order: u64,
}

/// An open account.
pub(crate) struct Session {
    /// Which.
    pub(crate) id: AccountId,
    /// What opened it.
    pub(crate) lock: Lock,
    /// Whose.
    pub(crate) person: PersonId,
    /// Device, operator, address.
    pub(crate) account: Account,
    /// Its encrypted store.
    pub(crate) store: Arc<Store>,
    /// The machine.
    pub(crate) ports: Ports,
    /// What tests may choose.
    pub(crate) options: Options,
    /// Calls that need no signature.
    pub(crate) client: Client,
    /// Signed calls.
    pub(crate) transport: HttpTransport,
    /// State of the sync.
    pub(crate) sync: SyncLoop,
    /// Readings that are running.
    pub(crate) captures: Mutex<BTreeMap<CaptureId, AbortHandle>>,
    /// Visits that may still be undone, and since when.
    pub(crate) undo: Mutex<BTreeMap<VisitId, ContinuousTime>>,
    /// What was known last about the location, without reading it.
    pub(crate) readiness: Mutex<Option<Option<UnavailableReason>>>,
    drafts: Mutex<BTreeMap<String, Draft>>,
    is_closed: AtomicBool,
    tasks: Mutex<Vec<AbortHandle>>,
}

impl Session {
    /// Takes an opened store. Nothing runs yet; see [`Self::start`].
    ///
    /// # Errors
    /// [`Failure::DatabaseDamaged`] when it belongs to nobody, and those of store and address.
    pub(crate) fn new(lock: Lock, store: Store, ports: Ports, options: Options) -> Result<Arc<Self>> {
        let account = store.account()?.ok_or(Failure::DatabaseDamaged)?;
        let person = account.person.ok_or(Failure::DatabaseDamaged)?;
        let client = Client::new(account.address.parse()?, &options.extra_roots_pem)?;
        let transport =
            HttpTransport::new(client.clone(), account.key.clone(), ports.clock.clone(), ports.rng.clone());
        Ok(Arc::new(Self {
            id: lock.id.clone(),
            lock,
            person,
            account,
            store: Arc::new(store),
            sync: SyncLoop::default(),
            captures: Mutex::default(),
            undo: Mutex::default(),
            readiness: Mutex::default(),
            drafts: Mutex::default(),
            is_closed: AtomicBool::new(false),
            tasks: Mutex::default(),
            ports,
            options,
            client,
            transport,
        }))
    }

    /// Writes what a crash left open and starts what runs by itself.
    pub(crate) fn start(self: &Arc<Self>) {
        let session = Arc::clone(self);
        let task = tokio::spawn(async move {
            if let Err(failure) = locate::write_interrupted(&session).await {
                tracing::error!(%failure, "interrupted readings were not written");
            }
            sync_loop::run(session).await;
        });
        self.keep(task.abort_handle());
    }

    /// Ends with the session.
    pub(crate) fn keep(&self, task: AbortHandle) {
        let mut tasks = self.tasks.lock();
        if self.is_closed() {
            return task.abort();
        }
        tasks.retain(|task| !task.is_finished());
        tasks.push(task);
    }

    /// Stops everything that runs. A reading of the location that is cut off is written as interrupted at the next
    /// start.
    pub(crate) fn close(&self) {
        // Before the lists are emptied: what comes to them later sees it and does not begin.
        self.is_closed.store(true, Ordering::SeqCst);
        self.tasks.lock().drain(..).for_each(|task| task.abort());
        std::mem::take(&mut *self.captures.lock()).into_values().for_each(|task| task.abort());
    }

    /// Nothing may begin any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }

    /// UTC ms by the device's clock.
    pub(crate) fn now_ms(&self) -> i64 {
        self.ports.clock.utc_ms()
    }

    /// Reads from one snapshot, where blocking is allowed.
    ///
    /// # Errors
    /// Those of the closure and of the store.
    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        look: impl FnOnce(&Session, &Reader<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let session = Arc::clone(self);
        blocking(move || session.store.read(|reader| look(&session, reader))).await
    }

    /// Seals statements in one transaction and lets the screens and the sync know, without waiting for either.
    ///
    /// # Errors
    /// Those of the closure and of the store; then nothing was written.
    pub(crate) async fn append(
        self: &Arc<Self>,
        request: Option<String>,
        seal: impl Fn(&Session, &mut Appending<'_>) -> Result<()> + Send + 'static,
    ) -> Result<Appended> {
        let session = Arc::clone(self);
        let appended = at_once(move || {
            let Ports { clock, rng, .. } = &session.ports;
            session.store.append(request.as_deref(), &**clock, &**rng, |appending| seal(&session, appending))
        })
        .await?;
        if !appended.repeated {
            self.changed();
        }
        Ok(appended)
    }

    /// Something was written.
    pub(crate) fn changed(&self) {
        self.ports.events.changed();
        self.sync.kick();
    }

    /// Gives a draft id: the moment in ms and 10 random bytes. A tap looks for what answered its draft, and those of one
    /// day lie together.
    pub(crate) fn put_draft(&self, warned: Option<UnavailableReason>) -> String {
        let mut id = [0; 16];
        id[..6].copy_from_slice(&self.now_ms().to_be_bytes()[2..]);
        self.ports.rng.fill(&mut id[6..]);
        let id = data_encoding::HEXLOWER.encode(&id);
        let mut drafts = self.drafts.lock();
        let order = drafts.values().map(|draft| draft.order).max().unwrap_or(0) + 1;
        drafts.retain(|_, draft| draft.order + MAX_DRAFTS as u64 > order);
        drafts.insert(id.clone(), Draft { warned, order });
        id
    }

    /// The draft of that id, when this session gave it.
    pub(crate) fn draft(&self, id: &str) -> Option<Draft> {
        self.drafts.lock().get(id).copied()
    }

    /// Milliseconds left to undo a visit; 0 when it is over.
    pub(crate) fn undo_left_ms(&self, visit: VisitId) -> u32 {
        let Some(since) = self.undo.lock().get(&visit).copied() else { return 0 };
        let limit_ms = u64::try_from(UNDO.as_millis()).unwrap_or(u64::MAX);
        match background::elapsed_ms(since, self.ports.clock.continuous()) {
            Some(elapsed_ms) => u32::try_from(limit_ms.saturating_sub(elapsed_ms)).unwrap_or(u32::MAX),
            None => 0,
        }
    }

    /// The visit may be undone from now on.
    pub(crate) fn allow_undo(&self, visits: &[VisitId]) {
        let now = self.ports.clock.continuous();
        let mut undo = self.undo.lock();
        undo.retain(|_, since| {
            background::elapsed_ms(*since, now)
                .is_some_and(|elapsed_ms| u128::from(elapsed_ms) < UNDO.as_millis())
        });
        undo.extend(visits.iter().map(|&visit| (visit, now)));
    }
}

/// How long a visit can be undone.
pub(crate) const UNDO: Duration = Duration::from_secs(10);

/// Runs what a person waits for and what waits for the disk: on this very thread where the runtime has others for its
/// tasks, because to wake another thread takes a tenth of what a tap may.
async fn at_once<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::MultiThread => tokio::task::block_in_place(work),
        _ => blocking(work).await,
    }
}

/// Runs what blocks (files, database, Argon2id) off the async threads.
///
/// # Errors
/// Those of the closure.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(Failure::Locked),
    }
}
