//! Neighbours of a statement: readings, clocks and answers by their indexes.

use std::ops::Deref;

use domain::ContinuousTime;
use domain::content::FixSource;
use domain::flag::clock::Tick;
use domain::flag::reading::Reading;
use domain::geo::Position;
use domain::id::{CaptureId, KeyId, PersonId, VisitId};
use operator_core::store::trace::{NEIGHBOURS, ReadingRow, TraceRead, TraceRow, TraceTxn};
use operator_core::store::{StoreError, VisitRow};
use rusqlite::{Connection, Row, params};

use super::query::{many, one};
use super::read::Txn;
use super::rows::{self, code, signed, unsigned};
use super::write::Writing;

const READING: &str = "leaf_index, person, capture, lat_e7, lon_e7, accuracy_dm, at_ms, fixed_at_ms, source,
    issued_at_ms, epoch, elapsed_ms";

fn reading(row: &Row<'_>) -> rusqlite::Result<ReadingRow> {
    let position = Position::new(row.get(3)?, row.get(4)?);
    Ok(ReadingRow {
        leaf_index: unsigned(row, 0)?,
        person: PersonId::from_bytes(row.get(1)?),
        reading: Reading {
            capture: CaptureId::from_bytes(row.get(2)?),
            position: position.map_err(|_| rusqlite::Error::IntegralValueOutOfRange(3, 0))?,
            accuracy_dm: row.get(5)?,
            at_ms: row.get(6)?,
            fixed_at_ms: row.get(7)?,
            source: code(row, 8, FixSource::parse)?,
            issued_at_ms: row.get(9)?,
            continuous: ContinuousTime { epoch: row.get(10)?, elapsed_ms: unsigned(row, 11)? },
        },
    })
}

const TRACE: &str = "leaf_index, key, issued_at_ms, epoch, elapsed_ms, person, visit";

fn trace(row: &Row<'_>) -> rusqlite::Result<TraceRow> {
    let continuous = ContinuousTime { epoch: row.get(3)?, elapsed_ms: unsigned(row, 4)? };
    let (person, visit): (Option<[u8; 16]>, Option<[u8; 16]>) = (row.get(5)?, row.get(6)?);
    Ok(TraceRow {
        leaf_index: unsigned(row, 0)?,
        key: KeyId::from_bytes(row.get(1)?),
        tick: Tick { issued_at_ms: row.get(2)?, continuous },
        answer: person.map(PersonId::from_bytes).zip(visit.map(VisitId::from_bytes)),
    })
}

/// All readings, for comparing.
pub(super) fn readings(connection: &Connection) -> Result<Vec<ReadingRow>, StoreError> {
    many(connection, &format!("SELECT {READING} FROM readings ORDER BY leaf_index"), [], reading)
}

/// All traces, for comparing.
pub(super) fn traces(connection: &Connection) -> Result<Vec<TraceRow>, StoreError> {
    many(connection, &format!("SELECT {TRACE} FROM traces ORDER BY leaf_index"), [], trace)
}

