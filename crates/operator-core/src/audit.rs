//! Is the whole log what it was? Reads everything once, in order, recomputes what can be recomputed and compares.
//! Linear, and in memory only what later leaves need: series, keys and the open edge of the tree.
//!
//! | Module | Holds |
//! |---|---|
//! | `leaf` | one statement: bytes, columns, content, flags; what later ones need to know |
//! | [`series`] | numbers without gaps |
//! | [`tree`] | the Merkle tree and its signed heads |
//!
//! A receipt is a signed head and nodes of the tree (docs/PROTOCOL.md, 6). All nodes are compared with recomputed ones
//! and each leaf must lie under a head that verifies, so every receipt that was ever given still holds.

mod leaf;
mod series;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use domain::content::PublishedText;
use domain::id::{Digest, KeyId, StatementId};
use journal::{Statement, VerifyingKey};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::pause::RecoveryKeys;
use crate::store::{Refusal, RefusedItem, StoreError, StoreRead};
use series::Series;
use tree::Growth;

/// Rows that are read at once.
const BATCH: u32 = 1_000;

/// What is wrong: a rule, and where it is broken. Names positions, never persons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule, in the words of `verifier/README.md`; `columns`, `node`, `database` and `projection` are of the
    /// database alone.
    pub code: &'static str,
    /// The leaf, where it is about one.
    pub leaf_index: Option<u64>,
    /// Id of the statement, where it is about one.
    pub statement: Option<StatementId>,
    /// What is wrong, in words.
    pub detail: String,
}

/// What was looked at, and what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// Statements in the log.
    pub statements: u64,
    /// Signatures of statements and heads that were checked.
    pub signatures: u64,
    /// Contents that are there.
    pub contents: u64,
    /// Contents that are not, as the operator's own erasures say.
    pub erased: u64,
    /// Keys that the operator bound.
    pub keys: u64,
    /// Series, one for each key.
    pub series: u64,
    /// Statements beside the main line of their series, each flagged.
    pub forks: u64,
    /// Refused items.
    pub refusals: u64,
    /// Nodes of the tree.
    pub nodes: u64,
    /// Signed heads.
    pub heads: u64,
    /// Published texts.
    pub agreements: u64,
    /// Leaves whose content the operator erased: nothing can be projected from them any more.
    #[serde(skip)]
    pub erased_leaves: BTreeSet<u64>,
    /// What is wrong, in the order in which it was met.
    pub findings: Vec<Finding>,
}

impl Audit {
    fn find(&mut self, code: &'static str, at: impl Into<Place>, detail: impl Into<String>) {
        let Place { leaf_index, statement } = at.into();
        self.findings.push(Finding { code, leaf_index, statement, detail: detail.into() });
    }
}

/// Where something is wrong.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    leaf_index: Option<u64>,
    statement: Option<StatementId>,
}

impl From<u64> for Place {
    fn from(leaf_index: u64) -> Self {
        Self { leaf_index: Some(leaf_index), statement: None }
    }
}

impl From<(u64, StatementId)> for Place {
    fn from((leaf_index, id): (u64, StatementId)) -> Self {
        Self { leaf_index: Some(leaf_index), statement: Some(id) }
    }
}

/// How thorough an audit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signatures {
    /// Each signature is checked, on all cores.
    Check,
    /// None is. What is changed in a statement's signature alone is then found by the tree only.
    Skip,
}

struct Walk<'a> {
    read: &'a dyn StoreRead,
    operator: &'a VerifyingKey,
    signatures: Signatures,
    keys: BTreeMap<KeyId, VerifyingKey>,
    revoked: BTreeSet<KeyId>,
    series: BTreeMap<KeyId, Series>,
    refusals: BTreeMap<(KeyId, StatementId), RefusedItem>,
    /// Refused items that were registered after all.
    attributed: BTreeSet<StatementId>,
    tree: Growth<'a>,
    /// Statements whose content is gone.
    bare: BTreeMap<StatementId, u64>,
    /// Which erasures count.
    recovery_keys: RecoveryKeys<'a>,
    /// Statements whose erasure the operator stated.
    erased: BTreeSet<StatementId>,
    /// Published texts by the leaf that published them.
    texts: Vec<(u64, PublishedText)>,
    audit: Audit,
}

/// Audits the log, its contents, heads, refusals and texts. `progress` is told how many leaves were read, batch by
/// batch.
///
/// # Errors
/// Those of the store but [`StoreError::Damaged`], which is a finding as everything is that is wrong with what it gave.
pub fn audit(
    read: &dyn StoreRead,
    operator: &VerifyingKey,
    signatures: Signatures,
    progress: &mut dyn FnMut(u64),
) -> Result<Audit, StoreError> {
    let mut walk = Walk {
        read,
        operator,
        signatures,
        keys: BTreeMap::from([(operator.id(), operator.clone())]),
        revoked: BTreeSet::new(),
        series: BTreeMap::new(),
        refusals: BTreeMap::new(),
        attributed: BTreeSet::new(),
        tree: Growth::new(read),
        bare: BTreeMap::new(),
        recovery_keys: RecoveryKeys::new(read),
        erased: BTreeSet::new(),
        texts: Vec::new(),
        audit: Audit::default(),
    };
    match walk.run(progress) {
        Ok(()) => {}
        Err(StoreError::Damaged(what)) => {
            let last = walk.audit.statements;
            walk.audit.find("database", Place::default(), format!("after {last} leaves: {what}"));
        }
        Err(error) => return Err(error),
    }
    Ok(walk.audit)
}

