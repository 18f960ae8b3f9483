//! Parcels: sealed by a device without a network, given to others as files, delivered by whoever has one.

use client::ipc::ErrorCode;
use client::testing;
use store::StoreError;
use store::courier::{ForeignParcel, TakenIn};
use wire::courier::Parcel;

use crate::mistake::{self, Mistake};
use crate::world::World;

impl World {
    /// Somebody without a network seals what waits.
    pub(super) fn seal(&mut self) {
        let number = self.any_device();
        self.endanger(number);
        let now_ms = domain::Clock::utc_ms(&*self.devices[number].clock);
        // So few in one that what waits takes several.
        let max_items = 1 + self.chance.below(4) as usize;
        let device = &self.devices[number];
        let mut files = Vec::new();
        let sealed = testing::seal_waiting(device.store(), now_ms, max_items, |parcel| {
            files.push(parcel.to_vec());
        });
        let is_excused = match sealed {
            Ok(()) | Err(ErrorCode::NothingToSeal) => true,
            Err(ErrorCode::TrustEnded) => self.lost_log.is_some() || self.was_lied_to(number),
            Err(_) => device.disk.is_dead() || device.disk.is_full(),
        };
        if !is_excused {
            self.wrong.push(format!("I1: {} cannot seal what waits: {sealed:?}", self.name(number)));
        }
        if self.mistake == Some(Mistake::SealedIsSent) && sealed.is_ok() {
            mistake::close_sealed(&self.devices[number]);
        }
        self.tell(format!("{} seals {} parcels: {sealed:?}", self.name(number), files.len()));
        // What was written is there, whatever the device remembers of it.
        self.hands.parcels.extend(files.into_iter().map(|file| (number, file)));
        self.survive(number);
    }

    /// Somebody gets a copy of a parcel's file, now or weeks later, once or again.
    pub(super) fn give(&mut self) {
        let parcels: Vec<usize> = (0..self.hands.parcels.len()).collect();
        let Some(&index) = self.chance.pick(&parcels) else { return };
        let carrier = self.any_device();
        let (author, bytes) = self.hands.parcels[index].clone();
        let sealed_at_s = Parcel::read(&bytes).expect("it was sealed here").sealed_at_s;
        self.endanger(carrier);
        let device = &self.devices[carrier];
        let now_ms = domain::Clock::utc_ms(&*device.clock);
        let taken = device.store().take_in(&ForeignParcel { sealed_at_s, bytes }, now_ms);
        let word = match taken {
            Ok(TakenIn::Now) => "takes",
            Ok(TakenIn::Already) => "has",
            Ok(TakenIn::Full) => "has no room for",
            Err(StoreError::DiskFull) if device.disk.is_full() => "cannot keep",
            Err(_) if device.disk.is_dead() => "cannot keep",
            Err(error) => panic!("{} cannot take a parcel in: {error:?}", device.name),
        };
        self.tell(format!("{} {word} a parcel of {}", self.name(carrier), self.name(author)));
        self.survive(carrier);
    }

    /// A file comes to the operator's own machine.
    pub(super) async fn bring_by_hand(&mut self) {
        let Some((author, parcel)) = self.chance.pick(&self.hands.parcels).cloned() else { return };
        let mut server = self.server.lock().await;
        if server.instance().restored.is_waiting() {
            return;
        }
        if self.chance.one_in(4) {
            server.disk.die_after(1 + self.chance.below(60));
            server.cut = crate::network::end(&mut self.chance);
        }
        let outcome = server.take(&parcel);
        server.disk.spare();
        drop(server);
        self.tell(format!("a parcel of {} is brought by hand: {outcome:?}", self.name(author)));
    }

    pub(super) async fn renew_the_courier_key(&mut self) {
        let mut server = self.server.lock().await;
        if server.instance().restored.is_waiting() {
            return;
        }
        let is_done = server.renew_courier_key();
        drop(server);
        self.tell(format!("the office renews the courier key: {is_done}"));
    }
}
