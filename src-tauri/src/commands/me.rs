//! The person and this device.

use client::App;
use client::ipc::{CsvFile, IpcError, Me, SyncState};
use tauri::{AppHandle, Manager as _, State};

/// Card, agreements, device.
#[tauri::command]
pub(crate) async fn me(core: State<'_, App>) -> Result<Me, IpcError> {
    core.me().await
}

/// Syncs without waiting for the timer.
#[tauri::command]
pub(crate) async fn sync_now(core: State<'_, App>) -> Result<SyncState, IpcError> {
    core.sync_now().await
}

/// What waits and why.
#[tauri::command]
pub(crate) async fn sync_state(core: State<'_, App>) -> Result<SyncState, IpcError> {
    core.sync_state().await
}

/// Asks the operator to prove that its log is one.
#[tauri::command]
pub(crate) async fn check_trust(core: State<'_, App>) -> Result<SyncState, IpcError> {
    core.check_trust().await
}

/// All that was found against the operator, as a file in the downloads folder where the platform has one.
#[tauri::command]
pub(crate) async fn evidence_file(app: AppHandle, core: State<'_, App>) -> Result<CsvFile, IpcError> {
    let file = core.evidence_file().await?;
    let Ok(folder) = app.path().download_dir() else { return Ok(file) };
    client::save_csv(file, folder).await
}
