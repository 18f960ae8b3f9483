//! One capture window: from the start of the platform's service to its end, and what to keep of what it reported.
//!
//! The window ends with the first fix within 50 m, otherwise when its time is over with the best so far. Our own
//! clock ends it, because some platforms ignore a timeout (architecture 6).

use std::sync::Arc;
use std::time::Duration;

use domain::Clock;
use domain::content::{CaptureEnd, Fix, LocationOutcome, UnavailableReason};
use domain::geo::{Position, PositionError};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior};

use crate::ports::{LocationSource, Reading, VisitMoment};

/// How long a reading lasts at most.
pub const WINDOW: Duration = Duration::from_secs(90);
/// A fix within this ends the window: half the usual radius of a place.
const GOOD_DM: u32 = 500;
/// A fix may be this much older than the tap: clocks of satellites and device differ a little.
const STALE_AFTER_MS: u32 = 60_000;
/// How long a source may take to stop before it is dropped, which stops it as well.
const STOP_PATIENCE: Duration = Duration::from_secs(5);
/// How often the clock that counts sleep is looked at: a device that slept must not wake up inside its window.
const CHECK_EVERY: Duration = Duration::from_secs(1);

/// What a window gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Capture {
    /// Position or reason.
    pub(crate) outcome: LocationOutcome,
    /// Why it ended.
    pub(crate) ended_by: CaptureEnd,
}

impl Capture {
    fn unavailable(reason: UnavailableReason, ended_by: CaptureEnd) -> Self {
        Self { outcome: LocationOutcome::Unavailable(reason), ended_by }
    }
}

/// Opens one window. The source is started exactly once, and has stopped when this returns or is dropped.
pub(crate) async fn read(
    source: Arc<dyn LocationSource>,
    moment: VisitMoment,
    window: Duration,
    clock: &dyn Clock,
) -> Capture {
    let (sender, mut readings) = mpsc::channel(16);
    let mut kept = Kept { began_at_ms: clock.utc_ms(), best: None, refused: None };
    let began = clock.continuous();
    let source_ends = source.read(&moment, sender);
    tokio::pin!(source_ends);
    let window_over = tokio::time::sleep_until(Instant::now() + window);
    tokio::pin!(window_over);
    let mut check = tokio::time::interval(CHECK_EVERY);
    check.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut is_stopped = false;
    let capture = loop {
        tokio::select! {
            biased;
            reading = readings.recv() => match reading {
                Some(Reading::Fix { fix, age_ms }) => {
                    let open_ms = clock.continuous().elapsed_ms.saturating_sub(began.elapsed_ms);
                    if let Some(good) = kept.take(fix, age_ms.map(|age_ms| age_ms.saturating_sub(open_ms))) {
                        break good;
                    }
                }
                Some(Reading::Unavailable(reason)) => break kept.after_failure(reason),
                None => break kept.when_over(CaptureEnd::Failed),
            },
            () = &mut source_ends, if !is_stopped => is_stopped = true,
            () = &mut window_over => break kept.when_over(CaptureEnd::WindowOver),
            _ = check.tick() => {
                let now = clock.continuous();
                let lasted_ms = now.elapsed_ms.saturating_sub(began.elapsed_ms);
                if now.epoch != began.epoch || u128::from(lasted_ms) > window.as_millis() {
                    break kept.when_over(CaptureEnd::WindowOver);
                }
            }
        }
    };
    drop(readings);
    if !is_stopped && tokio::time::timeout(STOP_PATIENCE, source_ends).await.is_err() {
        tracing::warn!("the location service did not stop in time and was dropped");
    }
    capture
}

/// The best of a window so far.
struct Kept {
    began_at_ms: i64,
    best: Option<Fix>,
    /// Why the last fix was refused.
    refused: Option<UnavailableReason>,
}

/// 0 is what providers report when they do not know.
fn accuracy_dm(fix: &Fix) -> Option<u32> {
    fix.accuracy_dm.filter(|&accuracy_dm| accuracy_dm > 0)
}

