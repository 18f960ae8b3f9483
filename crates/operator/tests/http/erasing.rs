//! What is erased is gone, is said to be, and comes back by no backup.

use std::collections::BTreeSet;
use std::fs;
use std::process::ExitCode;
use std::sync::Arc;

use domain::Clock as _;
use domain::id::StatementId;
use operator::approval::{ApprovalError, Approved};
use operator::backup::{backup, restore};
use operator::clock::SystemRng;
use operator::collect::Collecting;
use operator::verify::{self, Extent};
use operator::{Folder, Instance};
use operator_core::erase::{self, EraseError};
use operator_core::store::Store as _;
use recovery::Share;
use wire::collect::{CollectRequest, KnownHead};

use crate::device::{World, world};
use crate::main_job::{child_of, visit};

fn erase(world: &World, statements: &[StatementId], basis: &str) -> Result<usize, EraseError> {
    let statements: BTreeSet<_> = statements.iter().copied().collect();
    let (_, gone) =
        world.instance.transact(|txn, operator| erase::erase(txn, operator, &statements, basis))?;
    Ok(gone.len())
}

/// What the list beside the mark names, as far as it counts now.
pub(crate) fn listed(world: &World) -> BTreeSet<StatementId> {
    let read = world.instance.read().unwrap();
    world.instance.folder.erasures().statements(read.as_ref(), world.clock.utc_ms()).unwrap()
}

