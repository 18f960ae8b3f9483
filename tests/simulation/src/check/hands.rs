//! What went through other hands: parcels, and answers of a guest.

use std::collections::{BTreeMap, BTreeSet};

use domain::Kind;
use domain::flag::Flag;
use domain::id::{Digest, StatementId};
use domain::visit::{Answer, Confirmation};
use operator_core::store::Entry;
use store::StoreError;
use store::read::courier::ParcelState;
use store::read::visit::{VisitFilter, VisitOrder, VisitRow, VisitSort};

use super::entries;
use crate::device::{Device, Number};
use crate::server::Server;
use crate::template::GUEST;
use crate::world::World;

pub(super) fn check(world: &World, server: &Server, wrong: &mut Vec<String>) {
    parcels(world, wrong);
    guests(world, wrong);
    marked(world, &entries(server.instance()), wrong);
}

/// I1: a carrier that reaches an honest operator is rid of every parcel whose author's series goes on.
fn parcels(world: &World, wrong: &mut Vec<String>) {
    if world.lost_log.is_some() {
        return;
    }
    let authors: BTreeMap<Digest, Number> =
        world.hands.parcels.iter().map(|(author, bytes)| (journal::codec::hash(bytes), *author)).collect();
    for (number, device) in world.devices.iter().enumerate().filter(|(number, _)| !world.was_lied_to(*number))
    {
        let carried = device.store().read::<_, StoreError>(|reader| reader.carried_parcels());
        for parcel in carried.expect("it can be read") {
            let author = authors[&parcel.sha256];
            let is_excused = match parcel.state {
                ParcelState::Taken | ParcelState::Refused(_) => true,
                ParcelState::Waiting => false,
                // What stood before it went with a file, or is kept by a device that believes this operator nothing.
                ParcelState::Early | ParcelState::Aside => {
                    world.restored.contains(&author) || world.was_lied_to(author)
                }
            };
            if !is_excused {
                let (carrier, author) = (world.name(number), world.name(author));
                wrong.push(format!("I1: {carrier} still carries a parcel of {author}: {:?}", parcel.state));
            }
        }
    }
}

fn visits(device: &Device) -> Vec<VisitRow> {
    let order = VisitOrder { sort: VisitSort::Started, descending: true, offset: 0, limit: 1_000 };
    let rows = device.store().read::<_, StoreError>(|reader| reader.visits(&VisitFilter::default(), order));
    rows.expect("it can be read").visits
}

/// I3: nobody takes an answer that was given on the specialist's device for one from a device of the own.
fn guests(world: &World, wrong: &mut Vec<String>) {
    let by_guest: BTreeSet<StatementId> =
        world.said.iter().filter(|said| said.device == GUEST).map(|said| said.id).collect();
    for device in &world.devices {
        for row in visits(device) {
            let confirms = |answer: &&store::read::visit::AnswerRow| {
                answer.current && answer.answer == Answer::Confirmed
            };
            let confirming: Vec<_> = row.answers.iter().filter(confirms).collect();
            let is_guests = |answer: &&&store::read::visit::AnswerRow| by_guest.contains(&answer.statement);
            let all_by_guest = confirming.iter().filter(is_guests).count() == confirming.len();
            if row.confirmation == Confirmation::Confirmed && all_by_guest {
                wrong.push(format!(
                    "I3: {} calls a visit confirmed that a guest alone confirmed",
                    device.name
                ));
            }
            if let Some(answer) = row.answers.iter().find(|a| by_guest.contains(&a.statement) && !a.by_guest)
            {
                wrong.push(format!(
                    "I3: {} shows {} as from a device of her own",
                    device.name, answer.statement
                ));
            }
        }
    }
}

/// I3: the operator tells everybody, in a flag.
fn marked(world: &World, log: &[Entry], wrong: &mut Vec<String>) {
    let guest = world.devices[GUEST].key;
    // What comes before its visit is judged without the specialist; readers know the host by the binding all the same.
    let mut registered = BTreeMap::new();
    for entry in log.iter().filter(|entry| entry.kind == Kind::VisitRegistered) {
        registered.entry(entry.subject).or_insert(entry.leaf_index);
    }
    let answers = log.iter().filter(|entry| {
        entry.key == guest && matches!(entry.kind, Kind::VisitConfirmed | Kind::VisitDisputed)
    });
    let is_judged =
        |entry: &&Entry| registered.get(&entry.subject).is_some_and(|leaf| *leaf < entry.leaf_index);
    for entry in answers.filter(is_judged) {
        let is_marked = entry.flags.contains(&Flag::OneDevice) || entry.flags.contains(&Flag::NoAuthority);
        if !is_marked {
            wrong.push(format!("I3: a guest's answer at leaf {} bears {:?}", entry.leaf_index, entry.flags));
        }
    }
}
