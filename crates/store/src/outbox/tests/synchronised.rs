//! Whole syncs over a transport that loses requests and answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use domain::Rng;
use domain::id::{Digest, KeyId, PersonId};
use parking_lot::Mutex;
use proptest::prelude::*;
use sync::wire::problem::ProblemCode;
use sync::wire::push::PushRequest;
use sync::{Phase, Progress, Refused, Summary, SyncError, Transport, TransportError, synchronise};

use super::*;
use crate::read::transport::Transport as Way;
use crate::testing::TestRng;

/// An operator behind a network that fails by chance.
struct Network<'a> {
    operator: Mutex<&'a mut TestOperator>,
    device: KeyId,
    person: PersonId,
    rng: TestRng,
    /// Of 256 exchanges, how many fail.
    failing: u8,
    /// Most statements that the operator takes at once.
    max_items: usize,
    requests_count: AtomicU32,
    /// What happens on the device while a page is on its way.
    meanwhile: Option<&'a (dyn Fn() + Sync)>,
    /// Most statements on a page.
    page_items: u32,
    /// A hand on the answers to pushes.
    tamper: Option<fn(&mut PushResponse)>,
    /// A hand on the pages from this cursor on.
    tamper_from: Option<u64>,
}

impl<'a> Network<'a> {
    fn good(operator: &'a mut TestOperator, device: &TestDevice) -> Self {
        Self {
            device: device.key(),
            person: device.person(),
            operator: Mutex::new(operator),
            rng: TestRng::new(1),
            failing: 0,
            max_items: usize::MAX,
            requests_count: AtomicU32::new(0),
            meanwhile: None,
            page_items: u32::MAX,
            tamper: None,
            tamper_from: None,
        }
    }

    /// Loses the request, or lets it arrive and loses the answer.
    fn carry<T>(&self, answer: impl FnOnce() -> T) -> Result<T, TransportError> {
        self.requests_count.fetch_add(1, Ordering::Relaxed);
        let [chance, which] = (&self.rng as &dyn Rng).array();
        if chance >= self.failing {
            return Ok(answer());
        }
        if which & 1 == 1 {
            answer();
        }
        Err(TransportError::Offline)
    }
}

#[async_trait]
impl Transport for Network<'_> {
    async fn push(&self, request: &PushRequest) -> Result<PushResponse, TransportError> {
        if request.items.len() > self.max_items {
            return Err(TransportError::Problem { code: ProblemCode::TooLarge, retry_after_s: None });
        }
        let mut answer = self.carry(|| self.operator.lock().push(request, self.device))?;
        self.tamper.iter().for_each(|tamper| tamper(&mut answer));
        Ok(answer)
    }

    async fn pull(&self, request: &PullRequest) -> Result<PullResponse, TransportError> {
        let request = PullRequest { limit: request.limit.min(self.page_items), ..request.clone() };
        let mut answer = self.carry(|| self.operator.lock().pull(&request, self.person))?;
        if self.tamper_from.is_some_and(|from| request.cursor >= from) {
            answer.cursor = u64::MAX;
        }
        self.meanwhile.iter().for_each(|meanwhile| meanwhile());
        Ok(answer)
    }
}

fn run(device: &TestDevice, network: &Network<'_>) -> Result<Summary, SyncError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store: Arc<dyn Outbox> = device.store.clone();
    runtime.block_on(synchronise(store, network, Refused::Leave, &|_| {}))
}

