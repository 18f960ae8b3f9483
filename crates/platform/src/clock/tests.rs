use super::*;

const FIRST: [u8; 8] = [1; 8];
const SECOND: [u8; 8] = [2; 8];

fn saved(began_ms: u64, latest_ms: u64) -> Saved {
    let mut epoch = Epoch::begin(FIRST, began_ms);
    epoch.advance(latest_ms, || unreachable!("the counter goes forward"));
    Saved { epoch, boot: "monday".to_owned() }
}

#[test]
fn time_counts_from_the_start_of_the_epoch() {
    let mut epoch = Epoch::begin(FIRST, 5_000_000);
    assert_eq!(epoch.advance(5_000_000, || SECOND), ContinuousTime { epoch: FIRST, elapsed_ms: 0 });
    assert_eq!(epoch.advance(5_001_234, || SECOND), ContinuousTime { epoch: FIRST, elapsed_ms: 1_234 });
}

#[test]
fn a_counter_that_goes_backwards_begins_an_epoch() {
    let mut epoch = Epoch::begin(FIRST, 100);
    epoch.advance(900, || SECOND);
    assert_eq!(epoch.advance(899, || SECOND), ContinuousTime { epoch: SECOND, elapsed_ms: 0 });
    assert_eq!(epoch.advance(950, || FIRST), ContinuousTime { epoch: SECOND, elapsed_ms: 51 });
}

#[test]
fn an_epoch_goes_on_in_the_same_boot_only() {
    let mut resumed = saved(100, 900).resume(Some("monday"), 1_000).expect("nothing broke the continuity");
    assert_eq!(resumed.advance(1_000, || SECOND), ContinuousTime { epoch: FIRST, elapsed_ms: 900 });
    assert_eq!(saved(100, 900).resume(Some("tuesday"), 1_000), None);
    assert_eq!(saved(100, 900).resume(None, 1_000), None);
    assert_eq!(saved(100, 900).resume(Some("monday"), 899), None);
}

#[test]
fn what_is_kept_reads_back_and_nothing_else_does() {
    let text = saved(100, 900).to_text();
    assert_eq!(Saved::parse(&text), Some(saved(100, 900)));
    for broken in [
        "",
        "esep-clock-1",
        "esep-clock-2 0101010101010101 monday 100 900",
        "esep-clock-1 01 monday 100 900",
        "esep-clock-1 0101010101010101 monday 900 100",
        "esep-clock-1 0101010101010101 monday 100 900 1",
        "esep-clock-1 0101010101010101 monday -1 900",
    ] {
        assert_eq!(Saved::parse(broken), None, "{broken}");
    }
}

#[test]
fn the_epoch_outlives_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let first = SystemClock::open(folder.path());
    let earlier = first.continuous();
    drop(first);
    let later = SystemClock::open(folder.path()).continuous();
    assert_eq!(later.epoch, earlier.epoch);
    assert!(later.elapsed_ms >= earlier.elapsed_ms);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside the file");
}

#[test]
fn a_kept_epoch_of_another_boot_is_left() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(FILE), saved(0, 0).to_text()).unwrap();
    let time = SystemClock::open(folder.path()).continuous();
    assert_ne!(time.epoch, FIRST);
    assert!(time.elapsed_ms < 60_000, "it begins now, not with the device: {time:?}");
}

#[test]
fn a_folder_that_cannot_be_written_stops_no_clock() {
    let clock = SystemClock::open(Path::new("/proc/nowhere"));
    let (first, second) = (clock.continuous(), clock.continuous());
    assert_eq!(first.epoch, second.epoch);
    assert!(second.elapsed_ms >= first.elapsed_ms);
}

#[test]
fn the_continuous_clock_agrees_with_the_wall_clock_over_a_pause() {
    let clock = SystemClock::open(tempfile::tempdir().unwrap().path());
    let (wall, through_sleep) = (clock.utc_ms(), clock.continuous());
    std::thread::sleep(std::time::Duration::from_millis(60));
    let passed = clock.continuous().elapsed_ms - through_sleep.elapsed_ms;
    assert!(passed >= 59, "{passed} ms");
    assert!(clock.utc_ms() - wall >= 50);
    // After 2024 and before 2200: milliseconds, not seconds or microseconds.
    assert!((1_704_067_200_000..7_258_118_400_000).contains(&wall));
    assert!((-12 * 60..=14 * 60).contains(&clock.offset_min()));
}

#[test]
fn chance_differs_from_call_to_call() {
    let (mut first, mut second) = ([0; 32], [0; 32]);
    SystemRng.fill(&mut first);
    SystemRng.fill(&mut second);
    assert_ne!(first, second);
    assert_ne!(first, [0; 32]);
}
