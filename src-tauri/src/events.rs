//! What the core tells the page.

use client::ipc::SyncState;
use client::ports::Events;
use serde::Serialize;
use tauri::{AppHandle, Emitter};

/// The page of the one window.
pub(crate) struct Page(AppHandle);

impl Page {
    /// The page behind that handle.
    pub(crate) fn new(handle: AppHandle) -> Self {
        Self(handle)
    }

    fn tell<T: Serialize + Clone>(&self, event: &str, payload: T) {
        // Fails only while the window is going away; then nobody is left to hear it.
        let _ = self.0.emit(event, payload);
    }
}

impl Events for Page {
    fn changed(&self) {
        self.tell("changed", ());
    }

    fn sync(&self, state: &SyncState) {
        self.tell("sync", state.clone());
    }

    fn locked(&self) {
        self.tell("locked", ());
    }
}
