use domain::content::OperatorKey;
use domain::id::DeviceId;
use domain::scope::Scope;
use journal::Draft;
use sync::Outbox as _;
use sync::wire::courier::CourierRefusal;

use super::*;
use crate::read::courier::{CarriedParcel, ParcelState};
use crate::testing::{CHILD, PARENT, SPECIALIST, TestDevice, TestOperator, signing_key, visit};

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
    let to_deliver = |now_ms| device.store.parcels_to_deliver(Due::At(now_ms)).unwrap();
    let [first, second, third] = to_deliver(0).try_into().unwrap();
    assert_eq!(device.store.parcel(first).unwrap(), Some(vec![1; 1_000]), "in the order of sealing");

    let note = |sha256, outcome, now_ms| device.store.note_delivered(sha256, outcome, now_ms).unwrap();
    note(first, CourierOutcome::Early, 100);
    note(second, CourierOutcome::Refused { reason: CourierRefusal::Altered }, 100);
    note(third, CourierOutcome::Taken, 100);
    let hour_ms = 3_600_000;
    assert!(to_deliver(100).is_empty() && to_deliver(99 + hour_ms).is_empty(), "what was early rests");
    assert_eq!(to_deliver(99), [first], "but not longer because a clock was set back");
    assert_eq!(to_deliver(100 + hour_ms), [first], "what is refused or taken is not sent again");
    assert!(device.store.parcel(first).unwrap().is_some());
    assert!([second, third].iter().all(|sha256| device.store.parcel(*sha256).unwrap().is_none()));
    let states: Vec<_> = carried(&device).into_iter().map(|parcel| parcel.state).collect();
    let refused = ParcelState::Refused(CourierRefusal::Altered);
    assert_eq!(states, [ParcelState::Taken, refused, ParcelState::Early]);

    note(first, CourierOutcome::Taken, 200);
    note(first, CourierOutcome::Early, 300);
    assert!(carried(&device).iter().all(|parcel| parcel.state != ParcelState::Early), "the answer is final");
    assert_eq!(take_in(1, 400), TakenIn::Already, "nor does it come in again");
    assert!(device.store.parcels_to_deliver(Due::All).unwrap().is_empty());
}

#[test]
fn what_is_early_for_weeks_is_put_aside_and_only_a_person_brings_or_drops_it() {
    let device = device(&mut TestOperator::new());
    let store = &device.store;
    let hour_ms: i64 = 3_600_000;
    store.take_in(&foreign(1), 0).unwrap();
    let [sha256] = store.parcels_to_deliver(Due::At(0)).unwrap().try_into().unwrap();
    assert!(!store.drop_parcel(sha256).unwrap(), "what was not even tried is not dropped");
    let state = || carried(&device)[0].state;
    let (mut now_ms, mut rests_h) = (0, Vec::new());
    while state() != ParcelState::Aside {
        store.note_delivered(sha256, CourierOutcome::Early, now_ms).unwrap();
        let before_ms = now_ms;
        while state() == ParcelState::Early && store.parcels_to_deliver(Due::At(now_ms)).unwrap().is_empty() {
            now_ms += hour_ms;
        }
        rests_h.push((now_ms - before_ms) / hour_ms);
        assert!(rests_h.len() < 30, "it ends");
    }
    assert_eq!(rests_h[..7], [1, 2, 4, 8, 16, 24, 24]);
    assert!(now_ms >= 14 * 24 * hour_ms, "two weeks at least, and not one answer after a long journey");
    assert!(store.parcels_to_deliver(Due::At(i64::MAX)).unwrap().is_empty(), "it costs nothing any more");
    assert_eq!(store.parcels_to_deliver(Due::All).unwrap(), [sha256], "unless a person asks");
    store.note_delivered(sha256, CourierOutcome::Early, now_ms + 1).unwrap();
    assert_eq!(state(), ParcelState::Aside);
    assert!(store.drop_parcel(sha256).unwrap());
    assert!(carried(&device).is_empty() && !store.drop_parcel(sha256).unwrap());
}

