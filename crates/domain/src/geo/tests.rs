use proptest::prelude::*;

use super::*;

fn at(lat_deg: f64, lon_deg: f64) -> Position {
    Position::from_degrees(lat_deg, lon_deg).expect("a position of the test")
}

#[test]
fn known_distances() {
    // (what, from, to, metres on the WGS 84 ellipsoid, tolerance): 0.6 % is the price of the sphere.
    let cases = [
        ("one degree of latitude at the equator", at(0.0, 10.0), at(1.0, 10.0), 110_574, 700),
        ("one degree of longitude at the equator", at(0.0, 10.0), at(0.0, 11.0), 111_320, 700),
        ("one degree of longitude at 60 N", at(60.0, 70.0), at(60.0, 71.0), 55_800, 340),
        ("a street of 150 m in Astana", at(51.128_2, 71.430_4), at(51.129_55, 71.430_4), 150, 1),
        ("across the 180th meridian", at(0.0, 179.5), at(0.0, -179.5), 111_320, 700),
        ("pole to pole", at(90.0, 0.0), at(-90.0, 0.0), 20_003_931, 12_000),
        ("opposite points", at(10.0, 20.0), at(-10.0, -160.0), 20_003_931, 25_000),
    ];
    for (what, a, b, expected_m, tolerance_m) in cases {
        let measured_m = distance_m(a, b);
        assert!(measured_m.abs_diff(expected_m) <= tolerance_m, "{what}: {measured_m} m");
    }
}

#[test]
fn null_island_has_its_own_error() {
    assert_eq!(Position::new(0, 0), Err(PositionError::NullIsland));
    assert_eq!(Position::from_degrees(0.000_000_04, -0.000_000_04), Err(PositionError::NullIsland));
    assert!(Position::new(0, 1).is_ok(), "the equator is a place");
    assert!(Position::new(1, 0).is_ok(), "so is the zero meridian");
}

#[test]
fn ranges_are_checked_to_the_last_digit() {
    assert!(Position::new(900_000_000, 1_800_000_000).is_ok());
    assert_eq!(Position::new(900_000_001, 1), Err(PositionError::LatitudeRange));
    assert_eq!(Position::new(-900_000_001, 1), Err(PositionError::LatitudeRange));
    assert_eq!(Position::new(1, 1_800_000_001), Err(PositionError::LongitudeRange));
    assert_eq!(Position::new(1, -1_800_000_001), Err(PositionError::LongitudeRange));
    assert_eq!(Position::from_degrees(f64::NAN, 1.0), Err(PositionError::LatitudeRange));
    assert_eq!(Position::from_degrees(1.0, f64::INFINITY), Err(PositionError::LongitudeRange));
}

#[test]
fn serialised_form_is_checked_on_the_way_in() {
    let json = serde_json::to_string(&at(51.1282, 71.4304)).expect("serialises");
    assert_eq!(json, r#"{"lat_e7":511282000,"lon_e7":714304000}"#);
    assert_eq!(serde_json::from_str::<Position>(&json).expect("its own form"), at(51.1282, 71.4304));
    for refused in [r#"{"lat_e7":0,"lon_e7":0}"#, r#"{"lat_e7":900000001,"lon_e7":0}"#] {
        assert!(serde_json::from_str::<Position>(refused).is_err(), "{refused}");
    }
}

#[test]
fn debug_shows_no_coordinates() {
    let shown = format!("{:?}", at(51.1282, 71.4304));
    assert!(!shown.contains("51") && !shown.contains("71"), "{shown}");
}

#[test]
fn presence_by_case() {
    use Presence::{Inside, Outside, Unknown};
    let cases = [
        (40, Some(80), 150, Inside, "within the radius"),
        (158, Some(80), 150, Inside, "the radius is widened by the accuracy"),
        (159, Some(80), 150, Outside, "one metre beyond it"),
        (0, Some(20_000), 150, Unknown, "an accuracy of 2 km never proves presence"),
        (0, Some(20_000), 5_000, Unknown, "not even at a large place"),
        (50_000, Some(20_000), 150, Unknown, "nor absence"),
        (0, None, 150, Unknown, "no accuracy proves nothing"),
        (9_000, None, 150, Unknown, "in neither direction"),
        (0, Some(0), 150, Unknown, "zero is how providers say that they do not know"),
        (0, Some(1_500), 150, Inside, "as accurate as the place is wide: the last that counts"),
        (0, Some(1_501), 150, Unknown, "a decimetre coarser"),
        (60, Some(400), 20, Unknown, "coarser than a small place"),
        (u32::MAX, Some(1), u32::MAX, Inside, "no overflow at the edge"),
    ];
    for (distance_m, accuracy_dm, radius_m, expected, why) in cases {
        assert_eq!(presence(distance_m, accuracy_dm, radius_m), expected, "{why}");
    }
}

#[test]
fn kazakhstan_holds_its_cities_and_not_the_neighbours() {
    for (name, city) in [
        ("Astana", at(51.13, 71.43)),
        ("Almaty", at(43.24, 76.89)),
        ("Aktau", at(43.65, 51.16)),
        ("Shymkent", at(42.32, 69.59)),
        ("Petropavl", at(54.87, 69.15)),
    ] {
        assert!(city.is_within_kazakhstan(), "{name}");
    }
    for (name, place) in [("Dushanbe", at(38.56, 68.77)), ("swapped Astana", at(71.43, 51.13))] {
        assert!(!place.is_within_kazakhstan(), "{name}");
    }
}

#[test]
fn presence_codes_go_there_and_back() {
    for presence in Presence::ALL {
        assert_eq!(Presence::parse(presence.as_str()), Some(presence));
        assert_eq!(serde_json::to_string(&presence).expect("json"), format!("\"{}\"", presence.as_str()));
    }
    assert_eq!(Presence::parse("near"), None);
}

fn any_position() -> impl Strategy<Value = Position> {
    (-900_000_000..=900_000_000, -1_800_000_000..=1_800_000_000)
        .prop_filter_map("null island", |(lat_e7, lon_e7)| Position::new(lat_e7, lon_e7).ok())
}

proptest! {
    #[test]
    fn distance_is_a_distance(a in any_position(), b in any_position()) {
        prop_assert_eq!(distance_m(a, a), 0);
        prop_assert_eq!(distance_m(a, b), distance_m(b, a));
        prop_assert!(distance_m(a, b) <= 20_016_000, "no two points are farther apart than half the earth");
    }

    #[test]
    fn more_accuracy_radius_or_nearness_never_turns_inside_to_outside(
        distance_m in 0u32..1_000, accuracy_dm in 1u32..20_000, radius_m in 1u32..1_000,
    ) {
        let here = presence(distance_m, Some(accuracy_dm), radius_m);
        if here == Presence::Inside {
            prop_assert_eq!(presence(distance_m / 2, Some(accuracy_dm), radius_m), Presence::Inside);
            prop_assert_eq!(presence(distance_m, Some(accuracy_dm), radius_m + 1), Presence::Inside);
            prop_assert!(accuracy_dm <= COARSEST_PROOF_DM);
        }
    }
}
