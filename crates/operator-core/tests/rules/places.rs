//! Where a visit was, and who gives a place its coordinates.

use domain::agreement::AgreementKind;
use domain::content::{
    ConsentWithdrawn, Fix, LocationMoment, LocationOutcome, RecordChanged, RecordData, RecordKind,
    UnavailableReason, VisitLocated, VisitRegistered,
};
use domain::flag::Flag;
use domain::id::{PlaceId, StatementId, VisitId};
use domain::scope::{Scope, Sight};
use journal::Sealed;
use operator_core::fact::{Class, FactQuery};
use operator_core::store::Store as _;
use wire::pull::PullRequest;

use crate::pulling::{ask, fresh};
use crate::world::{DAY_MS, Device, World, audiences_of_last, fix, item, located, visit};

const LAT_E7: i32 = 511_605_000;
const LON_E7: i32 = 714_704_000;

#[test]
fn a_reading_is_judged_against_the_registered_place() {
    let world = World::new();
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let id = visit(&mut specialist);
    assert_eq!(specialist.say(id, located(fix(LAT_E7))), [], "the place has no known coordinates");
    let position = RecordData::Position { lat_e7: LAT_E7, lon_e7: LON_E7, radius_m: 150, adopted_from: None };
    world.record(RecordKind::Place, world.place, position);
    assert_eq!(specialist.say(id, located(fix(LAT_E7 + 1))), []);
    let elsewhere = located(fix(LAT_E7 + 50_000));
    assert_eq!(specialist.say(id, elsewhere), [Flag::FarFromPlace]);
    let timeout = LocationOutcome::Unavailable(UnavailableReason::Timeout);
    assert_eq!(specialist.say(id, located(timeout)), [Flag::NoLocation]);
}

fn position(adopted_from: Option<StatementId>, lat_e7: i32, radius_m: u32) -> RecordChanged {
    let data = RecordData::Position { lat_e7, lon_e7: LON_E7, radius_m, adopted_from };
    RecordChanged { record: RecordKind::Place, data }
}

/// A visit and its reading, both registered.
fn visit_with_fix(device: &mut Device<'_>, visit: VisitRegistered) -> (Sealed, Sealed) {
    let id = device.visit_id();
    let capture = visit.capture.unwrap();
    let registered = device.seal(id, visit);
    let reading = device.seal(id, VisitLocated { capture, ..located(fix(LAT_E7)) });
    device.push(&[item(&registered), item(&reading)]);
    (registered, reading)
}

#[test]
fn a_place_takes_the_coordinates_that_a_visit_there_gave() {
    let world = World::new();
    let mut coordinator = world.ready(world.coordinator, AgreementKind::Specialist);
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let positions = || {
        let query = FactQuery::of(Class::PlacePosition).about(world.place);
        world.store.read().unwrap().facts(&query).unwrap().len()
    };
    let at_home = world.visit_by(world.specialist, world.child);
    let (visit, reading) = visit_with_fix(&mut specialist, at_home.clone());
    let (elsewhere, _) = visit_with_fix(&mut specialist, VisitRegistered { place: None, ..at_home.clone() });
    let outside = VisitRegistered { child: world.other_child, ..at_home };
    let (outside, _) = visit_with_fix(&mut specialist, outside);
    let no_authority = [Flag::NoAuthority];
    let adopt = |from: &Sealed| position(Some(from.id), LAT_E7, 150);

    assert_eq!(specialist.say(world.place, adopt(&visit)), no_authority, "nobody vouches for the own visit");
    for (adopted, why) in [
        (position(None, LAT_E7, 150), "from nothing"),
        (position(Some(StatementId::from_bytes([3; 32])), LAT_E7, 150), "from what is not there"),
        (adopt(&elsewhere), "from a visit at no place"),
        (adopt(&outside), "from a visit outside of the care team"),
        (position(Some(visit.id), LAT_E7 + 1, 150), "no reading gave these coordinates"),
        (position(Some(visit.id), LAT_E7, 49), "a radius in which nobody ever is"),
        (position(Some(visit.id), LAT_E7, 5_001), "a radius in which everybody is"),
    ] {
        assert_eq!(coordinator.say(world.place, adopted), no_authority, "{why}");
    }
    assert_eq!(positions(), 0, "what nobody had the right to say has no effect");
    assert_eq!(coordinator.say(PlaceId::from_bytes([7; 16]), adopt(&visit)), no_authority, "another place");
    assert_eq!(coordinator.say(world.place, adopt(&reading)), []);
    assert_eq!(positions(), 1);
    assert!(audiences_of_last(&world).contains(&(Scope::Place(world.place), Sight::Whole)));
    assert_eq!(coordinator.say(world.place, adopt(&visit)), no_authority, "the place has coordinates");
}

