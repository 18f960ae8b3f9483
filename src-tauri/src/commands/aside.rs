//! Accounts that cannot be opened any more.

use client::App;
use client::ipc::{AppState, AsideRef, AsideView, ErrorCode, IpcError, SavedFile, SetAside};
use tauri::{AppHandle, Manager, State};

/// Keeps its files and begins anew.
#[tauri::command]
pub(crate) async fn set_aside(core: State<'_, App>, request: SetAside) -> Result<AppState, IpcError> {
    core.set_aside(request).await
}

/// What was set aside.
#[tauri::command]
pub(crate) async fn asides(core: State<'_, App>) -> Result<Vec<AsideView>, IpcError> {
    core.asides().await
}

/// Sends it to the operator.
#[tauri::command]
pub(crate) async fn hand_over_aside(
    core: State<'_, App>,
    request: AsideRef,
) -> Result<Vec<AsideView>, IpcError> {
    core.hand_over_aside(request).await
}

/// Writes it into the downloads folder, where the platform has one.
#[tauri::command]
pub(crate) async fn save_aside(
    app: AppHandle,
    core: State<'_, App>,
    request: AsideRef,
) -> Result<SavedFile, IpcError> {
    let folder = app.path().download_dir().or_else(|_| app.path().document_dir());
    let folder = folder.map_err(|_| IpcError { code: ErrorCode::NotAllowed, detail: None })?;
    core.save_aside(request, folder).await
}

/// Lets it go, once officers opened it.
#[tauri::command]
pub(crate) async fn remove_aside(
    core: State<'_, App>,
    request: AsideRef,
) -> Result<Vec<AsideView>, IpcError> {
    core.remove_aside(request).await
}
