use domain::content::{
    CaptureEnd, CorrectionReason, DisputeReason, LocationMoment, LocationOutcome, RecordKind, ReviewDecision,
    ReviewReason, UnavailableReason, VisitChange, VisitConfirmed, VisitCorrected, VisitDisputed,
    VisitFinished, VisitLocated, VisitReviewed,
};
use domain::id::CaptureId;
use domain::scope::Scope;
use journal::Draft;
use proptest::prelude::*;

use super::*;

use crate::read::visit::{ReviewState, VisitFilter, VisitOrder, VisitSort};
use crate::testing::{
    CHILD, COORDINATOR, ORGANISATION, PARENT, PLACE, SPECIALIST, TestDevice, TestOperator, visit,
};

/// One thing that somebody does, by numbers.
fn act(operator: &mut TestOperator, devices: &[TestDevice; 3], (what, n, m): (u8, u8, u8), cards: bool) {
    let [specialist, parent, coordinator] = devices;
    let (id, draft) = visit(n, SPECIALIST, CHILD);
    let basis =
        |device: &TestDevice| device.store.read(|reader| reader.visit(id)).unwrap().map(|visit| visit.basis);
    match what {
        0 | 1 => drop(specialist.state(&[draft])),
        2 => drop(specialist.state(&[Draft::new(id, VisitFinished { finished_at_ms: i64::from(m) })])),
        3 => {
            if let Some(basis) = basis(specialist) {
                let change = VisitChange {
                    cancelled: m.is_multiple_of(3),
                    service: m.is_multiple_of(2).then(|| "massage".into()),
                    outcome: None,
                    started_at_ms: None,
                    finished_at_ms: None,
                };
                let reason = CorrectionReason::WrongService;
                specialist
                    .state(&[Draft::new(id, VisitCorrected { basis, reason, change, corrected_at_ms: 1 })]);
            }
        }
        4 => {
            if let Some(basis) = basis(parent) {
                let answered_at_ms = i64::from(m);
                parent.state(&[if m.is_multiple_of(2) {
                    Draft::new(
                        id,
                        VisitConfirmed { basis, representative: PARENT, answered_at_ms, capture: None },
                    )
                } else {
                    let reason = DisputeReason::OtherTime;
                    let disputed = VisitDisputed {
                        basis,
                        representative: PARENT,
                        reason,
                        answered_at_ms,
                        capture: None,
                    };
                    Draft::new(id, disputed)
                }]);
            }
        }
        5 => {
            if let Some(basis) = basis(coordinator) {
                let reviewed = VisitReviewed {
                    basis,
                    decision: ReviewDecision::Accepted,
                    reason: ReviewReason::InOrder,
                    flags_seen: Vec::new(),
                    reviewed_at_ms: 1,
                };
                coordinator.state(&[Draft::new(id, reviewed)]);
            }
        }
        6 => operator.name(
            RecordKind::Child,
            CHILD,
            "Болатов",
            if m.is_multiple_of(2) { "Нұрлан" } else { "Әлі" },
        ),
        7 => {
            let card = if cards { Scope::Card(SPECIALIST) } else { Scope::Contact(SPECIALIST) };
            let scope = [card, Scope::Child(CHILD), Scope::Family(CHILD), Scope::Place(PLACE)];
            let scope = scope[usize::from(m) % 4];
            if n.is_multiple_of(2) { operator.grant(PARENT, [scope]) } else { operator.revoke(PARENT, scope) }
        }
        8 => {
            let card = if cards { Scope::Card(PARENT) } else { Scope::Contact(PARENT) };
            let scope = [Scope::Organisation(ORGANISATION), card, Scope::Team(CHILD)];
            let scope = scope[usize::from(m) % 3];
            if n.is_multiple_of(2) {
                operator.grant(COORDINATOR, [scope])
            } else {
                operator.revoke(COORDINATOR, scope)
            }
        }
        9 => {
            let flags = [Flag::LateSync, Flag::UnknownSubject, Flag::Unconfirmed, Flag::FarFromPlace];
            operator.flags = flags[..usize::from(m) % 5].to_vec();
            devices[usize::from(n) % 3].push(operator);
            operator.flags.clear();
        }
        _ => drop(devices[usize::from(n) % 3].pull(operator)),
    }
}

