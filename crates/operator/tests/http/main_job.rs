//! The operator's part of the main job, over a real connection: enrol, accept, push, prove, repeat, pull.

use crate::device::{Device, World, operator_key, world};
use domain::content::{
    CaptureEnd, Fix, FixSource, LocationMoment, LocationOutcome, NotePurpose, ReviewDecision, ReviewReason,
    VisitConfirmed, VisitLocated, VisitNoted, VisitOutcome, VisitRegistered, VisitReviewed,
};
use domain::flag::Flag;
use domain::id::{CaptureId, ChildId, VisitId};
use domain::scope::Scope;
use domain::{Clock as _, Content};
use journal::merkle::{leaf_hash, prove_range};
use journal::receipt::{TreeHead, verify_receipt};
use journal::{Sealed, VerifyingKey};
use operator::clock::SystemRng;
use operator::demo::DemoChild;
use wire::push::{Outcome, PushResponse};

pub(crate) struct Visit {
    pub(crate) id: VisitId,
    pub(crate) registered: Sealed,
    pub(crate) located: Sealed,
    pub(crate) note: Sealed,
}

/// The first child in whose care team the device's person is.
pub(crate) fn child_of<'a>(world: &'a World, device: &Device) -> &'a DemoChild {
    let person = device.person.to_string();
    world.demo.children.iter().find(|child| child.care_team.contains(&person)).unwrap()
}

pub(crate) fn visit(world: &World, device: &mut Device, child: &DemoChild) -> Visit {
    let (id, capture) = (device.visit_id(), CaptureId::random(&SystemRng));
    let now_ms = world.clock.utc_ms();
    let registered = VisitRegistered {
        child: child.child.parse().unwrap(),
        specialist: device.person,
        organisation: world.demo.operator.organisation.parse().unwrap(),
        place: child.place.as_ref().map(|place| place.parse().unwrap()),
        service: "speech-therapy".into(),
        outcome: VisitOutcome::Held,
        started_at_ms: now_ms,
        finished_at_ms: None,
        offset_min: 300,
        late: None,
        capture: Some(capture),
        warned: None,
    };
    let located = VisitLocated {
        capture,
        moment: LocationMoment::Registered,
        outcome: LocationOutcome::Fix(Fix {
            lat_e7: child.lat_e7.unwrap() + 1_000,
            lon_e7: child.lon_e7.unwrap(),
            accuracy_dm: Some(120),
            fixed_at_ms: Some(now_ms),
            source: FixSource::Gnss,
            mock: None,
        }),
        began_at_ms: now_ms,
        ended_at_ms: now_ms,
        ended_by: CaptureEnd::GoodFix,
    };
    let note = VisitNoted {
        purpose: NotePurpose::Care, text: "Дыбыстарды қайталадық".into(), about: None
    };
    Visit {
        id,
        registered: device.seal(id, registered),
        located: device.seal(id, located),
        note: device.seal(id, note),
    }
}

/// Checks every proof of an answer and derives each receipt, as a device does.
fn prove(answer: &PushResponse, statements: &[Sealed], operator: &VerifyingKey) -> usize {
    let mut proven = 0;
    for registration in &answer.registrations {
        let at = |leaf_index: u64| {
            let at = answer.outcomes.iter().position(|outcome| outcome.leaf_index() == Some(leaf_index));
            &statements[at.unwrap()].bytes
        };
        let places = registration.first_leaf..registration.first_leaf + registration.count;
        let leaves: Vec<_> = places.clone().map(|leaf_index| leaf_hash(at(leaf_index))).collect();
        let range =
            prove_range(&leaves, places.start, registration.tree_size, &registration.proof, places.clone())
                .unwrap();
        let head = TreeHead::verify(&registration.head, range.root, operator).unwrap();
        assert_eq!(head.tree_size, registration.tree_size);
        for (leaf_index, path) in places.zip(&range.paths) {
            let receipt = head.receipt(leaf_index, path).unwrap();
            assert_eq!(verify_receipt(&receipt, at(leaf_index), operator).unwrap().leaf_index, leaf_index);
            proven += 1;
        }
    }
    proven
}

