//! Statements that another device hands over, and answers that overtake their visit.

use domain::Clock as _;
use domain::agreement::AgreementKind;
use domain::content::{ConsentWithdrawn, VisitConfirmed, VisitFinished};
use domain::flag::Flag;
use domain::id::{PersonId, VisitId};
use domain::scope::{Scope, Sight};
use journal::Sealed;
use operator_core::audit::{Signatures, audit};
use operator_core::carry;
use operator_core::project::rebuild;
use operator_core::pull::pull;
use operator_core::store::Store as _;
use wire::carry::{CarryItem, CarryOutcome};
use wire::pull::{PullRequest, PullResponse};
use wire::push::Outcome;

use crate::world::{DAY_MS, Device, World, fix, item, located};

fn carried(sealed: &Sealed) -> CarryItem {
    CarryItem { statement: sealed.bytes.clone(), content: sealed.content.clone() }
}

fn hand_over(world: &World, items: &[CarryItem]) -> Vec<CarryOutcome> {
    let operator = world.operator();
    operator.transact(&world.store, |txn| carry::apply(txn, items, operator.clock.utc_ms())).unwrap()
}

fn confirmed(basis: &Sealed, representative: PersonId, at_ms: i64) -> VisitConfirmed {
    VisitConfirmed { basis: basis.id, representative, answered_at_ms: at_ms, capture: None }
}

fn size(world: &World) -> u64 {
    world.store.read().unwrap().log_size().unwrap()
}

#[test]
fn what_is_carried_stands_at_its_place_and_its_own_device_hears_that_it_is_there() {
    let world = World::new();
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let visit = specialist.visit_id();
    let registered = specialist.seal(visit, world.visit_by(world.specialist, world.child));
    let finished = specialist.seal(visit, VisitFinished { finished_at_ms: world.clock.utc_ms() });
    let before = size(&world);

    assert_eq!(hand_over(&world, &[carried(&finished)]), [CarryOutcome::Early]);
    assert_eq!(size(&world), before, "what comes too early changes nothing");
    let both = [carried(&registered), carried(&finished)];
    assert_eq!(hand_over(&world, &both), [CarryOutcome::Taken; 2]);
    assert_eq!(hand_over(&world, &both), [CarryOutcome::Taken; 2], "handed over twice");
    assert_eq!(size(&world), before + 2);

    let answer = specialist.push(&[item(&registered), item(&finished)]);
    assert!(answer.outcomes.iter().all(|outcome| matches!(outcome, Outcome::AlreadyHave { .. })));
    assert_eq!(size(&world), before + 2, "pushed by its own device as well: once in the log");
    let proven: u64 = answer.registrations.iter().map(|registration| registration.count).sum();
    assert_eq!(proven, 2, "the receipts go to the device that signed");
}

#[test]
fn what_does_not_verify_takes_no_place() {
    let world = World::new();
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let visit = specialist.visit_id();
    let registered = specialist.seal(visit, world.visit_by(world.specialist, world.child));
    let mut damaged = carried(&registered);
    *damaged.statement.last_mut().unwrap() ^= 1;
    let swapped = CarryItem { content: vec![0xa0], ..carried(&registered) };
    let stranger = journal::SigningKey::from_secret(&[5; 32]).unwrap();
    let unbound = journal::seal(
        &journal::Draft::new(visit, VisitFinished { finished_at_ms: 1 }),
        &journal::SeriesHead::EMPTY,
        journal::seal::Stamp { utc_ms: 1, continuous: world.clock.continuous(), beacon: None },
        [1; 16],
        &stranger,
    )
    .unwrap();
    let garbage = CarryItem { statement: vec![7; 90], content: Vec::new() };
    let items = [damaged, swapped, carried(&unbound), garbage];
    assert_eq!(hand_over(&world, &items), [CarryOutcome::Refused; 4]);
    let read = world.store.read().unwrap();
    assert!(read.refusals().unwrap().is_empty(), "only a key's own device may say that a number was used");
    drop(read);
    assert!(matches!(specialist.push(&[item(&registered)]).outcomes[0], Outcome::Registered { .. }));
}

fn next_page(device: &Device<'_>, request: &PullRequest) -> PullResponse {
    let world = device.world;
    let read = world.store.read().unwrap();
    pull(read.as_ref(), device.person, device.key.id(), request, world.clock.utc_ms()).unwrap()
}

/// A request of somebody who has read everything so far.
fn caught_up(device: &Device<'_>) -> PullRequest {
    let size = size(device.world);
    let mut request = PullRequest {
        scopes_version: None,
        cursor: size,
        backfill: None,
        known_tree_size: 0,
        urgent_cursor: size,
        behind: None,
        limit: 500,
    };
    request.scopes_version = Some(next_page(device, &request).scopes_version);
    request
}

