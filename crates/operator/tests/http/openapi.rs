use crate::device::{http, world};

/// Where the description is kept, so that a change of the API shows in review.
const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_description_is_served_and_is_the_kept_one() {
    let world = world().await;
    let url = format!("{}{}", world.server.url(), wire::path::OPENAPI);
    let served = http().get(url).send().await.unwrap().text().await.unwrap();
    world.server.stop().await.unwrap();
    if std::env::var_os("ESEP_UPDATE_OPENAPI").is_some() {
        std::fs::write(KEPT, format!("{served}\n")).unwrap();
    }
    let kept = std::fs::read_to_string(KEPT).unwrap_or_default();
    assert!(
        kept.trim_end() == served,
        "crates/operator/openapi.json is stale: run this test with ESEP_UPDATE_OPENAPI=1 and look at the difference"
    );
    let description: serde_json::Value = serde_json::from_str(&served).unwrap();
    assert_eq!(description["openapi"].as_str().unwrap().split('.').take(2).collect::<Vec<_>>(), ["3", "1"]);
    let paths = description["paths"].as_object().unwrap();
    for path in [
        wire::path::OPERATOR,
        wire::path::ENROL,
        wire::path::PUSH,
        wire::path::COURIER,
        wire::path::PULL,
        wire::path::AGREEMENT,
        wire::path::CHECKPOINT,
        wire::path::HEALTH,
        wire::path::OPENAPI,
    ] {
        assert!(paths.contains_key(path), "{path} is described");
    }
}
