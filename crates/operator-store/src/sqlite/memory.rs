//! What a transaction has read already. Registering a batch asks for the same members, agreements, nodes and heads with
//! each statement.
//!
//! # Invariants
//! It lives no longer than its transaction: nobody else writes meanwhile, and a snapshot stands still. Whoever changes
//! what is remembered changes it here too.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::Hash;

use domain::content::Content;
use domain::id::{Digest, KeyId, StatementId, VisitId};
use domain::scope::Scope;
use journal::SeriesHead;
use operator_core::fact::{Fact, FactQuery};
use operator_core::store::trace::TraceRow;
use operator_core::store::{Entry, StoreError, StoredHead, VisitRow};

/// Most answers of one sort that are kept; then it begins anew.
const MOST: usize = 20_000;

/// Answers by what was asked.
#[derive(Debug)]
pub(super) struct Known<K, V>(RefCell<HashMap<K, V>>);

impl<K, V> Default for Known<K, V> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<K: Eq + Hash, V: Clone> Known<K, V> {
    /// What is known, or what is read now. What fails is not remembered.
    pub(super) fn or_read(
        &self,
        key: K,
        read: impl FnOnce(&K) -> Result<V, StoreError>,
    ) -> Result<V, StoreError> {
        if let Some(value) = self.0.borrow().get(&key) {
            return Ok(value.clone());
        }
        let value = read(&key)?;
        self.put(key, value.clone());
        Ok(value)
    }

    pub(super) fn put(&self, key: K, value: V) {
        let mut known = self.0.borrow_mut();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(key, value);
    }

    pub(super) fn get(&self, key: &K) -> Option<V> {
        self.0.borrow().get(key).cloned()
    }

    pub(super) fn forget(&self, key: &K) {
        self.0.borrow_mut().remove(key);
    }

    pub(super) fn clear(&self) {
        self.0.borrow_mut().clear();
    }
}

/// Everything that is known.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) log_size: Cell<Option<u64>>,
    /// Statements of this very transaction.
    pub(super) entries: Known<u64, Entry>,
    pub(super) leaves: Known<StatementId, u64>,
    pub(super) said: Known<u64, Option<Content>>,
    pub(super) nodes: Known<(u8, u64), Digest>,
    pub(super) roots: Known<u64, Digest>,
    pub(super) heads: Known<u64, Option<StoredHead>>,
    pub(super) series: Known<KeyId, SeriesHead>,
    pub(super) facts: Known<FactQuery, Vec<Fact>>,
    pub(super) visits: Known<VisitId, Option<VisitRow>>,
    pub(super) scopes: Known<Scope, i64>,
    pub(super) last_traces: Known<KeyId, Option<TraceRow>>,
}

impl Memory {
    /// A statement is in the log now.
    pub(super) fn append(&self, entry: &Entry) {
        self.log_size.set(Some(entry.leaf_index + 1));
        self.entries.put(entry.leaf_index, entry.clone());
        self.leaves.put(entry.id, entry.leaf_index);
        match self.series.get(&entry.key) {
            Some(head) if !entry.branch && head.next_seq == entry.seq => {
                self.series.put(entry.key, head.after(entry.id));
            }
            _ => self.series.forget(&entry.key),
        }
    }

    /// The projections were dropped.
    pub(super) fn forget_projections(&self) {
        self.facts.clear();
        self.visits.clear();
        self.scopes.clear();
        self.last_traces.clear();
    }
}
