//! Where this run keeps its files.

use std::fs;
use std::path::PathBuf;

use tauri::{AppHandle, Manager};

/// Names another folder, so that several people can run side by side on one computer.
const VARIABLE: &str = "ESEP_PROFILE";

/// The folder, made when it is missing and closed to others where the system knows that.
///
/// # Errors
/// Those of the file system.
pub(crate) fn folder(app: &AppHandle) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let folder = match std::env::var_os(VARIABLE).filter(|folder| !folder.is_empty()) {
        Some(folder) => PathBuf::from(folder),
        None => app.path().app_local_data_dir()?,
    };
    fs::create_dir_all(&folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
    }
    Ok(folder)
}
