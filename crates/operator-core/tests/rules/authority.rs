use domain::Clock as _;
use domain::Kind;
use domain::agreement::AgreementKind;
use domain::content::{
    AgreementAccepted, ConfirmationAnswer, Content, DeviceRevoked, DisputeReason, EvidenceLevel,
    KeyCompromised, LateReason, MemberChanged, NotePurpose, RecordData, RecordKind, RecordViewed,
    ReviewDecision, ReviewReason, RevocationReason, Role, VisitConfirmed, VisitDisputed, VisitFinished,
    VisitNoted, VisitRegistered, VisitReviewed,
};
use domain::flag::Flag;
use domain::id::{PersonId, StatementId};
use domain::scope::{Scope, Sight};
use operator_core::audit::{Signatures, audit};
use operator_core::fact::{Class, FactQuery};
use operator_core::store::Store as _;

use crate::world::{DAY_MS, World, audiences_of_last, visit};

const BASIS: StatementId = StatementId::from_bytes([3; 32]);

fn finished() -> VisitFinished {
    VisitFinished { finished_at_ms: 1 }
}

fn confirmed(representative: PersonId) -> VisitConfirmed {
    VisitConfirmed { basis: BASIS, representative, answered_at_ms: 1, capture: None }
}

fn reviewed() -> VisitReviewed {
    VisitReviewed {
        basis: BASIS,
        decision: ReviewDecision::Accepted,
        reason: ReviewReason::InOrder,
        flags_seen: Vec::new(),
        reviewed_at_ms: 1,
    }
}

fn note(purpose: NotePurpose) -> VisitNoted {
    VisitNoted { purpose, text: "Мәтін".into(), about: None }
}

#[test]
fn nobody_else_registers_a_visit_whose_id_was_read_from_its_code() {
    let world = World::new();
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let id = specialist.visit_id();
    let shown = specialist.seal(id, world.visit_by(world.specialist, world.child));
    let mut colleague = world.ready(world.colleague, AgreementKind::Specialist);
    let flags = colleague.say(id, world.visit_by(world.colleague, world.other_child));
    assert_eq!(flags, [Flag::NoAuthority], "though she is in the team of that child");
    // Another device of the same person has another key: it has not shown this code either.
    let mut second = world.device(world.specialist);
    assert_eq!(second.say(id, world.visit_by(world.specialist, world.child)), [Flag::NoAuthority]);
    assert_eq!(specialist.deliver(&shown), []);
    let row = world.store.read().unwrap().visit(id).unwrap().unwrap();
    assert_eq!((row.parties.specialist, row.basis), (world.specialist, shown.id));

    let findings = || {
        let read = world.store.read().unwrap();
        audit(read.as_ref(), world.key.verifying_key(), Signatures::Check, &mut |_| {}).unwrap().findings
    };
    assert_eq!(findings(), []);
    let mut txn = world.store.write().unwrap();
    let taken = txn.entries_about(id.into(), Kind::VisitRegistered).unwrap()[0].leaf_index;
    txn.judge_again(taken, &[]).unwrap();
    txn.commit().unwrap();
    let found = findings();
    assert!(found.iter().any(|finding| finding.leaf_index == Some(taken)), "{found:?}");
}

#[test]
fn a_visit_outside_of_team_engagement_or_agreement_is_registered_with_its_flags() {
    let world = World::new();
    let mut device = world.device(world.specialist);
    let (own, foreign) = (world.child, world.other_child);
    let at = |child| world.visit_by(world.specialist, child);
    assert_eq!(device.say(device.visit_id(), at(own)), [Flag::AgreementOutdated]);
    let accepted = world.acceptance(AgreementKind::Specialist, 1, crate::world::TEXT);
    assert_eq!(device.say(world.specialist, accepted), []);
    assert_eq!(device.say(device.visit_id(), at(own)), []);
    assert_eq!(device.say(device.visit_id(), at(foreign)), [Flag::OutsideCareTeam]);
    let late = VisitRegistered { late: Some(LateReason::Forgotten), capture: None, ..at(own) };
    assert_eq!(device.say(device.visit_id(), late), [Flag::LateEntry]);
    let unknown =
        VisitRegistered { organisation: domain::id::OrganisationId::from_bytes([9; 16]), ..at(own) };
    assert_eq!(
        device.say(device.visit_id(), unknown),
        [Flag::OutsideCareTeam, Flag::OutsideEngagement, Flag::UnknownSubject]
    );

    // What counts is the time of the visit, not that of its arrival.
    let before = device.seal(device.visit_id(), at(own));
    world.clock.advance(DAY_MS);
    world.member(world.specialist, Role::Specialist, Some(world.clock.utc_ms()));
    assert_eq!(device.deliver(&before), []);
    assert_eq!(device.say(device.visit_id(), at(own)), [Flag::OutsideEngagement]);
}

