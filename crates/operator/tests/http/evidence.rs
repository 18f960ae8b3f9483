//! What leaves the house as evidence: a package shows what a pull shows, and `verify` sees edited projections.

use std::collections::{BTreeMap, BTreeSet};

use domain::content::{
    CaptureEnd, Content, DeviceBound, DisputeReason, KeyCompromised, Locale, LocationMoment, LocationOutcome,
    RevocationReason, UnavailableReason, VisitConfirmed, VisitDisputed, VisitLocated,
};
use domain::id::{CaptureId, KeyId, PersonId, StatementId};
use domain::{Clock as _, Kind, words};
use journal::VerifyingKey;
use operator::clock::SystemRng;
use operator::package::export_visit;
use operator::verify::{Extent, verify};
use operator_core::fact::{Class, FactQuery};
use operator_core::package::{Package, PackageRefusal, Reader, package};
use operator_core::store::{Store as _, StoreTxn};

use crate::device::{Device, World, world};
use crate::main_job::{child_of, visit};

/// What a package shows of the visit: each statement, and whether its content is there.
fn packaged(world: &World, id: domain::id::VisitId, reader: Reader) -> BTreeMap<StatementId, bool> {
    let read = world.instance.read().unwrap();
    let key = world.instance.key.verifying_key();
    let made = package(read.as_ref(), id, Some(reader), key, world.clock.utc_ms()).unwrap().unwrap();
    for item in &made.items {
        let receipt = journal::receipt::verify_receipt(&item.receipt, &item.entry.statement, key).unwrap();
        assert_eq!((receipt.leaf_index, receipt.head.root), (item.entry.leaf_index, made.head.root));
    }
    let about = made.items.iter().filter(|item| item.entry.kind.is_about_visit());
    about.map(|item| (item.entry.id, item.content.is_some())).collect()
}

