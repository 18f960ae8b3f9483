use domain::content::{ContentErased, VisitConfirmed};
use domain::id::{PersonId, RecordId};
use domain::scope::Scope;
use domain::visit::Confirmation;
use journal::{Draft, Sealed, Statement, VerifyingKey};
use sync::Outbox as _;

use super::*;
use crate::read::transport::Transport;
use crate::testing::{
    CHILD, COORDINATOR, PARENT, SPECIALIST, TestDevice, TestOperator, agreement_accepted, signing_key, visit,
};

fn carried(sealed: &Sealed, key: &VerifyingKey) -> Carried {
    let statement = Statement::decode(&sealed.bytes).unwrap().verify(key).unwrap();
    Carried { statement, content: sealed.content.clone() }
}

fn carry(device: &TestDevice, carried: Vec<Carried>) {
    device.store.carry(|_| Ok::<_, StoreError>(carried)).unwrap();
}

fn row(device: &TestDevice, n: u8) -> Option<crate::read::visit::VisitRow> {
    device.store.read(|reader| reader.visit(visit(n, SPECIALIST, CHILD).0)).unwrap()
}

fn carried_count(device: &TestDevice) -> i64 {
    device
        .store
        .with_reader(|conn| {
            Ok::<_, StoreError>(
                conn.query_row("SELECT count(*) FROM carried_statement", [], |row| row.get(0))?,
            )
        })
        .unwrap()
}

/// A specialist with a visit that waits, and a parent who was shown it and confirmed it.
fn shown() -> (TestOperator, TestDevice, TestDevice) {
    shown_to(None)
}

/// The same; the parent's key lies on the device of that host.
fn shown_to(host: Option<PersonId>) -> (TestOperator, TestDevice, TestDevice) {
    let mut operator = TestOperator::new();
    let specialist = TestDevice::bound(&mut operator, SPECIALIST, 0x81);
    operator.host = host;
    let parent = TestDevice::bound(&mut operator, PARENT, 0x82);
    TestDevice::bound(&mut operator, COORDINATOR, 0x83);
    specialist.pull(&operator);
    parent.pull(&operator);
    let (id, draft) = visit(1, SPECIALIST, CHILD);
    let registered = specialist.state(&[draft]).remove(0);
    carry(&parent, vec![carried(&registered, signing_key(0x81).verifying_key())]);
    let basis = row(&parent, 1).expect("shown at once").basis;
    let confirmed = VisitConfirmed { basis, representative: PARENT, answered_at_ms: 1, capture: None };
    let answer = parent.state(&[Draft::new(id, confirmed)]).remove(0);
    carry(&specialist, vec![carried(&answer, signing_key(0x82).verifying_key())]);
    (operator, specialist, parent)
}

#[test]
fn what_was_shown_is_folded_with_what_is_here_and_is_saved_not_registered() {
    let (_operator, specialist, parent) = shown();
    for device in [&specialist, &parent] {
        let row = row(device, 1).unwrap();
        assert_eq!((row.confirmation, row.transport), (Confirmation::Confirmed, Transport::Saved));
        let before = device.shown();
        device.store.rebuild().unwrap();
        assert_eq!(device.shown(), before);
        assert_eq!(carried_count(device), 1);
    }
}

#[test]
fn it_is_handed_over_once_and_again_only_while_it_came_too_early() {
    let (_operator, specialist, parent) = shown();
    assert_eq!(parent.store.carried(true, true).unwrap(), [], "the own answer goes by the own push");
    let items = parent.store.carried(false, false).unwrap();
    assert_eq!(items.len(), 1);
    parent.store.apply_carried(&items, &[CarryOutcome::Early]).unwrap();
    assert_eq!(parent.store.carried(false, true).unwrap(), items, "with an own push at once");
    assert_eq!(row(&parent, 1).unwrap().transport, Transport::Saved);
    parent.store.apply_carried(&items, &[CarryOutcome::Taken]).unwrap();
    assert_eq!(parent.store.carried(false, true).unwrap(), []);
    assert_eq!(specialist.store.carried(true, false).unwrap().len(), 1);
}

#[test]
fn what_a_guest_accepted_before_the_answer_goes_first_and_is_forgotten_once_it_is_taken() {
    let (_operator, specialist, parent) = shown_to(Some(SPECIALIST));
    let accepted = parent.state(&[agreement_accepted(PARENT)]).remove(0);
    carry(&specialist, vec![carried(&accepted, signing_key(0x82).verifying_key())]);
    let items = specialist.store.carried(false, false).unwrap();
    assert_eq!(items.iter().map(|item| &item.statement).collect::<Vec<_>>(), [&accepted.bytes]);
    specialist.store.apply_carried(&items, &[CarryOutcome::Early]).unwrap();
    assert_eq!(carried_count(&specialist), 2, "with the answer, which goes by the second question");
    specialist.store.apply_carried(&items, &[CarryOutcome::Taken]).unwrap();
    let answer = specialist.store.carried(true, true).unwrap();
    specialist.store.apply_carried(&answer, &[CarryOutcome::Taken]).unwrap();
    assert_eq!(carried_count(&specialist), 1, "the answer stays on screen until the operator delivers it");
}

