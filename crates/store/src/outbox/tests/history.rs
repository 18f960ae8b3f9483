//! Receipts and heads of one log only.

use super::*;

#[test]
fn a_second_head_of_the_same_size_is_a_split_view() {
    let (mut operator, device) = devices();
    grow(&mut operator);
    device.pull(&operator);
    device.state(&[visit(1, SPECIALIST, CHILD).1]);
    let request = device.store.next_batch(None, 1, usize::MAX).unwrap();
    // Our statement stands where the log that was seen has another leaf.
    let response = branch(&device).push(&request, device.key());
    assert_eq!(response.registrations[0].tree_size, request.known_tree_size);
    let refused = device.store.apply_push(&request, &response);
    assert!(matches!(refused, Err(OutboxError::SplitView)), "{refused:?}");
    assert_eq!(device.store.waiting().unwrap().waiting_count, 1, "nothing is closed by it");
}

#[test]
fn a_receipt_from_a_branch_is_a_split_view_whatever_its_size() {
    for (name, seen, on_branch) in [("smaller than what was seen", 5, 0), ("larger than what was seen", 1, 5)]
    {
        let (mut operator, device) = devices();
        let mut other = branch(&device);
        (0..seen).for_each(|_| grow(&mut operator));
        device.pull(&operator);
        (0..on_branch).for_each(|n| {
            other.change(
                domain::content::RecordKind::Place,
                crate::testing::PLACE,
                domain::content::RecordData::Address { label: format!("Үй {n}"), region: "KZ-71".into() },
            )
        });
        device.state(&[visit(1, SPECIALIST, CHILD).1]);
        let before = device.store.beacon().unwrap();
        let request = device.store.next_batch(None, 1, usize::MAX).unwrap();
        let response = other.push(&request, device.key());
        let refused = device.store.apply_push(&request, &response);
        assert!(matches!(refused, Err(OutboxError::SplitView)), "{name}: {refused:?}");
        assert_eq!(device.store.waiting().unwrap().waiting_count, 1, "{name}: nothing is closed by it");
        assert_eq!(device.store.beacon().unwrap(), before, "{name}");
    }
}

#[test]
fn receipts_from_a_log_that_nobody_else_sees_are_found_by_the_next_pull() {
    let (mut hidden, device) = devices();
    let mut shown_to_others = branch(&device);
    device.pull(&hidden);
    device.state(&[visit(1, SPECIALIST, CHILD).1]);
    device.push(&mut hidden);
    let head = hidden.signed_head();
    assert_eq!(device.store.beacon().unwrap(), Some(head.beacon()), "new statements name it");
    (0..9).for_each(|_| grow(&mut shown_to_others));
    let before = device.shown();
    let request = device.store.pull_request(100).unwrap();
    let page = shown_to_others.pull(&request, SPECIALIST);
    assert!(page.checkpoint.as_ref().unwrap().tree_size > head.tree_size);
    let refused = device.store.apply_pull(&request, page.into());
    assert!(matches!(refused, Err(OutboxError::SplitView)), "{refused:?}");
    let asked = device.store.with_reader(|conn| pull::request(conn, 100)).unwrap();
    assert_eq!((device.shown(), asked), (before, request), "nothing is lost");
    assert!(!device.settle(&shown_to_others), "and no proof can bring the two logs together");
}

#[test]
fn an_answer_to_what_was_known_before_is_asked_for_again() {
    let (mut operator, device) = devices();
    device.state(&[visit(1, SPECIALIST, CHILD).1]);
    let request = device.store.next_batch(None, 1, usize::MAX).unwrap();
    let response = operator.push(&request, device.key());
    device.pull(&operator);
    let late = device.store.apply_push(&request, &response);
    assert!(matches!(&late, Err(error @ OutboxError::Overtaken) if error.can_retry()), "{late:?}");
    device.push(&mut operator);
    assert_eq!(device.store.waiting().unwrap().waiting_count, 0);
}
