//! A copy whose own signature is spoiled is no evidence for an operator that lost the statement.

use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use sync::wire::collect::{CollectRequest, CollectResponse, Leaf, Stretch};
use sync::wire::problem::ProblemCode;
use sync::wire::pull::{PullRequest, PullResponse};
use sync::wire::push::{PushRequest, PushResponse};
use sync::{Refused, Transport, TransportError, synchronise};

use super::{CHILD, Outbox, SPECIALIST, TestDevice, TestOperator, visit};
use crate::testing::PARENT;

const INCOMPLETE: TransportError =
    TransportError::Problem { code: ProblemCode::Incomplete, retry_after_s: None };

/// An operator that wants every leaf: their statements, or only what they say.
struct Restored<'a> {
    /// Absent while it waits for the end of its log.
    gone_on: Option<&'a TestOperator>,
    size: u64,
    given: Mutex<Vec<Leaf>>,
}

#[async_trait]
impl Transport for Restored<'_> {
    async fn push(&self, _: &PushRequest) -> Result<PushResponse, TransportError> {
        Err(INCOMPLETE)
    }

    async fn pull(&self, request: &PullRequest) -> Result<PullResponse, TransportError> {
        let operator = self.gone_on.ok_or(INCOMPLETE)?;
        Ok(PullResponse { lacks_contents: true, ..operator.pull(request, PARENT) })
    }

    async fn collect(&self, request: &CollectRequest) -> Result<CollectResponse, TransportError> {
        self.given.lock().extend(request.leaves.iter().cloned());
        let all = vec![Stretch { from: 0, to: self.size }];
        Ok(CollectResponse { wanted: if request.leaves.is_empty() { all } else { Vec::new() } })
    }
}

#[test]
fn it_is_handed_back_for_its_content_and_never_as_a_statement() {
    let mut operator = TestOperator::new();
    let specialist = TestDevice::bound(&mut operator, SPECIALIST, 0x81);
    let parent = TestDevice::bound(&mut operator, PARENT, 0x82);
    specialist.pull(&operator);
    parent.pull(&operator);
    specialist.state(&[1, 2].map(|n| visit(n, SPECIALIST, CHILD).1));
    specialist.push(&mut operator);
    let request = parent.store.pull_request(100).unwrap();
    let mut page = operator.pull(&request, PARENT);
    let [spoiled, right] = [page.items[0].leaf_index, page.items[1].leaf_index];
    *page.items[0].statement.last_mut().unwrap() ^= 1;
    assert_eq!(parent.store.apply_pull(&request, page.into()).unwrap().new_count, 2);
    for gone_on in [None, Some(&operator)] {
        let size = operator.log.len() as u64;
        let restored = Restored { gone_on, size, given: Mutex::default() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let store: Arc<dyn Outbox> = parent.store.clone();
        let synced = runtime.block_on(synchronise(store, &restored, Refused::Leave, &|_| {}));
        assert_eq!(synced.is_ok(), gone_on.is_some(), "{synced:?}");
        let given = restored.given.into_inner();
        let of = |leaf_index| given.iter().find(|leaf| leaf.leaf_index == leaf_index);
        assert!(of(right).is_some_and(|leaf| leaf.content.is_some()));
        assert_eq!(of(spoiled).is_some_and(|leaf| leaf.content.is_some()), gone_on.is_some());
        assert_eq!(of(spoiled).is_none(), gone_on.is_none());
    }
}