#[test]
fn what_came_too_early_is_handed_over_again_by_itself_and_never_waits_long() {
    let (_operator, _, parent) = shown();
    let (mut handed_over, mut longest, mut waited) = (Vec::new(), 0, 0);
    for round in 0..100 {
        let items = parent.store.carried(false, false).unwrap();
        assert_eq!(parent.store.carried(true, false).unwrap(), []);
        if items.is_empty() {
            waited += 1;
            longest = longest.max(waited);
            continue;
        }
        waited = 0;
        handed_over.push(round);
        parent.store.apply_carried(&items, &[CarryOutcome::Early]).unwrap();
    }
    assert_eq!(handed_over[..4], [0, 1, 3, 7], "nobody's network is spent on waiting for another device");
    assert_eq!(longest, 15);
    let items = parent.store.carried(false, true).unwrap();
    parent.store.apply_carried(&items, &[CarryOutcome::Taken]).unwrap();
    assert!((0..20).all(|_| parent.store.carried(false, false).unwrap().is_empty()), "it is answered");
}

#[test]
fn it_goes_when_the_operator_delivers_it_and_the_visit_stays_one() {
    let (mut operator, specialist, parent) = shown();
    specialist.push(&mut operator);
    parent.push(&mut operator);
    for device in [&specialist, &parent] {
        assert_eq!(device.pull(&operator).rejected_count, 0);
        assert_eq!(carried_count(device), 0);
        let row = row(device, 1).unwrap();
        assert_eq!((row.confirmation, row.transport), (Confirmation::Confirmed, Transport::Registered));
        assert_eq!(row.answers.len(), 1);
        let story = device.store.read(|reader| reader.story(row.id)).unwrap();
        assert_eq!(story.len(), 2, "each statement once");
    }
    let key = signing_key(0x81);
    let first = specialist.store.with_reader(|conn| crate::statement::own(conn, 1, 1)).unwrap().remove(0);
    carry(&parent, vec![carried(&first, key.verifying_key())]);
    assert_eq!(carried_count(&parent), 0, "what is here already is not kept twice");
}

#[test]
fn the_copy_that_was_checked_stays_when_the_operator_delivers_a_spoiled_one() {
    let (mut operator, specialist, parent) = shown();
    let second = specialist.state(&[visit(2, SPECIALIST, CHILD).1]).remove(0);
    specialist.push(&mut operator);
    parent.push(&mut operator);
    let request = parent.store.pull_request(100).unwrap();
    let mut page = operator.pull(&request, PARENT);
    let id = row(&parent, 1).unwrap().basis;
    let is_first = |item: &sync::wire::pull::PullItem| {
        Statement::decode(&item.statement).is_ok_and(|statement| statement.id() == id)
    };
    let at = page.items.iter().position(is_first).unwrap();
    assert_eq!(page.items[at + 1].statement, second.bytes, "the one that vouches for it");
    let (leaf, checked) = (page.items[at].leaf_index, page.items[at].statement.clone());
    *page.items[at].statement.last_mut().unwrap() ^= 1;
    let applied = parent.store.apply_pull(&request, page.into()).unwrap();
    assert_eq!((applied.rejected_count, carried_count(&parent)), (0, 0));
    let sql = "SELECT bytes FROM foreign_statement WHERE leaf_index = ?1";
    let read = |conn: &Connection| Ok::<_, StoreError>(conn.query_row(sql, [leaf], |row| row.get(0))?);
    assert_eq!(parent.store.with_reader::<Vec<u8>, _>(read).unwrap(), checked);
}

#[test]
fn a_lost_child_and_an_erased_content_take_it_along() {
    let (mut operator, _, parent) = shown();
    operator.revoke(PARENT, Scope::Family(CHILD));
    parent.pull(&operator);
    assert_eq!(carried_count(&parent), 0, "a visit of a child that is not this person's to see any more");
    let says_child = parent.shown().contains(&format!("{:02x?}", visit(1, SPECIALIST, CHILD).0.as_bytes()));
    assert!(!says_child, "nor is it shown");

    let (mut operator, specialist, _) = shown();
    let answer = specialist.store.read(|reader| reader.story(visit(1, SPECIALIST, CHILD).0)).unwrap();
    let answer = answer.iter().find(|entry| entry.kind == Kind::VisitConfirmed).unwrap().id;
    let erased = ContentErased { statements: vec![answer], basis: "Заң".into(), erased_at_ms: 1 };
    operator.state(RecordId::from_bytes([0x71; 16]), erased);
    specialist.pull(&operator);
    assert_eq!(row(&specialist, 1).unwrap().confirmation, Confirmation::None);
    assert_eq!(carried_count(&specialist), 0);
}

#[test]
fn an_answer_by_a_guest_is_weaker_before_the_operator_has_it_and_after() {
    let (mut operator, specialist, parent) = shown_to(Some(SPECIALIST));
    let is_weak = |device: &TestDevice| {
        let row = row(device, 1).unwrap();
        assert_eq!(row.confirmation, Confirmation::ByGuest);
        assert!(row.answers[0].by_guest);
        let story = device.store.read(|reader| reader.story(row.id)).unwrap();
        let marked: Vec<_> = story.iter().filter(|entry| entry.by_guest).map(|entry| entry.kind).collect();
        assert_eq!(marked, [Kind::VisitConfirmed]);
        let before = device.shown();
        device.store.rebuild().unwrap();
        assert_eq!(device.shown(), before);
    };
    is_weak(&specialist);
    is_weak(&parent);
    specialist.push(&mut operator);
    parent.push(&mut operator);
    for device in [&specialist, &parent] {
        device.pull(&operator);
        is_weak(device);
    }
    assert_eq!(parent.store.account().unwrap().unwrap().host, Some(SPECIALIST), "her own file knows it");
}
