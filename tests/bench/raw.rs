//! The limits: what the same bytes cost without the product.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use domain::ContinuousTime;
use domain::content::{
    CaptureEnd, LocationMoment, LocationOutcome, VisitLocated, VisitOutcome, VisitRegistered,
};
use domain::id::{CaptureId, ChildId, OrganisationId, PersonId, PlaceId, VisitId};
use journal::seal::Stamp;
use journal::{Draft, Sealed, SeriesHead, SigningKey, VerifyingKey, VisitIds};
use platform::SystemRng;
use rusqlite::Connection;

use crate::world::DOOR;

mod peer;

/// Statements in one request.
const BATCH: usize = 500;

/// One SQLCipher file with the product's settings and one signing key.
pub(crate) struct RawFile {
    conn: Connection,
    key: SigningKey,
    row: Row,
}

/// Bytes of the size of a statement and its content, with a signature over them.
struct Row {
    bytes: Vec<u8>,
    content: Vec<u8>,
    signature: [u8; 64],
}

fn open(path: &Path, encrypted: bool) -> Connection {
    let conn = Connection::open(path).expect("a new file");
    if encrypted {
        let key =
            format!("PRAGMA key = \"x'{}'\"; PRAGMA cipher_hmac_algorithm = HMAC_SHA256;", "5a".repeat(32));
        conn.execute_batch(&key).expect("a raw key");
    }
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
         PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;
         CREATE TABLE statement (seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL, content BLOB NOT NULL) STRICT;",
    )
    .expect("an empty file");
    conn
}

impl RawFile {
    pub(crate) fn create(path: &Path) -> Self {
        let key = SigningKey::generate(&SystemRng);
        let row = statements(&key, 1).remove(0);
        Self { conn: open(path, true), key, row }
    }

    /// One signature and one durable row.
    pub(crate) fn sign_and_commit(&mut self) {
        let signature = self.key.sign(&self.row.bytes);
        let transaction = self.conn.transaction().expect("a transaction");
        let mut bytes = self.row.bytes.clone();
        bytes[..64].copy_from_slice(&signature);
        transaction
            .prepare_cached("INSERT INTO statement (bytes, content) VALUES (?1, ?2)")
            .and_then(|mut insert| insert.execute((bytes, &self.row.content)))
            .expect("a row");
        transaction.commit().expect("on disk");
    }
}

/// Whom visits concern.
#[derive(Clone, Copy)]
pub(crate) struct Parties {
    pub(crate) child: ChildId,
    pub(crate) organisation: OrganisationId,
    pub(crate) specialist: PersonId,
    pub(crate) place: PlaceId,
}

/// Statements of visits as a device makes them: registration, position, registration...
pub(crate) struct Visits<'a> {
    key: &'a SigningKey,
    parties: Parties,
    head: SeriesHead,
    now_ms: i64,
    /// Of the visit whose position comes next.
    open: Option<(VisitId, CaptureId)>,
}

impl<'a> Visits<'a> {
    /// Those after the statement at which a key's series stands.
    pub(crate) fn after(key: &'a SigningKey, parties: Parties, head: SeriesHead) -> Self {
        Self { key, parties, head, now_ms: 1_795_410_000_000, open: None }
    }

    fn registered(&mut self) -> Draft {
        let visit = VisitIds::new(self.key.id(), self.now_ms, &SystemRng).fresh();
        let capture = CaptureId::random(&SystemRng);
        self.open = Some((visit, capture));
        let Parties { child, organisation, specialist, place } = self.parties;
        let registered = VisitRegistered {
            child,
            specialist,
            organisation,
            place: Some(place),
            service: "speech-therapy".into(),
            outcome: VisitOutcome::Held,
            started_at_ms: self.now_ms,
            finished_at_ms: None,
            offset_min: 300,
            late: None,
            capture: Some(capture),
            warned: None,
        };
        Draft::new(visit, registered)
    }

    fn located(&self, (visit, capture): (VisitId, CaptureId)) -> Draft {
        let located = VisitLocated {
            capture,
            moment: LocationMoment::Registered,
            outcome: LocationOutcome::Fix(DOOR),
            began_at_ms: self.now_ms,
            ended_at_ms: self.now_ms + 900,
            ended_by: CaptureEnd::GoodFix,
        };
        Draft::new(visit, located)
    }
}

