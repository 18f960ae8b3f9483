use domain::Content;
use journal::{Statement, VerifyingKey};
use wire::enrol::{OperatorInfo, SYSTEM};

use crate::device::{http, world};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_names_itself_by_a_statement_of_its_own_key() {
    let world = world().await;
    let url = format!("{}{}", world.server.url(), wire::path::OPERATOR);
    let bytes = http().get(url).send().await.unwrap().bytes().await.unwrap();
    let info: OperatorInfo = wire::body::decode(&bytes, None).unwrap();
    assert_eq!((info.system.as_str(), info.version), (SYSTEM, 1));
    let statement = Statement::decode(&info.statement).unwrap();
    let Ok(Content::OperatorKey(stated)) = journal::codec::decode(statement.header().kind, &info.content)
    else {
        panic!("an operator-key statement");
    };
    let key = VerifyingKey::from_cose_key(&stated.key).unwrap();
    assert_eq!(key.id().to_string(), world.demo.operator.fingerprint);
    statement.verify(&key).unwrap();
    assert_eq!((stated.bin.as_str(), stated.recovery_key.len()), ("110640022582", 32));

    let health = http().get(format!("{}{}", world.server.url(), wire::path::HEALTH)).send().await.unwrap();
    assert!(health.text().await.unwrap().contains("\"status\":\"ok\""));
    world.server.stop().await.unwrap();
}
