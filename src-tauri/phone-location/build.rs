//! Hands the Kotlin and the Swift side to the application's build. There are no commands for the page.

fn main() {
    tauri_plugin::Builder::new(&[]).android_path("android").ios_path("ios").build();
}
