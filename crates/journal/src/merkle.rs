//! The Merkle tree of RFC 9162 section 2.1: roots, inclusion, consistency, and proofs for a range of leaves.
//!
//! # Invariants
//! Leaves are hashed with prefix 0, nodes with prefix 1, so a node never passes for a leaf. A tree of size `n > 1`
//! splits at the largest power of two below `n`. Everything here works on hashes that the caller looks up by position
//! in *complete* subtrees, so a store keeps each complete node once and never rewrites one.

use domain::id::Digest;
use std::ops::Range;

use sha2::{Digest as _, Sha256};

/// The hash of one leaf: `SHA-256(0x00 || entry)`; the entry is the whole signed statement.
pub fn leaf_hash(entry: &[u8]) -> Digest {
    Digest::from_bytes(Sha256::new().chain_update([0]).chain_update(entry).finalize().into())
}

/// The hash of an inner node: `SHA-256(0x01 || left || right)`.
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let hash = Sha256::new().chain_update([1]).chain_update(left.as_bytes()).chain_update(right.as_bytes());
    Digest::from_bytes(hash.finalize().into())
}

/// The root of the empty tree: `SHA-256()`.
pub fn empty_root() -> Digest {
    Digest::from_bytes(Sha256::digest([]).into())
}

/// Why a proof is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Positions outside the tree, or an empty range.
    #[error("positions outside the tree")]
    OutOfRange,
    /// Too few or too many hashes.
    #[error("the proof has the wrong length")]
    WrongLength,
    /// The hashes do not lead to the root.
    #[error("the proof does not lead to this root")]
    Mismatch,
}

/// The largest power of two below `n`, for `n > 1`.
fn split(n: u64) -> u64 {
    1 << (63 - (n - 1).leading_zeros())
}

/// Complete nodes of a growing log. `level` 0 holds leaf hashes; node `index` of `level` covers the leaves
/// `index << level .. (index + 1) << level`.
pub trait Nodes {
    /// Why a node could not be read.
    type Error;

    /// A complete node.
    ///
    /// # Errors
    /// Those of the store.
    fn node(&self, level: u8, index: u64) -> Result<Digest, Self::Error>;
}

/// The nodes that become complete when a leaf is appended at `leaf_index`: `(level, index, hash)`, leaf first.
///
/// # Errors
/// Those of the store.
pub fn append<N: Nodes>(
    nodes: &N,
    leaf_index: u64,
    leaf: Digest,
) -> Result<Vec<(u8, u64, Digest)>, N::Error> {
    let mut complete = vec![(0, leaf_index, leaf)];
    let (mut level, mut index, mut hash) = (0_u8, leaf_index, leaf);
    while index & 1 == 1 {
        hash = node_hash(&nodes.node(level, index - 1)?, &hash);
        level += 1;
        index >>= 1;
        complete.push((level, index, hash));
    }
    Ok(complete)
}

/// The hash of the subtree over `begin..end` in a log. `begin` must be a multiple of the subtree's width.
fn subtree<N: Nodes>(nodes: &N, begin: u64, end: u64) -> Result<Digest, N::Error> {
    let width = end - begin;
    if width.is_power_of_two() {
        let level = width.trailing_zeros() as u8;
        return nodes.node(level, begin >> level);
    }
    let middle = begin + split(width);
    Ok(node_hash(&subtree(nodes, begin, middle)?, &subtree(nodes, middle, end)?))
}

/// The root of the first `size` leaves.
///
/// # Errors
/// Those of the store.
pub fn root<N: Nodes>(nodes: &N, size: u64) -> Result<Digest, N::Error> {
    if size == 0 { Ok(empty_root()) } else { subtree(nodes, 0, size) }
}

