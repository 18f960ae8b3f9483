//! What a coordinator decides.

use client::App;
use client::ipc::{CsvFile, IpcError, ReviewVisit, VisitQuery, VisitRef, VisitView};
use tauri::{AppHandle, Manager, State};

/// Accepts or returns.
#[tauri::command]
pub(crate) async fn review_visit(core: State<'_, App>, request: ReviewVisit) -> Result<VisitView, IpcError> {
    core.review_visit(request).await
}

/// The place takes the coordinates of an accepted visit.
#[tauri::command]
pub(crate) async fn adopt_position(core: State<'_, App>, request: VisitRef) -> Result<VisitView, IpcError> {
    core.adopt_position(request).await
}

/// What is shown, as a file in the downloads folder where the platform has one.
#[tauri::command]
pub(crate) async fn visits_csv(
    app: AppHandle,
    core: State<'_, App>,
    request: VisitQuery,
) -> Result<CsvFile, IpcError> {
    let file = core.visits_csv(request).await?;
    let Ok(folder) = app.path().download_dir() else { return Ok(file) };
    client::save_csv(file, folder).await
}
