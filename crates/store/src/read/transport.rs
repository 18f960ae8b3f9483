//! What waits, was sent, registered or refused.

use domain::id::{StatementId, SubjectId};
use rusqlite::OptionalExtension;
use sync::wire::push::Refusal;

use crate::{Reader, StoreError, lookup, receipts};

/// Where own statements are on their way. Others' statements are registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Saved on this device.
    Saved,
    /// Sent, the answer has not come.
    Sent,
    /// Registered: a receipt verified.
    Registered,
    /// Refused, and why.
    Refused(Refusal),
}

/// Own statements by where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutboxCounts {
    /// Saved on this device only.
    pub saved_count: u64,
    /// Sent, no answer yet.
    pub sent_count: u64,
    /// Refused.
    pub refused_count: u64,
}

impl Reader<'_> {
    /// How many own statements are where.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn outbox_counts(&self) -> Result<OutboxCounts, StoreError> {
        let mut select = self.conn.prepare_cached(
            "SELECT count(*) FILTER (WHERE state = 'saved'), count(*) FILTER (WHERE state = 'sent'),
                    count(*) FILTER (WHERE state = 'refused') FROM outbox",
        )?;
        Ok(select.query_row([], |row| {
            Ok(OutboxCounts { saved_count: row.get(0)?, sent_count: row.get(1)?, refused_count: row.get(2)? })
        })?)
    }

    /// The receipt (COSE, RFC 9942) of an own statement; `None` until it is registered.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn receipt(&self, statement: StatementId) -> Result<Option<Vec<u8>>, StoreError> {
        match lookup::seq_of(self.conn, statement)? {
            Some(seq) => receipts::derive(self.conn, seq, &self.account()?.operator.key),
            None => Ok(None),
        }
    }

    /// Where an own statement is; `None` when it is not this device's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn transport(&self, statement: StatementId) -> Result<Option<Transport>, StoreError> {
        let Some(seq) = lookup::seq_of(self.conn, statement)? else { return Ok(None) };
        let mut select = self.conn.prepare_cached("SELECT state, refusal FROM outbox WHERE seq = ?1")?;
        let state = select
            .query_row([seq], |row| Ok((row.get::<_, Option<String>>(0)?, row.get::<_, Option<String>>(1)?)))
            .optional()?;
        let (state, refusal) = state.unwrap_or_default();
        Ok(Some(Transport::from_columns(state.as_deref(), refusal.as_deref())))
    }

    /// Where the records about one subject are that this device made or carries: the one that is furthest behind, a refused one first.
    pub(super) fn transport_about(&self, subject: SubjectId) -> Result<Transport, StoreError> {
        let mut select = self.conn.prepare_cached(
            "SELECT state, refusal FROM (
                SELECT x.state, x.refusal, x.seq FROM own_subject o JOIN outbox x ON x.seq = o.seq WHERE o.subject = ?1
                UNION ALL
                SELECT 'saved', NULL, seq FROM carried_statement WHERE subject = ?1 AND state <> 'done')
              ORDER BY CASE state WHEN 'refused' THEN 0 WHEN 'saved' THEN 1 ELSE 2 END, seq LIMIT 1",
        )?;
        let state = select
            .query_row([subject.as_bytes()], |row| {
                Ok((row.get::<_, Option<String>>(0)?, row.get::<_, Option<String>>(1)?))
            })
            .optional()?;
        let (state, refusal) = state.unwrap_or_default();
        Ok(Transport::from_columns(state.as_deref(), refusal.as_deref()))
    }
}
