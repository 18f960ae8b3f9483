//! The app is killed at a random moment after the screen has said that a visit is saved.

use std::time::Duration;

use esep_tests::operator::Operator;
use esep_tests::window::{Size, Window};

use super::{NOTICED_WITHIN, Stage, steps};

/// Registers a visit, kills the app, starts it again and looks for the visit, `times` times with the phone's window.
/// Gives the visits once the operator has registered all of them, without anybody's help.
pub(super) async fn kill_after_saving(stage: &Stage, times: u32) -> Vec<String> {
    let mut saved = Vec::new();
    for round in 0..times {
        let window = stage.open("specialist", Size::Phone).await;
        steps::unlock(&window, None).await;
        for visit in &saved {
            window.wait(&format!("visit-{visit}")).await;
        }
        finish_running(&window).await;
        let child = nth_child(&window, round).await;
        let visit = steps::register(&window, &child).await;
        let mut random = [0; 2];
        getrandom::fill(&mut random).expect("the system has random numbers");
        // Up to 16 s: before and after the visit leaves the device, and the time for undo is over.
        let moment = Duration::from_millis(u64::from(u16::from_le_bytes(random)) / 4);
        tokio::time::sleep(moment).await;
        window.kill();
        eprintln!("killed {moment:?} after visit {visit} was called saved");
        saved.push(visit);
    }
    let window = stage.open("specialist", Size::Phone).await;
    steps::unlock(&window, None).await;
    for visit in &saved {
        let registered = format!("[data-testid=visit-{visit}] [data-state=registered]");
        window.wait_for(&registered, NOTICED_WITHIN).await;
    }
    saved
}

/// Finishes the visits that still run: the child of one opens it instead of beginning another.
async fn finish_running(window: &Window) {
    window.wait_for("button[data-testid^=child-]", NOTICED_WITHIN).await;
    while let Some(running) = window.names("finish-").await.first() {
        window.press(running).await;
        window.wait_gone(running).await;
    }
}

/// A child of the list, another one each time.
async fn nth_child(window: &Window, number: u32) -> String {
    window.wait_for("button[data-testid^=child-]", NOTICED_WITHIN).await;
    let children: Vec<String> =
        window.names("child-").await.into_iter().filter(|name| name != "child-search").collect();
    let at = usize::try_from(number).expect("a small number") % children.len();
    children[at].clone()
}

/// The visits of all `visit-registered` statements in the operator's log.
pub(super) fn registered(stage: &Stage) -> Vec<String> {
    let visits =
        exported(stage).into_iter().filter(|one| one.header().kind.to_string() == "visit-registered");
    visits.map(|statement| statement.header().subject.to_string()).collect()
}

/// How often a kind stands in the operator's log.
pub(super) fn count(stage: &Stage, kind: &str) -> usize {
    exported(stage).iter().filter(|statement| statement.header().kind.to_string() == kind).count()
}

/// Every statement in the operator's log, in no order.
fn exported(stage: &Stage) -> Vec<journal::Statement> {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("exported");
    Operator::command(stage.operator.dir(), &["export", "--out", out.to_str().expect("a readable path")]);
    let entries = std::fs::read_dir(out.join("statements")).expect("the export has a folder of statements");
    let statements = entries.map(|entry| {
        let bytes = std::fs::read(entry.expect("a readable entry").path()).expect("a readable statement");
        journal::Statement::decode(&bytes).expect("a statement")
    });
    statements.collect()
}
