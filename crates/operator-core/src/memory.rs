//! A store in memory: for tests, and the second implementation that keeps the contract honest.

mod lost;
mod trace;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::Kind;
use domain::id::{ChildId, Digest, KeyId, OrganisationId, PersonId, StatementId, SubjectId, VisitId};
use domain::scope::{Scope, Sight};
use journal::{SeriesHead, merkle};

use crate::fact::{Class, Fact, FactQuery};
use crate::head;
use crate::project;
use crate::store::trace::{ReadingRow, TraceRow};
use crate::store::{
    Activation, BoundKey, Delivery, Entry, PageQuery, Projections, RefusedItem, Store, StoreError, StoreRead,
    StoreTxn, StoredHead, VisitRow,
};

type Slot = (Class, SubjectId, Option<SubjectId>, String);

#[derive(Debug, Clone, Default)]
struct State {
    journal: Vec<Entry>,
    contents: BTreeMap<u64, Vec<u8>>,
    lost: BTreeMap<u64, Option<u64>>,
    nodes: BTreeMap<(u8, u64), Digest>,
    heads: Vec<StoredHead>,
    refusals: Vec<RefusedItem>,
    facts: BTreeMap<Slot, Fact>,
    keys: BTreeMap<KeyId, BoundKey>,
    visits: BTreeMap<VisitId, VisitRow>,
    readings: BTreeMap<u64, ReadingRow>,
    traces: BTreeMap<u64, TraceRow>,
    audiences: BTreeMap<(Scope, u64), Sight>,
    activations: BTreeMap<String, Activation>,
    documents: BTreeMap<Digest, Vec<u8>>,
    nonces: BTreeMap<(KeyId, String), i64>,
}

/// The store.
#[derive(Debug, Default)]
pub struct MemoryStore {
    committed: Mutex<Arc<State>>,
    writer: Mutex<()>,
}

impl MemoryStore {
    fn committed(&self) -> MutexGuard<'_, Arc<State>> {
        // The state is replaced as a whole, so a panic elsewhere leaves no half of a change.
        self.committed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn write(&self) -> Result<Box<dyn StoreTxn + '_>, StoreError> {
        let writing = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let state = State::clone(&self.committed());
        Ok(Box::new(MemoryTxn { store: self, _writing: writing, state }))
    }

    fn read(&self) -> Result<Box<dyn StoreRead + '_>, StoreError> {
        Ok(Box::new(Snapshot(Arc::clone(&self.committed()))))
    }
}

struct Snapshot(Arc<State>);

struct MemoryTxn<'a> {
    store: &'a MemoryStore,
    _writing: MutexGuard<'a, ()>,
    state: State,
}

trait HasState {
    fn state(&self) -> &State;
}

impl HasState for Snapshot {
    fn state(&self) -> &State {
        &self.0
    }
}

impl HasState for MemoryTxn<'_> {
    fn state(&self) -> &State {
        &self.state
    }
}

impl State {
    fn deliveries(&self, query: &PageQuery<'_>) -> Vec<Delivery> {
        let mut found: BTreeMap<u64, Delivery> = BTreeMap::new();
        for &scope in query.scopes {
            for (&(_, leaf_index), &sight) in self.audiences.range((scope, query.from)..(scope, query.to)) {
                let entry = &self.journal[leaf_index as usize];
                if entry.key == query.without_key || (query.urgent_only && !entry.kind.travels_first()) {
                    continue;
                }
                let delivery =
                    found.entry(leaf_index).or_insert(Delivery { leaf_index, sight, scopes: Vec::new() });
                delivery.sight = delivery.sight.max(sight);
                delivery.scopes.push(scope);
            }
        }
        found.into_values().collect()
    }
}

impl<T: HasState> StoreRead for T {
    fn log_size(&self) -> Result<u64, StoreError> {
        Ok(self.state().journal.len() as u64)
    }

    fn entry(&self, leaf_index: u64) -> Result<Option<Entry>, StoreError> {
        Ok(self.state().journal.get(leaf_index as usize).cloned())
    }