impl Kept {
    /// Takes a fix; answers when it is good enough to end the window. `before_ms` is how long before the window it was
    /// made, where a clock that no setting changes tells; else the provider's time is held against the wall clock.
    fn take(&mut self, fix: Fix, before_ms: Option<u64>) -> Option<Capture> {
        match Position::new(fix.lat_e7, fix.lon_e7) {
            Ok(_) => {}
            Err(PositionError::NullIsland) => {
                self.refused = Some(UnavailableReason::NullIsland);
                return None;
            }
            // Not a place on earth: a broken provider, as if nothing had come.
            Err(PositionError::LatitudeRange | PositionError::LongitudeRange) => return None,
        }
        let is_stale = match before_ms {
            Some(before_ms) => before_ms > STALE_AFTER_MS.into(),
            None => fix
                .fixed_at_ms
                .is_some_and(|at_ms| at_ms < self.began_at_ms.saturating_sub(STALE_AFTER_MS.into())),
        };
        if is_stale {
            self.refused = Some(UnavailableReason::Stale);
            return None;
        }
        let rank = |fix: &Fix| accuracy_dm(fix).unwrap_or(u32::MAX);
        // A later fix of the same accuracy is nearer to where the person stands now.
        if self.best.is_none_or(|best| rank(&fix) <= rank(&best)) {
            self.best = Some(fix);
        }
        let is_good = accuracy_dm(&fix).is_some_and(|accuracy_dm| accuracy_dm <= GOOD_DM);
        is_good.then_some(Capture { outcome: LocationOutcome::Fix(fix), ended_by: CaptureEnd::GoodFix })
    }

    fn when_over(&self, ended_by: CaptureEnd) -> Capture {
        match self.best {
            Some(best) => Capture { outcome: LocationOutcome::Fix(best), ended_by },
            None => Capture::unavailable(self.refused.unwrap_or(UnavailableReason::Timeout), ended_by),
        }
    }

