use journal::merkle::check_consistency;
use journal::receipt::TreeHead;
use wire::problem::{CONTENT_TYPE, Problem, ProblemCode};
use wire::pull::Checkpoint;

use crate::device::{http, operator_key, world};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn anybody_can_see_that_the_log_only_grows() {
    let world = world().await;
    let url = |from: u64| format!("{}/v1/checkpoint?from={from}", world.server.url());
    let ask = |from| async move {
        let bytes = http().get(url(from)).send().await.unwrap().bytes().await.unwrap();
        wire::body::decode::<Checkpoint>(&bytes, None).unwrap()
    };
    let before = ask(0).await;
    world.device_of(world.named("Сәрсенбаева")).await;
    let after = ask(before.tree_size).await;
    assert_eq!(after.tree_size, before.tree_size + 2);
    check_consistency((before.tree_size, before.root), (after.tree_size, after.root), &after.consistency)
        .unwrap();
    TreeHead::verify(&after.head, after.root, &operator_key(&world)).unwrap();
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_size_that_is_none_is_a_problem_like_every_other() {
    let world = world().await;
    for size in ["-1", "x", "18446744073709551616"] {
        let url = format!("{}/v1/checkpoint?from={size}", world.server.url());
        let response = http().get(url).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), &response.headers()["content-type"]),
            (400, &CONTENT_TYPE.parse().unwrap())
        );
        let problem: Problem = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert_eq!(problem.code, ProblemCode::BadRequest, "{size}");
    }
    world.server.stop().await.unwrap();
}
