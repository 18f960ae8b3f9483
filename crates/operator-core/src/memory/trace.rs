//! Neighbours of a statement, in memory.

use domain::geo::Position;
use domain::id::{KeyId, PersonId};

use super::{HasState, MemoryTxn};
use crate::store::trace::{NEIGHBOURS, ReadingRow, TraceRead, TraceRow, TraceTxn};
use crate::store::{StoreError, VisitRow};

/// An erased visit began at no time.
fn began(row: &VisitRow) -> Option<i64> {
    row.said.map(|said| said.started_at_ms)
}

impl<T: HasState> TraceRead for T {
    fn visits_between(
        &self,
        specialist: PersonId,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<VisitRow>, StoreError> {
        let visits = self.state().visits.values();
        let mut found: Vec<VisitRow> = visits
            .filter(|row| row.parties.specialist == specialist)
            .filter(|row| began(row).is_some_and(|at_ms| (from_ms..=to_ms).contains(&at_ms)))
            .copied()
            .collect();
        found.sort_by_key(|row| std::cmp::Reverse((began(row), row.leaf_index)));
        found.truncate(NEIGHBOURS as usize);
        Ok(found)
    }

    fn readings_around(&self, person: PersonId, at_ms: i64) -> Result<Vec<ReadingRow>, StoreError> {
        let own = || self.state().readings.values().filter(|row| row.person == person);
        let place = |row: &&ReadingRow| (row.reading.at_ms, row.leaf_index);
        let before = own().filter(|row| row.reading.at_ms <= at_ms).max_by_key(place);
        let after = own().filter(|row| row.reading.at_ms > at_ms).min_by_key(place);
        Ok(before.into_iter().chain(after).copied().collect())
    }

    fn readings_at(&self, person: PersonId, position: Position) -> Result<Vec<ReadingRow>, StoreError> {
        let found = self.state().readings.values().rev();
        let found = found.filter(|row| row.person == person && row.reading.position == position);
        Ok(found.take(NEIGHBOURS as usize).copied().collect())
    }

    fn last_trace(&self, key: KeyId) -> Result<Option<TraceRow>, StoreError> {
        Ok(self.state().traces.values().rev().find(|row| row.key == key).copied())
    }

    fn keys_in_epoch(&self, epoch: [u8; 8]) -> Result<Vec<KeyId>, StoreError> {
        let traces = self.state().traces.values();
        let mut keys: Vec<KeyId> =
            traces.filter(|row| row.tick.continuous.epoch == epoch).map(|row| row.key).collect();
        keys.sort_unstable();
        keys.dedup();
        keys.truncate(NEIGHBOURS as usize);
        Ok(keys)
    }

    fn answers_between(
        &self,
        person: PersonId,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<Vec<TraceRow>, StoreError> {
        let traces = self.state().traces.values();
        let mut found: Vec<TraceRow> = traces
            .filter(|row| row.answer.is_some_and(|(author, _)| author == person))
            .filter(|row| (from_ms..=to_ms).contains(&row.tick.issued_at_ms))
            .copied()
            .collect();
        found.sort_by_key(|row| std::cmp::Reverse((row.tick.issued_at_ms, row.leaf_index)));
        found.truncate(NEIGHBOURS as usize);
        Ok(found)
    }
}

impl TraceTxn for MemoryTxn<'_> {
    fn change_visit(&mut self, visit: &VisitRow) -> Result<(), StoreError> {
        let known = self.state.visits.get_mut(&visit.visit);
        *known.ok_or(StoreError::Damaged("a visit that changes is not there"))? = *visit;
        Ok(())
    }

    fn put_reading(&mut self, reading: &ReadingRow) -> Result<(), StoreError> {
        self.state.readings.insert(reading.leaf_index, *reading);
        Ok(())
    }

    fn put_trace(&mut self, trace: &TraceRow) -> Result<(), StoreError> {
        self.state.traces.insert(trace.leaf_index, *trace);
        Ok(())
    }
}
