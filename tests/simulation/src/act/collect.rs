//! The operator's disk is lost, a backup is restored, and devices hand back what it lacks.

use std::collections::BTreeMap;
use std::path::Path;

use domain::id::StatementId;
use operator::collect::AssembleError;

use crate::check::entries;
use crate::device::Number;
use crate::hands::{Leaf, LostDisk};
use crate::server::{Resumed, Server};
use crate::template::{DEVICES, Who};
use crate::world::World;

impl World {
    pub(super) async fn back_up_the_operator(&mut self) {
        if !self.plan.collects || self.hands.lost.is_some() {
            return;
        }
        let to = self.backup("of-the-operator");
        drop(std::fs::remove_dir_all(&to));
        let server = self.server.lock().await;
        let made = server.back_up(&to);
        let is_full = server.disk.is_full();
        drop(server);
        match made {
            Ok(manifest) => self.tell(format!("the operator is backed up: {} leaves", manifest.statements)),
            Err(error) => {
                assert!(is_full, "a backup can be made: {error}");
                drop(std::fs::remove_dir_all(&to));
            }
        }
    }

    pub(super) async fn lose_the_operator(&mut self) {
        let from = self.backup("of-the-operator");
        if !from.exists() {
            return self.back_up_the_operator().await;
        }
        if self.hands.lost.is_some() {
            return;
        }
        // After a quiet night, or in the middle of everything.
        if self.chance.one_in(2) {
            for number in 0..self.devices.len() {
                drop(self.synchronise(number).await);
            }
        }
        let with_its_mark = self.chance.one_in(3);
        self.lose_disk(&from, with_its_mark).await;
    }

    async fn lose_disk(&mut self, from: &Path, with_its_mark: bool) {
        let mut server = self.server.lock().await;
        if server.disk.is_full() {
            return;
        }
        let read = server.instance().read().expect("the operator can be read");
        let log = entries(server.instance()).into_iter();
        let leaves = log.map(|entry| Leaf {
            hash: journal::merkle::leaf_hash(&entry.statement),
            id: entry.id,
            is_bare: read.content(entry.leaf_index).expect("it can be read").is_none(),
        });
        let leaves: Vec<Leaf> = leaves.collect();
        drop(read);
        server.lose_disk(from, with_its_mark);
        let is_waiting = server.instance().restored.is_waiting();
        drop(server);
        let what = if with_its_mark { " and its mark" } else { "" };
        self.tell(format!("the operator loses its disk{what}, {} leaves; waits: {is_waiting}", leaves.len()));
        if is_waiting {
            self.lost_disks.push(leaves.iter().map(|leaf| leaf.hash).collect());
            self.hands.lost = Some(LostDisk { leaves, with_its_mark });
        }
    }

    /// An author's answer is lost and then the disk. The coordinator saw the note as an envelope, and an officer does not
    /// wait for its author: the log goes on without what only the author can still say.
    pub async fn go_on_without_waiting(&mut self) {
        let author = self.device_of(&[Who::Specialist, Who::Colleague]);
        let of = |who: &dyn Fn(Who) -> bool| -> Vec<Number> {
            (0..DEVICES.len()).filter(|number| who(DEVICES[*number].1)).collect()
        };
        let others = of(&|who| who != DEVICES[author].1);
        let was_bad = std::mem::replace(&mut self.is_bad, false);
        self.network.lock().set_bad(false);
        self.server.lock().await.disk.set_full(false);
        for device in &self.devices {
            device.disk.set_full(false);
        }
        self.collect_to_the_end().await;
        for number in 0..self.devices.len() {
            drop(self.synchronise(number).await);
        }
        self.back_up_the_operator().await;
        self.note_by(author);
        self.network.lock().lose_answers(true);
        drop(self.synchronise(author).await);
        self.network.lock().lose_answers(false);
        for number in of(&|who| who == Who::Coordinator) {
            drop(self.synchronise(number).await);
        }
        let from = self.backup("of-the-operator");
        if from.exists() && self.lost_log.is_none() {
            self.lose_disk(&from, false).await;
        }
        if self.hands.lost.is_some() {
            // What one of them begins at the end of the log another one may have to prove.
            for number in others.iter().chain(&others) {
                drop(self.synchronise(*number).await);
            }
            let resumed = self.resume(true, true, false).await;
            self.tell(format!("the office does not wait: {}", word(&resumed)));
        }
        self.network.lock().set_bad(was_bad);
        self.is_bad = was_bad;
    }

