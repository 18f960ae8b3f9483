//! Looking at what a device gives, and keeping it apart.

use domain::id::{Digest, KeyId};
use journal::merkle;
use journal::receipt::TreeHead;
use journal::statement::MAX_STATEMENT_BYTES;
use journal::{Statement, codec};
use operator_core::store::StoreRead;
use operator_store::collected::{Given, ShownHead};
use wire::collect::{CollectRequest, Leaf, RangeProof, Stretch};

use super::{AssembleError, Collecting};

/// Why what a device gave is not kept.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// A head or a receipt that this operator never signed.
    #[error("the receipt does not hold: this operator did not sign it")]
    Unproven,
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
        let key = self.instance.key.verifying_key();
        if let Some(known) = &request.known {
            let head = TreeHead::verify(&known.head, known.root, key).map_err(|_| ReceiveError::Unproven)?;
            self.keep_head(head)?;
        }
        let proven = match &request.proof {
            Some(proof) => {
                self.keep_head(self.prove(&request.leaves, proof)?)?;
                true
            }
            None => false,
        };
        let read = self.instance.read().map_err(AssembleError::from)?;
        let target = self.target(read.as_ref(), &self.heads()?)?;
        let log_size = read.log_size().map_err(AssembleError::from)?;
        if request.leaves.is_empty() {
            return Ok(self.wanted(request.from.max(log_size), target.tree_size)?);
        }
        let erased = self.instance.folder.erasures().statements().map_err(AssembleError::from)?;
        let mut kept = Vec::with_capacity(request.leaves.len());
        for leaf in &request.leaves {
            let is_lost = log_size <= leaf.leaf_index && leaf.leaf_index < target.tree_size;
            if is_lost && let Some(given) = self.look_at(read.as_ref(), leaf, proven)? {
                let is_erased = Statement::decode(&leaf.statement).is_ok_and(|s| erased.contains(&s.id()));
                kept.push(Given { content: given.content.filter(|_| !is_erased), ..given });
            }
        }
        self.file.put(giver, &kept).map_err(AssembleError::from)?;
        Ok(Vec::new())
    }

    fn keep_head(&self, head: TreeHead) -> Result<(), ReceiveError> {
        let shown = ShownHead { tree_size: head.tree_size, root: head.root, bytes: head.bytes };
        Ok(self.file.put_head(&shown).map_err(AssembleError::from)?)
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
        let range = merkle::prove_range(&hashes, first, proof.tree_size, &proof.hashes)
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
