//! A device without a network, a colleague with one, and a file between them.

use std::path::PathBuf;

use esep_tests::window::Size;

use super::{CHILD, NOTICED_WITHIN, SPECIALIST, Stage, kills, steps};

pub(super) async fn a_colleague_delivers_a_parcel() {
    let mut stage = Stage::new();
    let author = stage.open("author", Size::Phone).await;
    steps::enrol(&author, stage.person(SPECIALIST), false).await;
    steps::accept(&author, None).await;
    steps::sync_now(&author).await;
    let colleague = stage.open("colleague", Size::Laptop).await;
    let other = stage.demo.people("specialist").find(|person| !person.name.starts_with(SPECIALIST));
    steps::enrol(&colleague, other.expect("the demo has several specialists"), false).await;
    steps::accept(&colleague, None).await;
    steps::sync_now(&colleague).await;

    stage.operator.kill();
    let child = author.find("child-", CHILD).await;
    let visit = steps::register(&author, &child).await;
    author.press(&format!("finish-{visit}")).await;
    author.wait_for("[data-testid=sync-strip][data-phase=offline]", NOTICED_WITHIN).await;
    author.wait_for_calm().await;
    author.press("tab-me").await;
    author.press("courier-seal").await;
    author.wait_for("[data-testid=sealed-parcel]:not([data-waiting='0'])", NOTICED_WITHIN).await;
    let parcel = only_file(&stage.downloads("author"));
    let name = parcel.file_name().expect("a name").to_string_lossy().into_owned();
    author.wait_text("toast", &name).await;
    author.wait_text("sealed-parcel", "Оператор әлі растаған жоқ").await;
    author.wait_for_calm().await;
    to_the_card(&author).await;
    author.look("courier-sealed").await;
    // The author reaches nobody any more: what arrives, a colleague brought.
    author.kill();

    colleague.press("tab-me").await;
    colleague.choose("courier-file", b"a shopping list").await;
    colleague.wait_text("courier-error", "мөрленген файл емес").await;
    colleague.choose("courier-file", &std::fs::read(&parcel).expect("the file is there")).await;
    colleague.wait_for("[data-testid=carried-parcel][data-state=waiting]", NOTICED_WITHIN).await;
    assert!(!colleague.has("courier-error").await, "what was wrong before is not said any more");
    colleague.wait_for_calm().await;
    to_the_card(&colleague).await;
    colleague.look("courier-carried").await;
    let card = colleague.text("courier").await;
    assert!(!card.contains(CHILD), "a carrier learns nothing of what is inside");

    stage.operator.restart();
    colleague.press("tab-today").await;
    steps::sync_now(&colleague).await;
    colleague.press("tab-me").await;
    colleague.wait_for("[data-testid=carried-parcel][data-state=taken]", NOTICED_WITHIN).await;
    let times = || kills::registered(&stage).iter().filter(|known| **known == visit).count();
    assert_eq!(times(), 1, "the colleague brought it");
    colleague.kill();

    let author = stage.open("author", Size::Phone).await;
    steps::unlock(&author, None).await;
    steps::sync_now(&author).await;
    author.wait_for(&format!("[data-testid=visit-{visit}] [data-state=registered]"), NOTICED_WITHIN).await;
    author.press("tab-me").await;
    author.wait_for("[data-testid=sealed-parcel][data-waiting='0']", NOTICED_WITHIN).await;
    author.wait_text("sealed-parcel", "Оператор бәрін тіркеді").await;
    to_the_card(&author).await;
    author.look("courier-delivered").await;
    assert_eq!(times(), 1, "the own push after that registers nothing twice");
    author.kill();
}

async fn to_the_card(window: &esep_tests::window::Window) {
    let script = "document.querySelector('[data-testid=courier]').scrollIntoView(); return 0";
    window.script(script, Vec::new()).await;
}

/// The one file in a folder.
fn only_file(folder: &std::path::Path) -> PathBuf {
    let entries = std::fs::read_dir(folder).expect("the app made the folder");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
    assert_eq!(files.len(), 1, "one parcel: {files:?}");
    files.remove(0)
}
