//! The one writer of a server. Requests that arrive together share a transaction, one tree head and one flush to the
//! disk; each is answered only after that.
//!
//! Nothing about the log is remembered between transactions: the command line may have written in between.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use operator_core::Operator;
use operator_core::head;
use operator_core::store::{Store as _, StoreError, StoreRead, StoreTxn};
use tokio::sync::oneshot;

use crate::Instance;

/// Requests that wait; more are told to come again.
const QUEUE: usize = 1_024;
/// Requests in one transaction: bounds how long the first waits for the last.
const BATCH: usize = 64;

/// Why a request was not done. Nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum SequenceError {
    /// Too many are waiting.
    #[error("too many requests are waiting")]
    Full,
    /// The server is stopping, or the request made it stumble.
    #[error("the request was not carried out")]
    Stopped,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A request in two steps: change the log, then, under the signed head, say what happened.
trait Task: Send {
    fn apply(&mut self, txn: &mut dyn StoreTxn, operator: &Operator<'_>) -> Result<(), StoreError>;
    fn answer(&mut self, read: &dyn StoreRead) -> Result<(), StoreError>;
    fn finish(self: Box<Self>, outcome: Result<(), StoreError>);
}

struct Request<A, T, F, G> {
    apply: F,
    answer: G,
    applied: Option<A>,
    answered: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<A, T, F, G> Task for Request<A, T, F, G>
where
    A: Send,
    T: Send,
    F: FnMut(&mut dyn StoreTxn, &Operator<'_>) -> Result<A, StoreError> + Send,
    G: FnMut(&dyn StoreRead, A) -> Result<T, StoreError> + Send,
{
    fn apply(&mut self, txn: &mut dyn StoreTxn, operator: &Operator<'_>) -> Result<(), StoreError> {
        self.applied = Some((self.apply)(txn, operator)?);
        Ok(())
    }

    fn answer(&mut self, read: &dyn StoreRead) -> Result<(), StoreError> {
        if let Some(applied) = self.applied.take() {
            self.answered = Some((self.answer)(read, applied)?);
        }
        Ok(())
    }

    fn finish(self: Box<Self>, outcome: Result<(), StoreError>) {
        let reply = match (outcome, self.answered) {
            (Ok(()), Some(answered)) => Ok(answered),
            (Ok(()), None) => return,
            (Err(error), _) => Err(error),
        };
        // Whoever asked may have gone; what was registered stays, and the repeat gets the same answer.
        drop(self.reply.send(reply));
    }
}

/// Hands requests to the writer.
#[derive(Clone)]
pub struct Sequencer {
    queue: Sender<Box<dyn Task>>,
}

impl Sequencer {
    /// Starts the writer. It ends when the last sequencer is dropped and the queue is empty.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(instance: Arc<Instance>) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (sender, receiver) = bounded(QUEUE);
        let thread =
            std::thread::Builder::new().name("sequencer".into()).spawn(move || run(&instance, &receiver))?;
        Ok((Self { queue: sender }, thread))
    }

    /// Queues a request and waits for its answer. `apply` and `answer` may run again if another request of the same
    /// transaction failed; only what the last run did is kept.
    ///
    /// # Errors
    /// [`SequenceError`].
    pub async fn submit<A, T>(
        &self,
        apply: impl FnMut(&mut dyn StoreTxn, &Operator<'_>) -> Result<A, StoreError> + Send + 'static,
        answer: impl FnMut(&dyn StoreRead, A) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, SequenceError>
    where
        A: Send + 'static,
        T: Send + 'static,
    {
        let (reply, answered) = oneshot::channel();
        let request = Request { apply, answer, applied: None, answered: None, reply };
        self.queue.try_send(Box::new(request)).map_err(|error| match error {
            TrySendError::Full(_) => SequenceError::Full,
            TrySendError::Disconnected(_) => SequenceError::Stopped,
        })?;
        answered.await.map_err(|_| SequenceError::Stopped)?.map_err(SequenceError::Store)
    }
}

fn run(instance: &Instance, queue: &Receiver<Box<dyn Task>>) {
    while let Ok(first) = queue.recv() {
        let mut batch = vec![first];
        batch.extend(queue.try_iter().take(BATCH - 1));
        match attempt(instance, &mut batch) {
            Ok(()) => batch.into_iter().for_each(|task| task.finish(Ok(()))),
            Err(error) if batch.len() == 1 => {
                if let Some(task) = batch.pop() {
                    task.finish(Err(error));
                }
            }
            // One of them failed, and nothing was kept: each on its own, so that only that one fails.
            Err(_) => {
                for task in batch {
                    let mut alone = [task];
                    let outcome = attempt(instance, &mut alone);
                    let [task] = alone;
                    task.finish(outcome);
                }
            }
        }
    }
}

fn attempt(instance: &Instance, batch: &mut [Box<dyn Task>]) -> Result<(), StoreError> {
    let work = || {
        instance.may_sign()?;
        let operator = instance.operator();
        let mut txn = instance.store.write()?;
        for task in batch.iter_mut() {
            task.apply(txn.as_mut(), &operator)?;
        }
        head::seal(txn.as_mut(), &operator)?;
        for task in batch.iter_mut() {
            task.answer(txn.as_read())?;
        }
        let tree_size = txn.log_size()?;
        txn.commit()?;
        instance.mark_signed()?;
        tracing::debug!(batch_count = batch.len(), tree_size, "committed");
        Ok(())
    };
    // A panic drops the transaction, which rolls it back; the writer itself must go on.
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or(Err(StoreError::Damaged("a request made the writer stumble")))
}
