//! What happens to machines.

use crate::network;
use crate::template::{self, Who};
use crate::world::World;

const DAY_MS: i64 = 86_400_000;
const YEARS_MS: u64 = 10 * 365 * DAY_MS as u64;

impl World {
    pub(super) async fn misfortune(&mut self) {
        let which = match (self.plan.operator_restored, self.plan.device_restored, self.chance.below(3)) {
            (true, _, 0) => 9 + self.chance.below(2),
            (_, true, 1) => 7 + self.chance.below(2),
            _ => self.chance.below(12),
        };
        match which {
            0..3 => self.end_a_device(),
            3 | 4 => self.end_the_operator().await,
            5 => self.turn_a_clock().await,
            6 => self.fill_a_disk().await,
            7 => self.copy_a_device(),
            8 => self.restore_a_device().await,
            9 => self.copy_the_operator().await,
            10 => self.restore_the_operator().await,
            _ => self.let_a_stray_arrive().await,
        }
    }

    fn end_a_device(&mut self) {
        let number = self.any_device();
        let device = &mut self.devices[number];
        device.disk.die();
        device.cut = network::end(&mut self.chance);
        self.survive(number);
    }

    async fn end_the_operator(&mut self) {
        let cut = network::end(&mut self.chance);
        let mut server = self.server.lock().await;
        server.cut = cut;
        server.crash();
        drop(server);
        self.tell(format!("the operator ended: {cut:?}"));
    }

    async fn turn_a_clock(&mut self) {
        if !self.plan.clocks {
            return;
        }
        let by_ms = self.chance.below(2 * YEARS_MS) as i64 - YEARS_MS as i64;
        if self.chance.one_in(4) {
            // Children do not come of age in these.
            let by_ms = by_ms / 10;
            self.server.lock().await.clock.advance_wall_ms(by_ms);
            self.tell(format!("the operator's clock is turned by {} days", by_ms / DAY_MS));
        } else {
            let number = self.any_device();
            self.devices[number].clock.advance_wall_ms(by_ms);
            self.tell(format!("the clock of {} is turned by {} days", self.name(number), by_ms / DAY_MS));
        }
    }

    async fn fill_a_disk(&mut self) {
        if !self.plan.full {
            return;
        }
        if self.chance.one_in(4) {
            let server = self.server.lock().await;
            let is_full = !server.disk.is_full();
            server.disk.set_full(is_full);
            drop(server);
            self.tell(format!("the operator's disk is full: {is_full}"));
        } else {
            let number = self.any_device();
            let disk = &self.devices[number].disk;
            let is_full = !disk.is_full();
            disk.set_full(is_full);
            self.tell(format!("the disk of {} is full: {is_full}", self.name(number)));
        }
    }

    fn copy_a_device(&mut self) {
        if !self.plan.device_restored {
            return;
        }
        let number = self.device_of(&[Who::Specialist]);
        let to = self.backup(self.name(number));
        drop(std::fs::remove_dir_all(&to));
        self.devices[number].between(|folder| template::copy(folder, &to).expect("there is room"));
        let known = self.beacons.get(&number).cloned().unwrap_or_default();
        self.copied_beacons.insert(number, known);
        self.tell(format!("{} is copied", self.name(number)));
    }

    /// Somebody puts an older copy of the file back.
    async fn restore_a_device(&mut self) {
        let number = self.device_of(&[Who::Specialist]);
        let from = self.backup(self.name(number));
        if !from.exists() || self.devices[number].disk.is_full() {
            return;
        }
        self.devices[number].between(|folder| {
            std::fs::remove_dir_all(folder).expect("it is there");
            template::copy(&from, folder).expect("there is room");
        });
        self.restored.insert(number);
        // What was believed after the copy is forgotten with it.
        let known = self.copied_beacons.get(&number).cloned().unwrap_or_default();
        self.beacons.insert(number, known);
        for tap in self.taps.iter_mut().filter(|tap| tap.device == number) {
            tap.is_forgotten = true;
        }
        let device = &self.devices[number];
        for said in self.said.iter_mut().filter(|said| said.device == number) {
            let there = device.store().read::<_, store::StoreError>(|reader| reader.transport(said.id));
            said.went_with_the_file |= there.is_ok_and(|there| there.is_none());
        }
        self.tell(format!("{} goes on from an older copy", self.name(number)));
    }

    async fn copy_the_operator(&mut self) {
        if !self.plan.operator_restored || self.lost_log.is_some() {
            return;
        }
        let to = self.backup("operator");
        drop(std::fs::remove_dir_all(&to));
        self.server.lock().await.between(|folder| template::copy(folder, &to).expect("there is room"));
        self.tell("the operator is copied");
    }

    async fn restore_the_operator(&mut self) {
        let from = self.backup("operator");
        if !from.exists() || self.lost_log.is_some() {
            return;
        }
        let mut server = self.server.lock().await;
        if server.disk.is_full() {
            return;
        }
        let leaves = crate::check::leaf_hashes(server.instance());
        server.between(|folder| {
            std::fs::remove_dir_all(folder).expect("it is there");
            template::copy(&from, folder).expect("there is room");
        });
        // The copy is older than some erasures, and nothing tells the operator of them.
        super::collect::forget_lost_erasures(&mut self.erased, &server);
        drop(server);
        self.lost_log = Some(leaves);
        self.tell("the operator goes on from an older copy");
    }

    async fn let_a_stray_arrive(&mut self) {
        let stray = self.network.lock().stray();
        let Some(stray) = stray else { return };
        stray.arrive(&self.network, &self.server).await;
        self.tell("a late request arrives");
    }
}