impl Walk<'_> {
    fn run(&mut self, progress: &mut dyn FnMut(u64)) -> Result<(), StoreError> {
        for refused in self.read.refusals()? {
            self.audit.refusals += 1;
            if refused.took_place {
                self.series.entry(refused.key).or_default().refused(refused.seq, refused.id);
            }
            self.refusals.insert((refused.key, refused.id), refused);
        }
        self.leaves(progress)?;
        let size = self.audit.statements;
        self.tree.finish(size, &mut self.audit)?;
        self.contents_that_are_gone();
        self.texts()?;
        self.refused_items();
        for (key, series) in &mut self.series {
            if let Err(why) = series.finish() {
                self.audit.find("series", Place::default(), format!("the series of key {key} {why}"));
            }
        }
        self.audit.keys = self.keys.len() as u64;
        self.audit.series = self.series.len() as u64;
        Ok(())
    }

    fn leaves(&mut self, progress: &mut dyn FnMut(u64)) -> Result<(), StoreError> {
        let mut next = 0;
        loop {
            let entries = self.read.entries(next, BATCH)?;
            let Some(last) = entries.last() else { return Ok(()) };
            let after = last.leaf_index + 1;
            let mut contents = self.read.contents(next, after)?.into_iter().peekable();
            let mut unverified = Vec::with_capacity(entries.len());
            for entry in &entries {
                if entry.leaf_index != next {
                    self.audit.find("leaf", next, "is missing");
                }
                next = entry.leaf_index + 1;
                let content = contents.next_if(|(leaf_index, _)| *leaf_index == entry.leaf_index);
                self.tree.append(entry, self.operator, self.signatures, &mut self.audit)?;
                self.leaf(entry, content.map(|(_, bytes)| bytes), &mut unverified)?;
                self.audit.statements += 1;
            }
            self.verify_all(unverified);
            progress(self.audit.statements);
        }
    }

    /// The signatures of one batch, on all cores.
    fn verify_all(&mut self, unverified: Vec<(u64, Statement, VerifyingKey)>) {
        self.audit.signatures += unverified.len() as u64;
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let share = unverified.len().div_ceil(cores).max(1);
        let wrong = |part: &[(u64, Statement, VerifyingKey)]| -> Vec<(u64, StatementId)> {
            let is_wrong = |(_, statement, key): &&(u64, Statement, VerifyingKey)| {
                (*statement).clone().verify(key).is_err()
            };
            part.iter().filter(is_wrong).map(|(leaf, statement, _)| (*leaf, statement.id())).collect()
        };
        let found: Vec<(u64, StatementId)> = std::thread::scope(|scope| {
            let parts: Vec<_> =
                unverified.chunks(share).map(|part| scope.spawn(move || wrong(part))).collect();
            parts
                .into_iter()
                .flat_map(|part| part.join().expect("checking a signature never panics"))
                .collect()
        });
        for at in found {
            self.audit.find("signature", at, "its signature does not verify by the key that it names");
        }
    }

    fn contents_that_are_gone(&mut self) {
        for (id, leaf) in &self.bare {
            if self.erased.contains(id) {
                self.audit.erased += 1;
                self.audit.erased_leaves.insert(*leaf);
            } else {
                let what = "its content is gone without a statement of its erasure that counts";
                self.audit.find("content", (*leaf, *id), what);
            }
        }
        for id in &self.erased {
            if !self.bare.contains_key(id)
                && let Ok(Some(entry)) = self.read.entry_by_id(*id)
            {
                let what = "its content is there, though the operator says that it was erased";
                self.audit.find("content", (entry.leaf_index, *id), what);
            }
        }
    }

    fn texts(&mut self) -> Result<(), StoreError> {
        for (leaf, text) in std::mem::take(&mut self.texts) {
            self.audit.agreements += 1;
            let bytes = self.read.document(text.sha256)?;
            let is_whole = bytes.is_some_and(|bytes| {
                Digest::from_bytes(Sha256::digest(&bytes).into()) == text.sha256
                    && bytes.len() == text.length_bytes as usize
            });
            if !is_whole {
                self.audit.find("agreement", leaf, "a published text is missing or another one");
            }
        }
        Ok(())
    }

    fn refused_items(&mut self) {
        for ((key, id), refused) in &self.refusals {
            let place = Place { leaf_index: None, statement: Some(*id) };
            let holds = refused.statement.is_empty()
                || Digest::from_bytes(Sha256::digest(&refused.statement).into()) == refused.sha256;
            if !holds {
                self.audit.find("refusal", place, "a refused item holds other bytes than it says");
            }
            // The content that came with it is not kept, so what was said of it stands.
            let is_for_content = matches!(refused.reason, Refusal::WrongContent | Refusal::TooLarge);
            let is_good = Statement::decode(&refused.statement).is_ok_and(|statement| {
                statement.id() == *id
                    && statement.header().seq == refused.seq
                    && self.keys.get(key).is_some_and(|key| statement.verify(key).is_ok())
            });
            if is_good && !is_for_content && !self.attributed.contains(id) {
                self.audit.find("refusal", place, "a good statement was refused");
            }
        }
    }
}
