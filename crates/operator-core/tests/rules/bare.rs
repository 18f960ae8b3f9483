//! Statements of which a restored log has nothing but the signed bytes: coordinators know all the same that something was
//! said about a visit, whether it comes back or is erased meanwhile.

use domain::Clock as _;
use domain::agreement::AgreementKind;
use domain::content::{NotePurpose, VisitFinished, VisitNoted, VisitRegistered};
use domain::flag::Flag;
use domain::scope::{Scope, Sight, VisitParties};
use journal::Sealed;
use operator_core::collect::{Candidate, replay};
use operator_core::erase;
use operator_core::project::rebuild;
use operator_core::store::Store as _;
use wire::push::{Outcome, PushItem};

use crate::behind::lose;
use crate::world::{World, item, visit};

fn care() -> VisitNoted {
    VisitNoted { purpose: NotePurpose::Care, text: "Жаттығу".into(), about: None }
}

fn audiences(world: &World, leaf_index: u64) -> Vec<(Scope, Sight)> {
    world.store.read().unwrap().audiences(leaf_index).unwrap()
}

/// Whom a statement without its content reaches.
fn envelope(world: &World) -> Vec<(Scope, Sight)> {
    let mut audiences = vec![
        (Scope::Person(world.specialist), Sight::Whole),
        (Scope::Organisation(world.organisation), Sight::Envelope),
    ];
    audiences.sort_unstable();
    audiences
}

/// A registration comes back without its content, which was erased: only whom the visit concerned is known.
fn replay_erased(world: &World, registration: &Sealed, parties: VisitParties) {
    let candidate = Candidate {
        statement: registration.bytes.clone(),
        content: None,
        erased_visit: Some(parties),
        registered_at_ms: world.clock.utc_ms(),
    };
    let (key, operator) = (world.key.verifying_key(), world.operator());
    operator.transact(&world.store, |txn| replay(txn, key, &candidate)).unwrap();
}

fn is_as_rebuilt(world: &World) -> bool {
    let mut txn = world.store.write().unwrap();
    let before = txn.projections().unwrap();
    rebuild(txn.as_mut()).unwrap();
    txn.projections().unwrap() == before
}

#[test]
fn coordinators_see_the_envelope_of_what_is_lost_and_of_what_was_erased_while_it_was_lost() {
    let world = World::new();
    let mut author = world.ready(world.specialist, AgreementKind::Specialist);
    let id = visit(&mut author);
    let note = author.seal(id, care());
    let leaf_index = lose(&world, std::slice::from_ref(&note))[0];
    assert_eq!(audiences(&world, leaf_index), envelope(&world));
    let operator = world.operator();
    let statements = [note.id].into();
    operator.transact(&world.store, |txn| erase::erase(txn, &operator, &statements, "сұрау")).unwrap();
    assert_eq!(audiences(&world, leaf_index), envelope(&world), "an erasure changes no audience");
    let Outcome::AlreadyHave { .. } = author.push(&[item(&note)]).outcomes.remove(0) else {
        panic!("it is there")
    };
    assert_eq!(audiences(&world, leaf_index), envelope(&world), "and nothing brings it back");
    assert!(is_as_rebuilt(&world));
}

#[test]
fn what_comes_back_reaches_whom_it_would_have_reached() {
    let world = World::new();
    let mut author = world.ready(world.specialist, AgreementKind::Specialist);
    let id = visit(&mut author);
    author.say(id, care());
    let whole = audiences(&world, world.store.read().unwrap().log_size().unwrap() - 1);
    let note = author.seal(id, care());
    let leaf_index = lose(&world, std::slice::from_ref(&note))[0];
    author.push(&[item(&note)]);
    assert_eq!(audiences(&world, leaf_index), whole);
    assert!(is_as_rebuilt(&world));
}

#[test]
fn what_is_lost_is_taken_from_a_push_whose_statement_came_damaged() {
    let world = World::new();
    let mut author = world.ready(world.specialist, AgreementKind::Specialist);
    let id = visit(&mut author);
    let note = author.seal(id, care());
    let leaf_index = lose(&world, std::slice::from_ref(&note))[0];
    let mut damaged = item(&note);
    *damaged.statement.last_mut().unwrap() ^= 1;
    let other = PushItem { content: vec![0xa0], ..damaged.clone() };
    for (item, is_back) in [(other, false), (damaged, true)] {
        let outcome = author.push(&[item]).outcomes.remove(0);
        assert_eq!(outcome, Outcome::AlreadyHave { leaf_index, flags: Vec::new() });
        assert_eq!(world.store.read().unwrap().content(leaf_index).unwrap().is_some(), is_back);
    }
}