    /// An officer tries whether the log is whole again.
    pub(super) async fn resume_the_operator(&mut self) {
        if self.hands.lost.is_none() {
            return;
        }
        let is_risky = self.chance.one_in(3);
        let without_contents = self.chance.one_in(2);
        let resumed = self.resume(without_contents, false, is_risky).await;
        self.server.lock().await.disk.spare();
        self.tell(format!("the office resumes: {}", word(&resumed)));
    }

    async fn resume(&mut self, without_contents: bool, do_not_wait: bool, is_risky: bool) -> Resumed {
        let server = std::sync::Arc::clone(&self.server);
        let mut server = server.lock().await;
        let bare = server.collected_without_content().unwrap_or_default();
        if is_risky {
            server.disk.die_after(1 + self.chance.below(120));
            server.cut = crate::network::end(&mut self.chance);
        }
        let resumed = server.resume(without_contents, do_not_wait);
        match &resumed {
            Resumed::GoesOn => {
                let log = entries(server.instance());
                let lost = self.hands.lost.take().expect("it waited");
                // What the backup lacked already is lacking still, and what was erased of it nobody brings any more.
                self.hands.forget_what_came_back(&server);
                self.hands.without_content.extend(bare);
                self.hands.without_content.extend(server.lost_contents());
                let same = log.iter().zip(&lost.leaves).all(|(entry, leaf)| entry.id == leaf.id);
                let hashes = crate::check::leaf_hashes(server.instance());
                let same = same && hashes.iter().zip(&lost.leaves).all(|(hash, leaf)| *hash == leaf.hash);
                if !same || hashes.len() > lost.leaves.len() {
                    self.wrong.push("I9: what was put together is not the log that was lost".into());
                }
                if lost.with_its_mark {
                    forget_lost_erasures(&mut self.erased, &server);
                }
                if server.lacks_the_courier_secret() {
                    server.renew_courier_key();
                }
            }
            Resumed::Cannot(AssembleError::Missing(_) | AssembleError::Bare { .. })
            | Resumed::TooSoon
            | Resumed::Ended => {}
            Resumed::Cannot(error) if server.disk.is_full() => drop(format!("{error}")),
            Resumed::Cannot(error) => {
                self.wrong.push(format!("I9: what honest devices handed back does not fit: {error}"));
            }
        }
        resumed
    }

    /// Every device comes, and an officer lets the log go on if it can be whole.
    pub async fn collect_to_the_end(&mut self) {
        if self.hands.lost.is_none() {
            return;
        }
        // Twice: a content may be with its author, who does not know at which place others saw the statement.
        for number in (0..self.devices.len()).chain(0..self.devices.len()) {
            drop(self.synchronise(number).await);
        }
        // With the mark nobody can have seen more; without it the office waits for every device in force, also for one
        // that believes this operator nothing and does not come.
        let do_not_wait = self.hands.lost.as_ref().is_some_and(|lost| !lost.with_its_mark);
        let mut resumed = self.resume(false, do_not_wait, false).await;
        if let Resumed::Cannot(AssembleError::Bare { .. }) = &resumed {
            self.nobody_holds_the_content().await;
            resumed = self.resume(true, do_not_wait, false).await;
        }
        if matches!(resumed, Resumed::TooSoon) && self.network.lock().lied_to.is_empty() {
            self.wrong.push("I1: the operator waits although every device was here".into());
        }
        self.tell(format!("-- the office resumes: {}", word(&resumed)));
        if let Resumed::Cannot(AssembleError::Missing(missing)) = &resumed {
            let places = missing.iter().flat_map(|stretch| stretch.from..stretch.to);
            for leaf in places.collect::<Vec<u64>>() {
                self.nobody_holds(leaf);
            }
        }
        if let Some(lost) = &self.hands.lost {
            // It goes on waiting, and nobody believes anything new.
            self.lost_log = Some(lost.leaves.iter().map(|leaf| leaf.hash).collect());
            forget_lost_erasures(&mut self.erased, &*self.server.lock().await);
        }
    }
}

/// An erasure of which only the lost disk knew must be done again.
pub(super) fn forget_lost_erasures(erased: &mut BTreeMap<StatementId, Vec<u8>>, server: &Server) {
    let read = server.instance().read().expect("the operator can be read");
    erased.retain(|id, _| match read.entry_by_id(*id) {
        Ok(Some(entry)) => read.content(entry.leaf_index).is_ok_and(|content| content.is_none()),
        _ => false,
    });
}

fn word(resumed: &Resumed) -> String {
    match resumed {
        Resumed::GoesOn => "the log goes on".into(),
        Resumed::TooSoon => "not every device was here".into(),
        Resumed::Ended => "the operator ended".into(),
        Resumed::Cannot(error) => format!("{error}"),
    }
}
