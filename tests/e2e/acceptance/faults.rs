use std::time::{Duration, Instant};

use client::ipc::{ErrorCode, RefusalCode, SyncState, Transport};
use esep_tests::operator::Operator;
use esep_tests::person::Person;
use esep_tests::proxy::{Fault, Proxy};

use super::folder;
use super::kill::{next, registrations, run};

const RETRY_AFTER_S: u64 = 3;
const BUSY: Fault = Fault::Answer { status: 429, headers: "retry-after: 3\r\n", body: "" };
const DOWN: Fault = Fault::Answer { status: 503, headers: "", body: "down for repairs" };
const BROKEN: Fault = Fault::Answer { status: 500, headers: "content-type: text/html\r\n", body: "<html>" };
const PORTAL: Fault =
    Fault::Answer { status: 200, headers: "content-type: text/html\r\n", body: "<html>Sign in</html>" };
const REDIRECT: Fault =
    Fault::Answer { status: 302, headers: "location: http://portal.example/\r\n", body: "" };
const SLOW: Fault = Fault::Slow { latency: Duration::from_millis(60), bytes_per_s: 60_000 };
/// Below it a statement fits with its content, but not a note of 4,000 letters.
const SMALL_BODIES: Fault = Fault::TooLargeAbove(2_400);

/// A link for a person of the demo that leads through the proxy.
pub(super) fn link_through(proxy: &Proxy, operator: &Operator, person: &str) -> String {
    let arguments = ["activation", "issue", "--person", person, "--address", &proxy.address(), "--json"];
    let json = Operator::command(operator.dir(), &arguments);
    let issued: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    issued["link"].as_str().expect("a link").to_owned()
}

/// A note that does not compress away: 4,000 Kazakh letters in no order.
fn long_note() -> String {
    let letters: Vec<char> = "аәбвгғдеёжзиійкқлмнңоөпрстуұүфхһцчшщъыіьэюя".chars().collect();
    let mut random = 0x5eed_u64;
    (0..4_000).map(|_| letters[usize::try_from(next(&mut random) % 42).expect("small")]).collect()
}

async fn sync(person: &Person) -> SyncState {
    person.app.sync_now().await.expect("the account is open")
}

/// Syncs, and looks when the app's own sync, which the visit began, is not running as well.
async fn sync_and_rest(person: &Person) -> SyncState {
    let asked = Instant::now();
    loop {
        let state = sync(person).await;
        if state.next_try_in_s.is_some() {
            return state;
        }
        assert!(asked.elapsed() < Duration::from_secs(20), "it never rests: {state:?}");
    }
}

async fn transport_of(person: &Person, visit: &str) -> Transport {
    let visits = person.visits().await;
    visits.iter().find(|shown| shown.id == visit).expect("a visit that was called saved").transport.state
}