async fn pulled(device: &Device) -> BTreeMap<StatementId, bool> {
    let seen = device.pull_all().await;
    let statement = |item: &wire::pull::PullItem| {
        let statement = journal::Statement::decode(&item.statement).unwrap();
        statement.header().kind.is_about_visit().then(|| (statement.id(), item.content.is_some()))
    };
    seen.items.iter().filter_map(statement).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_package_shows_each_reader_what_a_pull_shows() {
    let world = world().await;
    let mut specialist = world.ready_device_of(world.named("Сәрсенбаева")).await;
    let child = child_of(&world, &specialist);
    let told = visit(&world, &mut specialist, child);
    let mine = [told.registered, told.located, told.note];
    specialist.push(&mine).await.unwrap();
    let person =
        world.demo.people.iter().find(|person| child.representatives.contains(&person.person)).unwrap();
    let mut parent = world.ready_device_of(person).await;
    let located = VisitLocated {
        capture: CaptureId::random(&SystemRng),
        moment: LocationMoment::Confirmed,
        outcome: LocationOutcome::Unavailable(UnavailableReason::Off),
        began_at_ms: 0,
        ended_at_ms: 0,
        ended_by: CaptureEnd::NotStarted,
    };
    let located = parent.seal(told.id, located);
    parent.push(std::slice::from_ref(&located)).await.unwrap();
    let coordinator = world.ready_device_of(world.person(&["coordinator"])).await;

    let of_coordinator = pulled(&coordinator).await;
    assert_eq!(of_coordinator.len(), 4);
    assert_eq!(of_coordinator.get(&mine[2].id), Some(&false), "of a care note only that it is there");
    let organisation = world.demo.operator.organisation.parse().unwrap();
    for reader in [Reader::Person(coordinator.person), Reader::Organisation(organisation)] {
        assert_eq!(packaged(&world, told.id, reader), of_coordinator, "{reader:?}");
    }
    // A device is not sent its own statements.
    let mut of_parent = pulled(&parent).await;
    of_parent.insert(located.id, true);
    assert_eq!(packaged(&world, told.id, Reader::Person(parent.person)), of_parent);
    let of_specialist: BTreeMap<_, _> = mine.iter().map(|sealed| (sealed.id, true)).collect();
    assert!(pulled(&specialist).await.is_empty(), "where the parent was is not the specialist's to know");
    assert_eq!(packaged(&world, told.id, Reader::Person(specialist.person)), of_specialist);
    assert!(packaged(&world, told.id, Reader::Everything).values().all(|is_whole| *is_whole));

    let read = world.instance.read().unwrap();
    let stranger = Some(Reader::Person(PersonId::random(&SystemRng)));
    let key = world.instance.key.verifying_key();
    let refused = package(read.as_ref(), told.id, stranger, key, world.clock.utc_ms()).unwrap();
    assert_eq!(refused.unwrap_err(), PackageRefusal::NotForReader);
    let unknown = package(read.as_ref(), domain::id::VisitId::from_bytes([9; 16]), None, key, 0).unwrap();
    assert_eq!(unknown.unwrap_err(), PackageRefusal::UnknownVisit);
    drop(read);
    world.server.stop().await.unwrap();
}

/// Statements of a package by keys that it does not bind before them.
fn unbound(made: &Package, operator: KeyId) -> Vec<(Kind, u64)> {
    let mut bound = BTreeSet::from([operator]);
    let mut unbound = Vec::new();
    for item in &made.items {
        let entry = &item.entry;
        if !bound.contains(&entry.key) {
            unbound.push((entry.kind, entry.leaf_index));
        }
        let said = item.content.as_ref().map(|bytes| journal::codec::decode(entry.kind, bytes).unwrap());
        if let (Some(Content::DeviceBound(of)), true) = (said, entry.key == operator) {
            bound.insert(VerifyingKey::from_cose_key(&of.key).unwrap().id());
        }
    }
    unbound
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_package_binds_every_key_that_signed_in_it() {
    let world = world().await;
    let person = world.named("Сәрсенбаева");
    let mut first = world.ready_device_of(person).await;
    let issued = operator::issue::issue(&world.instance, first.person, Some("http://127.0.0.1:1")).unwrap();
    let mut second = Device::new(&world, person);
    second.link = issued.link;
    second.enrol().await.unwrap();
    let child = child_of(&world, &first);
    let told = visit(&world, &mut second, child);
    second.push(&[told.registered, told.located, told.note]).await.unwrap();
    // What she accepted, she accepted on the first; a stranger says that its key is in foreign hands.
    let mut stranger = world.device_of(world.person(&["coordinator"])).await;
    let device = world.instance.read().unwrap().bound_key(second.key.id()).unwrap().unwrap().device;
    let compromised = [&mut first, &mut stranger].map(|device_of| {
        let sealed = device_of.seal(device, KeyCompromised { key: second.key.id(), since_ms: 1 });
        (sealed.id, sealed)
    });
    let [(own, by_owner), (foreign, by_stranger)] = compromised;
    first.push(&[by_owner]).await.unwrap();
    stranger.push(&[by_stranger]).await.unwrap();
    let parent =
        world.demo.people.iter().find(|person| child.representatives.contains(&person.person)).unwrap();
    let parent = world.ready_device_of(parent).await;

    let read = world.instance.read().unwrap();
    let key = world.instance.key.verifying_key();
    let organisation = world.demo.operator.organisation.parse().unwrap();
    for reader in [
        Reader::Everything,
        Reader::Organisation(organisation),
        Reader::Person(first.person),
        Reader::Person(parent.person),
    ] {
        let made = package(read.as_ref(), told.id, Some(reader), key, world.clock.utc_ms()).unwrap().unwrap();
        assert_eq!(unbound(&made, key.id()), [], "{reader:?}");
        let holds = |id| made.items.iter().any(|item| item.entry.id == id);
        assert!(holds(own), "{reader:?}: the owner's word about the own key");
        assert!(holds(foreign) || reader != Reader::Everything, "{reader:?}");
        let is_accepted = made.items.iter().any(|item| item.entry.kind == Kind::AgreementAccepted);
        assert!(is_accepted || matches!(reader, Reader::Person(id) if id == parent.person), "{reader:?}");
        let enrolled = made.items.iter().any(|item| item.entry.kind == Kind::DeviceEnrolled);
        assert!(enrolled || reader != Reader::Everything, "{reader:?}");
    }
    drop(read);
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_binding_takes_no_dispute_off_the_page() {
    let world = world().await;
    let mut specialist = world.ready_device_of(world.named("Сәрсенбаева")).await;
    let child = child_of(&world, &specialist);
    let told = visit(&world, &mut specialist, child);
    let person =
        world.demo.people.iter().find(|person| child.representatives.contains(&person.person)).unwrap();
    let mut parent = world.ready_device_of(person).await;
    let bound = world.instance.read().unwrap().bound_key(parent.key.id()).unwrap().unwrap();
    // The specialist has the parent's key from her card.
    let forged = DeviceBound {
        key: bound.key.to_cose_key(),
        person: PersonId::random(&SystemRng),
        activation: "ABCD".into(),
        issued_by: world.instance.key.id(),
        bound_at_ms: bound.bound_at_ms,
        host: None,
    };
    let basis = told.registered.id;
    let forged = specialist.seal(bound.device, forged);
    specialist.push(&[told.registered, told.located, told.note, forged]).await.unwrap();
    let disputed = dispute(&world, &mut parent, told.id, basis);
    parent.push(std::slice::from_ref(&disputed)).await.unwrap();
    assert!(page_of(&world, told.id).contains("Disputed"));
    world.server.stop().await.unwrap();
}

/// The parent's word that nobody came.
fn dispute(
    world: &World,
    parent: &mut Device,
    visit: domain::id::VisitId,
    basis: StatementId,
) -> journal::Sealed {
    let disputed = VisitDisputed {
        basis,
        representative: parent.person,
        reason: DisputeReason::NobodyCame,
        answered_at_ms: world.clock.utc_ms(),
        capture: None,
    };
    parent.seal(visit, disputed)
}

/// The page of a visit for whoever reads everything.
fn page_of(world: &World, visit: domain::id::VisitId) -> String {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("package");
    export_visit(&world.instance, visit, Some(Reader::Everything), Locale::En, &out).unwrap();
    std::fs::read_to_string(out.join("visit.html")).unwrap()
}

/// What the page says of the confirmation as a whole.
fn confirmation_on(page: &str) -> &str {
    let term = format!("<dt>{}</dt><dd>", words::word(words::HEADS, "parent", Locale::En));
    let from = page.find(&term).expect("the visit is shown") + term.len();
    page[from..].split("</dd>").next().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_revoked_key_said_of_a_visit_counts_on_the_page_as_it_does_for_readers() {
    let world = world().await;
    let mut specialist = world.ready_device_of(world.named("Сәрсенбаева")).await;
    let child = child_of(&world, &specialist);
    let told = visit(&world, &mut specialist, child);
    let person =
        world.demo.people.iter().find(|person| child.representatives.contains(&person.person)).unwrap();
    let mut parent = world.ready_device_of(person).await;
    let disputed = dispute(&world, &mut parent, told.id, told.registered.id);
    // Both phones were replaced before they had sent what they hold.
    for key in [specialist.key.id(), parent.key.id()] {
        world
            .instance
            .transact(|txn, operator| {
                operator::change::revoke_device(txn, operator, key, RevocationReason::Replaced)
            })
            .unwrap();
    }
    specialist.push(&[told.registered, told.located, told.note]).await.unwrap();
    parent.push(&[disputed]).await.unwrap();
    let page = page_of(&world, told.id);
    assert_eq!(confirmation_on(&page), "Disputed");
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_answers_before_the_visit_is_there_confirms_nothing_on_the_page_without_the_right_to_it() {
    let world = world().await;
    let mut specialist = world.ready_device_of(world.named("Сәрсенбаева")).await;
    let child = child_of(&world, &specialist);
    let person =
        world.demo.people.iter().find(|person| child.representatives.contains(&person.person)).unwrap();
    let mut parent = world.ready_device_of(person).await;
    let mut friend = world.ready_device_of(world.person(&["coordinator"])).await;
    let mut shown = Vec::new();
    for device in [&mut friend, &mut parent] {
        let told = visit(&world, &mut specialist, child);
        let confirmed = VisitConfirmed {
            basis: told.registered.id,
            representative: device.person,
            answered_at_ms: world.clock.utc_ms(),
            capture: None,
        };
        let confirmed = device.seal(told.id, confirmed);
        device.push(&[confirmed]).await.unwrap();
        specialist.push(&[told.registered, told.located, told.note]).await.unwrap();
        let page = page_of(&world, told.id);
        shown.push(confirmation_on(&page).to_owned());
    }
    assert_eq!(shown, ["Awaiting an answer", "Confirmed"]);
    world.server.stop().await.unwrap();
}

/// What `verify` finds after an edit of the projections.
fn after(world: &World, edit: impl FnOnce(&mut dyn StoreTxn)) -> Vec<(&'static str, bool)> {
    let mut txn = world.instance.store.write().unwrap();
    edit(txn.as_mut());
    txn.commit().unwrap();
    let key = world.instance.key.verifying_key();
    let (store, folder) = (&world.instance.store, &world.instance.folder);
    let found = verify(store, folder, key, Extent::WHOLE, &mut |_| ()).unwrap();
    let mut txn = store.write().unwrap();
    operator_core::project::rebuild(txn.as_mut()).unwrap();
    txn.commit().unwrap();
    found.log.findings.iter().map(|finding| (finding.code, finding.leaf_index.is_some())).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edited_projections_are_found() {
    let world = world().await;
    let mut specialist = world.ready_device_of(world.named("Сәрсенбаева")).await;
    let child = child_of(&world, &specialist);
    let told = visit(&world, &mut specialist, child);
    specialist.push(&[told.registered]).await.unwrap();
    assert_eq!(after(&world, |_| ()), []);
    let fact = |txn: &mut dyn StoreTxn| {
        let mut team = txn.facts(&FactQuery::of(Class::CareTeam)).unwrap().pop().unwrap();
        team.to_ms = Some(1);
        txn.put_fact(&team).unwrap();
    };
    assert_eq!(after(&world, fact), [("projection", true)], "somebody was taken out of a care team");
    let key = |txn: &mut dyn StoreTxn| {
        let mut bound = txn.bound_keys(None).unwrap().pop().unwrap();
        bound.person = PersonId::random(&SystemRng);
        txn.put_bound_key(&bound).unwrap();
    };
    assert_eq!(after(&world, key), [("projection", false)], "a key was given to somebody else");
    let nothing = |txn: &mut dyn StoreTxn| txn.clear_projections().unwrap();
    assert_eq!(after(&world, nothing).len(), 5, "facts, keys, visits, traces, audiences");
    let left = std::fs::read_dir(world.folder.path()).unwrap();
    let copies =
        left.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("verify-"));
    assert_eq!(copies.count(), 0, "the copy is removed");
    world.server.stop().await.unwrap();
}
