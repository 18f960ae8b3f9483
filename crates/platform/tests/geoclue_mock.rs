//! What the real GeoClue cannot be brought to do, by a mock with its interfaces.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]
#![cfg(target_os = "linux")]

mod support {
    pub(crate) mod location;
}

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use client::ports::{LocationSource, Reading, VisitMoment};
use domain::content::UnavailableReason;
use platform::SystemClock;
use platform::location::geoclue::{Bus, GeoClue};
use support::location::LocationBus;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

const AMPLE: Duration = Duration::from_secs(60);
const BRIEF: Duration = Duration::from_secs(3);

fn source(address: &str, window: Duration) -> GeoClue {
    let clock = Arc::new(SystemClock::open(tempfile::tempdir().unwrap().path()));
    GeoClue::new(Bus::At(address.to_owned()), clock, window, "kz.kte.esep")
}

/// Everything that a reading says, until it ends by itself.
async fn all(address: &str, window: Duration) -> Vec<Reading> {
    let (readings, mut received) = mpsc::channel(8);
    let source = source(address, window);
    let moment = VisitMoment::for_tests();
    let mut said = Vec::new();
    let listen = async {
        while let Some(reading) = received.recv().await {
            said.push(reading);
        }
    };
    timeout(AMPLE, async { tokio::join!(source.read(&moment, readings), listen) })
        .await
        .expect("it ends by itself");
    said
}

#[tokio::test]
async fn each_reason_of_a_source_is_seen() {
    use UnavailableReason::{Denied, NoAgent, NullIsland, Off, Stale, Timeout, Unsupported};

    let bus = LocationBus::start(&["mock"]);
    let mut seen = BTreeSet::new();
    // Scenario, window, reason, starts.
    for (scenario, window, reason, starts) in [
        ("denied", AMPLE, Denied, 1),
        ("disabled", AMPLE, Off, 1),
        ("off", AMPLE, Off, 1),
        ("no-agent", AMPLE, NoAgent, 0),
        ("refused-no-agent", AMPLE, NoAgent, 1),
        ("silent", BRIEF, Timeout, 1),
        ("pending", BRIEF, Timeout, 1),
        ("nonsense", BRIEF, Timeout, 1),
        ("stale", BRIEF, Stale, 1),
        ("null-island", BRIEF, NullIsland, 1),
    ] {
        bus.control(scenario);
        let (before, _) = bus.starts_and_stops();
        assert_eq!(all(&bus.address, window).await, [Reading::Unavailable(reason)], "{scenario}");
        assert_eq!(bus.starts_and_stops(), (before + starts, before + starts), "{scenario}");
        seen.insert(reason);
    }
    let absent = LocationBus::start(&["absent"]);
    assert_eq!(all(&absent.address, AMPLE).await, [Reading::Unavailable(Unsupported)]);
    seen.insert(Unsupported);

    // The others are known before a source is asked, or after it was cut off.
    let elsewhere =
        [UnavailableReason::NoConsent, UnavailableReason::Interrupted, UnavailableReason::AfterVisit];
    let expected: BTreeSet<_> =
        UnavailableReason::ALL.into_iter().filter(|reason| !elsewhere.contains(reason)).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_fresh_position_makes_up_for_a_stale_one() {
    let bus = LocationBus::start(&["mock", "--scenario", "stale-then-fresh"]);
    let said = all(&bus.address, BRIEF).await;
    let [Reading::Fix(fix)] = said.as_slice() else { panic!("one fix and no reason: {said:?}") };
    assert_eq!((fix.lat_e7, fix.lon_e7, fix.accuracy_dm), (511_605_000, 714_704_000, Some(75)));
    assert_eq!(bus.starts_and_stops(), (1, 1));
}

#[tokio::test]
async fn a_start_that_is_never_answered_can_be_abandoned() {
    let bus = LocationBus::start(&["mock", "--scenario", "pending"]);
    let (readings, received) = mpsc::channel(8);
    let source = source(&bus.address, AMPLE);
    let reading = tokio::spawn(async move { source.read(&VisitMoment::for_tests(), readings).await });
    let patience = Instant::now() + AMPLE;
    while bus.count("Start") == 0 {
        assert!(Instant::now() < patience, "the client is started");
        sleep(Duration::from_millis(20)).await;
    }
    drop(received);
    timeout(Duration::from_secs(10), reading).await.expect("it ends when nobody listens").unwrap();
    assert_eq!(bus.starts_and_stops(), (1, 1));
}

#[tokio::test]
async fn a_slow_listener_does_not_keep_the_client_running() {
    let bus = LocationBus::start(&["mock", "--scenario", "fix"]);
    let (readings, received) = mpsc::channel(1);
    readings.send(Reading::Unavailable(UnavailableReason::Timeout)).await.unwrap();
    let source = source(&bus.address, BRIEF);
    // The channel is full and nobody takes anything out of it.
    let reading = tokio::spawn(async move { source.read(&VisitMoment::for_tests(), readings).await });
    sleep(BRIEF).await;
    assert_eq!(bus.starts_and_stops(), (1, 1));
    drop(received);
    timeout(Duration::from_secs(10), reading).await.expect("it ends when nobody listens").unwrap();
}

#[tokio::test]
async fn readiness_tells_what_can_be_known_without_a_client() {
    let bus = LocationBus::start(&["mock", "--scenario", "off"]);
    assert_eq!(source(&bus.address, AMPLE).readiness().await, Some(UnavailableReason::Off));
    bus.control("fix");
    sleep(Duration::from_millis(500)).await;
    assert_eq!(source(&bus.address, AMPLE).readiness().await, None);
    assert_eq!(bus.starts_and_stops(), (0, 0));

    let absent = LocationBus::start(&["absent"]);
    assert_eq!(source(&absent.address, AMPLE).readiness().await, Some(UnavailableReason::Unsupported));
    let nowhere = "unix:path=/nonexistent/bus";
    assert_eq!(source(nowhere, AMPLE).readiness().await, Some(UnavailableReason::Unsupported));
    assert_eq!(all(nowhere, AMPLE).await, [Reading::Unavailable(UnavailableReason::Unsupported)]);
}
