//! The system's location service on desktops: GeoClue2 on Linux, Windows.Devices.Geolocation, CoreLocation on macOS.
//!
//! Each source reads only when it is given a [`client::ports::VisitMoment`], starts the system's client once for it
//! and stops it once, on every way out. On phones the shell brings its own source.

#[cfg(target_os = "linux")]
pub mod geoclue;
#[cfg(target_os = "macos")]
pub mod macos;
#[cfg(windows)]
pub mod windows;

#[cfg(any(target_os = "linux", target_os = "macos", windows))]
mod measured;
#[cfg(any(target_os = "linux", target_os = "macos", windows))]
mod window;

#[cfg(any(target_os = "linux", target_os = "macos", windows))]
use std::{sync::Arc, time::Duration};

/// The source of this desktop.
///
/// `window` is how long the use case waits for a fix; the source gives its reason shortly before it is over.
/// `desktop_id` is the name of the application's desktop file without its ending (GeoClue shows it to the person
/// who decides); other systems do not use it.
#[cfg(any(target_os = "linux", target_os = "macos", windows))]
pub fn system(
    clock: Arc<dyn domain::Clock>,
    window: Duration,
    desktop_id: &str,
) -> Arc<dyn client::ports::LocationSource> {
    #[cfg(target_os = "linux")]
    return Arc::new(geoclue::GeoClue::new(geoclue::Bus::System, clock, window, desktop_id));
    #[cfg(target_os = "macos")]
    {
        let _ = desktop_id;
        Arc::new(macos::CoreLocation::new(clock, window))
    }
    #[cfg(windows)]
    {
        let _ = desktop_id;
        Arc::new(windows::Geolocation::new(clock, window))
    }
}
