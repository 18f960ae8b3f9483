//! What a person can do, shown on a real operator process, a real key store and real encrypted files.

mod access;
mod agreement;
mod device;
mod kill;
mod location;
mod recovery;
mod review;

use esep_tests::deadline::within;

/// The longest takes two on a quiet machine.
const MINUTES: u64 = 12;

pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// The kinds of all statements of an exported log, in its order.
pub(crate) fn exported(folder: &std::path::Path) -> Vec<String> {
    let mut files: Vec<_> = std::fs::read_dir(folder.join("statements"))
        .expect("the export has a folder of statements")
        .map(|entry| entry.expect("a readable entry").path())
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| {
            let bytes = std::fs::read(file).expect("a readable statement");
            let statement = journal::Statement::decode(&bytes).expect("a statement");
            statement.header().kind.to_string()
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn access_gained_backfills_lost_forgets() {
    within(MINUTES, access::access_gained_backfills_lost_forgets()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn first_login_shows_the_published_agreement() {
    within(MINUTES, agreement::first_login_shows_the_published_agreement()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn declined_agreement_keeps_nothing() {
    within(MINUTES, agreement::declined_agreement_keeps_nothing()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_pin_opens_nothing() {
    within(MINUTES, device::wrong_pin_opens_nothing()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stolen_files_are_unreadable() {
    within(MINUTES, device::stolen_files_are_unreadable()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_keyring_is_recovered_by_two_officers() {
    within(MINUTES, recovery::walk(recovery::Fault::KeyLost)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forgotten_pin_is_recovered_by_two_officers() {
    within(MINUTES, recovery::walk(recovery::Fault::PinForgotten)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_file_is_recovered_by_two_officers() {
    within(MINUTES, recovery::walk(recovery::Fault::Damaged)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn visit_survives_kill_at_every_step() {
    within(MINUTES, kill::visit_survives_kill_at_every_step()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn location_is_read_only_at_a_visit() {
    within(MINUTES, location::location_is_read_only_at_a_visit()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parent_confirms_and_coordinator_reviews() {
    within(MINUTES, review::parent_confirms_and_coordinator_reviews()).await;
}