#[test]
fn each_statement_about_a_visit_has_its_rightful_author() {
    let world = World::new();
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let mut colleague = world.ready(world.colleague, AgreementKind::Specialist);
    let mut coordinator = world.ready(world.coordinator, AgreementKind::Specialist);
    let mut parent = world.ready(world.parent, AgreementKind::Subject);
    let id = visit(&mut specialist);
    let none: &[Flag] = &[];
    let no_authority: &[Flag] = &[Flag::NoAuthority];

    assert_eq!(specialist.say(id, finished()), none);
    assert_eq!(colleague.say(id, finished()), no_authority);
    assert_eq!(
        audiences_of_last(&world),
        [
            (Scope::Person(world.colleague), Sight::Whole),
            (Scope::Organisation(world.organisation), Sight::Envelope)
        ],
        "readers fold what they get; that it was said, a coordinator learns"
    );
    assert_eq!(parent.say(id, confirmed(world.parent)), none);
    assert_eq!(parent.say(id, confirmed(world.coordinator)), no_authority, "in another's name");
    assert_eq!(specialist.say(id, confirmed(world.specialist))[0], Flag::AgreementOutdated);
    assert_eq!(coordinator.say(id, reviewed()), none);
    assert_eq!(specialist.say(id, reviewed()), no_authority, "nobody reviews the own visit");
    let disputed = VisitDisputed {
        basis: BASIS,
        representative: world.parent,
        reason: DisputeReason::NobodyCame,
        answered_at_ms: 1,
        capture: None,
    };
    assert_eq!(parent.say(id, disputed), none);
    for purpose in [NotePurpose::Care, NotePurpose::Late, NotePurpose::Correction] {
        assert_eq!(specialist.say(id, note(purpose)), none, "{purpose:?}");
        assert_eq!(parent.say(id, note(purpose)), no_authority, "{purpose:?}");
    }
    assert_eq!(parent.say(id, note(NotePurpose::Dispute)), none);
    assert_eq!(coordinator.say(id, note(NotePurpose::Dispute)), no_authority);
    assert_eq!(coordinator.say(id, note(NotePurpose::Review)), none);
    assert_eq!(colleague.say(id, note(NotePurpose::Review)), no_authority);
    assert_eq!(parent.say(parent.visit_id(), confirmed(world.parent)), [Flag::UnknownSubject]);
}

#[test]
fn a_care_note_reaches_a_coordinator_only_as_an_envelope() {
    let world = World::new();
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let id = visit(&mut specialist);
    specialist.say(id, note(NotePurpose::Care));
    let audiences = audiences_of_last(&world);
    let organisation = Scope::Organisation(world.organisation);
    assert!(audiences.contains(&(organisation, Sight::Envelope)));
    assert!(audiences.contains(&(Scope::Team(world.child), Sight::Whole)));
    assert!(!audiences.contains(&(organisation, Sight::Whole)));
}

#[test]
fn nobody_promotes_themselves() {
    let world = World::new();
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let promoted = MemberChanged {
        organisation: world.organisation,
        role: Role::Coordinator,
        engagement: domain::content::Engagement::Employee,
        position_kk: String::new(),
        position_ru: String::new(),
        from_ms: 0,
        to_ms: None,
    };
    assert_eq!(specialist.say(world.specialist, promoted), [Flag::NoAuthority], "nobody promotes themselves");
    let query = FactQuery::of(Class::Member).about(world.specialist).qualified("coordinator");
    assert!(world.store.read().unwrap().facts(&query).unwrap().is_empty());
}

#[test]
fn a_revoked_device_still_delivers_what_it_had_and_it_is_flagged() {
    let world = World::new();
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let key = specialist.key.id();
    let revoked = DeviceRevoked { key, reason: RevocationReason::Lost, revoked_at_ms: 1 };
    world.state(specialist.id, revoked);
    assert!(audiences_of_last(&world).contains(&(Scope::Card(world.specialist), Sight::Whole)));
    let content = world.visit_by(world.specialist, world.child);
    assert_eq!(specialist.say(specialist.visit_id(), content), [Flag::KeyRevoked]);
    assert!(audiences_of_last(&world).contains(&(Scope::Organisation(world.organisation), Sight::Whole)));
}

