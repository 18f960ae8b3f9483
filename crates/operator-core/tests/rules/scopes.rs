use std::collections::BTreeSet;

use domain::Clock as _;
use domain::agreement::AgreementKind;
use domain::content::{
    ConsentWithdrawn, RecordData, RecordKind, RepresentationBasis, RepresentationChanged, Role,
};
use domain::id::PersonId;
use domain::scope::Scope;
use operator_core::scopes::{scopes_of, version};
use operator_core::store::Store as _;

use crate::world::World;

fn scopes(world: &World, person: PersonId) -> BTreeSet<Scope> {
    scopes_of(world.store.read().unwrap().as_ref(), person, world.clock.utc_ms()).unwrap()
}

fn door(person: PersonId) -> BTreeSet<Scope> {
    [
        Scope::Operator,
        Scope::Person(person),
        Scope::Card(person),
        Scope::Contact(person),
        Scope::Identity(person),
    ]
    .into()
}

/// Scopes beyond the door.
fn gained(world: &World, person: PersonId) -> BTreeSet<Scope> {
    scopes(world, person).difference(&door(person)).copied().collect()
}

#[test]
fn before_acceptance_everybody_stands_at_the_door() {
    let world = World::new();
    for person in [world.specialist, world.coordinator, world.parent] {
        assert_eq!(scopes(&world, person), door(person));
    }
}

#[test]
fn a_specialist_sees_the_children_of_the_own_care_teams() {
    let world = World::new();
    world.ready(world.specialist, AgreementKind::Specialist);
    let expected = BTreeSet::from([
        Scope::Child(world.child),
        Scope::Team(world.child),
        Scope::Place(world.place),
        Scope::Card(world.parent),
        Scope::Contact(world.parent),
        // Who reviews: otherwise a review could not be verified.
        Scope::Card(world.coordinator),
    ]);
    assert_eq!(gained(&world, world.specialist), expected);

    // Taken into another team: its child and its colleagues; taken out again: gone at that moment.
    world.team(world.other_child, world.specialist, Some(world.clock.utc_ms() + 1_000));
    let more = gained(&world, world.specialist);
    assert!(more.contains(&Scope::Team(world.other_child)) && more.contains(&Scope::Card(world.colleague)));
    world.clock.advance(1_000);
    assert_eq!(gained(&world, world.specialist), expected);
}

#[test]
fn whoever_left_a_care_team_can_still_believe_the_answers_to_own_visits() {
    let world = World::new();
    world.ready(world.specialist, AgreementKind::Specialist);
    world.team(world.child, world.specialist, Some(world.clock.utc_ms()));
    let left = gained(&world, world.specialist);
    assert_eq!(left, BTreeSet::from([Scope::Card(world.parent), Scope::Card(world.coordinator)]));
}

#[test]
fn a_representative_sees_the_family_and_everybody_who_ever_came() {
    let world = World::new();
    world.ready(world.parent, AgreementKind::Subject);
    let before = gained(&world, world.parent);
    assert_eq!(
        before,
        BTreeSet::from([
            Scope::Child(world.child),
            Scope::ChildIdentity(world.child),
            Scope::Family(world.child),
            Scope::Place(world.place),
            Scope::Card(world.specialist),
            Scope::Card(world.coordinator),
        ])
    );
    let mut stranger = world.device(world.colleague);
    stranger.say(stranger.visit_id(), world.visit_by(world.colleague, world.child));
    assert!(gained(&world, world.parent).contains(&Scope::Card(world.colleague)), "who came has a name");
    assert!(!gained(&world, world.parent).contains(&Scope::Team(world.child)));

    let ended = RepresentationChanged {
        representative: world.parent,
        basis: RepresentationBasis::Parent,
        from_ms: 0,
        to_ms: Some(world.clock.utc_ms()),
    };
    world.state(world.child, ended);
    assert_eq!(scopes(&world, world.parent), door(world.parent));
}

