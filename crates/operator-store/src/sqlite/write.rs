//! Writing: one immediate transaction at a time, rolled back when it is dropped.

use std::ops::Deref;

use domain::id::{Digest, KeyId};
use domain::scope::{Scope, Sight};
use operator_core::fact::Fact;
use operator_core::store::{
    Activation, BoundKey, Entry, RefusedItem, StoreError, StoreRead, StoreTxn, StoredHead, VisitRow,
};
use parking_lot::MutexGuard;
use rusqlite::{Connection, Params, params};

use super::error::from_sqlite;
use super::read::Txn;
use super::rows::{flags, signed};

/// The one writing connection with an open transaction.
pub(super) struct Writing<'a> {
    connection: MutexGuard<'a, Connection>,
    is_open: bool,
}

impl<'a> Writing<'a> {
    pub(super) fn begin(connection: MutexGuard<'a, Connection>) -> Result<Txn<Self>, StoreError> {
        // Immediate: it waits for another process now, instead of failing at its first write.
        connection.execute_batch("BEGIN IMMEDIATE").map_err(from_sqlite)?;
        Ok(Txn::begun(Self { connection, is_open: true }))
    }
}

impl Deref for Writing<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        if self.is_open && self.connection.execute_batch("ROLLBACK").is_err() {
            // SQLite rolled back by itself (disk full, I/O error): there is nothing left to end.
            tracing::warn!("a transaction had already been rolled back");
        }
    }
}

impl Txn<Writing<'_>> {
    pub(super) fn run(&self, sql: &str, params: impl Params) -> Result<usize, StoreError> {
        let mut statement = self.connection.prepare_cached(sql).map_err(from_sqlite)?;
        statement.execute(params).map_err(from_sqlite)
    }

    /// The number of a scope, which it gets with its first statement.
    fn scope(&self, scope: &Scope) -> Result<i64, StoreError> {
        let name = scope.to_string();
        self.run("INSERT INTO scopes (name) VALUES (?1) ON CONFLICT (name) DO NOTHING", [&name])?;
        let sql = "SELECT scope FROM scopes WHERE name = ?1";
        let mut select = self.connection.prepare_cached(sql).map_err(from_sqlite)?;
        select.query_row([&name], |row| row.get(0)).map_err(from_sqlite)
    }
}