#[test]
fn flags_that_come_with_a_receipt_show_as_if_their_visit_were_folded_anew() {
    for flag in Flag::ALL {
        let mut operator = TestOperator::new();
        let device = TestDevice::bound(&mut operator, SPECIALIST, 0x81);
        let (id, draft) = visit(1, SPECIALIST, CHILD);
        let located = |capture: u8, moment| VisitLocated {
            capture: CaptureId::from_bytes([capture; 16]),
            moment,
            outcome: LocationOutcome::Unavailable(UnavailableReason::Timeout),
            began_at_ms: 1,
            ended_at_ms: 2,
            ended_by: CaptureEnd::WindowOver,
        };
        device.state(&[draft, Draft::new(id, located(1, LocationMoment::Registered))]);
        device.push(&mut operator);
        operator.flags = vec![*flag];
        for (capture, moment) in [(1, LocationMoment::Finished), (2, LocationMoment::Confirmed)] {
            device.state(&[Draft::new(id, located(capture, moment))]);
            device.push(&mut operator);
            let shown = device.shown();
            device.store.rebuild().unwrap();
            assert_eq!(device.shown(), shown, "{flag:?} of a position, {moment:?}");
        }
        let (id, draft) = visit(2, SPECIALIST, CHILD);
        device.state(&[draft, Draft::new(id, located(3, LocationMoment::Registered))]);
        device.push(&mut operator);
        let shown = device.shown();
        device.store.rebuild().unwrap();
        assert_eq!(device.shown(), shown, "{flag:?} of a registration");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// I5: what is shown can be dropped and made anew from the statements, row for row.
    #[test]
    fn rebuilding_gives_the_same_rows(
        acts in proptest::collection::vec((0_u8..12, 0_u8..4, any::<u8>()), 1..40),
    ) {
        let mut operator = TestOperator::new();
        let devices = [(SPECIALIST, 0x81), (PARENT, 0x82), (COORDINATOR, 0x83)]
            .map(|(person, n)| TestDevice::bound(&mut operator, person, n));
        for one in acts {
            act(&mut operator, &devices, one, true);
        }
        for device in &devices {
            let before = (device.shown(), device.found());
            device.store.rebuild().unwrap();
            prop_assert_eq!((device.shown(), device.found()), before);
        }
    }

    /// Two readers with the same scopes show the same, however they came to them. Cards are left alone here: whoever
    /// verified a statement once goes on believing it, and a new device cannot without the key.
    #[test]
    fn a_device_that_follows_shows_what_a_new_one_shows(
        acts in proptest::collection::vec((0_u8..12, 0_u8..4, any::<u8>()), 1..40),
    ) {
        let mut operator = TestOperator::new();
        let devices = [(SPECIALIST, 0x81), (PARENT, 0x82), (COORDINATOR, 0x83)]
            .map(|(person, n)| TestDevice::bound(&mut operator, person, n));
        for one in acts {
            act(&mut operator, &devices, one, false);
        }
        for (device, n) in devices.iter().zip(0x91..) {
            device.push(&mut operator);
            let new = TestDevice::bound(&mut operator, device.person(), n);
            device.pull(&operator);
            new.pull(&operator);
            prop_assert_eq!(new.shown(), device.shown());
        }
    }
}

/// These run inside the write transaction of a page or of a registration: at 100,000 visits a scan would hold up the tap
/// at the door.
#[test]
fn no_statement_under_the_write_lock_scans_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::create(&folder.path().join("a.db"), &crate::testing::key()).unwrap();
    let hot = [
        visit::AT_PLACE,
        visit::OF_CHILD,
        record::NOT_BY_OPERATOR,
        record::COORDINATED_BY,
        record::REPRESENTATIVES_OF,
        REVIEWED_BY,
        REVIEWED_HERE,
        ANYTHING_ELSE,
        crate::statement::ABOUT,
        crate::pull::store_item::ABOUT_WHAT,
    ];
    for sql in hot.into_iter().chain(crate::pull::store_item::ERASE) {
        let plan = store
            .with_reader(|conn| {
                let mut explain = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
                let none = rusqlite::params_from_iter(vec![rusqlite::types::Null; explain.parameter_count()]);
                let steps = explain.query_map(none, |row| row.get::<_, String>(3))?;
                Ok::<_, StoreError>(steps.collect::<Result<Vec<_>, _>>()?)
            })
            .unwrap();
        // Walking an index that holds only the rows of one kind is no scan of the table, nor is a subquery's result.
        let scans = plan
            .iter()
            .filter(|step| step.starts_with("SCAN") && !step.contains("INDEX") && !step.contains("subquery"));
        assert_eq!(scans.collect::<Vec<_>>(), Vec::<&String>::new(), "{sql}: {plan:?}");
    }
}