impl Iterator for Visits<'_> {
    type Item = Sealed;

    fn next(&mut self) -> Option<Sealed> {
        let draft = match self.open.take() {
            Some(open) => self.located(open),
            None => self.registered(),
        };
        let continuous = ContinuousTime { epoch: [7; 8], elapsed_ms: self.head.next_seq * 1_000 };
        let stamp = Stamp { utc_ms: self.now_ms, continuous, beacon: None };
        let rng: &dyn domain::Rng = &SystemRng;
        let sealed =
            journal::seal(&draft, &self.head, stamp, rng.array(), self.key).expect("a small content");
        self.head = self.head.after(sealed.id);
        self.now_ms += 1_000;
        Some(sealed)
    }
}

fn statements(key: &SigningKey, count: usize) -> Vec<Row> {
    let rng: &dyn domain::Rng = &SystemRng;
    let parties = Parties {
        child: ChildId::random(rng),
        organisation: OrganisationId::random(rng),
        specialist: PersonId::random(rng),
        place: PlaceId::random(rng),
    };
    let row = |sealed: Sealed| {
        let signature = key.sign(&sealed.bytes);
        Row { bytes: sealed.bytes, content: sealed.content, signature }
    };
    Visits::after(key, parties, SeriesHead::EMPTY).take(count).map(row).collect()
}

/// What the statements of so many visits cost at least: one measurement with each call.
pub(crate) struct Reference {
    key: SigningKey,
    rows: Vec<Row>,
    folder: PathBuf,
    files_count: AtomicU32,
}

impl Reference {
    pub(crate) fn new(visits: usize, folder: &Path) -> Self {
        let key = SigningKey::generate(&SystemRng);
        let rows = statements(&key, visits * 2);
        Self { key, rows, folder: folder.to_owned(), files_count: AtomicU32::new(0) }
    }

    /// The beginning of the names of files that nobody has.
    fn beginning(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}-{}", self.files_count.fetch_add(1, Ordering::Relaxed)))
    }

    /// Batches verified and durable on the receiving side.
    pub(crate) fn push(&self) -> Duration {
        push(&self.rows, self.key.verifying_key(), &self.beginning("push"))
    }

    /// A pull without the product: pages from a plain file over HTTP, packed, into an empty encrypted file in one durable
    /// transaction.
    pub(crate) async fn pull(&self) -> Duration {
        let took = peer::pull(&self.rows, &self.beginning("pull")).await;
        took.expect("files and a connection of this machine")
    }

    /// Of a pull the transaction alone, with everything at hand.
    pub(crate) fn insert(&self) -> Duration {
        insert_all(&self.rows, &self.beginning("insert"))
    }

    /// The signature checks on all cores.
    pub(crate) fn checks(&self) -> Duration {
        checks(&self.rows, self.key.verifying_key())
    }
}

fn insert(transaction: &rusqlite::Transaction<'_>, rows: &[Row]) {
    let mut insert = transaction
        .prepare_cached("INSERT INTO statement (bytes, content) VALUES (?1, ?2)")
        .expect("a statement");
    for one in rows {
        insert.execute((&one.bytes, &one.content)).expect("a row");
    }
}

fn push(rows: &[Row], key: &VerifyingKey, path: &Path) -> Duration {
    let mut conn = open(path, false);
    let began = Instant::now();
    for batch in rows.chunks(BATCH) {
        let plain: Vec<u8> =
            batch.iter().flat_map(|one| one.bytes.iter().chain(&one.content)).copied().collect();
        let packed = zstd::bulk::compress(&plain, 3).expect("packed");
        drop(zstd::bulk::decompress(&packed, plain.len()).expect("unpacked"));
        for one in batch {
            verify(one, key);
        }
        let transaction = conn.transaction().expect("a transaction");
        insert(&transaction, batch);
        transaction.commit().expect("on disk");
    }
    began.elapsed()
}

fn insert_all(rows: &[Row], path: &Path) -> Duration {
    let mut conn = open(path, true);
    let began = Instant::now();
    let transaction = conn.transaction().expect("a transaction");
    insert(&transaction, rows);
    transaction.commit().expect("on disk");
    began.elapsed()
}

fn verify(row: &Row, key: &VerifyingKey) {
    key.verify(&row.bytes, &row.signature).expect("it verifies");
}

fn checks(rows: &[Row], key: &VerifyingKey) -> Duration {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let began = Instant::now();
    std::thread::scope(|scope| {
        for part in rows.chunks(rows.len().div_ceil(cores).max(1)) {
            scope.spawn(move || part.iter().for_each(|one| verify(one, key)));
        }
    });
    began.elapsed()
}
