//! Which windows of the demo are open: the run that started the operator ends it only after the last one.

use super::folder;
use crate::process::{Outcome, on_path};
use std::fs;
use std::path::{Path, PathBuf};

/// An open window; it counts until this value is dropped or its program ends.
pub(super) struct Open {
    file: PathBuf,
}

impl Open {
    pub(super) fn register(role: &str) -> Outcome<Self> {
        let windows = folder().join("windows");
        on_path(&windows, fs::create_dir_all(&windows))?;
        let file = windows.join(std::process::id().to_string());
        on_path(&file, fs::write(&file, role))?;
        Ok(Self { file })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.file));
    }
}

/// Whether any window is open, whoever opened it.
pub(super) fn any_open() -> bool {
    let Ok(entries) = fs::read_dir(folder().join("windows")) else { return false };
    entries.flatten().any(|entry| is_alive(&entry.file_name().to_string_lossy()))
}

/// Whether a program of this id runs. Where the system has no /proc, the mark alone counts.
pub(super) fn is_alive(pid: &str) -> bool {
    let programs = Path::new("/proc");
    !programs.join("self").exists() || programs.join(pid).join("status").exists() && !is_zombie(pid)
}

fn is_zombie(pid: &str) -> bool {
    let status = fs::read_to_string(Path::new("/proc").join(pid).join("status")).unwrap_or_default();
    status.lines().any(|line| line.starts_with("State:") && line.contains('Z'))
}