#[test]
fn a_coordinator_sees_the_organisation_and_no_team_or_family() {
    let world = World::new();
    world.ready(world.coordinator, AgreementKind::Specialist);
    let expected = BTreeSet::from([
        Scope::Organisation(world.organisation),
        Scope::Contact(world.coordinator),
        Scope::Card(world.specialist),
        Scope::Contact(world.specialist),
        Scope::Card(world.colleague),
        Scope::Contact(world.colleague),
        Scope::Card(world.coordinator),
        Scope::Child(world.child),
        Scope::Child(world.other_child),
        Scope::Place(world.place),
        Scope::Card(world.parent),
        Scope::Contact(world.parent),
    ]);
    let whole: BTreeSet<Scope> = expected.union(&door(world.coordinator)).copied().collect();
    assert_eq!(scopes(&world, world.coordinator), whole);
    world.member(world.coordinator, Role::Coordinator, Some(world.clock.utc_ms()));
    assert_eq!(scopes(&world, world.coordinator), door(world.coordinator), "membership ended");
}

#[test]
fn who_left_keeps_a_name_and_a_key_with_those_who_see_the_visits() {
    let world = World::new();
    for (person, document) in [
        (world.specialist, AgreementKind::Specialist),
        (world.coordinator, AgreementKind::Specialist),
        (world.parent, AgreementKind::Subject),
    ] {
        world.ready(person, document);
    }
    let mut colleague = world.device(world.colleague);
    colleague.say(colleague.visit_id(), world.visit_by(world.colleague, world.child));
    world.member(world.colleague, Role::Specialist, Some(world.clock.utc_ms()));
    for reader in [world.specialist, world.coordinator, world.parent] {
        let seen = gained(&world, reader);
        assert!(seen.contains(&Scope::Card(world.colleague)));
        assert!(!seen.contains(&Scope::Contact(world.colleague)));
    }
}

#[test]
fn the_family_of_a_child_who_left_keeps_a_name_and_a_key_with_the_coordinators() {
    let world = World::new();
    world.ready(world.coordinator, AgreementKind::Specialist);
    let organisation = world.organisation;
    let served = RecordData::Served { organisation, from_ms: 0, to_ms: Some(world.clock.utc_ms()) };
    world.record(RecordKind::Child, world.child, served);
    world.team(world.child, world.specialist, Some(world.clock.utc_ms()));
    let seen = scopes(&world, world.coordinator);
    assert!(!seen.contains(&Scope::Child(world.child)), "the child left");
    assert!(seen.contains(&Scope::Card(world.parent)), "what the family answered stays verifiable");
    assert!(!seen.contains(&Scope::Contact(world.parent)));
}

#[test]
fn each_role_opens_with_its_own_agreement() {
    let world = World::new();
    let both = RepresentationChanged {
        representative: world.specialist,
        basis: RepresentationBasis::Guardian,
        from_ms: 0,
        to_ms: None,
    };
    world.state(world.other_child, both);
    let mut device = world.ready(world.specialist, AgreementKind::Specialist);
    assert!(!scopes(&world, world.specialist).contains(&Scope::Family(world.other_child)));
    let accepted = world.acceptance(AgreementKind::Subject, 1, crate::world::TEXT);
    device.say(world.specialist, accepted);
    let union = scopes(&world, world.specialist);
    assert!(union.contains(&Scope::Family(world.other_child)) && union.contains(&Scope::Team(world.child)));

    let withdrawn = ConsentWithdrawn {
        document: AgreementKind::Specialist,
        purposes: Vec::new(),
        withdrawn_at_ms: world.clock.utc_ms(),
    };
    device.say(world.specialist, withdrawn);
    let left = scopes(&world, world.specialist);
    assert!(left.contains(&Scope::Family(world.other_child)) && !left.contains(&Scope::Team(world.child)));
}

#[test]
fn the_version_is_that_of_the_sorted_names() {
    use sha2::{Digest as _, Sha256};
    let person = PersonId::from_bytes([0xab; 16]);
    let scopes = BTreeSet::from([Scope::Person(person), Scope::Operator]);
    let names = format!("operator\nperson:{person}");
    assert_eq!(version(&scopes).as_bytes().as_slice(), Sha256::digest(names).as_slice());
}
