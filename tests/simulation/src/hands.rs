//! What is between people: parcels as files, and the end of the log while only devices hold it.

use std::collections::BTreeSet;

use client::testing;
use domain::id::{Digest, StatementId};

use rusqlite::ToSql;

use crate::check::look_behind;
use crate::device::Number;
use crate::network::Line;
use crate::server::Server;
use crate::world::World;

/// Files of parcels, and the operator's log while devices hand it back.
#[derive(Default)]
pub struct Hands {
    /// Parcels as they were written, each with the device that sealed it.
    pub parcels: Vec<(Number, Vec<u8>)>,
    /// What the operator held before its disk was lost, until it holds that again.
    pub lost: Option<LostDisk>,
    /// Leaves that came back without what they say.
    pub without_content: BTreeSet<u64>,
}

/// An operator's log as it was.
pub struct LostDisk {
    /// Its leaves.
    pub leaves: Vec<Leaf>,
    /// How far it was signed, and what was erased, went with it.
    pub with_its_mark: bool,
}

/// One leaf of it.
pub struct Leaf {
    /// Leaf hash.
    pub hash: Digest,
    /// The statement.
    pub id: StatementId,
    /// Its content was erased.
    pub is_bare: bool,
}

impl Hands {
    /// What came back is due like any other.
    pub(crate) fn forget_what_came_back(&mut self, server: &Server) {
        let read = server.instance().read().expect("the operator can be read");
        let is_bare = |leaf: &u64| read.content(*leaf).expect("it can be read").is_none();
        self.without_content.retain(is_bare);
    }
}

impl World {
    /// Whether the operator ever called statements of this device registered that were not.
    pub(crate) fn was_lied_to(&self, number: Number) -> bool {
        self.network.lock().lied_to.contains(&self.devices[number].key)
    }

    /// I1: a leaf that is missing for ever is on no device that believes this operator.
    pub(crate) fn nobody_holds(&mut self, leaf_index: u64) {
        let sql = "SELECT (SELECT count(*) FROM receipt WHERE leaf_index = ?1)
             + (SELECT count(*) FROM foreign_statement WHERE leaf_index = ?1)";
        for number in self.holding(sql, leaf_index) {
            let name = self.name(number);
            self.wrong.push(format!("I1: leaf {leaf_index} is on {name}, and the operator waits for it"));
        }
    }

    /// I1: a content that no device gives is on no device.
    pub(crate) async fn nobody_holds_the_content(&mut self) {
        let Some(lost) = &self.hands.lost else { return };
        let without = self.server.lock().await.collected_without_content().expect("it can be read");
        let sql = "SELECT (SELECT count(content) FROM own_statement WHERE id = ?1)
             + (SELECT count(content) FROM foreign_statement WHERE id = ?1)";
        let lost = without
            .iter()
            .map(|leaf| (*leaf, &lost.leaves[*leaf as usize]))
            .filter(|(_, leaf)| !leaf.is_bare);
        let held: Vec<u64> = lost
            .filter(|(_, leaf)| !self.holding(sql, *leaf.id.as_bytes()).is_empty())
            .map(|(leaf, _)| leaf)
            .collect();
        for leaf in held {
            self.wrong
                .push(format!("I1: a device holds the content of leaf {leaf}, and the operator lacks it"));
        }
    }

    /// I1: a content that the log went on without is on no device that came since.
    pub(crate) async fn nobody_holds_what_is_lost(&mut self) {
        let server = std::sync::Arc::clone(&self.server);
        let server = server.lock().await;
        if self.hands.lost.is_some() {
            return;
        }
        let lost = server.lost_contents();
        self.hands.forget_what_came_back(&server);
        let sql = "SELECT (SELECT count(content) FROM own_statement WHERE id = ?1)
             + (SELECT count(content) FROM foreign_statement WHERE id = ?1)";
        let log = crate::check::entries(server.instance());
        for leaf in lost {
            let holding = self.holding(sql, *log[leaf as usize].id.as_bytes());
            for number in holding {
                let name = self.name(number);
                self.wrong
                    .push(format!("I1: {name} holds the content of leaf {leaf}, and the operator lacks it"));
            }
        }
    }

    fn holding(&self, sql: &str, wanted: impl ToSql) -> Vec<Number> {
        let is_holding = |number: &Number| {
            let found =
                look_behind(&self.devices[*number]).query_row(sql, [&wanted], |row| row.get::<_, u64>(0));
            found.expect("it can be read") > 0 && !self.was_lied_to(*number)
        };
        (0..self.devices.len()).filter(is_holding).collect()
    }

    /// A device delivers the parcels that it carries, as the app does after each sync.
    pub(crate) async fn deliver(&self, number: Number, line: &Line) {
        let device = &self.devices[number];
        testing::deliver(device.store(), line, &*device.clock, true).await;
    }
}
