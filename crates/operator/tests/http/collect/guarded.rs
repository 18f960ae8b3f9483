//! What keeps a restored operator from being held up, and from being written into while it is put together.

use super::*;

/// A body that inflates to nothing readable, as somebody sends who wants to keep the server busy.
fn rubbish(bytes: usize) -> wire::body::Encoded {
    wire::body::Encoded { bytes: vec![0xff; bytes], encoding: Some(wire::body::ZSTD) }
}

async fn refused_of(device: &Device, body: wire::body::Encoded, now_s: i64) -> ProblemCode {
    let headers = device.sign(wire::path::COLLECT, &body, now_s);
    device
        .send_with::<CollectResponse>(wire::path::COLLECT, body, Some(headers))
        .await
        .unwrap_err()
        .problem
        .code
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_unpacked_before_it_is_known_whose_it_is_and_that_the_log_waits() {
    let mut lost = lost().await;
    let now_s = domain::Clock::utc_ms(lost.world.clock.as_ref()).div_euclid(1_000);
    let server = Server::start(Arc::clone(&lost.restored)).await.unwrap();
    lost.specialist.moved_to(&server);
    lost.late.moved_to(&server);
    let known = SigningKey::from_secret(&lost.specialist.key.to_secret()).unwrap();
    assert_eq!(
        refused_of(&lost.specialist, rubbish(100), now_s).await,
        ProblemCode::BadRequest,
        "one who is known"
    );
    let stranger = SigningKey::generate(&SystemRng);
    lost.specialist.key = stranger;
    assert_eq!(refused_of(&lost.specialist, rubbish(100_000), now_s).await, ProblemCode::UnknownKey);
    lost.specialist.key = known;

    // A key that the log lost shows itself in a small request; from then on it is known.
    let asking = CollectRequest { binding: Some(lost.late_binding.clone()), ..lost.asking() };
    assert_eq!(refused_of(&lost.late, rubbish(100_000), now_s).await, ProblemCode::UnknownKey);
    lost.late.send::<_, CollectResponse>(wire::path::COLLECT, &asking, true).await.unwrap();
    assert_eq!(refused_of(&lost.late, rubbish(100_000), now_s).await, ProblemCode::BadRequest);

    // The log goes on: nothing is read any more.
    let exclusive = lost.restored.restored.exclusively().unwrap().unwrap();
    exclusive.finish().unwrap();
    let body = rubbish(100_000);
    let headers = lost.specialist.sign(wire::path::COLLECT, &body, now_s);
    let answer: CollectResponse =
        lost.specialist.send_with(wire::path::COLLECT, body, Some(headers)).await.unwrap();
    assert!(answer.wanted.is_empty());
    let foul = rubbish(100);
    let headers = lost.specialist.sign(wire::path::COLLECT, &rubbish(99), now_s);
    let foul = lost.specialist.send_with::<CollectResponse>(wire::path::COLLECT, foul, Some(headers)).await;
    assert_eq!(foul.unwrap_err().problem.code, ProblemCode::BadSignature);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_that_was_overtaken_is_shown_to_nobody_as_the_newest() {
    let lost = lost().await;
    let server = Server::start(Arc::clone(&lost.restored)).await.unwrap();
    let known = lost.known();
    let ask = || async {
        let url = format!("{}/v1/checkpoint?from={}", server.url(), known.tree_size);
        let response = crate::device::http().get(url).send().await.unwrap();
        (response.status().as_u16(), response.headers().clone(), response.bytes().await.unwrap())
    };
    let (status, headers, body) = ask().await;
    assert_eq!(status, 503, "a smaller head proves nothing to whoever saw a larger one");
    assert!(headers.contains_key("retry-after"));
    let problem: wire::problem::Problem = serde_json::from_slice(&body).unwrap();
    assert_eq!(problem.code, ProblemCode::Incomplete);
    lost.restored.restored.exclusively().unwrap().unwrap().finish().unwrap();
    assert_eq!(ask().await.0, 200, "the log goes on");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_takes_nothing_in_while_the_log_is_put_together() {
    let mut lost = lost().await;
    let server = Server::start(Arc::clone(&lost.restored)).await.unwrap();
    lost.specialist.moved_to(&server);
    let mut all: CollectResponse =
        lost.specialist.send(wire::path::COLLECT, &lost.giving(lost.all()), true).await.unwrap();
    // `resume` is another process, with a handle of its own.
    let waiting = lost.restored.folder.restored();
    let exclusive = waiting.exclusively().unwrap().unwrap();
    assert!(waiting_beside(&lost).is_none(), "one `resume` at a time");
    let met = lost.specialist.send::<_, CollectResponse>(wire::path::COLLECT, &lost.proven(), true).await;
    assert_eq!(met.unwrap_err().problem.code, ProblemCode::Incomplete);
    let said = std::fs::read(lost.restored.folder.path().join("restored.json")).unwrap();
    let pushed = lost.specialist.push_items(Vec::new()).await.unwrap_err();
    assert_eq!(pushed.problem.code, ProblemCode::Incomplete);
    lost.restored.restored.hear(lost.late.key.id(), 1_000_000).unwrap();
    let heard = std::fs::read(lost.restored.folder.path().join("restored.json")).unwrap();
    assert_eq!(said, heard, "nothing is written beside it");

    let collecting = Collecting::open(&lost.restored).unwrap();
    assert_eq!(collecting.assemble(false).unwrap().root, lost.known().root);
    drop(collecting);
    Collected::remove(&lost.restored.folder.collected()).unwrap();
    exclusive.finish().unwrap();
    // What was on its way comes too late, and begins nothing anew.
    lost.restored.restored.hear(lost.late.key.id(), 1_000_000).unwrap();
    all = lost.specialist.send(wire::path::COLLECT, &lost.giving(lost.all()), true).await.unwrap_or(all);
    assert!(all.wanted.is_empty());
    assert!(!lost.restored.restored.is_waiting() && !lost.restored.folder.collected().exists());
    lost.specialist.push_items(Vec::new()).await.unwrap();
    server.stop().await.unwrap();
}

fn waiting_beside(lost: &Lost) -> Option<()> {
    lost.restored.folder.restored().exclusively().unwrap().map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn places_beyond_everything_are_neither_kept_nor_asked_for() {
    let mut lost = lost().await;
    let server = Server::start(Arc::clone(&lost.restored)).await.unwrap();
    lost.specialist.moved_to(&server);
    let size = lost.known().tree_size;
    for from in [size, i64::MAX as u64, u64::MAX] {
        let asking = CollectRequest { from, ..lost.asking() };
        let answer: CollectResponse = lost.specialist.send(wire::path::COLLECT, &asking, true).await.unwrap();
        assert_eq!(answer.wanted, [], "from {from}");
    }
    let far =
        [size, i64::MAX as u64, u64::MAX].map(|leaf_index| Leaf { leaf_index, ..lost.leaf(lost.begun) });
    let giving = lost.giving(far.to_vec());
    let answer: CollectResponse = lost.specialist.send(wire::path::COLLECT, &giving, true).await.unwrap();
    assert_eq!(answer.wanted, []);
    for first in [u64::MAX, u64::MAX - 1, i64::MAX as u64] {
        let mut proven = lost.proven();
        for (leaf, leaf_index) in proven.leaves.iter_mut().zip(first..=u64::MAX) {
            leaf.leaf_index = leaf_index;
        }
        let refused = lost.specialist.send::<_, CollectResponse>(wire::path::COLLECT, &proven, true).await;
        assert_eq!(refused.unwrap_err().problem.code, ProblemCode::BadRequest, "from {first}");
    }
    let progress = Collecting::open(&lost.restored).unwrap().progress().unwrap();
    assert_eq!((progress.signed_size, progress.missing_count), (size, size - lost.begun));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_handed_back_is_counted_apart_from_what_a_device_may_send() {
    let mut lost = lost().await;
    Arc::get_mut(&mut lost.restored).unwrap().config.device_day_mib = 1;
    let server = Server::start(Arc::clone(&lost.restored)).await.unwrap();
    lost.specialist.moved_to(&server);
    let now_s = domain::Clock::utc_ms(lost.world.clock.as_ref()).div_euclid(1_000);
    assert_eq!(refused_of(&lost.specialist, rubbish(1 << 20), now_s).await, ProblemCode::BadRequest);
    assert_eq!(refused_of(&lost.specialist, rubbish(1), now_s).await, ProblemCode::TooManyRequests);
    lost.restored.restored.exclusively().unwrap().unwrap().finish().unwrap();
    lost.specialist.push_items(Vec::new()).await.unwrap();
    server.stop().await.unwrap();
}