#[test]
fn a_sync_pushes_then_pulls_and_tells_how_far_it_is() {
    let (mut operator, device) = devices();
    for n in 1..=20 {
        device.state(&[visit(n, SPECIALIST, CHILD).1]);
    }
    let network = Network { max_items: 6, ..Network::good(&mut operator, &device) };
    let seen = Mutex::new(Vec::new());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store: Arc<dyn Outbox> = device.store.clone();
    let note = |progress: Progress| seen.lock().push(progress);
    let summary = runtime.block_on(synchronise(store, &network, Refused::Leave, &note)).unwrap();
    assert_eq!((summary.registered_count, summary.refused_count, summary.rejected_count), (20, 0, 0));
    assert!(summary.received_count > 0);
    assert_eq!(device.store.waiting().unwrap().waiting_count, 0);
    let seen = seen.into_inner();
    let pushed: Vec<_> = seen.iter().filter(|progress| progress.phase == Phase::Pushing).collect();
    assert!(pushed.len() > 3 && pushed.iter().all(|progress| progress.total_count == 20));
    assert!(pushed.windows(2).all(|pair| pair[0].done_count <= pair[1].done_count));
    assert_eq!(pushed.last().unwrap().done_count, 20);
    assert_eq!(seen.last().unwrap().phase, Phase::Pulling);
    let again = run(&device, &network).unwrap();
    assert_eq!((again.registered_count, again.received_count), (0, 0), "pushing twice is pushing once");
}

#[test]
fn a_failure_says_that_another_try_may_help_and_keeps_what_was_done() {
    let (mut operator, device) = devices();
    device.state(&[visit(1, SPECIALIST, CHILD).1]);
    let network = Network { failing: 255, ..Network::good(&mut operator, &device) };
    let error = (0..9).find_map(|_| run(&device, &network).err()).unwrap();
    assert!(error.can_retry(), "{error}");
    let network = Network { failing: 0, ..network };
    assert_eq!(run(&device, &network).map(|summary| summary.refused_count).unwrap(), 0);
    assert_eq!(device.store.waiting().unwrap().waiting_count, 0);
}

/// Pages are stored together, and one of them does not fit its question.
#[test]
fn a_page_that_can_not_be_stored_delays_none_before_it() {
    let (mut operator, device) = devices();
    (0..30).for_each(|_| grow(&mut operator));
    let from = 17;
    let network = Network { page_items: 1, tamper_from: Some(from), ..Network::good(&mut operator, &device) };
    let error = run(&device, &network).unwrap_err();
    assert!(matches!(error, SyncError::Outbox(OutboxError::Protocol(_))), "{error:?}");
    assert_eq!(device.store.pull_request(1).unwrap().cursor, from, "everything before it is stored");
    let network = Network { tamper_from: None, ..network };
    assert!(run(&device, &network).unwrap().received_count > 10, "and the rest comes");
}

#[test]
fn what_is_registered_during_a_long_pull_is_sent_before_its_end() {
    let (mut operator, device) = devices();
    (0..30).for_each(|_| grow(&mut operator));
    let waiting_at_each_page = Mutex::new(Vec::new());
    let meanwhile = || {
        let mut pages = waiting_at_each_page.lock();
        pages.push(device.store.waiting().unwrap().waiting_count);
        if pages.len() == 2 {
            device.state(&[visit(1, SPECIALIST, CHILD).1]);
        }
    };
    let network =
        Network { meanwhile: Some(&meanwhile), page_items: 7, ..Network::good(&mut operator, &device) };
    assert_eq!(run(&device, &network).unwrap().registered_count, 1);
    let pages = waiting_at_each_page.into_inner();
    assert!(pages.len() >= 5, "a long pull: {pages:?}");
    assert!(pages.iter().all(|&waiting_count| waiting_count == 0), "sent before the next page: {pages:?}");
}

#[test]
fn an_answer_that_was_overtaken_is_asked_for_again_at_once_but_not_for_ever() {
    for (times, succeeds) in [(1, true), (u32::MAX, false)] {
        let (mut operator, device) = devices();
        device.pull(&operator);
        let pages_count = AtomicU32::new(0);
        // As if another sync had written where pulling stands while the page was on its way.
        let meanwhile = || {
            if pages_count.fetch_add(1, Ordering::Relaxed) < times {
                let back = "UPDATE log_position SET urgent_cursor = urgent_cursor - 1";
                device.store.write(|tx| Ok::<_, StoreError>(tx.execute(back, [])?)).unwrap();
            }
        };
        let network = Network { meanwhile: Some(&meanwhile), ..Network::good(&mut operator, &device) };
        match run(&device, &network) {
            Ok(_) => assert!(succeeds),
            Err(error) => assert!(!succeeds && error.can_retry(), "{error}"),
        }
        assert!((2..9).contains(&pages_count.into_inner()));
    }
}

