//! Reading. Everything takes `&Connection`, so that a snapshot and a write transaction read alike.

use std::collections::BTreeSet;
use std::ops::Deref;

use domain::Kind;
use domain::id::{ChildId, Digest, KeyId, OrganisationId, PersonId, StatementId, SubjectId, VisitId};
use domain::scope::{Scope, Sight};
use journal::SeriesHead;
use operator_core::fact::{Fact, FactQuery};
use operator_core::store::{
    Activation, BoundKey, Delivery, Entry, PageQuery, Projections, RefusedItem, StoreError, StoreRead,
    StoredHead, VisitRow,
};
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension as _, Params, Row, params, params_from_iter};

use super::error::from_sqlite;
use super::rows::{self, signed};

/// An open transaction. `C` owns the connection and ends the transaction when it is dropped.
pub(super) struct Txn<C>(pub(super) C);

/// A snapshot on a connection of its own, which goes back to the pool.
pub(super) struct Snapshot<'a> {
    connection: Option<Connection>,
    pool: &'a Mutex<Vec<Connection>>,
}

impl<'a> Snapshot<'a> {
    pub(super) fn begin(
        connection: Connection,
        pool: &'a Mutex<Vec<Connection>>,
    ) -> Result<Txn<Self>, StoreError> {
        connection.execute_batch("BEGIN DEFERRED").map_err(from_sqlite)?;
        Ok(Txn(Self { connection: Some(connection), pool }))
    }
}

impl Deref for Snapshot<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("it is taken only when the snapshot is dropped")
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        let mut pool = self.pool.lock();
        // A connection that cannot end its transaction is closed, which ends it.
        if connection.execute_batch("ROLLBACK").is_ok() && pool.len() < super::IDLE_READERS {
            pool.push(connection);
        }
    }
}

fn one<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    map: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    statement.query_row(params, map).optional().map_err(from_sqlite)
}

fn many<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    map: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let rows = statement.query_map(params, map).map_err(from_sqlite)?;
    rows.collect::<Result<_, _>>().map_err(from_sqlite)
}

fn scope(name: &str) -> Result<Scope, StoreError> {
    name.parse().map_err(|_| StoreError::Damaged("a scope that nobody knows"))
}

/// The names of scopes as one JSON array: a query has a limited number of parameters, a coordinator any number of
/// scopes.
fn names(scopes: &BTreeSet<Scope>) -> Result<String, StoreError> {
    serde_json::to_string(scopes).map_err(|error| StoreError::Unavailable(Box::new(error)))
}

/// Rows addressed to any of the scopes ?1 in ?2..?3, without key ?4; `?5 = 1`: only urgent ones.
const ADDRESSED: &str = "FROM audiences AS a
    JOIN scopes AS s ON s.scope = a.scope
    JOIN journal AS j ON j.leaf_index = a.leaf_index
    WHERE a.scope IN (SELECT scope FROM scopes WHERE name IN (SELECT value FROM json_each(?1)))
      AND a.leaf_index >= ?2 AND a.leaf_index < ?3 AND j.key <> ?4 AND (j.urgent = 1 OR ?5 = 0)";

impl<C: Deref<Target = Connection>> StoreRead for Txn<C> {
    fn log_size(&self) -> Result<u64, StoreError> {
        let sql = "SELECT coalesce(max(leaf_index) + 1, 0) FROM journal";
        let size = one(&self.0, sql, [], |row| row.get::<_, i64>(0))?;
        Ok(u64::try_from(size.unwrap_or(0)).unwrap_or(0))
    }

    fn entry(&self, leaf_index: u64) -> Result<Option<Entry>, StoreError> {
        let sql = format!("SELECT {} FROM journal WHERE leaf_index = ?1", rows::ENTRY);
        one(&self.0, &sql, [signed(leaf_index)], rows::entry)
    }

    fn entry_by_id(&self, id: StatementId) -> Result<Option<Entry>, StoreError> {
        let sql = format!("SELECT {} FROM journal WHERE id = ?1", rows::ENTRY);
        one(&self.0, &sql, [id.as_bytes()], rows::entry)
    }

    fn entries(&self, from: u64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        let sql = format!(
            "SELECT {} FROM journal WHERE leaf_index >= ?1 ORDER BY leaf_index LIMIT ?2",
            rows::ENTRY
        );
        many(&self.0, &sql, params![signed(from), limit], rows::entry)
    }

    fn entries_about(&self, subject: SubjectId, kind: Kind) -> Result<Vec<Entry>, StoreError> {
        let sql = format!(
            "SELECT {} FROM journal WHERE subject = ?1 AND kind = ?2 ORDER BY leaf_index",
            rows::ENTRY
        );
        many(&self.0, &sql, params![subject.as_bytes(), kind.as_str()], rows::entry)
    }

    fn content(&self, leaf_index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT content FROM contents WHERE leaf_index = ?1";
        one(&self.0, sql, [signed(leaf_index)], |row| row.get(0))
    }

