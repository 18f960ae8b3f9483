//! Registering a visit and what follows from it.

use client::App;
use client::ipc::{
    BeginVisit, CorrectVisit, FinishVisit, IpcError, LocationMomentView, NoteVisit, RegisterVisit,
    RegisteredVisits, VisitDetails, VisitDraft, VisitIds, VisitPage, VisitQuery, VisitRef, VisitView,
};
use tauri::State;

/// Gives the draft id.
#[tauri::command]
pub(crate) async fn begin_visit(core: State<'_, App>, request: BeginVisit) -> Result<VisitDraft, IpcError> {
    core.begin_visit(request).await
}

/// Saved when it returns.
#[tauri::command]
pub(crate) async fn register_visit(
    core: State<'_, App>,
    request: RegisterVisit,
) -> Result<RegisteredVisits, IpcError> {
    core.register_visit(request).await
}

/// Within ten seconds.
#[tauri::command]
pub(crate) async fn undo_visit(core: State<'_, App>, request: VisitIds) -> Result<(), IpcError> {
    core.undo_visit(request).await
}

/// Its end.
#[tauri::command]
pub(crate) async fn finish_visit(core: State<'_, App>, request: FinishVisit) -> Result<VisitView, IpcError> {
    core.finish_visit(request).await
}

/// A note for the care team.
#[tauri::command]
pub(crate) async fn note_visit(core: State<'_, App>, request: NoteVisit) -> Result<VisitView, IpcError> {
    core.note_visit(request).await
}

/// A correction with its reason.
#[tauri::command]
pub(crate) async fn correct_visit(
    core: State<'_, App>,
    request: CorrectVisit,
) -> Result<VisitView, IpcError> {
    core.correct_visit(request).await
}

/// One visit with its story.
#[tauri::command]
pub(crate) async fn visit(core: State<'_, App>, request: VisitRef) -> Result<VisitDetails, IpcError> {
    core.visit(request).await
}

/// History, list, table.
#[tauri::command]
pub(crate) async fn visits(core: State<'_, App>, request: VisitQuery) -> Result<VisitPage, IpcError> {
    core.visits(request).await
}

/// When the own location was read.
#[tauri::command]
pub(crate) async fn location_moments(core: State<'_, App>) -> Result<Vec<LocationMomentView>, IpcError> {
    core.location_moments().await
}
