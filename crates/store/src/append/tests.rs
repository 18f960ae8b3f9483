use std::sync::Arc;

use domain::content::{
    CaptureEnd, LocationMoment, LocationOutcome, NotePurpose, UnavailableReason, VisitConfirmed,
    VisitLocated, VisitNoted,
};
use domain::id::VisitId;
use sync::Outbox as _;

use super::*;
use crate::read::transport::Transport;
use crate::statement;
use crate::testing::{CHILD, NOW_MS, SPECIALIST, TestDevice, TestOperator, visit};

fn device() -> TestDevice {
    TestDevice::bound(&mut TestOperator::new(), SPECIALIST, 0x81)
}

#[test]
fn a_series_is_dense_and_each_statement_names_the_one_before() {
    let device = device();
    let mut sealed = device.state(&[visit(1, SPECIALIST, CHILD).1, visit(2, SPECIALIST, CHILD).1]);
    sealed.extend(device.state(&[visit(3, SPECIALIST, CHILD).1]));
    let numbers: Vec<u64> = sealed.iter().map(|sealed| sealed.header.seq).collect();
    assert_eq!(numbers, [1, 2, 3], "0 is device-enrolled");
    for pair in sealed.windows(2) {
        assert_eq!(pair[1].header.prev, Some(pair[0].id));
    }
    assert_eq!(sealed[0].header.beacon, device.store.beacon().unwrap(), "younger than the last head seen");
    assert!(sealed[0].header.beacon.is_some());
}

#[test]
fn two_taps_are_one_visit_also_after_a_restart() {
    let mut device = device();
    let (id, draft) = visit(1, SPECIALIST, CHILD);
    let tap = |device: &TestDevice| {
        let drafts = std::slice::from_ref(&draft);
        device.store.append_drafts(Some("draft-1"), drafts, &device.clock, &device.rng).unwrap()
    };
    let first = tap(&device);
    assert!(!first.repeated);
    let second = tap(&device);
    device.restart();
    let third = tap(&device);
    assert_eq!((second.repeated, third.repeated), (true, true));
    assert_eq!(first.statements, second.statements);
    assert_eq!(first.statements, third.statements);
    assert_eq!(device.store.read(|reader| reader.story(id)).unwrap().len(), 1);
}

#[test]
fn two_taps_are_one_visit_also_when_the_first_cannot_be_found_yet() {
    let device = device();
    let (id, draft) = visit(1, SPECIALIST, CHILD);
    let drafts = [draft, visit(2, SPECIALIST, CHILD).1];
    let tap = || device.store.append_drafts(Some("draft-1"), &drafts, &device.clock, &device.rng).unwrap();
    let run = |sql: &str| device.store.write(|tx| Ok::<_, StoreError>(tx.execute_batch(sql)?)).unwrap();
    run("CREATE TRIGGER broken BEFORE INSERT ON own_id BEGIN SELECT RAISE(ABORT, 'broken'); END");
    let (first, second) = (tap(), tap());
    assert_eq!((first.repeated, second.repeated), (false, true));
    assert_eq!(first.statements, second.statements);
    assert_eq!(device.store.waiting().unwrap().waiting_count, 2);
    let story = || device.store.read(|reader| reader.story(id)).unwrap().len();
    assert_eq!(story(), 0);
    let id_of = first.statements[0].id;
    let transport = device.store.read(|reader| reader.transport(id_of)).unwrap();
    assert_eq!(transport, Some(Transport::Saved), "what is saved is never answered to be missing");
    run("DROP TRIGGER broken");
    assert_eq!(story(), 1, "the next write makes up for it");
    let third = tap();
    assert!(third.repeated);
    assert_eq!(first.statements, third.statements);
}

#[test]
fn an_error_of_the_use_case_leaves_nothing_behind() {
    let device = device();
    let (id, draft) = visit(1, SPECIALIST, CHILD);
    let before = device.store.waiting().unwrap();
    let failed = device.store.append(Some("draft-1"), &device.clock, &device.rng, |appending| {
        appending.seal(&draft)?;
        appending.set("progress", Some(b"1"))?;
        Err::<(), _>(StoreError::Row("changed meanwhile"))
    });
    assert!(matches!(failed, Err(StoreError::Row(_))));
    assert_eq!(device.store.waiting().unwrap(), before);
    let (visit, setting) = device
        .store
        .read(|reader| Ok::<_, StoreError>((reader.visit(id)?, reader.get("progress")?)))
        .unwrap();
    assert_eq!((visit, setting), (None, None));
    let again = device.store.append_drafts(Some("draft-1"), &[draft], &device.clock, &device.rng).unwrap();
    assert!(!again.repeated, "the failed request was not answered");
}

