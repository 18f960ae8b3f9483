use domain::content::VisitFinished;
use domain::interval::Interval;
use journal::Draft;

use crate::testing::{CHILD, COORDINATOR, SPECIALIST, TestDevice, TestOperator, visit};

fn interval(device: &TestDevice, n: u8, statement: domain::id::StatementId) -> Option<Interval> {
    let (id, _) = visit(n, SPECIALIST, CHILD);
    device.store.read(|reader| reader.proven_interval(id.into(), statement)).unwrap()
}

#[test]
fn the_last_head_before_and_the_first_head_after_bound_a_visit() {
    let mut operator = TestOperator::new();
    let device = TestDevice::bound(&mut operator, SPECIALIST, 0x81);
    device.pull(&operator);
    let (id, draft) = visit(1, SPECIALIST, CHILD);
    let registered = device.state(&[draft])[0].id;
    let waiting = interval(&device, 1, registered).unwrap();
    let head_ms = operator.signed_head().signed_at_s * 1_000;
    assert_eq!(waiting.not_before_ms, Some(head_ms), "the head that was pulled");
    let seconds = waiting.not_after_ms.unwrap() - head_ms;
    assert!(
        (999..60_000).contains(&seconds),
        "it waits; the enrolment of the same epoch was seconds ago: {seconds}"
    );
    device.state(&[Draft::new(id, VisitFinished { finished_at_ms: 1 })]);
    device.push(&mut operator);
    let known = interval(&device, 1, registered).unwrap();
    let receipt_ms = operator.signed_head().signed_at_s * 1_000;
    assert_eq!(known.not_before_ms, waiting.not_before_ms);
    assert_eq!(known.not_after_ms, Some(receipt_ms + 999), "its own receipt proves more");
    assert!(!known.is_contradiction());
}

#[test]
fn whoever_reads_of_it_proves_with_the_heads_that_this_device_saw() {
    let mut operator = TestOperator::new();
    let specialist = TestDevice::bound(&mut operator, SPECIALIST, 0x81);
    let coordinator = TestDevice::bound(&mut operator, COORDINATOR, 0x83);
    coordinator.pull(&operator);
    specialist.pull(&operator);
    let registered = specialist.state(&[visit(1, SPECIALIST, CHILD).1])[0].id;
    assert_eq!(interval(&coordinator, 1, registered), None, "it is not known there");
    specialist.push(&mut operator);
    coordinator.pull(&operator);
    let known = interval(&coordinator, 1, registered).unwrap();
    assert!(known.not_before_ms.is_some() && known.not_after_ms.is_some(), "{known:?}");
    assert!(!known.is_contradiction());
}
