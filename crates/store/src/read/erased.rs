//! What was erased by law: that it was there, and nothing of what it said.

use domain::id::StatementId;

use crate::{Reader, StoreError};

impl Reader<'_> {
    /// Whether a statement's content was erased, and is not only withheld from this reader.
    pub(super) fn is_erased(&self, id: StatementId) -> Result<bool, StoreError> {
        let mut ask =
            self.conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM erased WHERE statement = ?1)")?;
        Ok(ask.query_row([id.as_bytes()], |row| row.get(0))?)
    }

    /// Visits known here of which the registration was erased: they are in no list any more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn erased_visits_count(&self) -> Result<u64, StoreError> {
        let mut count = self.conn.prepare_cached(
            "SELECT count(*) FROM erased e
              WHERE EXISTS (SELECT 1 FROM foreign_statement f
                             WHERE f.id = e.statement AND f.kind = 'visit-registered' AND f.believed = 1)
                 OR EXISTS (SELECT 1 FROM own_id l JOIN own_statement o ON o.seq = l.seq
                             WHERE l.id = e.statement AND o.kind = 'visit-registered'
                               AND NOT EXISTS (SELECT 1 FROM own_content c WHERE c.seq = o.seq))",
        )?;
        Ok(count.query_row([], |row| row.get(0))?)
    }
}