impl<C: Deref<Target = Connection>> TraceRead for Txn<C> {
    fn visits_between(
        &self,
        specialist: PersonId,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<VisitRow>, StoreError> {
        let sql = format!(
            "SELECT {} FROM visits WHERE specialist = ?1 AND started_at_ms BETWEEN ?2 AND ?3
             ORDER BY started_at_ms DESC, leaf_index DESC LIMIT {NEIGHBOURS}",
            rows::VISIT
        );
        many(&self.connection, &sql, params![specialist.as_bytes(), from_ms, to_ms], rows::visit)
    }

    fn readings_around(&self, person: PersonId, at_ms: i64) -> Result<Vec<ReadingRow>, StoreError> {
        let next = |side: &str, order: &str| {
            let sql = format!(
                "SELECT {READING} FROM readings WHERE person = ?1 AND at_ms {side} ?2
                 ORDER BY at_ms {order}, leaf_index {order} LIMIT 1"
            );
            one(&self.connection, &sql, params![person.as_bytes(), at_ms], reading)
        };
        Ok(next("<=", "DESC")?.into_iter().chain(next(">", "ASC")?).collect())
    }

    fn readings_at(&self, person: PersonId, position: Position) -> Result<Vec<ReadingRow>, StoreError> {
        let sql = format!(
            "SELECT {READING} FROM readings WHERE person = ?1 AND lat_e7 = ?2 AND lon_e7 = ?3
             ORDER BY leaf_index DESC LIMIT {NEIGHBOURS}"
        );
        let values = params![person.as_bytes(), position.lat_e7(), position.lon_e7()];
        many(&self.connection, &sql, values, reading)
    }

    fn last_trace(&self, key: KeyId) -> Result<Option<TraceRow>, StoreError> {
        self.memory.last_traces.or_read(key, |key| {
            let sql = format!("SELECT {TRACE} FROM traces WHERE key = ?1 ORDER BY leaf_index DESC LIMIT 1");
            one(&self.connection, &sql, [key.as_bytes()], trace)
        })
    }

    fn keys_in_epoch(&self, epoch: [u8; 8]) -> Result<Vec<KeyId>, StoreError> {
        let sql = format!("SELECT DISTINCT key FROM traces WHERE epoch = ?1 ORDER BY key LIMIT {NEIGHBOURS}");
        many(&self.connection, &sql, [epoch], |row| Ok(KeyId::from_bytes(row.get(0)?)))
    }

    fn answers_between(
        &self,
        person: PersonId,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<TraceRow>, StoreError> {
        let sql = format!(
            "SELECT {TRACE} FROM traces WHERE person = ?1 AND issued_at_ms BETWEEN ?2 AND ?3
             ORDER BY issued_at_ms DESC, leaf_index DESC LIMIT {NEIGHBOURS}"
        );
        many(&self.connection, &sql, params![person.as_bytes(), from_ms, to_ms], trace)
    }
}

impl TraceTxn for Txn<Writing<'_>> {
    fn change_visit(&mut self, row: &VisitRow) -> Result<(), StoreError> {
        let sql = "UPDATE visits SET outcome = ?2, started_at_ms = ?3, finished_at_ms = ?4, cancelled = ?5,
            basis = ?6, place = ?7, capture = ?8 WHERE visit = ?1";
        let said = row.said;
        let values = params![
            row.visit.as_bytes(),
            said.map(|said| said.outcome.as_str()),
            said.map(|said| said.started_at_ms),
            said.and_then(|said| said.finished_at_ms),
            said.map(|said| said.cancelled),
            row.basis.as_bytes(),
            said.and_then(|said| said.place).map(|place| *place.as_bytes()),
            said.and_then(|said| said.capture).map(|capture| *capture.as_bytes()),
        ];
        self.memory.visits.forget(&row.visit);
        match self.run(sql, values)? {
            1 => Ok(()),
            _ => Err(StoreError::Damaged("a visit that changes is not there")),
        }
    }

    fn put_reading(&mut self, row: &ReadingRow) -> Result<(), StoreError> {
        let sql = format!(
            "INSERT INTO readings ({READING}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
        );
        let reading = &row.reading;
        let values = params![
            signed(row.leaf_index),
            row.person.as_bytes(),
            reading.capture.as_bytes(),
            reading.position.lat_e7(),
            reading.position.lon_e7(),
            reading.accuracy_dm,
            reading.at_ms,
            reading.fixed_at_ms,
            reading.source.as_str(),
            reading.issued_at_ms,
            reading.continuous.epoch,
            signed(reading.continuous.elapsed_ms),
        ];
        self.run(&sql, values).map(drop)
    }

    fn put_trace(&mut self, row: &TraceRow) -> Result<(), StoreError> {
        let sql = format!("INSERT INTO traces ({TRACE}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
        let values = params![
            signed(row.leaf_index),
            row.key.as_bytes(),
            row.tick.issued_at_ms,
            row.tick.continuous.epoch,
            signed(row.tick.continuous.elapsed_ms),
            row.answer.map(|(person, _)| *person.as_bytes()),
            row.answer.map(|(_, visit)| *visit.as_bytes()),
        ];
        self.run(&sql, values)?;
        let is_last = |last: Option<TraceRow>| last.is_none_or(|last| last.leaf_index < row.leaf_index);
        if self.memory.last_traces.get(&row.key).is_some_and(is_last) {
            self.memory.last_traces.put(row.key, Some(*row));
        }
        Ok(())
    }
}
