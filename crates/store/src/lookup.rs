//! How own statements are found again: by id, subject, kind, and the request that they answer; and which of them wait
//! for a reading of the location. Made after the append whose statements they find (docs/adr/0004).

use domain::Kind;
use domain::id::{StatementId, SubjectId};
use journal::Sealed;
use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::column::{Blob, Text};
use crate::{StoreError, capture, setting, statement};

/// Up to which own statement, exclusive, the rows were made.
const FOUND: &str = "lookup/found";
pub(crate) const TABLES: &[&str] = &["own_id", "own_subject", "own_kind", "own_request"];

pub(crate) fn found(conn: &Connection) -> Result<u64, StoreError> {
    let found = setting::read(conn, FOUND)?.and_then(|bytes| bytes.try_into().ok());
    Ok(found.map_or(0, u64::from_be_bytes))
}

/// Lets everything be found that was sealed since this was last done.
///
/// # Errors
/// [`StoreError`]; then the rows are as they were.
pub(crate) fn extend(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    capture::extend(transaction, found(transaction)?)?;
    make(transaction)
}

fn make(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let from = found(transaction)?;
    let mut next = from;
    {
        let mut select = transaction.prepare_cached(
            "SELECT seq, id, kind, subject, request FROM own_statement WHERE seq >= ?1 ORDER BY seq",
        )?;
        let mut rows = select.query([from])?;
        while let Some(row) = rows.next()? {
            let (seq, id) = (row.get::<_, u64>(0)?, row.get::<_, Blob<StatementId>>(1)?.0);
            let (kind, subject) = (row.get::<_, Text<Kind>>(2)?.0, row.get::<_, Blob<SubjectId>>(3)?.0);
            insert(transaction, seq, id, subject)?;
            if matches!(kind, Kind::RecordChanged | Kind::VisitReviewed) {
                transaction
                    .prepare_cached(
                        "INSERT INTO own_kind (kind, subject) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                    )?
                    .execute((kind.as_str(), subject.as_bytes()))?;
            }
            if let Some(request) = row.get::<_, Option<String>>(4)? {
                transaction
                    .prepare_cached(
                        "INSERT INTO own_request (request, first_seq, statements_count) VALUES (?1, ?2, 1)
                         ON CONFLICT DO UPDATE SET statements_count = statements_count + 1",
                    )?
                    .execute((request, seq))?;
            }
            next = seq + 1;
        }
    }
    match next == from {
        true => Ok(()),
        false => setting::write(transaction, FOUND, Some(&next.to_be_bytes())),
    }
}

fn insert(
    transaction: &Transaction<'_>,
    seq: u64,
    id: StatementId,
    subject: SubjectId,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached("INSERT INTO own_id (id, seq) VALUES (?1, ?2)")?
        .execute((id.as_bytes(), seq))?;
    transaction
        .prepare_cached("INSERT INTO own_subject (subject, seq) VALUES (?1, ?2)")?
        .execute((subject.as_bytes(), seq))?;
    Ok(())
}

/// Makes all rows anew but those of readings that run: the content that began one may have been erased since.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn rebuild(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    capture::extend(transaction, found(transaction)?)?;
    for table in TABLES {
        transaction.execute_batch(&format!("DELETE FROM {table}"))?;
    }
    setting::write(transaction, FOUND, None)?;
    make(transaction)
}

/// Place of an own statement in the series. Also finds one for which no row was made yet, because the disk is full: what
/// is saved is never answered to be missing.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn seq_of(conn: &Connection, id: StatementId) -> Result<Option<u64>, StoreError> {
    let looked_up = conn
        .prepare_cached("SELECT seq FROM own_id WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?;
    if looked_up.is_some() {
        return Ok(looked_up);
    }
    let mut select = conn.prepare_cached("SELECT seq FROM own_statement WHERE seq >= ?1 AND id = ?2")?;
    Ok(select.query_row((found(conn)?, id.as_bytes()), |row| row.get(0)).optional()?)
}

/// The statements that answered a request; `None` when it was never answered. Also finds those for which no row was made
/// yet: a second tap must be the same visit whatever became of the rows. `next_seq` is where the series stands.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn answered(
    conn: &Connection,
    request: &str,
    next_seq: u64,
) -> Result<Option<Vec<Sealed>>, StoreError> {
    let run: Option<(u64, u64)> = conn
        .prepare_cached("SELECT first_seq, statements_count FROM own_request WHERE request = ?1")?
        .query_row([request], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let run = match (run, found(conn)?) {
        (None, found) if found < next_seq => conn
            .prepare_cached(
                "SELECT min(seq), count(*) FROM own_statement WHERE seq >= ?1 AND request = ?2 HAVING count(*) > 0",
            )?
            .query_row((found, request), |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?,
        (run, _) => run,
    };
    run.map(|(first_seq, count)| statement::own(conn, first_seq, count)).transpose()
}
