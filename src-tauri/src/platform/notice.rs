//! Android's visible notice that the location window of a visit is open.
//!
//! With it the window goes on when the screen goes dark; without it (the system may refuse) the reading still goes
//! on as long as the application is in sight. The Kotlin side is `VisitWindowPlugin` in gen/android.

use serde::Serialize;
use tauri::plugin::{Builder, PluginHandle, TauriPlugin};
use tauri::{AppHandle, Manager, Wry};

/// The package and class of the other side.
const PACKAGE: &str = "kz.kte.esep";
const CLASS: &str = "VisitWindowPlugin";

/// How much later than the core's own end the notice closes itself, should nobody close it, milliseconds.
const GRACE_MS: u128 = 10_000;

struct Android(PluginHandle<Wry>);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Open {
    longest_ms: u64,
}

/// Makes the notice known to the app. The page has no permission for it.
pub(crate) fn init() -> TauriPlugin<Wry> {
    Builder::new("visit-window")
        .setup(|app, api| {
            app.manage(Android(api.register_android_plugin(PACKAGE, CLASS)?));
            Ok(())
        })
        .build()
}

/// A share in the open notice; it closes when the last of them is dropped (the other side counts), because windows
/// of two visits may overlap.
pub(super) struct Notice(AppHandle);

impl Notice {
    /// Shows it, if the system allows. Waits for the phone's main thread.
    pub(super) fn show(app: &AppHandle) -> Option<Self> {
        let longest_ms = u64::try_from(client::CAPTURE_WINDOW.as_millis() + GRACE_MS).ok()?;
        app.state::<Android>().0.run_mobile_plugin::<()>("open", Open { longest_ms }).ok()?;
        Some(Self(app.clone()))
    }
}

impl Drop for Notice {
    fn drop(&mut self) {
        let app = self.0.clone();
        std::thread::spawn(move || {
            // What was not closed closes itself.
            let _ = app.state::<Android>().0.run_mobile_plugin::<()>("close", ());
        });
    }
}
