//! The Tauri shell: one window, thin commands, and the machine behind the ports of `client`.
//!
//! It must not decide anything: each command parses, makes one call and maps the error.
//!
//! | Module | Holds |
//! |---|---|
//! | `commands` | one file for each feature; one function for each command of `client::ipc` |
//! | `events` | what the core tells the page |
//! | `platform` | location and files to take away: the desktop's way, or the phone's through plugins |
//! | `profile` | where this run keeps its files |
//! | `window` | the one window |

mod automation;
mod commands;
mod events;
mod platform;
mod profile;
mod window;

use std::error::Error;
use std::sync::Arc;

use client::App;
use client::ports::Ports;
use tauri::{Manager, RunEvent};

/// Runs the app until its window is closed.
#[cfg_attr(mobile, tauri::mobile_entry_point)]
pub fn run() {
    automation::forbid();
    let builder = tauri::Builder::default();
    #[cfg(mobile)]
    let builder = builder
        .plugin(tauri_plugin_geolocation::init())
        .plugin(tauri_plugin_barcode_scanner::init())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_fs::init())
        .plugin(phone_location::init());
    #[cfg(target_os = "android")]
    let builder = builder.plugin(platform::notice::init());
    let app = builder
        .invoke_handler(commands::handler())
        .setup(|app| start(app))
        .build(tauri::generate_context!())
        .expect("the configuration was checked when the app was built");
    app.run(|handle, event| {
        if let RunEvent::WindowEvent { event, .. } = &event {
            window::follow(handle, event);
        }
    });
}

/// Puts the machine together, then opens the window.
fn start(app: &mut tauri::App) -> Result<(), Box<dyn Error>> {
    let profile = profile::folder(app.handle())?;
    let rng = Arc::new(platform::SystemRng);
    let secrets = platform::SystemKeyring::for_profile(&client::profile_id(&profile, &*rng)?);
    let clock = Arc::new(platform::SystemClock::open(&profile));
    let ports = Ports {
        location: platform::location(app.handle()),
        secrets: Arc::new(secrets),
        disk: Arc::new(platform::SystemDisk),
        events: Arc::new(events::Page::new(app.handle().clone())),
        facts: platform::facts(env!("CARGO_PKG_VERSION")),
        profile,
        clock,
        rng,
    };
    app.manage(App::new(ports));
    window::open(app.handle())?;
    Ok(())
}
