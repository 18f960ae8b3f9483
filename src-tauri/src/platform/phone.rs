//! The phone's location through the plugin, called from Rust alone: the page has no permission for it.
//!
//! The plugin's defaults mean no timeout and any age, so every option is given. It tells neither where a position
//! comes from nor whether it is simulated, so both are recorded as unknown.

use std::sync::Arc;

use ::platform::location::watch;
use async_trait::async_trait;
use client::ports::{LocationSource, Reading, VisitMoment};
use domain::content::{Fix, FixSource, UnavailableReason};
use tauri::AppHandle;
use tauri::plugin::PermissionState;
use tauri_plugin_geolocation::{GeolocationExt as _, PermissionType, Position, PositionOptions, WatchEvent};
use tokio::sync::mpsc::{self, Sender};

/// How often a better position may come, milliseconds. The plugin calls it a timeout and uses it as the interval of
/// a watch.
const EVERY_MS: u32 = 1_000;

/// The service of Android or iOS.
pub(crate) struct PhoneLocation(AppHandle);

impl PhoneLocation {
    /// The service behind the app's plugin.
    pub(crate) fn new(app: AppHandle) -> Self {
        Self(app)
    }

    /// Calls into the plugin wait for the phone's main thread, so they run where blocking is allowed.
    async fn ask<T: Send + 'static>(
        &self,
        call: impl FnOnce(&AppHandle) -> T + Send + 'static,
    ) -> Result<T, UnavailableReason> {
        let app = self.0.clone();
        tokio::task::spawn_blocking(move || call(&app)).await.map_err(|_| UnavailableReason::Unsupported)
    }

    async fn permission(&self) -> Result<PermissionState, UnavailableReason> {
        // The plugin answers with an error exactly when the service is switched off.
        let status = self.ask(|app| app.geolocation().check_permissions()).await?;
        status.map(|status| status.location).map_err(|_| UnavailableReason::Off)
    }

    async fn obtain_permission(&self) -> Result<(), UnavailableReason> {
        let state = match self.permission().await? {
            PermissionState::Granted | PermissionState::Denied => self.permission().await?,
            // Asked here, at the visit that needs it, and nowhere else.
            _ => {
                let asked = self
                    .ask(|app| app.geolocation().request_permissions(Some(vec![PermissionType::Location])))
                    .await?;
                asked.map(|status| status.location).map_err(|_| UnavailableReason::Off)?
            }
        };
        if state == PermissionState::Granted { Ok(()) } else { Err(UnavailableReason::Denied) }
    }
}

#[async_trait]
impl LocationSource for PhoneLocation {
    async fn readiness(&self) -> Option<UnavailableReason> {
        match self.permission().await {
            Ok(PermissionState::Denied) => Some(UnavailableReason::Denied),
            Ok(_) => None,
            Err(reason) => Some(reason),
        }
    }

    async fn read(&self, _moment: &VisitMoment, readings: Sender<Reading>) {
        if let Err(reason) = self.obtain_permission().await {
            let _ = readings.send(Reading::Unavailable(reason)).await;
            return;
        }
        #[cfg(target_os = "android")]
        let _notice = self.ask(super::notice::Notice::show).await;
        let (events, mut reported) = mpsc::unbounded_channel();
        let events = Arc::new(events);
        let app = self.0.clone();
        // Ends on every way out, also when the reading is cancelled while it is starting.
        let watch = watch::start(move || {
            let options = PositionOptions { enable_high_accuracy: true, timeout: EVERY_MS, maximum_age: 0 };
            let started = app.geolocation().watch_position(options, move |event| {
                let _ = events.send(event);
            });
            started.ok().map(|id| {
                move || {
                    let _ = app.geolocation().clear_watch(id);
                }
            })
        })
        .await;
        let Some(_watch) = watch else {
            let _ = readings.send(Reading::Unavailable(UnavailableReason::Unsupported)).await;
            return;
        };
        loop {
            let event = tokio::select! {
                () = readings.closed() => return,
                event = reported.recv() => event,
            };
            let reading = match event {
                Some(WatchEvent::Position(position)) => fix(&position).map(Reading::Fix),
                // Most errors pass (no satellites yet); a refusal shows itself when asked for.
                Some(WatchEvent::Error(_)) => self.readiness().await.map(Reading::Unavailable),
                None => return,
            };
            if let Some(reading) = reading
                && readings.send(reading).await.is_err()
            {
                return;
            }
        }
    }
}

/// A position in the units of statements; nothing for what is no place on earth. (0, 0) goes on as it is, because
/// the core records it under its own reason.
fn fix(position: &Position) -> Option<Fix> {
    let coords = &position.coords;
    let (lat_e7, lon_e7) = match domain::geo::Position::from_degrees(coords.latitude, coords.longitude) {
        Ok(place) => (place.lat_e7(), place.lon_e7()),
        Err(domain::geo::PositionError::NullIsland) => (0, 0),
        Err(_) => return None,
    };
    // Negative and not-a-number mean unknown; saturating casts keep a huge circle huge.
    let accuracy_dm = (coords.accuracy > 0.0).then(|| (coords.accuracy * 10.0).ceil() as u32);
    let fixed_at_ms = i64::try_from(position.timestamp).ok().filter(|&at_ms| at_ms > 0);
    Some(Fix { lat_e7, lon_e7, accuracy_dm, fixed_at_ms, source: FixSource::Unknown, mock: None })
}