    fn entry_by_id(&self, id: StatementId) -> Result<Option<Entry>, StoreError> {
        Ok(self.state().journal.iter().find(|entry| entry.id == id).cloned())
    }

    fn entries(&self, from: u64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        Ok(self.state().journal.iter().skip(from as usize).take(limit as usize).cloned().collect())
    }

    fn entries_about(&self, subject: SubjectId, kind: Kind) -> Result<Vec<Entry>, StoreError> {
        let state = self.state();
        let about = state.journal.iter().filter(|entry| entry.subject == subject && entry.kind == kind);
        Ok(about.cloned().collect())
    }

    fn entries_before(&self, subject: SubjectId, leaf_index: u64) -> Result<Vec<Entry>, StoreError> {
        let state = self.state();
        let before = state.journal.iter().take(leaf_index as usize);
        Ok(before.filter(|entry| entry.subject == subject).cloned().collect())
    }

    fn overtakers(&self, from: u64, to: u64) -> Result<Vec<Entry>, StoreError> {
        let state = self.state();
        let comes_now = |entry: &&Entry| {
            let visit = state.visits.get(&VisitId::from(entry.subject));
            visit.is_some_and(|visit| (from..to).contains(&visit.leaf_index))
        };
        let before = state.journal.iter().take(from as usize).filter(|entry| project::is_overtaker(entry));
        Ok(before.filter(comes_now).cloned().collect())
    }

