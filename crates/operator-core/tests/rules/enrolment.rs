use domain::agreement::AgreementKind;
use domain::content::{Content, DeviceEnrolled, VisitConfirmed};
use domain::flag::Flag;
use domain::id::{DeviceId, PersonId};
use domain::{Clock as _, Rng};
use journal::seal::Stamp;
use journal::{Draft, Sealed, SeriesHead, SigningKey, seal};
use operator_core::activation::{FreshCode, end_all};
use operator_core::enrol::{EnrolRefusal, answer, enrol, prepare, reserve};
use operator_core::store::Store as _;
use wire::activation::{ActivationCode, LIFETIME_H, MAX_ERRORS};
use wire::enrol::{EnrolRequest, EnrolResponse};

use crate::world::{Device, TEXT, World};

fn issue(world: &World, person: PersonId) -> ActivationCode {
    issue_on(world, person, None)
}

fn issue_on(world: &World, person: PersonId, host: Option<PersonId>) -> ActivationCode {
    let operator = world.operator();
    let fresh = FreshCode::make(operator.rng).unwrap();
    assert!(
        operator
            .transact(&world.store, |txn| fresh.keep(txn, person, host, operator.clock.utc_ms()))
            .unwrap()
    );
    fresh.code
}

fn first(world: &World, key: &SigningKey, code: &ActivationCode) -> Sealed {
    let enrolled = DeviceEnrolled {
        key: key.verifying_key().to_cose_key(),
        activation: code.lookup().into(),
        platform: "linux".into(),
        app_version: "test".into(),
    };
    let rng: &dyn Rng = &world.rng;
    let draft = Draft::new(DeviceId::random(rng), enrolled);
    seal(&draft, &SeriesHead::EMPTY, Stamp::now(&world.clock, None), rng.array(), key).unwrap()
}

fn request(code: &ActivationCode, sealed: &Sealed) -> EnrolRequest {
    EnrolRequest {
        lookup: code.lookup().into(),
        secret: code.secret().expose().clone(),
        statement: sealed.bytes.clone(),
        content: sealed.content.clone(),
    }
}

fn send(world: &World, request: &EnrolRequest) -> Result<EnrolResponse, EnrolRefusal> {
    let operator = world.operator();
    let activation = operator.transact(&world.store, |txn| reserve(txn, request)).unwrap()?;
    let prepared = prepare(activation, request).unwrap();
    let enrolled = operator.transact(&world.store, |txn| enrol(txn, &operator, &prepared)).unwrap()?;
    Ok(answer(world.store.read().unwrap().as_ref(), &enrolled).unwrap())
}

#[test]
fn a_code_binds_one_device_and_a_repeat_gets_the_same_answer() {
    let world = World::new();
    let code = issue(&world, world.specialist);
    let key = SigningKey::generate(&world.rng);
    let sealed = first(&world, &key, &code);
    let response = send(&world, &request(&code, &sealed)).unwrap();
    let leaf = world.store.read().unwrap().entry_by_id(sealed.id).unwrap().unwrap().leaf_index;
    assert_eq!((response.registration.first_leaf, response.registration.count), (leaf, 1));
    let bound = world.store.read().unwrap().bound_key(key.id()).unwrap().unwrap();
    assert_eq!((bound.person, bound.device), (world.specialist, sealed.header.subject.into()));

    world.clock.advance(LIFETIME_H * 3_600_000 * 2);
    assert_eq!(send(&world, &request(&code, &sealed)).unwrap(), response, "a lost answer is given again");
    let other = first(&world, &SigningKey::generate(&world.rng), &code);
    assert_eq!(send(&world, &request(&code, &other)), Err(EnrolRefusal::UsedCode));
}

#[test]
fn a_code_dies_after_five_wrong_secrets() {
    let world = World::new();
    let code = issue(&world, world.specialist);
    let sealed = first(&world, &SigningKey::generate(&world.rng), &code);
    let good = request(&code, &sealed);
    let wrong = EnrolRequest { secret: "000000000000".into(), ..good.clone() };
    for _ in 0..MAX_ERRORS {
        assert_eq!(send(&world, &wrong), Err(EnrolRefusal::UnknownCode));
    }
    assert_eq!(send(&world, &good), Err(EnrolRefusal::UnknownCode), "also for whoever knows the secret");
    let operator = world.operator();
    let reserved = operator.transact(&world.store, |txn| reserve(txn, &good)).unwrap();
    assert_eq!(reserved, Err(EnrolRefusal::UnknownCode), "and nothing is hashed for it");
}

#[test]
fn requests_at_once_have_no_more_tries_than_one_after_another() {
    let world = World::new();
    let code = issue(&world, world.specialist);
    let good = request(&code, &first(&world, &SigningKey::generate(&world.rng), &code));
    let operator = world.operator();
    let reserved = || operator.transact(&world.store, |txn| reserve(txn, &good)).unwrap();
    let begun: Vec<_> = (0..10).filter_map(|_| reserved().ok()).collect();
    assert_eq!(begun.len(), MAX_ERRORS as usize, "each is counted before it is hashed");
    let prepared = prepare(begun[0].clone(), &good).unwrap();
    operator.transact(&world.store, |txn| enrol(txn, &operator, &prepared)).unwrap().unwrap();
}

