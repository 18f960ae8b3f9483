//! Stand-ins for the machine: a clock that is moved by hand, a key store in memory, a location told by a script; and
//! use cases that need no session, for devices without screens.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use domain::content::UnavailableReason;
use domain::sensitive::Sensitive;
use domain::{Clock, ContinuousTime, Rng};
use parking_lot::Mutex;
use store::Store;
use sync::Transport;
use tokio::sync::mpsc::Sender;

use crate::ipc::SyncState;
use crate::ports::{Disk, Events, LocationSource, Reading, SecretError, SecretStore, VisitMoment};

/// A clock that stands until it is moved.
#[derive(Debug)]
pub struct ManualClock(Mutex<Times>);

#[derive(Debug)]
struct Times {
    utc_ms: i64,
    epoch: u8,
    elapsed_ms: u64,
}

impl ManualClock {
    /// A clock at that moment.
    pub fn at(utc_ms: i64) -> Self {
        Self(Mutex::new(Times { utc_ms, epoch: 1, elapsed_ms: 1_000 }))
    }

    /// The same for one of several devices: no two have an epoch in common until one restarted so many times.
    pub fn of_device(utc_ms: i64, number: u8) -> Self {
        Self(Mutex::new(Times { utc_ms, epoch: 1 + number * 32, elapsed_ms: 1_000 }))
    }

    /// Time passes.
    pub fn advance_ms(&self, ms: u64) {
        let mut times = self.0.lock();
        times.utc_ms += ms as i64;
        times.elapsed_ms += ms;
    }

    /// Somebody turns the wall clock.
    pub fn advance_wall_ms(&self, ms: i64) {
        self.0.lock().utc_ms += ms;
    }

    /// The device restarts.
    pub fn restart(&self) {
        let mut times = self.0.lock();
        times.epoch += 1;
        times.elapsed_ms = 0;
    }
}

impl Clock for ManualClock {
    fn utc_ms(&self) -> i64 {
        self.0.lock().utc_ms
    }

    fn offset_min(&self) -> i16 {
        300
    }

    fn continuous(&self) -> ContinuousTime {
        let times = self.0.lock();
        ContinuousTime { epoch: [times.epoch; 8], elapsed_ms: times.elapsed_ms }
    }
}

/// Chance that repeats: different with each call, the same with each run.
#[derive(Debug)]
pub struct SeededRng(Mutex<u64>);

impl SeededRng {
    /// A sequence by its seed.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Rng for SeededRng {
    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.0.lock();
        for byte in bytes {
            // SplitMix64.
            *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = *state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = (z ^ (z >> 31)) as u8;
        }
    }
}

/// A key store in memory that can be closed and can lose everything.
#[derive(Debug, Default)]
pub struct MemorySecrets {
    entries: Mutex<BTreeMap<String, Vec<u8>>>,
    is_closed: AtomicBool,
}

impl MemorySecrets {
    /// Loses all entries.
    pub fn forget_all(&self) {
        self.entries.lock().clear();
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.lock().is_empty()
    }

    /// Refuses from now on.
    pub fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
    }

    /// Answers again.
    pub fn open(&self) {
        self.is_closed.store(false, Ordering::SeqCst);
    }

    fn check(&self) -> Result<(), SecretError> {
        if self.is_closed.load(Ordering::SeqCst) { Err(SecretError::Unavailable) } else { Ok(()) }
    }
}

impl SecretStore for MemorySecrets {
    fn get(&self, name: &str) -> Result<Option<Sensitive<Vec<u8>>>, SecretError> {
        self.check()?;
        Ok(self.entries.lock().get(name).cloned().map(Sensitive::new))
    }

    fn set(&self, name: &str, secret: &Sensitive<Vec<u8>>) -> Result<(), SecretError> {
        self.check()?;
        self.entries.lock().insert(name.to_owned(), secret.expose().clone());
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), SecretError> {
        self.check()?;
        self.entries.lock().remove(name);
        Ok(())
    }
}

