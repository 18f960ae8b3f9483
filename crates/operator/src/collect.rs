//! After a restore: taking back what devices hold of the lost end of the log, and putting it together
//! (docs/PROTOCOL.md, "Collecting"). Nobody's word is believed: the whole must give a root that this key signed.

mod give_up;
mod receive;

use std::collections::BTreeMap;

use domain::id::{Digest, KeyId};
use journal::Statement;
use journal::merkle;
use journal::receipt::TreeHead;
use operator_core::collect::{Candidate, CollectError, conclude, replay};
use operator_core::store::{Store as _, StoreError, StoreRead};
use operator_core::{erase, head};
use operator_store::Collected;
use operator_store::collected::Given;
use serde::Serialize;
use wire::collect::{MAX_STRETCHES, Stretch};

use crate::Instance;
use crate::erasures::ErasuresError;
use crate::mark::{MarkError, Signed};

pub use give_up::{GiveUpError, LostEnd};
pub use receive::ReceiveError;

/// Why the log cannot be put together yet.
#[derive(Debug, thiserror::Error)]
pub enum AssembleError {
    /// This key signed two logs.
    #[error(
        "a head of {0} statements is signed by this key and contradicts another one or the log: the log was forked \
         before, and nothing can go on under this key"
    )]
    Forked(u64),
    /// Some leaves are on no device that asked.
    #[error("{} statements are still missing: {}", .0.iter().map(|s| s.to - s.from).sum::<u64>(), places(.0))]
    Missing(Vec<Stretch>),
    /// Some contents are, and no erasure explains it.
    #[error(
        "{count} statements are there without what they say, and were not erased (the first is leaf {first}): wait for \
         devices that hold it, or go on without with --without-contents"
    )]
    Bare {
        /// How many.
        count: u64,
        /// The first of them.
        first: u64,
    },
    /// What was given does not fit together.
    #[error("{why}{}", contradiction(.givers))]
    Collect {
        /// Why.
        #[source]
        why: CollectError,
        /// Who told leaves otherwise than others.
        givers: Vec<(u64, KeyId)>,
    },
    /// The mark.
    #[error(transparent)]
    Mark(#[from] MarkError),
    /// The list of erasures.
    #[error(transparent)]
    Erasures(#[from] ErasuresError),
    /// The stores.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn places(stretches: &[Stretch]) -> String {
    let place = |stretch: &Stretch| match stretch.to - stretch.from {
        1 => format!("leaf {}", stretch.from),
        _ => format!("leaves {} to {}", stretch.from, stretch.to - 1),
    };
    stretches.iter().map(place).collect::<Vec<_>>().join(", ")
}

fn contradiction(givers: &[(u64, KeyId)]) -> String {
    let device = |(leaf_index, key): &(u64, KeyId)| format!("\nleaf {leaf_index} is told otherwise by {key}");
    givers.iter().map(device).collect()
}

/// How far the collecting is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Statements that heads were ever signed over, as far as the mark and the devices show.
    pub signed_size: u64,
    /// Statements that no device gave yet.
    pub missing_count: u64,
    /// Where they stood.
    pub missing: Vec<(u64, u64)>,
}

/// What was put together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Assembled {
    /// Statements that came back.
    pub statements: u64,
    /// Of these without what they say, though nothing erased it.
    pub without_content: u64,
    /// Statements in the log.
    pub tree_size: u64,
    /// Its root.
    pub root: Digest,
}

/// The collecting of one operator.
pub struct Collecting<'a> {
    instance: &'a Instance,
    file: Collected,
}

impl<'a> Collecting<'a> {
    /// Opens what was collected so far.
    ///
    /// # Errors
    /// Those of the file.
    pub fn open(instance: &'a Instance) -> Result<Self, StoreError> {
        Ok(Self { instance, file: Collected::open(&instance.folder.collected())? })
    }

