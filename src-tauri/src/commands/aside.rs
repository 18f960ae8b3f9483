//! Accounts that cannot be opened any more.

use client::App;
use client::ipc::{AppState, AsideRef, AsideView, IpcError, SavedFile, SetAside};
use tauri::{AppHandle, State};

use crate::platform::outgoing;

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

/// Makes it a file that the person takes away.
#[tauri::command]
pub(crate) async fn save_aside(
    app: AppHandle,
    core: State<'_, App>,
    request: AsideRef,
) -> Result<SavedFile, IpcError> {
    let saved = core.save_aside(request, outgoing::folder(&app)?).await?;
    Ok(outgoing::give(&app, vec![saved]).await?.remove(0))
}

/// Lets it go, once officers opened it.
#[tauri::command]
pub(crate) async fn remove_aside(
    core: State<'_, App>,
    request: AsideRef,
) -> Result<Vec<AsideView>, IpcError> {
    core.remove_aside(request).await
}
