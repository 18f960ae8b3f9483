//! Parcels over a real connection: in which order they come, who may bring them, and that a flood of them is stopped.

use domain::Clock as _;
use domain::content::VisitFinished;
use journal::Sealed;
use operator::courier::{CourierKeys, examine, renew};
use operator_core::Store as _;
use wire::courier::{
    CourierOutcome, CourierRefusal, CourierRequest, CourierResponse, Letter, MAX_PARCEL_BYTES, Outside,
};
use wire::problem::ProblemCode;
use wire::push::{Outcome, PushItem};

use crate::device::{Device, Refused, World, operator_key, world};

fn finished(device: &mut Device) -> Sealed {
    device.seal(device.visit_id(), VisitFinished { finished_at_ms: 1 })
}

/// A parcel of these items, signed by a device.
pub(crate) fn parcel(world: &World, signer: &Device, items: Vec<PushItem>) -> Vec<u8> {
    let keys = CourierKeys::of(&world.instance.folder).read().unwrap();
    let courier_key = keys.last().unwrap().public();
    let sealed_at_s = world.clock.utc_ms().div_euclid(1_000);
    let outside = Outside { operator: operator_key(world).id(), courier_key, sealed_at_s };
    let letter = Letter::write(&outside, items, &signer.key).unwrap();
    let sealed = recovery::courier::seal(&letter, courier_key, &outside.associated_data()).unwrap();
    outside.parcel(sealed.encapsulated, sealed.sealed).to_bytes()
}