#[test]
fn acceptances_follow_what_was_published() {
    let world = World::new();
    let mut device = world.device(world.specialist);
    let good = world.acceptance(AgreementKind::Specialist, 1, crate::world::TEXT);
    let mut unticked = good.clone();
    unticked.confirmations[1].accepted = false;
    let other_text = world.acceptance(AgreementKind::Specialist, 1, "another text");
    let other_version = world.acceptance(AgreementKind::Specialist, 2, crate::world::TEXT);
    let mut twice = good.clone();
    twice.confirmations.push(ConfirmationAnswer { accepted: false, ..good.confirmations[0] });
    let unproven = AgreementAccepted { evidence_level: EvidenceLevel::L2, ..good.clone() };
    for wrong in [unticked, other_text, other_version, twice, unproven] {
        assert_eq!(device.say(world.specialist, wrong), [Flag::UnknownSubject]);
    }
    assert_eq!(device.say(world.parent, good.clone()), [Flag::NoAuthority], "for somebody else");
    let accepted = || {
        operator_core::agreement::has_accepted(
            world.store.read().unwrap().as_ref(),
            world.specialist,
            AgreementKind::Specialist,
        )
        .unwrap()
    };
    assert!(!accepted());
    assert_eq!(device.say(world.specialist, good), []);
    assert!(accepted());

    // A later version binds from its day; a visit before it is judged by the earlier one.
    let effective_ms = world.clock.utc_ms() + DAY_MS;
    let text = crate::world::TEXT.replace("Екінші", "Өзгертілген");
    world.publish(AgreementKind::Specialist, domain::content::Locale::Kk, 2, effective_ms, &text).unwrap();
    let content = world.visit_by(world.specialist, world.child);
    assert_eq!(device.say(device.visit_id(), content), []);
    let before = device.seal(device.visit_id(), world.visit_by(world.specialist, world.child));
    world.clock.advance(2 * DAY_MS);
    assert_eq!(device.deliver(&before), [], "the visit was before the day");
    let content = world.visit_by(world.specialist, world.child);
    assert_eq!(device.say(device.visit_id(), content), [Flag::AgreementOutdated]);
    let accepted = world.acceptance(AgreementKind::Specialist, 2, &text);
    assert_eq!(device.say(world.specialist, accepted), []);
    let content = world.visit_by(world.specialist, world.child);
    assert_eq!(device.say(device.visit_id(), content), []);
}

#[test]
fn whoever_looks_says_so_in_the_own_name() {
    let world = World::new();
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let viewed = |viewer| -> Content {
        RecordViewed { record: RecordKind::Child, viewer, purpose: "visit".into(), viewed_at_ms: 1 }.into()
    };
    assert_eq!(specialist.say(world.child, viewed(world.specialist)), []);
    assert!(audiences_of_last(&world).contains(&(Scope::Family(world.child), Sight::Whole)));
    assert_eq!(specialist.say(world.child, viewed(world.colleague)), [Flag::NoAuthority]);
    let letter = RecordViewed {
        record: RecordKind::Child,
        viewer: world.specialist,
        purpose: "Ақшаны маған жіберіңіз".into(),
        viewed_at_ms: 1,
    };
    assert_eq!(specialist.say(world.child, letter), [Flag::UnknownSubject]);
    assert_eq!(
        audiences_of_last(&world),
        [(Scope::Person(world.specialist), Sight::Whole)],
        "a purpose is no way to write to a family"
    );
}

#[test]
fn a_visit_is_registered_once_and_a_second_registration_reaches_no_family() {
    let world = World::new();
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let mut parent = world.ready(world.parent, AgreementKind::Subject);
    let id = specialist.visit_id();
    let nobody = VisitRegistered {
        child: domain::id::ChildId::from_bytes([8; 16]),
        organisation: domain::id::OrganisationId::from_bytes([9; 16]),
        ..world.visit_by(world.specialist, world.child)
    };
    let first = specialist.say(id, nobody);
    assert_eq!(first, [Flag::OutsideCareTeam, Flag::OutsideEngagement, Flag::UnknownSubject]);
    let second = world.visit_by(world.specialist, world.child);
    assert_eq!(specialist.say(id, second), [Flag::NoAuthority], "the real parties come second");
    let reached = audiences_of_last(&world);
    for scope in
        [Scope::Family(world.child), Scope::Team(world.child), Scope::Organisation(world.organisation)]
    {
        assert!(
            !reached.iter().any(|(reached, _)| *reached == scope),
            "{scope} would fold a visit that is none"
        );
    }
    assert!(reached.contains(&(Scope::Person(world.specialist), Sight::Whole)));
    assert_eq!(parent.say(id, confirmed(world.parent)), [Flag::NoAuthority]);
}

