//! Windows.Devices.Geolocation.
//!
//! # Source
//! <https://learn.microsoft.com/uwp/api/windows.devices.geolocation.geolocator>. A `Geolocator` works as long as
//! somebody is registered for its positions; so registering is the start and unregistering the stop.

use ::windows::Devices::Geolocation::{
    GeolocationAccessStatus, Geolocator, PositionAccuracy, PositionChangedEventArgs, PositionSource,
    PositionStatus, StatusChangedEventArgs,
};
use ::windows::Foundation::{DateTime, TypedEventHandler};
use ::windows::core::Result;
use async_trait::async_trait;
use client::ports::{LocationSource, Reading, VisitMoment};
use domain::content::{FixSource, UnavailableReason};
use tokio::sync::mpsc;

use super::measured::Measured;

/// The location service of Windows.
#[derive(Debug, Clone, Copy)]
pub struct Geolocation;

#[async_trait]
impl LocationSource for Geolocation {
    /// Looks at the switch of the system; asks the person nothing.
    async fn readiness(&self) -> Option<UnavailableReason> {
        match Geolocator::new().and_then(|locator| locator.LocationStatus()) {
            Ok(status) => hindrance(status),
            Err(_) => Some(UnavailableReason::Unsupported),
        }
    }

    async fn read(&self, _moment: &VisitMoment, readings: mpsc::Sender<Reading>) {
        let unavailable = tokio::select! {
            biased;
            () = readings.closed() => None,
            reason = follow(&readings) => Some(reason),
        };
        if let Some(reason) = unavailable {
            let _ = readings.send(Reading::Unavailable(reason)).await;
        }
    }
}

/// What the service tells, in the order in which it came.
enum News {
    Measured(Measured),
    Status(PositionStatus),
}

async fn follow(readings: &mpsc::Sender<Reading>) -> UnavailableReason {
    try_follow(readings).await.unwrap_or_else(|error| {
        tracing::info!(code = error.code().0, "the location service refused");
        UnavailableReason::Unsupported
    })
}

async fn try_follow(readings: &mpsc::Sender<Reading>) -> Result<UnavailableReason> {
    if Geolocator::RequestAccessAsync()?.await? == GeolocationAccessStatus::Denied {
        return Ok(UnavailableReason::Denied);
    }
    let (tell, mut told) = mpsc::unbounded_channel();
    // Stops when this future ends or is dropped.
    let _started = Started::start(tell)?;
    while let Some(news) = told.recv().await {
        match news {
            News::Measured(measured) => {
                if let Some(reading) = measured.reading() {
                    let _ = readings.send(reading).await;
                }
            }
            News::Status(status) => {
                if let Some(reason) = hindrance(status) {
                    return Ok(reason);
                }
            }
        }
    }
    Ok(UnavailableReason::Unsupported)
}

/// What a status stands in the way of; a service that is still starting stands in nobody's way.
fn hindrance(status: PositionStatus) -> Option<UnavailableReason> {
    match status {
        PositionStatus::Disabled => Some(UnavailableReason::Off),
        PositionStatus::NotAvailable => Some(UnavailableReason::Unsupported),
        _ => None,
    }
}

/// A locator that works, until this value ends.
struct Started {
    locator: Geolocator,
    positions: i64,
    statuses: Option<i64>,
}

impl Started {
    fn start(tell: mpsc::UnboundedSender<News>) -> Result<Self> {
        let locator = Geolocator::new()?;
        locator.SetDesiredAccuracy(PositionAccuracy::High)?;
        let tell_position = tell.clone();
        let positions = locator.PositionChanged(
            &TypedEventHandler::<Geolocator, PositionChangedEventArgs>::new(move |_, news| {
                if let Some(measured) = news.as_ref().and_then(|news| measure(news).ok()) {
                    // A reading that has ended needs no more positions.
                    let _ = tell_position.send(News::Measured(measured));
                }
                Ok(())
            }),
        )?;
        let mut started = Self { locator, positions, statuses: None };
        started.statuses = Some(started.locator.StatusChanged(&TypedEventHandler::<
            Geolocator,
            StatusChangedEventArgs,
        >::new(move |_, news| {
            if let Some(Ok(status)) = news.as_ref().map(StatusChangedEventArgs::Status) {
                let _ = tell.send(News::Status(status));
            }
            Ok(())
        }))?);
        Ok(started)
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let stopped = self.locator.RemovePositionChanged(self.positions);
        let quiet = self.statuses.map_or(Ok(()), |token| self.locator.RemoveStatusChanged(token));
        if let Err(error) = stopped.and(quiet) {
            tracing::warn!(code = error.code().0, "the location service did not confirm its stop");
        }
    }
}

fn measure(news: &PositionChangedEventArgs) -> Result<Measured> {
    let coordinate = news.Position()?.Coordinate()?;
    let place = coordinate.Point()?.Position()?;
    Ok(Measured {
        latitude: place.Latitude,
        longitude: place.Longitude,
        accuracy_m: coordinate.Accuracy().unwrap_or(f64::NAN),
        taken_at_ms: coordinate.Timestamp().ok().map(utc_ms),
        source: coordinate.PositionSource().map_or(FixSource::Unknown, source),
        mock: None,
    })
}

fn source(source: PositionSource) -> FixSource {
    match source {
        PositionSource::Satellite => FixSource::Gnss,
        PositionSource::Cellular | PositionSource::WiFi | PositionSource::IPAddress => FixSource::Network,
        _ => FixSource::Unknown,
    }
}

/// Windows counts steps of 100 ns since 1601.
fn utc_ms(time: DateTime) -> i64 {
    const FROM_1601_TO_1970_MS: i64 = 11_644_473_600_000;
    time.UniversalTime / 10_000 - FROM_1601_TO_1970_MS
}
