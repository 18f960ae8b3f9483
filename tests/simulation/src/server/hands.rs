//! Statements of others, parcels, and the way back from a backup. The routes and the command line do the same.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use domain::id::KeyId;
use operator::Folder;
use operator::backup::{BackupError, Manifest, backup, restore};
use operator::collect::{AssembleError, Collecting};
use operator::courier::{self, CourierError, CourierKeys, examine};
use operator::sequencer::SequenceError;
use operator_core::store::{StoreError, StoreTxn};
use operator_core::{Operator, carry, courier as rules, fill};
use operator_store::Collected;
use sync::TransportError;
use wire::carry::{CarryRequest, CarryResponse};
use wire::collect::{CollectRequest, CollectResponse, MAX_STRETCHES};
use wire::courier::{CourierOutcome, CourierResponse};
use wire::problem::ProblemCode;
use wire::push::PushRequest;

use super::Server;
use crate::mistake::Mistake;

/// What an officer was told who wanted the log to go on.
#[derive(Debug)]
pub enum Resumed {
    /// It goes on.
    GoesOn,
    /// Not every device has asked yet.
    TooSoon,
    /// It cannot be put together.
    Cannot(AssembleError),
    /// The process ended over it.
    Ended,
}

fn problem(code: ProblemCode) -> TransportError {
    TransportError::Problem { code, retry_after_s: None }
}

fn sequenced(error: SequenceError) -> StoreError {
    match error {
        SequenceError::Store(error) => error,
        other => StoreError::Unavailable(Box::new(other)),
    }
}

impl Server {
    /// A restored log answers nobody, and hears how much each device knows.
    pub(super) fn may_serve(&self, key: KeyId, known_tree_size: u64) -> Result<(), TransportError> {
        let restored = &self.instance().restored;
        if !restored.is_waiting() {
            return Ok(());
        }
        restored.hear(key, known_tree_size).expect("what a device knows can be written");
        Err(problem(ProblemCode::Incomplete))
    }

    /// What a log that waits takes from a push.
    pub(super) fn fill_from(&mut self, request: &PushRequest) {
        let instance = Arc::clone(self.instance());
        if !instance.restored.is_waiting() {
            return;
        }
        let exclusive = instance.restored.exclusively().expect("it can be locked");
        let filled = Collecting::open(&instance)
            .map_err(AssembleError::from)
            .and_then(|collecting| collecting.fill(&request.items));
        drop(exclusive);
        if let Err(error) = filled {
            assert!(self.disk.is_dead() || self.disk.is_full(), "what fits is taken: {error}");
        }
    }

    /// Leaves that the log went on without the contents of.
    pub fn lost_contents(&self) -> BTreeSet<u64> {
        let read = self.instance().read().expect("the operator can be read");
        read.lost_contents(0, u32::MAX).expect("it can be read").into_iter().collect()
    }

    /// `POST /v1/collect` of a log that goes on.
    async fn take_back(&mut self, request: &CollectRequest) -> Result<CollectResponse, TransportError> {
        if request.leaves.is_empty() {
            let read = self.instance().read().expect("the operator can be read");
            let wanted = fill::wanted(read.as_ref(), request.from, MAX_STRETCHES).expect("it can be read");
            return Ok(CollectResponse { wanted });
        }
        let leaves = request.leaves.clone();
        let take = move |txn: &mut dyn StoreTxn, _: &Operator<'_>| fill::take_all(txn, &leaves);
        let running = self.running.as_ref().expect("it runs");
        let answered = running.sequencer.submit(take, |_, ()| Ok(())).await;
        self.settle(answered.map_err(sequenced))?;
        Ok(CollectResponse { wanted: Vec::new() })
    }

