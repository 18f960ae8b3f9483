use std::convert::Infallible;

use super::*;
use crate::content::ReplacedKey;

/// What a statement says of the shares before, and whose they were.
type Renewed = Option<(OldShares, Option<u8>)>;

const DAY: i64 = 24 * 60 * 60;
const NOW: i64 = 1_800_000_000;

fn stated(key: u8, renewed: Renewed) -> OperatorKey {
    OperatorKey {
        key: vec![1; 77],
        recovery_key: vec![key; 32],
        courier_key: vec![2; 32],
        name_kk: "Үлгі".into(),
        name_ru: "Үлгі".into(),
        bin: "110640022582".into(),
        valid_from_ms: 0,
        recovery_renewed: renewed.map(|(shares, of)| RecoveryRenewed {
            shares,
            reason: "Сынақ".into(),
            shares_of: of.map(|of| ReplacedKey(vec![of; 32])),
        }),
    }
}

/// A log as its judges read it: what the operator stated of itself, and every time that it signed, in one order.
#[derive(Default)]
struct Log {
    renewals: Renewals,
    signed_s: Vec<i64>,
}

impl Log {
    fn of(keys: &[(u8, Renewed, i64)]) -> Self {
        let mut log = Self::default();
        for &(key, renewed, at_s) in keys {
            log.state(key, renewed, at_s);
        }
        log
    }

    fn state(&mut self, key: u8, renewed: Renewed, at_s: i64) {
        let latest_s = || Ok::<_, Infallible>(self.signed_s.iter().copied().max().unwrap_or(i64::MIN));
        self.renewals.stated(&stated(key, renewed), at_s, latest_s).unwrap();
        self.signed_s.push(at_s);
    }

    /// An erasure at the end of the log, after which the operator goes on to sign at these times.
    fn erase(&self, at_s: i64, now_s: i64, later_s: &[i64]) -> Judgement {
        let within = |span: Range<i64>| Ok::<_, Infallible>(later_s.iter().any(|at_s| span.contains(at_s)));
        self.renewals.judge(at_s, now_s, within).unwrap()
    }
}

const FIRST: (u8, Renewed, i64) = (0, None, NOW - 400 * DAY);
const LOST: Renewed = Some((OldShares::Lost, None));
const BOTH: Renewed = Some((OldShares::Both, None));

fn objecting(key: u8) -> Renewed {
    Some((OldShares::Both, Some(key)))
}

fn void(from_s: i64) -> Judgement {
    Judgement::Void { until_s: from_s + 10 * DAY }
}

#[test]
fn the_first_key_and_one_that_both_officers_renewed_erase_at_once() {
    let mut log = Log::of(&[FIRST]);
    assert_eq!(log.erase(NOW, NOW, &[]), Judgement::Holds);
    log.state(1, BOTH, NOW);
    assert_eq!(log.erase(NOW, NOW, &[NOW]), Judgement::Holds);
    // Another courier key, and the same recovery key.
    log.state(1, None, NOW);
    assert_eq!((log.erase(NOW, NOW, &[]), log.renewals.pauses()), (Judgement::Holds, &[][..]));
}

#[test]
fn a_key_without_the_old_shares_waits_to_the_second_whatever_the_statement_says_of_them() {
    for renewed in [LOST, None, objecting(7), objecting(1)] {
        let log = Log::of(&[FIRST, (1, renewed, NOW)]);
        let end = NOW + 10 * DAY;
        assert_eq!(log.renewals.until_s(end - 1), Some(end));
        assert_eq!(log.renewals.until_s(end), None);
        for at_s in [NOW, NOW + DAY, end - 1] {
            assert_eq!(log.erase(at_s, end + 90 * DAY, &[]), void(NOW), "void for ever, not delayed");
        }
        assert_eq!(log.erase(end, end, &[end, end + DAY]), Judgement::Holds);
    }
}

#[test]
fn a_backdated_renewal_counts_from_what_was_signed_before_it() {
    let mut log = Log::of(&[FIRST]);
    log.signed_s.push(NOW);
    log.state(1, LOST, NOW - 30 * DAY);
    assert_eq!(log.erase(NOW, NOW, &[]), void(NOW));
    // Before the log began, too.
    let mut log = Log::of(&[FIRST]);
    log.state(1, LOST, i64::MIN);
    let began_s = NOW - 400 * DAY;
    assert_eq!(log.erase(began_s, NOW, &[]), void(began_s));
}

