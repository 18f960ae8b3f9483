//! When the core passes its steps: the trace events of target `esep::step`.

use std::sync::OnceLock;
use std::time::Instant;

use parking_lot::{Condvar, Mutex};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// Passings of steps since the last look.
pub(crate) struct Steps {
    passed: Mutex<Vec<(String, Instant)>>,
    more: Condvar,
}

impl Steps {
    /// Forgets what was.
    pub(crate) fn clear(&self) {
        self.passed.lock().clear();
    }

    /// When a step was passed for the n-th time since, waiting for it.
    pub(crate) fn nth(&self, step: &str, nth: usize) -> Instant {
        let mut passed = self.passed.lock();
        loop {
            let mut times = passed.iter().filter(|(name, _)| name == step);
            if let Some((_, at)) = times.nth(nth) {
                return *at;
            }
            self.more.wait(&mut passed);
        }
    }
}

struct Listener(&'static Steps);

impl<S: tracing::Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if let Some(name) = esep_tests::steps::passed(event) {
            self.0.passed.lock().push((name, Instant::now()));
            self.0.more.notify_all();
        }
    }
}

/// Begins to listen, once in a process.
pub(crate) fn watch() -> &'static Steps {
    static STEPS: OnceLock<Steps> = OnceLock::new();
    let steps = STEPS.get_or_init(|| Steps { passed: Mutex::default(), more: Condvar::new() });
    tracing_subscriber::registry().with(Listener(steps)).init();
    steps
}
