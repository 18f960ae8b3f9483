//! What people and officers do, and what happens to their machines: one step each.

mod collect;
mod courier;
mod fault;
mod guest;
mod office;
mod visit;

use domain::id::VisitId;
use store::StoreError;
use store::read::visit::{VisitFilter, VisitOrder, VisitRow, VisitSort};

use crate::device::Number;
use crate::template::{DEVICES, GUEST, Who};
use crate::world::World;

impl World {
    /// One step of the run.
    pub async fn step(&mut self) {
        self.time_passes().await;
        if self.plan.other_hands && self.chance.one_in(2) {
            return self.step_of_other_hands().await;
        }
        match self.chance.below(100) {
            0..16 => self.register(),
            16..22 => self.end_reading(),
            22..26 => self.finish(),
            26..32 => self.note(),
            32..37 => self.correct(),
            37..45 => self.answer(),
            45..51 => self.review(),
            51..57 => self.change_care_team().await,
            57..59 => self.change_representation().await,
            59..62 => self.erase().await,
            62..64 => self.revoke().await,
            64..76 => self.misfortune().await,
            _ => {
                let number = self.any_device();
                drop(self.synchronise(number).await);
            }
        }
    }

    async fn step_of_other_hands(&mut self) {
        match self.chance.below(100) {
            0..18 => self.seal(),
            18..40 => self.give(),
            40..47 => self.bring_by_hand().await,
            47..50 => self.renew_the_courier_key().await,
            50..70 => self.hand_over(),
            70..74 => drop(self.synchronise(GUEST).await),
            74..78 => self.back_up_the_operator().await,
            78..89 => self.lose_the_operator().await,
            _ => self.resume_the_operator().await,
        }
    }

    pub(crate) async fn time_passes(&mut self) {
        let ms = 1_000 + self.chance.below(40) * 60_000;
        for device in &self.devices {
            device.clock.advance_ms(ms);
        }
        self.server.lock().await.clock.advance_ms(ms);
    }

    fn any_device(&mut self) -> Number {
        self.chance.below(DEVICES.len() as u64) as usize
    }

    /// A device of one of these people.
    fn device_of(&mut self, people: &[Who]) -> Number {
        let numbers: Vec<Number> =
            (0..DEVICES.len()).filter(|number| people.contains(&DEVICES[*number].1)).collect();
        self.chance.pick(&numbers).copied().unwrap_or_default()
    }

    /// A visit that the device shows.
    fn visible_visit(&mut self, number: Number, own_only: bool) -> Option<VisitRow> {
        let device = &self.devices[number];
        let filter = VisitFilter { specialist: own_only.then_some(device.person), ..VisitFilter::default() };
        let order = VisitOrder { sort: VisitSort::Started, descending: true, offset: 0, limit: 100 };
        let rows = device.store().read::<_, StoreError>(|reader| reader.visits(&filter, order));
        let visits = match rows {
            Ok(rows) => rows.visits,
            Err(error) if device.disk.is_full() => {
                let name = device.name;
                self.tell(format!("{name} cannot read on a full disk: {error}"));
                return None;
            }
            Err(error) => panic!("{} cannot list its visits: {error:?}", device.name),
        };
        self.chance.pick(&visits).cloned()
    }
}

/// The last two bytes of an id, for the trace.
fn short(id: VisitId) -> String {
    let bytes = id.as_bytes();
    format!("visit {:02x}{:02x}", bytes[14], bytes[15])
}
