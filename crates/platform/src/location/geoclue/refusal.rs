//! What an error of the service means for the person.

use domain::content::UnavailableReason;

const ACCESS_DENIED: &str = "org.freedesktop.DBus.Error.AccessDenied";

/// The reason behind an error.
///
/// GeoClue has one error name for three situations and tells them apart only in its text, which it does not
/// translate (`gclue-service-client.c`, the same words since 2.4). Text that is not known is a plain denial.
pub(super) fn reason(error: &zbus::Error) -> UnavailableReason {
    let (name, text) = match error {
        zbus::Error::MethodError(name, text, _) => (name.as_str(), text.as_deref().unwrap_or_default()),
        zbus::Error::FDO(error) => match error.as_ref() {
            zbus::fdo::Error::AccessDenied(text) => (ACCESS_DENIED, text.as_str()),
            _ => return UnavailableReason::Unsupported,
        },
        _ => return UnavailableReason::Unsupported,
    };
    match name {
        ACCESS_DENIED if text.contains("no agent") => UnavailableReason::NoAgent,
        ACCESS_DENIED if text.starts_with("Geolocation disabled") => UnavailableReason::Off,
        ACCESS_DENIED => UnavailableReason::Denied,
        _ => UnavailableReason::Unsupported,
    }
}
