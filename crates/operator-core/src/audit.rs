//! Is everything whole? Recomputes what can be recomputed and compares. Reads only.

use std::collections::{BTreeMap, BTreeSet};

use domain::Kind;
use domain::content::Content;
use domain::flag::Flag;
use domain::id::{Digest, KeyId, StatementId};
use journal::merkle;
use journal::receipt::TreeHead;
use journal::{Statement, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::fact::{Class, FactQuery};
use crate::register::Tree;
use crate::store::{Entry, StoreError, StoreRead};

/// Rows that are read at once.
const BATCH: u32 = 500;

/// What was looked at, and what is wrong. A finding names positions and rules, never persons.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// Statements in the log.
    pub statements: u64,
    /// Contents that are there.
    pub contents: u64,
    /// Signed heads.
    pub heads: u64,
    /// What is wrong, in words.
    pub findings: Vec<String>,
}

struct Walk<'a> {
    read: &'a dyn StoreRead,
    operator: &'a VerifyingKey,
    keys: BTreeMap<KeyId, VerifyingKey>,
    /// Main line of each series: what the next statement must follow.
    series: BTreeMap<KeyId, (u64, StatementId)>,
    /// Statements whose content is gone.
    bare: Vec<(u64, StatementId)>,
    /// Statements whose erasure is stated.
    erased: BTreeSet<StatementId>,
    audit: Audit,
}

/// Audits the log, its contents, its heads and the published texts.
///
/// # Errors
/// Those of the store; what is wrong with what it gave is a finding.
pub fn audit(read: &dyn StoreRead, operator: &VerifyingKey) -> Result<Audit, StoreError> {
    let keys = read.bound_keys(None)?.into_iter().map(|bound| (bound.key.id(), bound.key)).collect();
    let mut walk = Walk {
        read,
        operator,
        keys,
        series: BTreeMap::new(),
        bare: Vec::new(),
        erased: BTreeSet::new(),
        audit: Audit::default(),
    };
    walk.log()?;
    walk.erasures();
    walk.heads()?;
    walk.documents()?;
    Ok(walk.audit)
}

impl Walk<'_> {
    fn find(&mut self, leaf_index: u64, what: &str) {
        self.audit.findings.push(format!("leaf {leaf_index}: {what}"));
    }

    fn log(&mut self) -> Result<(), StoreError> {
        let mut next = 0;
        loop {
            let entries = self.read.entries(next, BATCH)?;
            let Some(last) = entries.last() else { break };
            let after = last.leaf_index + 1;
            for entry in &entries {
                if entry.leaf_index != next {
                    self.find(next, "is missing");
                }
                next = entry.leaf_index + 1;
                self.audit.statements += 1;
                self.tree(entry)?;
                self.statement(entry)?;
            }
            next = after;
        }
        Ok(())
    }

    fn tree(&mut self, entry: &Entry) -> Result<(), StoreError> {
        let leaf = merkle::leaf_hash(&entry.statement);
        for (level, index, hash) in merkle::append(&Tree(self.read), entry.leaf_index, leaf)? {
            if self.read.node(level, index)? != hash {
                self.find(entry.leaf_index, &format!("node {level}/{index} of the tree is another one"));
            }
        }
        Ok(())
    }

    fn statement(&mut self, entry: &Entry) -> Result<(), StoreError> {
        let leaf = entry.leaf_index;
        let Ok(statement) = Statement::decode(&entry.statement) else {
            self.find(leaf, "cannot be decoded");
            return Ok(());
        };
        let header = statement.header().clone();
        let (id, payload) = (statement.id(), statement.payload());
        let is_same = id == entry.id
            && header.key == entry.key
            && header.seq == entry.seq
            && header.kind == entry.kind
            && header.subject == entry.subject;
        if !is_same {
            self.find(leaf, "its columns say something else than its bytes");
        }
        let key =
            if header.key == self.operator.id() { Some(self.operator) } else { self.keys.get(&header.key) };
        let verified = match key {
            Some(key) => statement.verify(key).is_ok(),
            None => false,
        };
        if !verified {
            self.find(leaf, "its signature does not verify by a known key");
        }
        match self.read.content(leaf)? {
            Some(content) => {
                self.audit.contents += 1;
                if journal::codec::hash(&content) != payload {
                    self.find(leaf, "its content is not the one whose hash was signed");
                }
                let is_readable = journal::codec::decode(header.kind, &content).is_ok();
                // Only the operator erases: whoever else says so excuses no missing content.
                if header.kind == Kind::ContentErased
                    && !entry.flags.contains(&Flag::NoAuthority)
                    && let Ok(Content::ContentErased(erased)) = journal::codec::decode(header.kind, &content)
                {
                    self.erased.extend(erased.statements);
                }
                if is_readable == entry.flags.contains(&Flag::UnreadableContent) {
                    self.find(
                        leaf,
                        "its content is readable and flagged as unreadable, or the other way round",
                    );
                }
            }
            None => self.bare.push((leaf, id)),
        }
        // Good bytes of an item that was refused stand at a place that the series had passed.
        let came_late = self.read.refusal(header.key, id)?.is_some_and(|refused| refused.took_place);
        if !entry.branch && !came_late {
            let before = self.series.insert(header.key, (header.seq, id));
            let follows = match (before, header.prev) {
                (None, None) => header.seq == 0,
                (Some((seq, before)), Some(prev)) if before == prev => header.seq == seq + 1,
                // A refused item may stand in between.
                (_, Some(prev)) => self.read.refusal(header.key, prev)?.is_some_and(|r| r.took_place),
                (Some(_), None) => false,
            };
            if !follows {
                self.find(leaf, "its series has a gap before it");
            }
        }
        Ok(())
    }

    fn erasures(&mut self) {
        for (leaf, id) in std::mem::take(&mut self.bare) {
            if !self.erased.contains(&id) {
                self.find(leaf, "its content is gone without a statement of its erasure");
            }
        }
    }

    fn heads(&mut self) -> Result<(), StoreError> {
        let mut covered = 0;
        for head in self.read.heads()? {
            self.audit.heads += 1;
            covered = head.tree_size;
            let size = head.tree_size;
            if size > self.audit.statements {
                self.audit.findings.push(format!("head {size}: the log is shorter"));
                continue;
            }
            let root = merkle::root(&Tree(self.read), size)?;
            if root != head.root {
                self.audit.findings.push(format!("head {size}: the tree has another root"));
            }
            match TreeHead::verify(&head.bytes, root, self.operator) {
                Ok(signed) if signed.tree_size == size => {}
                _ => self.audit.findings.push(format!("head {size}: its signature does not verify")),
            }
        }
        if covered < self.audit.statements {
            self.audit.findings.push(format!("the leaves from {covered} on are under no signed head"));
        }
        Ok(())
    }

    fn documents(&mut self) -> Result<(), StoreError> {
        for fact in self.read.facts(&FactQuery::of(Class::Agreement))? {
            let Some(Content::AgreementPublished(published)) = fact.content(self.read)? else { continue };
            for text in published.texts {
                let bytes = self.read.document(text.sha256)?;
                let is_whole = bytes.is_some_and(|bytes| {
                    Digest::from_bytes(Sha256::digest(&bytes).into()) == text.sha256
                        && bytes.len() == text.length_bytes as usize
                });
                if !is_whole {
                    self.find(fact.leaf_index, "a published text is missing or another one");
                }
            }
        }
        Ok(())
    }
}
