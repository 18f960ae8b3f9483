//! Rows that a statement is compared with.

use domain::content::{FixSource, VisitOutcome};
use domain::flag::Flag;
use domain::flag::clock::Tick;
use domain::flag::reading::Reading;
use domain::geo::Position;
use domain::id::{CaptureId, ChildId, OrganisationId, VisitId};
use domain::scope::VisitParties;
use domain::{ContinuousTime, Kind};
use operator_core::store::trace::{NEIGHBOURS, ReadingRow, TraceRow};
use operator_core::store::{Entry, Store, VisitRow, VisitSaid};

use crate::rows::{entry, fill, key, person, statement_id, subject, write};

fn visit(n: u8, specialist: u8, started_at_ms: i64) -> VisitRow {
    VisitRow {
        visit: VisitId::from_bytes([n; 16]),
        parties: VisitParties {
            child: ChildId::from_bytes([n; 16]),
            specialist: person(specialist),
            organisation: OrganisationId::from_bytes([9; 16]),
        },
        said: Some(VisitSaid {
            place: None,
            capture: Some(CaptureId::from_bytes([n; 16])),
            outcome: VisitOutcome::Held,
            started_at_ms,
            finished_at_ms: None,
            cancelled: false,
        }),
        basis: statement_id(u64::from(n)),
        leaf_index: n.into(),
    }
}

fn position(lat_e7: i32) -> Position {
    Position::new(lat_e7, 714_704_000).unwrap()
}

fn reading(leaf_index: u64, who: u8, lat_e7: i32, at_ms: i64) -> ReadingRow {
    let reading = Reading {
        capture: CaptureId::from_bytes([leaf_index as u8; 16]),
        position: position(lat_e7),
        accuracy_dm: Some(leaf_index as u32),
        at_ms,
        fixed_at_ms: leaf_index.is_multiple_of(2).then_some(at_ms),
        source: FixSource::Gnss,
        issued_at_ms: at_ms + 1,
        continuous: ContinuousTime { epoch: [3; 8], elapsed_ms: i64::MAX as u64 },
    };
    ReadingRow { leaf_index, person: person(who), reading }
}

fn trace(leaf_index: u64, signer: u8, epoch: u8, issued_at_ms: i64, answers: Option<u8>) -> TraceRow {
    let continuous = ContinuousTime { epoch: [epoch; 8], elapsed_ms: leaf_index };
    let answer = answers.map(|who| (person(who), VisitId::from_bytes([who; 16])));
    TraceRow { leaf_index, key: key(signer), tick: Tick { issued_at_ms, continuous }, answer }
}

pub(crate) fn what_came_before_its_visit_is_found_by_where_that_is_registered(store: &dyn Store) {
    let unknown = vec![Flag::UnknownSubject];
    let rows = [
        (5, Kind::VisitConfirmed, unknown.clone()),
        (5, Kind::VisitConfirmed, vec![Flag::NoAuthority]),
        (6, Kind::VisitFinished, vec![Flag::LateSync, Flag::UnknownSubject]),
        (5, Kind::RecordViewed, unknown.clone()),
        (7, Kind::VisitFinished, unknown.clone()),
        (5, Kind::VisitRegistered, unknown.clone()),
        (6, Kind::VisitRegistered, Vec::new()),
        (5, Kind::VisitConfirmed, unknown),
    ];
    write(store, |txn| {
        for (leaf, (about, kind, flags)) in (0..).zip(rows) {
            let said = Entry { subject: subject(about), kind, flags, ..entry(leaf, 1, leaf) };
            txn.append(&said, None).unwrap();
        }
        for n in [5, 6] {
            txn.put_visit(&visit(n, 1, 10)).unwrap();
        }
    });
    let read = store.read().unwrap();
    let found = |from, to| {
        let found = read.overtakers(from, to).unwrap();
        found.iter().map(|entry| entry.leaf_index).collect::<Vec<_>>()
    };
    assert_eq!(found(3, 7), [0, 2]);
    assert_eq!(found(3, 6), [0]);
    assert_eq!(found(6, 7), [2]);
    assert_eq!(found(1, 7), [0], "only what lies behind");
    assert!(found(0, 7).is_empty() && found(7, 8).is_empty() && found(8, u64::MAX).is_empty());
}

