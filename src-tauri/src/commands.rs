//! One function for each command of [`client::ipc`]: take the request, make one call, hand back what came.

mod agreement;
mod answer;
mod aside;
mod child;
mod courier;
mod me;
mod review;
mod start;
mod visit;

use tauri::Wry;
use tauri::ipc::Invoke;

/// All commands; each needs its permission in `capabilities/main.json` besides.
pub(crate) fn handler() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        start::app_state,
        start::save_preferences,
        start::read_code_image,
        start::inspect_operator,
        start::enrol,
        start::unlock,
        start::lock,
        aside::set_aside,
        aside::asides,
        aside::hand_over_aside,
        aside::save_aside,
        aside::remove_aside,
        start::change_pin,
        agreement::agreements_due,
        agreement::agreement_opened,
        agreement::agreement_end_reached,
        agreement::agreement_ticked,
        agreement::accept_agreement,
        agreement::decline_agreement,
        child::children,
        child::today,
        child::services,
        visit::begin_visit,
        visit::register_visit,
        visit::undo_visit,
        visit::finish_visit,
        visit::note_visit,
        visit::correct_visit,
        visit::visit,
        visit::visits,
        review::visits_csv,
        answer::confirm_visit,
        answer::dispute_visit,
        answer::show_code,
        answer::read_code,
        answer::guests,
        answer::hand_over,
        answer::handed_over,
        answer::answer_as_guest,
        review::review_visit,
        review::adopt_position,
        visit::location_moments,
        child::directory,
        me::me,
        me::sync_now,
        me::sync_state,
        courier::courier,
        courier::seal_for_courier,
        courier::take_parcel,
        courier::drop_parcel,
        me::check_trust,
        me::evidence_file,
    ]
}
