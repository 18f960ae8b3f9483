//! The Tauri shell.
pub fn run() {}