    /// Heads that hold, by size: what devices showed. Two of one size that differ end everything.
    fn heads(&self) -> Result<Vec<TreeHead>, AssembleError> {
        let key = self.instance.key.verifying_key();
        let shown = self.file.heads()?;
        let verified = shown.iter().filter_map(|head| TreeHead::verify(&head.bytes, head.root, key).ok());
        let heads: Vec<TreeHead> = verified.collect();
        match heads.windows(2).find(|two| two[0].tree_size == two[1].tree_size) {
            Some(two) => Err(AssembleError::Forked(two[0].tree_size)),
            None => Ok(heads),
        }
    }

    /// How far the log was signed, as far as anybody shows: never less than the restored log.
    fn target(&self, read: &dyn StoreRead, heads: &[TreeHead]) -> Result<Signed, AssembleError> {
        let log_size = read.log_size()?;
        let tree = head::tree(read);
        let mut target = Signed { tree_size: log_size, root: merkle::root(&tree, log_size)? };
        let shown = heads.iter().map(|head| Signed { tree_size: head.tree_size, root: head.root });
        for signed in shown.chain(self.instance.folder.mark().read()?) {
            let is_other = match signed.tree_size {
                size if size <= log_size => merkle::root(&tree, size)? != signed.root,
                size => size == target.tree_size && signed.root != target.root,
            };
            if is_other {
                return Err(AssembleError::Forked(signed.tree_size));
            }
            if signed.tree_size > target.tree_size {
                target = signed;
            }
        }
        Ok(target)
    }

    /// How far the log was signed, for a device that asks: as [`Self::target`], but of the heads that devices showed only
    /// the largest is looked at, so that a request costs the same after thousands of others.
    fn reach(&self, read: &dyn StoreRead) -> Result<Signed, AssembleError> {
        let key = self.instance.key.verifying_key();
        let shown = self.file.largest_heads()?;
        let largest = shown.iter().filter_map(|head| TreeHead::verify(&head.bytes, head.root, key).ok());
        let target = self.target(read, &largest.collect::<Vec<_>>())?;
        self.file.reach(read.log_size()?, target.tree_size)?;
        Ok(target)
    }

    fn wanted(&self, from: u64) -> Result<Vec<Stretch>, AssembleError> {
        let wanted = self.file.wanted(from, MAX_STRETCHES)?;
        Ok(wanted.into_iter().map(|(from, to)| Stretch { from, to }).collect())
    }

    fn missing(&self, log_size: u64, target: Signed) -> Result<Vec<Stretch>, AssembleError> {
        Ok(gaps(log_size, target.tree_size, self.file.held(log_size, target.tree_size)?))
    }

    /// How far it is.
    ///
    /// # Errors
    /// [`AssembleError`].
    pub fn progress(&self) -> Result<Progress, AssembleError> {
        let read = self.instance.read()?;
        let target = self.target(read.as_ref(), &self.heads()?)?;
        let missing = self.missing(read.log_size()?, target)?;
        Ok(Progress {
            signed_size: target.tree_size,
            missing_count: missing.iter().map(|stretch| stretch.to - stretch.from).sum(),
            missing: missing.iter().map(|stretch| (stretch.from, stretch.to)).collect(),
        })
    }

    /// Takes back what one device alone said, and believes nothing that it says until the log is whole.
    ///
    /// # Errors
    /// Those of the file.
    pub fn disbelieve(&self, giver: KeyId) -> Result<(), StoreError> {
        self.file.disbelieve(giver)
    }

    /// Every device that is disbelieved.
    ///
    /// # Errors
    /// Those of the file.
    pub fn disbelieved(&self) -> Result<Vec<KeyId>, StoreError> {
        self.file.disbelieved()
    }