/// Whoever asks ten times within an hour makes the parcel rest no longer than who asks once.
#[test]
fn asking_while_a_parcel_rests_makes_nothing_longer() {
    let device = device(&mut TestOperator::new());
    let store = &device.store;
    let hour_ms: i64 = 3_600_000;
    store.take_in(&foreign(1), 0).unwrap();
    let [sha256] = store.parcels_to_deliver(Due::All).unwrap().try_into().unwrap();
    for minute in 0..10 {
        store.note_delivered(sha256, CourierOutcome::Early, minute * 60_000).unwrap();
        assert_eq!(store.parcels_to_deliver(Due::All).unwrap(), [sha256], "a person may ask all the same");
    }
    let is_due = |at_ms| store.parcels_to_deliver(Due::At(at_ms)).unwrap() == [sha256];
    assert!(!is_due(hour_ms - 1) && is_due(hour_ms), "an hour after the first answer");
    store.note_delivered(sha256, CourierOutcome::Early, hour_ms).unwrap();
    assert!(!is_due(3 * hour_ms - 1) && is_due(3 * hour_ms), "and then twice as long");
    store.note_delivered(sha256, CourierOutcome::Taken, hour_ms + 1).unwrap();
    assert!(store.parcels_to_deliver(Due::All).unwrap().is_empty(), "what was taken is gone, resting or not");
}

#[test]
fn nine_answers_put_nothing_aside_nor_does_a_phone_that_was_off() {
    let device = device(&mut TestOperator::new());
    let store = &device.store;
    store.take_in(&foreign(1), 0).unwrap();
    let [sha256] = store.parcels_to_deliver(Due::All).unwrap().try_into().unwrap();
    let hour_ms: i64 = 3_600_000;
    for hours in [0, 1, 3, 7, 15, 31, 55, 79, 103] {
        store.note_delivered(sha256, CourierOutcome::Early, hours * hour_ms).unwrap();
    }
    store.take_in(&foreign(2), 0).unwrap();
    let second = *store.parcels_to_deliver(Due::All).unwrap().last().unwrap();
    store.note_delivered(second, CourierOutcome::Early, 0).unwrap();
    store.note_delivered(second, CourierOutcome::Early, EARLY_FOR_MS).unwrap();
    assert!(carried(&device).iter().all(|parcel| parcel.state == ParcelState::Early));
    store.note_delivered(sha256, CourierOutcome::Early, EARLY_FOR_MS).unwrap();
    let aside = |parcel: &CarriedParcel| parcel.state == ParcelState::Aside;
    assert_eq!(carried(&device).iter().filter(|parcel| aside(parcel)).count(), 1);
}

#[test]
fn a_full_bag_takes_no_more_and_the_list_of_the_delivered_stays_short() {
    let device = device(&mut TestOperator::new());
    for n in 0..60 {
        assert_eq!(device.store.take_in(&foreign(n), 0).unwrap(), TakenIn::Now);
        if n < 40 {
            let [sha256] = device.store.parcels_to_deliver(Due::At(0)).unwrap().try_into().unwrap();
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
    let renewed = OperatorKey { courier_key: vec![5; 32], ..first.facts.clone() };
    operator.state(first.id, renewed.clone());
    device.pull(&operator);
    assert_eq!(key(), [5; 32]);
    let said = || device.store.read(|reader| reader.operator_said()).unwrap();
    assert_eq!(said(), [renewed.clone(), first.facts], "the keys before are known as well");
    // What a bound key of somebody else says of the operator is not the operator's word.
    let cose_key = signing_key(0x55).verifying_key().to_cose_key();
    operator.bind(DeviceId::from_bytes([0x55; 16]), &cose_key, PARENT);
    let stranger = Draft::new(first.id, OperatorKey { recovery_key: vec![6; 32], ..renewed });
    operator.state_as(&signing_key(0x55), &stranger, &[Scope::Operator]);
    device.pull(&operator);
    assert_eq!(said().len(), 2);
}
