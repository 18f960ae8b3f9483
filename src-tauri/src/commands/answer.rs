//! What a representative answers to a visit, also from device to device.

use client::App;
use client::ipc::{
    AppState, ConfirmVisit, DisputeVisit, GuestAnswer, GuestView, HandOver, IpcError, ReadCode, ReadVisit,
    ShownCode, VisitRef, VisitView,
};
use tauri::State;

/// It was so.
#[tauri::command]
pub(crate) async fn confirm_visit(
    core: State<'_, App>,
    request: ConfirmVisit,
) -> Result<VisitView, IpcError> {
    core.confirm_visit(request).await
}

/// It was not so.
#[tauri::command]
pub(crate) async fn dispute_visit(
    core: State<'_, App>,
    request: DisputeVisit,
) -> Result<VisitView, IpcError> {
    core.dispute_visit(request).await
}

/// The own visit or the own answer, for a device without network.
#[tauri::command]
pub(crate) async fn show_code(core: State<'_, App>, request: VisitRef) -> Result<ShownCode, IpcError> {
    core.show_code(request).await
}

/// What another device shows.
#[tauri::command]
pub(crate) async fn read_code(core: State<'_, App>, request: ReadCode) -> Result<ReadVisit, IpcError> {
    core.read_code(request).await
}

/// Who answers on this device.
#[tauri::command]
pub(crate) async fn guests(core: State<'_, App>, request: VisitRef) -> Result<Vec<GuestView>, IpcError> {
    core.guests(request).await
}

/// The device in a guest's hands.
#[tauri::command]
pub(crate) async fn hand_over(core: State<'_, App>, request: VisitRef) -> Result<AppState, IpcError> {
    core.hand_over(request).await
}

/// What the guest sees.
#[tauri::command]
pub(crate) async fn handed_over(core: State<'_, App>) -> Result<HandOver, IpcError> {
    core.handed_over().await
}

/// The guest's answer.
#[tauri::command]
pub(crate) async fn answer_as_guest(
    core: State<'_, App>,
    request: GuestAnswer,
) -> Result<HandOver, IpcError> {
    core.answer_as_guest(request).await
}