#[test]
fn the_registration_stands_for_its_reading_and_a_simulated_one_gives_nothing() {
    let world = World::new();
    let mut coordinator = world.ready(world.coordinator, AgreementKind::Specialist);
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let id = specialist.visit_id();
    let registered = specialist.seal(id, world.visit_by(world.specialist, world.child));
    specialist.deliver(&registered);
    let adopted = || position(Some(registered.id), LAT_E7, 150);
    assert_eq!(coordinator.say(world.place, adopted()), [Flag::NoAuthority], "no reading yet");
    let LocationOutcome::Fix(good) = fix(LAT_E7) else { panic!("a fix") };
    let mock = located(LocationOutcome::Fix(Fix { mock: Some(true), ..good }));
    assert_eq!(specialist.say(id, mock), [Flag::MockLocation]);
    assert_eq!(coordinator.say(world.place, adopted()), [Flag::NoAuthority]);
    assert_eq!(specialist.say(id, located(fix(LAT_E7))), []);
    assert_eq!(coordinator.say(world.place, adopted()), []);
}

#[test]
fn a_visit_without_a_usable_position_says_so() {
    let world = World::new();
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let whole = || world.visit_by(world.specialist, world.child);
    let silent = VisitRegistered { capture: None, ..whole() };
    assert_eq!(specialist.say(specialist.visit_id(), silent), [Flag::NoLocation]);
    for place in [None, Some(PlaceId::from_bytes([7; 16]))] {
        let elsewhere = VisitRegistered { place, ..whole() };
        assert_eq!(specialist.say(specialist.visit_id(), elsewhere), [Flag::UnknownSubject], "{place:?}");
    }
    let service = VisitRegistered { service: "astrology".into(), ..whole() };
    assert_eq!(specialist.say(specialist.visit_id(), service), [Flag::UnknownSubject]);
    let id = visit(&mut specialist);
    let after = LocationOutcome::Unavailable(UnavailableReason::AfterVisit);
    assert_eq!(specialist.say(id, located(after)), [Flag::NoLocation], "that is a representative's reason");
}

#[test]
fn a_device_that_could_not_know_of_the_new_place_names_the_old_one() {
    let world = World::new();
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    specialist.sees_the_log();
    let new_place = PlaceId::from_bytes([7; 16]);
    let address = RecordData::Address { label: "Үй".into(), region: "KZ-71".into() };
    world.record(RecordKind::Place, new_place, address);
    world.record(RecordKind::Child, world.child, RecordData::Lives { place: new_place });
    let old = || world.visit_by(world.specialist, world.child);
    assert_eq!(specialist.say(specialist.visit_id(), old()), []);
    specialist.sees_the_log();
    assert_eq!(specialist.say(specialist.visit_id(), old()), [Flag::UnknownSubject]);
    let new = VisitRegistered { place: Some(new_place), ..old() };
    assert_eq!(specialist.say(specialist.visit_id(), new), []);
}

#[test]
fn a_position_that_was_read_without_consent_goes_to_nobody() {
    let world = World::new();
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let mut parent = world.ready(world.parent, AgreementKind::Subject);
    let id = visit(&mut specialist);
    let by_parent = |outcome| VisitLocated { moment: LocationMoment::Confirmed, ..located(outcome) };
    assert_eq!(parent.say(id, by_parent(fix(LAT_E7))), []);
    assert!(audiences_of_last(&world).contains(&(Scope::Organisation(world.organisation), Sight::Whole)));

    let withdrawn = |world: &World, document| ConsentWithdrawn {
        document,
        purposes: vec!["geolocation".into()],
        withdrawn_at_ms: domain::Clock::utc_ms(&world.clock),
    };
    assert_eq!(parent.say(world.parent, withdrawn(&world, AgreementKind::Subject)), []);
    assert_eq!(specialist.say(world.specialist, withdrawn(&world, AgreementKind::Specialist)), []);
    world.clock.advance(60_000);
    let expected = |person| {
        [(Scope::Person(person), Sight::Whole), (Scope::Organisation(world.organisation), Sight::Envelope)]
    };
    assert_eq!(parent.say(id, by_parent(fix(LAT_E7))), [Flag::NoAuthority]);
    assert_eq!(audiences_of_last(&world), expected(world.parent));
    assert_eq!(specialist.say(id, located(fix(LAT_E7))), [Flag::NoAuthority]);
    assert_eq!(audiences_of_last(&world), expected(world.specialist));
    let none = LocationOutcome::Unavailable(UnavailableReason::NoConsent);
    assert_eq!(specialist.say(id, located(none)), [Flag::NoLocation]);
    let again = world.acceptance(AgreementKind::Specialist, 1, crate::world::TEXT);
    assert_eq!(specialist.say(world.specialist, again), []);
    assert_eq!(specialist.say(id, located(fix(LAT_E7))), []);
}