/// An answer to a visit that the operator has not got, then the visit.
fn overtaken(world: &World, representative: PersonId, stranger: bool) -> (VisitId, Sealed, u64) {
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let mut parent = world.ready(representative, AgreementKind::Subject);
    let visit = specialist.visit_id();
    let registered = specialist.seal(visit, world.visit_by(world.specialist, world.child));
    let answer = parent.seal(visit, confirmed(&registered, representative, world.clock.utc_ms()));
    assert_eq!(parent.deliver(&answer), [Flag::UnknownSubject], "stranger: {stranger}");
    (visit, registered, size(world) - 1)
}

#[test]
fn an_answer_that_overtook_its_visit_is_addressed_with_it_and_reaches_those_who_have_read_on() {
    let world = World::new();
    let coordinator = world.ready(world.coordinator, AgreementKind::Specialist);
    let (_, registered, leaf) = overtaken(&world, world.parent, false);
    let read = world.store.read().unwrap();
    assert_eq!(read.audiences(leaf).unwrap(), [(Scope::Person(world.parent), Sight::Whole)]);
    drop(read);
    let request = caught_up(&coordinator);
    assert_eq!(hand_over(&world, &[carried(&registered)]), [CarryOutcome::Taken]);

    let audiences = world.store.read().unwrap().audiences(leaf).unwrap();
    for scope in [
        Scope::Person(world.parent),
        Scope::Person(world.specialist),
        Scope::Family(world.child),
        Scope::Organisation(world.organisation),
    ] {
        assert!(audiences.contains(&(scope, Sight::Whole)), "{scope} {audiences:?}");
    }
    let page = next_page(&coordinator, &request);
    let leaves: Vec<u64> = page.items.iter().map(|item| item.leaf_index).collect();
    assert_eq!(leaves, [leaf, size(&world) - 1], "in front, although the cursor had passed it");
    assert!(page.items[0].content.is_some());

    let mut txn = world.store.write().unwrap();
    let before = txn.projections().unwrap();
    txn.clear_projections().unwrap();
    rebuild(txn.as_mut()).unwrap();
    assert_eq!(txn.projections().unwrap(), before, "projections are disposable");
    drop(txn);
    let read = world.store.read().unwrap();
    let audit = audit(read.as_ref(), world.key.verifying_key(), Signatures::Check, &mut |_| {}).unwrap();
    assert_eq!(audit.findings, []);
}

#[test]
fn an_answer_that_overtook_its_visit_reaches_the_author_of_the_visit_who_has_read_on() {
    let world = World::new();
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let mut parent = world.ready(world.parent, AgreementKind::Subject);
    let visit = specialist.visit_id();
    let registered = specialist.seal(visit, world.visit_by(world.specialist, world.child));
    let answer = parent.seal(visit, confirmed(&registered, world.parent, world.clock.utc_ms()));
    assert_eq!(parent.deliver(&answer), [Flag::UnknownSubject]);
    let leaf = size(&world) - 1;
    let before = caught_up(&specialist);
    assert!(next_page(&specialist, &before).items.is_empty(), "nobody knows yet whom the answer concerns");

    assert_eq!(specialist.deliver(&registered), []);
    let page = next_page(&specialist, &before);
    let leaves: Vec<u64> = page.items.iter().map(|item| item.leaf_index).collect();
    assert_eq!(
        leaves,
        [leaf],
        "in front of the page that passes the own registration, which itself does not come"
    );
    assert!(page.items[0].content.is_some());
    let after = caught_up(&specialist);
    assert!(next_page(&specialist, &after).items.is_empty(), "once");
    let new = world.device(world.specialist);
    let all = next_page(&new, &PullRequest { cursor: 0, ..caught_up(&new) });
    assert_eq!(
        all.items.iter().filter(|item| item.leaf_index == leaf).count(),
        1,
        "at its place, and not in front"
    );
}

#[test]
fn what_follows_a_registration_that_had_to_be_sent_again_is_addressed_with_it() {
    let world = World::new();
    let coordinator = world.ready(world.coordinator, AgreementKind::Specialist);
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let visit = specialist.visit_id();
    let registered = specialist.seal(visit, world.visit_by(world.specialist, world.child));
    let read = specialist.seal(visit, located(fix(511_694_000)));
    let finished_at_ms = world.clock.utc_ms();
    let finished = specialist.seal(visit, VisitFinished { finished_at_ms });
    let mut damaged = item(&registered);
    *damaged.statement.last_mut().unwrap() ^= 1;
    let first = size(&world);
    let outcomes = specialist.push(&[damaged, item(&read), item(&finished)]).outcomes;
    assert!(matches!(outcomes[0], Outcome::Refused { .. }));
    assert_eq!(outcomes[1].leaf_index(), Some(first));
    let request = caught_up(&coordinator);

    assert_eq!(specialist.deliver(&registered), []);
    for leaf in [first, first + 1] {
        let audiences = world.store.read().unwrap().audiences(leaf).unwrap();
        for scope in [Scope::Family(world.child), Scope::Organisation(world.organisation)] {
            assert!(audiences.iter().any(|(held, _)| *held == scope), "{scope} {audiences:?}");
        }
    }
    let page = next_page(&coordinator, &request);
    let leaves: Vec<u64> = page.items.iter().map(|item| item.leaf_index).collect();
    assert_eq!(leaves, [first, first + 1, first + 2], "in front, although the cursor had passed them");

    let mut txn = world.store.write().unwrap();
    let row = txn.visit(visit).unwrap().unwrap();
    let end = row.said.unwrap().finished_at_ms;
    assert_eq!((end, row.basis), (Some(finished_at_ms), finished.id), "it has its end");
    let before = txn.projections().unwrap();
    assert_eq!(before.readings.len(), 1, "and its reading");
    txn.clear_projections().unwrap();
    rebuild(txn.as_mut()).unwrap();
    assert_eq!(txn.projections().unwrap(), before, "projections are disposable");
}

