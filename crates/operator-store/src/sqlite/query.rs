//! The queries of more than a line, and how all of them are run.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use domain::id::{KeyId, StatementId};
use domain::scope::Scope;
use journal::SeriesHead;
use operator_core::fact::{Fact, FactQuery};
use operator_core::store::{Delivery, PageQuery, StoreError};
use rusqlite::{Connection, OptionalExtension as _, Params, Row, params, params_from_iter};

use super::error::from_sqlite;
use super::rows::{self, signed};

pub(super) fn scope(name: &str) -> Result<Scope, StoreError> {
    name.parse().map_err(|_| StoreError::Damaged("a scope that nobody knows"))
}

/// The names of scopes as one JSON array: a query has a limited number of parameters, a coordinator any number of
/// scopes.
pub(super) fn names(scopes: &BTreeSet<Scope>) -> Result<String, StoreError> {
    serde_json::to_string(scopes).map_err(|error| StoreError::Unavailable(Box::new(error)))
}

/// Rows addressed to any of the scopes ?1 in ?2..?3, without key ?4.
const ADDRESSED: &str = "FROM audiences AS a
    JOIN journal AS j ON j.leaf_index = a.leaf_index
    WHERE a.scope IN (SELECT scope FROM scopes WHERE name IN (SELECT value FROM json_each(?1)))
      AND a.leaf_index >= ?2 AND a.leaf_index < ?3 AND j.key <> ?4";
/// The urgent ones among them. They are few, so they come first and their audiences are looked up.
const ADDRESSED_AND_URGENT: &str = "FROM journal AS j INDEXED BY journal_urgent
    CROSS JOIN audiences AS a ON a.leaf_index = j.leaf_index
    JOIN scopes AS s ON s.scope = a.scope
    WHERE j.urgent = 1 AND s.name IN (SELECT value FROM json_each(?1))
      AND j.leaf_index >= ?2 AND j.leaf_index < ?3 AND j.key <> ?4";

fn from_where(query: &PageQuery<'_>) -> &'static str {
    if query.urgent_only { ADDRESSED_AND_URGENT } else { ADDRESSED }
}

/// What is addressed to the scopes of those names in a stretch of the log.
pub(super) fn addressed(
    connection: &Connection,
    query: &PageQuery<'_>,
    names: &str,
    (from, to): (u64, u64),
    limit: usize,
) -> Result<Vec<Delivery>, StoreError> {
    let sql = format!("SELECT a.leaf_index, a.sight, a.scope {} ORDER BY a.leaf_index", from_where(query));
    let mut select = connection.prepare_cached(&sql).map_err(from_sqlite)?;
    let values = params![names, signed(from), signed(to), query.without_key.as_bytes()];
    let mut rows = select.query(values).map_err(from_sqlite)?;
    let mut named = HashMap::new();
    let mut found: Vec<Delivery> = Vec::new();
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let (leaf_index, sight, number) =
            (|| Ok((row.get::<_, i64>(0)?, rows::sight(row, 1)?, row.get(2)?)))().map_err(from_sqlite)?;
        let leaf_index = u64::try_from(leaf_index).map_err(|_| StoreError::Damaged("a negative position"))?;
        let scope = match named.entry(number) {
            Entry::Occupied(named) => *named.get(),
            Entry::Vacant(unnamed) => *unnamed.insert(scope_of(connection, number)?),
        };
        let is_full = found.len() == limit;
        match found.last_mut().filter(|last| last.leaf_index == leaf_index) {
            Some(last) => {
                last.sight = last.sight.max(sight);
                last.scopes.push(scope);
            }
            None if is_full => break,
            None => found.push(Delivery { leaf_index, sight, scopes: vec![scope] }),
        }
    }
    for delivery in &mut found {
        delivery.scopes.sort_unstable();
    }
    Ok(found)
}

fn scope_of(connection: &Connection, number: i64) -> Result<Scope, StoreError> {
    let sql = "SELECT name FROM scopes WHERE scope = ?1";
    let name = one(connection, sql, [number], |row| row.get::<_, String>(0))?;
    scope(&name.ok_or(StoreError::Damaged("an audience without its scope"))?)
}

/// How much of the log is addressed to the scopes of those names.
pub(super) fn count_addressed(
    connection: &Connection,
    query: &PageQuery<'_>,
    names: &str,
) -> Result<u64, StoreError> {
    let values = params![names, signed(query.from), signed(query.to), query.without_key.as_bytes()];
    let sql = format!("SELECT count(DISTINCT a.leaf_index) {}", from_where(query));
    let count = one(connection, &sql, values, |row| row.get::<_, i64>(0))?;
    Ok(u64::try_from(count.unwrap_or(0)).unwrap_or(0))
}

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
