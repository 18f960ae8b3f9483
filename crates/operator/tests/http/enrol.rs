use domain::Content;
use wire::problem::ProblemCode;

use crate::device::{Device, world, world_with};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_is_bound_once_and_a_lost_answer_is_given_again() {
    let world = world().await;
    let person = world.named("Сәрсенбаева");
    let mut device = Device::new(&world, person);
    let first = device.enrol().await.unwrap();
    assert_eq!(device.enrol().await.unwrap(), first);
    let statement = journal::Statement::decode(&first.bound.statement).unwrap();
    assert!(statement.clone().verify(&crate::device::operator_key(&world)).is_ok());
    let Ok(Content::DeviceBound(bound)) =
        journal::codec::decode(statement.header().kind, &first.bound.content)
    else {
        panic!("the operator binds the key");
    };
    assert_eq!((bound.person, bound.key), (device.person, device.key.verifying_key().to_cose_key()));

    let second = Device::new(&world, person).enrol().await.unwrap_err();
    assert_eq!(second.problem.code, ProblemCode::UsedCode);
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_address_may_try_only_so_many_wrong_codes() {
    let world = world_with(|config| config.enrol_failures = 3).await;
    let mut device = Device::new(&world, world.named("Сәрсенбаева"));
    let mut wrong = device.enrol_request();
    wrong.lookup = "ZZZZ".into();
    for _ in 0..3 {
        let refused = device.send::<_, wire::enrol::EnrolResponse>(wire::path::ENROL, &wrong, false).await;
        assert_eq!(refused.unwrap_err().problem.code, ProblemCode::UnknownCode);
    }
    let refused = device.enrol().await.unwrap_err();
    assert_eq!(refused.problem.code, ProblemCode::TooManyRequests, "also the right code has to wait");
    let wait_s: u64 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=600).contains(&wait_s), "{wait_s}");
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bomb_from_a_stranger_is_refused_while_others_are_answered() {
    let world = world().await;
    let nest = (0..13).fold(serde_json::json!([]), |inner, _| serde_json::json!([inner]));
    let encoded = wire::body::encode(&vec![nest; 12_000]).unwrap();
    assert_eq!(encoded.encoding, Some(wire::body::ZSTD));
    let bomb = encoded.bytes;
    assert!(bomb.len() < 8 * 1024, "{}", bomb.len());
    let url = world.server.url();
    let send = |body: Vec<u8>| {
        let request = crate::device::http()
            .post(format!("{url}{}", wire::path::ENROL))
            .header("content-type", wire::body::CONTENT_TYPE)
            .header("content-encoding", wire::body::ZSTD)
            .body(body);
        tokio::spawn(async move { request.send().await.unwrap().status().as_u16() })
    };
    let bombs: Vec<_> = (0..8).map(|_| send(bomb.clone())).collect();
    let health = crate::device::http().get(format!("{url}{}", wire::path::HEALTH)).send();
    let health = tokio::time::timeout(std::time::Duration::from_secs(10), health).await.unwrap().unwrap();
    assert!(health.status().is_success());
    for bomb in bombs {
        assert_eq!(bomb.await.unwrap(), 413, "more than an enrolment ever is");
    }
    world.server.stop().await.unwrap();
}