#[test]
fn after_any_failed_push_nobody_reads_that_it_was_sent() {
    let unproven: fn(&mut PushResponse) = |answer| answer.registrations.clear();
    let misfit: fn(&mut PushResponse) = |answer| answer.outcomes.clear();
    let split: fn(&mut PushResponse) = |answer| {
        answer.registrations[0].consistency = vec![Digest::from_bytes([1; 32])];
    };
    let gap: fn(&mut PushResponse) = |answer| {
        answer.registrations.clear();
        answer.outcomes = vec![Outcome::Gap { expected_seq: 9 }];
    };
    for (name, tamper) in [("unproven", unproven), ("misfit", misfit), ("split view", split), ("gap", gap)] {
        let (mut operator, device) = devices();
        device.state(&[visit(1, SPECIALIST, CHILD).1]);
        let network = Network { tamper: Some(tamper), ..Network::good(&mut operator, &device) };
        assert!(run(&device, &network).is_err(), "{name}");
        assert_eq!(state_of(&device, 1), Way::Saved, "{name}");
        assert!(device.settle(&operator), "{name}");
        device.push(&mut operator);
        assert_eq!(state_of(&device, 1), Way::Registered, "{name}: nothing is lost");
    }
}

#[test]
fn the_next_one_is_asked_for_while_the_last_is_stored_and_nothing_twice() {
    let (mut operator, device) = devices();
    (1..=40).for_each(|n| drop(device.state(&[visit(n, SPECIALIST, CHILD).1])));
    (0..30).for_each(|_| grow(&mut operator));
    let pages_count = AtomicU32::new(0);
    let meanwhile = || {
        pages_count.fetch_add(1, Ordering::Relaxed);
    };
    let network = Network {
        max_items: 5,
        page_items: 7,
        meanwhile: Some(&meanwhile),
        ..Network::good(&mut operator, &device)
    };
    let summary = run(&device, &network).unwrap();
    assert_eq!(summary.registered_count, 40);
    let pages_count = pages_count.load(Ordering::Relaxed);
    assert_eq!(network.requests_count.into_inner() - pages_count, 8, "40 by 5 without a repeat");
    let received = u32::try_from(summary.received_count).unwrap();
    // The own ones come back on their pages, and are nothing new.
    assert!(pages_count <= 2 + (received + 40).div_ceil(7), "{pages_count} pages for {received}");
}

#[test]
fn what_was_sent_behind_an_answer_that_does_not_hold_is_saved_again_and_registered_later() {
    let (mut operator, device) = devices();
    (1..=12).for_each(|n| drop(device.state(&[visit(n, SPECIALIST, CHILD).1])));
    // The second of three answers; the third push is at the operator by then.
    let second: fn(&mut PushResponse) = |answer| {
        if (7..11).contains(&answer.next_seq) {
            answer.registrations.clear();
        }
    };
    let network = Network { max_items: 4, tamper: Some(second), ..Network::good(&mut operator, &device) };
    assert!(run(&device, &network).is_err());
    assert!(network.requests_count.into_inner() >= 3);
    assert_eq!(state_of(&device, 1), Way::Registered);
    (9..=12).for_each(|n| assert_eq!(state_of(&device, n), Way::Saved, "{n}"));
    assert!(device.settle(&operator), "a person had the log proven");
    device.push(&mut operator);
    (1..=12).for_each(|n| assert_eq!(state_of(&device, n), Way::Registered, "{n}"));
}

/// A store that cannot write its marks, as on a full disk.
struct Unmarked(Arc<Store>);

