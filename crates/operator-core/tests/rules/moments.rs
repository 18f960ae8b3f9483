//! Times that an author claims, against what the log knows.

use domain::agreement::AgreementKind;
use domain::content::{LateReason, Role, VisitFinished, VisitRegistered};
use domain::flag::Flag;
use domain::flag::limit::LATE_SYNC_MS;
use domain::{Clock as _, Content, Rng};
use journal::seal::Stamp;
use journal::{Draft, Sealed, SeriesHead, seal};
use wire::push::Outcome;

use crate::world::{DAY_MS, Device, World, item};

const HOUR_MS: i64 = 3_600_000;

/// As [`Device::seal`], with the wall clock of the device so far off.
fn seal_off(device: &mut Device<'_>, off_ms: i64, content: impl Into<Content>) -> Sealed {
    let world = device.world;
    let stamp = device.stamp();
    let stamp = Stamp { utc_ms: stamp.utc_ms + off_ms, ..stamp };
    let draft = Draft::new(device.visit_id(), content);
    let rng: &dyn Rng = &world.rng;
    let sealed = seal(&draft, &device.series, stamp, rng.array(), &device.key).unwrap();
    device.series = device.series.after(sealed.id);
    sealed
}

fn visit_off(device: &mut Device<'_>, off_ms: i64) -> Sealed {
    let visit = device.world.visit_by(device.person, device.world.child);
    let started_at_ms = visit.started_at_ms + off_ms;
    seal_off(device, off_ms, VisitRegistered { started_at_ms, ..visit })
}

#[test]
fn a_visit_that_waited_for_days_offline_bears_no_flag() {
    let world = World::new();
    let mut device = world.ready(world.specialist, AgreementKind::Specialist);
    device.sees_the_log();
    world.clock.advance(HOUR_MS);
    let first = visit_off(&mut device, 0);
    world.clock.advance(HOUR_MS);
    let second = visit_off(&mut device, 0);
    // The log goes on without the device, and its membership ends in the meantime.
    world.clock.advance(HOUR_MS);
    world.member(world.specialist, Role::Specialist, Some(world.clock.utc_ms()));
    world.team(world.child, world.specialist, Some(world.clock.utc_ms()));
    world.clock.advance(6 * DAY_MS);
    assert_eq!(device.deliver(&first), []);
    assert_eq!(device.deliver(&second), []);
}

#[test]
fn a_visit_that_waited_for_more_than_a_week_says_so() {
    let world = World::new();
    let mut device = world.ready(world.specialist, AgreementKind::Specialist);
    let visit = visit_off(&mut device, 0);
    let finished = seal_off(&mut device, 0, VisitFinished { finished_at_ms: 1 });
    world.clock.advance(LATE_SYNC_MS + 1_000);
    assert_eq!(device.deliver(&visit), [Flag::LateSync]);
    assert_eq!(device.deliver(&finished), [Flag::UnknownSubject], "the visit says it once");
}

#[test]
fn a_clock_set_back_or_forward_is_seen_and_opens_no_door() {
    let world = World::new();
    let mut device = world.ready(world.specialist, AgreementKind::Specialist);
    world.clock.advance(30 * DAY_MS);
    world.member(world.specialist, Role::Specialist, Some(world.clock.utc_ms()));
    world.clock.advance(HOUR_MS);
    device.sees_the_log();
    world.clock.advance(HOUR_MS);
    // Before the head that the statement names, the author was still engaged: it is judged at that head.
    let back = visit_off(&mut device, -5 * HOUR_MS);
    assert_eq!(device.deliver(&back), [Flag::OutsideEngagement, Flag::TimeInDoubt]);
    let forward = visit_off(&mut device, HOUR_MS);
    let moved = [Flag::OutsideEngagement, Flag::TimeInDoubt, Flag::ClockChanged];
    assert_eq!(device.deliver(&forward), moved, "six hours beside the clock that counts sleep");
    let minutes = visit_off(&mut device, 5 * 60_000);
    assert_eq!(device.deliver(&minutes), [Flag::OutsideEngagement, Flag::ClockChanged]);
    let finished = seal_off(&mut device, DAY_MS, VisitFinished { finished_at_ms: 1 });
    let moved = [Flag::UnknownSubject, Flag::TimeInDoubt, Flag::ClockChanged];
    assert_eq!(device.deliver(&finished), moved);
}

