use domain::Kind;
use domain::agreement::AgreementKind;
use domain::content::{
    CorrectionReason, DeviceRevoked, NotePurpose, RevocationReason, VisitChange, VisitCorrected,
    VisitFinished, VisitNoted,
};
use domain::flag::Flag;
use domain::scope::Scope;
use operator_core::erase::take_away;
use operator_core::project::rebuild;
use operator_core::store::{Store as _, VisitRow};

use crate::world::{World, item};

/// A log with something of everything, also what has no effect.
fn lively() -> World {
    let world = World::new();
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let mut colleague = world.device(world.colleague);
    let id = specialist.visit_id();
    specialist.say(id, world.visit_by(world.specialist, world.child));
    specialist.say(id, VisitNoted { purpose: NotePurpose::Care, text: "Мәтін".into(), about: None });
    colleague.say(id, VisitFinished { finished_at_ms: 1 });
    colleague.say(world.specialist, world.acceptance(AgreementKind::Specialist, 1, crate::world::TEXT));
    let backup = colleague.series;
    colleague.say(colleague.visit_id(), world.visit_by(world.colleague, world.other_child));
    let fork =
        colleague.seal_at(backup, colleague.visit_id(), world.visit_by(world.colleague, world.other_child));
    colleague.push(&[item(&fork)]);
    let mut damaged = item(&colleague.seal(id, VisitFinished { finished_at_ms: 2 }));
    *damaged.statement.last_mut().unwrap() ^= 1;
    colleague.push(&[damaged]);
    colleague.say(id, VisitFinished { finished_at_ms: 3 });
    world.team(world.child, world.specialist, Some(5));
    let key = specialist.key.id();
    world.state(specialist.id, DeviceRevoked { key, reason: RevocationReason::Lost, revoked_at_ms: 1 });
    specialist.say(specialist.visit_id(), world.visit_by(world.specialist, world.child));
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
fn of_an_erased_visit_only_whom_to_tell_is_left_and_survives_a_rebuild() {
    let world = lively();
    let mut txn = world.store.write().unwrap();
    let log = txn.entries(0, u32::MAX).unwrap();
    let note = log.iter().find(|entry| entry.kind == Kind::VisitNoted).unwrap();
    let visit = txn.visit(note.subject.into()).unwrap().unwrap();
    let registered = txn.entry(visit.leaf_index).unwrap().unwrap();
    for leaf_index in [visit.leaf_index, note.leaf_index] {
        assert!(txn.audiences(leaf_index).unwrap().len() > 1, "others read it");
    }
    take_away(txn.as_mut(), &[registered.id, note.id]).unwrap();
    let erased = VisitRow { said: None, basis: registered.id, ..visit };
    assert_eq!(txn.visit(visit.visit).unwrap(), Some(erased));
    let before = txn.projections().unwrap();
    rebuild(txn.as_mut()).unwrap();
    assert_eq!(txn.projections().unwrap(), before);
    txn.change_visit(&visit).unwrap();
    rebuild(txn.as_mut()).unwrap();
    assert_eq!(txn.projections().unwrap(), before, "nothing brings it back");
}

#[test]
fn a_visit_is_folded_anew_without_what_was_erased_of_it() {
    let world = World::new();
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let id = specialist.visit_id();
    let first = world.visit_by(world.specialist, world.child);
    specialist.say(id, first.clone());
    let said = |world: &World| world.store.read().unwrap().visit(id).unwrap().unwrap();
    let (registered, registered_id) = (said(&world), specialist.series.prev.unwrap());
    let correct = |cancelled, started_at_ms, basis| VisitCorrected {
        basis,
        reason: CorrectionReason::WrongTime,
        change: VisitChange { cancelled, service: None, outcome: None, started_at_ms, finished_at_ms: None },
        corrected_at_ms: 1,
    };
    specialist.say(id, correct(false, Some(first.started_at_ms - 7), registered_id));
    let (moved, moved_id) = (said(&world), specialist.series.prev.unwrap());
    specialist.say(id, VisitFinished { finished_at_ms: first.started_at_ms + 9 });
    let finished = specialist.series.prev.unwrap();
    assert_eq!(said(&world).said.unwrap().finished_at_ms, Some(first.started_at_ms + 9));

    let gone = |ids: &[domain::id::StatementId]| {
        let mut txn = world.store.write().unwrap();
        take_away(txn.as_mut(), ids).unwrap();
        let row = txn.visit(id).unwrap().unwrap();
        let before = txn.projections().unwrap();
        rebuild(txn.as_mut()).unwrap();
        assert_eq!(txn.projections().unwrap(), before);
        row
    };
    assert_eq!(gone(&[finished]), moved, "its end is not known any more");
    let without = gone(&[moved_id]);
    assert_eq!(without.said.unwrap().started_at_ms, first.started_at_ms);
    assert_eq!(without.basis, finished);
    assert_eq!(gone(&[moved_id, finished]), registered);
    assert_eq!(gone(&[registered_id]).said, None, "nor what was said later");

    // What is said later is judged and addressed as before.
    let mut txn = world.store.write().unwrap();
    take_away(txn.as_mut(), &[registered_id]).unwrap();
    txn.commit().unwrap();
    let before = said(&world);
    specialist.say(id, VisitFinished { finished_at_ms: 5 });
    assert_eq!(said(&world), before);
    let audiences = crate::world::audiences_of_last(&world);
    assert!(
        audiences.iter().any(|(scope, _)| *scope == Scope::Organisation(world.organisation)),
        "{audiences:?}"
    );
    let again = specialist.say(id, first);
    assert!(again.contains(&Flag::NoAuthority), "its id is taken");
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