    /// Puts every lost leaf at its old place, in one transaction that is kept only when the root is the signed one.
    ///
    /// # Errors
    /// [`AssembleError`]; then the log is as it was.
    pub fn assemble(&self, without_contents: bool) -> Result<Assembled, AssembleError> {
        let instance = self.instance;
        let operator = instance.operator();
        self.recall_erasures()?;
        let heads = self.heads()?;
        let read = instance.read()?;
        let (log_size, target) = (read.log_size()?, self.target(read.as_ref(), &heads)?);
        drop(read);
        let missing = self.missing(log_size, target)?;
        if !missing.is_empty() {
            return Err(AssembleError::Missing(missing));
        }
        let visits: BTreeMap<_, _> = (instance.folder.erasures().read()?.iter())
            .flat_map(|erasure| &erasure.visits)
            .map(|visit| (visit.registration, visit.parties()))
            .collect();
        let mut txn = instance.store.write()?;
        let mut bare = Vec::new();
        for leaf_index in log_size..target.tree_size {
            let given = self.file.best(leaf_index)?.ok_or(StoreError::Damaged("a collected leaf is gone"))?;
            if given.content.is_none() {
                bare.push(leaf_index);
            }
            let head = heads.iter().find(|head| head.tree_size > leaf_index);
            let registered_at_ms =
                head.map_or_else(|| instance.now_ms(), |head| head.signed_at_s.saturating_mul(1_000));
            let id = Statement::decode(&given.statement).ok().map(|statement| statement.id());
            let candidate = Candidate {
                statement: given.statement,
                content: given.content,
                erased_visit: id.and_then(|id| visits.get(&id).copied()),
                registered_at_ms,
            };
            replay(txn.as_mut(), instance.key.verifying_key(), &candidate).map_err(|why| self.misfit(why))?;
        }
        conclude(txn.as_mut(), (target.tree_size, target.root), &heads).map_err(|why| self.misfit(why))?;
        let mut erased = std::collections::BTreeSet::new();
        for (_, statements) in erase::holding(txn.as_read(), i64::MAX)? {
            erased.extend(statements);
        }
        let mut unexplained = Vec::new();
        for leaf_index in bare.iter().copied() {
            if txn.entry(leaf_index)?.is_some_and(|entry| !erased.contains(&entry.id)) {
                unexplained.push(leaf_index);
            }
        }
        if let Some(first) = unexplained.first().copied().filter(|_| !without_contents) {
            return Err(AssembleError::Bare { count: unexplained.len() as u64, first });
        }
        for leaf_index in &unexplained {
            txn.put_lost_content(*leaf_index)?;
        }
        // Which of the others were bare before this disk was lost, and were read so, went with that disk.
        let bare: std::collections::BTreeSet<u64> = bare.into_iter().collect();
        for leaf_index in (log_size..target.tree_size).filter(|leaf_index| !bare.contains(leaf_index)) {
            txn.put_content_back(leaf_index)?;
        }
        head::seal(txn.as_mut(), &operator)?;
        txn.commit()?;
        instance.mark_signed()?;
        Ok(Assembled {
            statements: target.tree_size - log_size,
            without_content: unexplained.len() as u64,
            tree_size: target.tree_size,
            root: target.root,
        })
    }

    /// Erasures that were kept beside the mark are leaves of this log like others.
    fn recall_erasures(&self) -> Result<(), AssembleError> {
        let read = self.instance.read()?;
        let log_size = read.log_size()?;
        for kept in self.instance.folder.erasures().read()? {
            if kept.leaf_index >= log_size {
                let hash = merkle::leaf_hash(&kept.statement);
                let given = Given {
                    leaf_index: kept.leaf_index,
                    hash,
                    statement: kept.statement,
                    content: Some(kept.content),
                    proven: false,
                };
                self.file.put(self.instance.key.id(), &[given])?;
            }
        }
        Ok(())
    }

    fn misfit(&self, why: CollectError) -> AssembleError {
        match why {
            CollectError::Store(error) => error.into(),
            CollectError::OtherHead(tree_size) => AssembleError::Forked(tree_size),
            why => AssembleError::Collect { why, givers: self.file.contradicting().unwrap_or_default() },
        }
    }
}

/// What of `from..to` is not in a list of leaves that is in order.
fn gaps(from: u64, to: u64, held: Vec<u64>) -> Vec<Stretch> {
    let mut gaps = Vec::new();
    let mut next = from;
    for leaf_index in held.into_iter().chain([to]) {
        if next < leaf_index {
            gaps.push(Stretch { from: next, to: leaf_index });
        }
        next = leaf_index + 1;
    }
    gaps
}
