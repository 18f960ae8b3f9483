//! The queries of more than a line, and how all of them are run.

use domain::id::{KeyId, StatementId};
use journal::SeriesHead;
use operator_core::fact::{Fact, FactQuery};
use operator_core::store::StoreError;
use rusqlite::{Connection, OptionalExtension as _, Params, Row, params_from_iter};

use super::error::from_sqlite;
use super::rows;

pub(super) fn one<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    map: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    statement.query_row(params, map).optional().map_err(from_sqlite)
}

pub(super) fn many<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    map: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let rows = statement.query_map(params, map).map_err(from_sqlite)?;
    rows.collect::<Result<_, _>>().map_err(from_sqlite)
}

pub(super) fn series_head(connection: &Connection, key: KeyId) -> Result<SeriesHead, StoreError> {
    let sql = "SELECT seq, id FROM (
            SELECT * FROM (SELECT seq, id FROM journal WHERE key = ?1 AND branch = 0 ORDER BY seq DESC LIMIT 1)
            UNION ALL
            SELECT * FROM (SELECT seq, id FROM refusals WHERE key = ?1 AND took_place = 1 ORDER BY seq DESC LIMIT 1)
        ) ORDER BY seq DESC, id DESC LIMIT 1";
    let last = one(connection, sql, [key.as_bytes()], |row| {
        Ok((row.get::<_, i64>(0)?, StatementId::from_bytes(row.get(1)?)))
    })?;
    let Some((seq, id)) = last else { return Ok(SeriesHead::EMPTY) };
    let seq = u64::try_from(seq).map_err(|_| StoreError::Damaged("a negative place in a series"))?;
    Ok(SeriesHead { next_seq: seq + 1, prev: Some(id) })
}

pub(super) fn facts(connection: &Connection, query: &FactQuery) -> Result<Vec<Fact>, StoreError> {
    let mut conditions = Vec::new();
    let mut values: Vec<Box<dyn rusqlite::ToSql>> = Vec::new();
    if let Some(class) = query.class {
        conditions.push("class = ?");
        values.push(Box::new(class.as_str()));
    }
    if let Some(subject) = query.subject {
        conditions.push("subject = ?");
        values.push(Box::new(subject.as_bytes().to_vec()));
    }
    if let Some(object) = query.object {
        conditions.push("object = ?");
        values.push(Box::new(object.as_bytes().to_vec()));
    }
    if let Some(qualifier) = &query.qualifier {
        conditions.push("qualifier = ?");
        values.push(Box::new(qualifier.clone()));
    }
    let condition = if conditions.is_empty() { "TRUE".into() } else { conditions.join(" AND ") };
    let sql = format!("SELECT {} FROM facts WHERE {condition} ORDER BY leaf_index", rows::FACT);
    many(connection, &sql, params_from_iter(values), rows::fact)
}
