//! What the devices hold: all that their people may see, nothing else, and nothing that was erased.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::{KeyId, SubjectId};
use domain::scope::Sight;
use domain::{Content, Kind};
use journal::VerifyingKey;
use operator_core::scopes;
use operator_core::store::{Entry, PageQuery, StoreRead};
use rusqlite::Connection;
use store::StoreError;

use crate::device::{Device, database, database_key};
use crate::server::Server;
use crate::template::Who;
use crate::world::World;

/// What is shown; made anew by [`store::Store::rebuild`].
const SHOWN: [&str; 13] = [
    "key",
    "person",
    "member",
    "child",
    "served",
    "care_team",
    "representation",
    "place",
    "organisation",
    "agreement",
    "visit",
    "visit_answer",
    "reading",
];

/// A connection of our own to a device's file, to look behind the store.
pub(crate) fn look_behind(device: &Device) -> Connection {
    let conn = Connection::open(database(device.folder())).expect("the file is there");
    let digits: String = database_key().expose().iter().map(|byte| format!("{byte:02x}")).collect();
    conn.execute_batch(&format!(
        "PRAGMA cipher_log_level = NONE; PRAGMA key = \"x'{digits}'\"; PRAGMA cipher_hmac_algorithm = HMAC_SHA256;
         PRAGMA synchronous = FULL;"
    ))
    .expect("the key fits");
    conn
}

/// Where each key was bound to its person.
fn bindings(log: &[Entry], read: &dyn StoreRead) -> BTreeMap<KeyId, u64> {
    let bound = log.iter().filter(|entry| entry.kind == Kind::DeviceBound).filter_map(|entry| {
        let bytes = read.content(entry.leaf_index).expect("it can be read")?;
        match journal::codec::decode(entry.kind, &bytes) {
            Ok(Content::DeviceBound(bound)) => {
                let key = VerifyingKey::from_cose_key(&bound.key).expect("it was bound");
                Some((key.id(), entry.leaf_index))
            }
            _ => None,
        }
    });
    bound.collect()
}

/// Visits that were erased, and whom they concerned is forgotten as well: the list of erasures went with the mark.
fn visits_of_nobody(log: &[Entry], read: &dyn StoreRead) -> BTreeSet<SubjectId> {
    let registered = log.iter().filter(|entry| entry.kind == Kind::VisitRegistered);
    let is_nobodys = |entry: &&Entry| {
        let is_bare = read.content(entry.leaf_index).expect("it can be read").is_none();
        is_bare && read.visit(entry.subject.into()).expect("it can be read").is_none()
    };
    registered.filter(is_nobodys).map(|entry| entry.subject).collect()
}

pub(super) fn check(world: &World, server: &Server, wrong: &mut Vec<String>) {
    for (number, device) in world.devices.iter().enumerate() {
        rebuilt(device, wrong);
        waiting(world, number, wrong);
        erased(world, number, wrong);
        // A revoked device gets nothing any more, neither what is new nor what is to be forgotten; and one that does not
        // believe this log takes nothing from it.
        if !world.revoked.contains(&number) && world.lost_log.is_none() {
            held(world, device, server, wrong);
        }
    }
}

fn shown(device: &Device) -> Vec<String> {
    let conn = look_behind(device);
    let mut rows = Vec::new();
    for table in SHOWN {
        let mut select =
            conn.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2, 3")).expect("it is there");
        let columns = select.column_count();
        let mut found = select.query([]).expect("it can be read");
        while let Some(row) = found.next().expect("it can be read") {
            let values =
                (0..columns).map(|column| format!("{:?}", row.get_ref(column).expect("it is there")));
            rows.push(format!("{table}: {}", values.collect::<Vec<_>>().join(" ")));
        }
    }
    rows
}

/// I5: what is shown follows from the statements alone. What was saved and could not be shown, the disk being full, is
/// shown with the next write; where no operator answered there was none since.
fn rebuilt(device: &Device, wrong: &mut Vec<String>) {
    device.store().set("simulation/next-write", None).expect("the disk has room again");
    let before = shown(device);
    if let Err(error) = device.store().rebuild() {
        wrong.push(format!("I5: {} cannot rebuild what it shows: {error:?}", device.name));
    }
    let after = shown(device);
    if before != after {
        let lost = before.iter().find(|row| !after.contains(row));
        let new = after.iter().find(|row| !before.contains(row));
        wrong.push(format!("I5: {} shows something else after a rebuild: {lost:?} / {new:?}", device.name));
    }
    if let Err(error) = device.store().check_integrity() {
        wrong.push(format!("I1: the file of {} is not whole: {error:?}", device.name));
    }
}

