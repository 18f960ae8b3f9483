//! The one window. Its title names the product and nobody.

use client::App;
use tauri::{AppHandle, Manager, Url, WebviewUrl, WebviewWindowBuilder, WindowEvent};

const LABEL: &str = "main";

/// Opens it.
///
/// # Errors
/// Those of the system's webview.
pub(crate) fn open(app: &AppHandle) -> tauri::Result<()> {
    let builder = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::default()).on_navigation(is_own_page);
    #[cfg(desktop)]
    let builder = {
        let (width, height) = size();
        builder
            .title("ESEP.OTAN-MEKTEP")
            .inner_size(width, height)
            .min_inner_size(360.0, 600.0)
            .resizable(true)
            .center()
    };
    builder.build()?;
    Ok(())
}

/// The page never leaves for another address: a link in a text must not become a screen of this app.
fn is_own_page(url: &Url) -> bool {
    let is_bundled = url.scheme() == "tauri" || url.host_str() == Some("tauri.localhost");
    let is_developers = !cfg!(feature = "custom-protocol") && url.host_str() == Some("localhost");
    is_bundled || is_developers
}

#[cfg(all(desktop, feature = "webdriver"))]
fn size() -> (f64, f64) {
    let wanted = std::env::var("ESEP_WINDOW").ok();
    let wanted = wanted.as_deref().and_then(|size| size.split_once('x'));
    wanted
        .and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)))
        .unwrap_or((1366.0, 768.0))
}

#[cfg(all(desktop, not(feature = "webdriver")))]
fn size() -> (f64, f64) {
    (1366.0, 768.0)
}

/// Tells the core when the person turns away and comes back, so that it locks after a time.
pub(crate) fn follow(app: &AppHandle, event: &WindowEvent) {
    let Some(core) = app.try_state::<App>() else { return };
    match event {
        WindowEvent::Focused(false) => core.went_to_background(),
        WindowEvent::Focused(true) => {
            let core = core.inner().clone();
            tauri::async_runtime::spawn(async move { core.came_back().await });
        }
        _ => {}
    }
}
