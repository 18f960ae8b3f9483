//! What a phone says of a position besides the position: where it comes from, whether it is simulated, and how old it
//! is by the clock that counts sleep. `tauri-plugin-geolocation`, which asks for the permission, tells none of it, and
//! on Android it stops as soon as the screen goes dark.
//!
//! Only the core calls it; the page has no command. The Kotlin side is `android/`, the Swift side `ios/`. Both say the
//! same JSON ([`Report`]).
//!
//! # Invariants
//! Nothing is read before [`PhoneLocation::watch`] and nothing after [`PhoneLocation::stop`]; there is no call that
//! reads a position without a watch.
#![cfg(mobile)]

use serde::{Deserialize, Serialize};
use tauri::ipc::{Channel, InvokeResponseBody};
use tauri::plugin::{Builder, PluginHandle, TauriPlugin};
use tauri::{Manager, Runtime};

#[cfg(target_os = "ios")]
tauri::ios_plugin_binding!(init_plugin_phone_location);

/// A position as the system's provider reports it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sighting {
    /// Degrees north, WGS 84.
    pub latitude: f64,
    /// Degrees east, WGS 84.
    pub longitude: f64,
    /// Radius in which the phone is with a probability of 68 %, metres; absent when the provider does not know.
    pub accuracy_m: Option<f64>,
    /// The provider's time of the fix, UTC ms. Satellites know it without the phone's wall clock.
    pub fixed_at_ms: i64,
    /// How old the fix is by a clock that no setting changes, ms; absent where only the provider's time is known (iOS).
    pub age_ms: Option<u64>,
    /// Who found it.
    pub provider: Provider,
    /// Whether a program simulates it; absent where the system cannot tell (iOS before 15).
    pub mock: Option<bool>,
}

/// Who found a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// Satellites.
    Gnss,
    /// Cells and wireless networks.
    Network,
    /// A mixture, or the system does not say.
    #[serde(other)]
    Unknown,
}

/// What comes while a watch is open.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Report {
    /// A position.
    Fix(Sighting),
    /// None for now, or none any more: permission and service show why when they are asked for.
    Failed(String),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Watch {
    every_ms: u32,
    channel: Channel,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Stop {
    channel_id: u32,
}

/// The phone's providers.
pub struct PhoneLocation<R: Runtime>(PluginHandle<R>);

impl<R: Runtime> PhoneLocation<R> {
    /// Starts the providers and answers the id by which they are stopped. Waits for the phone's main thread.
    ///
    /// # Errors
    /// When no provider is switched on or the permission is missing.
    pub fn watch(
        &self,
        every_ms: u32,
        report: impl Fn(Report) + Send + Sync + 'static,
    ) -> Result<u32, String> {
        let channel = Channel::new(move |body| {
            let read = match body {
                InvokeResponseBody::Json(text) => {
                    serde_json::from_str(&text).map_err(|error| error.to_string())
                }
                InvokeResponseBody::Raw(_) => Err("bytes instead of a report".to_owned()),
            };
            report(read.unwrap_or_else(Report::Failed));
            Ok(())
        });
        let id = channel.id();
        let started = self.0.run_mobile_plugin::<()>("watch", Watch { every_ms, channel });
        started.map(|()| id).map_err(|error| error.to_string())
    }

    /// Stops a watch; one that is not there is stopped already. Waits for the phone's main thread.
    ///
    /// # Errors
    /// When the other side cannot be reached; it ends its watches with the activity.
    pub fn stop(&self, channel_id: u32) -> Result<(), String> {
        self.0.run_mobile_plugin::<()>("stop", Stop { channel_id }).map_err(|error| error.to_string())
    }
}

/// Makes [`PhoneLocation`] known to the app's state.
pub fn init<R: Runtime>() -> TauriPlugin<R> {
    Builder::new("phone-location")
        .setup(|app, api| {
            #[cfg(target_os = "android")]
            let handle = api.register_android_plugin("kz.kte.esep.location", "PhoneLocationPlugin")?;
            #[cfg(target_os = "ios")]
            let handle = api.register_ios_plugin(init_plugin_phone_location)?;
            app.manage(PhoneLocation(handle));
            Ok(())
        })
        .build()
}
