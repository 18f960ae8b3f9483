//! What a visit costs on the wire.

use domain::content::{
    CaptureEnd, Fix, FixSource, LocationMoment, LocationOutcome, VisitLocated, VisitOutcome, VisitRegistered,
};
use domain::id::CaptureId;
use domain::{Clock as _, Rng};
use journal::Sealed;
use operator::clock::SystemRng;
use operator::demo::DemoChild;
use serde::Serialize;
use wire::pull::PullRequest;
use wire::push::{MAX_ITEMS, PushRequest};

use crate::device::{Device, World, world};

/// Most bytes that a visit may cost, both ways together: two statements with two signatures.
const MOST_BYTES: usize = 260;
/// Most bytes of the push of a single visit, as it is made at each door with a network.
const MOST_ALONE_BYTES: usize = 1_000;
/// Visits of one full push.
const VISITS: usize = MAX_ITEMS / 2;

fn chance(below: u16) -> i32 {
    let rng: &dyn Rng = &SystemRng;
    let [high, low] = rng.array();
    i32::from(u16::from_be_bytes([high, low]) % below)
}

/// A visit of today at one of the children, at a position that is never the same twice.
fn visit(world: &World, device: &mut Device, child: &DemoChild) -> [Sealed; 2] {
    world.clock.advance(i64::from(20 * 60_000 + chance(40_000) * 17));
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
    let registered = device.seal(id, registered);
    world.clock.advance(i64::from(800 + chance(9_000)));
    let fix = Fix {
        lat_e7: 511_607_200 + chance(5_000),
        lon_e7: 714_706_500 + chance(5_000),
        accuracy_dm: Some(u32::try_from(40 + chance(300)).unwrap()),
        fixed_at_ms: Some(world.clock.utc_ms() - i64::from(chance(700))),
        source: FixSource::Gnss,
        mock: None,
    };
    let located = VisitLocated {
        capture,
        moment: LocationMoment::Registered,
        outcome: LocationOutcome::Fix(fix),
        began_at_ms: now_ms,
        ended_at_ms: world.clock.utc_ms(),
        ended_by: CaptureEnd::GoodFix,
    };
    [registered, device.seal(id, located)]
}

fn size<T: Serialize>(body: &T) -> usize {
    wire::body::encode(body).unwrap().bytes.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_costs_few_bytes_both_ways() {
    let world = world().await;
    let coordinator = world.ready_device_of(world.person(&["coordinator"])).await;
    let mut specialist = world.ready_device_of(world.named("Сәрсенбаева")).await;
    let person = specialist.person.to_string();
    let children: Vec<_> =
        world.demo.children.iter().filter(|child| child.care_team.contains(&person)).collect();
    let mut sealed = Vec::new();
    for number in 0..VISITS {
        sealed.extend(visit(&world, &mut specialist, children[number % children.len()]));
    }
    let items = sealed.iter().map(Device::item).collect();
    let request = PushRequest { items, known_tree_size: 0 };
    let answer = specialist.push_items(request.items.clone()).await.unwrap();
    let alone = PushRequest { items: request.items[..2].to_vec(), known_tree_size: 0 };
    println!("a visit alone: {} bytes up", size(&alone));
    assert!(size(&alone) <= MOST_ALONE_BYTES);
    let (up, down) = (size(&request) / VISITS, size(&answer) / VISITS);
    println!("push: {up} bytes a visit up, {down} down");
    assert!(up + down <= MOST_BYTES, "{up} + {down}");

    let mut request = PullRequest {
        scopes_version: None,
        cursor: 0,
        backfill: None,
        known_tree_size: 0,
        urgent_cursor: 0,
        behind: None,
        limit: wire::pull::MAX_ITEMS,
    };
    request.scopes_version = Some(coordinator.pull(&request).await.unwrap().scopes_version);
    // What was there before is not what a visit costs.
    request.cursor = answer.registrations[0].first_leaf;
    request.urgent_cursor = request.cursor;
    let page = coordinator.pull(&request).await.unwrap();
    let about: Vec<_> = page.items.iter().filter(|item| item.content.is_some()).collect();
    assert!(about.len() >= 2 * VISITS, "the coordinator is shown each: {}", about.len());
    let (up, down) = (size(&request) / VISITS, size(&page) / VISITS);
    println!("pull: {up} bytes a visit up, {down} down");
    assert!(up + down <= MOST_BYTES, "{up} + {down}");
    world.server.stop().await.unwrap();
}
