//! Files that a person takes away: sealed parcels and recovery files.
//!
//! On a desktop the core writes them where the person finds them. A phone's application has no such folder (what Tauri
//! calls downloads on Android lies among the application's own files, which no other program lists): there the core
//! writes into its cache, and the system's own dialogue asks where each goes. The page has no permission for either
//! plugin. Taking a file in needs neither: a field for files opens the system's dialogue by itself.

use std::path::PathBuf;

use client::ipc::{ErrorCode, IpcError, SavedFile};
use tauri::{AppHandle, Manager as _};

/// Where the core writes.
///
/// # Errors
/// [`ErrorCode::NotSaved`] where the system names no folder.
#[cfg(desktop)]
pub(crate) fn folder(app: &AppHandle) -> Result<PathBuf, IpcError> {
    // A Linux without xdg-user-dirs knows neither downloads nor documents.
    let paths = app.path();
    let folder = paths.download_dir().or_else(|_| paths.document_dir()).or_else(|_| paths.home_dir());
    folder.map_err(|_| not_saved())
}

/// As on a desktop, of what only waits for the person's choice.
///
/// # Errors
/// [`ErrorCode::NotSaved`] where the system names no folder.
#[cfg(mobile)]
pub(crate) fn folder(app: &AppHandle) -> Result<PathBuf, IpcError> {
    Ok(app.path().app_cache_dir().map_err(|_| not_saved())?.join("outgoing"))
}

/// Gives the files to the person; they are there already.
///
/// # Errors
/// None on a desktop.
#[cfg(desktop)]
pub(crate) async fn give(_: &AppHandle, files: Vec<SavedFile>) -> Result<Vec<SavedFile>, IpcError> {
    Ok(files)
}

/// Gives the files to the person, one dialogue each.
///
/// # Errors
/// [`ErrorCode::NotSaved`] when the person closed a dialogue, or the place took nothing; those before it are saved.
#[cfg(mobile)]
pub(crate) async fn give(app: &AppHandle, files: Vec<SavedFile>) -> Result<Vec<SavedFile>, IpcError> {
    let app = app.clone();
    // The dialogue waits for the person.
    let giving = tokio::task::spawn_blocking(move || {
        let given: Result<Vec<_>, _> = files.iter().map(|file| phone::give(&app, file)).collect();
        // Whoever closed a dialogue asks anew, and the cache is no place for what nobody asked for.
        for file in &files {
            let _ = std::fs::remove_file(&file.path);
        }
        given
    });
    giving.await.map_err(|_| not_saved())?.map_err(|_| not_saved())
}

fn not_saved() -> IpcError {
    IpcError { code: ErrorCode::NotSaved, detail: None }
}

#[cfg(mobile)]
mod phone {
    use std::io;

    use client::ipc::SavedFile;
    use tauri::AppHandle;
    use tauri_plugin_dialog::DialogExt as _;
    use tauri_plugin_fs::{FsExt as _, OpenOptions};

    /// Asks where one file goes and copies it there.
    pub(super) fn give(app: &AppHandle, file: &SavedFile) -> io::Result<SavedFile> {
        let chosen = app.dialog().file().set_file_name(&file.name).blocking_save_file();
        // iOS moves files only: the plugin shows it an empty one of that name and leaves it among the documents.
        #[cfg(target_os = "ios")]
        forget_the_empty_one(app, &file.name);
        let place = chosen.ok_or(io::ErrorKind::Interrupted)?;
        let mut source = std::fs::File::open(&file.path)?;
        let mut options = OpenOptions::new();
        options.write(true).truncate(true).create(true);
        let mut target = app.fs().open(place.clone(), options)?;
        let copied = io::copy(&mut source, &mut target).and_then(|_| target.sync_all());
        drop(target);
        #[cfg(target_os = "ios")]
        let _ = app.fs().stop_accessing_security_scoped_resource(place.clone());
        copied?;
        Ok(SavedFile { name: file.name.clone(), path: place.to_string() })
    }

    #[cfg(target_os = "ios")]
    fn forget_the_empty_one(app: &AppHandle, name: &str) {
        use tauri::Manager as _;
        if let Ok(documents) = app.path().document_dir() {
            let _ = std::fs::remove_file(documents.join(name));
        }
    }
}