    fn after_failure(&self, reason: UnavailableReason) -> Capture {
        match self.best {
            Some(_) => self.when_over(CaptureEnd::Failed),
            None => Capture::unavailable(reason, CaptureEnd::Failed),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::content::FixSource;

    use super::*;
    use crate::testing::{ManualClock, ScriptedLocation, Step};

    const NOW_MS: i64 = 1_795_000_000_000;
    const SHORT: Duration = Duration::from_millis(120);

    fn fix(accuracy_dm: Option<u32>) -> Fix {
        Fix {
            lat_e7: 511_605_000,
            lon_e7: 714_704_000,
            accuracy_dm,
            fixed_at_ms: Some(NOW_MS),
            source: FixSource::Unknown,
            mock: None,
        }
    }

    async fn capture(script: impl Into<Vec<Step>>) -> Capture {
        let source = Arc::new(ScriptedLocation::default());
        source.then(script);
        let clock = ManualClock::at(NOW_MS);
        let capture = read(source.clone(), VisitMoment::for_tests(), SHORT, &clock).await;
        assert_eq!((source.starts(), source.stops()), (1, 1), "one start, one stop");
        capture
    }

    #[tokio::test]
    async fn the_clock_that_no_setting_changes_tells_what_is_stale() {
        let of_age = |fixed_at_ms, age_ms| {
            let fix = Fix { fixed_at_ms: Some(fixed_at_ms), ..fix(Some(120)) };
            (fix, [Step::Report(Reading::Fix { fix, age_ms: Some(age_ms) }), Step::Hang])
        };
        let (fix, phone_is_an_hour_fast) = of_age(NOW_MS - 3_600_000, 900);
        assert_eq!(capture(phone_is_an_hour_fast).await, fixed(fix, CaptureEnd::GoodFix));
        let (_, an_hour_old_and_says_now) = of_age(NOW_MS, 3_600_000);
        assert_eq!(
            capture(an_hour_old_and_says_now).await,
            Capture::unavailable(UnavailableReason::Stale, CaptureEnd::WindowOver)
        );
    }

    fn fixed(fix: Fix, ended_by: CaptureEnd) -> Capture {
        Capture { outcome: LocationOutcome::Fix(fix), ended_by }
    }

    #[tokio::test]
    async fn a_good_fix_ends_the_window_at_once() {
        let began = Instant::now();
        let script = [
            Step::Report(Reading::from(fix(Some(900)))),
            Step::Report(Reading::from(fix(Some(500)))),
            Step::Hang,
        ];
        assert_eq!(capture(script).await, fixed(fix(Some(500)), CaptureEnd::GoodFix));
        assert!(began.elapsed() < SHORT);
    }

    #[tokio::test]
    async fn otherwise_the_best_so_far_is_kept_and_unknown_accuracy_is_the_worst() {
        let unknown = [Some(0), None].map(|accuracy| Step::Report(Reading::from(fix(accuracy))));
        let script = [unknown[0], Step::Report(Reading::from(fix(Some(20_000)))), unknown[1], Step::Hang];
        assert_eq!(capture(script).await, fixed(fix(Some(20_000)), CaptureEnd::WindowOver));
        assert_eq!(capture([unknown[1], Step::Hang]).await, fixed(fix(None), CaptureEnd::WindowOver));
    }

    #[tokio::test]
    async fn each_way_of_getting_nothing_has_its_reason() {
        let null = Fix { lat_e7: 0, lon_e7: 0, ..fix(Some(50)) };
        let old = Fix { fixed_at_ms: Some(NOW_MS - 600_000), ..fix(Some(50)) };
        let nowhere = Fix { lat_e7: i32::MAX, ..fix(Some(50)) };
        let over = |reason| Capture::unavailable(reason, CaptureEnd::WindowOver);
        assert_eq!(capture([Step::Hang]).await, over(UnavailableReason::Timeout));
        assert_eq!(
            capture([Step::Report(Reading::from(nowhere)), Step::Hang]).await,
            over(UnavailableReason::Timeout)
        );
        assert_eq!(
            capture([Step::Report(Reading::from(null)), Step::Hang]).await,
            over(UnavailableReason::NullIsland)
        );
        assert_eq!(
            capture([Step::Report(Reading::from(old)), Step::Hang]).await,
            over(UnavailableReason::Stale)
        );
        for reason in [UnavailableReason::Denied, UnavailableReason::Off, UnavailableReason::NoAgent] {
            let answer = capture([Step::Report(Reading::Unavailable(reason)), Step::Hang]).await;
            assert_eq!(answer, Capture::unavailable(reason, CaptureEnd::Failed));
        }
        assert_eq!(capture([]).await, Capture::unavailable(UnavailableReason::Timeout, CaptureEnd::Failed));
    }

    #[tokio::test]
    async fn a_service_that_fails_late_does_not_take_the_fix_away() {
        let script = [
            Step::Report(Reading::from(fix(Some(3_000)))),
            Step::Report(Reading::Unavailable(UnavailableReason::Off)),
            Step::Hang,
        ];
        assert_eq!(capture(script).await, fixed(fix(Some(3_000)), CaptureEnd::Failed));
    }

    #[tokio::test]
    async fn a_device_that_slept_does_not_wake_up_inside_its_window() {
        let source = Arc::new(ScriptedLocation::default());
        source.then([Step::Hang]);
        let clock = Arc::new(ManualClock::at(NOW_MS));
        let reading = read(source.clone(), VisitMoment::for_tests(), WINDOW, &*clock);
        tokio::pin!(reading);
        assert!(tokio::time::timeout(SHORT, &mut reading).await.is_err());
        clock.advance_ms(3_600_000);
        let capture = tokio::time::timeout(Duration::from_secs(10), reading).await.expect("it ends soon");
        assert_eq!(capture, Capture::unavailable(UnavailableReason::Timeout, CaptureEnd::WindowOver));
        assert_eq!(source.stops(), 1);
    }
}
