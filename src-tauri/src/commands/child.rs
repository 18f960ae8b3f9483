//! Children, the first screen and the services.

use client::App;
use client::ipc::{ChildCard, ChildQuery, Directory, DirectoryQuery, IpcError, ServiceView, Today};
use tauri::State;

/// The children of the person.
#[tauri::command]
pub(crate) async fn children(core: State<'_, App>, request: ChildQuery) -> Result<Vec<ChildCard>, IpcError> {
    core.children(request).await
}

/// First screen of a specialist.
#[tauri::command]
pub(crate) async fn today(core: State<'_, App>) -> Result<Today, IpcError> {
    core.today().await
}

/// Names of the coded services.
#[tauri::command]
pub(crate) async fn services(core: State<'_, App>) -> Result<Vec<ServiceView>, IpcError> {
    core.services().await
}

/// People, children and places.
#[tauri::command]
pub(crate) async fn directory(core: State<'_, App>, request: DirectoryQuery) -> Result<Directory, IpcError> {
    core.directory(request).await
}
