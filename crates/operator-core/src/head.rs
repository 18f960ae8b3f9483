//! Signed tree heads, and what is proven under them.

use domain::id::KeyId;
use journal::merkle;
use journal::receipt::TreeHead;
use wire::pull::Checkpoint;
use wire::push::Registration;

use crate::Operator;
use crate::register::Tree;
use crate::store::{Entry, StoreError, StoreRead, StoreTxn, StoredHead};

/// The tree of a store, for proofs.
pub fn tree(read: &dyn StoreRead) -> impl merkle::Nodes<Error = StoreError> + '_ {
    Tree(read)
}

/// Signs the head of the log if it grew since the last one. Called once at the end of each transaction, so that every
/// committed leaf is under a signed head.
///
/// # Errors
/// Those of the store.
pub fn seal(txn: &mut dyn StoreTxn, operator: &Operator<'_>) -> Result<(), StoreError> {
    let tree_size = txn.log_size()?;
    if txn.latest_head()?.map_or(0, |head| head.tree_size) == tree_size {
        return Ok(());
    }
    let root = merkle::root(&Tree(txn.as_read()), tree_size)?;
    let signed_at_ms = operator.clock.utc_ms();
    let head = TreeHead::sign(tree_size, root, signed_at_ms.div_euclid(1_000), operator.key);
    txn.put_head(&StoredHead { tree_size, root, signed_at_ms, bytes: head.bytes })
}

/// Proves registered statements: contiguous leaves of one key under the head that was first signed over them, each head
/// in one history with the tree that the device knew. The same question gets the same answer for ever.
///
/// # Errors
/// Those of the store; [`StoreError::Damaged`] when a leaf is under no head.
pub fn prove(
    read: &dyn StoreRead,
    entries: &[Entry],
    known_tree_size: u64,
) -> Result<Vec<Registration>, StoreError> {
    let mut runs: Vec<(StoredHead, Vec<&Entry>)> = Vec::new();
    for entry in entries {
        let uncovered = StoreError::Damaged("a registered statement is under no signed head");
        if let Some((head, run)) = runs.last_mut()
            && run.last().is_some_and(|last| last.leaf_index + 1 == entry.leaf_index)
            && entry.leaf_index < head.tree_size
        {
            run.push(entry);
        } else {
            runs.push((read.head_covering(entry.leaf_index)?.ok_or(uncovered)?, vec![entry]));
        }
    }
    let mut largest_size = known_tree_size;
    let mut registrations = Vec::with_capacity(runs.len());
    for (head, run) in runs {
        let known_size = largest_size;
        largest_size = largest_size.max(head.tree_size);
        registrations.push(registration(read, head, &run, known_size)?);
    }
    Ok(registrations)
}

fn registration(
    read: &dyn StoreRead,
    head: StoredHead,
    run: &[&Entry],
    known_size: u64,
) -> Result<Registration, StoreError> {
    let first_leaf = run.first().map_or(0, |entry| entry.leaf_index);
    let count = run.len() as u64;
    let proof = merkle::range_proof(&Tree(read), first_leaf, count, head.tree_size)?;
    let (smaller, larger) = (known_size.min(head.tree_size), known_size.max(head.tree_size));
    // A size beyond the log is that of another history, which nothing here can prove.
    let consistency = match larger <= read.log_size()? {
        true => merkle::consistency_proof(&Tree(read), smaller, larger)?,
        false => Vec::new(),
    };
    let tree_size = head.tree_size;
    Ok(Registration { first_leaf, count, head: head.bytes, tree_size, proof, consistency })
}

/// The last head, proven to go on from a size that a device knew. `None` while the log is empty.
///
/// A size beyond the log gives no consistency proof: the device then knows a log that this operator never had.
///
/// # Errors
/// Those of the store.
pub fn checkpoint(read: &dyn StoreRead, known_tree_size: u64) -> Result<Option<Checkpoint>, StoreError> {
    let Some(head) = read.latest_head()? else { return Ok(None) };
    let consistency = merkle::consistency_proof(&Tree(read), known_tree_size, head.tree_size)?;
    Ok(Some(Checkpoint { head: head.bytes, root: head.root, tree_size: head.tree_size, consistency }))
}

/// Entries of a key by id, in the order of the log, each once.
///
/// # Errors
/// Those of the store.
pub fn entries_of(
    read: &dyn StoreRead,
    key: KeyId,
    leaves: impl IntoIterator<Item = u64>,
) -> Result<Vec<Entry>, StoreError> {
    let leaves: std::collections::BTreeSet<u64> = leaves.into_iter().collect();
    let mut entries = Vec::with_capacity(leaves.len());
    for leaf in leaves {
        if let Some(entry) = read.entry(leaf)?
            && entry.key == key
        {
            entries.push(entry);
        }
    }
    Ok(entries)
}
