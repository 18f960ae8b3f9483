//! A test body that runs beside a key store of its own.

use std::env;
use std::process::Command;

const HARNESS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/harness/keyring.sh");
const INSIDE: &str = "ESEP_TEST_INSIDE_KEYRING";

/// Runs `body` in a process whose session bus has the key store in `state` (see `tests/harness/keyring.sh`).
///
/// The store is found through the environment, which a process has only once: so the test named `test` starts itself
/// again beside the store, and the body runs there.
pub(crate) fn beside_a_store(state: &str, test: &str, body: impl FnOnce()) {
    if env::var_os(INSIDE).is_some() {
        return body();
    }
    let output = Command::new(HARNESS)
        .arg(state)
        .arg(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, state)
        .output()
        .unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "beside a store that is {state}:\n{said}");
    assert!(said.contains("1 passed"), "no test is named {test}:\n{said}");
}

/// Ends the daemon of the store and starts it again over the same files.
pub(crate) fn restart(state: &str) {
    let command = env::var("ESEP_KEYRING_RESTART").unwrap();
    let status = Command::new("sh").args(["-c", &format!("{command} {state}")]).status().unwrap();
    assert!(status.success(), "the store did not start again");
}