pub(crate) fn visits_of_a_span_come_the_latest_first(store: &dyn Store) {
    let rows = [visit(1, 1, 10), visit(2, 1, 20), visit(3, 1, 30), visit(4, 2, 20)];
    write(store, |txn| rows.iter().for_each(|row| txn.put_visit(row).unwrap()));
    let between = |from_ms, to_ms| store.read().unwrap().visits_between(person(1), from_ms, to_ms).unwrap();
    assert_eq!(between(10, 30), [rows[2], rows[1], rows[0]]);
    assert_eq!(between(11, 29), [rows[1]], "not the colleague's");
    assert_eq!(between(i64::MIN, i64::MAX).len(), 3);
    let said = rows[0].said.map(|said| VisitSaid {
        finished_at_ms: Some(50),
        cancelled: true,
        outcome: VisitOutcome::NobodyHome,
        started_at_ms: 40,
        ..said
    });
    let changed = VisitRow { said, basis: statement_id(99), ..rows[0] };
    write(store, |txn| txn.change_visit(&changed).unwrap());
    assert_eq!(between(31, 100), [changed]);
    assert!(store.write().unwrap().change_visit(&visit(7, 1, 1)).is_err(), "it is not there");
    let erased = VisitRow { said: None, ..changed };
    write(store, |txn| txn.change_visit(&erased).unwrap());
    assert_eq!(between(i64::MIN, i64::MAX), [rows[2], rows[1]], "what is erased was at no time");
    assert_eq!(store.read().unwrap().visit(erased.visit).unwrap(), Some(erased));
    assert!(store.read().unwrap().projections().unwrap().visits.contains(&erased));
}

pub(crate) fn readings_are_found_by_time_and_by_position(store: &dyn Store) {
    fill(store, 6);
    let rows = [reading(1, 1, 5, 10), reading(2, 1, 6, 20), reading(3, 1, 5, 30), reading(4, 2, 5, 20)];
    write(store, |txn| rows.iter().for_each(|row| txn.put_reading(row).unwrap()));
    let read = store.read().unwrap();
    let around = |at_ms| read.readings_around(person(1), at_ms).unwrap();
    assert_eq!(around(20), [rows[1], rows[2]], "until it, and after it");
    assert_eq!(around(9), [rows[0]]);
    assert_eq!(around(99), [rows[2]]);
    assert_eq!(read.readings_at(person(1), position(5)).unwrap(), [rows[2], rows[0]]);
    assert_eq!(read.readings_at(person(1), position(7)).unwrap(), []);
    assert_eq!(read.projections().unwrap().readings, rows);
    drop(read);
    write(store, |txn| txn.erase_content(3).unwrap());
    let read = store.read().unwrap();
    assert_eq!(read.readings_at(person(1), position(5)).unwrap(), [rows[0]], "it goes with its content");
}

pub(crate) fn traces_are_found_by_key_epoch_and_answer(store: &dyn Store) {
    let rows = [
        trace(1, 1, 7, 50, None),
        trace(2, 2, 7, 10, Some(1)),
        trace(3, 1, 8, 20, Some(1)),
        trace(4, 3, 8, 15, Some(2)),
    ];
    write(store, |txn| rows.iter().for_each(|row| txn.put_trace(row).unwrap()));
    let read = store.read().unwrap();
    assert_eq!(read.last_trace(key(1)).unwrap(), Some(rows[2]), "by the log, not by its clock");
    assert_eq!(read.last_trace(key(9)).unwrap(), None);
    assert_eq!(read.keys_in_epoch([7; 8]).unwrap(), [key(1), key(2)]);
    assert_eq!(read.keys_in_epoch([0; 8]).unwrap(), []);
    assert_eq!(read.answers_between(person(1), 10, 20).unwrap(), [rows[2], rows[1]]);
    assert_eq!(read.answers_between(person(1), 11, 19).unwrap(), []);
    assert_eq!(read.projections().unwrap().traces, rows);
    drop(read);
    write(store, |txn| txn.clear_projections().unwrap());
    assert_eq!(store.read().unwrap().projections().unwrap().traces, []);
}

pub(crate) fn nobody_reads_more_than_so_many_neighbours(store: &dyn Store) {
    write(store, |txn| {
        for leaf in 0..u64::from(NEIGHBOURS) + 9 {
            txn.put_trace(&trace(leaf, 1, 1, 5, Some(1))).unwrap();
            txn.put_reading(&reading(leaf, 1, 5, 5)).unwrap();
        }
    });
    let read = store.read().unwrap();
    assert_eq!(read.answers_between(person(1), 0, 9).unwrap().len(), NEIGHBOURS as usize);
    assert_eq!(read.readings_at(person(1), position(5)).unwrap().len(), NEIGHBOURS as usize);
}
