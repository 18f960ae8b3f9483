use std::collections::BTreeMap;
use std::convert::Infallible;

use super::*;

#[derive(Default)]
struct Memory {
    nodes: BTreeMap<(u8, u64), Digest>,
    leaves: Vec<Digest>,
}

impl Nodes for Memory {
    type Error = Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Digest, Infallible> {
        Ok(self.nodes[&(level, index)])
    }
}

impl Memory {
    fn of(size: u64) -> Self {
        let mut memory = Self::default();
        for index in 0..size {
            let leaf = leaf_hash(&index.to_be_bytes());
            let Ok(complete) = append(&memory, index, leaf);
            memory.nodes.extend(complete.into_iter().map(|(level, index, hash)| ((level, index), hash)));
            memory.leaves.push(leaf);
        }
        memory
    }
}

/// MTH of RFC 9162 section 2.1.1, word for word.
fn mth(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let k = split(leaves.len() as u64) as usize;
            node_hash(&mth(&leaves[..k]), &mth(&leaves[k..]))
        }
    }
}

const SIZE: u64 = 21;

#[test]
fn roots_are_those_of_the_definition() {
    let memory = Memory::of(SIZE);
    for size in 0..=SIZE {
        let Ok(root) = root(&memory, size);
        assert_eq!(root, mth(&memory.leaves[..size as usize]), "size {size}");
    }
}

#[test]
fn the_empty_root_is_the_hash_of_nothing() {
    assert_eq!(empty_root().to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

#[test]
fn every_leaf_of_every_tree_is_proven_and_no_other_position_is() {
    let memory = Memory::of(SIZE);
    for size in 1..=SIZE {
        let Ok(expected) = root(&memory, size);
        for leaf in 0..size {
            let Ok(path) = inclusion_path(&memory, leaf, size);
            let hash = memory.leaves[leaf as usize];
            assert_eq!(root_from_path(hash, leaf, size, &path), Ok(expected), "{leaf} of {size}");
            for other in (0..size).filter(|&other| other != leaf) {
                assert_ne!(
                    root_from_path(hash, other, size, &path),
                    Ok(expected),
                    "{leaf} as {other} of {size}"
                );
            }
        }
    }
}

#[test]
fn a_range_proof_gives_the_root_and_each_path() {
    let memory = Memory::of(SIZE);
    for size in 1..=SIZE {
        let Ok(expected) = root(&memory, size);
        for first in 0..size {
            for count in 1..=size - first {
                let Ok(proof) = range_proof(&memory, first, count, size);
                let leaves = &memory.leaves[first as usize..(first + count) as usize];
                let proven = prove_range(leaves, first, size, &proof, first..first + count).unwrap();
                assert_eq!(proven.root, expected, "{first}+{count} of {size}");
                for (offset, path) in proven.paths.iter().enumerate() {
                    let Ok(expected) = inclusion_path(&memory, first + offset as u64, size);
                    assert_eq!(*path, expected);
                }
                let last = first + count - 1;
                let one = prove_range(leaves, first, size, &proof, last..last + 1).unwrap();
                assert_eq!((one.root, &one.paths[..]), (expected, &proven.paths[count as usize - 1..]));
                let beyond = prove_range(leaves, first, size, &proof, last..last + 2);
                assert_eq!(beyond, Err(ProofError::OutOfRange));
                let mut longer = proof.clone();
                longer.push(expected);
                assert_eq!(prove_range(leaves, first, size, &longer, 0..0), Err(ProofError::WrongLength));
            }
        }
    }
}

#[test]
fn a_changed_leaf_or_hash_gives_another_root() {
    let memory = Memory::of(SIZE);
    let Ok(expected) = root(&memory, SIZE);
    let Ok(proof) = range_proof(&memory, 5, 3, SIZE);
    let mut leaves = memory.leaves[5..8].to_vec();
    leaves.swap(0, 1);
    assert_ne!(prove_range(&leaves, 5, SIZE, &proof, 0..0).unwrap().root, expected);
    for at in 0..proof.len() {
        let mut changed = proof.clone();
        changed[at] = leaf_hash(b"another");
        assert_ne!(prove_range(&memory.leaves[5..8], 5, SIZE, &changed, 0..0).unwrap().root, expected);
    }
}

#[test]
fn consistency_holds_for_every_pair_and_breaks_when_history_changes() {
    let memory = Memory::of(SIZE);
    let mut other = Memory::of(SIZE);
    other = {
        let mut leaves = other.leaves;
        leaves[2] = leaf_hash(b"rewritten");
        let mut memory = Memory::default();
        for (index, &leaf) in leaves.iter().enumerate() {
            let Ok(complete) = append(&memory, index as u64, leaf);
            memory.nodes.extend(complete.into_iter().map(|(level, index, hash)| ((level, index), hash)));
        }
        memory
    };
    for new in 1..=SIZE {
        for old in 0..=new {
            let Ok(proof) = consistency_proof(&memory, old, new);
            let (Ok(old_root), Ok(new_root)) = (root(&memory, old), root(&memory, new));
            assert_eq!(check_consistency((old, old_root), (new, new_root), &proof), Ok(()), "{old} to {new}");
            if old >= 3 && old < new {
                let Ok(proof) = consistency_proof(&other, old, new);
                let Ok(new_root) = root(&other, new);
                assert!(
                    check_consistency((old, old_root), (new, new_root), &proof).is_err(),
                    "{old} to {new}"
                );
            }
        }
    }
}
