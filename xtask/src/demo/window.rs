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
    entries.flatten().any(|entry| is_alive(&entry.file_name().to_string_lossy(), "xtask"))
}

/// Whether the program of this id still runs. Its name is compared, because ids are given to others later.
/// Where the system has no /proc, the mark alone counts.
pub(super) fn is_alive(pid: &str, name: &str) -> bool {
    let programs = Path::new("/proc");
    if !programs.join("self").exists() {
        return true;
    }
    let status = fs::read_to_string(programs.join(pid).join("status")).unwrap_or_default();
    let says = |key: &str, value: &str| {
        status.lines().filter_map(|line| line.strip_prefix(key)).any(|rest| rest.trim().starts_with(value))
    };
    says("Name:", name) && !says("State:", "Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_lives_under_its_name_until_it_was_ended() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let pid = child.id().to_string();
        assert!(is_alive(&pid, "sleep"), "it was just started");
        assert!(!is_alive(&pid, "xtask"), "an id that somebody else has by now does not count");
        child.kill().unwrap();
        assert!(!is_alive_within(&pid, 100), "ended, though nobody asked yet how");
        child.wait().unwrap();
        assert!(!is_alive(&pid, "sleep"), "it was ended");
    }

    /// A signal takes a moment to arrive.
    fn is_alive_within(pid: &str, looks: u32) -> bool {
        (0..looks).all(|_| {
            std::thread::sleep(std::time::Duration::from_millis(20));
            is_alive(pid, "sleep")
        })
    }
}
