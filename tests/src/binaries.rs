//! Where the built programs lie: beside the test program.

use std::path::PathBuf;

/// The path of a program of this workspace.
///
/// # Panics
/// When it was not built; the message says how.
pub fn path(name: &str) -> PathBuf {
    let exe = std::env::current_exe().expect("the test program knows its own path");
    let mut folder = exe.parent().expect("a program lies in a folder");
    if folder.ends_with("deps") {
        folder = folder.parent().expect("deps lies in the target folder");
    }
    let path = folder.join(name);
    assert!(path.exists(), "{name} is not built: run `cargo xtask test`, which builds every part first");
    path
}

/// The root of the checkout.
pub fn root() -> PathBuf {
    let manifest = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().expect("the tests lie below the root").to_owned()
}