impl StoreTxn for Txn<Writing<'_>> {
    fn as_read(&self) -> &dyn StoreRead {
        self
    }

    fn append(&mut self, entry: &Entry, content: Option<&[u8]>) -> Result<(), StoreError> {
        if entry.leaf_index != self.log_size()? {
            return Err(StoreError::Damaged("a leaf must follow the last one"));
        }
        self.run(
            "INSERT INTO journal (leaf_index, id, key, seq, kind, subject, registered_at_ms, branch, urgent, flags,
                statement) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            params![
                signed(entry.leaf_index),
                entry.id.as_bytes(),
                entry.key.as_bytes(),
                signed(entry.seq),
                entry.kind.as_str(),
                entry.subject.as_bytes(),
                entry.registered_at_ms,
                entry.branch,
                entry.kind.travels_first(),
                flags(&entry.flags),
                entry.statement,
            ],
        )?;
        if let Some(content) = content {
            self.run(
                "INSERT INTO contents (leaf_index, content) VALUES (?1, ?2)",
                params![signed(entry.leaf_index), content],
            )?;
        }
        self.memory.append(entry);
        Ok(())
    }

    fn put_node(&mut self, level: u8, index: u64, hash: Digest) -> Result<(), StoreError> {
        let sql = "INSERT INTO nodes (level, position, hash) VALUES (?1, ?2, ?3)";
        self.run(sql, params![level, signed(index), hash.as_bytes()])?;
        self.memory.nodes.put((level, index), hash);
        Ok(())
    }

    fn put_head(&mut self, head: &StoredHead) -> Result<(), StoreError> {
        if self.latest_head()?.is_some_and(|last| last.tree_size >= head.tree_size) {
            return Err(StoreError::Damaged("a head does not grow"));
        }
        let sql = "INSERT INTO heads (tree_size, root, signed_at_ms, bytes) VALUES (?1, ?2, ?3, ?4)";
        let values = params![signed(head.tree_size), head.root.as_bytes(), head.signed_at_ms, head.bytes];
        self.memory.heads.clear();
        self.run(sql, values).map(drop)
    }

    fn put_refusal(&mut self, refused: &RefusedItem) -> Result<(), StoreError> {
        let sql = "INSERT INTO refusals (key, id, seq, took_place, reason, refused_at_ms, sha256, statement)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let values = params![
            refused.key.as_bytes(),
            refused.id.as_bytes(),
            signed(refused.seq),
            refused.took_place,
            refused.reason.as_str(),
            refused.refused_at_ms,
            refused.sha256.as_bytes(),
            refused.statement,
        ];
        self.memory.series.forget(&refused.key);
        self.run(sql, values).map(drop)
    }

    fn erase_content(&mut self, leaf_index: u64) -> Result<(), StoreError> {
        self.memory.said.clear();
        self.run("DELETE FROM readings WHERE leaf_index = ?1", [signed(leaf_index)])?;
        self.run("DELETE FROM lost_contents WHERE leaf_index = ?1", [signed(leaf_index)])?;
        self.run("DELETE FROM contents WHERE leaf_index = ?1", [signed(leaf_index)]).map(drop)
    }

    fn put_fact(&mut self, fact: &Fact) -> Result<(), StoreError> {
        let sql = "INSERT INTO facts (class, subject, slot, qualifier, object, from_ms, to_ms, leaf_index)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT (class, subject, slot, qualifier) DO UPDATE SET object = excluded.object,
                from_ms = excluded.from_ms, to_ms = excluded.to_ms, leaf_index = excluded.leaf_index";
        self.memory.facts.clear();
        let slot = fact.slot_object();
        let values = params![
            fact.class.as_str(),
            fact.subject.as_bytes(),
            slot.as_ref().map_or(&[][..], |object| object.as_bytes()),
            fact.qualifier,
            fact.object.map(|object| *object.as_bytes()),
            fact.from_ms,
            fact.to_ms,
            signed(fact.leaf_index),
        ];
        self.run(sql, values).map(drop)
    }

    fn put_bound_key(&mut self, key: &BoundKey) -> Result<(), StoreError> {
        let sql = "INSERT INTO keys (key, cose_key, person, device, bound_at_ms, revoked_at_ms, compromised_since_ms, host)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT (key) DO UPDATE SET person = excluded.person, device = excluded.device,
                bound_at_ms = excluded.bound_at_ms, revoked_at_ms = excluded.revoked_at_ms,
                compromised_since_ms = excluded.compromised_since_ms, host = excluded.host";
        let id = key.key.id();
        let values = params![
            id.as_bytes(),
            key.key.to_cose_key(),
            key.person.as_bytes(),
            key.device.as_bytes(),
            key.bound_at_ms,
            key.revoked_at_ms,
            key.compromised_since_ms,
            key.host.map(|host| *host.as_bytes()),
        ];
        self.run(sql, values).map(drop)
    }

    fn put_visit(&mut self, row: &VisitRow) -> Result<(), StoreError> {
        let sql =
            "INSERT INTO visits (visit, child, specialist, organisation, place, capture, outcome, started_at_ms,
                finished_at_ms, cancelled, basis, leaf_index)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
        let said = row.said;
        let values = params![
            row.visit.as_bytes(),
            row.parties.child.as_bytes(),
            row.parties.specialist.as_bytes(),
            row.parties.organisation.as_bytes(),
            said.and_then(|said| said.place).map(|place| *place.as_bytes()),
            said.and_then(|said| said.capture).map(|capture| *capture.as_bytes()),
            said.map(|said| said.outcome.as_str()),
            said.map(|said| said.started_at_ms),
            said.and_then(|said| said.finished_at_ms),
            said.map(|said| said.cancelled),
            row.basis.as_bytes(),
            signed(row.leaf_index),
        ];
        self.run(sql, values)?;
        self.memory.visits.put(row.visit, Some(*row));
        Ok(())
    }

    fn put_audiences(&mut self, leaf_index: u64, audiences: &[(Scope, Sight)]) -> Result<(), StoreError> {
        for (scope, sight) in audiences {
            let number = self.memory.scopes.or_read(*scope, |scope| self.scope(scope))?;
            self.run(
                "INSERT INTO audiences (scope, leaf_index, sight) VALUES (?1, ?2, ?3)
                 ON CONFLICT (scope, leaf_index) DO UPDATE SET sight = max(sight, excluded.sight)",
                params![number, signed(leaf_index), *sight == Sight::Whole],
            )?;
        }
        Ok(())
    }

    fn clear_projections(&mut self) -> Result<(), StoreError> {
        self.memory.forget_projections();
        ["facts", "keys", "visits", "readings", "traces", "audiences", "scopes"]
            .iter()
            .try_for_each(|table| self.run(&format!("DELETE FROM {table}"), []).map(drop))
    }

    fn put_activation(&mut self, activation: &Activation) -> Result<(), StoreError> {
        let sql = "INSERT INTO activations (lookup, person, salt, hash, issued_at_ms, expires_at_ms, errors, used_by,
                host)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            ON CONFLICT (lookup) DO UPDATE SET person = excluded.person, salt = excluded.salt, hash = excluded.hash,
                issued_at_ms = excluded.issued_at_ms, expires_at_ms = excluded.expires_at_ms,
                errors = excluded.errors, used_by = excluded.used_by, host = excluded.host";
        let values = params![
            activation.lookup,
            activation.person.as_bytes(),
            activation.salt,
            activation.hash,
            activation.issued_at_ms,
            activation.expires_at_ms,
            activation.errors,
            activation.used_by.map(|id| *id.as_bytes()),
            activation.host.map(|host| *host.as_bytes()),
        ];
        self.run(sql, values).map(drop)
    }

    fn put_document(&mut self, sha256: Digest, bytes: &[u8]) -> Result<(), StoreError> {
        let sql = "INSERT INTO documents (sha256, bytes) VALUES (?1, ?2) ON CONFLICT (sha256) DO NOTHING";
        self.run(sql, params![sha256.as_bytes(), bytes]).map(drop)
    }

    fn remember_nonce(
        &mut self,
        key: KeyId,
        nonce: &str,
        expires_s: i64,
        now_s: i64,
    ) -> Result<bool, StoreError> {
        self.run("DELETE FROM nonces WHERE expires_s < ?1", [now_s])?;
        let sql = "INSERT INTO nonces (key, nonce, expires_s) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
        Ok(self.run(sql, params![key.as_bytes(), nonce, expires_s])? == 1)
    }

    fn commit(mut self: Box<Self>) -> Result<(), StoreError> {
        self.connection.execute_batch("COMMIT").map_err(from_sqlite)?;
        self.connection.is_open = false;
        Ok(())
    }
}
