//! What must hold once everything has healed: the invariants of docs/ARCHITECTURE.md, as far as they show from outside.
//!
//! | Module | Invariants |
//! |---|---|
//! | `log` | I1, I2, I3, I5 at the operator, I6 |
//! | `held` | I5 and I8 on the devices |
//! | `hands` | what went through other hands: I1 for parcels, I3 for answers of a guest |
//! | `proof` | I9: receipts, and heads that were ever believed |
//!
//! I4 and I7 do not show here: the clock stands still, and there is no location service. docs/ARCHITECTURE.md says where they are tested.

mod hands;
mod held;
mod log;
mod proof;

use std::sync::Arc;

use domain::id::Digest;
use journal::merkle;
use operator::Instance;
use operator_core::store::Entry;

use crate::server::Server;
use crate::world::World;

pub(crate) use held::look_behind;

/// Everything that is registered.
pub(crate) fn entries(instance: &Instance) -> Vec<Entry> {
    let read = instance.read().expect("the operator can be read");
    read.entries(0, u32::MAX).expect("the log can be read")
}

/// Statements whose place in their series was taken.
pub(crate) fn branches(server: &Server) -> usize {
    entries(server.instance()).iter().filter(|entry| entry.branch).count()
}

/// The leaves of the log.
pub fn leaf_hashes(instance: &Arc<Instance>) -> Vec<Digest> {
    entries(instance).iter().map(|entry| merkle::leaf_hash(&entry.statement)).collect()
}

impl World {
    /// What does not hold.
    pub async fn check(&mut self) -> Vec<String> {
        let mut wrong = std::mem::take(&mut self.wrong);
        wrong.append(&mut self.network.lock().wrong);
        let server = Arc::clone(&self.server);
        let mut server = server.lock().await;
        log::check(self, &mut server, &mut wrong);
        held::check(self, &server, &mut wrong);
        proof::check(self, &server, &mut wrong);
        if self.plan.other_hands {
            hands::check(self, &server, &mut wrong);
        }
        wrong
    }
}
