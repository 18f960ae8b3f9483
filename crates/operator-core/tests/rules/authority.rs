use domain::Clock as _;
use domain::agreement::AgreementKind;
use domain::content::{
    CaptureEnd, Content, DeviceRevoked, DisputeReason, Fix, FixSource, LateReason, LocationMoment,
    LocationOutcome, MemberChanged, NotePurpose, RecordChanged, RecordData, RecordKind, RecordViewed,
    ReviewDecision, ReviewReason, RevocationReason, Role, UnavailableReason, VisitConfirmed, VisitDisputed,
    VisitFinished, VisitLocated, VisitNoted, VisitRegistered, VisitReviewed,
};
use domain::flag::Flag;
use domain::id::{CaptureId, PersonId, StatementId, VisitId};
use domain::scope::{Scope, Sight};
use operator_core::fact::{Class, FactQuery};
use operator_core::store::Store as _;

use crate::world::{DAY_MS, Device, World, item};

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

fn located(outcome: LocationOutcome) -> VisitLocated {
    VisitLocated {
        capture: CaptureId::from_bytes([1; 16]),
        moment: LocationMoment::Registered,
        outcome,
        began_at_ms: 0,
        ended_at_ms: 1,
        ended_by: CaptureEnd::GoodFix,
    }
}

fn fix(lat_e7: i32) -> LocationOutcome {
    LocationOutcome::Fix(Fix {
        lat_e7,
        lon_e7: 714_704_000,
        accuracy_dm: Some(100),
        fixed_at_ms: None,
        source: FixSource::Unknown,
        mock: None,
    })
}

fn audiences_of_last(world: &World) -> Vec<(Scope, Sight)> {
    let read = world.store.read().unwrap();
    read.audiences(read.log_size().unwrap() - 1).unwrap()
}

fn visit(device: &mut Device<'_>) -> VisitId {
    let (id, content) = (device.world.visit_id(), device.world.visit_by(device.person, device.world.child));
    assert_eq!(device.say(id, content), []);
    id
}

#[test]
fn a_visit_outside_of_team_engagement_or_agreement_is_registered_with_its_flags() {
    let world = World::new();
    let mut device = world.device(world.specialist);
    let (own, foreign) = (world.child, world.other_child);
    let at = |child| world.visit_by(world.specialist, child);
    assert_eq!(device.say(world.visit_id(), at(own)), [Flag::AgreementOutdated]);
    let accepted = world.acceptance(AgreementKind::Specialist, 1, crate::world::TEXT);
    assert_eq!(device.say(world.specialist, accepted), []);
    assert_eq!(device.say(world.visit_id(), at(own)), []);
    assert_eq!(device.say(world.visit_id(), at(foreign)), [Flag::OutsideCareTeam]);
    let late = VisitRegistered { late: Some(LateReason::Forgotten), capture: None, ..at(own) };
    assert_eq!(device.say(world.visit_id(), late), [Flag::LateEntry]);
    let unknown =
        VisitRegistered { organisation: domain::id::OrganisationId::from_bytes([9; 16]), ..at(own) };
    assert_eq!(
        device.say(world.visit_id(), unknown),
        [Flag::OutsideCareTeam, Flag::OutsideEngagement, Flag::UnknownSubject]
    );

    // What counts is the time of the visit, not that of its arrival.
    world.member(world.specialist, Role::Specialist, Some(world.clock.utc_ms()));
    let before = VisitRegistered { started_at_ms: world.clock.utc_ms() - 1, ..at(own) };
    assert_eq!(device.say(world.visit_id(), before), []);
    world.clock.advance(1);
    assert_eq!(device.say(world.visit_id(), at(own)), [Flag::OutsideEngagement]);
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
        [(Scope::Person(world.colleague), Sight::Whole)],
        "readers fold what they get"
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
    assert_eq!(parent.say(world.visit_id(), confirmed(world.parent)), [Flag::UnknownSubject]);
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
fn a_reading_is_judged_against_the_registered_place() {
    let world = World::new();
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let id = visit(&mut specialist);
    assert_eq!(specialist.say(id, located(fix(511_605_000))), [], "the place has no known coordinates");
    let position =
        RecordData::Position { lat_e7: 511_605_000, lon_e7: 714_704_000, radius_m: 150, adopted_from: None };
    world.record(RecordKind::Place, world.place, position);
    assert_eq!(specialist.say(id, located(fix(511_605_000))), []);
    assert_eq!(specialist.say(id, located(fix(512_605_000))), [Flag::FarFromPlace]);
    let timeout = LocationOutcome::Unavailable(UnavailableReason::Timeout);
    assert_eq!(specialist.say(id, located(timeout)), [Flag::NoLocation]);
}

#[test]
fn a_coordinator_adopts_a_position_and_nobody_else_changes_records() {
    let world = World::new();
    let mut coordinator = world.ready(world.coordinator, AgreementKind::Specialist);
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let adopted = |adopted_from| RecordChanged {
        record: RecordKind::Place,
        data: RecordData::Position { lat_e7: 1, lon_e7: 2, radius_m: 150, adopted_from },
    };
    let positions = || {
        let query = FactQuery::of(Class::PlacePosition).about(world.place);
        world.store.read().unwrap().facts(&query).unwrap().len()
    };
    let id = world.visit_id();
    let visit = specialist.seal(id, world.visit_by(world.specialist, world.child));
    specialist.push(&[item(&visit)]);
    let elsewhere = VisitRegistered { place: None, ..world.visit_by(world.specialist, world.child) };
    let elsewhere = specialist.seal(world.visit_id(), elsewhere);
    specialist.push(&[item(&elsewhere)]);
    assert_eq!(specialist.say(world.place, adopted(Some(visit.id))), [Flag::NoAuthority]);
    for from in [None, Some(BASIS), Some(elsewhere.id)] {
        assert_eq!(coordinator.say(world.place, adopted(from)), [Flag::NoAuthority], "{from:?}");
    }
    assert_eq!(positions(), 0, "what nobody had the right to say has no effect");
    assert_eq!(coordinator.say(world.place, adopted(Some(visit.id))), []);
    assert_eq!(positions(), 1);
    assert!(audiences_of_last(&world).contains(&(Scope::Place(world.place), Sight::Whole)));
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
    assert_eq!(specialist.say(world.visit_id(), content), [Flag::KeyRevoked]);
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
    for wrong in [unticked, other_text, other_version] {
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
    assert_eq!(device.say(world.visit_id(), content.clone()), []);
    world.clock.advance(2 * DAY_MS);
    assert_eq!(device.say(world.visit_id(), content), [], "the visit was before the day");
    let content = world.visit_by(world.specialist, world.child);
    assert_eq!(device.say(world.visit_id(), content), [Flag::AgreementOutdated]);
    let accepted = world.acceptance(AgreementKind::Specialist, 2, &text);
    assert_eq!(device.say(world.specialist, accepted), []);
    let content = world.visit_by(world.specialist, world.child);
    assert_eq!(device.say(world.visit_id(), content), []);
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
}
