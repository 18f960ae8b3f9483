//! A lost end of the log, put together again: what a forger may write into it takes no places and no time.

use domain::content::VisitFinished;
use journal::{Sealed, SeriesHead};
use operator_core::collect::{Candidate, CollectError, replay};
use operator_core::store::Store as _;

use crate::world::World;

/// Numbers that may be missing before a leaf (docs/PROTOCOL.md, "Recovery").
const MOST: u64 = 100_000;

fn put(world: &World, sealed: &Sealed) -> Result<(), CollectError> {
    let candidate = Candidate {
        statement: sealed.bytes.clone(),
        content: Some(sealed.content.clone()),
        erased_visit: None,
        registered_at_ms: 1_795_000_000_000,
    };
    let operator = world.operator();
    operator.transact(&world.store, |txn| replay(txn, world.key.verifying_key(), &candidate))
}

#[test]
fn a_number_far_ahead_takes_no_places_and_a_few_are_kept() {
    let world = World::new();
    let device = world.device(world.specialist);
    let next_seq = device.series.next_seq;
    let size = || world.store.read().unwrap().log_size().unwrap();
    let before = size();
    let at = |seq| {
        let head = SeriesHead { next_seq: seq, prev: device.series.prev };
        put(&world, &device.seal_at(head, device.visit_id(), VisitFinished { finished_at_ms: 1 }))
    };
    for seq in [next_seq + MOST + 1, 1 << 40, i64::MAX as u64, u64::MAX] {
        let refused = at(seq).unwrap_err();
        assert!(
            matches!(refused, CollectError::Misfit { leaf_index, .. } if leaf_index == before),
            "{refused}"
        );
        assert_eq!(size(), before);
        assert!(world.store.read().unwrap().refusals().unwrap().is_empty());
    }
    at(next_seq + 3).unwrap();
    assert_eq!(world.store.read().unwrap().refusals().unwrap().len(), 3, "what was refused then");
    assert_eq!(world.audit(world.key.verifying_key()).findings, []);
}
