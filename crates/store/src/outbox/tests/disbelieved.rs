//! A restored operator whose officer left this device out: what receipts prove is handed back all the same.

use std::sync::Arc;

use async_trait::async_trait;
use parking_lot::Mutex;
use sync::wire::collect::{CollectRequest, CollectResponse, MAX_STRETCHES, Stretch};
use sync::wire::problem::ProblemCode;
use sync::wire::pull::{PullRequest, PullResponse};
use sync::wire::push::{PushRequest, PushResponse};
use sync::{Refused, SyncError, Transport, TransportError, synchronise};

use super::{CHILD, Outbox, SPECIALIST, devices, grow, visit};

const fn problem(code: ProblemCode) -> TransportError {
    TransportError::Problem { code, retry_after_s: None }
}

/// Wants leaves of others first, and the device's own ones in a second answer.
struct Restored {
    own_from: u64,
    size: u64,
    given: Mutex<Vec<CollectRequest>>,
}

#[async_trait]
impl Transport for Restored {
    async fn push(&self, _: &PushRequest) -> Result<PushResponse, TransportError> {
        Err(problem(ProblemCode::Incomplete))
    }

    async fn pull(&self, _: &PullRequest) -> Result<PullResponse, TransportError> {
        Err(problem(ProblemCode::Incomplete))
    }

    async fn collect(&self, request: &CollectRequest) -> Result<CollectResponse, TransportError> {
        if !request.leaves.is_empty() {
            self.given.lock().push(request.clone());
            let is_proven = request.proof.is_some();
            let nothing = CollectResponse { wanted: Vec::new() };
            return if is_proven { Ok(nothing) } else { Err(problem(ProblemCode::Disbelieved)) };
        }
        let wanted = if request.from < self.own_from {
            let mut full = vec![Stretch { from: 0, to: 1 }; MAX_STRETCHES - 1];
            full.push(Stretch { from: 1, to: self.own_from });
            full
        } else {
            vec![Stretch { from: request.from, to: self.size }]
        };
        Ok(CollectResponse { wanted })
    }
}

#[test]
fn what_receipts_prove_is_handed_back_and_the_person_is_told() {
    let (mut operator, device) = devices();
    grow(&mut operator);
    device.pull(&operator);
    let own_from = operator.log.len() as u64;
    device.state(&[visit(1, SPECIALIST, CHILD).1]);
    device.push(&mut operator);
    device.state(&[visit(2, SPECIALIST, CHILD).1]);
    let restored = Restored { own_from, size: own_from + 1, given: Mutex::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store: Arc<dyn Outbox> = device.store.clone();
    let told = runtime.block_on(synchronise(store, &restored, Refused::Leave, &|_| {})).unwrap_err();
    let code = match told {
        SyncError::Transport(TransportError::Problem { code, .. }) => code,
        other => panic!("{other}"),
    };
    assert_eq!(code, ProblemCode::Disbelieved);
    assert!(told.can_retry(), "the log goes on one day");
    let given = restored.given.into_inner();
    let own = given.iter().filter(|request| request.proof.is_some());
    let own: Vec<u64> = own.flat_map(|request| request.leaves.iter().map(|leaf| leaf.leaf_index)).collect();
    assert_eq!((own.len(), own.last()), (2, Some(&own_from)), "the enrolment, and the visit: {own:?}");
    let tries = given.iter().filter(|request| request.proof.is_none()).count();
    assert_eq!(tries, 1, "and what nobody believes is tried once");
    assert_eq!(device.store.waiting().unwrap().waiting_count, 1, "nothing that waits is lost");
}
