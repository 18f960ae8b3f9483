//! From a provider's numbers to a fix that may be signed, or to the reason why not.

use domain::content::{Fix, FixSource, UnavailableReason};

/// A fix that was taken longer than this before the window began is no evidence of this visit, milliseconds.
const OLDEST_MS: i64 = 60_000;

/// What a provider says, in its own units. Has no default: a measurement that was not made does not exist.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured {
    /// Degrees north.
    pub(super) latitude: f64,
    /// Degrees east.
    pub(super) longitude: f64,
    /// Radius in metres; zero, negative or no number where the provider does not know.
    pub(super) accuracy_m: f64,
    /// UTC milliseconds; absent when the provider does not tell.
    pub(super) taken_at_ms: Option<i64>,
    pub(super) source: FixSource,
    pub(super) mock: Option<bool>,
}

/// Why a measurement is not a fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rejected {
    /// No place on earth: not a number, or out of range. The provider has said nothing.
    Meaningless,
    /// A reason that the statement has a word for.
    For(UnavailableReason),
}

impl Measured {
    /// The fix, in units of the statement: 1e-7 degree and decimetres, the radius rounded up.
    pub(super) fn judge(self, window_began_ms: i64) -> Result<Fix, Rejected> {
        let lat_e7 = to_e7(self.latitude, 90.0).ok_or(Rejected::Meaningless)?;
        let lon_e7 = to_e7(self.longitude, 180.0).ok_or(Rejected::Meaningless)?;
        if lat_e7 == 0 && lon_e7 == 0 {
            return Err(Rejected::For(UnavailableReason::NullIsland));
        }
        if self.taken_at_ms.is_some_and(|taken| taken < window_began_ms.saturating_sub(OLDEST_MS)) {
            return Err(Rejected::For(UnavailableReason::Stale));
        }
        Ok(Fix {
            lat_e7,
            lon_e7,
            accuracy_dm: to_dm(self.accuracy_m),
            fixed_at_ms: self.taken_at_ms,
            source: self.source,
            mock: self.mock,
        })
    }
}

/// `as` is exact here: the value is a whole number within ±1.8e9.
fn to_e7(degrees: f64, limit: f64) -> Option<i32> {
    (degrees.abs() <= limit).then(|| (degrees * 1e7).round() as i32)
}

/// `as` saturates: a radius beyond every map stays beyond every map.
fn to_dm(metres: f64) -> Option<u32> {
    (metres.is_finite() && metres > 0.0).then(|| (metres * 10.0).ceil() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGAN_MS: i64 = 1_790_000_000_000;

    fn astana() -> Measured {
        Measured {
            latitude: 51.1605,
            longitude: 71.4704,
            accuracy_m: 12.34,
            taken_at_ms: Some(BEGAN_MS),
            source: FixSource::Unknown,
            mock: None,
        }
    }

    #[test]
    fn a_measurement_becomes_whole_numbers() {
        let fix = astana().judge(BEGAN_MS).unwrap();
        assert_eq!((fix.lat_e7, fix.lon_e7), (511_605_000, 714_704_000));
        assert_eq!(fix.accuracy_dm, Some(124), "12.34 m is rounded up: a radius is never made smaller");
        assert_eq!(fix.fixed_at_ms, Some(BEGAN_MS));
    }

    #[test]
    fn the_edges_of_the_earth_pass_and_nothing_beyond() {
        for (latitude, longitude) in [(90.0, 180.0), (-90.0, -180.0), (0.0, 71.0), (51.0, 0.0)] {
            let fix = Measured { latitude, longitude, ..astana() }.judge(BEGAN_MS).unwrap();
            assert_eq!((fix.lat_e7, fix.lon_e7), ((latitude * 1e7) as i32, (longitude * 1e7) as i32));
        }
        let (nan, infinite) = (f64::NAN, f64::INFINITY);
        for (latitude, longitude) in
            [(nan, 71.0), (51.0, nan), (infinite, 71.0), (51.0, -infinite), (90.001, 71.0), (51.0, -180.001)]
        {
            let rejected = Measured { latitude, longitude, ..astana() }.judge(BEGAN_MS);
            assert_eq!(rejected, Err(Rejected::Meaningless), "{latitude} {longitude}");
        }
    }

    #[test]
    fn an_unknown_accuracy_stays_unknown() {
        for accuracy_m in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Measured { accuracy_m, ..astana() }.judge(BEGAN_MS).unwrap().accuracy_dm, None);
        }
        let vast = Measured { accuracy_m: f64::MAX, ..astana() };
        assert_eq!(vast.judge(BEGAN_MS).unwrap().accuracy_dm, Some(u32::MAX));
    }

    #[test]
    fn null_island_is_nowhere() {
        let island = Measured { latitude: 0.0, longitude: -0.0, ..astana() };
        assert_eq!(island.judge(BEGAN_MS), Err(Rejected::For(UnavailableReason::NullIsland)));
    }

    #[test]
    fn a_minute_before_the_window_is_the_oldest() {
        let taken = |at_ms| Measured { taken_at_ms: at_ms, ..astana() }.judge(BEGAN_MS);
        assert!(taken(Some(BEGAN_MS - 60_000)).is_ok());
        assert_eq!(taken(Some(BEGAN_MS - 60_001)), Err(Rejected::For(UnavailableReason::Stale)));
        assert!(taken(Some(BEGAN_MS + 5_000)).is_ok(), "the provider's clock may be ahead");
        assert_eq!(taken(None).unwrap().fixed_at_ms, None, "a provider that tells no time is not stale");
    }
}
