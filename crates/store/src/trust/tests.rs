use domain::content::{RecordData, RecordKind};
use journal::codec;
use sync::wire::pull::{Content, PullRequest, PullResponse};
use sync::wire::push::Registration;
use sync::{Outbox as _, OutboxError};

use super::*;
use crate::testing::{CHILD, PLACE, SPECIALIST, TestDevice, TestOperator, visit};

/// A device that saw an operator's log, and the operator.
fn scene() -> (TestOperator, TestDevice) {
    let mut operator = TestOperator::new();
    let device = TestDevice::bound(&mut operator, SPECIALIST, 0x81);
    device.pull(&operator);
    (operator, device)
}

fn grow(operator: &mut TestOperator, label: &str) {
    let data = RecordData::Address { label: label.into(), region: "KZ-71".into() };
    operator.change(RecordKind::Place, PLACE, data);
}

/// An operator of the same key whose log is as long as this one, with another end.
fn branch(operator: &TestOperator, device: &TestDevice) -> TestOperator {
    let mut other = TestOperator::new();
    let enrolled = device.store.with_reader(|conn| crate::statement::own(conn, 0, 1)).unwrap();
    other.enrol(&enrolled[0], SPECIALIST);
    while other.log.len() < operator.log.len() {
        grow(&mut other, "Басқа");
    }
    other
}

/// Shows the branch instead of the log that was seen.
fn show(device: &TestDevice, other: &TestOperator) -> Result<(), OutboxError> {
    let request = device.store.pull_request(100)?;
    device.store.apply_pull(&request, other.pull(&request, SPECIALIST).into()).map(drop)
}

