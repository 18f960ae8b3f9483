//! When a statement was made, as far as this device can prove it: from the heads that it verified, the heads that the
//! statements of that key name, and the clock that counts sleep.

use domain::flag::Flag;
use domain::id::{KeyId, StatementId, SubjectId};
use domain::interval::{Interval, Mark, prove};
use journal::Statement;
use rusqlite::{OptionalExtension as _, params};

use crate::column::{Blob, Flags};
use crate::{Reader, StoreError};

/// So many statements of the key are looked at on each side; a visit and what surrounds it take a handful.
const NEIGHBOURS: u32 = 32;

/// Whose series a statement stands in.
enum Series {
    Own { seq: u64 },
    Other { key: KeyId, leaf_index: u64 },
}

impl Reader<'_> {
    /// The proven span of a statement about something; `None` when it is not known here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn proven_interval(
        &self,
        subject: SubjectId,
        statement: StatementId,
    ) -> Result<Option<Interval>, StoreError> {
        let Some(series) = self.series_of(subject, statement)? else { return Ok(None) };
        let marks = match series {
            Series::Own { seq } => self.own_marks(seq)?,
            Series::Other { key, leaf_index } => self.other_marks(key, leaf_index)?,
        };
        let (own, others): (Vec<_>, Vec<_>) = marks.into_iter().partition(|(id, _)| *id == statement);
        let others: Vec<Mark> = others.into_iter().map(|(_, mark)| mark).collect();
        Ok(own.first().map(|(_, mark)| prove(mark, &others)))
    }

    fn series_of(&self, subject: SubjectId, statement: StatementId) -> Result<Option<Series>, StoreError> {
        let mut own = self.conn.prepare_cached(
            "SELECT seq FROM own_id JOIN own_subject USING (seq) WHERE subject = ?1 AND id = ?2",
        )?;
        let ids = (subject.as_bytes(), statement.as_bytes());
        if let Some(seq) = own.query_row(ids, |row| row.get(0)).optional()? {
            return Ok(Some(Series::Own { seq }));
        }
        let mut other =
            self.conn.prepare_cached("SELECT key, leaf_index FROM foreign_statement WHERE id = ?1")?;
        let found = other.query_row([statement.as_bytes()], |row| {
            Ok(Series::Other { key: row.get::<_, Blob<KeyId>>(0)?.0, leaf_index: row.get(1)? })
        });
        Ok(found.optional()?)
    }

    fn own_marks(&self, seq: u64) -> Result<Vec<(StatementId, Mark)>, StoreError> {
        self.marks(
            "SELECT o.bytes, r.leaf_index, coalesce(r.flags, '') FROM own_statement o LEFT JOIN receipt r ON r.seq = o.seq
              WHERE o.seq BETWEEN ?1 AND ?2",
            params![seq.saturating_sub(NEIGHBOURS.into()), seq.saturating_add(NEIGHBOURS.into())],
        )
    }

    fn other_marks(&self, key: KeyId, leaf_index: u64) -> Result<Vec<(StatementId, Mark)>, StoreError> {
        const BEFORE: &str = "SELECT bytes, leaf_index, flags FROM foreign_statement
              WHERE key = ?1 AND leaf_index <= ?2 ORDER BY leaf_index DESC LIMIT ?3";
        const AFTER: &str = "SELECT bytes, leaf_index, flags FROM foreign_statement
              WHERE key = ?1 AND leaf_index > ?2 ORDER BY leaf_index LIMIT ?3";
        let mut marks = self.marks(BEFORE, params![key.as_bytes(), leaf_index, NEIGHBOURS])?;
        marks.extend(self.marks(AFTER, params![key.as_bytes(), leaf_index, NEIGHBOURS])?);
        Ok(marks)
    }

    fn marks(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
    ) -> Result<Vec<(StatementId, Mark)>, StoreError> {
        let mut select = self.conn.prepare_cached(sql)?;
        let rows = select.query_map(params, |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Option<u64>>(1)?, row.get::<_, Flags>(2)?.0))
        })?;
        let mut marks = Vec::new();
        for row in rows {
            let (bytes, leaf_index, flags) = row?;
            let Ok(statement) = Statement::decode(&bytes) else { continue };
            // A head that the log never had proves nothing.
            let beacon = statement.header().beacon.filter(|_| !flags.contains(&Flag::SplitView));
            let mark = Mark {
                seq: statement.header().seq,
                continuous: statement.header().continuous,
                not_before_ms: match beacon {
                    Some(beacon) => self.head_ms(
                        "SELECT signed_at_s FROM seen_head WHERE tree_size <= ?1 ORDER BY tree_size DESC LIMIT 1",
                        beacon.tree_size,
                    )?,
                    None => None,
                },
                // The head was signed within the second that it names.
                not_after_ms: match leaf_index {
                    Some(leaf_index) => self
                        .head_ms(
                            "SELECT signed_at_s FROM seen_head WHERE tree_size > ?1 ORDER BY tree_size LIMIT 1",
                            leaf_index,
                        )?
                        .map(|ms| ms.saturating_add(999)),
                    None => None,
                },
            };
            marks.push((statement.id(), mark));
        }
        Ok(marks)
    }

    fn head_ms(&self, sql: &str, size: u64) -> Result<Option<i64>, StoreError> {
        let mut select = self.conn.prepare_cached(sql)?;
        let signed_at_s: Option<i64> = select.query_row([size], |row| row.get(0)).optional()?;
        Ok(signed_at_s.map(|at_s| at_s.saturating_mul(1_000)))
    }
}

#[cfg(test)]
mod tests;
