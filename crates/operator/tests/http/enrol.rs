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