impl Outbox for Unmarked {
    fn next_batch(
        &self,
        from_seq: Option<u64>,
        max_items: usize,
        max_bytes: usize,
    ) -> Result<PushRequest, OutboxError> {
        self.0.next_batch(from_seq, max_items, max_bytes)
    }

    fn refused_batch(
        &self,
        after_seq: Option<u64>,
        max_items: usize,
        max_bytes: usize,
    ) -> Result<PushRequest, OutboxError> {
        self.0.refused_batch(after_seq, max_items, max_bytes)
    }

    fn mark_sent(&self, _: &[PushItem]) -> Result<(), OutboxError> {
        Err(outward(StoreError::DiskFull))
    }

    fn mark_unsent(&self, _: &[PushItem]) -> Result<(), OutboxError> {
        Err(outward(StoreError::DiskFull))
    }

    fn apply_push(&self, request: &PushRequest, response: &PushResponse) -> Result<PushApplied, OutboxError> {
        self.0.apply_push(request, response)
    }

    fn standing(&self) -> Result<Standing, OutboxError> {
        self.0.standing()
    }

    fn lost(&self, wanted: &[Stretch], after: HandedBack) -> Result<Option<Lost>, OutboxError> {
        self.0.lost(wanted, after)
    }

    fn pull_request(&self, limit: u32) -> Result<PullRequest, OutboxError> {
        self.0.pull_request(limit)
    }

    fn apply_pulls(&self, pages: &[(PullRequest, Page)]) -> Result<PullApplied, OutboxError> {
        self.0.apply_pulls(pages)
    }

    fn waiting(&self) -> Result<Waiting, OutboxError> {
        self.0.waiting()
    }
}

#[test]
fn a_disk_that_cannot_take_the_mark_does_not_keep_a_visit_from_the_operator() {
    let (mut operator, device) = devices();
    device.state(&[visit(1, SPECIALIST, CHILD).1]);
    let network = Network::good(&mut operator, &device);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let unmarked: Arc<dyn Outbox> = Arc::new(Unmarked(device.store.clone()));
    let summary = runtime.block_on(synchronise(unmarked, &network, Refused::Leave, &|_| {})).unwrap();
    assert_eq!(summary.registered_count, 1);
}

