use super::*;

const KM_E7: i32 = 89_932; // one kilometre of latitude on the mean sphere

fn reading(n: u8, north_km: i32, at_min: i64) -> Reading {
    Reading {
        capture: CaptureId::from_bytes([n; 16]),
        position: Position::new(511_605_000 + north_km * KM_E7, 714_704_000).unwrap(),
        accuracy_dm: Some(100),
        at_ms: at_min * 60_000,
        fixed_at_ms: None,
        source: FixSource::Unknown,
        issued_at_ms: at_min * 60_000,
        continuous: ContinuousTime { epoch: [n; 8], elapsed_ms: 0 },
    }
}

#[test]
fn the_same_digits_twice_are_a_copy() {
    let first = reading(1, 0, 0);
    assert!(is_copied(&first, &reading(2, 0, 60)));
    let beside = Position::new(first.position.lat_e7() + 1, first.position.lon_e7()).unwrap();
    assert!(!is_copied(&first, &Reading { position: beside, ..reading(2, 0, 60) }), "11 mm away");
    assert!(!is_copied(&first, &Reading { capture: first.capture, ..first }), "siblings share one reading");
    let reused = Reading { capture: first.capture, ..reading(2, 0, 60) };
    assert!(is_copied(&first, &reused), "the name of a reading excuses no copy an hour later");
    assert!(is_copied_from_place(&first, first.position) && !is_copied_from_place(&first, beside));
}

#[test]
fn what_gives_the_same_digits_by_itself_is_no_copy() {
    let table = |reading| Reading { source: FixSource::Network, ..reading };
    assert!(!is_copied(&table(reading(1, 0, 0)), &table(reading(2, 0, 60))));
    assert!(is_copied(&table(reading(1, 0, 0)), &reading(2, 0, 60)), "satellites do not repeat a mast");
    assert!(!is_copied_from_place(&table(reading(1, 0, 0)), reading(1, 0, 0).position));
    let held = |reading| Reading { fixed_at_ms: Some(7), ..reading };
    assert!(!is_copied(&held(reading(1, 0, 0)), &held(reading(2, 0, 3))), "two flats on one floor");
    assert!(is_copied(&held(reading(1, 0, 0)), &held(reading(2, 0, 4))), "nothing is held that long");
}

#[test]
fn a_journey_that_no_car_makes() {
    for (km, minutes, impossible) in [
        (84, 11, true),
        (110, 60, false),
        (160, 60, false),
        (165, 60, true),
        (2, 0, false),
        (4, 0, true),
        (0, 0, false),
        (970, 150, false), // Almaty to Astana by air
        (970, 100, true),
        (2_600, 150, true),
    ] {
        let found = impossible_travel(&reading(1, 0, 0), &reading(2, -km, minutes));
        assert_eq!(found.is_some(), impossible, "{km} km in {minutes} min: {found:?}");
        assert_eq!(found, impossible_travel(&reading(2, -km, minutes), &reading(1, 0, 0)), "either way");
    }
}

#[test]
fn the_clock_that_counts_sleep_says_how_long_it_took() {
    let at = |n, km, claimed_min, elapsed_min: u64| Reading {
        continuous: ContinuousTime { epoch: [9; 8], elapsed_ms: elapsed_min * 60_000 },
        ..reading(n, km, claimed_min)
    };
    let found = impossible_travel(&at(1, 0, 0, 0), &at(2, 84, 120, 11)).unwrap();
    assert_eq!(found.took_ms, 11 * 60_000, "whatever the wall clock claims");
    assert!((83_900..84_100).contains(&found.distance_m), "{found:?}");
    assert_eq!(impossible_travel(&at(1, 0, 0, 0), &at(2, 84, 1, 60)), None);
}

#[test]
fn a_reading_that_proves_no_place_proves_no_journey() {
    for accuracy_dm in [None, Some(COARSEST_PROOF_DM + 1)] {
        let coarse = Reading { accuracy_dm, ..reading(2, 84, 11) };
        assert_eq!(impossible_travel(&reading(1, 0, 0), &coarse), None, "{accuracy_dm:?}");
    }
    let wide = Reading { accuracy_dm: Some(COARSEST_PROOF_DM), ..reading(2, 4, 0) };
    assert_eq!(impossible_travel(&reading(1, 0, 0), &wide), None, "the accuracies are taken off");
    let same = Reading { capture: reading(1, 0, 0).capture, ..reading(2, 84, 0) };
    assert!(
        impossible_travel(&reading(1, 0, 0), &same).is_some(),
        "the name of a reading excuses no distance"
    );
}
