use domain::Clock as _;
use domain::content::VisitFinished;
use wire::auth::{CLOCK_SKEW_S, LIFETIME_S};
use wire::path::{PULL, PUSH};
use wire::problem::ProblemCode;
use wire::push::{PushRequest, PushResponse};

use crate::device::{Device, world};

fn encoded(device: &mut Device) -> wire::body::Encoded {
    let sealed = device.seal(device.visit_id(), VisitFinished { finished_at_ms: 1 });
    wire::body::encode(&PushRequest { items: vec![Device::item(&sealed)], known_tree_size: 0 }).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_a_bound_device_that_signed_this_request_now_is_believed() {
    let world = world().await;
    let mut device = world.device_of(world.named("Сәрсенбаева")).await;
    let now_s = world.clock.utc_ms().div_euclid(1_000);
    let body = encoded(&mut device);
    let size = || world.instance.read().unwrap().log_size().unwrap();
    let before = size();

    let unsigned = device.send_with::<PushResponse>(PUSH, body.clone(), None).await.unwrap_err();
    assert_eq!(unsigned.problem.code, ProblemCode::Unsigned);

    let other_path = device.sign(PULL, &body, now_s);
    let refused = device.send_with::<PushResponse>(PUSH, body.clone(), Some(other_path)).await.unwrap_err();
    assert_eq!(refused.problem.code, ProblemCode::BadSignature);

    let stranger = Device::new(&world, world.named("Жақыпбеков"));
    let foreign = stranger.sign(PUSH, &body, now_s);
    let refused = stranger.send_with::<PushResponse>(PUSH, body.clone(), Some(foreign)).await.unwrap_err();
    assert_eq!(refused.problem.code, ProblemCode::UnknownKey);
    assert_eq!(size(), before, "nothing was registered");

    let headers = device.sign(PUSH, &body, now_s);
    device.send_with::<PushResponse>(PUSH, body.clone(), Some(headers.clone())).await.unwrap();
    let replayed = device.send_with::<PushResponse>(PUSH, body, Some(headers)).await.unwrap_err();
    assert_eq!(replayed.problem.code, ProblemCode::Replayed);
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_clock_is_told_the_right_time() {
    let world = world().await;
    let mut device = world.device_of(world.named("Сәрсенбаева")).await;
    let body = encoded(&mut device);
    let now_s = world.clock.utc_ms().div_euclid(1_000);
    for wrong_s in [now_s - LIFETIME_S - CLOCK_SKEW_S - 1, now_s + CLOCK_SKEW_S + 1] {
        let headers = device.sign(PUSH, &body, wrong_s);
        let refused = device.send_with::<PushResponse>(PUSH, body.clone(), Some(headers)).await.unwrap_err();
        assert_eq!(refused.problem.code, ProblemCode::Expired);
        // 1 795 000 001 s, the clock of this operator, as HTTP writes it.
        assert_eq!(refused.headers["date"], "Wed, 18 Nov 2026 11:06:41 GMT");
    }
    let headers = device.sign(PUSH, &body, now_s);
    assert!(
        device.send_with::<PushResponse>(PUSH, body, Some(headers)).await.is_ok(),
        "with the time corrected"
    );
    world.server.stop().await.unwrap();
}