    fn contents(&self, from: u64, to: u64) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let sql = "SELECT leaf_index, content FROM contents WHERE leaf_index >= ?1 AND leaf_index < ?2
            ORDER BY leaf_index";
        many(&self.0, sql, [signed(from), signed(to)], |row| Ok((rows::unsigned(row, 0)?, row.get(1)?)))
    }

    fn nodes(&self, level: u8, from: u64, limit: u32) -> Result<Vec<(u64, Digest)>, StoreError> {
        let sql = "SELECT position, hash FROM nodes WHERE level = ?1 AND position >= ?2
            ORDER BY position LIMIT ?3";
        many(&self.0, sql, params![level, signed(from), limit], |row| {
            Ok((rows::unsigned(row, 0)?, Digest::from_bytes(row.get(1)?)))
        })
    }

    fn node(&self, level: u8, index: u64) -> Result<Digest, StoreError> {
        let sql = "SELECT hash FROM nodes WHERE level = ?1 AND position = ?2";
        let hash = one(&self.0, sql, params![level, signed(index)], |row| row.get(0))?;
        hash.map(Digest::from_bytes).ok_or(StoreError::Damaged("a node of the tree is missing"))
    }

    fn latest_head(&self) -> Result<Option<StoredHead>, StoreError> {
        let sql = format!("SELECT {} FROM heads ORDER BY tree_size DESC LIMIT 1", rows::HEAD);
        one(&self.0, &sql, [], rows::head)
    }

    fn head_covering(&self, leaf_index: u64) -> Result<Option<StoredHead>, StoreError> {
        let sql = format!("SELECT {} FROM heads WHERE tree_size > ?1 ORDER BY tree_size LIMIT 1", rows::HEAD);
        one(&self.0, &sql, [signed(leaf_index)], rows::head)
    }

    fn heads_above(&self, tree_size: u64, limit: u32) -> Result<Vec<StoredHead>, StoreError> {
        let sql =
            format!("SELECT {} FROM heads WHERE tree_size > ?1 ORDER BY tree_size LIMIT ?2", rows::HEAD);
        many(&self.0, &sql, params![signed(tree_size), limit], rows::head)
    }

    fn heads(&self) -> Result<Vec<StoredHead>, StoreError> {
        many(&self.0, &format!("SELECT {} FROM heads ORDER BY tree_size", rows::HEAD), [], rows::head)
    }

    fn series_head(&self, key: KeyId) -> Result<SeriesHead, StoreError> {
        let sql = "SELECT seq, id FROM (
                SELECT * FROM (SELECT seq, id FROM journal WHERE key = ?1 AND branch = 0 ORDER BY seq DESC LIMIT 1)
                UNION ALL
                SELECT * FROM (SELECT seq, id FROM refusals WHERE key = ?1 AND took_place = 1 ORDER BY seq DESC LIMIT 1)
            ) ORDER BY seq DESC, id DESC LIMIT 1";
        let last = one(&self.0, sql, [key.as_bytes()], |row| {
            Ok((row.get::<_, i64>(0)?, StatementId::from_bytes(row.get(1)?)))
        })?;
        let Some((seq, id)) = last else { return Ok(SeriesHead::EMPTY) };
        let seq = u64::try_from(seq).map_err(|_| StoreError::Damaged("a negative place in a series"))?;
        Ok(SeriesHead { next_seq: seq + 1, prev: Some(id) })
    }

    fn refusal(&self, key: KeyId, id: StatementId) -> Result<Option<RefusedItem>, StoreError> {
        let sql = format!("SELECT {} FROM refusals WHERE key = ?1 AND id = ?2", rows::REFUSAL);
        one(&self.0, &sql, params![key.as_bytes(), id.as_bytes()], rows::refusal)
    }

    fn refusals(&self) -> Result<Vec<RefusedItem>, StoreError> {
        let sql = format!("SELECT {} FROM refusals ORDER BY key, seq, id", rows::REFUSAL);
        many(&self.0, &sql, [], rows::refusal)
    }

    fn facts(&self, query: &FactQuery) -> Result<Vec<Fact>, StoreError> {
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
        many(&self.0, &sql, params_from_iter(values), rows::fact)
    }

    fn bound_key(&self, key: KeyId) -> Result<Option<BoundKey>, StoreError> {
        let sql = format!("SELECT {} FROM keys WHERE key = ?1", rows::KEY);
        one(&self.0, &sql, [key.as_bytes()], rows::key)
    }

    fn bound_keys(&self, person: Option<PersonId>) -> Result<Vec<BoundKey>, StoreError> {
        let sql = format!(
            "SELECT {} FROM keys WHERE ?1 IS NULL OR person = ?1 ORDER BY bound_at_ms, key",
            rows::KEY
        );
        many(&self.0, &sql, [person.map(|person| *person.as_bytes())], rows::key)
    }

    fn visit(&self, visit: VisitId) -> Result<Option<VisitRow>, StoreError> {
        let sql = format!("SELECT {} FROM visits WHERE visit = ?1", rows::VISIT);
        one(&self.0, &sql, [visit.as_bytes()], rows::visit)
    }

    fn specialists_of_child(&self, child: ChildId) -> Result<BTreeSet<PersonId>, StoreError> {
        let sql = "SELECT DISTINCT specialist FROM visits WHERE child = ?1";
        let found = many(&self.0, sql, [child.as_bytes()], |row| row.get(0))?;
        Ok(found.into_iter().map(PersonId::from_bytes).collect())
    }

    fn specialists_of_organisation(
        &self,
        organisation: OrganisationId,
    ) -> Result<BTreeSet<PersonId>, StoreError> {
        let sql = "SELECT DISTINCT specialist FROM visits WHERE organisation = ?1";
        let found = many(&self.0, sql, [organisation.as_bytes()], |row| row.get(0))?;
        Ok(found.into_iter().map(PersonId::from_bytes).collect())
    }

    fn audiences(&self, leaf_index: u64) -> Result<Vec<(Scope, Sight)>, StoreError> {
        let sql = "SELECT s.name, a.sight FROM audiences AS a JOIN scopes AS s ON s.scope = a.scope
            WHERE a.leaf_index = ?1";
        let found = many(&self.0, sql, [signed(leaf_index)], |row| {
            Ok((row.get::<_, String>(0)?, rows::sight(row, 1)?))
        })?;
        let mut audiences =
            found.iter().map(|(name, sight)| Ok((scope(name)?, *sight))).collect::<Result<Vec<_>, _>>()?;
        audiences.sort_unstable();
        Ok(audiences)
    }

    fn page(&self, query: &PageQuery<'_>, limit: u32) -> Result<Vec<Delivery>, StoreError> {
        let sql = format!(
            "SELECT a.leaf_index, max(a.sight), group_concat(s.name, ' ') {ADDRESSED}
             GROUP BY a.leaf_index ORDER BY a.leaf_index LIMIT ?6"
        );
        let values = params![
            names(query.scopes)?,
            signed(query.from),
            signed(query.to),
            query.without_key.as_bytes(),
            query.urgent_only,
            limit
        ];
        let found = many(&self.0, &sql, values, |row| {
            Ok((row.get::<_, i64>(0)?, rows::sight(row, 1)?, row.get::<_, String>(2)?))
        })?;
        found
            .into_iter()
            .map(|(leaf_index, sight, names)| {
                let mut scopes = names.split(' ').map(scope).collect::<Result<Vec<_>, _>>()?;
                scopes.sort_unstable();
                let leaf_index =
                    u64::try_from(leaf_index).map_err(|_| StoreError::Damaged("a negative position"))?;
                Ok(Delivery { leaf_index, sight, scopes })
            })
            .collect()
    }

    fn count(&self, query: &PageQuery<'_>) -> Result<u64, StoreError> {
        let values = params![
            names(query.scopes)?,
            signed(query.from),
            signed(query.to),
            query.without_key.as_bytes(),
            query.urgent_only
        ];
        let sql = format!("SELECT count(DISTINCT a.leaf_index) {ADDRESSED}");
        let count = one(&self.0, &sql, values, |row| row.get::<_, i64>(0))?;
        Ok(u64::try_from(count.unwrap_or(0)).unwrap_or(0))
    }

    fn activation(&self, lookup: &str) -> Result<Option<Activation>, StoreError> {
        let sql = format!("SELECT {} FROM activations WHERE lookup = ?1", rows::ACTIVATION);
        one(&self.0, &sql, [lookup], rows::activation)
    }

    fn activations(&self) -> Result<Vec<Activation>, StoreError> {
        let sql =
            format!("SELECT {} FROM activations ORDER BY issued_at_ms DESC, lookup DESC", rows::ACTIVATION);
        many(&self.0, &sql, [], rows::activation)
    }

    fn document(&self, sha256: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT bytes FROM documents WHERE sha256 = ?1";
        one(&self.0, sql, [sha256.as_bytes()], |row| row.get(0))
    }

    fn projections(&self) -> Result<Projections, StoreError> {
        let connection = &self.0;
        let mut facts = many(connection, &format!("SELECT {} FROM facts", rows::FACT), [], rows::fact)?;
        facts.sort_unstable();
        let keys = many(connection, &format!("SELECT {} FROM keys ORDER BY key", rows::KEY), [], rows::key)?;
        let visits = format!("SELECT {} FROM visits ORDER BY visit", rows::VISIT);
        let visits = many(connection, &visits, [], rows::visit)?;
        let sql =
            "SELECT s.name, a.leaf_index, a.sight FROM audiences AS a JOIN scopes AS s ON s.scope = a.scope";
        let found = many(connection, sql, [], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, rows::sight(row, 2)?))
        })?;
        let mut audiences = found
            .iter()
            .map(|(name, leaf, sight)| Ok((scope(name)?, u64::try_from(*leaf).unwrap_or(u64::MAX), *sight)))
            .collect::<Result<Vec<_>, StoreError>>()?;
        audiences.sort_unstable();
        Ok(Projections { facts, keys, visits, audiences })
    }
}