    fn content(&self, leaf_index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.state().contents.get(&leaf_index).cloned())
    }

    fn contents(&self, from: u64, to: u64) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let found = self.state().contents.range(from..to);
        Ok(found.map(|(&leaf_index, content)| (leaf_index, content.clone())).collect())
    }

    fn nodes(&self, level: u8, from: u64, limit: u32) -> Result<Vec<(u64, Digest)>, StoreError> {
        let found = self.state().nodes.range((level, from)..=(level, u64::MAX));
        Ok(found.take(limit as usize).map(|(&(_, index), &hash)| (index, hash)).collect())
    }

    fn node(&self, level: u8, index: u64) -> Result<Digest, StoreError> {
        self.state()
            .nodes
            .get(&(level, index))
            .copied()
            .ok_or(StoreError::Damaged("a node of the tree is missing"))
    }

    fn root(&self, tree_size: u64) -> Result<Digest, StoreError> {
        merkle::root(&head::tree(self), tree_size)
    }

    fn latest_head(&self) -> Result<Option<StoredHead>, StoreError> {
        Ok(self.state().heads.last().cloned())
    }

    fn head_covering(&self, leaf_index: u64) -> Result<Option<StoredHead>, StoreError> {
        Ok(self.state().heads.iter().find(|head| head.tree_size > leaf_index).cloned())
    }

    fn heads_above(&self, tree_size: u64, limit: u32) -> Result<Vec<StoredHead>, StoreError> {
        let above = self.state().heads.iter().filter(|head| head.tree_size > tree_size);
        Ok(above.take(limit as usize).cloned().collect())
    }

    fn heads(&self) -> Result<Vec<StoredHead>, StoreError> {
        Ok(self.state().heads.clone())
    }

    fn series_head(&self, key: KeyId) -> Result<SeriesHead, StoreError> {
        let state = self.state();
        let registered = state
            .journal
            .iter()
            .filter(|entry| entry.key == key && !entry.branch)
            .map(|entry| (entry.seq, entry.id));
        let refused = state
            .refusals
            .iter()
            .filter(|refused| refused.key == key && refused.took_place)
            .map(|refused| (refused.seq, refused.id));
        let last = registered.chain(refused).max();
        Ok(last.map_or(SeriesHead::EMPTY, |(seq, id)| SeriesHead { next_seq: seq + 1, prev: Some(id) }))
    }

    fn refusal(&self, key: KeyId, id: StatementId) -> Result<Option<RefusedItem>, StoreError> {
        let refusals = &self.state().refusals;
        Ok(refusals.iter().find(|refused| refused.key == key && refused.id == id).cloned())
    }

    fn refusals(&self) -> Result<Vec<RefusedItem>, StoreError> {
        let mut refusals = self.state().refusals.clone();
        refusals.sort_by_key(|refused| (refused.key, refused.seq, refused.id));
        Ok(refusals)
    }

    fn facts(&self, query: &FactQuery) -> Result<Vec<Fact>, StoreError> {
        let mut facts: Vec<Fact> =
            self.state().facts.values().filter(|fact| query.matches(fact)).cloned().collect();
        facts.sort_by_key(|fact| fact.leaf_index);
        Ok(facts)
    }

    fn bound_key(&self, key: KeyId) -> Result<Option<BoundKey>, StoreError> {
        Ok(self.state().keys.get(&key).cloned())
    }

    fn bound_keys(&self, person: Option<PersonId>) -> Result<Vec<BoundKey>, StoreError> {
        let keys = self.state().keys.values();
        let mut keys: Vec<BoundKey> =
            keys.filter(|key| person.is_none_or(|person| person == key.person)).cloned().collect();
        keys.sort_by_key(|key| (key.bound_at_ms, key.key.id()));
        Ok(keys)
    }

    fn visit(&self, visit: VisitId) -> Result<Option<VisitRow>, StoreError> {
        Ok(self.state().visits.get(&visit).copied())
    }

    fn specialists_of_child(&self, child: ChildId) -> Result<BTreeSet<PersonId>, StoreError> {
        let visits = self.state().visits.values();
        Ok(visits.filter(|row| row.parties.child == child).map(|row| row.parties.specialist).collect())
    }

    fn specialists_of_organisation(
        &self,
        organisation: OrganisationId,
    ) -> Result<BTreeSet<PersonId>, StoreError> {
        let visits = self.state().visits.values();
        Ok(visits
            .filter(|row| row.parties.organisation == organisation)
            .map(|row| row.parties.specialist)
            .collect())
    }

    fn audiences(&self, leaf_index: u64) -> Result<Vec<(Scope, Sight)>, StoreError> {
        let audiences = self.state().audiences.iter();
        Ok(audiences
            .filter(|((_, leaf), _)| *leaf == leaf_index)
            .map(|((scope, _), sight)| (*scope, *sight))
            .collect())
    }

    fn page(&self, query: &PageQuery<'_>, limit: u32) -> Result<Vec<Delivery>, StoreError> {
        let mut deliveries = self.state().deliveries(query);
        deliveries.truncate(limit as usize);
        Ok(deliveries)
    }

    fn count(&self, query: &PageQuery<'_>) -> Result<u64, StoreError> {
        Ok(self.state().deliveries(query).len() as u64)
    }

    fn activation(&self, lookup: &str) -> Result<Option<Activation>, StoreError> {
        Ok(self.state().activations.get(lookup).cloned())
    }

    fn activations(&self) -> Result<Vec<Activation>, StoreError> {
        let mut activations: Vec<Activation> = self.state().activations.values().cloned().collect();
        activations.sort_by(|a, b| (b.issued_at_ms, &b.lookup).cmp(&(a.issued_at_ms, &a.lookup)));
        Ok(activations)
    }

    fn document(&self, sha256: Digest) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.state().documents.get(&sha256).cloned())
    }

    fn projections(&self) -> Result<Projections, StoreError> {
        let state = self.state();
        Ok(Projections {
            facts: state.facts.values().cloned().collect(),
            keys: state.keys.values().cloned().collect(),
            visits: state.visits.values().copied().collect(),
            audiences: state.audiences.iter().map(|(&(scope, leaf), &sight)| (scope, leaf, sight)).collect(),
            readings: state.readings.values().copied().collect(),
            traces: state.traces.values().copied().collect(),
        })
    }
}

