use domain::content::OperatorKey;
use sync::Outbox as _;
use sync::wire::courier::CourierRefusal;

use super::*;
use crate::read::courier::{CarriedParcel, ParcelState};
use crate::testing::{CHILD, SPECIALIST, TestDevice, TestOperator, visit};

fn device(operator: &mut TestOperator) -> TestDevice {
    let device = TestDevice::bound(operator, SPECIALIST, 0x81);
    device.pull(operator);
    device
}

fn foreign(n: u8) -> ForeignParcel {
    ForeignParcel { sealed_at_s: i64::from(n), bytes: vec![n; 1_000] }
}

fn carried(device: &TestDevice) -> Vec<CarriedParcel> {
    device.store.read(|reader| reader.carried_parcels()).unwrap()
}

#[test]
fn what_others_gave_is_kept_until_the_operator_answered_and_no_longer() {
    let device = device(&mut TestOperator::new());
    let take_in = |n, now_ms| device.store.take_in(&foreign(n), now_ms).unwrap();
    assert_eq!([take_in(1, 10), take_in(2, 20), take_in(3, 30)], [TakenIn::Now; 3]);
    assert_eq!(take_in(1, 40), TakenIn::Already);
    let to_deliver = |before_ms| device.store.parcels_to_deliver(before_ms).unwrap();
    let [first, second, third] = to_deliver(0).try_into().unwrap();
    assert_eq!(device.store.parcel(first).unwrap(), Some(vec![1; 1_000]), "in the order of sealing");

    let note = |sha256, outcome, now_ms| device.store.note_delivered(sha256, outcome, now_ms).unwrap();
    note(first, CourierOutcome::Early, 100);
    note(second, CourierOutcome::Refused { reason: CourierRefusal::Altered }, 100);
    note(third, CourierOutcome::Taken, 100);
    assert!(to_deliver(100).is_empty(), "what was early rests");
    assert_eq!(to_deliver(101), [first], "what is refused or taken is not sent again");
    assert!(device.store.parcel(first).unwrap().is_some());
    assert!([second, third].iter().all(|sha256| device.store.parcel(*sha256).unwrap().is_none()));
    let states: Vec<_> = carried(&device).into_iter().map(|parcel| parcel.state).collect();
    let refused = ParcelState::Refused(CourierRefusal::Altered);
    assert_eq!(states, [ParcelState::Taken, refused, ParcelState::Early]);

    note(first, CourierOutcome::Taken, 200);
    note(first, CourierOutcome::Early, 300);
    assert!(carried(&device).iter().all(|parcel| parcel.state != ParcelState::Early), "the answer is final");
    assert_eq!(take_in(1, 400), TakenIn::Already, "nor does it come in again");
    assert!(to_deliver(i64::MAX).is_empty());
}

#[test]
fn a_full_bag_takes_no_more_and_the_list_of_the_delivered_stays_short() {
    let device = device(&mut TestOperator::new());
    for n in 0..60 {
        assert_eq!(device.store.take_in(&foreign(n), 0).unwrap(), TakenIn::Now);
        if n < 40 {
            let [sha256] = device.store.parcels_to_deliver(0).unwrap().try_into().unwrap();
            device.store.note_delivered(sha256, CourierOutcome::Taken, i64::from(n)).unwrap();
        }
    }
    assert_eq!(device.store.take_in(&foreign(60), 0).unwrap(), TakenIn::Full);
    assert_eq!(carried(&device).len(), (MAX_WAITING + MAX_ANSWERED) as usize);
}

#[test]
fn a_sealed_parcel_closes_nothing_and_is_settled_by_receipts_alone() {
    let mut operator = TestOperator::new();
    let device = device(&mut operator);
    device.state(&[visit(1, SPECIALIST, CHILD).1]);
    let items = || device.store.next_batch(None, 100, 100_000).unwrap().items;
    let waiting = items();
    let (first_seq, last_seq) = (waiting[0].seq, waiting[waiting.len() - 1].seq);
    let parcel = SealedParcel {
        sha256: Digest::from_bytes([1; 32]),
        sealed_at_ms: 7,
        first_seq,
        last_seq,
        length_bytes: 900,
    };
    device.store.note_sealed(std::slice::from_ref(&parcel)).unwrap();
    let sealed = || device.store.read(|reader| reader.sealed_parcels()).unwrap();
    assert_eq!(sealed(), [(parcel, last_seq - first_seq + 1)]);
    assert_eq!(items(), waiting, "all of it still waits");
    device.push(&mut operator);
    assert_eq!(sealed()[0].1, 0);
    device.store.note_sealed(&[]).unwrap();
    assert!(sealed().is_empty(), "nothing of it waits any more");
}

#[test]
fn the_newest_key_that_the_operator_stated_is_sealed_to() {
    let mut operator = TestOperator::new();
    let device = device(&mut operator);
    let key = || device.store.read(|reader| reader.courier_key()).unwrap();
    let first = device.store.account().unwrap().unwrap().operator;
    assert_eq!(key(), first.facts.courier_key);
    let renewed = OperatorKey { courier_key: vec![5; 32], ..first.facts };
    operator.state(first.id, renewed);
    device.pull(&operator);
    assert_eq!(key(), [5; 32]);
}
