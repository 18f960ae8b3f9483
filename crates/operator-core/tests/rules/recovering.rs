//! Out of a file that its owner could not open: once, in order, and only what verifies.

use domain::content::{RecoveryOpened, VisitFinished};
use domain::flag::Flag;
use domain::id::Digest;
use domain::scope::{Scope, Sight};
use journal::{Sealed, SeriesHead};
use operator_core::audit::{Signatures, audit};
use operator_core::recover::{self, Found, Taken};
use operator_core::store::{BoundKey, Store as _};
use wire::push::Outcome;

use crate::world::{Device, World, audiences_of_last, item};

fn found(sealed: &Sealed) -> Found {
    Found {
        seq: sealed.header.seq,
        id: Some(sealed.id),
        statement: Some(sealed.bytes.clone()),
        content: Some(sealed.content.clone()),
    }
}

fn bound(world: &World, device: &Device<'_>) -> BoundKey {
    world.store.read().unwrap().bound_key(device.key.id()).unwrap().unwrap()
}

fn take(world: &World, key: &BoundKey, found: &[Found]) -> Taken {
    let sifted = {
        let read = world.store.read().unwrap();
        recover::sift(read.as_ref(), key, found.to_vec()).unwrap()
    };
    let operator = world.operator();
    operator.transact(&world.store, |txn| recover::take(txn, key, &sifted, operator.clock.utc_ms())).unwrap()
}

fn size(world: &World) -> u64 {
    world.store.read().unwrap().log_size().unwrap()
}

/// A visit, its end, and then ends of other visits that nobody knows: a series to lose parts of.
fn series<'w>(world: &'w World, count: i64) -> (Device<'w>, Vec<Sealed>) {
    let mut device = world.device(world.specialist);
    let visit = device.visit_id();
    let mut sealed = vec![device.seal(visit, world.visit_by(world.specialist, world.child))];
    sealed.extend((1..count).map(|at_ms| device.seal(visit, VisitFinished { finished_at_ms: at_ms })));
    (device, sealed)
}

#[test]
fn what_had_arrived_and_what_had_not_are_in_the_log_once() {
    let world = World::new();
    let (device, sealed) = series(&world, 4);
    device.push(&[item(&sealed[0])]);
    let (key, before) = (bound(&world, &device), size(&world));
    let all: Vec<Found> = sealed.iter().map(found).collect();
    let read = world.store.read().unwrap();
    assert_eq!(recover::author(read.as_ref(), &all).unwrap(), Some(key.clone()));
    drop(read);
    let taken = take(&world, &key, &all);
    assert_eq!(taken, Taken { taken_count: 3, known_count: 1, missing: vec![] });
    assert_eq!(size(&world), before + 3);
    let again = take(&world, &key, &all);
    assert_eq!(again, Taken { taken_count: 0, known_count: 4, missing: vec![] });
    assert_eq!(size(&world), before + 3, "opening twice equals opening once");
    let late = device.push(&[item(&sealed[3])]);
    assert!(matches!(late.outcomes[0], Outcome::AlreadyHave { .. }), "and so does the device that came back");
}

#[test]
fn what_lies_behind_a_damaged_page_is_taken_and_the_gap_is_named() {
    let world = World::new();
    let (device, sealed) = series(&world, 8);
    device.push(&[item(&sealed[0])]);
    let key = bound(&world, &device);
    let mut left: Vec<Found> = sealed.iter().map(found).collect();
    // Seq 1 is the visit. Of 3 the row is gone and its id not; of 4 and 5 everything; of 7 the content.
    left[2] = Found { statement: None, ..left[2].clone() };
    for at in [3, 4] {
        left[at] = Found { id: None, statement: None, content: None, ..left[at].clone() };
    }
    left[6] = Found { content: None, ..left[6].clone() };
    let taken = take(&world, &key, &left);
    assert_eq!(taken, Taken { taken_count: 3, known_count: 1, missing: vec![3, 4, 5, 7] });
    let kept = world.store.read().unwrap().refusals().unwrap();
    let named: Vec<_> =
        kept.iter().map(|refused| (refused.seq, refused.id == sealed[refused.seq as usize - 1].id)).collect();
    assert_eq!(named, [(3, true), (4, false), (5, true), (7, true)], "what is known of it keeps the place");
    let read = world.store.read().unwrap();
    let audit = audit(read.as_ref(), world.key.verifying_key(), Signatures::Check, &mut |_| {}).unwrap();
    assert_eq!(audit.findings, []);
    // One of them turns up after all.
    let late = device.push(&[item(&sealed[2])]);
    let Outcome::Registered { flags, .. } = &late.outcomes[0] else { panic!("{:?}", late.outcomes) };
    assert!(!flags.contains(&Flag::Fork), "at the place that was kept for it");
}

#[test]
fn a_file_that_was_tampered_with_yields_what_verifies_and_nothing_else() {
    let world = World::new();
    let (device, sealed) = series(&world, 3);
    let key = bound(&world, &device);
    let mut left: Vec<Found> = sealed.iter().map(found).collect();
    *left[1].statement.as_mut().unwrap().last_mut().unwrap() ^= 1;
    left[2].content = Some(sealed[0].content.clone());
    // Somebody else's genuine statement, in a place where it would be next.
    let mut colleague = world.device(world.colleague);
    let foreign = colleague.seal(colleague.visit_id(), world.visit_by(world.colleague, world.other_child));
    left.push(Found { seq: 4, ..found(&foreign) });
    // A genuine one under another number.
    left.push(Found { seq: 5, ..found(&sealed[0]) });
    let before = size(&world);
    let taken = take(&world, &key, &left);
    assert_eq!(taken, Taken { taken_count: 1, known_count: 0, missing: vec![2, 3, 4, 5] });
    assert_eq!(size(&world), before + 1);
    let none: Vec<Found> = left.drain(1..3).collect();
    let read = world.store.read().unwrap();
    let broken = Found { content: None, ..none[0].clone() };
    assert_eq!(recover::author(read.as_ref(), &[broken]).unwrap(), None, "nothing in it is anybody's");
}

#[test]
fn a_number_far_ahead_takes_no_places() {
    let world = World::new();
    let device = world.device(world.specialist);
    let head = SeriesHead { next_seq: 1 << 40, prev: device.series.prev };
    let far = device.seal_at(head, device.visit_id(), VisitFinished { finished_at_ms: 1 });
    let taken = take(&world, &bound(&world, &device), &[found(&far)]);
    assert_eq!((taken.taken_count, taken.missing), (0, vec![1 << 40]));
    assert!(world.store.read().unwrap().refusals().unwrap().is_empty());
}

#[test]
fn an_opening_is_told_to_the_person_whose_file_it_was_and_to_nobody_else() {
    let world = World::new();
    let device = world.device(world.specialist);
    let opened = RecoveryOpened {
        key: device.key.id(),
        file: Digest::from_bytes([7; 32]),
        officers: vec!["Әсем Үлгі".into(), "Ерлан Үлгі".into()],
        reason: "PIN ұмытылды".into(),
        opened_at_ms: 1,
        taken_count: 2,
        known_count: 0,
        missing_count: 0,
    };
    world.state(device.id, opened);
    assert_eq!(audiences_of_last(&world), [(Scope::Person(world.specialist), Sight::Whole)]);
}