/// After healing nothing waits, unless the device has reason not to believe this log.
fn waiting(world: &World, number: usize, wrong: &mut Vec<String>) {
    let device = &world.devices[number];
    let counts =
        device.store().read::<_, StoreError>(|reader| reader.outbox_counts()).expect("it can be read");
    let waiting = counts.saved_count + counts.sent_count + counts.refused_count;
    let has_reason = world.lost_log.is_some() || world.network.lock().lied_to.contains(&device.key);
    if waiting > 0 && !has_reason {
        wrong.push(format!("I1: {} statements of {} still wait: {counts:?}", waiting, device.name));
    }
}

/// I5: erased contents are on no device that can be told of it.
fn erased(world: &World, number: usize, wrong: &mut Vec<String>) {
    if world.revoked.contains(&number) || world.lost_log.is_some() {
        return;
    }
    let device = &world.devices[number];
    let conn = look_behind(device);
    for (id, said) in &world.erased {
        let found = conn.query_row(
            "SELECT (SELECT count(content) FROM own_statement WHERE id = ?1)
                  + (SELECT count(content) FROM foreign_statement WHERE id = ?1)
                  + (SELECT count(*) FROM visit WHERE note = CAST(?2 AS TEXT))",
            (id.as_bytes(), said),
            |row| row.get::<_, u64>(0),
        );
        if found.expect("it can be read") > 0 {
            wrong.push(format!("I5: {} still holds an erased content", device.name));
        }
    }
}

/// I8: exactly the statements of the person's scopes, contents where the scopes see them whole.
fn held(world: &World, device: &Device, server: &Server, wrong: &mut Vec<String>) {
    let instance = server.instance();
    let read = instance.read().expect("the operator can be read");
    let scopes = scopes::scopes_of(read.as_ref(), device.person, instance.now_ms()).expect("it can be read");
    let to = read.log_size().expect("it can be read");
    let query = PageQuery { scopes: &scopes, from: 0, to, without_key: device.key, urgent_only: false };
    let mut due: BTreeMap<u64, bool> = BTreeMap::new();
    for delivery in read.page(&query, u32::MAX).expect("it can be read") {
        let content = read.content(delivery.leaf_index).expect("it can be read");
        due.insert(delivery.leaf_index, delivery.sight == Sight::Whole && content.is_some());
    }
    // Without what it says nobody can tell any more to whom a statement went, but to who coordinates in any case.
    let is_office = device.person == world.cast.person(Who::Coordinator);
    let log = super::entries(instance);
    let nobodys = visits_of_nobody(&log, read.as_ref());
    let is_excused = |leaf: &u64| {
        !is_office && world.hands.without_content.contains(leaf)
            || nobodys.contains(&log[*leaf as usize].subject)
    };
    due.retain(|leaf, _| !is_excused(leaf));
    let conn = look_behind(device);
    let mut select = conn
        .prepare("SELECT leaf_index, content IS NOT NULL, believed, key FROM foreign_statement")
        .expect("it is there");
    let rows = select.query_map([], |row| {
        Ok((
            row.get::<_, u64>(0)?,
            row.get::<_, bool>(1)?,
            row.get::<_, bool>(2)?,
            row.get::<_, [u8; 32]>(3)?,
        ))
    });
    let bindings = bindings(&log, read.as_ref());
    let mut there = BTreeMap::new();
    for row in rows.expect("it can be read") {
        let (leaf, content, believed, key) = row.expect("it can be read");
        if is_excused(&leaf) {
            continue;
        }
        there.insert(leaf, content);
        // A key whose binding is not for this person leaves its statement held: there, but not believed.
        let can_know = bindings.get(&KeyId::from_bytes(key)).is_some_and(|leaf| due.contains_key(leaf));
        if can_know && !believed {
            wrong.push(format!("I3: {} does not believe leaf {leaf}, whose key it may know", device.name));
        }
    }
    for (leaf, content) in &due {
        match there.get(leaf) {
            None => wrong.push(format!("I8: {} never got leaf {leaf}", device.name)),
            Some(false) if *content => {
                wrong.push(format!("I8: {} never got the content of leaf {leaf}", device.name));
            }
            Some(_) => {}
        }
    }
    for (leaf, content) in &there {
        match due.get(leaf) {
            None => {
                wrong.push(format!("I8: {} holds leaf {leaf}, which is not for it any more", device.name))
            }
            Some(false) if *content => {
                wrong.push(format!(
                    "I8: {} holds the content of leaf {leaf}, which is not for it",
                    device.name
                ));
            }
            Some(_) => {}
        }
    }
}
