//! A specialist and a parent at a door, each with the own window.

use esep_tests::window::Size;

use super::{CHILD, NOTICED_WITHIN, PARENT, SPECIALIST, Stage, steps};

/// The picture of one window is what the other one reads; later the operator has one answer.
pub(super) async fn answered_from_screen_to_screen() {
    let mut stage = Stage::new();
    let specialist = stage.open("specialist", Size::Phone).await;
    steps::enrol(&specialist, stage.person(SPECIALIST), false).await;
    steps::accept(&specialist, None).await;
    let child = specialist.find("child-", CHILD).await;
    let parent = stage.open("parent", Size::Phone).await;
    steps::enrol(&parent, stage.person(PARENT), false).await;
    steps::accept(&parent, None).await;
    steps::sync_now(&parent).await;
    steps::sync_now(&specialist).await;

    stage.operator.kill();
    let visit = steps::register(&specialist, &child).await;
    specialist.press(&format!("finish-{visit}")).await;
    specialist.wait_gone(&format!("finish-{visit}")).await;
    steps::open_visit(&specialist, &visit).await;
    specialist.wait_for_calm().await;
    specialist.press("show-code-open").await;
    specialist.wait("code").await;
    specialist.look("show-code").await;

    parent.press("read-code").await;
    parent.wait("read-visit-sheet").await;
    parent.look("read-code").await;
    parent.choose("code-file", &specialist.picture().await).await;
    let card = format!("to-confirm-{visit}");
    for word in [SPECIALIST, CHILD, "Логопед"] {
        parent.wait_text("read-visit-sheet", word).await;
    }
    assert!(!parent.has("not-in-team").await, "the specialist is in the team");
    parent.look("who-came").await;
    // The same card waits in the list behind the sheet.
    parent.wait(&card).await;
    parent.press_inside("read-visit-sheet", &format!("confirm-{visit}")).await;
    parent.wait("code").await;
    parent.look("answer-code").await;

    specialist.press("read-answer").await;
    specialist.wait("read-answer-sheet").await;
    specialist.look("read-answer").await;
    specialist.choose("code-file", &parent.picture().await).await;
    let confirmed = "[data-testid=visit] [data-testid=confirmation][data-state=confirmed]";
    specialist.wait_for(confirmed, NOTICED_WITHIN).await;
    specialist.look("answer-read").await;

    // Read once more, it says so and has no dead end.
    specialist.kill();
    parent.kill();
    let parent = stage.open("parent", Size::Laptop).await;
    steps::unlock(&parent, None).await;
    parent.press("read-code").await;
    parent.wait("read-visit-sheet").await;
    parent.fill("code-text", "esep://enrol?c=1").await;
    parent.press("code-take").await;
    parent.wait("code-error").await;
    parent.look("code-refused").await;
    parent.press("read-visit-sheet-close").await;

    stage.operator.restart();
    parent.wait_for("[data-testid=sync-strip][data-phase=idle][data-waiting='0']", NOTICED_WITHIN).await;
    let specialist = stage.open("specialist", Size::Laptop).await;
    steps::unlock(&specialist, None).await;
    steps::sync_now(&specialist).await;
    steps::open_visit(&specialist, &visit).await;
    specialist.wait_for(confirmed, NOTICED_WITHIN).await;
    specialist.look("visit-answered").await;
}