#[test]
fn an_end_writes_no_index_of_its_visit() {
    let mut operator = TestOperator::new();
    let device = TestDevice::bound(&mut operator, SPECIALIST, 0x81);
    device.pull(&operator);
    let (id, draft) = visit(1, SPECIALIST, CHILD);
    let basis = device.state(&[draft])[0].id;
    let mut log = device.path().as_os_str().to_owned();
    log.push("-wal");
    let frames = || std::fs::metadata(&log).unwrap().len() / (4_096 + 24);
    let written = |draft: Draft| {
        let before = frames();
        device.state(&[draft]);
        frames() - before
    };
    let end = written(Draft::new(id, VisitFinished { finished_at_ms: 1 }));
    let change = VisitChange {
        cancelled: true,
        service: None,
        outcome: None,
        started_at_ms: None,
        finished_at_ms: None,
    };
    let reason = CorrectionReason::Undone;
    let correction = written(Draft::new(id, VisitCorrected { basis, reason, change, corrected_at_ms: 1 }));
    // Statement and outbox; id, subject and how far they go; the visit and how far that goes.
    assert_eq!(end, 7, "beside {correction} of what takes it out of an index");
    assert!(device.store.read(|reader| reader.visit(id)).unwrap().unwrap().cancelled.is_some());
}

#[test]
fn a_review_is_found_by_what_it_decided() {
    let mut operator = TestOperator::new();
    let [specialist, coordinator] = [(SPECIALIST, 0x81), (COORDINATOR, 0x83)]
        .map(|(person, n)| TestDevice::bound(&mut operator, person, n));
    specialist.pull(&operator);
    let (id, draft) = visit(1, SPECIALIST, CHILD);
    let basis = specialist.state(&[draft])[0].id;
    specialist.push(&mut operator);
    coordinator.pull(&operator);
    for (decision, reason, state) in [
        (ReviewDecision::Returned, ReviewReason::WrongTime, ReviewState::Returned),
        (ReviewDecision::Accepted, ReviewReason::InOrder, ReviewState::Accepted),
    ] {
        let reviewed = VisitReviewed { basis, decision, reason, flags_seen: Vec::new(), reviewed_at_ms: 1 };
        coordinator.state(&[Draft::new(id, reviewed)]);
        let filter = VisitFilter { review: Some(state), ..VisitFilter::default() };
        let order = VisitOrder { sort: VisitSort::Started, descending: true, offset: 0, limit: 9 };
        let found = coordinator.store.read(|reader| reader.visits(&filter, order)).unwrap();
        assert_eq!(found.visits.iter().map(|visit| visit.id).collect::<Vec<_>>(), [id], "{state:?}");
    }
    coordinator.store.check_integrity().unwrap();
}