#[test]
fn a_strangers_answer_that_came_first_reaches_no_family() {
    let world = World::new();
    let coordinator = world.ready(world.coordinator, AgreementKind::Specialist);
    let (_, registered, leaf) = overtaken(&world, world.colleague, true);
    let request = caught_up(&coordinator);
    assert_eq!(hand_over(&world, &[carried(&registered)]), [CarryOutcome::Taken]);
    let audiences = world.store.read().unwrap().audiences(leaf).unwrap();
    assert!(!audiences.iter().any(|(scope, _)| matches!(scope, Scope::Family(_) | Scope::Child(_))));
    let whole = audiences.iter().filter(|(_, sight)| *sight == Sight::Whole).map(|(scope, _)| *scope);
    assert_eq!(whole.collect::<Vec<_>>(), [Scope::Person(world.colleague)]);
    let page = next_page(&coordinator, &request);
    let overtaker =
        page.items.iter().find(|item| item.leaf_index == leaf).expect("that it was said, is heard");
    assert!(overtaker.content.is_none(), "what it says, is not");
}

#[test]
fn an_answer_that_overtook_its_visit_bears_the_mark_of_the_specialists_device() {
    let world = World::new();
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let mut parent = world.ready(world.parent, AgreementKind::Subject);
    // Both accounts lie on one device: their epochs are one.
    parent.id = specialist.id;
    let visit = specialist.visit_id();
    let registered = specialist.seal(visit, world.visit_by(world.specialist, world.child));
    let answer = parent.seal(visit, confirmed(&registered, world.parent, world.clock.utc_ms()));
    assert_eq!(parent.deliver(&answer), [Flag::UnknownSubject]);
    let leaf = size(&world) - 1;
    let coordinator = world.ready(world.coordinator, AgreementKind::Specialist);
    let request = caught_up(&coordinator);
    assert_eq!(specialist.deliver(&registered), []);
    let page = next_page(&coordinator, &request);
    let told = page.items.iter().find(|item| item.leaf_index == leaf).unwrap();
    assert!(told.flags.contains(&Flag::OneDevice), "{:?}", told.flags);
}

/// The flags of the statement at the end of the log, but for that it came early.
fn judged(world: &World, leaf: u64) -> Vec<Flag> {
    let mut flags = world.store.read().unwrap().entry(leaf).unwrap().unwrap().flags;
    flags.retain(|flag| *flag != Flag::UnknownSubject);
    flags
}

#[test]
fn what_an_author_does_later_is_not_held_against_what_came_before_its_visit() {
    let found = [false, true].map(|early| {
        let world = World::new();
        let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
        let mut parent = world.ready(world.parent, AgreementKind::Subject);
        let visit = specialist.visit_id();
        let registered = specialist.seal(visit, world.visit_by(world.specialist, world.child));
        let answer = parent.seal(visit, confirmed(&registered, world.parent, world.clock.utc_ms()));
        if !early {
            specialist.deliver(&registered);
        }
        parent.deliver(&answer);
        let leaf = size(&world) - 1;
        world.clock.advance(DAY_MS);
        let withdrawn_at_ms = world.clock.utc_ms();
        let document = AgreementKind::Subject;
        parent.say(world.parent, ConsentWithdrawn { document, purposes: Vec::new(), withdrawn_at_ms });
        if early {
            specialist.deliver(&registered);
        }
        judged(&world, leaf)
    });
    assert_eq!(found, [[], []]);
}

#[test]
fn a_reading_that_was_taken_without_consent_is_known_as_such_before_its_visit_comes() {
    let world = World::new();
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let mut second = world.device(world.specialist);
    let visit = specialist.visit_id();
    let registered = specialist.seal(visit, world.visit_by(world.specialist, world.child));
    let withdrawn_at_ms = world.clock.utc_ms();
    let document = AgreementKind::Specialist;
    second.say(world.specialist, ConsentWithdrawn { document, purposes: Vec::new(), withdrawn_at_ms });
    world.clock.advance(60_000);
    let flags = second.say(visit, located(fix(511_694_000)));
    assert!(flags.contains(&Flag::NoAuthority) && flags.contains(&Flag::UnknownSubject), "{flags:?}");
    specialist.deliver(&registered);
    assert_eq!(world.store.read().unwrap().projections().unwrap().readings, []);
}