#[test]
fn a_withdrawal_counts_by_the_series_and_by_its_registration_whatever_its_clock_says() {
    let world = World::new();
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let id = visit(&mut specialist);
    let far_ahead = |purposes: &[&str]| ConsentWithdrawn {
        document: AgreementKind::Specialist,
        purposes: purposes.iter().map(|purpose| (*purpose).to_owned()).collect(),
        withdrawn_at_ms: i64::MAX,
    };
    let acceptance = || world.acceptance(AgreementKind::Specialist, 1, crate::world::TEXT);
    // One series: its numbers tell what came before the reading, and its clock does not.
    let before = specialist.seal(id, located(fix(LAT_E7)));
    let withdrawn = specialist.seal(world.specialist, far_ahead(&["geolocation"]));
    let after = specialist.seal(id, located(fix(LAT_E7)));
    assert_eq!(specialist.deliver(&before), []);
    specialist.deliver(&withdrawn);
    assert_eq!(specialist.deliver(&after), [Flag::NoAuthority]);
    assert_eq!(specialist.say(world.specialist, acceptance()), []);
    assert_eq!(specialist.say(id, located(fix(LAT_E7))), []);

    // Another key of the person: at the latest its registration tells.
    let mut other = world.device(world.specialist);
    let early = other.seal(id, located(fix(LAT_E7)));
    world.clock.advance(60_000);
    specialist.say(world.specialist, far_ahead(&[]));
    world.clock.advance(60_000);
    assert_eq!(other.deliver(&early), [], "it was read before that");
    assert_eq!(other.say(id, located(fix(LAT_E7))), [Flag::NoAuthority]);
    assert_eq!(other.say(world.specialist, acceptance()), []);
    assert_eq!(other.say(id, located(fix(LAT_E7))), []);
}

#[test]
fn a_smaller_version_accepted_after_all_was_withdrawn_decides_about_the_location() {
    let world = World::new();
    let operator = world.operator();
    let text = crate::world::TEXT.replace("Екінші", "Үшінші");
    let publication = operator_core::publish::Publication {
        document: AgreementKind::Specialist,
        locale: domain::content::Locale::Kk,
        version: 2,
        effective_from_ms: domain::Clock::utc_ms(&world.clock) + 3_600_000,
        bytes: text.as_bytes(),
        geolocation_optional: true,
    };
    operator
        .transact(&world.store, |txn| operator_core::publish::publish(txn, &operator, &publication))
        .unwrap();
    let mut specialist = world.device(world.specialist);
    assert_eq!(specialist.say(world.specialist, world.acceptance(AgreementKind::Specialist, 2, &text)), []);
    let id = visit(&mut specialist);
    assert_eq!(specialist.say(id, located(fix(LAT_E7))), []);
    let all = ConsentWithdrawn {
        document: AgreementKind::Specialist,
        purposes: Vec::new(),
        withdrawn_at_ms: domain::Clock::utc_ms(&world.clock),
    };
    assert_eq!(specialist.say(world.specialist, all), []);
    assert_eq!(specialist.say(id, located(fix(LAT_E7))), [Flag::NoAuthority]);
    let smaller = world.acceptance(AgreementKind::Specialist, 1, crate::world::TEXT);
    assert_eq!(specialist.say(world.specialist, smaller), []);
    assert_eq!(specialist.say(id, located(fix(LAT_E7))), []);
}

#[test]
fn an_unticked_box_is_no_consent() {
    let world = World::new();
    let operator = world.operator();
    let text = crate::world::TEXT.replace("Екінші", "Үшінші");
    let publication = operator_core::publish::Publication {
        document: AgreementKind::Specialist,
        locale: domain::content::Locale::Kk,
        version: 2,
        effective_from_ms: domain::Clock::utc_ms(&world.clock),
        bytes: text.as_bytes(),
        geolocation_optional: true,
    };
    operator
        .transact(&world.store, |txn| operator_core::publish::publish(txn, &operator, &publication))
        .unwrap();
    let mut specialist = world.device(world.specialist);
    let mut accepted = world.acceptance(AgreementKind::Specialist, 2, &text);
    accepted.confirmations[1].accepted = false;
    assert_eq!(specialist.say(world.specialist, accepted.clone()), []);
    let id = visit(&mut specialist);
    assert_eq!(specialist.say(id, located(fix(LAT_E7))), [Flag::NoAuthority]);
    accepted.confirmations[1].accepted = true;
    assert_eq!(specialist.say(world.specialist, accepted), []);
    assert_eq!(specialist.say(id, located(fix(LAT_E7))), []);
}

