//! The person and this device.

use client::App;
use client::ipc::{IpcError, Me, SyncState};
use tauri::State;

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
