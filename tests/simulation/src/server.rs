//! The operator: the product's store, rules and sequencer on a disk that can fail. Only HTTP is left out.
//!
//! [`hands`] is what comes through other hands, and the way back from a backup.

mod hands;

pub use hands::Resumed;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use client::testing::{ManualClock, SeededRng};
use domain::id::KeyId;
use operator::sequencer::Sequencer;
use operator::{Folder, Instance};
use operator_core::authorise::Author;
use operator_core::store::{StoreError, StoreTxn};
use operator_core::{Operator, head, push};
use sync::TransportError;
use wire::problem::ProblemCode;
use wire::pull::{Checkpoint, PullRequest, PullResponse};
use wire::push::{PushRequest, PushResponse};

use crate::chance::Chance;
use crate::disk::{Cut, Disk};
use crate::mistake::{self, Mistake};

/// An operator that runs.
pub struct Server {
    folder: PathBuf,
    /// Its disk.
    pub disk: Arc<Disk>,
    /// Its clock.
    pub clock: Arc<ManualClock>,
    rng: Arc<SeededRng>,
    running: Option<Running>,
    /// How its process ends when its disk says so.
    pub cut: Option<Cut>,
    chance: Chance,
    mistake: Option<Mistake>,
    /// How often it was started again.
    pub restarts_count: u64,
}

struct Running {
    instance: Arc<Instance>,
    sequencer: Sequencer,
    writer: JoinHandle<()>,
}

impl Server {
    /// Starts an operator in a folder that was set up.
    pub fn start(folder: &Path, now_ms: i64, mut chance: Chance, mistake: Option<Mistake>) -> Self {
        let disk = Disk::under(folder).expect("the folder is there");
        if mistake == Some(Mistake::OperatorWithoutSync) {
            disk.lie();
        }
        let mut server = Self {
            folder: folder.to_owned(),
            disk,
            clock: Arc::new(ManualClock::at(now_ms)),
            rng: Arc::new(SeededRng::new(chance.number())),
            running: None,
            cut: None,
            chance,
            mistake,
            restarts_count: 0,
        };
        server.open();
        server
    }

    fn open(&mut self) {
        let folder = Folder::at(&self.folder);
        let opened = Instance::open_with(folder, self.clock.clone(), self.rng.clone());
        let instance = Arc::new(opened.expect("the operator opens its folder after any crash"));
        let (sequencer, writer) = Sequencer::start(Arc::clone(&instance)).expect("there are threads");
        self.running = Some(Running { instance, sequencer, writer });
    }

    fn close(&mut self) {
        let Some(Running { instance, sequencer, writer }) = self.running.take() else { return };
        drop(sequencer);
        writer.join().expect("the writer ends by itself");
        assert_eq!(Arc::strong_count(&instance), 1, "nobody else has the operator open");
    }

    /// Ends the process as `cut` says, and starts another one.
    pub fn crash(&mut self) {
        self.disk.die();
        self.close();
        if let Some(cut) = self.cut.take() {
            self.disk.cut_power(cut, &mut self.chance).expect("the files are there");
        }
        self.disk.revive();
        self.clock.restart();
        self.restarts_count += 1;
        self.open();
    }

    /// Ends in order, lets something be done with the files, and starts again.
    pub fn between(&mut self, work: impl FnOnce(&Path)) {
        self.close();
        work(&self.folder);
        self.disk.replaced();
        self.open();
    }

    /// The opened operator.
    pub fn instance(&self) -> &Arc<Instance> {
        &self.running.as_ref().expect("it runs").instance
    }

