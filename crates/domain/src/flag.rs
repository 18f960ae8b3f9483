//! Reasons for a person to look at a visit. A flag never decides whether a visit counts; only `no-authority` keeps an
//! answer, a review or a fact of somebody who may not give it from counting (docs/PROTOCOL.md, 5 and 5.1).
//!
//! | Module | Holds |
//! |---|---|
//! | [`limit`] | every threshold with its reason |
//! | [`reading`] | two readings of one person: copied coordinates, a journey that nobody makes |
//! | [`stay`] | two visits of one specialist: at the same time, the same one twice |
//! | [`clock`] | two statements of one device: the clock was changed; one that came late |
//! | [`answer`] | answers of one representative: more than somebody reads |

pub mod answer;
pub mod clock;
pub mod limit;
pub mod reading;
pub mod stay;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::content::LocationOutcome;
use crate::geo::{Position, Presence};
use crate::visit::Confirmation;
use limit::LOW_ACCURACY_DM;

macro_rules! flags {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// Something about a visit or a statement that a person should look at.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Flag { $($(#[$doc])* $variant),+ }

        impl Flag {
            /// Every flag.
            pub const ALL: &'static [Flag] = &[$(Flag::$variant),+];

            /// The code in statements, SQL and on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Flag::$variant => $name),+ }
            }

            /// The flag of that code.
            pub fn parse(code: &str) -> Option<Self> {
                match code { $($name => Some(Flag::$variant),)+ _ => None }
            }
        }
    };
}