    /// `POST /v1/carry` behind the signature of the request.
    ///
    /// # Errors
    /// As [`Server::push`].
    pub async fn carry(&mut self, request: CarryRequest) -> Result<CarryResponse, TransportError> {
        let items = request.items;
        let apply = move |txn: &mut dyn StoreTxn, operator: &Operator<'_>| {
            carry::apply(txn, &items, operator.clock.utc_ms())
        };
        let running = self.running.as_ref().expect("it runs");
        let answered = running.sequencer.submit(apply, |_, outcomes| Ok(outcomes)).await;
        let outcomes = self.settle(answered.map_err(sequenced))?;
        Ok(CarryResponse { outcomes })
    }

    /// `POST /v1/courier` behind the signature of the request.
    ///
    /// # Errors
    /// As [`Server::push`].
    pub async fn deliver(&mut self, parcel: Vec<u8>) -> Result<CourierResponse, TransportError> {
        if self.instance().restored.is_waiting() {
            return Err(problem(ProblemCode::Incomplete));
        }
        let delivery = match examine(self.instance(), &parcel) {
            Ok(Ok(delivery)) => delivery,
            Ok(Err(reason)) => return Ok(CourierResponse { outcome: CourierOutcome::Refused { reason } }),
            Err(CourierError::Store(error)) => return self.settle(Err(error)),
            Err(CourierError::Folder(error)) => panic!("the courier keys can be read: {error}"),
        };
        let apply = move |txn: &mut dyn StoreTxn, operator: &Operator<'_>| {
            Ok(rules::apply(txn, &delivery, operator.clock.utc_ms())?.0)
        };
        let running = self.running.as_ref().expect("it runs");
        let answered = running.sequencer.submit(apply, |_, outcome| Ok(outcome)).await;
        Ok(CourierResponse { outcome: self.settle(answered.map_err(sequenced))? })
    }

    /// `esep-operator courier`: a parcel that was brought as a file. `None`: the process ended, or has no room.
    pub fn take(&mut self, parcel: &[u8]) -> Option<CourierOutcome> {
        let taken = courier::take(self.instance(), parcel);
        self.officers(taken)
    }

    /// `esep-operator courier --renew-key`.
    pub fn renew_courier_key(&mut self) -> bool {
        let renewed = courier::renew(self.instance());
        self.officers(renewed).is_some()
    }

    /// What `esep-operator doctor` finds after a restore: devices seal to a key whose secret went with the disk.
    pub fn lacks_the_courier_secret(&self) -> bool {
        let instance = self.instance();
        let read = instance.read().expect("the operator can be read");
        let stated =
            courier::stated(read.as_ref()).expect("it can be read").expect("the log names its operator");
        let secrets = CourierKeys::of(&instance.folder).read().expect("the courier keys can be read");
        !secrets.iter().any(|secret| secret.public() == stated.courier_key.as_slice())
    }

    /// Leaves that came back without what they say, so far.
    ///
    /// # Errors
    /// Those of a disk that is full.
    pub fn collected_without_content(&self) -> Result<BTreeSet<u64>, StoreError> {
        let instance = self.instance();
        let collected = Collected::open(&instance.folder.collected())?;
        let held = collected.held(instance.read()?.log_size()?, u64::MAX >> 1)?;
        let mut bare = BTreeSet::new();
        for leaf in held {
            if collected.best(leaf)?.is_some_and(|given| given.content.is_none()) {
                bare.insert(leaf);
            }
        }
        Ok(bare)
    }

    fn officers<T>(&mut self, done: Result<T, CourierError>) -> Option<T> {
        if self.disk.is_dead() {
            self.crash();
            return None;
        }
        done.map_err(|error| assert!(self.disk.is_full(), "an officer may do this: {error}")).ok()
    }

    /// `POST /v1/collect` behind the signature of the request.
    ///
    /// # Errors
    /// [`ProblemCode::BadRequest`], and as [`Server::push`].
    pub async fn collect(
        &mut self,
        key: KeyId,
        request: &CollectRequest,
    ) -> Result<CollectResponse, TransportError> {
        let instance = Arc::clone(self.instance());
        if !instance.restored.is_waiting() {
            drop(instance);
            return self.take_back(request).await;
        }
        let exclusive =
            instance.restored.exclusively().expect("it can be locked").expect("nobody else is at it");
        let opened = Collecting::open(&instance).map_err(AssembleError::from);
        let received = opened.map_err(Into::into).and_then(|collecting| collecting.receive(key, request));
        let known_tree_size = request.known.as_ref().map_or(0, |known| known.tree_size);
        if received.is_ok() {
            exclusive.hear(key, known_tree_size).expect("what a device knows can be written");
        }
        drop(exclusive);
        drop(instance);
        match received {
            Ok(wanted) => Ok(CollectResponse { wanted }),
            Err(_) if self.disk.is_dead() => {
                self.crash();
                Err(TransportError::Offline)
            }
            Err(_) if self.disk.is_full() => Err(problem(ProblemCode::Unavailable)),
            Err(error) => panic!("an honest device hands back what is taken: {error:?}"),
        }
    }

    fn settle<T>(&mut self, answered: Result<T, StoreError>) -> Result<T, TransportError> {
        let is_ended = self.disk.is_dead();
        if is_ended {
            self.crash();
        }
        answered.map_err(|error| self.problem(&error, is_ended))
    }

    /// `esep-operator backup`.
    ///
    /// # Errors
    /// [`BackupError`].
    pub fn back_up(&self, out: &Path) -> Result<Manifest, BackupError> {
        backup(self.instance(), out)
    }

    /// The disk is lost, but for what lies on another one: then a backup is restored, and the log waits for its end.
    pub fn lose_disk(&mut self, from: &Path, with_its_mark: bool) {
        let (clock, rng) = (self.clock.clone(), self.rng.clone());
        self.between(|path| {
            let folder = Folder::at(path);
            let elsewhere = [folder.mark().path().to_owned(), folder.erasures().path().to_owned()];
            let kept = elsewhere.map(|file| (std::fs::read(&file).ok().filter(|_| !with_its_mark), file));
            std::fs::remove_dir_all(path).expect("it is there");
            std::fs::create_dir(path).expect("it is gone");
            for (bytes, file) in kept {
                if let Some(bytes) = bytes {
                    std::fs::write(file, bytes).expect("there is room");
                }
            }
            restore(from, folder, true, clock, rng).expect("a backup can be restored");
        });
    }

    /// `esep-operator resume`; without `do_not_wait` only once every device in force has asked.
    pub fn resume(&mut self, without_contents: bool, do_not_wait: bool) -> Resumed {
        let instance = Arc::clone(self.instance());
        if self.mistake == Some(Mistake::ResumedTooSoon) {
            let _ = std::fs::remove_file(instance.folder.mark().path());
            let exclusive = instance.restored.exclusively().expect("it can be locked");
            exclusive.expect("nobody else is at it").finish().expect("it waits");
            return Resumed::GoesOn;
        }
        let resumed = resume(&instance, without_contents, do_not_wait);
        drop(instance);
        if self.disk.is_dead() {
            self.crash();
            return Resumed::Ended;
        }
        resumed.unwrap_or_else(Resumed::Cannot)
    }
}

fn resume(
    instance: &operator::Instance,
    without_contents: bool,
    do_not_wait: bool,
) -> Result<Resumed, AssembleError> {
    let exclusive = instance.restored.exclusively().expect("it can be locked").expect("nobody else is at it");
    let collecting = Collecting::open(instance)?;
    let standing = instance.restored.standing(instance.read()?.as_ref(), &collecting.disbelieved()?)?;
    let progress = collecting.progress()?;
    let is_unknown = |size: &u64| *size > progress.signed_size;
    let mark = instance.folder.mark().read()?;
    let is_marked = mark.is_some_and(|mark| mark.tree_size > standing.log_size);
    let is_heard = standing.heard_count >= standing.devices_count
        && (is_marked || standing.revoked_unheard.is_empty())
        || do_not_wait;
    if !is_heard || standing.longer.values().any(is_unknown) {
        return Ok(Resumed::TooSoon);
    }
    collecting.assemble(without_contents)?;
    drop(collecting);
    Collected::remove(&instance.folder.collected())?;
    exclusive.finish().map_err(|error| StoreError::Unavailable(Box::new(error)))?;
    instance.store.settle()?;
    Ok(Resumed::GoesOn)
}
