use sync::outbox::{PullApplied, PushApplied};
use sync::wire::pull::{PullRequest, PullResponse};
use sync::wire::push::{PushItem, PushResponse};
use sync::{Outbox, OutboxError, Waiting};

use crate::Store;

impl Outbox for Store {
    fn next_batch(
        &self,
        from_seq: Option<u64>,
        max_items: usize,
        max_bytes: usize,
    ) -> Result<Vec<PushItem>, OutboxError> {
        todo!()
    }
    fn mark_sent(&self, items: &[PushItem]) -> Result<(), OutboxError> {
        todo!()
    }
    fn apply_push(&self, items: &[PushItem], response: &PushResponse) -> Result<PushApplied, OutboxError> {
        todo!()
    }
    fn pull_request(&self, limit: u32) -> Result<PullRequest, OutboxError> {
        todo!()
    }
    fn apply_pull(&self, request: &PullRequest, response: PullResponse) -> Result<PullApplied, OutboxError> {
        todo!()
    }
    fn waiting(&self) -> Result<Waiting, OutboxError> {
        todo!()
    }
}
