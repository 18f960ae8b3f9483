//! What a phone says of a position besides the position: where it comes from, whether it is simulated, and how old it
//! is by the clock that counts sleep. `tauri-plugin-geolocation`, which asks for the permission, tells none of it, and
//! on Android it stops as soon as the screen goes dark.
//!
//! Only the core calls it; the page has no command. The Kotlin side is `android/`, the Swift side `ios/`. Both say the
//! same JSON ([`Report`]), which alone is compiled for a desktop, where nobody says it.
//!
//! # Invariants
//! Nothing is read before `PhoneLocation::watch` and nothing after `PhoneLocation::stop`; there is no call that
//! reads a position without a watch.

#[cfg(mobile)]
mod phone;
mod report;

#[cfg(mobile)]
pub use phone::{PhoneLocation, init};
pub use report::{Provider, Report, Sighting};
