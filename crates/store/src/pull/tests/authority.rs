//! Whose word counts for what.

use domain::content::{
    Engagement, KeyCompromised, MemberChanged, RepresentationBasis, RepresentationChanged, Role,
};
use domain::id::SubjectId;

use super::*;
use crate::testing::{ORGANISATION, agreement_accepted};

#[test]
fn authority_is_the_operators_alone() {
    let (mut operator, _, parent, _) = scene();
    let before = parent.shown();
    let key = signing_key(0x81);
    let name =
        RecordData::Name { surname: "Жалған".into(), given: "Есім".into(), patronymic: None };
    for (subject, content) in [
        (CHILD.into(), Draft::new(CHILD, RecordChanged { record: RecordKind::Child, data: name })),
        (
            COORDINATOR.into(),
            Draft::new(
                COORDINATOR,
                MemberChanged {
                    organisation: ORGANISATION,
                    role: Role::Specialist,
                    engagement: Engagement::Employee,
                    position_kk: "Жалған".into(),
                    position_ru: "Ложь".into(),
                    from_ms: 0,
                    to_ms: None,
                },
            ),
        ),
    ] as [(SubjectId, Draft); 2]
    {
        assert_eq!(subject, content.subject);
        operator.state_as(&key, &content, &[Scope::Child(CHILD), Scope::Card(COORDINATOR)]);
    }
    let applied = parent.pull(&operator);
    assert_eq!((applied.new_count, applied.rejected_count), (2, 0), "kept, because it is signed");
    assert_eq!(parent.shown(), before, "and without effect");
}

#[test]
fn an_acceptance_by_a_strangers_key_is_nobodys() {
    let (mut operator, specialist, ..) = scene();
    let (stranger, key) = (PersonId::from_bytes([0x15; 16]), signing_key(0x85));
    operator.grant(SPECIALIST, [Scope::Card(stranger)]);
    specialist.pull(&operator);
    operator.bind(DeviceId::from_bytes([0x85; 16]), &key.verifying_key().to_cose_key(), stranger);
    operator.state_as(&key, &agreement_accepted(SPECIALIST), &[Scope::Person(SPECIALIST)]);
    let request = specialist.store.pull_request(100).unwrap();
    let good = operator.pull(&request, SPECIALIST);
    let mut page = good.clone();
    for item in page.items.iter_mut().filter(|item| item.scopes.contains(&Scope::Card(stranger))) {
        item.scopes = vec![Scope::Card(PersonId::from_bytes([0x99; 16]))];
    }
    specialist.store.apply_pull(&request, page.into()).unwrap();
    let accepted = |device: &TestDevice| device.store.read(|reader| reader.acceptances(SPECIALIST)).unwrap();
    assert_eq!(accepted(&specialist), [], "a binding that is not for this reader binds nothing");
    let believed =
        "SELECT count(*) FROM foreign_statement WHERE kind = 'agreement-accepted' AND believed = 1";
    assert_eq!(count(&specialist, believed), 0, "held for want of a key that is known here");
    let second = TestDevice::bound(&mut operator, SPECIALIST, 0x92);
    second.pull(&operator);
    assert_eq!(
        (count(&second, believed), accepted(&second)),
        (1, vec![]),
        "nor does it where the key is known"
    );
}