pub(crate) async fn deliver(carrier: &Device, parcel: &[u8]) -> Result<CourierOutcome, Refused> {
    let request = CourierRequest { parcel: parcel.to_vec() };
    let response: CourierResponse = carrier.send(wire::path::COURIER, &request, true).await?;
    Ok(response.outcome)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_later_parcel_waits_for_the_earlier_one_and_each_counts_once() {
    let world = world().await;
    let mut author = world.device_of(world.named("Сәрсенбаева")).await;
    let carrier = world.device_of(world.named("Жақыпбеков")).await;
    let sealed: Vec<_> = (0..4).map(|_| finished(&mut author)).collect();
    let items: Vec<_> = sealed.iter().map(Device::item).collect();
    let [first, second] = [items[..2].to_vec(), items[2..].to_vec()].map(|run| parcel(&world, &author, run));
    let size = || world.instance.read().unwrap().log_size().unwrap();
    let before = size();
    assert_eq!(deliver(&carrier, &second).await.unwrap(), CourierOutcome::Early);
    assert_eq!(size(), before, "nothing happened");
    for parcel in [&first, &second, &first, &second] {
        assert_eq!(deliver(&carrier, parcel).await.unwrap(), CourierOutcome::Taken);
        assert!(size() <= before + 4);
    }
    let answer = author.push(&sealed).await.unwrap();
    let is_known = |outcome: &Outcome| matches!(outcome, Outcome::AlreadyHave { .. });
    assert!(answer.outcomes.iter().all(is_known), "the own push finds them: {:?}", answer.outcomes);
    assert_eq!(size(), before + 4);
    assert!(world.audit(world.instance.store.read().unwrap().as_ref()).findings.is_empty());
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_brings_statements_in_another_name() {
    let world = world().await;
    let mut author = world.device_of(world.named("Сәрсенбаева")).await;
    let thief = world.device_of(world.named("Жақыпбеков")).await;
    let stolen = Device::item(&finished(&mut author));
    let before = world.instance.read().unwrap().log_size().unwrap();
    // A letter of the thief with somebody else's statement: judged as the thief's own push of it.
    let outcome = deliver(&thief, &parcel(&world, &thief, vec![stolen.clone()])).await.unwrap();
    assert_eq!(outcome, CourierOutcome::Taken);
    let read = world.instance.store.read().unwrap();
    assert_eq!(read.log_size().unwrap(), before, "it is in nobody's series");
    let refused = read.refusals().unwrap();
    assert!(refused.iter().all(|item| item.key == thief.key.id()), "and recorded as the thief's");
    drop(read);
    // A changed byte, and somebody whom nobody knows.
    let mut changed = parcel(&world, &author, vec![stolen.clone()]);
    let last = changed.len() - 1;
    changed[last] ^= 1;
    let refusal = |outcome| match outcome {
        CourierOutcome::Refused { reason } => reason,
        other => panic!("{other:?}"),
    };
    let reason = refusal(deliver(&thief, &changed).await.unwrap());
    assert!([CourierRefusal::Altered, CourierRefusal::NotAParcel].contains(&reason), "{reason:?}");
    let stranger = Device::new(&world, world.named("Оспанова"));
    let unknown = parcel(&world, &stranger, vec![stolen.clone()]);
    assert_eq!(refusal(deliver(&thief, &unknown).await.unwrap()), CourierRefusal::UnknownAuthor);
    // The author's own parcel still goes, by whoever brings it.
    let genuine = parcel(&world, &author, vec![stolen]);
    assert_eq!(deliver(&thief, &genuine).await.unwrap(), CourierOutcome::Taken);
    assert_eq!(world.instance.read().unwrap().log_size().unwrap(), before + 1);
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_key_opens_what_was_sealed_to_it_and_a_destroyed_one_is_told() {
    let world = world().await;
    let mut author = world.device_of(world.named("Сәрсенбаева")).await;
    let items = [finished(&mut author), finished(&mut author)].map(|sealed| vec![Device::item(&sealed)]);
    let [first, second] = items;
    let old = parcel(&world, &author, first);
    renew(&world.instance).unwrap();
    let new = parcel(&world, &author, second);
    assert_eq!(deliver(&author, &old).await.unwrap(), CourierOutcome::Taken);
    assert_eq!(deliver(&author, &new).await.unwrap(), CourierOutcome::Taken);
    let keys = world.instance.folder.courier_keys();
    let text = std::fs::read_to_string(&keys).unwrap();
    std::fs::write(&keys, text.lines().last().unwrap()).unwrap();
    let refused = |parcel: &[u8]| examine(&world.instance, parcel).unwrap().err();
    assert_eq!((refused(&old), refused(&new)), (Some(CourierRefusal::TooOld), None));
    std::fs::write(&keys, "no key\n").unwrap();
    assert_eq!(deliver(&author, &new).await.unwrap_err().problem.code, ProblemCode::Unavailable);
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_bound_device_delivers_not_too_much_and_not_too_often() {
    let world = world().await;
    let carrier = world.device_of(world.named("Сәрсенбаева")).await;
    let request = CourierRequest { parcel: b"nothing".to_vec() };
    let unsigned: Result<CourierResponse, Refused> = carrier.send(wire::path::COURIER, &request, false).await;
    assert_eq!(unsigned.unwrap_err().problem.code, ProblemCode::Unsigned);
    let stranger = Device::new(&world, world.named("Жақыпбеков"));
    assert_eq!(deliver(&stranger, b"nothing").await.unwrap_err().problem.code, ProblemCode::UnknownKey);
    let not_one = CourierOutcome::Refused { reason: CourierRefusal::NotAParcel };
    let too_large = CourierOutcome::Refused { reason: CourierRefusal::TooLarge };
    assert_eq!(deliver(&carrier, &vec![0; MAX_PARCEL_BYTES + 1]).await.unwrap(), too_large);
    for _ in 1..60 {
        assert_eq!(deliver(&carrier, b"nothing").await.unwrap(), not_one);
    }
    let flooded = deliver(&carrier, b"nothing").await.unwrap_err();
    assert_eq!(flooded.problem.code, ProblemCode::TooManyRequests);
    assert!(flooded.headers.contains_key("retry-after"));
    world.server.stop().await.unwrap();
}
