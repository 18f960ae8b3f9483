//! From a provider's numbers to those of a statement.

use client::ports::Reading;
use domain::content::{Fix, FixSource};

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

impl Measured {
    /// The reading, in units of the statement: 1e-7 degree and decimetres, the radius rounded up.
    ///
    /// `None` for what is no place on earth: the provider has said nothing. Whether a place is evidence of the visit
    /// (null island, an old position) is judged by the use case, once for all platforms.
    pub(super) fn reading(self) -> Option<Reading> {
        let place = to_e7(self.latitude, 90.0).zip(to_e7(self.longitude, 180.0));
        let Some((lat_e7, lon_e7)) = place else {
            tracing::warn!("the location service gave no place on earth");
            return None;
        };
        Some(Reading::from(Fix {
            lat_e7,
            lon_e7,
            accuracy_dm: to_dm(self.accuracy_m),
            fixed_at_ms: self.taken_at_ms,
            source: self.source,
            mock: self.mock,
        }))
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

    const TAKEN_MS: i64 = 1_790_000_000_000;

    fn astana() -> Measured {
        Measured {
            latitude: 51.1605,
            longitude: 71.4704,
            accuracy_m: 12.34,
            taken_at_ms: Some(TAKEN_MS),
            source: FixSource::Unknown,
            mock: None,
        }
    }

    fn fix(measured: Measured) -> Fix {
        match measured.reading() {
            Some(Reading::Fix { fix, .. }) => fix,
            other => panic!("no fix: {other:?}"),
        }
    }

    #[test]
    fn a_measurement_becomes_whole_numbers() {
        let fix = fix(astana());
        assert_eq!((fix.lat_e7, fix.lon_e7), (511_605_000, 714_704_000));
        assert_eq!(fix.accuracy_dm, Some(124), "12.34 m is rounded up: a radius is never made smaller");
        assert_eq!(fix.fixed_at_ms, Some(TAKEN_MS));
    }

    #[test]
    fn the_edges_of_the_earth_pass_and_nothing_beyond() {
        for (latitude, longitude, e7) in [
            (90.0, 180.0, (900_000_000, 1_800_000_000)),
            (-90.0, -180.0, (-900_000_000, -1_800_000_000)),
            (-43.238_949_95, 0.000_000_06, (-432_389_500, 1)),
        ] {
            let fix = fix(Measured { latitude, longitude, ..astana() });
            assert_eq!((fix.lat_e7, fix.lon_e7), e7);
        }
        let (nan, infinite) = (f64::NAN, f64::INFINITY);
        for (latitude, longitude) in
            [(nan, 71.0), (51.0, nan), (infinite, 71.0), (51.0, -infinite), (90.001, 71.0), (51.0, -180.001)]
        {
            let reading = Measured { latitude, longitude, ..astana() }.reading();
            assert_eq!(reading, None, "{latitude} {longitude}");
        }
    }

    #[test]
    fn an_unknown_accuracy_stays_unknown() {
        for accuracy_m in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(fix(Measured { accuracy_m, ..astana() }).accuracy_dm, None);
        }
        assert_eq!(fix(Measured { accuracy_m: 1e300, ..astana() }).accuracy_dm, Some(u32::MAX));
    }
}