#[test]
fn who_may_not_answer_or_review_counts_for_nothing_until_the_operator_says_so() {
    let (mut operator, specialist, parent, coordinator) = scene();
    let (stranger, key) = (PersonId::from_bytes([0x16; 16]), signing_key(0x86));
    operator.bind(DeviceId::from_bytes([0x86; 16]), &key.verifying_key().to_cose_key(), stranger);
    let (id, basis) = (visit(1, SPECIALIST, CHILD).0, shown(&parent, 1).unwrap().basis);
    let scopes = [Scope::Family(CHILD), Scope::Person(SPECIALIST), Scope::Organisation(ORGANISATION)];
    let confirmed = VisitConfirmed { basis, representative: stranger, answered_at_ms: 5, capture: None };
    let reviewed = VisitReviewed {
        basis,
        decision: ReviewDecision::Accepted,
        reason: ReviewReason::InOrder,
        flags_seen: Vec::new(),
        reviewed_at_ms: 6,
    };
    operator.state_as(&key, &Draft::new(id, confirmed), &scopes);
    operator.state_as(&key, &Draft::new(id, reviewed), &scopes);
    let devices = [&specialist, &parent, &coordinator];
    for device in devices {
        operator.grant(device.person(), [Scope::Card(stranger)]);
        device.pull(&operator);
        let visit = shown(device, 1).unwrap();
        assert_eq!((visit.confirmation, visit.review), (Confirmation::None, Review::Open));
    }
    let representation = RepresentationChanged {
        representative: stranger,
        basis: RepresentationBasis::Parent,
        from_ms: 0,
        to_ms: Some(1),
    };
    operator.state(CHILD, representation);
    let member = MemberChanged {
        organisation: ORGANISATION,
        role: Role::Coordinator,
        engagement: Engagement::Employee,
        position_kk: "Үйлестіруші".into(),
        position_ru: "Координатор".into(),
        from_ms: 0,
        to_ms: Some(1),
    };
    operator.state(stranger, member);
    for device in devices {
        device.pull(&operator);
        let visit = shown(device, 1).unwrap();
        assert_eq!(visit.confirmation, Confirmation::Confirmed, "who was one once may have answered then");
        assert_eq!(visit.review, Review::Accepted(ReviewReason::InOrder));
        let before = device.shown();
        device.store.rebuild().unwrap();
        assert_eq!(device.shown(), before);
    }
}

#[test]
fn an_answer_that_the_operator_flags_as_without_authority_does_not_count() {
    let (mut operator, _, parent, coordinator) = scene();
    let basis = shown(&parent, 1).unwrap().basis;
    let id = visit(1, SPECIALIST, CHILD).0;
    let confirmed = VisitConfirmed { basis, representative: PARENT, answered_at_ms: 5, capture: None };
    parent.state(&[Draft::new(id, confirmed)]);
    assert_eq!(shown(&parent, 1).unwrap().confirmation, Confirmation::Confirmed);
    operator.flags = vec![Flag::NoAuthority];
    parent.push(&mut operator);
    coordinator.pull(&operator);
    for device in [&parent, &coordinator] {
        let visit = shown(device, 1).unwrap();
        assert_eq!(visit.confirmation, Confirmation::None);
        assert!(visit.flags.contains(&Flag::NoAuthority), "a person may look at it");
    }
}

#[test]
fn a_revoked_key_ends_no_other_key_of_its_person() {
    let (mut operator, _, parent, _) = scene();
    let (thief, device) = (signing_key(0x85), DeviceId::from_bytes([0x85; 16]));
    let good = signing_key(0x81).id();
    operator.bind(device, &thief.verifying_key().to_cose_key(), SPECIALIST);
    let compromised = Draft::new(DeviceId::from_bytes([0x81; 16]), KeyCompromised { key: good, since_ms: 0 });
    // As the operator finds it once that key is revoked, and changes nothing by it.
    operator.flags = vec![Flag::KeyRevoked];
    operator.state_as(&thief, &compromised, &[Scope::Card(SPECIALIST)]);
    operator.flags.clear();
    let in_force = |parent: &TestDevice, key| {
        parent.store.read(|reader| reader.key_owner(key)).unwrap().map(|owner| owner.in_force)
    };
    assert_eq!(parent.pull(&operator).rejected_count, 0);
    assert_eq!(in_force(&parent, thief.id()), Some(true), "the parent knows both keys");
    assert_eq!(in_force(&parent, good), Some(true), "whoever found the lost phone ends no good key");
}

#[test]
fn a_registration_under_the_id_of_another_keys_visit_is_no_visit_even_when_the_operator_lets_it_through() {
    let (mut operator, specialist, parent, _) = scene();
    let (id, registered) = visit(2, SPECIALIST, CHILD);
    let colleague = PersonId::from_bytes([0x14; 16]);
    let key = signing_key(0x84);
    operator.bind(DeviceId::from_bytes([0x84; 16]), &key.verifying_key().to_cose_key(), colleague);
    operator.grant(PARENT, [Scope::Card(colleague)]);
    let taken = Draft::new(id, visit(2, colleague, CHILD).1.content);
    operator.state_as(&key, &taken, &[Scope::Family(CHILD), Scope::Team(CHILD)]);
    for _ in 0..2 {
        parent.pull(&operator);
    }
    assert_eq!(shown(&parent, 2), None);
    specialist.state(&[registered]);
    specialist.push(&mut operator);
    parent.pull(&operator);
    assert_eq!(shown(&parent, 2).unwrap().specialist, SPECIALIST);
}
