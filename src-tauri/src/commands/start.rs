//! Start, PIN, lock: getting in and out.

use client::App;
use client::ipc::{
    AppState, ChangePin, CodeImage, Enrol, InspectOperator, IpcError, OperatorPreview, Preferences, Unlock,
};
use tauri::State;

/// Where the app stands.
#[tauri::command]
pub(crate) async fn app_state(core: State<'_, App>) -> Result<AppState, IpcError> {
    core.app_state().await
}

/// Language and look.
#[tauri::command]
pub(crate) async fn save_preferences(
    core: State<'_, App>,
    request: Preferences,
) -> Result<AppState, IpcError> {
    core.save_preferences(request).await
}

/// The link in a picture of a QR code.
#[tauri::command]
pub(crate) async fn read_code_image(core: State<'_, App>, request: CodeImage) -> Result<String, IpcError> {
    core.read_code_image(request).await
}

/// Who answers at that address.
#[tauri::command]
pub(crate) async fn inspect_operator(
    core: State<'_, App>,
    request: InspectOperator,
) -> Result<OperatorPreview, IpcError> {
    core.inspect_operator(request).await
}

/// Uses the activation code.
#[tauri::command]
pub(crate) async fn enrol(core: State<'_, App>, request: Enrol) -> Result<AppState, IpcError> {
    core.enrol(request).await
}

/// Opens an account.
#[tauri::command]
pub(crate) async fn unlock(core: State<'_, App>, request: Unlock) -> Result<AppState, IpcError> {
    core.unlock(request).await
}

/// Closes it.
#[tauri::command]
pub(crate) async fn lock(core: State<'_, App>) -> Result<AppState, IpcError> {
    core.lock().await
}

/// Another PIN.
#[tauri::command]
pub(crate) async fn change_pin(core: State<'_, App>, request: ChangePin) -> Result<(), IpcError> {
    core.change_pin(request).await
}