/// Whatever answers instead of the operator: registering waits for nothing, the person reads why it waits, and when the
/// network is good again everything is there once.
pub(super) async fn every_fault_of_the_network_is_explained_and_delays_nothing() {
    let dir = folder();
    let (operator, demo) = Operator::start_demo(&dir.path().join("operator"));
    let proxy = Proxy::open(operator.port()).await;
    let link = link_through(&proxy, &operator, &demo.person("specialist").person);
    let person = Person::ready(&dir.path().join("specialist"), &link).await;
    let child = person.children().await.remove(0).id;
    let mut saved = Vec::new();

    for (name, fault, code) in [
        ("too many requests", BUSY, ErrorCode::OperatorBusy),
        ("down", DOWN, ErrorCode::OperatorBusy),
        ("broken", BROKEN, ErrorCode::OperatorBusy),
        ("a captive portal's page", PORTAL, ErrorCode::SignInNeeded),
        ("a captive portal's redirect", REDIRECT, ErrorCode::SignInNeeded),
        ("cut on the way up", Fault::CutUp(300), ErrorCode::Offline),
        ("cut on the way down", Fault::CutDown(40), ErrorCode::Offline),
    ] {
        proxy.set(fault);
        let visit = person.visit(&[&child], None).await.expect("registering waits for no network");
        saved.push(visit.visits[0].id.clone());
        let state = sync_and_rest(&person).await;
        assert_eq!(state.error, Some(code), "{name}");
        assert!(state.waiting_count > 0 && state.refused_count == 0, "{name}: {state:?}");
        assert!(state.distrust.is_none(), "{name}: {state:?}");
    }

    // Retry-After: not even a new visit makes the device ask before that.
    proxy.set(BUSY);
    sync(&person).await;
    let (asked, connections) = (Instant::now(), proxy.connections());
    proxy.set(Fault::None);
    saved.push(person.visit(&[&child], None).await.expect("a visit").visits[0].id.clone());
    while proxy.connections() == connections {
        assert!(asked.elapsed() < Duration::from_secs(60), "the device never asks again by itself");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(asked.elapsed() >= Duration::from_secs(RETRY_AFTER_S - 1), "{:?}", asked.elapsed());

    // A line that takes everything and answers nothing, and one that takes nothing.
    for fault in [Fault::HalfOpen, Fault::Stall] {
        person.sync().await;
        proxy.set(fault);
        saved.push(person.visit(&[&child], None).await.expect("a visit").visits[0].id.clone());
        let waiting = tokio::time::timeout(Duration::from_secs(2), person.app.sync_now()).await;
        assert!(waiting.is_err(), "{fault:?}: nothing answers");
        saved.push(person.visit(&[&child], None).await.expect("it waits for nothing").visits[0].id.clone());
        proxy.set(Fault::None);
    }
    person.sync().await;
    proxy.set(SLOW);
    saved.push(person.visit(&[&child], None).await.expect("a visit").visits[0].id.clone());
    person.sync().await;
    proxy.set(Fault::None);

    for visit in &saved {
        assert_eq!(transport_of(&person, visit).await, Transport::Registered);
    }
    assert_eq!(registrations(&operator), saved.len(), "each exactly once");
}

/// One statement that nothing lets through delays no other, the person reads why, and it arrives when it can.
pub(super) async fn an_oversize_statement_delays_no_other() {
    let dir = folder();
    let (operator, demo) = Operator::start_demo(&dir.path().join("operator"));
    let proxy = Proxy::open(operator.port()).await;
    let link = link_through(&proxy, &operator, &demo.person("specialist").person);
    let person = Person::ready(&dir.path().join("specialist"), &link).await;
    let child = person.children().await.remove(0).id;

    proxy.set(SMALL_BODIES);
    let noted = person.visit(&[&child], Some(&long_note())).await.expect("a visit").visits[0].id.clone();
    let after = person.visit(&[&child], Some("Қысқа")).await.expect("a visit").visits[0].id.clone();
    for _ in 0..20 {
        if sync(&person).await.waiting_count == 0 {
            break;
        }
    }
    let state = sync(&person).await;
    assert_eq!((state.waiting_count, state.refused_count, state.error), (0, 1, None), "only the note stays");
    assert_eq!(transport_of(&person, &after).await, Transport::Registered, "what came after it is there");
    let shown = person.visits().await.into_iter().find(|visit| visit.id == noted).expect("the visit");
    assert_eq!(shown.transport.refusal, Some(RefusalCode::TooLarge), "and the person reads why: {shown:?}");

    proxy.set(Fault::None);
    person.sync().await;
    let state = sync(&person).await;
    assert_eq!((state.waiting_count, state.refused_count), (0, 0));
    assert_eq!(transport_of(&person, &noted).await, Transport::Registered);
    assert_eq!(registrations(&operator), 2);
    Operator::command(operator.dir(), &["doctor"]);
}

/// SIGKILL on both sides of a line that fails in every way: what was called saved is registered exactly once.
pub(super) async fn kills_and_a_bad_network_lose_and_double_nothing() {
    const ROUNDS: usize = 24;
    let faults = [
        Fault::None,
        SLOW,
        Fault::CutUp(900),
        Fault::CutDown(700),
        BUSY,
        Fault::HalfOpen,
        DOWN,
        Fault::Stall,
        Fault::CutUp(4_000),
        PORTAL,
        Fault::CutDown(60),
        REDIRECT,
        SMALL_BODIES,
    ];
    let dir = folder();
    let (mut operator, demo) = Operator::start_demo(&dir.path().join("operator"));
    let proxy = Proxy::open(operator.port()).await;
    let profile = dir.path().join("specialist");
    let link = link_through(&proxy, &operator, &demo.person("specialist").person);
    drop(Person::ready(&profile, &link).await);

    let (mut saved, mut random) = (Vec::new(), 0x00fa_0017_5eed_u64);
    for round in 0..ROUNDS {
        proxy.set(faults[round % faults.len()]);
        match round % 4 {
            1 => operator.kill(),
            _ => operator.restart(),
        }
        let after = Duration::from_millis(100 + next(&mut random) % 300);
        let profile = profile.clone();
        let said = tokio::task::spawn_blocking(move || run(&profile, 50, Some(after), None)).await;
        let said = said.expect("the run ends");
        assert!(said.open, "the account opens after every kill");
        saved.extend(said.saved);
    }
    proxy.set(Fault::None);
    operator.restart();
    let said = tokio::task::spawn_blocking(move || run(&profile, 1, None, None)).await.expect("the run ends");
    assert!(said.quiet, "at the end nothing waits, without anybody's help");
    saved.extend(said.saved);
    let total = saved.len();
    saved.sort();
    saved.dedup();
    assert!(
        saved.len() == total && total > 50,
        "there was something to lose, and nothing was saved twice: {total}"
    );
    assert!(registrations(&operator) >= total, "nothing is lost");
    Operator::command(operator.dir(), &["doctor"]);
    assert_eq!(registered_visits(&operator, &saved), total, "each is there exactly once");
}

/// How many of these visits the log registers; it registers no visit twice, reported or not.
fn registered_visits(operator: &Operator, visits: &[String]) -> usize {
    let out = operator.dir().join("exported-again");
    Operator::command(operator.dir(), &["export", "--out", out.to_str().expect("a readable path")]);
    let mut counts = std::collections::BTreeMap::<String, u32>::new();
    for (header, _) in super::exported_statements(&out) {
        if header.kind == domain::Kind::VisitRegistered {
            *counts.entry(header.subject.to_string()).or_default() += 1;
        }
    }
    assert!(
        counts.values().all(|count| *count == 1),
        "a visit of which nobody heard is registered twice: {counts:?}"
    );
    visits.iter().filter(|visit| counts.get(*visit) == Some(&1)).count()
}
