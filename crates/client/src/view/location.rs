//! The outcome of a reading, as far as a reader may see it.

use domain::content::{LocationOutcome, UnavailableReason};
use domain::geo::Presence;

use crate::ipc::{LocationReadiness, LocationState, LocationView};

/// A reading of which nothing is known but its state.
pub(crate) fn without_outcome(state: LocationState) -> LocationView {
    LocationView {
        state,
        reason: None,
        latitude: None,
        longitude: None,
        accuracy_m: None,
        distance_m: None,
        presence: None,
        place_unknown: false,
    }
}

/// An outcome, with what it means for the place.
pub(crate) fn view(
    outcome: &LocationOutcome,
    distance_m: Option<u32>,
    presence: Option<Presence>,
) -> LocationView {
    match outcome {
        LocationOutcome::Unavailable(reason) => {
            LocationView { reason: Some((*reason).into()), ..without_outcome(LocationState::Unavailable) }
        }
        LocationOutcome::Fix(fix) => LocationView {
            latitude: Some(degrees(fix.lat_e7)),
            longitude: Some(degrees(fix.lon_e7)),
            // Rounded up, so that it never looks better than it was; 0 is what providers say when they do not know.
            accuracy_m: fix.accuracy_dm.filter(|&dm| dm > 0).map(|dm| dm.div_ceil(10)),
            distance_m,
            presence: presence.map(Into::into),
            ..without_outcome(LocationState::Fix)
        },
    }
}

/// What can be known without reading.
pub(crate) fn readiness(reason: Option<UnavailableReason>) -> LocationReadiness {
    LocationReadiness { ready: reason.is_none(), reason: reason.map(Into::into) }
}

/// 1e-7 degree as "51.16050": five digits are a metre, more would claim what no phone measures.
fn degrees(e7: i32) -> String {
    let rounded_e5 = (i64::from(e7.unsigned_abs()) + 50) / 100;
    let sign = if e7 < 0 && rounded_e5 > 0 { "-" } else { "" };
    format!("{sign}{}.{:05}", rounded_e5 / 100_000, rounded_e5 % 100_000)
}

#[cfg(test)]
mod tests {
    use domain::content::{Fix, FixSource};

    use super::*;

    #[test]
    fn degrees_are_rounded_and_keep_their_sign() {
        for (e7, text) in [
            (511_605_000, "51.16050"),
            (-511_605_049, "-51.16050"),
            (511_605_050, "51.16051"),
            (-5, "0.00000"),
            (-50, "-0.00001"),
            (i32::MIN, "-214.74836"),
        ] {
            assert_eq!(degrees(e7), text);
        }
    }

    #[test]
    fn unknown_accuracy_is_not_shown_as_perfect() {
        let fix = |accuracy_dm| {
            LocationOutcome::Fix(Fix {
                lat_e7: 1,
                lon_e7: 1,
                accuracy_dm,
                fixed_at_ms: None,
                source: FixSource::Unknown,
                mock: None,
            })
        };
        assert_eq!(view(&fix(Some(0)), None, None).accuracy_m, None);
        assert_eq!(view(&fix(Some(41)), None, None).accuracy_m, Some(5));
    }
}
