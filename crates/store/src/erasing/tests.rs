use domain::content::{NotePurpose, OldShares, OperatorKey, RecoveryRenewed, ReplacedKey, VisitNoted};
use domain::id::RecordId;
use journal::Draft;

use super::*;
use crate::testing::{CHILD, NOW_MS, SPECIALIST, TestDevice, TestOperator, signing_key, visit};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A specialist's device with a registered note, and the operator whose log holds it.
struct Setting {
    operator: TestOperator,
    device: TestDevice,
    note: StatementId,
    erasures: u8,
}

impl Setting {
    fn new() -> Self {
        let mut operator = TestOperator::new();
        let device = TestDevice::bound(&mut operator, SPECIALIST, 0x81);
        let (id, draft) = visit(1, SPECIALIST, CHILD);
        let text = "Жаттығу жасалды".into();
        let note = VisitNoted { purpose: NotePurpose::Care, text, about: None };
        let note = device.state(&[draft, Draft::new(id, note)])[1].id;
        device.push(&mut operator);
        device.pull(&operator);
        Self { operator, device, note, erasures: 0 }
    }

    fn renew(&mut self, day: i64, key: u8, shares: OldShares, shares_of: Option<u8>) {
        self.operator.set_clock(NOW_MS + day * DAY_MS);
        let facts = self.operator.facts();
        let renewed = RecoveryRenewed {
            shares,
            reason: "Сынақ".into(),
            shares_of: shares_of.map(|of| ReplacedKey(vec![of; 32])),
        };
        let recovery_renewed = Some(renewed);
        let stated = OperatorKey { recovery_key: vec![key; 32], recovery_renewed, ..facts.facts };
        self.operator.state(facts.id, stated);
    }

    fn erase(&mut self, day: i64) {
        self.operator.set_clock(NOW_MS + day * DAY_MS);
        self.erasures += 1;
        let erased = ContentErased { statements: vec![self.note], basis: "Заң".into(), erased_at_ms: 1 };
        self.operator.state(RecordId::from_bytes([self.erasures; 16]), erased);
    }

    /// One more head, and whatever the operator has.
    fn pull(&mut self, day: i64) {
        self.operator.set_clock(NOW_MS + day * DAY_MS);
        self.device.pull(&self.operator);
    }

    fn judge(&self, day: i64) -> bool {
        self.device.store.judge_erasures(NOW_MS + day * DAY_MS).unwrap()
    }

    fn has_note(&self) -> bool {
        self.device.store.rebuild().unwrap();
        let id = visit(1, SPECIALIST, CHILD).0;
        let shown = self.device.store.read(|reader| reader.visit(id)).unwrap();
        shown.is_some_and(|visit| visit.note.is_some())
    }

    fn waiting(&self) -> usize {
        self.device.store.with_reader(waiting).unwrap().len()
    }
}

#[test]
fn what_was_stated_within_the_pause_takes_nothing_then_or_later() {
    let mut setting = Setting::new();
    setting.renew(0, 2, OldShares::Lost, None);
    setting.erase(9);
    setting.pull(9);
    assert!(setting.has_note(), "not before it was judged");
    assert!(!setting.judge(9) && !setting.judge(400));
    assert!(setting.has_note());
    assert_eq!(setting.waiting(), 0, "void, not late");
    // The same erasure at its place in the log, and an honest one after the pause.
    setting.pull(12);
    assert!(!setting.judge(400) && setting.has_note());
    setting.erase(13);
    setting.pull(13);
    assert!(setting.judge(13) && !setting.has_note());
}

#[test]
fn after_the_pause_it_goes_also_where_nobody_looked_for_weeks() {
    for looks in [vec![1, 5, 9], vec![]] {
        let mut setting = Setting::new();
        setting.renew(0, 2, OldShares::Lost, None);
        for day in looks {
            setting.pull(day);
        }
        setting.erase(11);
        setting.pull(20);
        assert!(setting.has_note());
        assert!(setting.judge(20), "it tells that something is shown otherwise");
        assert!(!setting.has_note());
        assert_eq!((setting.waiting(), setting.judge(21)), (0, false));
    }
}

