//! [`platform::location::geoclue::GeoClue`] with the real service on a bus of its own, watched by a monitor.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]
#![cfg(target_os = "linux")]

mod support {
    pub(crate) mod location;
}

use std::process::Command;
use std::time::{Duration, Instant};

use client::ports::{LocationSource, Reading, VisitMoment};
use domain::Clock;
use domain::content::{Fix, FixSource, UnavailableReason};
use platform::SystemClock;
use platform::location::geoclue::{Bus, GeoClue};
use support::location::{LocationBus, harness};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Longer than any of these tests needs on a busy machine; it ends with the first reading.
const AMPLE: Duration = Duration::from_secs(60);

fn source(bus: &LocationBus) -> GeoClue {
    GeoClue::new(Bus::At(bus.address.clone()), "kz.kte.esep")
}

/// Begins a reading as the use case does: it listens, and stops listening when it has what it wants.
fn begin(bus: &LocationBus) -> (mpsc::Receiver<Reading>, JoinHandle<()>) {
    let (readings, received) = mpsc::channel(8);
    let source = source(bus);
    (received, tokio::spawn(async move { source.read(&VisitMoment::for_tests(), readings).await }))
}

async fn first(received: &mut mpsc::Receiver<Reading>) -> Option<Reading> {
    timeout(AMPLE, received.recv()).await.expect("the source says something or ends")
}

async fn ended(reading: JoinHandle<()>) {
    timeout(Duration::from_secs(10), reading).await.expect("it ends when nobody listens").unwrap();
}

fn fix(reading: Option<Reading>) -> Fix {
    match reading {
        Some(Reading::Fix { fix, .. }) => fix,
        other => panic!("no fix: {other:?}"),
    }
}

async fn refused(bus: &LocationBus) -> UnavailableReason {
    let (mut received, reading) = begin(bus);
    let reason = match first(&mut received).await {
        Some(Reading::Unavailable(reason)) => reason,
        other => panic!("no reason: {other:?}"),
    };
    assert_eq!(first(&mut received).await, None, "nothing more can come");
    ended(reading).await;
    reason
}

#[tokio::test]
async fn a_fix_is_one_start_and_one_stop() {
    let bus = LocationBus::start(&["real", "--place", "51.1605 71.4704 4 0"]);
    let before_ms = SystemClock::open(tempfile::tempdir().unwrap().path()).utc_ms();
    let (mut received, reading) = begin(&bus);
    let fix = fix(first(&mut received).await);
    drop(received);
    ended(reading).await;

    assert!((fix.lat_e7 - 511_605_000).abs() <= 10 && (fix.lon_e7 - 714_704_000).abs() <= 10, "{fix:?}");
    assert_eq!(fix.accuracy_dm, Some(30));
    assert_eq!((fix.source, fix.mock), (FixSource::Unknown, None));
    let age_ms = before_ms - fix.fixed_at_ms.expect("GeoClue tells the time of a satellite fix");
    assert!(age_ms.abs() < 60_000, "{age_ms} ms");
    assert_eq!(bus.starts_and_stops(), (1, 1));
}