pub(crate) fn content_of(instance: &Instance, id: StatementId) -> Option<Vec<u8>> {
    let read = instance.read().unwrap();
    read.content(read.entry_by_id(id).unwrap().unwrap().leaf_index).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_nothing_is_proven_by_goes_and_only_once() {
    let world = world().await;
    let mut specialist = world.ready_device_of(world.named("Сәрсенбаева")).await;
    let child = child_of(&world, &specialist);
    let told = visit(&world, &mut specialist, child);
    let mine = [told.registered.clone(), told.located.clone(), told.note.clone()];
    specialist.push(&mine).await.unwrap();
    let enrolled = specialist.enrol_request().statement;
    let enrolled = journal::Statement::decode(&enrolled).unwrap().id();
    let unknown = StatementId::from_bytes([7; 32]);

    let note = told.note.id;
    assert!(matches!(erase(&world, &[note], " "), Err(EraseError::NoBasis)));
    assert!(
        matches!(erase(&world, &[note, unknown], "8-бап"), Err(EraseError::Unknown(id)) if id == unknown)
    );
    assert!(
        matches!(erase(&world, &[note, enrolled], "8-бап"), Err(EraseError::Needed(id, _)) if id == enrolled)
    );
    assert!(content_of(&world.instance, note).is_some(), "an error erases nothing");
    let about = erase::about(world.instance.read().unwrap().as_ref(), told.id.into()).unwrap();
    assert_eq!(about.iter().map(|entry| entry.id).collect::<Vec<_>>(), mine.map(|sealed| sealed.id));
    assert_eq!(erase(&world, &[note, told.located.id], "8-бап").unwrap(), 2);
    assert!(matches!(erase(&world, &[note], "8-бап"), Err(EraseError::Nothing)));
    assert_eq!(content_of(&world.instance, note), None);

    // It is pulled before anything else, the statement stays, and the log says why its content is gone.
    let coordinator = world.ready_device_of(world.person(&["coordinator"])).await;
    let pulled = coordinator.pull_all().await;
    assert!(pulled.find(told.located.id).is_some_and(|item| item.content.is_none()));
    let audit = world.audit(world.instance.read().unwrap().as_ref());
    assert_eq!((audit.erased, audit.findings), (2, Vec::new()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_that_no_device_heard_of_outlives_the_disk_beside_the_mark() {
    let world = world().await;
    let mut specialist = world.ready_device_of(world.named("Сәрсенбаева")).await;
    let child = child_of(&world, &specialist);
    let told = visit(&world, &mut specialist, child);
    specialist.push(&[told.registered.clone(), told.located.clone(), told.note.clone()]).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("backup");
    backup(&world.instance, &out).unwrap();
    erase(&world, &[told.note.id], "8-бап").unwrap();
    let list = world.instance.folder.erasures();
    list.follow(world.instance.read().unwrap().as_ref()).unwrap();
    list.follow(world.instance.read().unwrap().as_ref()).unwrap();
    assert_eq!(list.read().unwrap().len(), 1, "each erasure once");
    assert_eq!(listed(&world), BTreeSet::from([told.note.id]));

    let clock: Arc<dyn domain::Clock> = world.clock.clone();
    let restored = |name: &str, with_list: bool| {
        let to = Folder::at(folder.path().join(name));
        fs::create_dir(to.path()).unwrap();
        if with_list {
            // What the last write of a dying machine may leave behind.
            let mut text = fs::read(list.path()).unwrap();
            text.extend(b"{\"leaf_index\":");
            fs::write(to.erasures().path(), text).unwrap();
        }
        restore(&out, to.clone(), false, clock.clone(), Arc::new(SystemRng)).unwrap();
        Instance::open_with(to, clock.clone(), Arc::new(SystemRng)).unwrap()
    };
    assert!(
        content_of(&restored("without", false), told.note.id).is_some(),
        "a backup holds what was there then"
    );
    let restored = restored("with", true);
    assert_eq!(content_of(&restored, told.note.id), None, "gone before anybody is served");

    // The erasure itself is the lost end, and it is on no device.
    let head = world.instance.read().unwrap().latest_head().unwrap().unwrap();
    let (tree_size, root) = (head.tree_size, head.root);
    let known = KnownHead { tree_size, root, head: head.bytes };
    let request =
        CollectRequest { binding: None, known: Some(known), from: 0, leaves: Vec::new(), proof: None };
    let collecting = Collecting::open(&restored).unwrap();
    collecting.receive(specialist.key.id(), &request).unwrap();
    assert_eq!(collecting.assemble(false).unwrap().root, root);
    assert_eq!(world.audit(restored.read().unwrap().as_ref()).findings, []);

    fs::write(restored.folder.erasures().path(), "no list\n").unwrap();
    assert!(restored.folder.erasures().read().is_err(), "a spoilt list is not an empty one");
}

fn shares_of(folder: &Folder) -> [Share; 2] {
    folder.recovery_shares().map(|path| Share::parse(&fs::read_to_string(path).unwrap()).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_officer_alone_erases_nothing() {
    let (world, other) = (world().await, world().await);
    let mut specialist = world.ready_device_of(world.named("Сәрсенбаева")).await;
    let child = child_of(&world, &specialist);
    let told = visit(&world, &mut specialist, child);
    specialist.push(&[told.registered.clone(), told.located.clone(), told.note.clone()]).await.unwrap();
    let ([first, second], [stranger, strangers]) =
        (shares_of(&world.instance.folder), shares_of(&other.instance.folder));
    let of = |folder: &Folder, at: usize| folder.recovery_shares()[at].to_str().unwrap().to_owned();
    let id = told.note.id.to_string();
    let command = |shares: &[String]| {
        let dir = world.instance.folder.path().to_str().unwrap().to_owned();
        let words =
            ["esep-operator", "erase", "--dir", &dir, "--statement", &id, "--basis", "8-бап", "--json"];
        let shares = shares.iter().flat_map(|share| ["--share".to_owned(), share.clone()]);
        operator::cli::run(words.iter().map(ToString::to_string).chain(shares))
    };
    let (mine, yours) = (&world.instance.folder, &other.instance.folder);
    let refused: [&[String]; 6] = [
        &[],
        &[of(mine, 0)],
        &[of(mine, 0), of(mine, 0)],
        &[of(mine, 0), of(yours, 1)],
        &[of(yours, 0), of(yours, 1)],
        &[of(mine, 0), of(mine, 1), of(mine, 1)],
    ];
    for shares in refused {
        assert_ne!(command(shares), ExitCode::SUCCESS, "{shares:?}");
        assert!(content_of(&world.instance, told.note.id).is_some());
    }
    let read = world.instance.read().unwrap();
    let by = |shares: &[Share]| Approved::by(read.as_ref(), shares).map(drop);
    assert!(matches!(by(&[stranger, strangers]), Err(ApprovalError::OtherKey { .. })));
    assert!(by(&[second, first]).is_ok(), "in any order");
    drop(read);
    assert_eq!(command(&[of(mine, 1), of(mine, 0)]), ExitCode::SUCCESS);
    assert_eq!(content_of(&world.instance, told.note.id), None);
    assert_eq!(listed(&world), BTreeSet::from([told.note.id]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_of_visits_forgets_with_the_registration_and_verify_looks_at_it() {
    let world = world().await;
    let mut specialist = world.ready_device_of(world.named("Сәрсенбаева")).await;
    let child = child_of(&world, &specialist);
    let told = visit(&world, &mut specialist, child);
    specialist.push(&[told.registered.clone(), told.located.clone(), told.note.clone()]).await.unwrap();
    let row = || world.instance.read().unwrap().visit(told.id).unwrap().unwrap();
    let before = row();
    assert!(before.said.is_some());
    let whole = |instance: &Instance| {
        let key = instance.key.verifying_key();
        let verified = verify::verify(&instance.store, &instance.folder, key, Extent::WHOLE, &mut |_| ());
        verified.unwrap().log.findings
    };
    erase(&world, &[told.registered.id], "8-бап").unwrap();
    assert_eq!((row().said, row().basis, row().parties), (None, told.registered.id, before.parties));
    assert_eq!(whole(&world.instance), []);

    // Somebody who writes it into the list again is found, and a rebuild takes it out.
    let mut txn = world.instance.store.write().unwrap();
    txn.change_visit(&before).unwrap();
    txn.commit().unwrap();
    let found = whole(&world.instance);
    assert_eq!(found.iter().map(|finding| finding.code).collect::<Vec<_>>(), ["projection"], "{found:?}");
    assert!(found[0].detail.contains("visits"), "{found:?}");
    let mut txn = world.instance.store.write().unwrap();
    operator_core::project::rebuild(txn.as_mut()).unwrap();
    txn.commit().unwrap();
    assert_eq!(row().said, None);

    // What is said of it later still reaches whom it concerns.
    let finish = specialist.seal(told.id, domain::content::VisitFinished { finished_at_ms: 1 });
    specialist.push(std::slice::from_ref(&finish)).await.unwrap();
    let coordinator = world.ready_device_of(world.person(&["coordinator"])).await;
    let pulled = coordinator.pull_all().await;
    assert!(pulled.find(finish.id).is_some() && pulled.find(told.registered.id).is_some());
    assert_eq!(whole(&world.instance), []);
}
