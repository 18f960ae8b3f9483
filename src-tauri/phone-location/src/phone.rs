//! The way to the Kotlin and the Swift side.

use serde::Serialize;
use tauri::ipc::{Channel, InvokeResponseBody};
use tauri::plugin::{Builder, PluginHandle, TauriPlugin};
use tauri::{Manager, Runtime};

use crate::Report;

#[cfg(target_os = "ios")]
tauri::ios_plugin_binding!(init_plugin_phone_location);

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
