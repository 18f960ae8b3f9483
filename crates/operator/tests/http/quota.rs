//! What a device may send: what is kept counts for its author by the day, what comes in vain by the hour.

use domain::Rng as _;
use domain::content::{NotePurpose, VisitNoted};
use journal::Sealed;
use operator::clock::SystemRng;
use wire::courier::CourierOutcome;
use wire::problem::ProblemCode;
use wire::push::{Outcome, PushItem};

use crate::courier::{deliver, parcel};
use crate::device::{Device, Refused, World, world_with};

const HOUR_S: u64 = 3_601;

/// Notes that stay as long as they are on the wire, some 45 KB each.
fn heavy(device: &mut Device, count: usize) -> Vec<Sealed> {
    let note = |_| {
        let mut bytes = vec![0; 45_000];
        SystemRng.fill(&mut bytes);
        let text = data_encoding::BASE64.encode(&bytes);
        device.seal(device.visit_id(), VisitNoted { purpose: NotePurpose::Care, text, about: None })
    };
    (0..count).map(note).collect()
}

fn wait_s(refused: &Refused) -> u64 {
    assert_eq!(refused.problem.code, ProblemCode::TooManyRequests);
    refused.headers["retry-after"].to_str().unwrap().parse().unwrap()
}

/// A world in which a device may send one MiB a day.
async fn small() -> World {
    world_with(|config| config.device_day_mib = 1).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_repeated_in_vain_costs_an_hour_and_never_the_day() {
    let world = small().await;
    let mut device = world.device_of(world.named("Сәрсенбаева")).await;
    let sealed = heavy(&mut device, 7);
    let (first, rest) = (&sealed[..1], &sealed[1..]);
    // The first is on its way by somebody else's hands, say.
    let mut refused = None;
    for attempt in 0..9 {
        match device.push(rest).await {
            Ok(answer) => assert!(matches!(answer.outcomes[0], Outcome::Gap { .. }), "{attempt}"),
            Err(error) => {
                refused = Some((attempt, wait_s(&error)));
                break;
            }
        }
    }
    let (attempts, wait_s) = refused.expect("a flood of them is stopped");
    assert!(attempts >= 2, "{attempts}");
    assert!(wait_s <= HOUR_S, "an hour, not a day: {wait_s}");
    let other = world.device_of(world.named("Жақыпбеков")).await;
    let nothing_of_others = parcel(&world, &device, first.iter().map(Device::item).collect());
    assert_eq!(deliver(&other, &nothing_of_others).await.unwrap(), CourierOutcome::Taken);
    world.server.stop().await.unwrap();
}

/// What is refused is kept as it came, so anew it counts by the day; the same once more takes no room.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_refused_anew_counts_by_the_day_and_its_repeats_by_the_hour() {
    let world = small().await;
    let mut device = world.device_of(world.named("Сәрсенбаева")).await;
    let damaged = |sealed: &Sealed| PushItem {
        content: sealed.content.iter().rev().copied().collect(),
        ..Device::item(sealed)
    };
    let day: Vec<PushItem> = heavy(&mut device, 40).iter().map(damaged).collect();
    let mut refused = None;
    for item in &day {
        match device.push_items(vec![item.clone()]).await {
            Ok(answer) => assert!(matches!(answer.outcomes[0], Outcome::Refused { .. })),
            Err(error) => {
                refused = Some(wait_s(&error));
                break;
            }
        }
    }
    assert!(refused.expect("the day is full of them") > HOUR_S);
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parcel_counts_for_its_author_and_not_for_who_brings_it() {
    let world = small().await;
    let mut author = world.device_of(world.named("Сәрсенбаева")).await;
    let mut carrier = world.device_of(world.named("Жақыпбеков")).await;
    let sealed = heavy(&mut author, 24);
    let items = |range: std::ops::Range<usize>| sealed[range].iter().map(Device::item).collect();
    let (first, second) = (parcel(&world, &author, items(0..15)), parcel(&world, &author, items(15..24)));
    assert!(first.len() > 500_000 && first.len() + second.len() > 1 << 20, "{}", first.len());
    let size = || world.instance.read().unwrap().log_size().unwrap();
    let before = size();
    assert_eq!(deliver(&carrier, &first).await.unwrap(), CourierOutcome::Taken);
    assert_eq!(size(), before + 15);
    assert_eq!(deliver(&carrier, &second).await.unwrap(), CourierOutcome::Early, "its author's day is full");
    assert_eq!(size(), before + 15, "nothing of it was taken");
    let refused = author.push(&sealed[15..]).await.unwrap_err();
    assert!(wait_s(&refused) > HOUR_S, "nor does the author get round it");
    let own = heavy(&mut carrier, 9);
    let answer = carrier.push(&own).await.expect("the carrier's own day is as it was");
    assert!(answer.outcomes.iter().all(|outcome| matches!(outcome, Outcome::Registered { .. })));
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_brings_a_parcel_again_and_again_fills_nobody_elses_day() {
    let world = small().await;
    let mut author = world.device_of(world.named("Сәрсенбаева")).await;
    let mut carrier = world.device_of(world.named("Жақыпбеков")).await;
    let sealed = heavy(&mut author, 12);
    let first = parcel(&world, &author, sealed[..6].iter().map(Device::item).collect());
    let mut taken_count = 0;
    let refused = loop {
        match deliver(&carrier, &first).await {
            Ok(outcome) => assert_eq!(outcome, CourierOutcome::Taken),
            Err(refused) => break refused,
        }
        taken_count += 1;
        assert!(taken_count < 20, "a flood is stopped");
    };
    assert!(wait_s(&refused) <= HOUR_S);
    author.push(&sealed[6..]).await.expect("it counted once for its author");
    // What is carried in vain has an hour of its own: the carrier's visits do not wait for it.
    let own = heavy(&mut carrier, 9);
    carrier.push(&own).await.expect("nor is the carrier kept out");
    world.server.stop().await.unwrap();
}
