//! The log: roots, proofs, signed heads and receipts.

use std::collections::HashMap;
use std::convert::Infallible;

use domain::id::Digest;
use journal::merkle::{self, Nodes};
use journal::receipt::{TreeHead, verify_receipt};

use crate::file::{self, LogVectors, Statements, read};
use crate::signer;

/// Complete nodes in memory.
#[derive(Default)]
pub(crate) struct Tree(HashMap<(u8, u64), Digest>);

impl Nodes for Tree {
    type Error = Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Digest, Infallible> {
        Ok(self.0[&(level, index)])
    }
}

impl Tree {
    pub(crate) fn grow(entries: &[Vec<u8>]) -> Self {
        let mut tree = Self::default();
        for (index, entry) in entries.iter().enumerate() {
            let Ok(complete) = merkle::append(&tree, index as u64, merkle::leaf_hash(entry));
            tree.0.extend(complete.into_iter().map(|(level, index, hash)| ((level, index), hash)));
        }
        tree
    }

    pub(crate) fn root(&self, size: u64) -> Digest {
        let Ok(root) = merkle::root(self, size);
        root
    }
}

fn vectors() -> (LogVectors, Vec<Vec<u8>>, Tree) {
    let stated: Statements = read("statements.json");
    let entries: Vec<Vec<u8>> = stated.sealed.into_iter().map(|vector| vector.statement.0).collect();
    let tree = Tree::grow(&entries);
    (read("log.json"), entries, tree)
}

#[test]
fn leaves_and_roots_are_the_same_at_every_size() {
    let (log, entries, tree) = vectors();
    assert_eq!(entries.iter().map(|entry| merkle::leaf_hash(entry)).collect::<Vec<_>>(), log.leaf_hashes);
    let roots: Vec<Digest> = (0..=entries.len() as u64).map(|size| tree.root(size)).collect();
    assert_eq!(roots, log.roots);
}

#[test]
fn inclusion_paths_are_the_same_and_lead_to_the_root() {
    let (log, _, tree) = vectors();
    assert!(!log.inclusion.is_empty());
    for file::Inclusion { leaf_index, tree_size, path } in log.inclusion {
        let Ok(ours) = merkle::inclusion_path(&tree, leaf_index, tree_size);
        assert_eq!(ours, path, "{leaf_index} in {tree_size}");
        let leaf = log.leaf_hashes[leaf_index as usize];
        let root = merkle::root_from_path(leaf, leaf_index, tree_size, &path).unwrap();
        assert_eq!(root, log.roots[tree_size as usize], "{leaf_index} in {tree_size}");
    }
}

#[test]
fn range_proofs_are_the_same_and_give_each_path() {
    let (log, _, tree) = vectors();
    assert!(!log.ranges.is_empty());
    for file::Range { first, count, tree_size, proof } in log.ranges {
        let Ok(ours) = merkle::range_proof(&tree, first, count, tree_size);
        assert_eq!(ours, proof, "{count} from {first} in {tree_size}");
        let leaves = &log.leaf_hashes[first as usize..(first + count) as usize];
        let proven = merkle::prove_range(leaves, first, tree_size, &proof, first..first + count).unwrap();
        assert_eq!(proven.root, log.roots[tree_size as usize], "{count} from {first} in {tree_size}");
        for (leaf_index, path) in (first..).zip(proven.paths) {
            let Ok(own) = merkle::inclusion_path(&tree, leaf_index, tree_size);
            assert_eq!(path, own, "{leaf_index} in {tree_size}");
        }
    }
}

#[test]
fn consistency_proofs_are_the_same_and_hold() {
    let (log, _, tree) = vectors();
    assert!(!log.consistency.is_empty());
    for file::Consistency { old, new, proof } in log.consistency {
        let Ok(ours) = merkle::consistency_proof(&tree, old, new);
        assert_eq!(ours, proof, "{old} to {new}");
        let at = |size: u64| (size, log.roots[size as usize]);
        merkle::check_consistency(at(old), at(new), &proof)
            .unwrap_or_else(|error| panic!("{old} to {new}: {error}"));
        for changed in 0..proof.len() {
            let mut proof = proof.clone();
            proof[changed] = merkle::empty_root();
            assert!(
                merkle::check_consistency(at(old), at(new), &proof).is_err(),
                "{old} to {new}, hash {changed}"
            );
        }
    }
}

#[test]
fn heads_and_receipts_have_the_same_bytes_and_verify() {
    let (log, entries, tree) = vectors();
    let key = signer("operator");
    let mut heads = HashMap::new();
    for file::Head { tree_size, iat, head } in log.heads {
        let root = log.roots[tree_size as usize];
        let ours = TreeHead::sign(tree_size, root, iat, &key);
        assert_eq!(ours.bytes, head.0, "head of {tree_size}");
        assert_eq!(TreeHead::verify(&head.0, root, key.verifying_key()).unwrap(), ours);
        assert!(TreeHead::verify(&head.0, merkle::leaf_hash(b""), key.verifying_key()).is_err());
        heads.insert(tree_size, ours);
    }
    assert!(!log.receipts.is_empty());
    for file::Receipt { leaf_index, tree_size, receipt } in log.receipts {
        let Ok(path) = merkle::inclusion_path(&tree, leaf_index, tree_size);
        let ours = heads[&tree_size].receipt(leaf_index, &path).unwrap();
        assert_eq!(ours, receipt.0, "{leaf_index} in {tree_size}");
        let proven = verify_receipt(&receipt.0, &entries[leaf_index as usize], key.verifying_key()).unwrap();
        assert_eq!((proven.leaf_index, &proven.head), (leaf_index, &heads[&tree_size]));
    }
}

#[test]
fn each_flawed_receipt_is_refused() {
    let (log, ..) = vectors();
    let key = signer("operator");
    assert!(!log.refused.is_empty());
    let taken: Vec<&str> = log
        .refused
        .iter()
        .filter(|vector| verify_receipt(&vector.receipt.0, &vector.statement.0, key.verifying_key()).is_ok())
        .map(|vector| vector.name.as_str())
        .collect();
    assert!(taken.is_empty(), "{taken:?}");
}