#[test]
fn who_may_not_know_where_a_place_is_does_not_learn_it_by_trying() {
    let world = World::new();
    let position = RecordData::Position { lat_e7: LAT_E7, lon_e7: LON_E7, radius_m: 150, adopted_from: None };
    world.record(RecordKind::Place, world.place, position);
    let mut stranger = world.ready(world.colleague, AgreementKind::Specialist);
    // Of the child who lives there she is not in the team; the child of her own lives nowhere, or elsewhere.
    let elsewhere = PlaceId::from_bytes([7; 16]);
    let of_the_child = world.visit_by(world.colleague, world.child);
    let without_a_home = world.visit_by(world.colleague, world.other_child);
    let visits = [(of_the_child, false), (without_a_home.clone(), false), (without_a_home, true)];
    // No reading has the digits of another one of hers; the first has those of the place.
    for (own_digits, (visited, lives)) in (0..).step_by(100).zip(visits) {
        if lives {
            world.record(RecordKind::Child, world.other_child, RecordData::Lives { place: elsewhere });
        }
        world.clock.advance(DAY_MS);
        let started_at_ms = domain::Clock::utc_ms(&world.clock);
        let id = stranger.visit_id();
        stranger.say(id, VisitRegistered { started_at_ms, ..visited });
        let flags = [LAT_E7, LAT_E7 + 50_000].map(|lat_e7| {
            world.clock.advance(3_600_000);
            stranger.say(id, located(fix(lat_e7 + own_digits)))
        });
        assert_eq!(flags, [Vec::<Flag>::new(), Vec::new()], "{own_digits}");
    }
}

/// A world whose place has coordinates, and a colleague who is in the team of another child.
fn with_stranger(world: &World) -> Device<'_> {
    let position = RecordData::Position { lat_e7: LAT_E7, lon_e7: LON_E7, radius_m: 150, adopted_from: None };
    world.record(RecordKind::Place, world.place, position);
    world.ready(world.colleague, AgreementKind::Specialist)
}

/// What is answered to a reading at the place and to one far from it.
fn tried(device: &mut Device<'_>, id: VisitId) -> [Vec<Flag>; 2] {
    [LAT_E7 + 7, LAT_E7 + 50_000].map(|lat_e7| device.say(id, located(fix(lat_e7))))
}

#[test]
fn readings_of_somebody_elses_visit_tell_nothing_of_its_place() {
    let world = World::new();
    let mut stranger = with_stranger(&world);
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let id = visit(&mut specialist);
    assert_eq!(tried(&mut stranger, id), [[Flag::NoAuthority], [Flag::NoAuthority]]);
}

#[test]
fn a_place_where_the_own_child_does_not_live_is_not_found_by_trying() {
    let elsewhere = PlaceId::from_bytes([7; 16]);
    let lives = |world: &World| {
        world.record(RecordKind::Child, world.other_child, RecordData::Lives { place: elsewhere });
    };
    for knows_home in [true, false] {
        let world = World::new();
        let mut stranger = with_stranger(&world);
        stranger.sees_the_log();
        if knows_home {
            // The device does not: its beacon is older.
            lives(&world);
        }
        let id = stranger.visit_id();
        assert_eq!(stranger.say(id, world.visit_by(world.colleague, world.other_child)), []);
        if !knows_home {
            lives(&world);
        }
        let [near, far] = tried(&mut stranger, id);
        assert_eq!(near, far, "{knows_home}");
        let last = world.store.read().unwrap().log_size().unwrap() - 1;
        let told = |device: &Device<'_>| {
            let scopes_version = Some(ask(device, &fresh()).scopes_version);
            let page = ask(device, &PullRequest { scopes_version, limit: 500, ..fresh() });
            let of_last = page.items.into_iter().find(|item| item.leaf_index == last);
            of_last.expect("it reaches this reader").flags.contains(&Flag::FarFromPlace)
        };
        assert!(!told(&world.device(world.colleague)), "nor does another device of hers find it");
        let coordinator = world.ready(world.coordinator, AgreementKind::Specialist);
        assert!(told(&coordinator), "who is shown that place learns what is to be looked at");
    }
}