    /// What officers do. `None`: the process ended meanwhile, and whether it was done is not known.
    pub fn officer<T>(
        &mut self,
        change: impl FnOnce(&mut dyn StoreTxn, &Operator<'_>) -> Result<T, StoreError>,
    ) -> Option<T> {
        let done = self.instance().transact(change);
        if self.disk.is_dead() {
            self.crash();
            return None;
        }
        let is_excused = self.disk.is_full() || self.instance().restored.is_waiting();
        done.map_err(|error| assert!(is_excused, "an officer's change failed: {error:?}")).ok()
    }

    /// `POST /v1/push` behind the signature of the request.
    ///
    /// # Errors
    /// [`TransportError::Offline`] when the process ended before it answered.
    pub async fn push(&mut self, key: KeyId, request: PushRequest) -> Result<PushResponse, TransportError> {
        self.fill_from(&request);
        self.may_serve(key, request.known_tree_size)?;
        let answered = match self.mistake {
            Some(mistake) if mistake.is_of_the_push() => {
                mistake::push(mistake, self.instance(), key, &request)
            }
            _ => self.push_as_it_should(key, request).await,
        };
        let is_ended = self.disk.is_dead();
        if is_ended {
            self.crash();
        }
        answered.map_err(|error| self.problem(&error, is_ended))
    }

    async fn push_as_it_should(&self, key: KeyId, request: PushRequest) -> Result<PushResponse, StoreError> {
        let running = self.running.as_ref().expect("it runs");
        let bound = running.instance.read()?.bound_key(key)?.expect("every device is bound");
        let checked = push::check_all(&request.items, &bound.key);
        let (items, known_tree_size) = (request.items, request.known_tree_size);
        let apply = move |txn: &mut dyn StoreTxn, operator: &Operator<'_>| {
            let unbound = StoreError::Damaged("a bound key is gone");
            let author = Author::Device(Box::new(txn.bound_key(key)?.ok_or(unbound)?));
            Ok(push::apply(txn, &author, key, &items, &checked, operator.clock.utc_ms())?.outcomes)
        };
        let answered = running
            .sequencer
            .submit(apply, move |read, outcomes| push::answer(read, key, known_tree_size, outcomes))
            .await;
        answered.map_err(|error| match error {
            operator::sequencer::SequenceError::Store(error) => error,
            other => StoreError::Unavailable(Box::new(other)),
        })
    }

    /// `GET /v1/checkpoint`: the head, and that it goes on from a size.
    pub fn checkpoint(&self, from: u64) -> Option<Checkpoint> {
        let read = self.instance().read().ok()?;
        head::checkpoint(read.as_ref(), from).ok().flatten()
    }

    /// `POST /v1/pull` behind the signature of the request.
    ///
    /// # Errors
    /// [`ProblemCode::Revoked`], and as [`Server::push`].
    pub fn pull(&mut self, key: KeyId, request: &PullRequest) -> Result<PullResponse, TransportError> {
        self.may_serve(key, request.known_tree_size)?;
        let instance = self.instance();
        let answer = || {
            let read = instance.read()?;
            let bound = read.bound_key(key)?.expect("every device is bound");
            if !bound.is_in_force() {
                return Ok(Err(TransportError::Problem { code: ProblemCode::Revoked, retry_after_s: None }));
            }
            operator_core::pull::pull(read.as_ref(), bound.person, key, request, instance.now_ms()).map(Ok)
        };
        answer().map_err(|error| self.problem(&error, false))?
    }

    /// What the routes make of an error of the store.
    fn problem(&self, error: &StoreError, is_ended: bool) -> TransportError {
        match error {
            StoreError::Damaged(what) => panic!("the operator's store says that it is damaged: {what}"),
            StoreError::Busy | StoreError::Unavailable(_)
                if self.disk.is_full() || self.instance().restored.is_waiting() =>
            {
                TransportError::Problem { code: ProblemCode::Unavailable, retry_after_s: Some(5) }
            }
            // Whatever this was ended the process, so that nobody is answered.
            _ if is_ended => TransportError::Offline,
            other => panic!("the operator's store fails although its process goes on: {other:?}"),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.disk.die();
        if !std::thread::panicking() {
            self.close();
        }
        Disk::forget(&self.folder);
    }
}