/// The hashes that, together with the leaves `first..first + count`, give the root of the first `size` leaves:
/// the maximal subtrees outside the range, from left to right.
///
/// # Errors
/// Those of the store.
pub fn range_proof<N: Nodes>(nodes: &N, first: u64, count: u64, size: u64) -> Result<Vec<Digest>, N::Error> {
    fn walk<N: Nodes>(
        nodes: &N,
        (begin, end): (u64, u64),
        (first, last): (u64, u64),
        proof: &mut Vec<Digest>,
    ) -> Result<(), N::Error> {
        if last <= begin || end <= first {
            proof.push(subtree(nodes, begin, end)?);
        } else if end - begin > 1 && !(first <= begin && end <= last) {
            let middle = begin + split(end - begin);
            walk(nodes, (begin, middle), (first, last), proof)?;
            walk(nodes, (middle, end), (first, last), proof)?;
        }
        Ok(())
    }
    let mut proof = Vec::new();
    walk(nodes, (0, size), (first, first + count), &mut proof)?;
    Ok(proof)
}

/// What a range proof gives: the root, and inclusion paths of leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenRange {
    /// Root over all leaves.
    pub root: Digest,
    /// For each leaf that was asked for, the path of RFC 9162 section 2.1.3.
    pub paths: Vec<Vec<Digest>>,
}

/// Computes the root from the leaves of a range and its proof, and derives the inclusion paths of some of its leaves: none
/// for the root alone.
///
/// # Errors
/// [`ProofError::OutOfRange`], [`ProofError::WrongLength`]. The caller compares the root with a signed one.
pub fn prove_range(
    leaves: &[Digest],
    first: u64,
    size: u64,
    proof: &[Digest],
    paths_of: Range<u64>,
) -> Result<ProvenRange, ProofError> {
    let last = first.checked_add(leaves.len() as u64).ok_or(ProofError::OutOfRange)?;
    let are_within = paths_of.is_empty() || (first <= paths_of.start && paths_of.end <= last);
    if leaves.is_empty() || last > size || !are_within {
        return Err(ProofError::OutOfRange);
    }
    struct Walk<'a> {
        leaves: &'a [Digest],
        first: u64,
        last: u64,
        proof: std::slice::Iter<'a, Digest>,
        paths_of: Range<u64>,
        paths: Vec<Vec<Digest>>,
    }
    impl Walk<'_> {
        fn hash(&mut self, begin: u64, end: u64) -> Result<Digest, ProofError> {
            if self.last <= begin || end <= self.first {
                return self.proof.next().copied().ok_or(ProofError::WrongLength);
            }
            if end - begin == 1 {
                return Ok(self.leaves[(begin - self.first) as usize]);
            }
            let middle = begin + split(end - begin);
            let left = self.hash(begin, middle)?;
            let right = self.hash(middle, end)?;
            // Children come before their parents, so each path grows from the leaf upwards.
            for leaf in begin.max(self.paths_of.start)..end.min(self.paths_of.end) {
                let path = &mut self.paths[(leaf - self.paths_of.start) as usize];
                path.push(if leaf < middle { right } else { left });
            }
            Ok(node_hash(&left, &right))
        }
    }
    let paths = vec![Vec::new(); paths_of.clone().count()];
    let mut walk = Walk { leaves, first, last, proof: proof.iter(), paths_of, paths };
    let root = walk.hash(0, size)?;
    if walk.proof.next().is_some() {
        return Err(ProofError::WrongLength);
    }
    Ok(ProvenRange { root, paths: walk.paths })
}

