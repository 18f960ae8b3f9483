use domain::Clock as _;
use domain::content::{RevocationReason, VisitFinished};
use domain::flag::Flag;
use reqwest::header::CONTENT_TYPE;
use wire::problem::{Problem, ProblemCode};
use wire::push::{MAX_ITEMS, Outcome, PushItem, Refusal};

use crate::device::{Device, http, world};

fn finished(device: &mut Device) -> PushItem {
    let sealed = device.seal(device.visit_id(), VisitFinished { finished_at_ms: 1 });
    Device::item(&sealed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_that_sent_too_much_today_is_told_when_to_come_again() {
    let world = crate::device::world_with(|config| config.device_day_mib = 0).await;
    let mut device = world.device_of(world.named("Сәрсенбаева")).await;
    let item = finished(&mut device);
    let refused = device.push_items(vec![item]).await.unwrap_err();
    assert_eq!(refused.problem.code, ProblemCode::TooManyRequests);
    let wait_s: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((86_300..=86_401).contains(&wait_s), "{wait_s}");
    let head = world.instance.read().unwrap().series_head(device.key.verifying_key().id()).unwrap();
    assert_eq!(head.next_seq, 1, "nothing of it was taken, so nothing of it is lost");
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_push_is_checked_on_all_cores_and_answered_in_order() {
    let world = world().await;
    let mut device = world.device_of(world.named("Сәрсенбаева")).await;
    let mut items: Vec<PushItem> = (0..200).map(|_| finished(&mut device)).collect();
    items[77].statement[30] ^= 1;
    let answer = device.push_items(items).await.unwrap();
    for (at, outcome) in answer.outcomes.iter().enumerate() {
        match outcome {
            Outcome::Registered { .. } => assert_ne!(at, 77),
            Outcome::Refused { reason } => {
                assert_eq!(
                    (at, *reason == Refusal::NotAStatement || *reason == Refusal::BadSignature),
                    (77, true)
                );
            }
            other => panic!("{at}: {other:?}"),
        }
    }
    let proven: u64 = answer.registrations.iter().map(|registration| registration.count).sum();
    assert_eq!(proven, 199);

    let many = vec![finished(&mut device); MAX_ITEMS + 1];
    assert_eq!(device.push_items(many).await.unwrap_err().problem.code, ProblemCode::TooLarge);
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_devices_at_once_share_transactions_and_lose_nothing() {
    let world = world().await;
    let mut tasks = Vec::new();
    let before = world.instance.read().unwrap().log_size().unwrap();
    let surnames = ["Сәрсенбаева", "Жақыпбеков", "Оспанова", "Досмағамбетова"];
    for surname in surnames {
        let mut device = world.device_of(world.named(surname)).await;
        tasks.push(tokio::spawn(async move {
            for _ in 0..15 {
                let item = finished(&mut device);
                let answer = device.push_items(vec![item]).await.unwrap();
                assert!(matches!(answer.outcomes[0], Outcome::Registered { .. }));
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let read = world.instance.read().unwrap();
    let enrolments = 2 * surnames.len() as u64;
    assert_eq!(read.log_size().unwrap(), before + enrolments + 15 * surnames.len() as u64);
    let audit = world.audit(read.as_ref());
    assert_eq!(audit.findings, []);
    drop(read);
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_device_pushes_what_it_had_and_pulls_nothing() {
    let world = world().await;
    let mut device = world.ready_device_of(world.named("Сәрсенбаева")).await;
    let key = device.key.id();
    world
        .instance
        .transact(|txn, operator| operator::change::revoke_device(txn, operator, key, RevocationReason::Lost))
        .unwrap();
    let item = finished(&mut device);
    let answer = device.push_items(vec![item]).await.unwrap();
    let Outcome::Registered { flags, .. } = &answer.outcomes[0] else { panic!("{:?}", answer.outcomes) };
    assert!(flags.contains(&Flag::KeyRevoked));
    let request = wire::pull::PullRequest {
        scopes_version: None,
        cursor: 0,
        backfill: None,
        known_tree_size: 0,
        urgent_cursor: 0,
        behind: None,
        limit: 1,
    };
    assert_eq!(device.pull(&request).await.unwrap_err().problem.code, ProblemCode::Revoked);
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_writes_beside_the_server() {
    let world = world().await;
    let mut device = world.device_of(world.named("Сәрсенбаева")).await;
    for round in 0..5 {
        let other = operator::Instance::open(operator::Folder::at(world.folder.path())).unwrap();
        let name = format!("{round}-ұйым");
        other
            .transact(|txn, operator| {
                operator::change::add_organisation(txn, operator, &name, &name, "260140999292")
            })
            .unwrap();
        let item = finished(&mut device);
        let answer = device.push_items(vec![item]).await.unwrap();
        assert!(matches!(answer.outcomes[0], Outcome::Registered { .. }), "round {round}");
        world.clock.advance(1);
    }
    let read = world.instance.read().unwrap();
    let audit = world.audit(read.as_ref());
    assert_eq!(audit.findings, []);
    assert!(world.clock.utc_ms() > 0);
    drop(read);
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_of_another_kind_or_size_is_a_problem_of_its_own() {
    let world = world().await;
    let url = format!("{}{}", world.server.url(), wire::path::ENROL);
    let send = |content_type: &'static str, body: Vec<u8>| {
        let request = http().post(&url).header(CONTENT_TYPE, content_type).body(body);
        async move {
            let response = request.send().await.unwrap();
            assert_eq!(response.headers()[CONTENT_TYPE], wire::problem::CONTENT_TYPE);
            serde_json::from_slice::<Problem>(&response.bytes().await.unwrap()).unwrap().code
        }
    };
    assert_eq!(send("application/json", b"{}".to_vec()).await, ProblemCode::UnsupportedMediaType);
    assert_eq!(send(wire::body::CONTENT_TYPE, b"{}".to_vec()).await, ProblemCode::BadRequest);
    let huge = vec![0; wire::body::MAX_BODY_BYTES + 1];
    assert_eq!(send(wire::body::CONTENT_TYPE, huge).await, ProblemCode::TooLarge);
    world.server.stop().await.unwrap();
}
