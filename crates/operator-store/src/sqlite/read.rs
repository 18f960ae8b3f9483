//! Reading. Everything takes `&Connection`, so that a snapshot and a write transaction read alike.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::LazyLock;

use domain::Kind;
use domain::content::Content;
use domain::id::{ChildId, Digest, KeyId, OrganisationId, PersonId, StatementId, SubjectId, VisitId};
use domain::scope::{Scope, Sight};
use journal::SeriesHead;
use operator_core::fact::{Fact, FactQuery};
use operator_core::project::is_overtaker;
use operator_core::store::{
    Activation, BoundKey, Delivery, Entry, PageQuery, Projections, RefusedItem, StoreError, StoreRead,
    StoredHead, VisitRow, read_said,
};
use parking_lot::Mutex;
use rusqlite::{Connection, params};

use super::error::from_sqlite;
use super::memory::Memory;
use super::query::{addressed, count_addressed, facts, many, names, one, scope, series_head};
use super::rows::{self, signed};

/// An open transaction. `C` owns the connection and ends the transaction when it is dropped.
pub(super) struct Txn<C> {
    pub(super) connection: C,
    pub(super) memory: Memory,
}

impl<C> Txn<C> {
    pub(super) fn begun(connection: C) -> Self {
        Self { connection, memory: Memory::default() }
    }
}

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
        Ok(Txn::begun(Self { connection: Some(connection), pool }))
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

impl<C: Deref<Target = Connection>> StoreRead for Txn<C> {
    fn log_size(&self) -> Result<u64, StoreError> {
        if let Some(size) = self.memory.log_size.get() {
            return Ok(size);
        }
        let sql = "SELECT coalesce(max(leaf_index) + 1, 0) FROM journal";
        let size = one(&self.connection, sql, [], |row| row.get::<_, i64>(0))?;
        let size = u64::try_from(size.unwrap_or(0)).unwrap_or(0);
        self.memory.log_size.set(Some(size));
        Ok(size)
    }

    fn entry(&self, leaf_index: u64) -> Result<Option<Entry>, StoreError> {
        if let Some(entry) = self.memory.entries.get(&leaf_index) {
            return Ok(Some(entry));
        }
        let sql = format!("SELECT {} FROM journal WHERE leaf_index = ?1", rows::ENTRY);
        one(&self.connection, &sql, [signed(leaf_index)], rows::entry)
    }

    fn entry_by_id(&self, id: StatementId) -> Result<Option<Entry>, StoreError> {
        if let Some(leaf_index) = self.memory.leaves.get(&id) {
            return self.entry(leaf_index);
        }
        let sql = format!("SELECT {} FROM journal WHERE id = ?1", rows::ENTRY);
        one(&self.connection, &sql, [id.as_bytes()], rows::entry)
    }

    fn entries(&self, from: u64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        let sql = format!(
            "SELECT {} FROM journal WHERE leaf_index >= ?1 ORDER BY leaf_index LIMIT ?2",
            rows::ENTRY
        );
        many(&self.connection, &sql, params![signed(from), limit], rows::entry)
    }

    fn entries_about(&self, subject: SubjectId, kind: Kind) -> Result<Vec<Entry>, StoreError> {
        let sql = format!(
            "SELECT {} FROM journal WHERE subject = ?1 AND kind = ?2 ORDER BY leaf_index",
            rows::ENTRY
        );
        many(&self.connection, &sql, params![subject.as_bytes(), kind.as_str()], rows::entry)
    }

    fn entries_before(&self, subject: SubjectId, leaf_index: u64) -> Result<Vec<Entry>, StoreError> {
        // A page of a pull asks for each visit that it brings.
        static BEFORE: LazyLock<String> = LazyLock::new(|| {
            format!(
                "SELECT {} FROM journal INDEXED BY journal_subject
                  WHERE subject = ?1 AND leaf_index < ?2 ORDER BY leaf_index",
                rows::ENTRY
            )
        });
        many(&self.connection, &BEFORE, params![subject.as_bytes(), signed(leaf_index)], rows::entry)
    }

