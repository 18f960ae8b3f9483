//! The machine: everything of crate `platform`, and the phones' location, which only the shell can reach.

#[cfg(target_os = "android")]
pub(crate) mod notice;
pub(crate) mod outgoing;
#[cfg(mobile)]
mod phone;

use std::sync::Arc;

use client::ports::{DeviceFacts, LocationSource};
use tauri::AppHandle;

pub(crate) use ::platform::{SystemClock, SystemDisk, SystemKeyring, SystemRng};

/// What kind of device this is.
pub(crate) fn facts(app_version: &'static str) -> DeviceFacts {
    ::platform::device::facts(app_version)
}

/// The desktop's location service.
#[cfg(desktop)]
pub(crate) fn location(app: &AppHandle) -> Arc<dyn LocationSource> {
    ::platform::location::system(&app.config().identifier)
}

/// The phone's location service.
#[cfg(mobile)]
pub(crate) fn location(app: &AppHandle) -> Arc<dyn LocationSource> {
    Arc::new(phone::PhoneService::new(app.clone()))
}