fn flags(response: &PushResponse) -> Vec<Vec<Flag>> {
    let flags = |outcome: &Outcome| match outcome {
        Outcome::Registered { flags, .. }
        | Outcome::AlreadyHave { flags, .. }
        | Outcome::Fork { flags, .. } => flags.clone(),
        other => panic!("not registered: {other:?}"),
    };
    response.outcomes.iter().map(flags).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_travels_from_the_specialist_to_everybody_who_may_see_it() {
    let world = world().await;
    let operator = operator_key(&world);
    let mut specialist = world.ready_device_of(world.named("Сәрсенбаева")).await;
    let child = child_of(&world, &specialist);
    let visit = visit(&world, &mut specialist, child);
    let statements = [visit.registered.clone(), visit.located.clone(), visit.note.clone()];

    let first = specialist.push(&statements).await.unwrap();
    assert_eq!(flags(&first), [vec![], vec![], vec![]], "nothing for a person to look at");
    assert_eq!(first.next_seq, specialist.series.next_seq);
    assert_eq!(prove(&first, &statements, &operator), 3, "each has its receipt");

    // I2: pushing twice equals pushing once.
    let size = world.instance.read().unwrap().log_size().unwrap();
    let second = specialist.push(&statements).await.unwrap();
    assert_eq!(second.registrations, first.registrations, "the same proof under the same head");
    assert!(second.outcomes.iter().all(|outcome| matches!(outcome, Outcome::AlreadyHave { .. })));
    assert_eq!(world.instance.read().unwrap().log_size().unwrap(), size);

    // The parent sees the visit and the note, and confirms.
    let person =
        world.demo.people.iter().find(|person| child.representatives.contains(&person.person)).unwrap();
    let mut parent = world.ready_device_of(person).await;
    let pulled = parent.pull_all().await;
    assert!(pulled.find(visit.registered.id).unwrap().content.is_some());
    assert!(pulled.find(visit.note.id).unwrap().content.is_some());
    let confirmed = VisitConfirmed {
        basis: visit.registered.id,
        representative: parent.person,
        answered_at_ms: world.clock.utc_ms(),
        capture: None,
    };
    let confirmed = parent.seal(visit.id, confirmed);
    assert_eq!(flags(&parent.push(std::slice::from_ref(&confirmed)).await.unwrap()), [vec![]]);

    // The coordinator sees visit, position and confirmation; of the care note only that it is there.
    let mut coordinator = world.ready_device_of(world.person(&["coordinator"])).await;
    let pulled = coordinator.pull_all().await;
    for seen in [&visit.registered, &visit.located, &confirmed] {
        assert!(pulled.find(seen.id).unwrap().content.is_some());
    }
    let note = pulled.find(visit.note.id).expect("the envelope is there");
    assert_eq!(note.content, None, "a coordinator never sees what a care note says");
    let reviewed = VisitReviewed {
        basis: visit.registered.id,
        decision: ReviewDecision::Accepted,
        reason: ReviewReason::InOrder,
        flags_seen: Vec::new(),
        reviewed_at_ms: world.clock.utc_ms(),
    };
    let reviewed = coordinator.seal(visit.id, reviewed);
    assert_eq!(flags(&coordinator.push(std::slice::from_ref(&reviewed)).await.unwrap()), [vec![]]);

    // Both come back to the specialist; the own statements do not.
    let pulled = specialist.pull_all().await;
    assert!(pulled.find(reviewed.id).is_some() && pulled.find(confirmed.id).is_some());
    assert!(pulled.find(visit.registered.id).is_none(), "the device has its own statements");
    let checkpoint = pulled.last.unwrap().checkpoint.unwrap();
    let head = TreeHead::verify(&checkpoint.head, checkpoint.root, &operator).unwrap();
    assert_eq!(head.tree_size, world.instance.read().unwrap().log_size().unwrap());
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn before_the_agreement_a_person_gets_no_child() {
    let world = world().await;
    let specialist = world.device_of(world.named("Сәрсенбаева")).await;
    let pulled = specialist.pull_all().await;
    let id = specialist.person;
    assert_eq!(
        pulled.scopes,
        [Scope::Operator, Scope::Person(id), Scope::Card(id), Scope::Contact(id), Scope::Identity(id)]
    );
    let about_children = pulled.contents().into_iter().filter(|content| {
        matches!(content, Content::CareTeamChanged(_) | Content::RepresentationChanged(_))
            || matches!(content, Content::RecordChanged(changed) if changed.record != domain::content::RecordKind::Person)
    });
    assert_eq!(about_children.count(), 0);
    assert!(pulled.contents().iter().any(|content| matches!(content, Content::AgreementPublished(_))));

    let specialist = world.ready_device_of(world.named("Жақыпбеков")).await;
    let scopes = specialist.pull_all().await.scopes;
    let team = |child: &DemoChild| child.care_team.contains(&specialist.person.to_string());
    for child in &world.demo.children {
        let id: ChildId = child.child.parse().unwrap();
        assert_eq!(scopes.contains(&Scope::Child(id)), team(child), "only children of the own care teams");
        assert_eq!(scopes.contains(&Scope::Team(id)), team(child));
        assert!(!scopes.contains(&Scope::Family(id)) && !scopes.contains(&Scope::ChildIdentity(id)));
    }
    world.server.stop().await.unwrap();
}
