use domain::agreement::AgreementKind;
use domain::id::Digest;
use sha2::Digest as _;

use crate::device::{http, world};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_published_text_is_served_byte_for_byte_to_anybody() {
    let world = world().await;
    for (document, texts) in operator::setup::DEFAULT_EDITION {
        let published = world.published(document);
        assert_eq!(published.texts.len(), texts.len());
        for (text, (locale, bytes)) in published.texts.iter().zip(texts) {
            assert_eq!(text.locale, locale);
            let url = format!("{}/v1/agreements/{}", world.server.url(), text.sha256);
            let response = http().get(url).send().await.unwrap();
            assert_eq!(response.status(), 200);
            let served = response.bytes().await.unwrap();
            assert_eq!(served, bytes);
            assert_eq!(Digest::from_bytes(sha2::Sha256::digest(&served).into()), text.sha256);
        }
    }
    for unknown in ["00".repeat(32), "nonsense".into()] {
        let url = format!("{}/v1/agreements/{unknown}", world.server.url());
        assert_eq!(http().get(url).send().await.unwrap().status(), 404);
    }
    assert!(world.published(AgreementKind::Subject).geolocation_confirmation.is_some());
    world.server.stop().await.unwrap();
}
