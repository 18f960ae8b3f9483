//! What a representative answers to a visit.

use client::App;
use client::ipc::{ConfirmVisit, DisputeVisit, IpcError, VisitView};
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
