//! A test that hangs must fail, say so, and leave nothing running behind.

use std::time::Duration;

/// How long after the deadline the whole program is ended, when the test does not even notice that its time is over.
const GRACE: Duration = Duration::from_secs(60);

/// Runs a test for at most so many minutes.
///
/// What waits asynchronously is dropped at the deadline, with the programs that it started; what blocks its thread
/// cannot be, so then the program ends as it stands.
///
/// # Panics
/// When the time is over.
pub async fn within<T>(minutes: u64, test: impl Future<Output = T>) -> T {
    let limit = Duration::from_secs(60 * minutes);
    let (ended, waits) = std::sync::mpsc::channel::<()>();
    std::thread::spawn(move || {
        if waits.recv_timeout(limit + GRACE) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            eprintln!("a test blocks since more than {minutes} minutes: the program ends here");
            std::process::exit(70);
        }
    });
    let outcome = tokio::time::timeout(limit, test).await;
    drop(ended);
    outcome.unwrap_or_else(|_| panic!("not done after {minutes} minutes"))
}