#[test]
fn a_renewal_of_the_far_future_ends_no_sooner() {
    let log = Log::of(&[FIRST, (1, LOST, NOW + 99 * DAY)]);
    assert_eq!(log.erase(NOW + 30 * DAY, NOW + 30 * DAY, &[]), void(NOW + 99 * DAY));
    let log = Log::of(&[FIRST, (1, LOST, i64::MAX)]);
    assert_eq!(log.renewals.until_s(NOW), Some(i64::MAX), "no overflow");
}

#[test]
fn an_erasure_that_is_dated_forward_waits_for_the_own_clock_and_falls_with_the_next_honest_time() {
    let log = Log::of(&[FIRST, (1, LOST, NOW)]);
    let claimed_s = NOW + 11 * DAY;
    let until_s = NOW + 10 * DAY;
    assert_eq!(log.erase(claimed_s, NOW + DAY, &[claimed_s]), Judgement::Waits { until_s });
    assert_eq!(log.erase(claimed_s, NOW + 40 * DAY, &[claimed_s, NOW + DAY]), void(NOW));
    // Dated back, it was within the pause by its own word.
    assert_eq!(log.erase(NOW - 30 * DAY, NOW + 40 * DAY, &[NOW + 40 * DAY]), void(NOW));
}

#[test]
fn a_clock_that_fell_back_behind_the_pause_takes_back_no_erasure() {
    let log = Log::of(&[FIRST, (1, LOST, NOW)]);
    let at_s = NOW + 11 * DAY;
    assert_eq!(log.erase(at_s, at_s + DAY, &[0, at_s + DAY]), Judgement::Holds);
}

#[test]
fn renewing_once_more_washes_nothing() {
    // With both shares of the key that came without: the pause is the same.
    let log = Log::of(&[FIRST, (1, LOST, NOW), (2, BOTH, NOW + DAY)]);
    assert_eq!(log.erase(NOW + 9 * DAY, NOW + 9 * DAY, &[]), void(NOW));
    assert_eq!(log.erase(NOW + 10 * DAY, NOW + 10 * DAY, &[]), Judgement::Holds);
    // Without: another one begins, and the first one goes on.
    let mut log = Log::of(&[FIRST, (1, LOST, NOW), (2, LOST, NOW + 5 * DAY)]);
    assert_eq!(log.erase(NOW + 14 * DAY, NOW + 14 * DAY, &[]), void(NOW + 5 * DAY));
    // An objection with the shares of the key in between ends the second and not the first.
    log.state(3, objecting(1), NOW + 6 * DAY);
    assert_eq!(log.erase(NOW + 9 * DAY, NOW + 9 * DAY, &[]), void(NOW));
    assert_eq!(log.erase(NOW + 10 * DAY, NOW + 10 * DAY, &[]), Judgement::Holds);
    // Nor when a wrong clock made the first pause look over.
    let mut log = Log::of(&[FIRST, (1, LOST, NOW), (2, LOST, NOW + 11 * DAY)]);
    log.state(3, objecting(1), NOW + 12 * DAY);
    let erased = log.erase(NOW + 13 * DAY, NOW + DAY, &[]);
    assert_eq!(erased, Judgement::Waits { until_s: NOW + 10 * DAY });
    assert_eq!(log.erase(NOW + 13 * DAY, NOW + 20 * DAY, &[NOW + DAY]), void(NOW));
}

#[test]
fn the_old_shares_object_within_the_pause_and_not_after_it() {
    for (at_s, is_heard) in [(NOW + 10 * DAY - 1, true), (NOW + 10 * DAY, false)] {
        let mut log = Log::of(&[FIRST, (1, LOST, NOW), (2, BOTH, NOW + DAY)]);
        assert_eq!(log.renewals.may_object(&[0; 32], at_s), is_heard);
        assert!(!log.renewals.may_object(&[1; 32], at_s), "that one was replaced with approval");
        log.state(3, objecting(0), at_s);
        let expected = if is_heard { Judgement::Holds } else { void(at_s) };
        assert_eq!(log.erase(at_s, at_s, &[]), expected);
    }
}
