//! What a person can do, shown on a real operator process, a real key store and real encrypted files.

mod access;
mod agreement;
mod collect;
mod courier;
mod device;
mod disk;
mod faults;
mod guest;
mod kill;
mod location;
mod pause;
mod poison;
mod recovery;
mod restore;
mod review;
pub(crate) mod trust;
mod two_devices;

use esep_tests::deadline::within;

/// The longest takes two on a quiet machine.
const MINUTES: u64 = 12;

pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// The kinds of all statements of an exported log, in its order.
pub(crate) fn exported(folder: &std::path::Path) -> Vec<String> {
    exported_statements(folder).into_iter().map(|(header, _)| header.kind.to_string()).collect()
}

/// Headers and bytes of all statements of an exported log, in its order.
pub(crate) fn exported_statements(folder: &std::path::Path) -> Vec<(journal::Header, Vec<u8>)> {
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
            (statement.header().clone(), bytes)
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
async fn a_renewed_recovery_key_opens_what_was_sealed_since() {
    within(MINUTES, recovery::renewed_key_opens_what_was_sealed_since()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_without_the_old_shares_erases_nothing_and_the_old_ones_take_it_back() {
    within(MINUTES, pause::a_key_without_the_old_shares_erases_nothing_and_the_old_ones_take_it_back()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn visit_survives_kill_at_every_step() {
    within(MINUTES, kill::visit_survives_kill_at_every_step()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_the_network_is_explained_and_delays_nothing() {
    within(MINUTES, faults::every_fault_of_the_network_is_explained_and_delays_nothing()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spoiled_statement_delays_no_other() {
    within(MINUTES, poison::a_spoiled_statement_delays_no_other()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_oversize_statement_delays_no_other() {
    within(MINUTES, faults::an_oversize_statement_delays_no_other()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_and_a_bad_network_lose_and_double_nothing() {
    within(MINUTES, faults::kills_and_a_bad_network_lose_and_double_nothing()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contradicting_operator_is_found_and_nothing_is_lost() {
    within(MINUTES, trust::a_contradicting_operator_is_found_and_nothing_is_lost()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_before_the_tap_and_room_for_a_visit_is_kept() {
    within(MINUTES, disk::a_full_disk_is_said_before_the_tap_and_room_for_a_visit_is_kept()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_operator_comes_back_without_contradicting_itself() {
    within(MINUTES, restore::a_lost_operator_comes_back_without_contradicting_itself()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_end_comes_back_from_the_devices_and_the_erased_does_not() {
    within(MINUTES, collect::a_lost_end_comes_back_from_the_devices_and_the_erased_does_not()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_no_device_any_more_is_never_passed_over() {
    within(MINUTES, collect::what_is_on_no_device_any_more_is_never_passed_over()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn location_is_read_only_at_a_visit() {
    within(MINUTES, location::location_is_read_only_at_a_visit()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parent_confirms_and_coordinator_reviews() {
    within(MINUTES, review::parent_confirms_and_coordinator_reviews()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_network_arrives_once_by_the_specialist() {
    within(MINUTES, two_devices::answered_without_network(two_devices::First::Specialist)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_network_arrives_once_by_the_parent() {
    within(MINUTES, two_devices::answered_without_network(two_devices::First::Parent)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_overtakes_its_visit_reaches_everybody() {
    within(MINUTES, two_devices::answered_without_network(two_devices::First::ParentBeforeAnEarlierVisit))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_who_accepted_offline_is_heard_through_the_host() {
    within(MINUTES, guest::a_guest_who_accepted_offline_is_heard_through_the_host()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_without_a_phone_answers_on_the_specialists_device() {
    within(MINUTES, guest::a_parent_without_a_phone_answers_on_the_specialists_device()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sealed_visits_arrive_once_whoever_brings_them() {
    within(MINUTES, courier::sealed_visits_arrive_once_whoever_brings_them()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parcel_is_judged_as_its_authors_push() {
    within(MINUTES, courier::a_parcel_is_judged_as_its_authors_push()).await;
}
