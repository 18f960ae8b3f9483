//! People, homes and devices: each appears when a line names it.

use domain::agreement::AgreementKind;
use domain::content::{RecordData, RecordKind, RepresentationBasis, RepresentationChanged, Role};
use domain::id::{ChildId, PersonId, PlaceId};
use domain::{Clock as _, Rng};

use super::{Gadget, Home, METRE_E7, Stage};
use crate::world::{item, name};

impl<'w> Stage<'w> {
    /// A person by the name of a device: `aigul2` is another device of `aigul`, `saule@aigul` an account of `saule` on
    /// the device of `aigul`.
    pub(super) fn person(&mut self, who: &str) -> PersonId {
        let who = who.split('@').next().unwrap_or(who);
        let who = who.trim_end_matches(|last: char| last.is_ascii_digit());
        if let Some(person) = self.people.get(who) {
            return *person;
        }
        let world = self.world;
        let person = PersonId::random(&world.rng);
        world.record(RecordKind::Person, person, name(who));
        if who == "ermek" {
            world.member(person, Role::Specialist, None);
        }
        self.people.insert(who.into(), person);
        person
    }

    pub(super) fn gadget(&mut self, who: &str) -> &mut Gadget<'w> {
        if !self.gadgets.contains_key(who) {
            let person = self.person(who);
            let is_parent = ["saule", "marat", "dina"].iter().any(|parent| who.starts_with(parent));
            let document = if is_parent { AgreementKind::Subject } else { AgreementKind::Specialist };
            let host = who.split_once('@').map(|(_, host)| self.person(host));
            let mut device = self.world.ready_of(person, host, document);
            device.sees_the_log();
            let (began_ms, rng): (i64, &dyn Rng) = (self.world.clock.utc_ms(), &self.world.rng);
            let gadget = Gadget {
                device,
                offline: Vec::new(),
                is_offline: false,
                off_ms: 0,
                epoch: rng.array(),
                epoch_began_ms: began_ms,
                backup: None,
            };
            self.gadgets.insert(who.into(), gadget);
        }
        self.gadgets.get_mut(who).unwrap()
    }

    /// The home of a child: A and B are siblings, each other child lives two kilometres further north. Saule and Marat
    /// represent A and B, Dina all others. Aigul and Bolat accompany everybody but X.
    pub(super) fn home(&mut self, letter: &str) {
        if self.homes.contains_key(letter) {
            return;
        }
        let world = self.world;
        let child = ChildId::random(&world.rng);
        let (organisation, from_ms) = (world.organisation, world.clock.utc_ms() - 1);
        world.record(RecordKind::Child, child, name(letter));
        world.record(RecordKind::Child, child, RecordData::Served { organisation, from_ms, to_ms: None });
        let north_km = match letter {
            "P" => 110,
            "Q" => 70,
            "R" => 200,
            "S" => -970,
            near => (i64::from(near.as_bytes()[0] - b'A').max(1) - 1) * 2,
        };
        let lat_e7 = 511_605_000 + north_km * 1_000 * METRE_E7;
        let place = match letter {
            "B" if self.homes.contains_key("A") => self.homes["A"].place,
            "A" if self.homes.contains_key("B") => self.homes["B"].place,
            _ => {
                let place = PlaceId::random(&world.rng);
                let address = RecordData::Address { label: letter.into(), region: "KZ-71".into() };
                world.record(RecordKind::Place, place, address);
                let (lat_e7, lon_e7) = (lat_e7.try_into().unwrap(), 714_704_000);
                let position = RecordData::Position { lat_e7, lon_e7, radius_m: 150, adopted_from: None };
                world.record(RecordKind::Place, place, position);
                place
            }
        };
        world.record(RecordKind::Child, child, RecordData::Lives { place });
        if letter != "X" {
            for specialist in [world.specialist, world.colleague] {
                world.team(child, specialist, None);
            }
            let parents: &[&str] = if ["A", "B"].contains(&letter) { &["saule", "marat"] } else { &["dina"] };
            for parent in parents {
                let (representative, basis) = (self.person(parent), RepresentationBasis::Parent);
                world.state(child, RepresentationChanged { representative, basis, from_ms, to_ms: None });
            }
        }
        self.homes.insert(letter.into(), Home { child, place, lat_e7 });
    }
}

impl Gadget<'_> {
    /// Sends what waits, in one push, and sees the log afterwards.
    pub(super) fn flush(&mut self) {
        let items: Vec<_> = self.offline.drain(..).map(|sealed| item(&sealed)).collect();
        if !items.is_empty() {
            self.device.push(&items);
        }
        self.device.sees_the_log();
    }
}