#[test]
fn a_start_that_is_not_the_tap_is_a_late_entry() {
    let world = World::new();
    let mut device = world.ready(world.specialist, AgreementKind::Specialist);
    world.clock.advance(DAY_MS);
    let from_now = |ms: i64| {
        let visit = world.visit_by(world.specialist, world.child);
        VisitRegistered { started_at_ms: visit.started_at_ms + ms, ..visit }
    };
    assert_eq!(device.say(device.visit_id(), from_now(-4 * 60_000)), []);
    assert_eq!(device.say(device.visit_id(), from_now(4 * 60_000)), []);
    assert_eq!(device.say(device.visit_id(), from_now(-6 * 60_000)), [Flag::LateEntry, Flag::DuplicateVisit]);
    assert_eq!(
        device.say(device.visit_id(), from_now(HOUR_MS)),
        [Flag::LateEntry, Flag::TimeInDoubt],
        "it is still to come"
    );
}

#[test]
fn a_late_entry_is_judged_then_and_now() {
    let world = World::new();
    let mut device = world.ready(world.specialist, AgreementKind::Specialist);
    let late = |started_at_ms| VisitRegistered {
        started_at_ms,
        late: Some(LateReason::Forgotten),
        capture: None,
        ..world.visit_by(world.specialist, world.child)
    };
    let before_joining = world.clock.utc_ms() - 2 * DAY_MS;
    assert_eq!(
        device.say(device.visit_id(), late(before_joining)),
        [Flag::LateEntry, Flag::OutsideCareTeam, Flag::OutsideEngagement]
    );
    world.clock.advance(DAY_MS);
    let yesterday = world.clock.utc_ms() - DAY_MS;
    assert_eq!(device.say(device.visit_id(), late(yesterday)), [Flag::LateEntry]);
    world.member(world.specialist, Role::Specialist, Some(world.clock.utc_ms()));
    world.clock.advance(HOUR_MS);
    device.sees_the_log();
    assert_eq!(
        device.say(device.visit_id(), late(yesterday + HOUR_MS)),
        [Flag::LateEntry, Flag::OutsideEngagement],
        "who left says what was while he was there: a person looks"
    );
    let tomorrow = world.clock.utc_ms() + DAY_MS;
    let flags = device.say(device.visit_id(), late(tomorrow));
    assert!(flags.contains(&Flag::TimeInDoubt), "{flags:?}");
}

#[test]
fn a_device_that_forgets_a_head_is_seen() {
    let world = World::new();
    let mut device = world.ready(world.specialist, AgreementKind::Specialist);
    device.sees_the_log();
    let old = device.beacon;
    let say = |device: &mut Device<'_>| {
        let visit = visit_off(device, 0);
        device.deliver(&visit)
    };
    assert_eq!(say(&mut device), []);
    device.sees_the_log();
    assert_eq!(say(&mut device), []);
    device.beacon = old;
    assert_eq!(say(&mut device), [Flag::TimeInDoubt], "an older head");
    assert_eq!(say(&mut device), [], "the next one is compared with that");
    device.beacon = None;
    assert_eq!(say(&mut device), [Flag::TimeInDoubt], "none at all");
}

#[test]
fn bytes_that_nobody_can_read_do_not_hide_what_the_device_knew() {
    let world = World::new();
    let mut device = world.ready(world.specialist, AgreementKind::Specialist);
    device.sees_the_log();
    let mut damaged = item(&visit_off(&mut device, 0));
    damaged.content.push(0);
    device.push(&[damaged]);
    device.beacon = None;
    let next = visit_off(&mut device, 0);
    assert_eq!(device.deliver(&next), [Flag::TimeInDoubt]);
}

#[test]
fn a_second_first_statement_was_not_made_before_its_key_was_bound() {
    let world = World::new();
    world.clock.advance(30 * DAY_MS);
    world.member(world.specialist, Role::Specialist, Some(world.clock.utc_ms()));
    world.team(world.child, world.specialist, Some(world.clock.utc_ms()));
    world.clock.advance(HOUR_MS);
    let mut device = world.ready(world.specialist, AgreementKind::Specialist);
    // A branch from the very beginning: no key signs anything but its enrolment before it is bound.
    device.series = SeriesHead::EMPTY;
    let back = visit_off(&mut device, -5 * HOUR_MS);
    let outcome = device.push(&[item(&back)]).outcomes.remove(0);
    let Outcome::Fork { flags, .. } = outcome else { panic!("no fork: {outcome:?}") };
    for flag in [Flag::OutsideEngagement, Flag::OutsideCareTeam, Flag::TimeInDoubt] {
        assert!(flags.contains(&flag), "{flag:?} is not among {flags:?}");
    }
}
