//! The system's location service on desktops: GeoClue2 on Linux, Windows.Devices.Geolocation, CoreLocation on macOS.
//!
//! Each source reads only when it is given a [`client::ports::VisitMoment`], starts the system's client once for it
//! and stops it once, on every way out. It has no clock of its own: the use case ends the window by no longer listening
//! and judges what it heard. On phones the shell brings its own source,
//! around the guard in [`watch`].

#[cfg(target_os = "linux")]
pub mod geoclue;
#[cfg(target_os = "macos")]
pub mod macos;
#[cfg(windows)]
pub mod windows;

#[cfg(any(target_os = "linux", target_os = "macos", windows))]
mod measured;
pub mod watch;

/// The source of this desktop.
///
/// `desktop_id` is the name of the application's desktop file without its ending: GeoClue shows it to the person who
/// decides. Other systems know the application by themselves.
#[cfg(any(target_os = "linux", target_os = "macos", windows))]
pub fn system(desktop_id: &str) -> std::sync::Arc<dyn client::ports::LocationSource> {
    #[cfg(target_os = "linux")]
    return std::sync::Arc::new(geoclue::GeoClue::new(geoclue::Bus::System, desktop_id));
    #[cfg(not(target_os = "linux"))]
    {
        let _ = desktop_id;
        #[cfg(target_os = "macos")]
        return std::sync::Arc::new(macos::CoreLocation);
        #[cfg(windows)]
        return std::sync::Arc::new(windows::Geolocation);
    }
}