#[test]
fn only_who_knows_the_secret_learns_what_became_of_a_code() {
    let world = World::new();
    let code = issue(&world, world.specialist);
    let good = request(&code, &first(&world, &SigningKey::generate(&world.rng), &code));
    let wrong = EnrolRequest { secret: "000000000000".into(), ..good.clone() };
    world.clock.advance(LIFETIME_H * 3_600_000);
    assert_eq!(send(&world, &wrong), Err(EnrolRefusal::UnknownCode));
    assert_eq!(send(&world, &good), Err(EnrolRefusal::ExpiredCode));
}

#[test]
fn a_new_code_ends_those_before_it() {
    let world = World::new();
    let (lost, others) = (issue(&world, world.specialist), issue(&world, world.parent));
    let code = issue(&world, world.specialist);
    let enrol_with = |code: &ActivationCode| {
        send(&world, &request(code, &first(&world, &SigningKey::generate(&world.rng), code)))
    };
    assert_eq!(enrol_with(&lost), Err(EnrolRefusal::ExpiredCode));
    assert!(enrol_with(&code).is_ok());
    assert!(enrol_with(&others).is_ok(), "those of other people live on");
}

#[test]
fn a_code_lives_72_hours_and_ends_with_the_person() {
    let world = World::new();
    let code = issue(&world, world.specialist);
    let sealed = first(&world, &SigningKey::generate(&world.rng), &code);
    world.clock.advance(LIFETIME_H * 3_600_000);
    assert_eq!(send(&world, &request(&code, &sealed)), Err(EnrolRefusal::ExpiredCode));

    let code = issue(&world, world.parent);
    let sealed = first(&world, &SigningKey::generate(&world.rng), &code);
    let operator = world.operator();
    operator.transact(&world.store, |txn| end_all(txn, world.parent, operator.clock.utc_ms())).unwrap();
    assert_eq!(send(&world, &request(&code, &sealed)), Err(EnrolRefusal::ExpiredCode));
}

#[test]
fn only_the_first_statement_of_a_new_key_for_this_code_enrols() {
    let world = World::new();
    let (code, other) = (issue(&world, world.specialist), issue(&world, world.colleague));
    let key = SigningKey::generate(&world.rng);
    let sealed = first(&world, &key, &code);
    let good = request(&code, &sealed);
    let named_other = first(&world, &key, &other);
    let mut damaged = good.clone();
    *damaged.statement.last_mut().unwrap() ^= 1;
    for wrong in [request(&code, &named_other), damaged, EnrolRequest { content: vec![0xa0], ..good.clone() }]
    {
        assert_eq!(send(&world, &wrong), Err(EnrolRefusal::BadStatement));
    }
    send(&world, &good).unwrap();
    let again = first(&world, &key, &other);
    assert_eq!(
        send(&world, &request(&other, &again)),
        Err(EnrolRefusal::BadStatement),
        "a key is bound once"
    );
    let unknown = EnrolRequest { lookup: "ZZZZ".into(), ..good };
    assert_eq!(send(&world, &unknown), Err(EnrolRefusal::UnknownCode));
}

#[test]
fn the_secret_is_kept_nowhere() {
    let world = World::new();
    let code = issue(&world, world.specialist);
    let kept = world.store.read().unwrap().activation(code.lookup()).unwrap().unwrap();
    assert!(!format!("{kept:?}").contains(code.secret().expose()));
}

#[test]
fn whose_key_was_bound_for_the_specialists_device_cannot_hide_it() {
    let world = World::new();
    let code = issue_on(&world, world.parent, Some(world.specialist));
    let key = SigningKey::generate(&world.rng);
    let sealed = first(&world, &key, &code);
    let response = send(&world, &request(&code, &sealed)).unwrap();
    let bound = journal::codec::decode(domain::Kind::DeviceBound, &response.bound.content).unwrap();
    let Content::DeviceBound(bound) = bound else { panic!("device-bound") };
    assert_eq!((bound.person, bound.host), (world.parent, Some(world.specialist)));

    let (id, series) = (sealed.header.subject.into(), SeriesHead::EMPTY.after(sealed.id));
    let mut guest = Device { world: &world, key, id, person: world.parent, series, beacon: None };
    assert_eq!(guest.say(world.parent, world.acceptance(AgreementKind::Subject, 1, TEXT)), []);
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let mut colleague = world.ready(world.colleague, AgreementKind::Specialist);
    for (device, flags) in [(&mut specialist, vec![Flag::OneDevice]), (&mut colleague, vec![])] {
        let (visit, registered) = (device.visit_id(), world.visit_by(device.person, world.child));
        let registered = device.seal(visit, registered);
        device.deliver(&registered);
        // Each device of the tests has an epoch of its own: the app said nothing of the device that it runs on.
        let (representative, answered_at_ms) = (world.parent, world.clock.utc_ms());
        let answer = VisitConfirmed { basis: registered.id, representative, answered_at_ms, capture: None };
        assert_eq!(guest.say(visit, answer), flags, "of the host's own visits");
    }
}