/// A disk that is never full.
#[derive(Debug, Clone, Copy)]
pub struct AmpleDisk;

impl Disk for AmpleDisk {
    fn free_bytes(&self, _: &std::path::Path) -> Option<u64> {
        Some(u64::MAX)
    }
}

/// One step of a scripted reading.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    /// Nothing for a while.
    Wait(Duration),
    /// The platform reports this.
    Report(Reading),
    /// Nothing more, and the source does not end by itself.
    Hang,
}

/// A location service that does what each script says, one script for each start.
#[derive(Debug, Default)]
pub struct ScriptedLocation {
    scripts: Mutex<VecDeque<Vec<Step>>>,
    readiness: Mutex<Option<UnavailableReason>>,
    starts: AtomicU32,
    stops: AtomicU32,
}

impl ScriptedLocation {
    /// What the next start that has no script yet will do.
    pub fn then(&self, script: impl Into<Vec<Step>>) {
        self.scripts.lock().push_back(script.into());
    }

    /// What is known before reading.
    pub fn set_readiness(&self, reason: Option<UnavailableReason>) {
        *self.readiness.lock() = reason;
    }

    /// How often it was started.
    pub fn starts(&self) -> u32 {
        self.starts.load(Ordering::SeqCst)
    }

    /// How often it was stopped.
    pub fn stops(&self) -> u32 {
        self.stops.load(Ordering::SeqCst)
    }
}

struct CountOnDrop<'a>(&'a AtomicU32);

impl Drop for CountOnDrop<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl LocationSource for ScriptedLocation {
    async fn readiness(&self) -> Option<UnavailableReason> {
        *self.readiness.lock()
    }

    async fn read(&self, _moment: &VisitMoment, readings: Sender<Reading>) {
        self.starts.fetch_add(1, Ordering::SeqCst);
        let _stop = CountOnDrop(&self.stops);
        let script = self.scripts.lock().pop_front().unwrap_or_default();
        for step in script {
            match step {
                Step::Wait(time) => tokio::time::sleep(time).await,
                Step::Report(reading) => {
                    if readings.send(reading).await.is_err() {
                        return;
                    }
                }
                Step::Hang => readings.closed().await,
            }
        }
    }
}

/// Counts what the screens were told.
#[derive(Debug, Default)]
pub struct CountedEvents {
    changed: AtomicU32,
    locked: AtomicU32,
    sync: Mutex<Option<SyncState>>,
}

impl CountedEvents {
    /// How often something may have changed.
    pub fn changed_count(&self) -> u32 {
        self.changed.load(Ordering::SeqCst)
    }

    /// How often the account was locked.
    pub fn locked_count(&self) -> u32 {
        self.locked.load(Ordering::SeqCst)
    }

    /// The last state of the sync.
    pub fn last_sync(&self) -> Option<SyncState> {
        self.sync.lock().clone()
    }
}

impl Events for CountedEvents {
    fn changed(&self) {
        self.changed.fetch_add(1, Ordering::SeqCst);
    }

    fn sync(&self, state: &SyncState) {
        *self.sync.lock() = Some(state.clone());
    }

    fn locked(&self) {
        self.locked.fetch_add(1, Ordering::SeqCst);
    }
}

/// Seals what waits in a store as the app does, at most so many statements in one parcel; `keep` is the folder.
///
/// # Errors
/// As the screens are told it.
pub fn seal_waiting(
    store: &Store,
    now_ms: i64,
    max_items: usize,
    mut keep: impl FnMut(&[u8]),
) -> Result<(), crate::ipc::ErrorCode> {
    let sealed = crate::courier::seal_waiting(store, now_ms, max_items, |_, bytes| {
        keep(bytes);
        Ok(())
    });
    sealed.map_err(|failure| crate::ipc::IpcError::from(failure).code)
}

/// Delivers the parcels of others that a store holds, as the sync loop does.
pub async fn deliver(store: &Arc<Store>, transport: &dyn Transport, clock: &dyn Clock, asked: bool) -> bool {
    crate::courier::deliver_from(store, transport, clock, asked).await
}
