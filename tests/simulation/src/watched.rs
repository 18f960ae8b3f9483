//! The store between the sync and the disk: what it is asked to store at once, and who has to wait for whom.

use std::sync::{Arc, mpsc};

use parking_lot::Mutex;
use sync::outbox::{HandedBack, Lost, Page, PullApplied, PushApplied, Standing};
use sync::{Outbox, OutboxError, Waiting};
use tokio::runtime::Handle;
use wire::carry::{CarryItem, CarryOutcome};
use wire::collect::Stretch;
use wire::pull::{PullRequest, PullResponse};
use wire::push::{PushItem, PushRequest, PushResponse};

use crate::device::Number;
use crate::disk::Disk;
use crate::network::{Network, is_mangled};
use crate::world::World;

/// A store that tells how it is used.
pub(crate) struct Watched {
    /// The store.
    pub(crate) store: Arc<dyn Outbox>,
    /// Where it tells.
    pub(crate) network: Arc<Mutex<Network>>,
    /// The disk below it.
    pub(crate) disk: Arc<Disk>,
}

/// Waits until the sync has nothing left to do but to wait: until its next question is answered, if it had one. The
/// answer is then there before the page is judged, on every machine and in every run.
fn after_the_next_answer() {
    let (it_waits, waits) = mpsc::channel();
    Handle::current().spawn(async move { it_waits.send(()).unwrap_or_default() });
    // Without an answer the runtime ended, and nobody waits.
    let _ = waits.recv();
}

impl World {
    /// I8: of pages that were to be stored at once those before one that does not fit are kept.
    pub(crate) fn kept_what_fits(&mut self, number: Number) {
        let Some(misfit) = self.network.lock().misfit.take() else { return };
        let device = &self.devices[number];
        if device.disk.is_dead() || device.disk.is_full() {
            return;
        }
        let asked = device.store().pull_request(1);
        if let Ok(PullRequest { cursor: stands, .. }) = asked
            && stands < misfit
        {
            let name = device.name;
            self.wrong.push(format!("I8: {name} stands at {stands}, and all before {misfit} had come"));
        }
    }
}

impl Outbox for Watched {
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
        self.store.mark_sent(items)
    }

    fn mark_unsent(&self, items: &[PushItem]) -> Result<(), OutboxError> {
        self.store.mark_unsent(items)
    }

    fn apply_push(&self, request: &PushRequest, response: &PushResponse) -> Result<PushApplied, OutboxError> {
        self.store.apply_push(request, response)
    }

    fn carried(&self, answers: bool, again: bool) -> Result<Vec<CarryItem>, OutboxError> {
        self.store.carried(answers, again)
    }

    fn apply_carried(&self, items: &[CarryItem], outcomes: &[CarryOutcome]) -> Result<(), OutboxError> {
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
        if self.network.lock().is_prompt() {
            after_the_next_answer();
        }
        self.store.judge_pull(response)
    }

    fn apply_pulls(&self, pages: &[(PullRequest, Page)]) -> Result<PullApplied, OutboxError> {
        let applied = self.store.apply_pulls(pages);
        if pages.len() > 1 {
            let what = match &applied {
                Ok(_) => "stored",
                Err(_) if self.disk.is_dead() => "ended",
                Err(OutboxError::Store(_)) if self.disk.is_full() => "no room",
                Err(OutboxError::Protocol(_)) => "one does not fit",
                Err(_) => "not stored",
            };
            let mut network = self.network.lock();
            network.told.push(format!("{} pages at once: {what}", pages.len()));
            if matches!(applied, Err(OutboxError::Protocol(_))) {
                network.misfit =
                    pages.iter().find(|(_, page)| is_mangled(&page.response)).map(|(r, _)| r.cursor);
            }
        }
        applied
    }

    fn waiting(&self) -> Result<Waiting, OutboxError> {
        self.store.waiting()
    }
}
