//! What the tests of this crate share: a clock, chance that repeats, people, and an operator in miniature.

mod operator;
mod people;

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use domain::content::{Content, DeviceEnrolled};
use domain::id::{DeviceId, PersonId};
use domain::sensitive::Sensitive;
use domain::{Clock, ContinuousTime, Rng};
use journal::{Draft, Sealed, SigningKey};
use rusqlite::types::ValueRef;

pub(crate) use operator::TestOperator;
pub(crate) use people::{
    CHILD, COORDINATOR, ORGANISATION, PARENT, PLACE, SPECIALIST, agreement_accepted, visit,
};

use crate::{Key, NewDevice, Store};

/// 23 November 2026, 10:00 in Astana.
pub(crate) const NOW_MS: i64 = 1_795_410_000_000;

/// A clock that goes on by a second with each look.
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) const fn new() -> Self {
        Self(AtomicI64::new(NOW_MS))
    }
}

impl Clock for TestClock {
    fn utc_ms(&self) -> i64 {
        self.0.fetch_add(1_000, Ordering::Relaxed)
    }

    fn offset_min(&self) -> i16 {
        300
    }

    fn continuous(&self) -> ContinuousTime {
        ContinuousTime { epoch: [7; 8], elapsed_ms: (self.0.load(Ordering::Relaxed) - NOW_MS) as u64 }
    }
}

/// Chance that is different each time and the same in each run.
pub(crate) struct TestRng(AtomicU64);

impl TestRng {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Rng for TestRng {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            // SplitMix64.
            let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_be_bytes()[..chunk.len()]);
        }
    }
}

/// A device of one person with its file on disk.
pub(crate) struct TestDevice {
    pub(crate) store: std::sync::Arc<Store>,
    pub(crate) clock: TestClock,
    pub(crate) rng: TestRng,
    path: PathBuf,
    _folder: tempfile::TempDir,
}

pub(crate) fn key() -> Key {
    Sensitive::new([0x5a; 32])
}

pub(crate) fn signing_key(n: u8) -> SigningKey {
    SigningKey::from_secret(&[n; 32]).unwrap()
}

impl TestDevice {
    /// A bound device: its key is `n`, its person is one of [`people`].
    pub(crate) fn bound(operator: &mut TestOperator, person: PersonId, n: u8) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("account.db");
        let store = Store::create(&path, &key()).unwrap().into();
        let device =
            Self { store, clock: TestClock::new(), rng: TestRng::new(n.into()), path, _folder: folder };
        let enrolled = device.begin(operator, n);
        let response = operator.enrol(&enrolled, person);
        assert_eq!(device.store.bind(&response).unwrap(), person);
        device
    }

    fn begin(&self, operator: &TestOperator, n: u8) -> Sealed {
        let new = NewDevice {
            device: DeviceId::from_bytes([n; 16]),
            key: signing_key(n),
            operator: operator.facts(),
            address: "https://esep.example.kz".into(),
        };
        let enrolled = DeviceEnrolled {
            key: new.key.verifying_key().to_cose_key(),
            activation: "ABCD".into(),
            platform: "linux".into(),
            app_version: "0.1.0".into(),
        };
        self.store.begin_device(&new, &enrolled, &self.clock, &self.rng).unwrap()
    }

    /// As if the process had ended here: the store is dropped and opened again.
    pub(crate) fn restart(&mut self) {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = Store::create(&folder.path().join("empty.db"), &key()).unwrap();
        drop(std::mem::replace(&mut self.store, elsewhere.into()));
        self.store = Store::open(&self.path, &key()).unwrap().into();
    }

    pub(crate) fn path(&self) -> &std::path::Path {
        &self.path
    }

    pub(crate) fn state(&self, drafts: &[Draft]) -> Vec<Sealed> {
        self.store.append_drafts(None, drafts, &self.clock, &self.rng).unwrap().statements
    }

    /// Pulls until nothing is left.
    pub(crate) fn pull(&self, operator: &TestOperator) -> sync::outbox::PullApplied {
        use sync::Outbox as _;
        let mut all = sync::outbox::PullApplied { new_count: 0, rejected_count: 0, changed: false };
        loop {
            let request = self.store.pull_request(7).unwrap();
            let response = operator.pull(&request, self.person());
            let more = response.scopes.is_some() || response.more;
            let applied = self.store.apply_pull(&request, response.into()).unwrap();
            all.new_count += applied.new_count;
            all.rejected_count += applied.rejected_count;
            all.changed |= applied.changed;
            if !more {
                return all;
            }
        }
    }

    /// Asks the operator to prove its log, as a person makes the device do; whether it is trusted again.
    pub(crate) fn settle(&self, operator: &TestOperator) -> bool {
        let prove = |size: u64| {
            let request = sync::wire::pull::PullRequest {
                scopes_version: None,
                cursor: 0,
                backfill: None,
                urgent_cursor: 0,
                known_tree_size: size,
                behind: None,
                limit: 1,
            };
            (size, operator.pull(&request, self.person()).checkpoint.unwrap())
        };
        let checkpoints: Vec<_> = self.store.sizes_to_prove().unwrap().into_iter().map(prove).collect();
        self.store.settle(&checkpoints, 9).unwrap()
    }

    /// Pushes until nothing waits.
    pub(crate) fn push(&self, operator: &mut TestOperator) {
        use sync::Outbox as _;
        loop {
            let request = self.store.next_batch(None, 5, usize::MAX).unwrap();
            if request.items.is_empty() {
                return;
            }
            self.store.mark_sent(&request.items).unwrap();
            let response = operator.push(&request, self.key());
            self.store.apply_push(&request, &response).unwrap();
        }
    }

    pub(crate) fn key(&self) -> domain::id::KeyId {
        self.store.account().unwrap().unwrap().key.id()
    }

    pub(crate) fn person(&self) -> PersonId {
        self.store.account().unwrap().unwrap().person.unwrap()
    }

    /// Every row that is shown, in one text.
    pub(crate) fn shown(&self) -> String {
        self.rows(crate::projection::TABLES)
    }

    /// Every row by which own statements are found, in one text.
    pub(crate) fn found(&self) -> String {
        self.rows(crate::lookup::TABLES)
    }

    fn rows(&self, tables: &[&str]) -> String {
        use std::fmt::Write as _;
        self.store
            .with_reader(|conn| {
                let mut text = String::new();
                for table in tables {
                    let columns = conn.prepare(&format!("SELECT * FROM {table}"))?.column_count();
                    let order = if columns < 3 { "1, 2" } else { "1, 2, 3" };
                    let mut select = conn.prepare(&format!("SELECT * FROM {table} ORDER BY {order}"))?;
                    let mut rows = select.query([])?;
                    while let Some(row) = rows.next()? {
                        write!(text, "{table}:").unwrap();
                        for column in 0..columns {
                            match row.get_ref(column)? {
                                ValueRef::Text(bytes) => write!(text, " {}", String::from_utf8_lossy(bytes)),
                                ValueRef::Blob(bytes) => write!(text, " {bytes:02x?}"),
                                other => write!(text, " {other:?}"),
                            }
                            .unwrap();
                        }
                        text.push('\n');
                    }
                }
                Ok::<_, crate::StoreError>(text)
            })
            .unwrap()
    }
}

/// What a sealed statement says.
pub(crate) fn content(sealed: &Sealed) -> Content {
    journal::codec::decode(sealed.header.kind, &sealed.content).unwrap()
}
