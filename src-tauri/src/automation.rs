//! Nobody drives the window from outside, unless the build was made for it.

/// The variable by which WebKit lets WebDriver take over a window.
const VARIABLE: &str = "TAURI_WEBVIEW_AUTOMATION";

/// Clears the variable: it works in release builds as well, and whoever drives the window reads what is on it.
#[cfg(not(feature = "webdriver"))]
pub(crate) fn forbid() {
    #[expect(unsafe_code, reason = "called first of all, while there is only one thread that could read it")]
    // SAFETY: no other thread exists yet.
    unsafe {
        std::env::remove_var(VARIABLE);
    }
}

/// In builds for tests it stays as it is.
#[cfg(feature = "webdriver")]
pub(crate) fn forbid() {
    let _ = VARIABLE;
}