fn is_over<T: std::fmt::Debug>(result: Result<T, OutboxError>) -> bool {
    match result {
        Err(error @ OutboxError::TrustEnded) => !error.can_retry(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_contradiction_ends_the_trust_for_good_and_nothing_unsent_is_touched() {
    let (mut operator, mut device) = scene();
    grow(&mut operator, "Абай к. 1");
    device.pull(&operator);
    let known = operator.signed_head();
    let other = branch(&operator, &device);
    let sealed = device.state(&[visit(1, SPECIALIST, CHILD).1]);
    let request = device.store.next_batch(None, 9, usize::MAX).unwrap();
    let pull = device.store.pull_request(100).unwrap();
    assert!(matches!(show(&device, &other), Err(OutboxError::SplitView)));

    device.restart();
    assert!(is_over(device.store.next_batch(None, 9, usize::MAX)), "nothing is sent");
    assert!(is_over(device.store.refused_batch(None, 9, usize::MAX)), "nor sent again");
    assert!(is_over(device.store.pull_request(100)), "nothing is fetched");
    let honest = operator.push(&request, device.key());
    assert!(is_over(device.store.apply_push(&request, &honest)), "no receipt counts, not even a good one");
    assert!(is_over(device.store.apply_pull(&pull, operator.pull(&pull, SPECIALIST).into())));
    device.state(&[visit(2, SPECIALIST, CHILD).1]);
    assert_eq!(device.store.waiting().unwrap().waiting_count, 2, "visits go on being saved");
    assert!(
        !device.settle(&operator) && !device.settle(&other),
        "two roots of one size are never one history"
    );

    let [evidence] = device.store.read(|reader| reader.evidence()).unwrap().try_into().unwrap();
    assert_eq!((evidence.finding, evidence.operator), (Finding::SplitView, operator.facts().fingerprint()));
    assert_eq!((evidence.found_at_ms, evidence.settled_at_ms), (None, None));
    device.store.date_evidence(7).unwrap();
    device.store.date_evidence(8).unwrap();
    let distrust = device.store.read(|reader| reader.distrust()).unwrap().unwrap();
    assert_eq!(distrust.found_at_ms, Some(7), "the first time stays");
    let key = operator.facts().key;
    for (head, expected) in [(evidence.known.unwrap(), known), (evidence.shown.unwrap(), other.signed_head())]
    {
        let signed = TreeHead::verify(&head.bytes, head.root, &key).unwrap();
        assert_eq!((signed.tree_size, signed.root), (expected.tree_size, expected.root));
    }
    assert_eq!(device.store.waiting().unwrap().waiting_count, 2);
    assert_eq!(sealed.len(), 1);
}

#[test]
fn a_proof_brings_the_trust_back_and_everything_goes_on() {
    let (mut operator, device) = scene();
    device.state(&[visit(1, SPECIALIST, CHILD).1]);
    grow(&mut operator, "Абай к. 1");
    let request = device.store.pull_request(100).unwrap();
    let mut damaged = operator.pull(&request, SPECIALIST);
    damaged.checkpoint.as_mut().unwrap().consistency[0] = Digest::from_bytes([0; 32]);
    let refused = device.store.apply_pull(&request, damaged.into());
    assert!(matches!(refused, Err(OutboxError::SplitView)), "{refused:?}");
    let other = branch(&operator, &device);
    assert!(!device.settle(&other), "another log proves nothing");
    assert!(!device.store.settle(&[], 9).unwrap(), "nor does silence");
    grow(&mut operator, "Абай к. 2");
    assert!(device.settle(&operator));
    assert_eq!(device.store.read(|reader| reader.distrust()).unwrap(), None);
    assert_eq!(device.store.read(|reader| reader.evidence()).unwrap().len(), 1, "evidence stays");
    device.push(&mut operator);
    device.pull(&operator);
    assert_eq!(device.store.waiting().unwrap().waiting_count, 0);
}

#[test]
fn a_receipt_that_does_not_verify_ends_the_trust() {
    let (mut operator, device) = scene();
    device.state(&[visit(1, SPECIALIST, CHILD).1]);
    let request = device.store.next_batch(None, 9, usize::MAX).unwrap();
    let mut response = operator.push(&request, device.key());
    response.registrations[0].proof[0] = Digest::from_bytes([0; 32]);
    assert!(matches!(device.store.apply_push(&request, &response), Err(OutboxError::Unproven)));
    assert!(is_over(device.store.next_batch(None, 9, usize::MAX)));
    let evidence = device.store.read(|reader| reader.distrust()).unwrap().unwrap();
    assert_eq!((evidence.finding, evidence.shown), (Finding::Unproven, None));
    let kept: sync::wire::push::PushResponse = sync::wire::body::decode(&evidence.detail, None).unwrap();
    assert_eq!(kept, response, "the answer itself is the evidence");
    assert!(device.settle(&operator));
    device.push(&mut operator);
    assert_eq!(device.store.waiting().unwrap().waiting_count, 0);
}

#[test]
fn another_statement_at_a_place_that_was_delivered_is_never_settled_and_its_content_stays_out() {
    let (mut operator, device) = scene();
    grow(&mut operator, "Абай к. 1");
    device.pull(&operator);
    grow(&mut operator, "Абай к. 2");
    let request = device.store.pull_request(100).unwrap();
    let mut page = operator.pull(&request, SPECIALIST);
    let mut item = page.items[0].clone();
    item.leaf_index -= 1;
    assert_eq!(codec::hash(&item.content.as_ref().unwrap().0).as_bytes().len(), 32);
    page.items.insert(0, item);
    let refused = device.store.apply_pull(&request, page.into());
    assert!(matches!(refused, Err(OutboxError::SplitView)), "{refused:?}");
    let evidence = device.store.read(|reader| reader.distrust()).unwrap().unwrap();
    assert_eq!(evidence.finding, Finding::OtherLeaf);
    let kept: PullItem = sync::wire::body::decode(&evidence.detail, None).unwrap();
    assert_eq!(kept.content, None::<Content>);
    assert!(!device.settle(&operator), "no head speaks about it");
}

/// What a specialist's device is told about an address and about its own visit, both registered. The receipt of the visit
/// was lost on the way, or it was not.
fn told(has_receipt: bool) -> (TestOperator, TestDevice, PullRequest, PullResponse) {
    let (mut operator, device) = scene();
    device.state(&[visit(1, SPECIALIST, CHILD).1]);
    grow(&mut operator, "Абай к. 1");
    let lost = device.store.next_batch(None, 5, usize::MAX).unwrap();
    match has_receipt {
        true => device.push(&mut operator),
        false => drop(operator.push(&lost, device.key())),
    }
    let request = device.store.pull_request(100).unwrap();
    let page = operator.pull(&request, SPECIALIST);
    assert_eq!(page.items.len(), 2);
    (operator, device, request, page)
}

#[test]
fn another_statement_at_the_place_of_a_receipt_is_noticed_whichever_came_first() {
    for receipt_first in [true, false] {
        let (mut operator, device, request, mut page) = told(receipt_first);
        let own_leaf = page.items.pop().unwrap().leaf_index;
        page.items[0].leaf_index = own_leaf;
        let mut found = device.store.apply_pull(&request, page.into()).map(drop);
        if !receipt_first {
            found.unwrap();
            let request = device.store.next_batch(None, 5, usize::MAX).unwrap();
            device.store.mark_sent(&request.items).unwrap();
            let response = operator.push(&request, device.key());
            found = device.store.apply_push(&request, &response).map(drop);
        }
        assert!(matches!(found, Err(OutboxError::SplitView)), "{receipt_first} {found:?}");
        let evidence = device.store.read(|reader| reader.distrust()).unwrap().unwrap();
        assert_eq!(evidence.finding, Finding::OtherLeaf);
        let kept_leaf = match receipt_first {
            true => {
                let kept: PullItem = sync::wire::body::decode(&evidence.detail, None).unwrap();
                assert_eq!(kept.content, None::<Content>);
                kept.leaf_index
            }
            false => {
                let kept: Registration = sync::wire::body::decode(&evidence.detail, None).unwrap();
                assert!(evidence.shown.unwrap().tree_size > kept.first_leaf, "signed by the operator");
                kept.first_leaf
            }
        };
        assert_eq!(kept_leaf, own_leaf);
    }
}

#[test]
fn an_own_statement_at_another_place_than_its_receipts_is_noticed() {
    let (_operator, device, request, mut page) = told(true);
    let other_leaf = page.items.remove(0).leaf_index;
    page.items[0].leaf_index = other_leaf;
    let found = device.store.apply_pull(&request, page.into()).map(drop);
    assert!(matches!(found, Err(OutboxError::SplitView)), "{found:?}");
}

#[test]
fn evidence_is_neither_changed_nor_deleted() {
    let (mut operator, device) = scene();
    grow(&mut operator, "Абай к. 1");
    device.pull(&operator);
    let other = branch(&operator, &device);
    assert!(show(&device, &other).is_err());
    for attempt in [
        "DELETE FROM evidence",
        "UPDATE evidence SET shown_head = x''",
        "UPDATE evidence SET finding = 'unproven'",
    ] {
        let tried = device.store.write(|transaction| Ok::<_, StoreError>(transaction.execute(attempt, [])?));
        assert!(tried.is_err(), "{attempt}");
    }
}
