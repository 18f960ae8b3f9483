//! Unsent statements through somebody else's hands.

use client::App;
use client::ipc::{CourierView, IpcError, ParcelFile, ParcelRef, SealedFiles};
use tauri::{AppHandle, State};

use crate::platform::outgoing;

/// What was sealed here and what is carried here.
#[tauri::command]
pub(crate) async fn courier(core: State<'_, App>) -> Result<CourierView, IpcError> {
    core.courier().await
}

/// Seals what waits into files that the person takes away.
#[tauri::command]
pub(crate) async fn seal_for_courier(app: AppHandle, core: State<'_, App>) -> Result<SealedFiles, IpcError> {
    let sealed = core.seal_for_courier(outgoing::folder(&app)?).await?;
    Ok(SealedFiles { files: outgoing::give(&app, sealed.files).await?, ..sealed })
}

/// Takes in what another device sealed.
#[tauri::command]
pub(crate) async fn take_parcel(core: State<'_, App>, request: ParcelFile) -> Result<CourierView, IpcError> {
    core.take_parcel(request).await
}

/// Gives up what another device sealed and the operator could not take.
#[tauri::command]
pub(crate) async fn drop_parcel(core: State<'_, App>, request: ParcelRef) -> Result<CourierView, IpcError> {
    core.drop_parcel(request).await
}