#[test]
fn what_was_refused_is_sent_again_when_asked_and_only_then() {
    let (mut operator, device) = devices();
    let drafts = [1, 2, 3, 4].map(|n| visit(n, SPECIALIST, CHILD).1);
    let sealed = device.state(&drafts);
    operator.refuse.extend([sealed[0].id, sealed[1].id, sealed[3].id]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let sync = |operator: &mut TestOperator, refused| {
        let store: Arc<dyn Outbox> = device.store.clone();
        let network = Network::good(operator, &device);
        let summary = runtime.block_on(synchronise(store, &network, refused, &|_| {})).unwrap();
        (summary.registered_count, device.store.waiting().unwrap().refused_count)
    };
    assert_eq!(sync(&mut operator, Refused::TryAgain), (1, 3), "the same bytes to the same operator");
    operator.refuse.remove(&sealed[1].id);
    operator.refuse.remove(&sealed[3].id);
    assert_eq!(sync(&mut operator, Refused::Leave), (0, 3));
    assert_eq!(sync(&mut operator, Refused::TryAgain), (2, 1));
    assert_eq!(state_of(&device, 1), Way::Refused(Refusal::BadSignature));
    assert_eq!((state_of(&device, 2), state_of(&device, 4)), (Way::Registered, Way::Registered));
    assert!(!operator.log.iter().any(|entry| entry.flags.contains(&Flag::Fork)));
}

#[test]
fn an_operator_that_lost_its_end_is_filled_again() {
    let (mut operator, device) = devices();
    for n in 1..=4 {
        device.state(&[visit(n, SPECIALIST, CHILD).1]);
    }
    // A lost end: the operator remembers only the enrolment, and knows nothing of the visits in its log.
    let enrolled = device.store.with_reader(|conn| crate::statement::own(conn, 0, 1)).unwrap();
    device.push(&mut operator);
    let mut restored = TestOperator::new();
    restored.enrol(&enrolled[0], SPECIALIST);
    device.state(&[visit(5, SPECIALIST, CHILD).1]);
    let network = Network::good(&mut restored, &device);
    let summary = run(&device, &network).unwrap();
    assert_eq!(summary.registered_count, 5, "the four that were lost, and the new one");
    let visits_count = restored.log.iter().filter(|entry| entry.kind == Kind::VisitRegistered).count();
    assert_eq!(visits_count, 5);
}

#[test]
fn an_operator_whose_log_went_another_way_gets_everything_and_is_believed_nothing() {
    let (mut operator, device) = devices();
    for n in 1..=7 {
        device.state(&[visit(n, SPECIALIST, CHILD).1]);
    }
    let mut restored = branch(&device);
    device.push(&mut operator);
    grow(&mut restored);
    device.state(&[visit(8, SPECIALIST, CHILD).1]);
    let network = Network { max_items: 3, ..Network::good(&mut restored, &device) };
    let refused = run(&device, &network);
    assert!(matches!(refused, Err(SyncError::Outbox(OutboxError::SplitView))), "{refused:?}");
    let visits_count = restored.log.iter().filter(|entry| entry.kind == Kind::VisitRegistered).count();
    assert_eq!(visits_count, 8);
    assert_eq!(state_of(&device, 8), Way::Saved, "no receipt of another log closes it");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Whatever is lost on the way, after enough tries everything is where it belongs, exactly once.
    #[test]
    fn a_bad_network_needs_nobodys_help(seed in any::<u64>(), failing in 20_u8..200, visits in 1_u8..12) {
        let (mut operator, mut device) = devices();
        let mut network =
            Network { rng: TestRng::new(seed), failing, max_items: 3, ..Network::good(&mut operator, &device) };
        for n in 1..=visits {
            device.state(&[visit(n, SPECIALIST, CHILD).1]);
            let _ = run(&device, &network);
            if n.is_multiple_of(3) {
                device.restart();
            }
        }
        network.failing = 0;
        run(&device, &network).unwrap();
        prop_assert_eq!(device.store.waiting().unwrap().waiting_count, 0);
        let registered = operator.log.iter().filter(|entry| entry.kind == Kind::VisitRegistered).count();
        prop_assert_eq!(registered, usize::from(visits));
        prop_assert!(device.shown().contains("Нұрлан"), "and what others stated came down");
    }
}

/// An operator that stumbles over pushes of some statements.
struct Stumbling<'a>(Network<'a>, Vec<StatementId>);

#[async_trait]
impl Transport for Stumbling<'_> {
    async fn push(&self, request: &PushRequest) -> Result<PushResponse, TransportError> {
        if request.items.iter().any(|item| self.1.contains(&item.id)) {
            return Err(TransportError::Problem { code: ProblemCode::Internal, retry_after_s: None });
        }
        self.0.push(request).await
    }

    async fn pull(&self, request: &PullRequest) -> Result<PullResponse, TransportError> {
        self.0.pull(request).await
    }
}

#[test]
fn an_operator_that_stumbles_over_what_it_refused_still_tells_what_others_said() {
    let (mut operator, device) = devices();
    let sealed = device.state(&[1, 2].map(|n| visit(n, SPECIALIST, CHILD).1));
    operator.refuse.insert(sealed[0].id);
    device.push(&mut operator);
    let network = Stumbling(Network::good(&mut operator, &device), vec![sealed[0].id]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store: Arc<dyn Outbox> = device.store.clone();
    let summary = runtime.block_on(synchronise(store, &network, Refused::TryAgain, &|_| {})).unwrap();
    assert!(summary.received_count > 0, "what is refused delays nobody");
    assert_eq!(device.store.waiting().unwrap().refused_count, 1);
}
