//! A device: the product's encrypted store and sync on a disk that can fail. Only the screens are left out.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use client::testing::{ManualClock, SeededRng};
use domain::content::{CaptureEnd, LocationOutcome, UnavailableReason, VisitLocated};
use domain::id::{KeyId, PersonId};
use domain::sensitive::Sensitive;
use journal::{Draft, VerifyingKey};
use store::{Appended, Appending, Key, PendingCapture, Store, StoreError};

use crate::chance::Chance;
use crate::disk::{Cut, Disk};
use crate::network;

/// Which device; also its place in the list.
pub type Number = usize;

/// A device that runs.
pub struct Device {
    /// Its name in the trace.
    pub name: &'static str,
    /// Whose it is.
    pub person: PersonId,
    /// Its signing key's thumbprint.
    pub key: KeyId,
    /// The operator's key, as it was enrolled with.
    pub operator: VerifyingKey,
    folder: PathBuf,
    /// Its disk.
    pub disk: Arc<Disk>,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    rng: Arc<SeededRng>,
    store: Option<Arc<Store>>,
    /// How its process ends when its disk says so.
    pub cut: Option<Cut>,
    /// Whether it is that careless about readings that a crash cut off.
    pub forgets_readings: bool,
    chance: Chance,
}

/// The database of a device in its folder.
pub fn database(folder: &Path) -> PathBuf {
    folder.join("account.db")
}

/// What opens it; the vault that makes it from a PIN is not part of the simulation.
pub fn database_key() -> Key {
    Sensitive::new([0x5a; 32])
}

impl Device {
    /// Starts a device whose folder was enrolled.
    pub fn start(name: &'static str, folder: &Path, clock: Arc<ManualClock>, mut chance: Chance) -> Self {
        let disk = Disk::under(folder).expect("the folder is there");
        let store = Arc::new(Store::open(&database(folder), &database_key()).expect("it was enrolled"));
        let account = store.account().expect("it can be read").expect("it was enrolled");
        Self {
            name,
            person: account.person.expect("it was bound"),
            key: account.key.id(),
            operator: account.operator.key,
            folder: folder.to_owned(),
            disk,
            clock,
            rng: Arc::new(SeededRng::new(chance.number())),
            store: Some(store),
            cut: None,
            forgets_readings: false,
            chance,
        }
    }

    /// Its store.
    pub fn store(&self) -> &Arc<Store> {
        self.store.as_ref().expect("it runs")
    }

    /// The folder of its files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Ends the process as `cut` says, and starts another one, which writes down what the first left open. Sometimes
    /// that one ends as well, while it starts: then `true`.
    pub fn crash(&mut self) -> bool {
        self.end();
        let ends_again = self.chance.one_in(4);
        if ends_again {
            self.disk.die_after(1 + self.chance.below(24));
            let opened = Store::open(&database(&self.folder), &database_key());
            let is_dead = self.disk.is_dead();
            assert!(
                opened.is_ok() || is_dead || self.disk.is_full(),
                "the file opens after any crash: {opened:?}"
            );
            self.store = opened.ok().map(Arc::new);
            self.cut = network::end(&mut self.chance);
            self.end();
        }
        self.open();
        ends_again
    }

    fn end(&mut self) {
        self.disk.die();
        if self.store.is_some() {
            self.close();
        }
        if let Some(cut) = self.cut.take() {
            self.disk.cut_power(cut, &mut self.chance).expect("the files are there");
        }
        self.disk.revive();
        self.clock.restart();
    }

    /// Ends in order, lets something be done with the files, and starts again.
    pub fn between(&mut self, work: impl FnOnce(&Path)) {
        self.close();
        work(&self.folder);
        self.disk.replaced();
        self.open();
    }

    fn close(&mut self) {
        let store = self.store.take().expect("it runs");
        assert_eq!(Arc::strong_count(&store), 1, "nobody else has the store open");
    }

    fn open(&mut self) {
        let opened = Store::open(&database(&self.folder), &database_key());
        self.store = Some(Arc::new(opened.expect("the file opens after any crash")));
        if !self.disk.is_full() {
            self.write_interrupted();
        }
    }

    /// A reading of the location that a crash cut off is written as such at the next start, as the client does.
    pub fn write_interrupted(&self) {
        if self.forgets_readings {
            return;
        }
        let pending = self.store().read::<_, StoreError>(|reader| reader.pending_captures());
        for pending in pending.expect("the list of readings can be read") {
            let outcome = LocationOutcome::Unavailable(UnavailableReason::Interrupted);
            self.end_capture(&pending, outcome, CaptureEnd::Interrupted).expect("it is written");
        }
    }

    /// Writes the outcome of a reading.
    ///
    /// # Errors
    /// Those of the store.
    pub fn end_capture(
        &self,
        pending: &PendingCapture,
        outcome: LocationOutcome,
        ended_by: CaptureEnd,
    ) -> Result<Appended, StoreError> {
        self.append(None, |appending| {
            let Some(pending) = appending.pending_capture(pending.capture)? else { return Ok(()) };
            for &visit in &pending.visits {
                let located = VisitLocated {
                    capture: pending.capture,
                    moment: pending.moment,
                    outcome,
                    began_at_ms: pending.began_at_ms,
                    ended_at_ms: pending.began_at_ms,
                    ended_by,
                };
                appending.seal(&Draft::new(visit, located))?;
            }
            Ok(())
        })
    }

    /// Seals statements in one transaction.
    ///
    /// # Errors
    /// Those of the closure and of the store.
    pub fn append(
        &self,
        request: Option<&str>,
        seal: impl Fn(&mut Appending<'_>) -> Result<(), StoreError>,
    ) -> Result<Appended, StoreError> {
        self.store().append(request, &*self.clock, &*self.rng, seal)
    }

    /// Its chance, for ids.
    pub fn rng(&self) -> &SeededRng {
        &self.rng
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.disk.die();
        self.store = None;
        Disk::forget(&self.folder);
    }
}