#[test]
fn a_key_that_others_may_have_speaks_for_nobody_from_then_on() {
    let world = World::new();
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let mut stolen = world.device(world.specialist);
    let mut colleague = world.device(world.colleague);
    let compromised = KeyCompromised { key: stolen.key.id(), since_ms: world.clock.utc_ms() };
    assert_eq!(colleague.say(stolen.id, compromised.clone()), [Flag::NoAuthority], "of a stranger");
    let visit = || world.visit_by(world.specialist, world.child);
    assert_eq!(stolen.say(stolen.visit_id(), visit()), []);
    let misnamed = specialist.say(specialist.id, compromised.clone());
    assert_eq!(misnamed, [Flag::NoAuthority], "under another device no reader finds it");
    assert_eq!(specialist.say(stolen.id, compromised), []);
    assert_eq!(stolen.say(stolen.visit_id(), visit()), [Flag::KeyRevoked]);
    let own = KeyCompromised { key: specialist.key.id(), since_ms: 0 };
    assert_eq!(stolen.say(specialist.id, own), [Flag::KeyRevoked]);
    let read = world.store.read().unwrap();
    assert!(!read.bound_key(stolen.key.id()).unwrap().unwrap().is_in_force());
    assert!(read.bound_key(specialist.key.id()).unwrap().unwrap().is_in_force(), "a thief ends no good key");
}

#[test]
fn a_name_alone_opens_no_door_to_a_family() {
    let world = World::new();
    let stranger = domain::id::OrganisationId::from_bytes([9; 16]);
    let organisation = domain::content::OrganisationChanged {
        name_kk: "Бөтен".into(),
        name_ru: "Бөтен".into(),
        bin: "260140999993".into(),
        active: true,
    };
    world.state(stranger, organisation);
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let mut parent = world.ready(world.parent, AgreementKind::Subject);
    let named =
        |organisation, child| VisitRegistered { organisation, ..world.visit_by(world.specialist, child) };
    let id = specialist.visit_id();
    specialist.say(id, named(stranger, world.child));
    let reaches_stranger =
        || audiences_of_last(&world).iter().any(|(scope, _)| *scope == Scope::Organisation(stranger));
    assert!(!reaches_stranger());
    assert!(audiences_of_last(&world).contains(&(Scope::Family(world.child), Sight::Whole)));
    assert_eq!(parent.say(id, confirmed(world.parent)), []);
    assert!(!reaches_stranger(), "nor what the parent answers");
    // Who works there may register for it, and an organisation that serves the child hears of every visit.
    let own = world.organisation;
    let substitute = specialist.visit_id();
    assert_eq!(specialist.say(substitute, named(own, world.other_child)), [Flag::OutsideCareTeam]);
    assert!(audiences_of_last(&world).contains(&(Scope::Organisation(own), Sight::Whole)));
    world.member(world.specialist, Role::Specialist, Some(world.clock.utc_ms()));
    world.clock.advance(1_000);
    let flags = specialist.say(specialist.visit_id(), named(own, world.child));
    assert_eq!(flags, [Flag::OutsideEngagement]);
    assert!(audiences_of_last(&world).contains(&(Scope::Organisation(own), Sight::Whole)));
}

#[test]
fn consents_reach_the_organisations_of_now() {
    let world = World::new();
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let own = (Scope::Organisation(world.organisation), Sight::Whole);
    let withdrawn = || domain::content::ConsentWithdrawn {
        document: AgreementKind::Specialist,
        purposes: Vec::new(),
        withdrawn_at_ms: world.clock.utc_ms(),
    };
    specialist.say(world.specialist, withdrawn());
    assert!(audiences_of_last(&world).contains(&own));
    world.member(world.specialist, Role::Specialist, Some(world.clock.utc_ms()));
    world.clock.advance(1_000);
    specialist.say(world.specialist, withdrawn());
    assert!(!audiences_of_last(&world).contains(&own), "who left tells the old employer nothing more");
}

#[test]
fn a_representation_ends_when_the_child_comes_of_age() {
    let world = World::new();
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let mut parent = world.ready(world.parent, AgreementKind::Subject);
    let family = Scope::Family(world.child);
    let sees = || {
        let read = world.store.read().unwrap();
        let scopes =
            operator_core::scopes::scopes_of(read.as_ref(), world.parent, world.clock.utc_ms()).unwrap();
        scopes.contains(&family)
    };
    let born = |date: &str| {
        world.record(RecordKind::Child, world.child, RecordData::Birth { date: date.into() });
    };
    let id = visit(&mut specialist);
    // The clock of the tests begins on 18 November 2026.
    born("2008-11-20");
    assert!(sees());
    assert_eq!(parent.say(id, confirmed(world.parent)), []);
    world.clock.advance(3 * DAY_MS);
    assert!(!sees());
    assert_eq!(parent.say(id, confirmed(world.parent)), [Flag::NoAuthority]);
    let by_court = domain::content::RepresentationChanged {
        representative: world.parent,
        basis: domain::content::RepresentationBasis::Guardian,
        from_ms: world.clock.utc_ms(),
        to_ms: None,
    };
    world.state(world.child, by_court);
    assert!(sees());
    assert_eq!(parent.say(id, confirmed(world.parent)), []);
}
