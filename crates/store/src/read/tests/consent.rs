//! What a person accepts now, as the device judges it.

use domain::agreement::AgreementKind;
use domain::content::ConsentWithdrawn;
use domain::flag::Flag;
use journal::Draft;

use super::scene;
use crate::testing::{NOW_MS, SPECIALIST, TestDevice, agreement_accepted};

fn withdrawn(purposes: &[&str], withdrawn_at_ms: i64) -> Draft {
    let purposes = purposes.iter().map(|purpose| (*purpose).to_owned()).collect();
    Draft::new(
        SPECIALIST,
        ConsentWithdrawn { document: AgreementKind::Specialist, purposes, withdrawn_at_ms },
    )
}

/// The largest version that is accepted, and that by which the location may be read.
fn consent(device: &TestDevice) -> (Option<u32>, Option<u32>) {
    let consent = device.store.read(|reader| reader.consent(SPECIALIST, AgreementKind::Specialist)).unwrap();
    (consent.version(), consent.for_geolocation().map(|(version, _)| version))
}

#[test]
fn a_withdrawal_counts_by_the_order_and_not_by_its_clock() {
    let (mut operator, device) = scene();
    let other = TestDevice::bound(&mut operator, SPECIALIST, 0x92);
    let ended =
        || device.store.read(|reader| reader.ended_by(SPECIALIST, AgreementKind::Specialist)).unwrap();
    device.state(&[agreement_accepted(SPECIALIST)]);
    assert_eq!((consent(&device), ended()), ((Some(1), Some(1)), None));
    device.push(&mut operator);

    // A clock that is years behind, on another device of the person.
    other.state(&[withdrawn(&["geolocation"], 0)]);
    other.push(&mut operator);
    device.pull(&operator);
    assert_eq!((consent(&device), ended()), ((Some(1), None), None), "the location alone");
    let all = other.state(&[withdrawn(&[], 1)]);
    other.push(&mut operator);
    device.pull(&operator);
    assert_eq!((consent(&device), ended()), ((None, None), Some(all[0].id)));
    let rows = device.store.read(|reader| reader.acceptances(SPECIALIST)).unwrap();
    let at_ms = |of: &Option<ConsentWithdrawn>| of.as_ref().map(|withdrawn| withdrawn.withdrawn_at_ms);
    assert_eq!((at_ms(&rows[0].withdrawn), at_ms(&rows[0].geolocation_withdrawn)), (Some(1), Some(0)));

    device.state(&[agreement_accepted(SPECIALIST)]);
    assert_eq!(consent(&device), (Some(1), Some(1)), "what waits here comes into the log after it");
    // Within the own series, and by a clock that is years ahead.
    device.state(&[withdrawn(&[], i64::MAX), agreement_accepted(SPECIALIST)]);
    assert_eq!(consent(&device), (Some(1), Some(1)));
    device.state(&[withdrawn(&["other"], 0)]);
    assert_eq!(consent(&device), (Some(1), Some(1)), "purposes that nobody can withdraw");
    device.state(&[withdrawn(&[], i64::MIN)]);
    assert_eq!(consent(&device), (None, None));
    let before = consent(&device);
    device.push(&mut operator);
    device.store.rebuild().unwrap();
    assert_eq!(consent(&device), before, "the same once it is registered");
    other.pull(&operator);
    assert_eq!(consent(&other), before, "and on the other device");
}

#[test]
fn an_acceptance_that_the_operator_does_not_take_is_over() {
    let (mut operator, device) = scene();
    let accepted = device.state(&[agreement_accepted(SPECIALIST)]);
    operator.flags = vec![Flag::UnknownSubject];
    device.push(&mut operator);
    assert_eq!(consent(&device), (None, None));
    let ended = device.store.read(|reader| reader.ended_by(SPECIALIST, AgreementKind::Specialist)).unwrap();
    assert_eq!(ended, Some(accepted[0].id));
    assert!(!device.store.read(|reader| reader.acceptances(SPECIALIST)).unwrap()[0].counts);
    operator.flags = Vec::new();
    device.state(&[agreement_accepted(SPECIALIST)]);
    device.push(&mut operator);
    assert_eq!(consent(&device), (Some(1), Some(1)), "accepted again");
    device.state(&[withdrawn(&[], NOW_MS)]);
    operator.flags = vec![Flag::KeyRevoked];
    device.push(&mut operator);
    assert_eq!(consent(&device), (Some(1), Some(1)), "a key that is revoked withdraws nothing");
}