#[test]
fn an_operators_clock_that_is_set_forward_takes_nothing_that_the_own_clock_does_not() {
    let mut setting = Setting::new();
    setting.renew(0, 2, OldShares::Lost, None);
    setting.erase(11);
    setting.pull(11);
    assert!(!setting.judge(1) && setting.has_note(), "here it is the day after");
    assert_eq!(setting.waiting(), 1);
    assert!(!setting.judge(2) && setting.has_note());
    // The next head is honest: by that the erasure was within the pause.
    setting.pull(3);
    assert!(!setting.judge(3) && !setting.judge(40) && setting.has_note());
    assert_eq!(setting.waiting(), 0);
    // While nobody tells otherwise it goes once the pause is over here as well.
    let mut setting = Setting::new();
    setting.renew(0, 2, OldShares::Lost, None);
    setting.erase(11);
    setting.pull(11);
    assert!(!setting.judge(9) && setting.judge(11) && !setting.has_note());
}

#[test]
fn a_renewal_that_is_dated_back_counts_from_the_last_head_that_this_device_saw() {
    let mut setting = Setting::new();
    // Somebody else's statement: this device sees the head over it alone.
    setting.operator.state_as(&signing_key(0x66), &visit(2, SPECIALIST, CHILD).1, &[]);
    setting.pull(20);
    setting.renew(5, 2, OldShares::Lost, None);
    setting.erase(21);
    setting.pull(21);
    assert!(!setting.judge(40) && setting.has_note());
    assert_eq!(setting.waiting(), 0);
    // Nor from before anything that the operator ever signed.
    let mut setting = Setting::new();
    setting.renew(-9_000, 2, OldShares::Lost, None);
    setting.erase(1);
    setting.pull(1);
    assert!(!setting.judge(40) && setting.has_note());
}

#[test]
fn after_an_objection_and_with_both_shares_it_goes_as_it_comes() {
    let mut setting = Setting::new();
    setting.renew(0, 2, OldShares::Lost, None);
    setting.renew(1, 3, OldShares::Both, None);
    setting.erase(2);
    setting.pull(2);
    assert!(
        !setting.judge(2) && setting.has_note(),
        "both shares of the key that came without them are no objection"
    );
    setting.renew(3, 4, OldShares::Both, Some(1));
    setting.erase(3);
    setting.pull(3);
    assert!(!setting.has_note(), "before anything else, as ever");
    let keys = setting.device.store.read(|reader| reader.recovery_keys()).unwrap();
    assert!(keys.pauses().is_empty());
}

#[test]
fn a_device_that_begins_later_judges_the_same() {
    let mut setting = Setting::new();
    setting.renew(0, 2, OldShares::Lost, None);
    setting.erase(4);
    setting.operator.set_clock(NOW_MS + 20 * DAY_MS);
    let new = TestDevice::bound(&mut setting.operator, crate::testing::PARENT, 0x82);
    new.pull(&setting.operator);
    assert!(!new.store.judge_erasures(NOW_MS + 20 * DAY_MS).unwrap());
    let id = visit(1, SPECIALIST, CHILD).0;
    assert!(new.store.read(|reader| reader.visit(id)).unwrap().unwrap().note.is_some());
}

/// Each sync looks for them, on a device with a hundred thousand statements.
#[test]
fn those_that_wait_are_looked_up_and_nothing_else_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(&folder.path().join("a.db"), &crate::testing::key()).unwrap();
    let plan = store.with_reader(|conn| {
        let mut explain = conn.prepare(&format!("EXPLAIN QUERY PLAN {WAITING}"))?;
        let steps = explain.query_map([], |row| row.get::<_, String>(3))?;
        Ok::<_, StoreError>(steps.collect::<Result<Vec<_>, _>>()?)
    });
    assert_eq!(plan.unwrap(), ["SCAN w", "SEARCH f USING INTEGER PRIMARY KEY (rowid=?)"]);
}
