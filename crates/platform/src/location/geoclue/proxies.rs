//! The part of GeoClue's interfaces that is used.

use zbus::zvariant::{ObjectPath, OwnedObjectPath};

/// The service's name on the bus.
pub(super) const SERVICE: &str = "org.freedesktop.GeoClue2";

/// The interface of a location object.
pub(super) const LOCATION: &str = "org.freedesktop.GeoClue2.Location";

/// The accuracy asked for: exact, the highest of `GClueAccuracyLevel`.
pub(super) const EXACT: u32 = 8;

#[zbus::proxy(
    interface = "org.freedesktop.GeoClue2.Manager",
    default_service = "org.freedesktop.GeoClue2",
    default_path = "/org/freedesktop/GeoClue2/Manager",
    gen_blocking = false
)]
pub(super) trait Manager {
    fn get_client(&self) -> zbus::Result<OwnedObjectPath>;
    fn delete_client(&self, client: &ObjectPath<'_>) -> zbus::Result<()>;

    /// Changes with the sources that the device has at the moment; asked anew each time.
    #[zbus(property(emits_changed_signal = "false"))]
    fn available_accuracy_level(&self) -> zbus::Result<u32>;
}

#[zbus::proxy(
    interface = "org.freedesktop.GeoClue2.Client",
    default_service = "org.freedesktop.GeoClue2",
    gen_blocking = false
)]
pub(super) trait Client {
    fn start(&self) -> zbus::Result<()>;
    fn stop(&self) -> zbus::Result<()>;

    #[zbus(property)]
    fn set_desktop_id(&self, id: &str) -> zbus::Result<()>;
    #[zbus(property)]
    fn set_requested_accuracy_level(&self, level: u32) -> zbus::Result<()>;

    #[zbus(signal)]
    fn location_updated(&self, old: ObjectPath<'_>, new: ObjectPath<'_>) -> zbus::Result<()>;
}