#[test]
fn the_envelope_of_an_erased_visit_stays_where_it_went_when_both_come_back_after_a_restore() {
    let scopes = |world: &World, leaf_index| -> Vec<Scope> {
        audiences(world, leaf_index).into_iter().map(|(scope, _)| scope).collect()
    };
    let world = World::new();
    let author = world.ready(world.specialist, AgreementKind::Specialist);
    let mut second = world.device(world.specialist);
    let (id, registered) = (author.visit_id(), world.visit_by(world.specialist, world.child));
    let VisitRegistered { child, specialist, organisation, .. } = registered;
    let registration = author.seal_at(author.series, id, registered);
    second.say(id, care());
    let early = world.store.read().unwrap().log_size().unwrap() - 1;
    assert_eq!(scopes(&world, early), [Scope::Person(specialist)]);
    replay_erased(&world, &registration, VisitParties { child, specialist, organisation });
    let mut everybody = vec![
        Scope::Person(specialist),
        Scope::Family(child),
        Scope::Team(child),
        Scope::Organisation(organisation),
    ];
    everybody.sort_unstable();
    assert_eq!(scopes(&world, early + 1), everybody);
    everybody.retain(|scope| *scope != Scope::Organisation(organisation));
    assert!(
        everybody.iter().all(|scope| scopes(&world, early).contains(scope)),
        "what came before it as well"
    );
    assert!(is_as_rebuilt(&world));
}

#[test]
fn what_is_bare_before_its_visit_waits_for_it_like_anything_else() {
    let world = World::new();
    let mut author = world.ready(world.specialist, AgreementKind::Specialist);
    let mut second = world.device(world.specialist);
    let id = author.visit_id();
    let note = second.seal(id, care());
    let early = lose(&world, std::slice::from_ref(&note))[0];
    let flags = world.store.read().unwrap().entry(early).unwrap().unwrap().flags;
    assert_eq!(flags, [Flag::UnknownSubject]);
    assert_eq!(audiences(&world, early), [(Scope::Person(world.specialist), Sight::Whole)]);

    // The visit itself is lost as well, and what follows it.
    let lost = [
        author.seal(id, world.visit_by(world.specialist, world.child)),
        author.seal(id, VisitFinished { finished_at_ms: 5 }),
    ];
    let lost_leaves = lose(&world, &lost);
    assert_eq!(audiences(&world, lost_leaves[1]).len(), 1, "nobody knows whom the visit concerns");
    author.push(&[item(&lost[0])]);
    for leaf_index in [early, lost_leaves[1]] {
        assert_eq!(audiences(&world, leaf_index), envelope(&world), "leaf {leaf_index}");
    }
    let later = world.store.read().unwrap().entry(lost_leaves[1]).unwrap().unwrap();
    assert_eq!(later.flags, [], "the visit is known");
    assert!(is_as_rebuilt(&world));
    second.push(&[item(&note)]);
    author.push(&[item(&lost[1])]);
    assert!(audiences(&world, early).contains(&(Scope::Family(world.child), Sight::Whole)));
    assert!(audiences(&world, lost_leaves[1]).contains(&(Scope::Family(world.child), Sight::Whole)));
    assert!(is_as_rebuilt(&world));
}

#[test]
fn what_comes_back_of_before_an_erased_visit_still_came_before_it() {
    let world = World::new();
    let author = world.ready(world.specialist, AgreementKind::Specialist);
    let mut second = world.device(world.specialist);
    let (id, registered) = (author.visit_id(), world.visit_by(world.specialist, world.child));
    let VisitRegistered { child, specialist, organisation, .. } = registered;
    let registration = author.seal_at(author.series, id, registered);
    let note = second.seal(id, care());
    let early = lose(&world, std::slice::from_ref(&note))[0];
    replay_erased(&world, &registration, VisitParties { child, specialist, organisation });
    second.push(&[item(&note)]);
    let flags = world.store.read().unwrap().entry(early).unwrap().unwrap().flags;
    assert_eq!(flags, [Flag::UnknownSubject]);
    let team = (Scope::Team(child), Sight::Whole);
    assert!(audiences(&world, early).contains(&team), "the team reads what was said for its care");
    assert!(is_as_rebuilt(&world));
}
