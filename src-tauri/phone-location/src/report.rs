//! What comes from the other side, as JSON.

use serde::Deserialize;

/// A position as the system's provider reports it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sighting {
    /// Degrees north, WGS 84.
    pub latitude: f64,
    /// Degrees east, WGS 84.
    pub longitude: f64,
    /// Radius in which the phone is with a probability of 68 %, metres; absent when the provider does not know.
    pub accuracy_m: Option<f64>,
    /// The provider's time of the fix, UTC ms. Satellites know it without the phone's wall clock.
    pub fixed_at_ms: i64,
    /// How old the fix is by a clock that no setting changes, ms; absent where only the provider's time is known (iOS).
    pub age_ms: Option<u64>,
    /// Who found it.
    pub provider: Provider,
    /// Whether a program simulates it; absent where the system cannot tell (iOS before 15).
    pub mock: Option<bool>,
}

/// Who found a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Provider {
    /// Satellites.
    Gnss,
    /// Cells and wireless networks.
    Network,
    /// A mixture, or the system does not say.
    #[serde(other)]
    Unknown,
}

/// What comes while a watch is open.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Report {
    /// A position.
    Fix(Sighting),
    /// None for now, or none any more: permission and service show why when they are asked for.
    Failed(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Report {
        serde_json::from_str(json).expect("a report")
    }

    #[test]
    fn a_position_of_android_is_read_whole() {
        let said = r#"{"fix":{"latitude":51.16,"longitude":71.47,"accuracyM":12.5,"fixedAtMs":1764120000000,
            "ageMs":340,"provider":"gnss","mock":false}}"#;
        let expected = Sighting {
            latitude: 51.16,
            longitude: 71.47,
            accuracy_m: Some(12.5),
            fixed_at_ms: 1_764_120_000_000,
            age_ms: Some(340),
            provider: Provider::Gnss,
            mock: Some(false),
        };
        assert_eq!(read(said), Report::Fix(expected));
    }

    #[test]
    fn what_ios_does_not_know_is_absent_and_never_a_default() {
        let said =
            r#"{"fix":{"latitude":51.16,"longitude":71.47,"fixedAtMs":1764120000000,"provider":"unknown"}}"#;
        let Report::Fix(fix) = read(said) else { panic!("a position") };
        assert_eq!((fix.accuracy_m, fix.age_ms, fix.mock), (None, None, None));
        assert_eq!(fix.provider, Provider::Unknown);
    }

    #[test]
    fn a_provider_of_tomorrow_is_unknown_and_a_position_without_place_is_none() {
        let said = r#"{"fix":{"latitude":1.5,"longitude":2.5,"fixedAtMs":1,"provider":"starlight"}}"#;
        assert!(matches!(read(said), Report::Fix(Sighting { provider: Provider::Unknown, .. })));
        assert!(serde_json::from_str::<Report>(r#"{"fix":{"provider":"gnss","fixedAtMs":1}}"#).is_err());
        assert_eq!(read(r#"{"failed":"gps"}"#), Report::Failed("gps".into()));
    }
}
