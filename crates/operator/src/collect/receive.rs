//! Looking at what a device gives, and keeping it apart.

use std::collections::BTreeSet;

use domain::Kind;
use domain::id::{Digest, KeyId, StatementId};
use journal::merkle;
use journal::receipt::TreeHead;
use journal::statement::MAX_STATEMENT_BYTES;
use journal::{Statement, codec};
use operator_core::collect::binds;
use operator_core::head;
use operator_core::store::StoreRead;
use operator_store::collected::{Given, ShownHead};
use wire::collect::{CollectRequest, Leaf, RangeProof, Stretch};
use wire::push::PushItem;

use super::{AssembleError, Collecting};

/// Why what a device gave is not kept.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// A head or a receipt that this operator never signed.
    #[error("the receipt does not hold: this operator did not sign it")]
    Unproven,
    /// An officer left this device out: of what it gives only that counts which a receipt proves.
    #[error("what this device says of others without a receipt is not taken: call the operator")]
    Disbelieved,
    /// Files.
    #[error(transparent)]
    Assemble(#[from] AssembleError),
}

impl Collecting<'_> {
    /// Keeps what a device gives, and says what is wanted to one that only asks.
    ///
    /// # Errors
    /// [`ReceiveError`].
    pub fn receive(&self, giver: KeyId, request: &CollectRequest) -> Result<Vec<Stretch>, ReceiveError> {
        let read = self.instance.read().map_err(AssembleError::from)?;
        let read = read.as_ref();
        if let Some(known) = &request.known {
            let key = self.instance.key.verifying_key();
            let head = TreeHead::verify(&known.head, known.root, key).map_err(|_| ReceiveError::Unproven)?;
            self.keep_head(giver, read, head)?;
        }
        if let Some(proof) = &request.proof {
            self.keep_head(giver, read, self.prove(&request.leaves, proof)?)?;
        }
        let proven = request.proof.is_some();
        let target = self.reach(read)?;
        let log_size = read.log_size().map_err(AssembleError::from)?;
        if request.leaves.is_empty() {
            return Ok(self.wanted(request.from.clamp(log_size, target.tree_size))?);
        }
        if !proven && self.file.is_disbelieved(giver).map_err(AssembleError::from)? {
            return Err(ReceiveError::Disbelieved);
        }
        let erased = self.erased(read)?;
        let mut kept = Vec::with_capacity(request.leaves.len());
        for leaf in &request.leaves {
            let is_lost = log_size <= leaf.leaf_index && leaf.leaf_index < target.tree_size;
            if is_lost && let Some(given) = self.look_at(read, leaf, proven)? {
                let is_erased = Statement::decode(&leaf.statement).is_ok_and(|s| erased.contains(&s.id()));
                kept.push(Given { content: given.content.filter(|_| !is_erased), ..given });
            }
        }
        if let Some(bound) = self.binding_before(giver, request).filter(|_| proven)
            && (log_size..target.tree_size).contains(&bound.leaf_index)
        {
            kept.push(bound);
        }
        self.file.put(giver, &kept).map_err(AssembleError::from)?;
        Ok(Vec::new())
    }

    /// The binding of a device whose enrolment is among the leaves: it stands right before that, because both were
    /// registered at once. A device that lost its operator before its first pull has it without a place, and nobody else
    /// has it at all.
    fn binding_before(&self, giver: KeyId, request: &CollectRequest) -> Option<Given> {
        let is_enrolment = |leaf: &&Leaf| {
            Statement::decode(&leaf.statement).is_ok_and(|statement| {
                let header = statement.header();
                header.kind == Kind::DeviceEnrolled && header.key == giver && header.seq == 0
            })
        };
        let enrolled = request.leaves.iter().find(is_enrolment)?;
        let binding = request.binding.as_ref()?;
        let key = binds(self.instance.key.verifying_key(), &binding.statement, &binding.content)?;
        Some(Given {
            leaf_index: enrolled.leaf_index.checked_sub(1).filter(|_| key.id() == giver)?,
            hash: merkle::leaf_hash(&binding.statement),
            statement: binding.statement.clone(),
            content: Some(binding.content.clone()),
            proven: false,
        })
    }

    /// Takes contents out of what a device pushes while the log waits: of a statement that was registered and whose
    /// answer was lost, others may hold the envelope only, and its author has no receipt to hand it back with.
    ///
    /// # Errors
    /// Those of the files.
    pub fn fill(&self, pushed: &[PushItem]) -> Result<(), AssembleError> {
        let erased = self.erased(self.instance.read()?.as_ref())?;
        let mut contents = Vec::with_capacity(pushed.len());
        for item in pushed {
            let fits =
                item.statement.len() <= MAX_STATEMENT_BYTES && item.content.len() <= codec::MAX_CONTENT_BYTES;
            let Some(statement) = fits.then(|| Statement::decode(&item.statement).ok()).flatten() else {
                continue;
            };
            if codec::hash(&item.content) == statement.payload() && !erased.contains(&statement.id()) {
                contents.push((merkle::leaf_hash(&item.statement), item.content.as_slice()));
            }
        }
        Ok(self.file.fill(&contents)?)
    }

    fn erased(&self, read: &dyn StoreRead) -> Result<BTreeSet<StatementId>, AssembleError> {
        Ok(self.instance.folder.erasures().statements(read, self.instance.now_ms())?)
    }

    /// A head that the log reaches says nothing new, unless it contradicts the log.
    fn keep_head(&self, giver: KeyId, read: &dyn StoreRead, head: TreeHead) -> Result<(), AssembleError> {
        let is_within = head.tree_size <= read.log_size()?;
        if is_within && merkle::root(&head::tree(read), head.tree_size)? == head.root {
            return Ok(());
        }
        let shown = ShownHead { tree_size: head.tree_size, root: head.root, bytes: head.bytes };
        Ok(self.file.put_head(giver, &shown, is_within)?)
    }

    /// The head under which the receipt proves the leaves.
    fn prove(&self, leaves: &[Leaf], proof: &RangeProof) -> Result<TreeHead, ReceiveError> {
        let first = leaves.first().ok_or(ReceiveError::Unproven)?.leaf_index;
        let follow =
            |(offset, leaf): (usize, &Leaf)| leaf.leaf_index.checked_sub(first) == Some(offset as u64);
        if !leaves.iter().enumerate().all(follow) {
            return Err(ReceiveError::Unproven);
        }
        let hashes: Vec<Digest> = leaves.iter().map(|leaf| merkle::leaf_hash(&leaf.statement)).collect();
        let range = merkle::prove_range(&hashes, first, proof.tree_size, &proof.hashes, 0..0)
            .map_err(|_| ReceiveError::Unproven)?;
        let head = TreeHead::verify(&proof.head, range.root, self.instance.key.verifying_key());
        head.ok().filter(|head| head.tree_size == proof.tree_size).ok_or(ReceiveError::Unproven)
    }

    /// A leaf as it is kept; `None` for bytes that cannot stand in this log. The key of a statement may itself be bound
    /// by what is still lost, so its signature is checked again when all is put together.
    fn look_at(
        &self,
        read: &dyn StoreRead,
        leaf: &Leaf,
        proven: bool,
    ) -> Result<Option<Given>, AssembleError> {
        let Ok(statement) = Statement::decode(&leaf.statement) else { return Ok(None) };
        let signer = statement.header().key;
        let key = match signer == self.instance.key.id() {
            true => Some(self.instance.key.verifying_key().clone()),
            false => read.bound_key(signer)?.map(|bound| bound.key),
        };
        let is_foul = key.is_some_and(|key| statement.clone().verify(&key).is_err());
        if leaf.statement.len() > MAX_STATEMENT_BYTES || is_foul {
            return Ok(None);
        }
        let fits = |content: &Vec<u8>| {
            content.len() <= codec::MAX_CONTENT_BYTES && codec::hash(content) == statement.payload()
        };
        Ok(Some(Given {
            leaf_index: leaf.leaf_index,
            hash: merkle::leaf_hash(&leaf.statement),
            statement: leaf.statement.clone(),
            content: leaf.content.as_ref().map(|content| content.0.clone()).filter(fits),
            proven,
        }))
    }
}
