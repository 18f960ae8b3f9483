use domain::Kind;
use domain::agreement::AgreementKind;
use domain::content::{DeviceRevoked, NotePurpose, RevocationReason, VisitFinished, VisitNoted};
use operator_core::project::rebuild;
use operator_core::store::Store as _;

use crate::world::{World, item};

/// A log with something of everything, also what has no effect.
fn lively() -> World {
    let world = World::new();
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let mut colleague = world.device(world.colleague);
    let id = world.visit_id();
    specialist.say(id, world.visit_by(world.specialist, world.child));
    specialist.say(id, VisitNoted { purpose: NotePurpose::Care, text: "Мәтін".into(), about: None });
    colleague.say(id, VisitFinished { finished_at_ms: 1 });
    colleague.say(world.specialist, world.acceptance(AgreementKind::Specialist, 1, crate::world::TEXT));
    let backup = colleague.series;
    colleague.say(world.visit_id(), world.visit_by(world.colleague, world.other_child));
    let fork =
        colleague.seal_at(backup, world.visit_id(), world.visit_by(world.colleague, world.other_child));
    colleague.push(&[item(&fork)]);
    let mut damaged = item(&colleague.seal(id, VisitFinished { finished_at_ms: 2 }));
    *damaged.statement.last_mut().unwrap() ^= 1;
    colleague.push(&[damaged]);
    colleague.say(id, VisitFinished { finished_at_ms: 3 });
    world.team(world.child, world.specialist, Some(5));
    let key = specialist.key.id();
    world.state(specialist.id, DeviceRevoked { key, reason: RevocationReason::Lost, revoked_at_ms: 1 });
    specialist.say(world.visit_id(), world.visit_by(world.specialist, world.child));
    drop((specialist, colleague));
    world
}

#[test]
fn projections_are_disposable() {
    let world = lively();
    let before = world.store.read().unwrap().projections().unwrap();
    assert!(!before.facts.is_empty() && !before.keys.is_empty() && !before.visits.is_empty());
    let mut txn = world.store.write().unwrap();
    txn.clear_projections().unwrap();
    assert!(txn.projections().unwrap().audiences.is_empty());
    rebuild(txn.as_mut()).unwrap();
    assert_eq!(txn.projections().unwrap(), before);
}

#[test]
fn what_followed_from_an_erased_content_survives_a_rebuild() {
    let world = lively();
    let mut txn = world.store.write().unwrap();
    let log = txn.entries(0, u32::MAX).unwrap();
    let note = log.iter().find(|entry| entry.kind == Kind::VisitNoted).unwrap();
    let visit = txn.visit(note.subject.into()).unwrap().unwrap();
    for leaf_index in [visit.leaf_index, note.leaf_index] {
        assert!(txn.audiences(leaf_index).unwrap().len() > 1, "others read it");
        txn.erase_content(leaf_index).unwrap();
    }
    let before = txn.projections().unwrap();
    rebuild(txn.as_mut()).unwrap();
    assert_eq!(txn.projections().unwrap(), before);
}

#[test]
fn an_audit_of_a_whole_log_finds_nothing() {
    let world = lively();
    let found = world.audit(world.key.verifying_key());
    assert_eq!(found.findings, []);
    assert_eq!(found.statements, world.store.read().unwrap().log_size().unwrap());
    assert_eq!((found.forks, found.refusals), (1, 1));
    assert_eq!(found.signatures, found.statements + found.heads);
}

#[test]
fn an_audit_sees_a_content_that_went_without_a_word() {
    let world = lively();
    let mut txn = world.store.write().unwrap();
    txn.erase_content(3).unwrap();
    txn.commit().unwrap();
    let found = world.audit(world.key.verifying_key());
    let places: Vec<_> = found.findings.iter().map(|finding| (finding.code, finding.leaf_index)).collect();
    assert_eq!(places, [("content", Some(3))]);
}

#[test]
fn an_audit_sees_another_operators_key() {
    let world = lively();
    let stranger = journal::SigningKey::generate(&world.rng);
    let found = world.audit(stranger.verifying_key());
    assert!(["key", "head"].iter().all(|code| found.findings.iter().any(|finding| finding.code == *code)));
}
