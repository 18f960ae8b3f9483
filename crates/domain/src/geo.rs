//! Positions on the earth in whole numbers, the distance between two, and whether a visit was at its place.
//!
//! # Units
//! `*_e7` is 1e-7 degree (about 11 mm), `*_dm` decimetres, `*_m` metres. Signed content holds no floats; they
//! appear here only inside a calculation.

use serde::{Deserialize, Serialize};

/// 1e-7 degrees in a degree.
const E7: f64 = 1e7;

/// Mean radius of the earth in metres (IUGG R1 of GRS 80).
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Within how many metres of a place a visit counts as being there, where the place does not say otherwise.
pub const DEFAULT_RADIUS_M: u32 = 150;

/// The worst accuracy that can still prove presence, whatever the radius of the place: 500 m.
///
/// Coarser readings come from cell towers and can be wrong by more than they state.
pub const COARSEST_PROOF_DM: u32 = 5_000;

/// A point on the earth that somebody measured or wrote down.
///
/// # Invariants
/// Latitude within ±90°, longitude within ±180°, and never (0, 0): that is what broken providers answer when they
/// know nothing. There is no `Default`, so no measurement can appear out of nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Coordinates", into = "Coordinates")]
pub struct Position {
    lat_e7: i32,
    lon_e7: i32,
}

/// Why two numbers are not a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PositionError {
    /// Latitude beyond ±90° or not a number.
    #[error("the latitude is outside -90..90 degrees")]
    LatitudeRange,
    /// Longitude beyond ±180° or not a number.
    #[error("the longitude is outside -180..180 degrees")]
    LongitudeRange,
    /// Exactly (0, 0) after rounding.
    #[error("(0, 0) is the answer of a provider that knows nothing")]
    NullIsland,
}

/// The serialised form of [`Position`], before its ranges were checked.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Coordinates {
    lat_e7: i32,
    lon_e7: i32,
}

impl TryFrom<Coordinates> for Position {
    type Error = PositionError;

    fn try_from(raw: Coordinates) -> Result<Self, PositionError> {
        Position::new(raw.lat_e7, raw.lon_e7)
    }
}

impl From<Position> for Coordinates {
    fn from(position: Position) -> Self {
        Coordinates { lat_e7: position.lat_e7, lon_e7: position.lon_e7 }
    }
}

impl std::fmt::Debug for Position {
    /// Coordinates of a home are personal: they never reach a log through `{:?}`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Position([sensitive])")
    }
}

impl Position {
    /// A position from latitude and longitude in 1e-7 degree.
    ///
    /// # Errors
    /// [`PositionError`] by the first rule that is broken.
    pub fn new(lat_e7: i32, lon_e7: i32) -> Result<Self, PositionError> {
        if !(-900_000_000..=900_000_000).contains(&lat_e7) {
            return Err(PositionError::LatitudeRange);
        }
        if !(-1_800_000_000..=1_800_000_000).contains(&lon_e7) {
            return Err(PositionError::LongitudeRange);
        }
        if (lat_e7, lon_e7) == (0, 0) {
            return Err(PositionError::NullIsland);
        }
        Ok(Self { lat_e7, lon_e7 })
    }

    /// A position from the degrees that a platform's location service gives, rounded to 1e-7 degree.
    ///
    /// # Errors
    /// [`PositionError`] by the first rule that is broken; a number that is not finite is out of range.
    pub fn from_degrees(lat_deg: f64, lon_deg: f64) -> Result<Self, PositionError> {
        // The comparison is written so that NaN fails it; afterwards the rounded value fits an i32.
        if !(-90.0..=90.0).contains(&lat_deg) {
            return Err(PositionError::LatitudeRange);
        }
        if !(-180.0..=180.0).contains(&lon_deg) {
            return Err(PositionError::LongitudeRange);
        }
        Self::new((lat_deg * E7).round() as i32, (lon_deg * E7).round() as i32)
    }

    /// Latitude in 1e-7 degree.
    pub const fn lat_e7(self) -> i32 {
        self.lat_e7
    }

    /// Longitude in 1e-7 degree.
    pub const fn lon_e7(self) -> i32 {
        self.lon_e7
    }

    /// Whether it lies in the box 40.5..55.5 N, 46.4..87.4 E that holds all of Kazakhstan.
    ///
    /// A hint for typing errors (swapped numbers), never a reason to refuse: families live at the border.
    pub const fn is_within_kazakhstan(self) -> bool {
        self.lat_e7 >= 405_000_000
            && self.lat_e7 <= 555_000_000
            && self.lon_e7 >= 464_000_000
            && self.lon_e7 <= 874_000_000
    }
}

/// The distance between two positions in metres, rounded to the nearest.
///
/// Haversine on the mean sphere: at most 0.6 % away from the ellipsoid, less than a metre at the radius of a place.
/// Two machines may round a value that lies halfway differently: compare results with a tolerance of one metre.
pub fn distance_m(a: Position, b: Position) -> u32 {
    let radians = |e7: i32| (f64::from(e7) / E7).to_radians();
    let (lat_a, lat_b) = (radians(a.lat_e7), radians(b.lat_e7));
    let half_lat = (lat_b - lat_a) / 2.0;
    let half_lon = (radians(b.lon_e7) - radians(a.lon_e7)) / 2.0;
    let h = half_lat.sin().powi(2) + lat_a.cos() * lat_b.cos() * half_lon.sin().powi(2);
    // Rounding can push h of two opposite points a hair over 1, where asin has no value.
    (2.0 * EARTH_RADIUS_M * h.clamp(0.0, 1.0).sqrt().asin()).round() as u32
}

/// Whether a reading says that the visit was at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Presence {
    /// At the place, as far as the accuracy can tell.
    Inside,
    /// Somewhere else, even with the accuracy granted.
    Outside,
    /// The reading is too coarse to say.
    Unknown,
}

impl Presence {
    /// Every answer.
    pub const ALL: [Presence; 3] = [Presence::Inside, Presence::Outside, Presence::Unknown];

    /// The code of the answer, as in serialised data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Presence::Inside => "inside",
            Presence::Outside => "outside",
            Presence::Unknown => "unknown",
        }
    }

    /// The answer of that code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|presence| presence.as_str() == code)
    }
}

/// Judges a reading against a place.
///
/// The rule, in this order:
/// 1. Accuracy absent or zero is unknown accuracy (providers report 0 when they do not know): `Unknown`.
/// 2. Accuracy worse than the radius of the place, or than [`COARSEST_PROOF_DM`]: `Unknown`. Its circle would reach
///    across the whole place whichever side of it the person was on, so it proves neither presence nor absence,
///    and a person is accused of absence only on evidence.
/// 3. Otherwise the fence is the radius widened by the accuracy: `Inside` up to it, `Outside` beyond.
///
/// # Source
/// Row B2.2 of the requirements: "geofence radius per place (default 150 m + accuracy); accuracy 2 km is UNKNOWN,
/// never INSIDE".
pub fn presence(distance_m: u32, accuracy_dm: Option<u32>, radius_m: u32) -> Presence {
    let Some(accuracy_dm) = accuracy_dm.filter(|&accuracy_dm| accuracy_dm > 0) else {
        return Presence::Unknown;
    };
    let radius_dm = u64::from(radius_m) * 10;
    let accuracy_dm = u64::from(accuracy_dm);
    if accuracy_dm > radius_dm.min(u64::from(COARSEST_PROOF_DM)) {
        return Presence::Unknown;
    }
    if u64::from(distance_m) * 10 <= radius_dm + accuracy_dm { Presence::Inside } else { Presence::Outside }
}

#[cfg(test)]
mod tests;
