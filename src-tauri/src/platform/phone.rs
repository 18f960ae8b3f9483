//! The phone's location, called from Rust alone: the page has no permission for it.
//!
//! `phone-location` reads, because it says where a position comes from, whether it is simulated and how old it is, and
//! goes on when the screen goes dark. `tauri-plugin-geolocation` asks for the permission and steps in where the
//! providers cannot be reached; its defaults mean no timeout and any age, so every option is given.

use std::sync::Arc;

use ::platform::location::watch;
use async_trait::async_trait;
use client::ports::{LocationSource, Reading, VisitMoment};
use domain::content::{Fix, FixSource, UnavailableReason};
use phone_location::{PhoneLocation, Provider, Report, Sighting};
use tauri::plugin::PermissionState;
use tauri::{AppHandle, Manager as _, Wry};
use tauri_plugin_geolocation::{
    Coordinates, GeolocationExt as _, PermissionType, Position, PositionOptions, WatchEvent,
};
use tokio::sync::mpsc::{self, Sender, UnboundedSender};

/// How often a better position may come, milliseconds. The geolocation plugin calls it a timeout and uses it as the
/// interval of a watch.
const EVERY_MS: u32 = 1_000;

/// The service of Android or iOS.
pub(crate) struct PhoneService(AppHandle);

impl PhoneService {
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
impl LocationSource for PhoneService {
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
        let app = self.0.clone();
        // Ends on every way out, also when the reading is cancelled while it is starting.
        let Some(_watch) = watch::start(move || begin(&app, events)).await else {
            let _ = readings.send(Reading::Unavailable(UnavailableReason::Unsupported)).await;
            return;
        };
        loop {
            let report = tokio::select! {
                () = readings.closed() => return,
                report = reported.recv() => report,
            };
            let reading = match report {
                Some(Report::Fix(sighting)) => reading(&sighting),
                // Most errors pass (no satellites yet); a refusal shows itself when asked for.
                Some(Report::Failed(_)) => self.readiness().await.map(Reading::Unavailable),
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

/// Starts the phone's providers and answers how to stop them; where that fails, the service of the plugin, which says
/// less of a position.
fn begin(app: &AppHandle, events: UnboundedSender<Report>) -> Option<Box<dyn FnOnce() + Send>> {
    let (events, stopping) = (Arc::new(events), app.clone());
    let own = Arc::clone(&events);
    let started = app.state::<PhoneLocation<Wry>>().watch(EVERY_MS, move |report| {
        let _ = own.send(report);
    });
    if let Ok(id) = started {
        return Some(Box::new(move || {
            let _ = stopping.state::<PhoneLocation<Wry>>().stop(id);
        }));
    }
    let options = PositionOptions { enable_high_accuracy: true, timeout: EVERY_MS, maximum_age: 0 };
    let started = app.geolocation().watch_position(options, move |event| {
        let _ = events.send(match event {
            WatchEvent::Position(position) => Report::Fix(sighting(&position)),
            WatchEvent::Error(error) => Report::Failed(error),
        });
    });
    let id = started.ok()?;
    Some(Box::new(move || {
        let _ = stopping.geolocation().clear_watch(id);
    }))
}

/// What the plugin says, which is neither where the position comes from nor whether it is simulated.
fn sighting(position: &Position) -> Sighting {
    let Coordinates { latitude, longitude, accuracy, .. } = position.coords;
    Sighting {
        latitude,
        longitude,
        accuracy_m: Some(accuracy),
        fixed_at_ms: i64::try_from(position.timestamp).unwrap_or_default(),
        age_ms: None,
        provider: Provider::Unknown,
        mock: None,
    }
}

/// A position in the units of statements; nothing for what is no place on earth. (0, 0) goes on as it is, because
/// the core records it under its own reason.
fn reading(sighting: &Sighting) -> Option<Reading> {
    let (lat_e7, lon_e7) = match domain::geo::Position::from_degrees(sighting.latitude, sighting.longitude) {
        Ok(place) => (place.lat_e7(), place.lon_e7()),
        Err(domain::geo::PositionError::NullIsland) => (0, 0),
        Err(_) => return None,
    };
    // Negative and not-a-number mean unknown; saturating casts keep a huge circle huge.
    let accuracy_m = sighting.accuracy_m.filter(|&accuracy_m| accuracy_m > 0.0);
    let source = match sighting.provider {
        Provider::Gnss => FixSource::Gnss,
        Provider::Network => FixSource::Network,
        Provider::Unknown => FixSource::Unknown,
    };
    let fix = Fix {
        lat_e7,
        lon_e7,
        accuracy_dm: accuracy_m.map(|accuracy_m| (accuracy_m * 10.0).ceil() as u32),
        fixed_at_ms: Some(sighting.fixed_at_ms).filter(|&at_ms| at_ms > 0),
        source,
        mock: sighting.mock,
    };
    Some(Reading::Fix { fix, age_ms: sighting.age_ms })
}
