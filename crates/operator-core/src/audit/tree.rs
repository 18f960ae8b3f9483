//! The tree grown once more beside the stored one, and each signed head held against it.

use std::collections::{HashMap, VecDeque};

use domain::id::Digest;
use journal::receipt::TreeHead;
use journal::{Beacon, VerifyingKey, merkle};

use super::{Audit, BATCH, Place, Signatures};
use crate::register::Tree;
use crate::store::{Entry, StoreError, StoreRead, StoredHead};

/// The open edge of a tree that grows leaf by leaf.
pub(super) struct Growth<'a> {
    read: &'a dyn StoreRead,
    size: u64,
    /// Complete subtrees from left to right: level and root.
    full: Vec<(u8, Digest)>,
    /// Stored nodes of each level that were read ahead.
    stored: Vec<VecDeque<(u64, Digest)>>,
    heads: VecDeque<StoredHead>,
    last_head: u64,
    /// Leaves under the last head that holds.
    covered: u64,
    /// Roots under the heads: what statements name as beacons.
    roots: HashMap<u64, Digest>,
    /// Differences after the first one, which follow from it.
    more: [u64; 2],
}

impl<'a> Growth<'a> {
    pub(super) fn new(read: &'a dyn StoreRead) -> Self {
        Self {
            read,
            size: 0,
            full: Vec::new(),
            stored: Vec::new(),
            heads: VecDeque::new(),
            last_head: 0,
            covered: 0,
            roots: HashMap::from([(0, merkle::empty_root())]),
            more: [0; 2],
        }
    }

    /// Adds a leaf, compares the nodes that become complete, and the head if one was signed here.
    pub(super) fn append(
        &mut self,
        entry: &Entry,
        operator: &VerifyingKey,
        signatures: Signatures,
        audit: &mut Audit,
    ) -> Result<(), StoreError> {
        let (mut level, mut index, mut hash) = (0_u8, self.size, merkle::leaf_hash(&entry.statement));
        self.size += 1;
        loop {
            self.compare(level, index, hash, entry, audit)?;
            match self.full.pop() {
                Some((left_level, left)) if left_level == level => {
                    hash = merkle::node_hash(&left, &hash);
                    (level, index) = (level + 1, index >> 1);
                }
                other => {
                    self.full.extend(other);
                    break;
                }
            }
        }
        self.full.push((level, hash));
        self.head(operator, signatures, audit)
    }

    fn compare(
        &mut self,
        level: u8,
        index: u64,
        hash: Digest,
        entry: &Entry,
        audit: &mut Audit,
    ) -> Result<(), StoreError> {
        let at = usize::from(level);
        if self.stored.len() <= at {
            self.stored.resize_with(at + 1, VecDeque::new);
        }
        let Some(stored) = self.stored.get_mut(at) else { return Ok(()) };
        if stored.is_empty() {
            stored.extend(self.read.nodes(level, index, BATCH)?);
        }
        let found = stored.front().filter(|(stored, _)| *stored == index).map(|(_, hash)| *hash);
        if found.is_some() {
            stored.pop_front();
        }
        audit.nodes += 1;
        if found != Some(hash) {
            if self.more[0] == 0 {
                let what = match found {
                    Some(_) => "is another one",
                    None => "is missing",
                };
                audit.find("node", (entry.leaf_index, entry.id), format!("node {level}/{index} {what}"));
            }
            self.more[0] += 1;
        }
        Ok(())
    }

    fn root(&self) -> Digest {
        let mut parts = self.full.iter().rev().map(|(_, hash)| *hash);
        let last = parts.next().unwrap_or_else(merkle::empty_root);
        parts.fold(last, |right, left| merkle::node_hash(&left, &right))
    }

    fn next_head(&mut self) -> Result<Option<&StoredHead>, StoreError> {
        if self.heads.is_empty() {
            self.heads.extend(self.read.heads_above(self.last_head, BATCH)?);
        }
        Ok(self.heads.front())
    }

    fn head(
        &mut self,
        operator: &VerifyingKey,
        signatures: Signatures,
        audit: &mut Audit,
    ) -> Result<(), StoreError> {
        let size = self.size;
        if self.next_head()?.is_none_or(|head| head.tree_size != size) {
            return Ok(());
        }
        let Some(head) = self.heads.pop_front() else { return Ok(()) };
        self.last_head = size;
        audit.heads += 1;
        let root = self.root();
        self.roots.insert(size, root);
        let mut wrong = (root != head.root).then_some("the leaves have another root");
        if signatures == Signatures::Check {
            audit.signatures += 1;
            match TreeHead::verify(&head.bytes, root, operator) {
                Ok(signed)
                    if signed.tree_size == size
                        && signed.signed_at_s == head.signed_at_ms.div_euclid(1_000) => {}
                Ok(_) => wrong = wrong.or(Some("its signed bytes name another size or time")),
                Err(_) => wrong = wrong.or(Some("it is not what the operator signed over these leaves")),
            }
        }
        let Some(what) = wrong else {
            self.covered = size;
            return Ok(());
        };
        if self.more[1] == 0 {
            audit.find("head", Place::default(), format!("head {size}: {what}"));
        }
        self.more[1] += 1;
        Ok(())
    }

    /// Whether a tree head that a statement names was one of this log, before that statement.
    pub(super) fn is_ours(&self, beacon: &Beacon, leaf_index: u64) -> Result<bool, StoreError> {
        if beacon.tree_size > leaf_index {
            return Ok(false);
        }
        match self.roots.get(&beacon.tree_size) {
            Some(root) => Ok(*root == beacon.root),
            None => Ok(merkle::root(&Tree(self.read), beacon.tree_size)? == beacon.root),
        }
    }

    /// What is left over when the leaves are at their end.
    pub(super) fn finish(&mut self, size: u64, audit: &mut Audit) -> Result<(), StoreError> {
        for (code, more) in [("node", self.more[0]), ("head", self.more[1])] {
            if more > 1 {
                let what = format!("{} more differ; they may follow from the first", more - 1);
                audit.find(code, Place::default(), what);
            }
        }
        while let Some(head) = self.next_head()?.map(|head| head.tree_size) {
            self.heads.pop_front();
            self.last_head = head;
            audit.heads += 1;
            let what = match head > size {
                true => format!("head {head} speaks of more leaves than the log has: it was cut short"),
                false => format!("head {head} stands at no leaf"),
            };
            audit.find("history", Place::default(), what);
        }
        if self.covered < size {
            let what = format!("the leaves from {} on are under no signed head that holds", self.covered);
            audit.find("head", Place::default(), what);
        }
        Ok(())
    }
}
