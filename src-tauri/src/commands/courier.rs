//! Unsent statements through somebody else's hands.

use client::App;
use client::ipc::{CourierView, ErrorCode, IpcError, ParcelFile, SealedFiles};
use tauri::{AppHandle, Manager, State};

/// What was sealed here and what is carried here.
#[tauri::command]
pub(crate) async fn courier(core: State<'_, App>) -> Result<CourierView, IpcError> {
    core.courier().await
}

/// Seals what waits into the downloads folder, where the platform has one.
#[tauri::command]
pub(crate) async fn seal_for_courier(app: AppHandle, core: State<'_, App>) -> Result<SealedFiles, IpcError> {
    let folder = app.path().download_dir().or_else(|_| app.path().document_dir());
    let folder = folder.map_err(|_| IpcError { code: ErrorCode::NotAllowed, detail: None })?;
    core.seal_for_courier(folder).await
}

/// Takes in what another device sealed.
#[tauri::command]
pub(crate) async fn take_parcel(core: State<'_, App>, request: ParcelFile) -> Result<CourierView, IpcError> {
    core.take_parcel(request).await
}
