//! Reading and accepting the agreements.

use client::App;
use client::ipc::{AgreementDue, AgreementRef, AppState, IpcError, Tick};
use tauri::State;

/// Texts to read and accept.
#[tauri::command]
pub(crate) async fn agreements_due(core: State<'_, App>) -> Result<Vec<AgreementDue>, IpcError> {
    core.agreements_due().await
}

/// A text is on screen.
#[tauri::command]
pub(crate) async fn agreement_opened(core: State<'_, App>, request: AgreementRef) -> Result<(), IpcError> {
    core.agreement_opened(request).await
}

/// Its end was on screen.
#[tauri::command]
pub(crate) async fn agreement_end_reached(
    core: State<'_, App>,
    request: AgreementRef,
) -> Result<(), IpcError> {
    core.agreement_end_reached(request).await
}

/// One confirmation.
#[tauri::command]
pub(crate) async fn agreement_ticked(core: State<'_, App>, request: Tick) -> Result<(), IpcError> {
    core.agreement_ticked(request).await
}

/// «Кіру».
#[tauri::command]
pub(crate) async fn accept_agreement(
    core: State<'_, App>,
    request: AgreementRef,
) -> Result<AppState, IpcError> {
    core.accept_agreement(request).await
}

/// Leaves and keeps nothing personal.
#[tauri::command]
pub(crate) async fn decline_agreement(core: State<'_, App>) -> Result<AppState, IpcError> {
    core.decline_agreement().await
}
