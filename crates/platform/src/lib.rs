//! The machine below the use cases: its clocks, its key store, its location service.
//!
//! Each module answers a port of [`client::ports`] or of `domain` with the system's own service, and with nothing
//! else: what the system cannot tell is reported as such, never guessed. Phones read their location in the shell
//! (`src-tauri`), because only there is the plugin's handle; everything else about them is here.
//!
//! | Module | Answers |
//! |---|---|
//! | [`clock`] | [`domain::Clock`], [`domain::Rng`] |
//! | [`device`] | [`client::ports::DeviceFacts`] |
//! | [`disk`] | [`client::ports::Disk`] |
//! | [`keyring`] | [`client::ports::SecretStore`] |
//! | [`location`] | [`client::ports::LocationSource`] of desktops |

pub mod clock;
pub mod device;
pub mod disk;
pub mod keyring;
pub mod location;

pub use clock::{SystemClock, SystemRng};
pub use disk::SystemDisk;
pub use keyring::SystemKeyring;
