//! CoreLocation.
//!
//! # Source
//! <https://developer.apple.com/documentation/corelocation/cllocationmanager>. A manager reports to the run loop of
//! the thread that made it, so each reading has a thread with a run loop of its own, which lives as long as it does.
#![expect(unsafe_code, reason = "CoreLocation has no safe bindings; each call says why it is sound")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use async_trait::async_trait;
use client::ports::{LocationSource, Reading, VisitMoment};
use domain::content::{FixSource, UnavailableReason};
use objc2_core_location::{CLAuthorizationStatus, CLLocation, CLLocationManager, kCLLocationAccuracyBest};
use objc2_foundation::{NSDate, NSRunLoop};
use tokio::sync::mpsc;

use super::measured::Measured;

/// How long the run loop runs before the thread looks at what it brought.
const TURN: Duration = Duration::from_millis(200);

/// The location service of macOS.
#[derive(Debug, Clone, Copy)]
pub struct CoreLocation;

#[async_trait]
impl LocationSource for CoreLocation {
    /// Looks at the switch of the system and at the permission; asks the person nothing.
    async fn readiness(&self) -> Option<UnavailableReason> {
        // The system answers this one slowly and wants it off the main thread.
        let looked = tokio::task::spawn_blocking(|| {
            // SAFETY: a manager that is made, asked on the thread that made it and dropped there.
            let (is_on, status) = unsafe {
                (
                    CLLocationManager::locationServicesEnabled_class(),
                    CLLocationManager::new().authorizationStatus(),
                )
            };
            hindrance(is_on, status)
        });
        looked.await.ok().flatten()
    }

    async fn read(&self, _moment: &VisitMoment, readings: mpsc::Sender<Reading>) {
        let (tell, mut told) = mpsc::unbounded_channel();
        let stop = Stop(Arc::default());
        let is_over = Arc::clone(&stop.0);
        let started =
            thread::Builder::new().name("location".to_owned()).spawn(move || follow(&tell, &is_over));
        if started.is_err() {
            let _ = readings.send(Reading::Unavailable(UnavailableReason::Unsupported)).await;
            return;
        }
        let unavailable = tokio::select! {
            biased;
            () = readings.closed() => None,
            reason = pass_on(&mut told, &readings) => Some(reason),
        };
        drop(stop);
        // The thread lets go of its end after it has stopped the manager.
        while told.recv().await.is_some() {}
        if let Some(reason) = unavailable {
            let _ = readings.send(Reading::Unavailable(reason)).await;
        }
    }
}

/// Tells the thread to stop, also when the reading is cancelled.
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What the thread tells.
enum News {
    Measured(Measured),
    Unavailable(UnavailableReason),
}

async fn pass_on(
    told: &mut mpsc::UnboundedReceiver<News>,
    readings: &mpsc::Sender<Reading>,
) -> UnavailableReason {
    loop {
        match told.recv().await {
            Some(News::Measured(measured)) => {
                if let Some(reading) = measured.reading() {
                    let _ = readings.send(reading).await;
                }
            }
            Some(News::Unavailable(reason)) => return reason,
            None => return UnavailableReason::Unsupported,
        }
    }
}

/// The thread of one reading: one start, one stop.
fn follow(tell: &mpsc::UnboundedSender<News>, is_over: &AtomicBool) {
    // SAFETY: the manager is made, used and dropped on this thread only. It has no delegate that could outlive it.
    let manager = unsafe { CLLocationManager::new() };
    // SAFETY: as above; the constant is a static of the framework that is never written.
    unsafe {
        manager.setDesiredAccuracy(kCLLocationAccuracyBest);
        manager.requestWhenInUseAuthorization();
        manager.startUpdatingLocation();
    }
    let mut latest_ms = None;
    while !is_over.load(Ordering::Relaxed) {
        let until = NSDate::dateWithTimeIntervalSinceNow(TURN.as_secs_f64());
        NSRunLoop::currentRunLoop().runUntilDate(&until);
        // A run loop without sources returns at once.
        thread::sleep(TURN / 4);
        // SAFETY: as above.
        let (is_on, status, location) = unsafe {
            (
                CLLocationManager::locationServicesEnabled_class(),
                manager.authorizationStatus(),
                manager.location(),
            )
        };
        if let Some(reason) = hindrance(is_on, status) {
            let _ = tell.send(News::Unavailable(reason));
            break;
        }
        let Some(measured) = location.as_deref().and_then(measure) else { continue };
        if measured.taken_at_ms != latest_ms {
            latest_ms = measured.taken_at_ms;
            let _ = tell.send(News::Measured(measured));
        }
    }
    // SAFETY: as above.
    unsafe { manager.stopUpdatingLocation() };
}

/// A permission that nobody has decided yet stands in nobody's way: the person is being asked.
fn hindrance(is_on: bool, status: CLAuthorizationStatus) -> Option<UnavailableReason> {
    match status {
        _ if !is_on => Some(UnavailableReason::Off),
        CLAuthorizationStatus::Denied | CLAuthorizationStatus::Restricted => Some(UnavailableReason::Denied),
        _ => None,
    }
}

/// `None` for a location without a place: the system marks it by a negative radius.
fn measure(location: &CLLocation) -> Option<Measured> {
    // SAFETY: a location never changes; these are plain reads of it.
    let (place, radius, taken) =
        unsafe { (location.coordinate(), location.horizontalAccuracy(), location.timestamp()) };
    (radius >= 0.0).then(|| Measured {
        latitude: place.latitude,
        longitude: place.longitude,
        accuracy_m: radius,
        // `as` saturates; seconds since 1970 as a number with a fraction.
        taken_at_ms: Some((taken.timeIntervalSince1970() * 1000.0) as i64),
        source: FixSource::Unknown,
        mock: None,
    })
}