impl StoreTxn for MemoryTxn<'_> {
    fn as_read(&self) -> &dyn StoreRead {
        self
    }

    fn append(&mut self, entry: &Entry, content: Option<&[u8]>) -> Result<(), StoreError> {
        if entry.leaf_index != self.state.journal.len() as u64
            || self.state.journal.iter().any(|other| other.id == entry.id)
        {
            return Err(StoreError::Damaged("a leaf or a statement is there already"));
        }
        self.state.journal.push(entry.clone());
        if let Some(content) = content {
            self.state.contents.insert(entry.leaf_index, content.to_vec());
        }
        Ok(())
    }

    fn put_node(&mut self, level: u8, index: u64, hash: Digest) -> Result<(), StoreError> {
        match self.state.nodes.insert((level, index), hash) {
            None => Ok(()),
            Some(_) => Err(StoreError::Damaged("a node of the tree is there already")),
        }
    }

    fn put_head(&mut self, head: &StoredHead) -> Result<(), StoreError> {
        if self.state.heads.last().is_some_and(|last| last.tree_size >= head.tree_size) {
            return Err(StoreError::Damaged("a head does not grow"));
        }
        self.state.heads.push(head.clone());
        Ok(())
    }

    fn put_refusal(&mut self, refused: &RefusedItem) -> Result<(), StoreError> {
        if self.refusal(refused.key, refused.id)?.is_some() {
            return Err(StoreError::Damaged("a refusal is there already"));
        }
        self.state.refusals.push(refused.clone());
        Ok(())
    }

    fn erase_content(&mut self, leaf_index: u64) -> Result<(), StoreError> {
        self.state.contents.remove(&leaf_index);
        self.state.lost.remove(&leaf_index);
        self.state.readings.remove(&leaf_index);
        Ok(())
    }

    fn put_fact(&mut self, fact: &Fact) -> Result<(), StoreError> {
        let slot = (fact.class, fact.subject, fact.slot_object(), fact.qualifier.clone());
        self.state.facts.insert(slot, fact.clone());
        Ok(())
    }

    fn put_bound_key(&mut self, key: &BoundKey) -> Result<(), StoreError> {
        self.state.keys.insert(key.key.id(), key.clone());
        Ok(())
    }

    fn put_visit(&mut self, visit: &VisitRow) -> Result<(), StoreError> {
        match self.state.visits.insert(visit.visit, *visit) {
            None => Ok(()),
            Some(_) => Err(StoreError::Damaged("a visit is there already")),
        }
    }

    fn put_audiences(&mut self, leaf_index: u64, audiences: &[(Scope, Sight)]) -> Result<(), StoreError> {
        for &(scope, sight) in audiences {
            let kept = self.state.audiences.entry((scope, leaf_index)).or_insert(sight);
            *kept = (*kept).max(sight);
        }
        Ok(())
    }

    fn clear_projections(&mut self) -> Result<(), StoreError> {
        self.state.facts.clear();
        self.state.keys.clear();
        self.state.visits.clear();
        self.state.readings.clear();
        self.state.traces.clear();
        self.state.audiences.clear();
        Ok(())
    }

    fn put_activation(&mut self, activation: &Activation) -> Result<(), StoreError> {
        self.state.activations.insert(activation.lookup.clone(), activation.clone());
        Ok(())
    }

    fn put_document(&mut self, sha256: Digest, bytes: &[u8]) -> Result<(), StoreError> {
        self.state.documents.entry(sha256).or_insert_with(|| bytes.to_vec());
        Ok(())
    }

    fn remember_nonce(
        &mut self,
        key: KeyId,
        nonce: &str,
        expires_s: i64,
        now_s: i64,
    ) -> Result<bool, StoreError> {
        self.state.nonces.retain(|_, expires_s| *expires_s >= now_s);
        Ok(self.state.nonces.insert((key, nonce.to_owned()), expires_s).is_none())
    }

    fn commit(self: Box<Self>) -> Result<(), StoreError> {
        *self.store.committed() = Arc::new(self.state);
        Ok(())
    }
}