    fn overtakers(&self, from: u64, to: u64) -> Result<Vec<Entry>, StoreError> {
        // From the visits to the few statements that ever came early, never through what else was said about them.
        static OVERTAKERS: LazyLock<String> = LazyLock::new(|| {
            format!(
                "SELECT {} FROM journal WHERE leaf_index IN (
                    SELECT early.leaf_index FROM visits INDEXED BY visits_leaf CROSS JOIN journal AS early INDEXED BY journal_early
                      ON early.subject = visits.visit
                     WHERE visits.leaf_index >= ?1 AND visits.leaf_index < ?2 AND early.leaf_index < ?1
                       AND early.kind <> 'visit-registered' AND instr(early.flags, 'unknown-subject') > 0)
                 ORDER BY leaf_index",
                rows::ENTRY
            )
        });
        let mut found = many(&self.connection, &OVERTAKERS, [signed(from), signed(to)], rows::entry)?;
        found.retain(is_overtaker);
        Ok(found)
    }

    fn content(&self, leaf_index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT content FROM contents WHERE leaf_index = ?1";
        one(&self.connection, sql, [signed(leaf_index)], |row| row.get(0))
    }

    fn said(&self, leaf_index: u64) -> Result<Option<Content>, StoreError> {
        self.memory.said.or_read(leaf_index, |_| read_said(self, leaf_index))
    }

    fn contents(&self, from: u64, to: u64) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let sql = "SELECT leaf_index, content FROM contents WHERE leaf_index >= ?1 AND leaf_index < ?2
            ORDER BY leaf_index";
        many(&self.connection, sql, [signed(from), signed(to)], |row| {
            Ok((rows::unsigned(row, 0)?, row.get(1)?))
        })
    }

    fn nodes(&self, level: u8, from: u64, limit: u32) -> Result<Vec<(u64, Digest)>, StoreError> {
        let sql = "SELECT position, hash FROM nodes WHERE level = ?1 AND position >= ?2
            ORDER BY position LIMIT ?3";
        many(&self.connection, sql, params![level, signed(from), limit], |row| {
            Ok((rows::unsigned(row, 0)?, Digest::from_bytes(row.get(1)?)))
        })
    }

    fn node(&self, level: u8, index: u64) -> Result<Digest, StoreError> {
        self.memory.nodes.or_read((level, index), |_| {
            let sql = "SELECT hash FROM nodes WHERE level = ?1 AND position = ?2";
            let hash = one(&self.connection, sql, params![level, signed(index)], |row| row.get(0))?;
            hash.map(Digest::from_bytes).ok_or(StoreError::Damaged("a node of the tree is missing"))
        })
    }

    fn root(&self, tree_size: u64) -> Result<Digest, StoreError> {
        let root = |tree_size: &u64| journal::merkle::root(&operator_core::head::tree(self), *tree_size);
        self.memory.roots.or_read(tree_size, root)
    }

    fn latest_head(&self) -> Result<Option<StoredHead>, StoreError> {
        let sql = format!("SELECT {} FROM heads ORDER BY tree_size DESC LIMIT 1", rows::HEAD);
        one(&self.connection, &sql, [], rows::head)
    }

    fn head_covering(&self, leaf_index: u64) -> Result<Option<StoredHead>, StoreError> {
        self.memory.heads.or_read(leaf_index, |_| {
            let sql =
                format!("SELECT {} FROM heads WHERE tree_size > ?1 ORDER BY tree_size LIMIT 1", rows::HEAD);
            one(&self.connection, &sql, [signed(leaf_index)], rows::head)
        })
    }

    fn heads_above(&self, tree_size: u64, limit: u32) -> Result<Vec<StoredHead>, StoreError> {
        let sql =
            format!("SELECT {} FROM heads WHERE tree_size > ?1 ORDER BY tree_size LIMIT ?2", rows::HEAD);
        many(&self.connection, &sql, params![signed(tree_size), limit], rows::head)
    }

    fn heads(&self) -> Result<Vec<StoredHead>, StoreError> {
        many(
            &self.connection,
            &format!("SELECT {} FROM heads ORDER BY tree_size", rows::HEAD),
            [],
            rows::head,
        )
    }

    fn series_head(&self, key: KeyId) -> Result<SeriesHead, StoreError> {
        self.memory.series.or_read(key, |_| series_head(&self.connection, key))
    }

    fn refusal(&self, key: KeyId, id: StatementId) -> Result<Option<RefusedItem>, StoreError> {
        let sql = format!("SELECT {} FROM refusals WHERE key = ?1 AND id = ?2", rows::REFUSAL);
        one(&self.connection, &sql, params![key.as_bytes(), id.as_bytes()], rows::refusal)
    }

    fn refusals(&self) -> Result<Vec<RefusedItem>, StoreError> {
        let sql = format!("SELECT {} FROM refusals ORDER BY key, seq, id", rows::REFUSAL);
        many(&self.connection, &sql, [], rows::refusal)
    }

    fn facts(&self, query: &FactQuery) -> Result<Vec<Fact>, StoreError> {
        self.memory.facts.or_read(query.clone(), |query| facts(&self.connection, query))
    }

    fn bound_key(&self, key: KeyId) -> Result<Option<BoundKey>, StoreError> {
        let sql = format!("SELECT {} FROM keys WHERE key = ?1", rows::KEY);
        one(&self.connection, &sql, [key.as_bytes()], rows::key)
    }

    fn bound_keys(&self, person: Option<PersonId>) -> Result<Vec<BoundKey>, StoreError> {
        let sql = format!(
            "SELECT {} FROM keys WHERE ?1 IS NULL OR person = ?1 ORDER BY bound_at_ms, key",
            rows::KEY
        );
        many(&self.connection, &sql, [person.map(|person| *person.as_bytes())], rows::key)
    }

    fn visit(&self, visit: VisitId) -> Result<Option<VisitRow>, StoreError> {
        self.memory.visits.or_read(visit, |_| {
            let sql = format!("SELECT {} FROM visits WHERE visit = ?1", rows::VISIT);
            one(&self.connection, &sql, [visit.as_bytes()], rows::visit)
        })
    }

    fn specialists_of_child(&self, child: ChildId) -> Result<BTreeSet<PersonId>, StoreError> {
        let sql = "SELECT DISTINCT specialist FROM visits WHERE child = ?1";
        let found = many(&self.connection, sql, [child.as_bytes()], |row| row.get(0))?;
        Ok(found.into_iter().map(PersonId::from_bytes).collect())
    }

    fn specialists_of_organisation(
        &self,
        organisation: OrganisationId,
    ) -> Result<BTreeSet<PersonId>, StoreError> {
        // From one to the next in the index: there are few of them, and any number of visits.
        let sql = "WITH RECURSIVE found (specialist) AS (
                SELECT min(specialist) FROM visits WHERE organisation = ?1
                UNION ALL
                SELECT (SELECT min(specialist) FROM visits WHERE organisation = ?1 AND specialist > found.specialist)
                  FROM found WHERE found.specialist IS NOT NULL)
            SELECT specialist FROM found WHERE specialist IS NOT NULL";
        let found = many(&self.connection, sql, [organisation.as_bytes()], |row| row.get(0))?;
        Ok(found.into_iter().map(PersonId::from_bytes).collect())
    }

    fn audiences(&self, leaf_index: u64) -> Result<Vec<(Scope, Sight)>, StoreError> {
        let sql = "SELECT s.name, a.sight FROM audiences AS a JOIN scopes AS s ON s.scope = a.scope
            WHERE a.leaf_index = ?1";
        let found = many(&self.connection, sql, [signed(leaf_index)], |row| {
            Ok((row.get::<_, String>(0)?, rows::sight(row, 1)?))
        })?;
        let mut audiences =
            found.iter().map(|(name, sight)| Ok((scope(name)?, *sight))).collect::<Result<Vec<_>, _>>()?;
        audiences.sort_unstable();
        Ok(audiences)
    }

    fn page(&self, query: &PageQuery<'_>, limit: u32) -> Result<Vec<Delivery>, StoreError> {
        let names = names(query.scopes)?;
        let limit = limit as usize;
        let mut found = Vec::new();
        // Rows lie in the order of their scopes, not of the log: a reader of much would sort all that is left for each
        // page. So the log is looked through in stretches, which grow for a reader of little.
        let (mut from, mut stretch) = (query.from, limit as u64 * 2);
        while from < query.to && found.len() < limit {
            let to = from.saturating_add(stretch).min(query.to);
            found.extend(addressed(&self.connection, query, &names, (from, to), limit - found.len())?);
            (from, stretch) = (to, stretch.saturating_mul(4));
        }
        Ok(found)
    }

    fn count(&self, query: &PageQuery<'_>) -> Result<u64, StoreError> {
        count_addressed(&self.connection, query, &names(query.scopes)?)
    }

    fn activation(&self, lookup: &str) -> Result<Option<Activation>, StoreError> {
        let sql = format!("SELECT {} FROM activations WHERE lookup = ?1", rows::ACTIVATION);
        one(&self.connection, &sql, [lookup], rows::activation)
    }

    fn activations(&self) -> Result<Vec<Activation>, StoreError> {
        let sql =
            format!("SELECT {} FROM activations ORDER BY issued_at_ms DESC, lookup DESC", rows::ACTIVATION);
        many(&self.connection, &sql, [], rows::activation)
    }

    fn document(&self, sha256: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT bytes FROM documents WHERE sha256 = ?1";
        one(&self.connection, sql, [sha256.as_bytes()], |row| row.get(0))
    }

    fn projections(&self) -> Result<Projections, StoreError> {
        let connection = &self.connection;
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
        let (readings, traces) = (super::trace::readings(connection)?, super::trace::traces(connection)?);
        Ok(Projections { facts, keys, visits, audiences, readings, traces })
    }
}
