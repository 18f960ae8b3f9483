//! Whose word a restored log needs: devices that it does not know, heads of another log, devices that are revoked.

use std::collections::BTreeSet;
use std::process::ExitCode;

use domain::content::RevocationReason;
use domain::id::Digest;
use operator::change::revoke_device;
use operator_core::erase;

use super::*;

/// A device that was bound after the backup and never pulled has its binding, and knows no place for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_binding_that_only_its_own_device_holds_comes_back_with_the_enrolment() {
    let lost = lost().await;
    let collecting = Collecting::open(&lost.restored).unwrap();
    let place = lost.late_registration.first_leaf - 1;
    let others = lost.all().into_iter().filter(|leaf| leaf.leaf_index < place).collect();
    collecting.receive(lost.specialist.key.id(), &lost.giving(others)).unwrap();
    let enrolment = lost.proven_by(&lost.late_registration);
    let giver = lost.late.key.id();
    collecting.receive(giver, &enrolment).unwrap();
    assert!(matches!(collecting.assemble(true), Err(AssembleError::Missing(_))), "it shows no binding");
    let with_binding = CollectRequest { binding: Some(lost.late_binding.clone()), ..enrolment };
    collecting.receive(lost.specialist.key.id(), &with_binding).unwrap();
    assert!(matches!(collecting.assemble(true), Err(AssembleError::Missing(_))), "nor does somebody else");
    collecting.receive(giver, &with_binding).unwrap();
    assert_eq!(collecting.assemble(false).unwrap().root, lost.known().root);
    assert_eq!(projections(&lost.world.instance), projections(&lost.restored));
}

/// What waits on a device that the backup does not know fills the log as well, once it has shown its binding.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_whose_binding_was_lost_fills_by_a_push_as_well() {
    let mut lost = lost().await;
    let note = domain::content::VisitNoted {
        purpose: domain::content::NotePurpose::Care,
        text: "Жауабы жоғалды".into(),
        about: None,
    };
    // Registered, and its answer was lost; the others hold the envelope.
    let note = lost.late.seal(lost.told.id, note);
    lost.late.push(std::slice::from_ref(&note)).await.unwrap();
    let mut leaves = lost.all();
    leaves.last_mut().unwrap().content = None;
    let server = Server::start(Arc::clone(&lost.restored)).await.unwrap();
    let collecting = Collecting::open(&lost.restored).unwrap();
    collecting.receive(lost.specialist.key.id(), &lost.giving(leaves)).unwrap();
    lost.late.moved_to(&server);
    let asking = CollectRequest { binding: Some(lost.late_binding.clone()), ..lost.asking() };
    for is_known in [false, true] {
        let waits = lost.late.push(std::slice::from_ref(&note)).await.unwrap_err();
        assert_eq!(waits.problem.code, ProblemCode::Incomplete);
        let assembled = collecting.assemble(false);
        assert_eq!(assembled.is_ok(), is_known, "{assembled:?}");
        if !is_known {
            lost.late.send::<_, CollectResponse>(wire::path::COLLECT, &asking, true).await.unwrap();
        }
    }
    server.stop().await.unwrap();
}

/// Two logs under one key: wherever the other head lies, nothing goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_of_another_log_under_this_key_ends_it() {
    for before_the_end in [true, false] {
        let lost = lost().await;
        let collecting = Collecting::open(&lost.restored).unwrap();
        let giver = lost.specialist.key.id();
        let size = if before_the_end { lost.known().tree_size - 1 } else { lost.begun - 1 };
        let other = TreeHead::sign(size, Digest::from_bytes([3; 32]), 1, &lost.restored.key);
        let known = KnownHead { tree_size: size, root: other.root, head: other.bytes };
        collecting.receive(giver, &CollectRequest { known: Some(known), ..lost.asking() }).ok();
        collecting.receive(giver, &lost.giving(lost.all())).ok();
        let forked = collecting.assemble(true).unwrap_err();
        assert!(matches!(forked, AssembleError::Forked(at) if at == size), "{forked}");
        assert_eq!(lost.restored.read().unwrap().log_size().unwrap(), lost.begun, "nothing of it is kept");
    }
}

/// A revoked device may push late, so it may be the only one that saw how far the log was signed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_mark_the_log_waits_for_revoked_devices_and_with_one_it_does_not() {
    let world = world().await;
    let device = world.ready_device_of(world.named("Сәрсенбаева")).await;
    let key = device.key.id();
    world
        .instance
        .transact(|txn, operator| revoke_device(txn, operator, key, RevocationReason::Lost))
        .unwrap();
    let path = world.instance.folder.path().to_owned();
    world.server.stop().await.unwrap();
    let restored = &world.instance.restored;
    restored.begin().unwrap();
    let read = world.instance.read().unwrap();
    let size = read.log_size().unwrap();
    for bound in read.bound_keys(None).unwrap().into_iter().filter(|bound| bound.is_in_force()) {
        restored.hear(bound.key.id(), size).unwrap();
    }
    let unheard = || restored.standing(read.as_ref(), &[]).unwrap().revoked_unheard;
    assert_eq!(unheard().into_iter().collect::<Vec<_>>(), [key.to_string()]);
    let resume = || operator::cli::run(["esep-operator", "resume", "--dir", path.to_str().unwrap()]);
    assert_ne!(resume(), ExitCode::SUCCESS);
    restored.hear(key, size).unwrap();
    assert!(unheard().is_empty());
    assert_eq!(resume(), ExitCode::SUCCESS);
}

/// What is said about a visit after its registration was erased is judged and addressed as before, also when registration
/// and erasure are both among what was lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_visit_of_the_lost_end_is_known_by_the_list_of_erasures() {
    let mut lost = lost().await;
    let named = BTreeSet::from([lost.told.registered.id]);
    lost.world.instance.transact(|txn, operator| erase::erase(txn, operator, &named, "8-бап")).unwrap();
    let note = domain::content::VisitNoted {
        purpose: domain::content::NotePurpose::Care,
        text: "Өшірілгеннен кейін".into(),
        about: None,
    };
    let note = lost.specialist.seal(lost.told.id, note);
    lost.specialist.push(std::slice::from_ref(&note)).await.unwrap();
    let was = lost.world.instance.read().unwrap();
    lost.restored.folder.erasures().follow(was.as_ref()).unwrap();
    let collecting = Collecting::open(&lost.restored).unwrap();
    collecting.receive(lost.late.key.id(), &lost.giving(lost.all())).unwrap();
    assert_eq!(collecting.assemble(false).unwrap().without_content, 0, "the erasure explains it");
    let is = lost.restored.read().unwrap();
    let row = is.visit(lost.told.id).unwrap();
    assert!(row.is_some_and(|row| row.said.is_none()), "whom it concerns, and nothing else");
    assert_eq!(row, was.visit(lost.told.id).unwrap());
    let place = was.entry_by_id(note.id).unwrap().unwrap().leaf_index;
    assert_eq!(is.entry(place).unwrap().unwrap().flags, []);
    assert_eq!(is.audiences(place).unwrap(), was.audiences(place).unwrap());
    assert_eq!(lost.world.audit(is.as_ref()).findings, []);
}
