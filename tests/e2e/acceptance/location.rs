use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use client::Options;
use client::ipc::{
    BeginVisit, ConfirmVisit, LateCode, LateEntry, LocationState, OutcomeCode, RegisterVisit,
    UnavailableCode, VisitRef, VisitView,
};
use domain::Clock as _;
use esep_tests::operator::Operator;
use esep_tests::person::Person;
use platform::SystemClock;
use platform::location::geoclue::{Bus, GeoClue};

use super::agreement::{publish, published_text};
use super::folder;
use crate::location_bus::LocationBus;

const HOUR_MS: i64 = 3_600_000;

fn on(bus: &LocationBus) -> Arc<GeoClue> {
    Arc::new(GeoClue::new(Bus::At(bus.address.clone()), "kz.kte.esep"))
}

fn options(capture_window: Duration) -> Options {
    Options { capture_window, ..Options::default() }
}

async fn outcome(person: &Person, visit: &str) -> VisitView {
    for _ in 0..400 {
        let view =
            person.app.visit(VisitRef { visit: visit.into() }).await.expect("the visit is there").visit;
        if view.location.state != LocationState::Pending {
            return view;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the reading never ends");
}

async fn ready(profile: &Path, link: &str, bus: &LocationBus, window: Duration) -> Person {
    let person = Person::with_options(profile, on(bus), options(window));
    person.enrol(link).await.expect("the activation code is good");
    person.accept_all().await;
    person.sync().await;
    person
}

/// An hour's visit that began so long ago and is entered now.
async fn late_visit(specialist: &Person, child: &str, ago_ms: i64) -> VisitView {
    let children = vec![child.to_owned()];
    let begin = BeginVisit { children: children.clone() };
    let draft = specialist.app.begin_visit(begin).await.expect("a sheet opens");
    let started_at_ms = SystemClock::open(&specialist.profile).utc_ms() - ago_ms;
    let late = LateEntry {
        reason: LateCode::DeviceForgotten,
        started_at_ms,
        finished_at_ms: started_at_ms + HOUR_MS,
        text: None,
    };
    let request = RegisterVisit {
        draft_id: draft.draft_id,
        children,
        service: draft.service,
        outcome: OutcomeCode::Held,
        note: None,
        late: Some(late),
    };
    specialist.app.register_visit(request).await.expect("saved").visits.remove(0)
}

fn second_specialist(demo: &esep_tests::operator::Demo) -> &esep_tests::operator::DemoPerson {
    let busiest = &demo.busiest_specialist().person;
    demo.people("specialist").find(|person| person.person != *busiest).expect("a second specialist")
}

/// Against a real GeoClue: no start through login, idling, browsing and syncing; exactly one for each registration and
/// one for a confirmation at the visit. Then every reason why there is none, and the save never waits.
pub(super) async fn location_is_read_only_at_a_visit() {
    let dir = folder();
    let (operator, demo) = Operator::start_demo(&dir.path().join("operator"));
    let bus = LocationBus::start(&["real", "--place", "51.1605 71.4704 4 0"]);
    let window = Duration::from_secs(20);
    let specialist =
        ready(&dir.path().join("specialist"), &demo.busiest_specialist().link, &bus, window).await;
    let children = specialist.children().await;
    let _ = specialist.app.today().await.expect("the first screen");
    let _ = specialist.app.me().await.expect("the own page");
    let _ = specialist.app.location_moments().await.expect("the list of readings");
    specialist
        .app
        .begin_visit(BeginVisit { children: vec![children[0].id.clone()] })
        .await
        .expect("a sheet opens");
    tokio::time::sleep(Duration::from_secs(2)).await;
    specialist.sync().await;
    assert_eq!(bus.starts_and_stops(), (0, 0), "nothing but a visit reads a location");

    let first = specialist.visit(&[&children[0].id], None).await.expect("saved").visits.remove(0);
    assert_eq!(first.location.state, LocationState::Pending, "saved before the position is there");
    let first = outcome(&specialist, &first.id).await;
    assert_eq!(first.location.state, LocationState::Fix);
    assert_eq!(first.location.latitude.as_deref().map(|degrees| &degrees[..5]), Some("51.16"));
    assert_eq!(bus.starts_and_stops(), (1, 1), "one registration, one start, one stop");

    let card = children.iter().find(|child| !child.siblings.is_empty()).expect("the demo has siblings");
    let both = specialist.visit(&[&card.id, &card.siblings[0].id], None).await.expect("saved").visits;
    for visit in &both {
        assert_eq!(outcome(&specialist, &visit.id).await.location.state, LocationState::Fix);
    }
    assert_eq!(bus.starts_and_stops(), (2, 2), "siblings share one reading");
    let moments = specialist.app.location_moments().await.expect("the list of readings");
    assert_eq!(moments.len(), 2, "each reading is in the person's own list");

    let late = late_visit(&specialist, &children[1].id, 2 * HOUR_MS).await;
    assert_eq!(late.location.state, LocationState::NotDue);
    specialist.sync().await;
    assert_eq!(bus.starts_and_stops(), (2, 2), "a late entry reads nothing");

    confirmation_reads_once(&dir.path().join("parents"), &demo, &specialist, &bus).await;
    without_consent_nothing_is_read(&dir, &operator, &demo, &bus).await;
    every_reason_is_seen(&specialist, &dir, &demo).await;
}

async fn confirmation_reads_once(
    folder: &Path,
    demo: &esep_tests::operator::Demo,
    specialist: &Person,
    bus: &LocationBus,
) {
    for (index, parent) in demo.people("representative").enumerate() {
        let profile = folder.join(index.to_string());
        let parent = ready(&profile, &parent.link, bus, Duration::from_secs(20)).await;
        let Some(child) = parent.children().await.into_iter().next() else { continue };
        if !specialist.children().await.iter().any(|known| known.id == child.id) {
            continue;
        }
        let (before, _) = bus.starts_and_stops();
        let visit = specialist.visit(&[&child.id], None).await.expect("saved").visits.remove(0);
        outcome(specialist, &visit.id).await;
        specialist.sync().await;
        parent.sync().await;
        assert_eq!(bus.starts_and_stops().0, before + 1);
        let confirm = ConfirmVisit { visit: visit.id.clone(), basis: None };
        parent.app.confirm_visit(confirm).await.expect("confirmed");
        for _ in 0..100 {
            if bus.count("Stop") == before + 2 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(bus.starts_and_stops(), (before + 2, before + 2), "the confirmation read once");
        let moments = parent.app.location_moments().await.expect("the list of readings");
        assert_eq!(moments.len(), 1);
        an_answer_after_the_visit_reads_nothing(specialist, &parent, &child.id, bus).await;
        return;
    }
    panic!("the demo has a parent whose child this specialist visits");
}

/// A visit of yesterday, entered today: the parent answers, and that no location was read is a reason of its own.
async fn an_answer_after_the_visit_reads_nothing(
    specialist: &Person,
    parent: &Person,
    child: &str,
    bus: &LocationBus,
) {
    let before = bus.starts_and_stops();
    let visit = late_visit(specialist, child, 26 * HOUR_MS).await;
    specialist.sync().await;
    parent.sync().await;
    let confirm = ConfirmVisit { visit: visit.id.clone(), basis: None };
    parent.app.confirm_visit(confirm).await.expect("confirmed");
    let moments = parent.app.location_moments().await.expect("the list of readings");
    let of_visit = moments.iter().find(|moment| moment.visits.contains(&visit.id));
    let reason = of_visit.and_then(|moment| moment.location.reason);
    assert_eq!(reason, Some(UnavailableCode::AfterVisit), "{moments:?}");
    assert_eq!(bus.starts_and_stops(), before, "an answer after the visit reads nothing");
}

/// One more specialist in the care team of the demo's first child; gives the activation link.
fn new_specialist(operator: &Operator, demo: &esep_tests::operator::Demo) -> String {
    let told = |arguments: &[&str]| -> serde_json::Value {
        let json = Operator::command(operator.dir(), &[arguments, &["--json"]].concat());
        serde_json::from_str(&json).expect("JSON")
    };
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let (organisation, child) = (&demo.operator.organisation, text(&demo.children[0]["child"]));
    let name = ["--surname", "Жаңабергенова", "--given", "Ақбота"];
    let member = ["--role", "specialist", "--organisation", organisation];
    let person = text(&told(&[&["person", "add"], &name[..], &member].concat())["id"]);
    let team = ["care-team", "set", "--child", &child, "--person", &person, "--organisation", organisation];
    Operator::command(operator.dir(), &[&team[..], &["--function", "massage"]].concat());
    text(&told(&["activation", "issue", "--person", &person, "--address", &operator.address()])["link"])
}

/// A specialist who leaves the box on geolocation unticked, where the operator allows that: the visit says so, and the
/// service is not even asked.
async fn without_consent_nothing_is_read(
    dir: &tempfile::TempDir,
    operator: &Operator,
    demo: &esep_tests::operator::Demo,
    bus: &LocationBus,
) {
    let optional = ["--geolocation-optional"];
    publish(operator, "specialist", &published_text("specialist"), 2, &optional);
    let link = new_specialist(operator, demo);
    let profile = dir.path().join("without-consent");
    let person = Person::with_options(&profile, on(bus), options(Duration::from_secs(8)));
    person.enrol(&link).await.expect("the activation code is good");
    let text = person.texts().await.into_iter().find(|text| text.version == 2).expect("version 2");
    let geolocation = text.optional_geolocation.expect("the box on geolocation is optional");
    person.accept(&text, |number| number != geolocation).await;
    person.sync().await;
    let child = person.children().await.remove(0).id;
    let before = bus.starts_and_stops();
    let visit = person.visit(&[&child], None).await.expect("saved without a position").visits.remove(0);
    assert_eq!(visit.location.reason, Some(UnavailableCode::NoConsent), "known at once");
    assert_eq!(bus.starts_and_stops(), before, "without consent nothing is read");
}

/// Failures that the real service cannot be brought to, with the same interface; the same account throughout.
async fn every_reason_is_seen(
    specialist: &Person,
    dir: &tempfile::TempDir,
    demo: &esep_tests::operator::Demo,
) {
    let child = specialist.children().await.remove(0).id;
    let other = second_specialist(demo);
    let profile = dir.path().join("reasons");
    let bus = LocationBus::start(&["mock"]);
    let person = ready(&profile, &other.link, &bus, Duration::from_secs(8)).await;
    let child = person.children().await.first().map_or(child, |child| child.id.clone());
    for (scenario, reason) in [
        ("denied", UnavailableCode::Denied),
        ("off", UnavailableCode::Off),
        ("no-agent", UnavailableCode::NoAgent),
        ("silent", UnavailableCode::Timeout),
        ("stale", UnavailableCode::Stale),
        ("null-island", UnavailableCode::NullIsland),
    ] {
        bus.control(scenario);
        let before = std::time::Instant::now();
        let visit = person.visit(&[&child], None).await.expect("saved without a position").visits.remove(0);
        assert!(before.elapsed() < Duration::from_secs(4), "{scenario}: the save waits for nothing");
        let view = outcome(&person, &visit.id).await;
        assert_eq!(view.location.state, LocationState::Unavailable, "{scenario}");
        assert_eq!(view.location.reason, Some(reason), "{scenario}");
        assert!(view.flags.iter().any(|flag| flag == "no-location"), "{scenario}: {:?}", view.flags);
    }

    // A crash while the window is open is written as such at the next start.
    bus.control("silent");
    let visit = person.visit(&[&child], None).await.expect("saved").visits.remove(0);
    drop(person);
    let absent = LocationBus::start(&["absent"]);
    let person = Person::with_options(&profile, on(&absent), options(Duration::from_secs(8)));
    person.unlock().await.expect("the PIN is right");
    let view = outcome(&person, &visit.id).await;
    assert_eq!(view.location.reason, Some(UnavailableCode::Interrupted));
    let visit = person.visit(&[&child], None).await.expect("saved").visits.remove(0);
    assert_eq!(outcome(&person, &visit.id).await.location.reason, Some(UnavailableCode::Unsupported));
}
