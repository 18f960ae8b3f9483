//! Checking the statements of a push on every core, while the first of them are registered already.

use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use journal::VerifyingKey;
use operator_core::push;
use operator_core::verify::Checked;
use parking_lot::{Condvar, Mutex};
use wire::push::{PushItem, Refusal};

/// So many items are checked in one go; fewer are no work for another thread.
const SHARE: usize = 32;

/// The checks of a push, in the order of its items: each is there once it was made, and is waited for before.
pub(super) struct Checks {
    items: Arc<Vec<PushItem>>,
    key: VerifyingKey,
    checked: Vec<OnceLock<Result<Checked, Refusal>>>,
    /// The first item that nobody has taken yet.
    next: AtomicUsize,
    /// Whether a check panicked, so that some will never be made.
    is_broken: Mutex<bool>,
    is_made: Condvar,
}

impl Checks {
    /// Begins, with a thread for each core.
    pub(super) fn begin(items: Arc<Vec<PushItem>>, key: VerifyingKey) -> Arc<Self> {
        let shares = items.len().div_ceil(SHARE);
        let checked = items.iter().map(|_| OnceLock::new()).collect();
        let checks = Arc::new(Self {
            items,
            key,
            checked,
            next: AtomicUsize::new(0),
            is_broken: Mutex::new(false),
            is_made: Condvar::new(),
        });
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        for _ in 0..cores.min(shares) {
            let checks = Arc::clone(&checks);
            tokio::task::spawn_blocking(move || while checks.make_next() {});
        }
        checks
    }

    /// Checks the next share. False when nothing is left to take.
    fn make_next(&self) -> bool {
        let from = self.next.fetch_add(SHARE, Ordering::Relaxed);
        let Some(share) = self.items.get(from..self.items.len().min(from.saturating_add(SHARE))) else {
            return false;
        };
        let key = &self.key;
        let made = catch_unwind(AssertUnwindSafe(|| push::check_all(share, key)));
        *self.is_broken.lock() |= made.is_err();
        for (place, checked) in self.checked[from..].iter().zip(made.into_iter().flatten()) {
            place.get_or_init(|| checked);
        }
        // Whoever waits looks under the lock before it sleeps, so nobody misses this.
        drop(self.is_broken.lock());
        self.is_made.notify_all();
        !share.is_empty()
    }

    /// The check of one item. Whoever waits for it makes what nobody has taken: it comes also when no thread is free.
    ///
    /// # Panics
    /// When a check did.
    fn get(&self, nth: usize) -> &Result<Checked, Refusal> {
        loop {
            if let Some(checked) = self.checked[nth].get() {
                return checked;
            }
            if self.make_next() {
                continue;
            }
            let mut is_broken = self.is_broken.lock();
            assert!(!*is_broken, "a check panicked");
            if self.checked[nth].get().is_none() {
                self.is_made.wait(&mut is_broken);
            }
        }
    }

    /// Waits until so many are checked.
    pub(super) fn reach(&self, count: usize) {
        self.iter().take(count).for_each(drop);
    }

    /// All of them, in the order of the items.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Result<Checked, Refusal>> {
        (0..self.checked.len()).map(|nth| self.get(nth))
    }
}