/// The inclusion path of one leaf (RFC 9162 section 2.1.3.1).
///
/// # Errors
/// Those of the store.
pub fn inclusion_path<N: Nodes>(nodes: &N, leaf_index: u64, size: u64) -> Result<Vec<Digest>, N::Error> {
    let (mut begin, mut end) = (0, size);
    let mut path = Vec::new();
    while end - begin > 1 {
        let middle = begin + split(end - begin);
        if leaf_index < middle {
            path.push(subtree(nodes, middle, end)?);
            end = middle;
        } else {
            path.push(subtree(nodes, begin, middle)?);
            begin = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The root that a leaf and its path lead to (RFC 9162 section 2.1.3.2).
///
/// # Errors
/// [`ProofError::OutOfRange`], [`ProofError::WrongLength`].
pub fn root_from_path(
    leaf: Digest,
    leaf_index: u64,
    size: u64,
    path: &[Digest],
) -> Result<Digest, ProofError> {
    if leaf_index >= size {
        return Err(ProofError::OutOfRange);
    }
    let (mut index, mut last, mut hash) = (leaf_index, size - 1, leaf);
    for sibling in path {
        if last == 0 {
            return Err(ProofError::WrongLength);
        }
        if index & 1 == 1 || index == last {
            hash = node_hash(sibling, &hash);
            while index & 1 == 0 && index != 0 {
                index >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        index >>= 1;
        last >>= 1;
    }
    if last == 0 { Ok(hash) } else { Err(ProofError::WrongLength) }
}

/// The consistency proof between two sizes (RFC 9162 section 2.1.4.1).
///
/// # Errors
/// Those of the store.
pub fn consistency_proof<N: Nodes>(nodes: &N, old: u64, new: u64) -> Result<Vec<Digest>, N::Error> {
    fn walk<N: Nodes>(
        nodes: &N,
        old: u64,
        (begin, end): (u64, u64),
        whole: bool,
        proof: &mut Vec<Digest>,
    ) -> Result<(), N::Error> {
        if old == end - begin {
            if !whole {
                proof.push(subtree(nodes, begin, end)?);
            }
            return Ok(());
        }
        let middle = begin + split(end - begin);
        if old <= middle - begin {
            walk(nodes, old, (begin, middle), whole, proof)?;
            proof.push(subtree(nodes, middle, end)?);
        } else {
            walk(nodes, old - (middle - begin), (middle, end), false, proof)?;
            proof.push(subtree(nodes, begin, middle)?);
        }
        Ok(())
    }
    let mut proof = Vec::new();
    if old > 0 && old < new {
        walk(nodes, old, (0, new), true, &mut proof)?;
    }
    Ok(proof)
}

/// Checks that a tree of `new` leaves only added to a tree of `old` leaves (RFC 9162 section 2.1.4.2).
///
/// # Errors
/// Every variant of [`ProofError`].
pub fn check_consistency(
    (old, old_root): (u64, Digest),
    (new, new_root): (u64, Digest),
    proof: &[Digest],
) -> Result<(), ProofError> {
    if old > new {
        return Err(ProofError::OutOfRange);
    }
    if old == new || old == 0 {
        if !proof.is_empty() {
            return Err(ProofError::WrongLength);
        }
        let same = if old == new { old_root == new_root } else { old_root == empty_root() };
        return if same { Ok(()) } else { Err(ProofError::Mismatch) };
    }
    let mut hashes = proof.iter().copied();
    let mut next = || hashes.next().ok_or(ProofError::WrongLength);
    let (mut index, mut last) = (old - 1, new - 1);
    while index & 1 == 1 {
        index >>= 1;
        last >>= 1;
    }
    let seed = if index == 0 && old.is_power_of_two() { old_root } else { next()? };
    let (mut from_old, mut from_new) = (seed, seed);
    while last > 0 {
        if index & 1 == 1 || index == last {
            let left = next()?;
            from_old = node_hash(&left, &from_old);
            from_new = node_hash(&left, &from_new);
            while index & 1 == 0 && index != 0 {
                index >>= 1;
                last >>= 1;
            }
        } else {
            from_new = node_hash(&from_new, &next()?);
        }
        index >>= 1;
        last >>= 1;
    }
    if hashes.next().is_some() {
        return Err(ProofError::WrongLength);
    }
    if from_old == old_root && from_new == new_root { Ok(()) } else { Err(ProofError::Mismatch) }
}

#[cfg(test)]
mod tests;
