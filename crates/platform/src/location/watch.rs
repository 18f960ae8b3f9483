//! A service that was started and is stopped exactly once, on every way out.
//!
//! Starting it blocks, so it happens on a thread of its own, and whoever waits for it may be gone before it answers
//! (the window was closed, the account was locked). The guard is made on that very thread, so that an answer that
//! nobody takes any more stops what it started.

/// Stops the service when it is dropped, on a thread of its own, because stopping may block as well.
#[derive(Debug)]
pub struct Watch<F: FnOnce() + Send + 'static>(Option<F>);

impl<F: FnOnce() + Send + 'static> Drop for Watch<F> {
    fn drop(&mut self) {
        if let Some(stop) = self.0.take() {
            std::thread::spawn(stop);
        }
    }
}

/// Starts a service where blocking is allowed. `begin` answers how to stop it, or nothing when it did not start.
pub async fn start<F: FnOnce() + Send + 'static>(
    begin: impl FnOnce() -> Option<F> + Send + 'static,
) -> Option<Watch<F>> {
    let started = tokio::task::spawn_blocking(move || begin().map(|stop| Watch(Some(stop))));
    started.await.ok().flatten()
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);
    const SHORT: Duration = Duration::from_millis(100);

    #[tokio::test]
    async fn it_runs_until_the_guard_goes_and_is_stopped_once() {
        let (stopped, stops) = mpsc::channel();
        let watch = start(move || Some(move || stopped.send(()).unwrap())).await.unwrap();
        assert!(stops.recv_timeout(SHORT).is_err(), "still wanted");
        drop(watch);
        stops.recv_timeout(PATIENCE).unwrap();
        assert_eq!(stops.recv_timeout(PATIENCE), Err(mpsc::RecvTimeoutError::Disconnected), "once");
    }

    #[tokio::test]
    async fn what_starts_after_nobody_waits_any_more_is_stopped() {
        let ((go, gate), (stopped, stops)) = (mpsc::channel::<()>(), mpsc::channel());
        let starting = start(move || {
            gate.recv().unwrap();
            Some(move || stopped.send(()).unwrap())
        });
        assert!(tokio::time::timeout(SHORT, starting).await.is_err(), "given up while it was starting");
        go.send(()).unwrap();
        stops.recv_timeout(PATIENCE).unwrap();
    }

    #[tokio::test]
    async fn what_did_not_start_is_not_stopped() {
        assert!(start(|| None::<fn()>).await.is_none());
    }
}