flags! {
    /// No position, and the visit says why.
    NoLocation = "no-location",
    /// The position is too coarse, or its accuracy is unknown.
    LowAccuracy = "low-accuracy",
    /// The position is away from the registered place.
    FarFromPlace = "far-from-place",
    /// The platform says that the position is simulated.
    MockLocation = "mock-location",
    /// Entered after the fact.
    LateEntry = "late-entry",
    /// The author was not in the child's care team.
    OutsideCareTeam = "outside-care-team",
    /// The author had no engagement with the organisation.
    OutsideEngagement = "outside-engagement",
    /// The author had not accepted the agreement in force.
    AgreementOutdated = "agreement-outdated",
    /// The author's key had been revoked when the statement arrived.
    KeyRevoked = "key-revoked",
    /// Who signed had no authority for this kind of statement.
    NoAuthority = "no-authority",
    /// Two statements claim the same place in a device's series.
    Fork = "fork",
    /// The statement names a log that this operator never had.
    SplitView = "split-view",
    /// The content could not be read, though the signature is right.
    UnreadableContent = "unreadable-content",
    /// A representative disputes the visit.
    Disputed = "disputed",
    /// No representative has answered.
    Unconfirmed = "unconfirmed",
    /// The statement is about something that the operator does not know.
    UnknownSubject = "unknown-subject",
    /// The times that the statement claims contradict each other, its checkpoint or the operator's clock.
    TimeInDoubt = "time-in-doubt",
    /// The same coordinates to the last digit as another reading of this person, or as the place's own.
    CopiedLocation = "copied-location",
    /// Too far from the reading before or after it for the time between them.
    ImpossibleTravel = "impossible-travel",
    /// The wall clock moved against the clock that counts sleep.
    ClockChanged = "clock-changed",
    /// The specialist was at two places at the same time.
    VisitsOverlap = "visits-overlap",
    /// The same child by the same specialist at the same time once more.
    DuplicateVisit = "duplicate-visit",
    /// Registered long after it was made.
    LateSync = "late-sync",
    /// The answer was signed on the device that registered the visit.
    OneDevice = "one-device",
    /// More answers of one person than somebody reads or has children.
    ManyAnswers = "many-answers",
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads a list of flags and leaves out those that this version does not know: a newer operator must not silence an
/// older device.
///
/// # Errors
/// Those of the deserialiser.
pub fn known<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Flag>, D::Error> {
    let codes = Vec::<String>::deserialize(deserializer)?;
    Ok(codes.iter().filter_map(|code| Flag::parse(code)).collect())
}

/// Flags that follow from the outcome of a specialist's reading alone.
///
/// A missing fix is flagged whatever its reason, also the one that belongs to a late answer of a representative: a
/// specialist's reading that was not due is none that is stated. Numbers that are no position are no fix, and an
/// accuracy of 0 is what providers answer that do not know it.
pub fn location_flags(outcome: &LocationOutcome, presence: Option<Presence>) -> Vec<Flag> {
    match outcome {
        LocationOutcome::Unavailable(_) => vec![Flag::NoLocation],
        LocationOutcome::Fix(fix) if Position::new(fix.lat_e7, fix.lon_e7).is_err() => vec![Flag::NoLocation],
        LocationOutcome::Fix(fix) => {
            let mut flags = Vec::new();
            if fix.accuracy_dm.is_none_or(|accuracy_dm| accuracy_dm == 0 || accuracy_dm > LOW_ACCURACY_DM) {
                flags.push(Flag::LowAccuracy);
            }
            if presence == Some(Presence::Outside) {
                flags.push(Flag::FarFromPlace);
            }
            if fix.mock == Some(true) {
                flags.push(Flag::MockLocation);
            }
            flags
        }
    }
}

/// The flag of how a visit stands: disputed, or unanswered for longer than [`limit::UNCONFIRMED_MS`].
pub fn standing(confirmation: Confirmation, started_at_ms: i64, now_ms: i64) -> Option<Flag> {
    match confirmation {
        Confirmation::Disputed => Some(Flag::Disputed),
        // An answer by a guest bears a flag of its own.
        Confirmation::Confirmed | Confirmation::ByGuest => None,
        Confirmation::None => {
            (now_ms.saturating_sub(started_at_ms) > limit::UNCONFIRMED_MS).then_some(Flag::Unconfirmed)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::{Fix, FixSource, UnavailableReason};

    fn fix(accuracy_dm: Option<u32>, mock: Option<bool>) -> LocationOutcome {
        LocationOutcome::Fix(Fix {
            lat_e7: 511_605_000,
            lon_e7: 714_704_000,
            accuracy_dm,
            fixed_at_ms: None,
            source: FixSource::Unknown,
            mock,
        })
    }

    #[test]
    fn unknown_accuracy_is_low_accuracy() {
        assert_eq!(location_flags(&fix(None, None), Some(Presence::Unknown)), [Flag::LowAccuracy]);
        assert_eq!(location_flags(&fix(Some(0), None), Some(Presence::Unknown)), [Flag::LowAccuracy]);
        assert_eq!(location_flags(&fix(Some(80), None), Some(Presence::Inside)), []);
    }

    #[test]
    fn no_reason_and_no_number_stands_silently_for_a_position() {
        for reason in UnavailableReason::ALL {
            let flags = location_flags(&LocationOutcome::Unavailable(reason), None);
            assert_eq!(flags, [Flag::NoLocation], "{reason:?}");
        }
        for (lat_e7, lon_e7) in [(0, 0), (900_000_001, 0), (0, i32::MIN)] {
            let LocationOutcome::Fix(good) = fix(Some(80), Some(true)) else { panic!("a fix") };
            let flags = location_flags(&LocationOutcome::Fix(Fix { lat_e7, lon_e7, ..good }), None);
            assert_eq!(flags, [Flag::NoLocation], "{lat_e7} {lon_e7}");
        }
    }

    #[test]
    fn a_week_without_an_answer_is_said() {
        let after = |confirmation, ms| standing(confirmation, 0, ms);
        assert_eq!(after(Confirmation::None, limit::UNCONFIRMED_MS), None);
        assert_eq!(after(Confirmation::None, limit::UNCONFIRMED_MS + 1), Some(Flag::Unconfirmed));
        assert_eq!(after(Confirmation::Confirmed, i64::MAX), None);
        assert_eq!(after(Confirmation::Disputed, 0), Some(Flag::Disputed));
    }

    #[test]
    fn far_and_simulated_are_both_said() {
        let flags = location_flags(&fix(Some(80), Some(true)), Some(Presence::Outside));
        assert_eq!(flags, [Flag::FarFromPlace, Flag::MockLocation]);
    }

    #[test]
    fn a_flag_of_a_newer_version_is_left_out() {
        #[derive(Deserialize)]
        struct Item {
            #[serde(deserialize_with = "known")]
            flags: Vec<Flag>,
        }
        let item: Item = serde_json::from_str(r#"{"flags": ["fork", "two-suns", "disputed"]}"#).unwrap();
        assert_eq!(item.flags, [Flag::Fork, Flag::Disputed]);
    }

    #[test]
    fn codes_go_there_and_back() {
        for &flag in Flag::ALL {
            assert_eq!(Flag::parse(flag.as_str()), Some(flag));
            assert_eq!(serde_json::to_string(&flag).unwrap(), format!("\"{flag}\""));
        }
    }
}
