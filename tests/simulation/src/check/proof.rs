//! Proofs: each receipt, and the history of the heads that a device believed.

use std::collections::HashMap;
use std::convert::Infallible;

use domain::id::Digest;
use journal::merkle::{self, Nodes};
use journal::{Beacon, receipt};
use store::StoreError;

use super::{entries, leaf_hashes};
use crate::server::Server;
use crate::world::World;

/// A tree that is made from its leaves alone.
struct Tree {
    nodes: HashMap<(u8, u64), Digest>,
    size: u64,
}

impl Nodes for Tree {
    type Error = Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Digest, Infallible> {
        Ok(self.nodes.get(&(level, index)).copied().unwrap_or_else(merkle::empty_root))
    }
}

impl Tree {
    fn of(leaves: &[Digest]) -> Self {
        let mut tree = Self { nodes: HashMap::new(), size: 0 };
        for leaf in leaves {
            let Ok(complete) = merkle::append(&tree, tree.size, *leaf);
            tree.nodes.extend(complete.into_iter().map(|(level, index, hash)| ((level, index), hash)));
            tree.size += 1;
        }
        tree
    }

    fn had(&self, beacon: &Beacon) -> bool {
        let Ok(root) = merkle::root(self, beacon.tree_size.min(self.size));
        beacon.tree_size <= self.size && root == beacon.root
    }
}

pub(super) fn check(world: &World, server: &Server, wrong: &mut Vec<String>) {
    receipts(world, server, wrong);
    let mut histories = vec![Tree::of(&leaf_hashes(server.instance()))];
    histories.extend(world.lost_log.as_deref().map(Tree::of));
    histories.extend(world.lost_disks.iter().map(|leaves| Tree::of(leaves)));
    for (number, beacons) in &world.beacons {
        if !histories.iter().any(|history| beacons.iter().all(|beacon| history.had(beacon))) {
            wrong.push(format!("I9: {} believed heads of two histories", world.name(*number)));
        }
        if !beacons.is_sorted_by_key(|beacon| beacon.tree_size) {
            let sizes: Vec<u64> = beacons.iter().map(|beacon| beacon.tree_size).collect();
            wrong.push(format!("I9: {} went back to an older head: {sizes:?}", world.name(*number)));
        }
    }
}

/// Each receipt proves its statement, which is in the log where it says.
fn receipts(world: &World, server: &Server, wrong: &mut Vec<String>) {
    let log: HashMap<_, _> = entries(server.instance()).into_iter().map(|entry| (entry.id, entry)).collect();
    for said in world.said.iter().filter(|said| !said.went_with_the_file) {
        let device = &world.devices[said.device];
        let (Some(entry), None) = (log.get(&said.id), &world.lost_log) else { continue };
        let proven = match device.store().read::<_, StoreError>(|reader| reader.receipt(said.id)) {
            Ok(Some(bytes)) => receipt::verify_receipt(&bytes, &entry.statement, &device.operator)
                .is_ok_and(|receipt| receipt.leaf_index == entry.leaf_index),
            _ => false,
        };
        if !proven {
            wrong.push(format!("I9: {} has no receipt for leaf {}", device.name, entry.leaf_index));
        }
    }
}