/// Starts the test that calls this once more, as the only one of its process, with the environment of a bus of its own.
fn repeat_beside(arguments: &[&str], test: &str) {
    let output = Command::new("/usr/bin/python3")
        .arg(harness())
        .args(arguments)
        .arg("--")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// As the product makes it: the bus is the one that the environment of the process names.
#[tokio::test]
async fn the_source_of_the_product_finds_the_system_bus() {
    if std::env::var_os("ESEP_LOCATION_CALLS").is_none() {
        return repeat_beside(&["real"], "the_source_of_the_product_finds_the_system_bus");
    }
    let source = platform::location::system("kz.kte.esep");
    assert_eq!(source.readiness().await, None);
    let (readings, mut received) = mpsc::channel(8);
    let reading = tokio::spawn(async move { source.read(&VisitMoment::for_tests(), readings).await });
    assert_eq!(fix(first(&mut received).await).lat_e7 / 100_000, 5_116);
    drop(received);
    ended(reading).await;
}

#[tokio::test]
async fn better_readings_follow_until_nobody_listens() {
    let bus = LocationBus::start(&["real", "--place", "51.1605 71.4704 15 0"]);
    let (mut received, reading) = begin(&bus);
    assert_eq!(fix(first(&mut received).await).accuracy_dm, Some(1000));
    bus.control("51.1605 71.4704 4 0");
    while fix(first(&mut received).await).accuracy_dm != Some(30) {}
    drop(received);
    ended(reading).await;
    assert_eq!(bus.starts_and_stops(), (1, 1));
}

#[tokio::test]
async fn asking_for_readiness_starts_nothing() {
    let bus = LocationBus::start(&["real"]);
    for _ in 0..3 {
        assert_eq!(source(&bus).readiness().await, None);
    }
    assert_eq!(bus.starts_and_stops(), (0, 0));
}

#[tokio::test]
async fn each_reading_is_a_start_and_a_stop_of_its_own() {
    let bus = LocationBus::start(&["real"]);
    for number in 1..=3 {
        let (mut received, reading) = begin(&bus);
        fix(first(&mut received).await);
        drop(received);
        ended(reading).await;
        assert_eq!(bus.starts_and_stops(), (number, number));
    }
}

#[tokio::test]
async fn an_abandoned_reading_is_stopped_as_well() {
    let bus = LocationBus::start(&["real", "--place", "silent"]);
    let (_received, reading) = begin(&bus);
    let patience = Instant::now() + AMPLE;
    while bus.count("Start") == 0 {
        assert!(Instant::now() < patience, "the client is started");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    reading.abort();
    tokio::task::spawn_blocking(move || assert_eq!(bus.starts_and_stops(), (1, 1))).await.unwrap();
}

#[tokio::test]
async fn an_accuracy_that_geoclue_does_not_know_is_absent() {
    let bus = LocationBus::start(&["real", "--place", "43.2389 76.8897 0.9 0"]);
    let (mut received, _reading) = begin(&bus);
    assert_eq!(fix(first(&mut received).await).accuracy_dm, None);
}

#[tokio::test]
async fn a_receiver_without_sky_is_waited_for() {
    let bus = LocationBus::start(&["real", "--place", "silent"]);
    let (mut received, reading) = begin(&bus);
    // Longer than it takes to notice that there is no source at all.
    timeout(Duration::from_secs(8), received.recv())
        .await
        .expect_err("the use case ends the window, not the source");
    bus.control("51.1605 71.4704 4 0");
    fix(first(&mut received).await);
    drop(received);
    ended(reading).await;
    assert_eq!(bus.starts_and_stops(), (1, 1));
}

#[tokio::test]
async fn zero_and_zero_comes_as_it_is() {
    let bus = LocationBus::start(&["real", "--place", "0 0 4 0"]);
    let (mut received, _reading) = begin(&bus);
    let fix = fix(first(&mut received).await);
    assert_eq!((fix.lat_e7, fix.lon_e7), (0, 0), "the use case knows that this is null island");
}

#[tokio::test]
async fn location_switched_off_by_the_person_is_off() {
    let bus = LocationBus::start(&["real", "--agent-level", "0"]);
    assert_eq!(refused(&bus).await, UnavailableReason::Off);
    assert_eq!(bus.starts_and_stops(), (1, 1));
}

#[tokio::test]
async fn nobody_to_ask_is_told_after_five_seconds() {
    let bus = LocationBus::start(&["real", "--no-agent"]);
    let began = Instant::now();
    assert_eq!(refused(&bus).await, UnavailableReason::NoAgent);
    assert!((5..15).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert_eq!(bus.starts_and_stops(), (0, 0), "without a client there is nothing to start");
}