#[test]
fn what_cannot_be_shown_is_saved_all_the_same_and_shown_later() {
    let mut device = device();
    let shown = |device: &TestDevice, n: u8| {
        let (id, _) = visit(n, SPECIALIST, CHILD);
        device.store.read(|reader| reader.visit(id)).unwrap().is_some()
    };
    let run = |device: &TestDevice, sql: &str| {
        device.store.write(|tx| Ok::<_, StoreError>(tx.execute_batch(sql)?)).unwrap();
    };
    let broken = "CREATE TRIGGER broken BEFORE INSERT ON visit BEGIN SELECT RAISE(ABORT, 'broken'); END";
    run(&device, broken);
    device.state(&[visit(1, SPECIALIST, CHILD).1]);
    device.state(&[visit(2, SPECIALIST, CHILD).1]);
    assert_eq!(device.store.waiting().unwrap().waiting_count, 2);
    assert!(!shown(&device, 1));
    run(&device, "DROP TRIGGER broken");
    assert!((1..=2).all(|n| shown(&device, n)), "the next write makes up for it");
    device.state(&[visit(3, SPECIALIST, CHILD).1]);
    assert!(shown(&device, 3));

    run(&device, broken);
    device.state(&[visit(4, SPECIALIST, CHILD).1]);
    run(&device, "DROP TRIGGER broken");
    device.restart();
    assert!(shown(&device, 4), "so does the next start");
}

#[test]
fn what_is_called_saved_waits_for_the_disk_also_after_what_does_not() {
    let device = device();
    let synchronous =
        |conn: &Connection| conn.query_row("PRAGMA synchronous", [], |row| row.get::<_, i64>(0));
    device.state(&[visit(1, SPECIALIST, CHILD).1]);
    let mut writer = device.store.writer();
    for (durability, expected) in
        [(Durability::Later, 1), (Durability::OnDisk, 2), (Durability::Later, 1), (Durability::Tap, 2)]
    {
        let found = writer.write(durability, |tx| Ok::<_, StoreError>(synchronous(tx)?)).unwrap();
        assert_eq!(found, expected, "{durability:?}: 1 is NORMAL, 2 is FULL");
    }
    writer.write(Durability::Later, |_| Ok::<_, StoreError>(())).unwrap();
    drop(writer);
    let sealed_with = std::cell::Cell::new(0);
    let append = device.store.append(None, &device.clock, &device.rng, |appending| {
        sealed_with.set(synchronous(appending.transaction)?);
        appending.seal(&visit(2, SPECIALIST, CHILD).1).map(drop)
    });
    assert!(append.is_ok());
    assert_eq!(sealed_with.get(), 2);
}

#[test]
fn a_statement_may_refer_to_one_of_the_same_transaction() {
    let device = device();
    let (id, draft) = visit(1, SPECIALIST, CHILD);
    let appended = device
        .store
        .append(None, &device.clock, &device.rng, |appending| {
            let registered = appending.seal(&draft)?;
            let note = VisitNoted {
                purpose: NotePurpose::Care,
                text: "Бала жақсы қатысты".into(),
                about: Some(registered.id),
            };
            appending.seal(&Draft::new(id, note)).map(drop)
        })
        .unwrap();
    let visit = device.store.read(|reader| reader.visit(id)).unwrap().unwrap();
    assert_eq!(visit.registered, appended.statements[0].id);
    assert_eq!(visit.note.as_deref(), Some("Бала жақсы қатысты"));
}

