//! A grandmother without a phone, whose account lies on the specialist's.

use std::path::Path;
use std::sync::Arc;

use client::testing::{ManualClock, SeededRng};
use domain::id::PersonId;
use operator::change::{self, ChangeError, Name, NewPerson};
use operator::{Folder, Instance, issue};

use super::{
    Cast, DAY_MS, GUEST, HOST, NOW_MS, Template, Who, device_folder, enrol_device, operator_folder,
    representation,
};

/// Adds her to a copy of a template.
pub(super) fn add(from: &Template, has_host: bool) -> Template {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    from.copy_to(folder.path()).expect("there is room");
    let clock = Arc::new(ManualClock::at(NOW_MS - DAY_MS));
    clock.advance_ms(2_000);
    let operator = Folder::at(operator_folder(folder.path()));
    let instance = Instance::open_with(operator, clock.clone(), Arc::new(SeededRng::new(2)))
        .expect("it was set up before");
    let guest = instance.transact(|txn, operator| grandmother(txn, operator, &from.cast));
    let guest = guest.expect("she can be added");
    clock.advance_ms(1_000);
    let host = from.cast.person(super::DEVICES[HOST].1);
    let issued = match has_host {
        true => issue::issue_for_guest(&instance, guest, host, None),
        false => issue::issue(&instance, guest, None),
    };
    let path = device_folder(folder.path(), GUEST);
    std::fs::create_dir(&path).expect("the folder is new");
    enrol(&instance, &path, &issued.expect("she represents the children"), &clock);
    Template { folder, cast: from.cast.clone(), devices_count: GUEST + 1 }
}

fn enrol(instance: &Instance, folder: &Path, issued: &issue::Issued, clock: &ManualClock) {
    enrol_device(instance, folder, Who::Grandmother, issued, GUEST as u8, clock);
}

fn grandmother(
    txn: &mut dyn operator_core::StoreTxn,
    operator: &operator_core::Operator<'_>,
    cast: &Cast,
) -> Result<PersonId, ChangeError> {
    let name = Name { surname: "Болатова".into(), given: "Күлән".into(), patronymic: None };
    let new = NewPerson { name, phone: None, email: None, iin: None };
    let person = change::add_person(txn, operator, &new)?;
    for child in cast.children {
        let representation = representation(person, operator.clock.utc_ms(), None);
        change::set_representation(txn, operator, child, representation)?;
    }
    Ok(person)
}
