//! What a restored operator gets from a device beside registrations: what waits here while the log waits, and contents
//! when it went on without some.

use std::sync::Arc;

use async_trait::async_trait;
use domain::content::{NotePurpose, VisitNoted};
use journal::{Draft, codec};
use parking_lot::Mutex;
use sync::wire::collect::{CollectRequest, CollectResponse, Stretch};
use sync::wire::problem::ProblemCode;
use sync::wire::pull::{PullRequest, PullResponse};
use sync::wire::push::{PushRequest, PushResponse};
use sync::{Refused, SyncError, Transport, TransportError, synchronise};

use super::{CHILD, Outbox, SPECIALIST, TestDevice, TestOperator, devices, grow, visit};

fn run(device: &TestDevice, transport: &dyn Transport) -> Result<sync::Summary, SyncError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store: Arc<dyn Outbox> = device.store.clone();
    runtime.block_on(synchronise(store, transport, Refused::Leave, &|_| {}))
}

/// An operator that waits for the end of its log.
struct Waiting {
    wanted: Vec<Stretch>,
    pushed: Mutex<Vec<PushRequest>>,
}

const INCOMPLETE: TransportError =
    TransportError::Problem { code: ProblemCode::Incomplete, retry_after_s: None };

#[async_trait]
impl Transport for Waiting {
    async fn push(&self, request: &PushRequest) -> Result<PushResponse, TransportError> {
        self.pushed.lock().push(request.clone());
        Err(INCOMPLETE)
    }

    async fn pull(&self, _: &PullRequest) -> Result<PullResponse, TransportError> {
        Err(INCOMPLETE)
    }

    async fn collect(&self, request: &CollectRequest) -> Result<CollectResponse, TransportError> {
        let wanted = if request.leaves.is_empty() { self.wanted.clone() } else { Vec::new() };
        Ok(CollectResponse { wanted })
    }
}

#[test]
fn all_that_waits_is_shown_to_a_log_that_waits_for_something_and_nothing_to_one_that_does_not() {
    let (_, device) = devices();
    let (id, registered) = visit(1, SPECIALIST, CHILD);
    device.state(&[registered]);
    let long = |_| VisitNoted { purpose: NotePurpose::Care, text: "ә".repeat(30_000), about: None };
    let notes: Vec<Draft> = (0..60).map(|n| Draft::new(id, long(n))).collect();
    let last = device.state(&notes).last().unwrap().header.seq;
    for (wanted, expected) in [(vec![Stretch { from: 1, to: 90 }], last), (Vec::new(), 0)] {
        let waiting = Waiting { wanted, pushed: Mutex::default() };
        run(&device, &waiting).unwrap_err();
        let pushed = waiting.pushed.into_inner();
        let first_batch = &pushed[0].items;
        assert!(first_batch.last().unwrap().seq < last, "there is more than one batch");
        let seen = pushed[1..].iter().flat_map(|request| &request.items).map(|item| item.seq);
        let seen: Vec<u64> = seen.collect();
        let all: Vec<u64> = if expected == 0 { Vec::new() } else { (1..=last).collect() };
        assert_eq!(seen, all);
        assert_eq!(device.store.waiting().unwrap().waiting_count, last, "and nothing is called registered");
    }
}

/// An operator whose log went on without some contents.
struct GoneOn<'a> {
    operator: Mutex<&'a mut TestOperator>,
    device: &'a TestDevice,
    lacks: bool,
    wanted: Vec<Stretch>,
    given: Mutex<Vec<CollectRequest>>,
}

#[async_trait]
impl Transport for GoneOn<'_> {
    async fn push(&self, request: &PushRequest) -> Result<PushResponse, TransportError> {
        Ok(self.operator.lock().push(request, self.device.key()))
    }

    async fn pull(&self, request: &PullRequest) -> Result<PullResponse, TransportError> {
        let page = self.operator.lock().pull(request, self.device.person());
        Ok(PullResponse { lacks_contents: self.lacks, ..page })
    }

    async fn collect(&self, request: &CollectRequest) -> Result<CollectResponse, TransportError> {
        self.given.lock().push(request.clone());
        let wanted = if request.leaves.is_empty() { self.wanted.clone() } else { Vec::new() };
        Ok(CollectResponse { wanted })
    }
}

#[test]
fn contents_that_the_operator_lost_are_handed_back_and_envelopes_are_not() {
    let (mut operator, device) = devices();
    let visits = device.state(&[visit(1, SPECIALIST, CHILD).1, visit(2, SPECIALIST, CHILD).1]);
    device.push(&mut operator);
    grow(&mut operator);
    device.pull(&operator);
    let own = operator.log.iter().position(|entry| entry.id == visits[1].id).unwrap() as u64;
    // The organisation's name, which everybody holds whole; and one that was erased here since.
    let foreign = operator.log.len() as u64 - 1;
    let bare = 1;
    device
        .store
        .write(|transaction| {
            let sql = "UPDATE foreign_statement SET content = NULL WHERE leaf_index = ?1";
            Ok::<_, crate::StoreError>(transaction.execute(sql, [bare])?)
        })
        .map(|gone| assert_eq!(gone, 1))
        .unwrap();
    let wanted: Vec<_> = [bare, own, foreign].map(|leaf| Stretch { from: leaf, to: leaf + 1 }).into();
    for lacks in [false, true] {
        let gone_on = GoneOn {
            operator: Mutex::new(&mut operator),
            device: &device,
            lacks,
            wanted: wanted.clone(),
            given: Mutex::default(),
        };
        run(&device, &gone_on).unwrap();
        let given = gone_on.given.into_inner();
        assert_eq!(given.is_empty(), !lacks, "nobody asks who was not told that something is wanted");
        let leaves: Vec<_> = given.iter().flat_map(|request| &request.leaves).collect();
        let places: Vec<u64> = leaves.iter().map(|leaf| leaf.leaf_index).collect();
        assert_eq!(places, if lacks { vec![own, foreign] } else { Vec::new() });
        for leaf in leaves {
            let payload = journal::Statement::decode(&leaf.statement).unwrap().payload();
            assert_eq!(codec::hash(&leaf.content.as_ref().unwrap().0), payload);
        }
    }
}
