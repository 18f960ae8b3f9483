//! An operator that contradicts itself, as the person sees it: told on the page, with visits going on.

use esep_tests::operator::Operator;
use esep_tests::window::{Size, Window};

use super::{NOTICED_WITHIN, SPECIALIST, Stage, steps};
use crate::acceptance::trust::{copy_of, grow};

/// No sync is on its way.
const QUIET: &str = "[data-testid=sync-now][aria-busy=false]";

/// Asks for a sync and waits for its end, so that the device has seen the log of that moment.
async fn sync_to_the_end(window: &Window) {
    window.wait_for(QUIET, NOTICED_WITHIN).await;
    steps::sync_now(window).await;
    window.wait_for(QUIET, NOTICED_WITHIN).await;
}

/// The operator shows another log than before; the person is told, goes on registering, asks for a proof and gets none.
pub(super) async fn a_contradiction_is_told_and_work_goes_on() {
    let mut stage = Stage::new();
    let window = stage.open("specialist", Size::Phone).await;
    steps::enrol(&window, stage.person(SPECIALIST), false).await;
    steps::accept(&window, None).await;
    sync_to_the_end(&window).await;

    let (port, forged) = (stage.operator.port(), stage.dir.path().join("forged"));
    stage.operator.kill();
    copy_of(&stage.operator, &forged);
    grow(stage.operator.dir(), "260140999903");
    stage.operator.restart();
    sync_to_the_end(&window).await;
    stage.operator.kill();
    for bin in ["260140999913", "260140999923"] {
        grow(&forged, bin);
    }
    let _liar = Operator::start(&forged, port);
    window.press("sync-now").await;
    window.wait_for("[data-testid=distrust] [data-finding=split-view]", NOTICED_WITHIN).await;
    window.look("not-trusted").await;

    window.press("distrust-check").await;
    window.wait_text("toast", "тексерісі өтпеді").await;
    window.wait_for_calm().await;
    window.wait_for("button[data-testid^=child-]", NOTICED_WITHIN).await;
    let child =
        window.names("child-").await.into_iter().find(|name| name != "child-search").expect("a child");
    let visit = steps::register(&window, &child).await;
    window.wait_for(&format!("[data-testid=visit-{visit}] [data-state=saved]"), NOTICED_WITHIN).await;
    window.press("tab-me").await;
    window.wait("distrust").await;
    window.kill();
}