#[test]
fn two_threads_never_fork_the_series() {
    let device = Arc::new(device());
    let threads: Vec<_> = (0..4_u8)
        .map(|thread| {
            let device = Arc::clone(&device);
            std::thread::spawn(move || {
                for n in 0..25 {
                    device.state(&[visit(thread * 25 + n, SPECIALIST, CHILD).1]);
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let series = device.store.with_reader(|conn| statement::own(conn, 0, 1_000)).unwrap();
    assert_eq!(series.len(), 101);
    for pair in series.windows(2) {
        assert_eq!(pair[1].header.prev, Some(pair[0].id));
    }
}

#[test]
fn two_handles_on_one_file_never_fork_the_series() {
    let device = device();
    let other = Store::open(device.path(), &crate::testing::key()).unwrap();
    for n in 0..10 {
        device.state(&[visit(n * 2, SPECIALIST, CHILD).1]);
        let (_, draft) = visit(n * 2 + 1, SPECIALIST, CHILD);
        other.append_drafts(None, &[draft], &device.clock, &device.rng).unwrap();
    }
    let series = device.store.with_reader(|conn| statement::own(conn, 0, 100)).unwrap();
    assert!(series.windows(2).all(|pair| pair[1].header.prev == Some(pair[0].id)));
    assert_eq!(series.len(), 21);
}

#[test]
fn the_journal_refuses_every_change() {
    let device = device();
    device.state(&[visit(1, SPECIALIST, CHILD).1]);
    for (sql, why) in [
        ("UPDATE own_statement SET kind = 'x' WHERE seq = 1", "own statements are never changed"),
        ("DELETE FROM own_statement WHERE seq = 1", "own statements are never deleted"),
        ("UPDATE own_statement SET content = x'00' WHERE seq = 1", "contents are never changed"),
        ("UPDATE own_statement SET content = NULL WHERE seq = 1", "nothing unsent is ever deleted"),
        ("DELETE FROM outbox WHERE seq = 1", "only a receipt closes the outbox"),
        ("UPDATE registration SET tree_size = 9", "registrations are never changed"),
        ("DELETE FROM receipt", "receipts are never deleted"),
        (
            "INSERT INTO own_statement (seq, id, kind, subject, issued_at_s, bytes)
             VALUES (9, zeroblob(32), 'x', zeroblob(16), 0, x'')",
            "the series has no gaps and no forks",
        ),
    ] {
        let refused = device.store.write(|transaction| Ok::<_, StoreError>(transaction.execute(sql, [])?));
        let Err(StoreError::Sql(rusqlite::Error::SqliteFailure(_, Some(said)))) = refused else {
            panic!("{sql}: {refused:?}")
        };
        assert_eq!(said, why, "{sql}");
    }
}

/// Writes the outcome of a reading, and says of how many visits.
fn end(device: &TestDevice, capture: CaptureId) -> usize {
    let ended = device.store.append(None, &device.clock, &device.rng, |appending| {
        let Some(ended) = appending.pending_capture(capture)? else { return Ok(()) };
        for visit in ended.visits {
            let located = VisitLocated {
                capture: ended.capture,
                moment: ended.moment,
                outcome: LocationOutcome::Unavailable(UnavailableReason::Interrupted),
                began_at_ms: ended.began_at_ms,
                ended_at_ms: ended.began_at_ms,
                ended_by: CaptureEnd::Interrupted,
            };
            appending.seal(&Draft::new(visit, located))?;
        }
        Ok::<_, StoreError>(())
    });
    ended.unwrap().statements.len()
}

#[test]
fn a_reading_ends_once_also_where_the_list_of_what_runs_is_behind() {
    let device = device();
    let other = Store::open(device.path(), &crate::testing::key()).unwrap();
    let run = |sql: &str| other.write(|tx| Ok::<_, StoreError>(tx.execute_batch(sql)?)).unwrap();
    let captures = [1, 2].map(|n| CaptureId::from_bytes([n; 16]));
    let running = || device.store.read(|reader| reader.pending_captures()).unwrap().len();
    run("CREATE TRIGGER broken BEFORE INSERT ON pending_capture BEGIN SELECT RAISE(ABORT, 'broken'); END");
    device.state(&[visit(1, SPECIALIST, CHILD).1]);
    assert_eq!(running(), 1);
    run("DROP TRIGGER broken");
    assert_eq!((end(&device, captures[0]), running()), (1, 0));

    device.state(&[visit(2, SPECIALIST, CHILD).1]);
    run("CREATE TRIGGER broken BEFORE DELETE ON pending_capture BEGIN SELECT RAISE(ABORT, 'broken'); END");
    assert_eq!((end(&device, captures[1]), running()), (1, 0));
    assert_eq!(end(&device, captures[1]), 0);
    run("DROP TRIGGER broken");
    assert_eq!((end(&device, captures[1]), running()), (0, 0));
}

#[test]
fn who_answers_anew_reads_anew_and_each_reading_has_its_outcome() {
    let device = device();
    let (id, draft) = visit(1, SPECIALIST, CHILD);
    let basis = device.state(&[draft])[0].id;
    let captures = [1, 2, 3, 4].map(|n| CaptureId::from_bytes([n; 16]));
    let answer = |capture, answered_at_ms| {
        Draft::new(
            id,
            VisitConfirmed { basis, representative: SPECIALIST, answered_at_ms, capture: Some(capture) },
        )
    };
    let not_started = |capture| {
        let located = VisitLocated {
            capture,
            moment: LocationMoment::Confirmed,
            outcome: LocationOutcome::Unavailable(UnavailableReason::AfterVisit),
            began_at_ms: 1,
            ended_at_ms: 1,
            ended_by: CaptureEnd::NotStarted,
        };
        Draft::new(id, located)
    };
    let running = || {
        let pending = device.store.read(|reader| reader.pending_captures()).unwrap();
        pending.into_iter().map(|pending| pending.capture).collect::<Vec<_>>()
    };
    device.state(&[answer(captures[1], NOW_MS + 70_000)]);
    // One whose outcome is known at once leaves those before it alone.
    device.state(&[answer(captures[2], NOW_MS + 80_000), not_started(captures[2])]);
    device.state(&[answer(captures[3], NOW_MS + 90_000)]);
    assert_eq!(running(), [captures[0], captures[1], captures[3]]);
    assert_eq!((end(&device, captures[1]), running()), (1, vec![captures[0], captures[3]]));
    assert_eq!((end(&device, captures[3]), end(&device, captures[0]), running()), (1, 1, vec![]));
    let readings = device.store.read(|reader| reader.readings(0, 9)).unwrap();
    assert_eq!(readings.len(), 4);
    let page = device.store.read(|reader| reader.readings(1, 2)).unwrap();
    assert_eq!(page, readings[1..3]);
}

#[test]
fn a_reading_that_a_crash_interrupted_is_found_at_the_next_start_and_ends_once() {
    let mut device = device();
    let (id, draft) = visit(1, SPECIALIST, CHILD);
    // A visit to two siblings: one tap, one reading.
    let sibling = Draft { subject: VisitId::from_bytes([2; 16]).into(), ..draft.clone() };
    let pending = PendingCapture {
        capture: CaptureId::from_bytes([1; 16]),
        moment: LocationMoment::Registered,
        visits: vec![id, VisitId::from_bytes([2; 16])],
        began_at_ms: NOW_MS + 60_000,
    };
    device.state(&[draft, sibling]);
    device.restart();
    let (found, shown, readings) = device
        .store
        .read(|reader| {
            Ok::<_, StoreError>((reader.pending_captures()?, reader.visit(id)?, reader.readings(0, 9)?))
        })
        .unwrap();
    assert_eq!(found, std::slice::from_ref(&pending));
    assert!(shown.unwrap().capture_pending);
    assert_eq!((readings[0].visits.clone(), readings[0].outcome), (pending.visits.clone(), None));
    assert_eq!(end(&device, pending.capture), 2);
    assert_eq!(end(&device, pending.capture), 0, "written once");
    let (visit, readings) = device
        .store
        .read(|reader| Ok::<_, StoreError>((reader.visit(id)?.unwrap(), reader.readings(0, 9)?)))
        .unwrap();
    assert!(!visit.capture_pending);
    assert_eq!(visit.location, Some(LocationOutcome::Unavailable(UnavailableReason::Interrupted)));
    assert_eq!(readings.len(), 1, "siblings share one reading");
    assert_eq!(readings[0].visits, pending.visits);
}

#[test]
fn enrolling_again_after_a_crash_gives_the_same_statement() {
    let mut operator = TestOperator::new();
    let mut device = TestDevice::bound(&mut operator, SPECIALIST, 0x81);
    let account = device.store.account().unwrap().unwrap();
    device.restart();
    let new = crate::NewDevice {
        device: account.device,
        key: account.key,
        operator: account.operator,
        address: account.address,
    };
    let other = domain::content::DeviceEnrolled {
        key: Vec::new(),
        activation: "ZZZZ".into(),
        platform: "linux".into(),
        app_version: "0.1.0".into(),
    };
    let again = device.store.begin_device(&new, &other, &device.clock, &device.rng).unwrap();
    assert_eq!(again, device.store.with_reader(|conn| statement::own(conn, 0, 1)).unwrap()[0]);
    assert_eq!(device.store.waiting().unwrap().waiting_count, 0);
}
