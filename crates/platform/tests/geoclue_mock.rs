//! What the real GeoClue cannot be brought to do, by a mock with its interfaces.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]
#![cfg(target_os = "linux")]

mod support {
    pub(crate) mod location;
}

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use client::ports::{LocationSource, Reading, VisitMoment};
use domain::content::{Fix, UnavailableReason};
use platform::location::geoclue::{Bus, GeoClue};
use support::location::LocationBus;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

/// Longer than any of these tests needs on a busy machine.
const AMPLE: Duration = Duration::from_secs(60);
/// Time enough for everything that a scenario reports by itself.
const BRIEF: Duration = Duration::from_secs(2);

fn source(address: &str) -> GeoClue {
    GeoClue::new(Bus::At(address.to_owned()), "kz.kte.esep")
}

fn begin(address: &str) -> (mpsc::Receiver<Reading>, JoinHandle<()>) {
    let (readings, received) = mpsc::channel(8);
    let source = source(address);
    (received, tokio::spawn(async move { source.read(&VisitMoment::for_tests(), readings).await }))
}

async fn ended(reading: JoinHandle<()>) {
    timeout(Duration::from_secs(10), reading).await.expect("it ends when nobody listens").unwrap();
}

/// Everything that a reading says until it ends by itself.
async fn whole(address: &str) -> Vec<Reading> {
    let (mut received, reading) = begin(address);
    let mut said = Vec::new();
    while let Some(one) = timeout(AMPLE, received.recv()).await.expect("it says something or ends") {
        said.push(one);
    }
    ended(reading).await;
    said
}

/// Everything that a reading says in a while, and that it does not end by itself.
async fn while_listening(address: &str) -> Vec<Reading> {
    let (mut received, reading) = begin(address);
    let mut said = Vec::new();
    let listen = async {
        while let Some(one) = received.recv().await {
            said.push(one);
        }
    };
    timeout(BRIEF, listen).await.expect_err("the use case ends the window, not the source");
    drop(received);
    ended(reading).await;
    said
}

#[tokio::test]
async fn each_reason_of_a_source_is_seen() {
    use UnavailableReason::{Denied, NoAgent, Off, Unsupported};

    let bus = LocationBus::start(&["mock"]);
    let mut seen = BTreeSet::new();
    // Scenario, reason, starts.
    for (scenario, reason, starts) in [
        ("denied", Denied, 1),
        ("disabled", Off, 1),
        ("off", Off, 1),
        ("no-agent", NoAgent, 0),
        ("refused-no-agent", NoAgent, 1),
    ] {
        bus.control(scenario);
        let (before, _) = bus.starts_and_stops();
        assert_eq!(whole(&bus.address).await, [Reading::Unavailable(reason)], "{scenario}");
        assert_eq!(bus.starts_and_stops(), (before + starts, before + starts), "{scenario}");
        seen.insert(reason);
    }
    let absent = LocationBus::start(&["absent"]);
    assert_eq!(whole(&absent.address).await, [Reading::Unavailable(Unsupported)]);
    seen.insert(Unsupported);

    // The others are found by the use case: before it asks, in what it hears, or after it was cut off.
    let elsewhere = [
        UnavailableReason::NoConsent,
        UnavailableReason::Timeout,
        UnavailableReason::Stale,
        UnavailableReason::NullIsland,
        UnavailableReason::Interrupted,
        UnavailableReason::AfterVisit,
    ];
    let expected: BTreeSet<_> =
        UnavailableReason::ALL.into_iter().filter(|reason| !elsewhere.contains(reason)).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn what_is_measured_is_passed_on_until_nobody_listens() {
    let bus = LocationBus::start(&["mock"]);
    for (number, (scenario, places)) in [
        ("fix", vec![(511_605_000, 714_704_000)]),
        ("stale-then-fresh", vec![(511_605_000, 714_704_000); 2]),
        ("null-island", vec![(0, 0)]),
        ("nonsense", vec![]),
        ("silent", vec![]),
        ("pending", vec![]),
    ]
    .into_iter()
    .enumerate()
    {
        bus.control(scenario);
        let fixes: Vec<Fix> = while_listening(&bus.address)
            .await
            .into_iter()
            .map(|reading| match reading {
                Reading::Fix { fix, .. } => fix,
                Reading::Unavailable(reason) => panic!("{scenario}: {reason:?}"),
            })
            .collect();
        let found: Vec<_> = fixes.iter().map(|fix| (fix.lat_e7, fix.lon_e7)).collect();
        assert_eq!(found, places, "{scenario}");
        assert!(fixes.iter().all(|fix| fix.accuracy_dm == Some(75)), "{scenario}: {fixes:?}");
        if let [old, fresh] = fixes.as_slice() {
            let between_ms = fresh.fixed_at_ms.unwrap() - old.fixed_at_ms.unwrap();
            assert!((3_600_000..3_700_000).contains(&between_ms), "{between_ms} ms");
        }
        assert_eq!(bus.starts_and_stops(), (number + 1, number + 1), "{scenario}");
    }
}

#[tokio::test]
async fn a_start_that_is_never_answered_can_be_abandoned() {
    let bus = LocationBus::start(&["mock", "--scenario", "pending"]);
    let (_received, reading) = begin(&bus.address);
    let patience = Instant::now() + AMPLE;
    while bus.count("Start") == 0 {
        assert!(Instant::now() < patience, "the client is started");
        sleep(Duration::from_millis(20)).await;
    }
    reading.abort();
    tokio::task::spawn_blocking(move || assert_eq!(bus.starts_and_stops(), (1, 1))).await.unwrap();
}

#[tokio::test]
async fn a_listener_who_has_gone_already_ends_it() {
    let bus = LocationBus::start(&["mock", "--scenario", "silent"]);
    let (received, reading) = begin(&bus.address);
    drop(received);
    ended(reading).await;
    let (starts, stops) = bus.starts_and_stops();
    assert_eq!(starts, stops);
}

#[tokio::test]
async fn readiness_tells_what_can_be_known_without_a_client() {
    let bus = LocationBus::start(&["mock", "--scenario", "off"]);
    assert_eq!(source(&bus.address).readiness().await, Some(UnavailableReason::Off));
    bus.control("fix");
    sleep(Duration::from_millis(500)).await;
    assert_eq!(source(&bus.address).readiness().await, None);
    assert_eq!(bus.starts_and_stops(), (0, 0));

    let absent = LocationBus::start(&["absent"]);
    assert_eq!(source(&absent.address).readiness().await, Some(UnavailableReason::Unsupported));
    let nowhere = "unix:path=/nonexistent/bus";
    assert_eq!(source(nowhere).readiness().await, Some(UnavailableReason::Unsupported));
    assert_eq!(whole(nowhere).await, [Reading::Unavailable(UnavailableReason::Unsupported)]);
}
