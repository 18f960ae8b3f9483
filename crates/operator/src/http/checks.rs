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
        let checks = Arc::new(Self::of(items, key));
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        for _ in 0..cores.min(shares) {
            let checks = Arc::clone(&checks);
            tokio::task::spawn_blocking(move || while checks.make_next() {});
        }
        checks
    }

    fn of(items: Arc<Vec<PushItem>>, key: VerifyingKey) -> Self {
        let checked = items.iter().map(|_| OnceLock::new()).collect();
        let (next, is_broken, is_made) = (AtomicUsize::new(0), Mutex::new(false), Condvar::new());
        Self { items, key, checked, next, is_broken, is_made }
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

#[cfg(test)]
mod tests {
    use domain::ContinuousTime;
    use domain::content::VisitFinished;
    use domain::id::VisitId;
    use journal::seal::Stamp;
    use journal::{Draft, Sealed, SeriesHead, SigningKey, seal};

    use super::*;

    fn items(key: &SigningKey, count: u64) -> Vec<PushItem> {
        let mut head = SeriesHead::EMPTY;
        let item = |number: u64| {
            let draft =
                Draft::new(VisitId::from_bytes([7; 16]), VisitFinished { finished_at_ms: number as i64 });
            let continuous = ContinuousTime { epoch: [1; 8], elapsed_ms: number };
            let stamp = Stamp { utc_ms: 1_000, continuous, beacon: None };
            let Sealed { id, bytes, content, .. } = seal(&draft, &head, stamp, [0; 16], key).unwrap();
            head = head.after(id);
            // Each kind of mistake comes at other places.
            let (statement, content) = match number % 7 {
                3 => (b"no statement".to_vec(), content),
                5 => (bytes, b"another content".to_vec()),
                _ => (bytes, content),
            };
            PushItem { id, seq: number, statement, content }
        };
        (0..count).map(item).collect()
    }

    fn results<'a>(checked: impl Iterator<Item = &'a Result<Checked, Refusal>>) -> Vec<String> {
        checked.map(|one| format!("{:?}", one.as_ref().map(|checked| checked.statement().id()))).collect()
    }

    #[tokio::test]
    async fn they_stand_in_the_order_of_the_items() {
        let key = SigningKey::from_secret(&[3; 32]).unwrap();
        for count in [0, 1, 31, 32, 33, 500] {
            let items = items(&key, count);
            let alone = push::check_all(&items, key.verifying_key());
            let checks = Checks::begin(Arc::new(items), key.verifying_key().clone());
            checks.reach(count as usize / 2);
            assert_eq!(results(checks.iter()), results(alone.iter()), "{count}");
            assert_eq!(results(checks.iter()), results(alone.iter()), "asked for again");
        }
    }

    #[test]
    fn nobody_waits_for_a_check_that_will_never_be_made() {
        let key = SigningKey::from_secret(&[3; 32]).unwrap();
        let checks = Checks::of(Arc::new(items(&key, 1)), key.verifying_key().clone());
        // As a share leaves it that was taken and panicked.
        checks.next.store(1, Ordering::Relaxed);
        *checks.is_broken.lock() = true;
        assert!(catch_unwind(AssertUnwindSafe(|| checks.reach(1))).is_err());
    }
}
