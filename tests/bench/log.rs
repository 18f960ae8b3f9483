//! The whole log: what it costs to verify it, and to prove that one statement is in it.

use std::time::{Duration, Instant};

use domain::content::{DeviceBound, DeviceEnrolled};
use domain::id::DeviceId;
use journal::receipt::{TreeHead, verify_receipt};
use journal::seal::Stamp;
use journal::{Draft, SeriesHead, SigningKey, VerifyingKey, merkle};
use operator::{Folder, Instance};
use operator_core::authorise::Author;
use operator_core::head;
use operator_core::register::register;
use operator_core::store::{Entry, StoreError, StoreRead};
use operator_core::verify::Checked;
use platform::SystemRng;
use wire::push::Outcome;

use crate::figures::{Page, Spread, ms, ratio_of, thousands};
use crate::raw::{Parties, Visits};
use crate::world::World;

/// Statements that are registered in one transaction.
const BATCH: usize = 5_000;
/// Statements a second of one core, without signatures.
const GOAL_PER_S: f64 = 100_000.0;
/// One proof.
const PROOF_GOAL: Duration = Duration::from_millis(1);
/// Proofs of each sort.
const PROOFS: u64 = 200;

/// Verifies the operator's log with so many statements, and proofs out of it.
pub(crate) fn measure(page: &mut Page, world: &World, statements: usize) {
    page.note("a large log");
    let instance = Instance::open(Folder::at(world.operator.dir())).expect("the operator's folder");
    let first_leaf = grow(&instance, &world.parties(), statements);
    proofs(page, &instance, first_leaf, 1, statements);
    proofs(page, &instance, first_leaf, wire::push::MAX_ITEMS as u64, statements);
    drop(instance);
    let [alone, signed, whole_database]: [(&str, &[&str]); 3] = [
        ("without signatures", &["--no-signatures", "--no-projections"]),
        ("with signatures", &["--no-projections"]),
        ("with signatures, and the lists made from it compared", &[]),
    ];
    for (what, arguments) in [alone, signed, whole_database] {
        let before = children_cpu();
        let began = Instant::now();
        let said = world.operator.run(&[&["verify"], arguments].concat());
        let (took, cpu) = (began.elapsed(), children_cpu() - before);
        assert!(said.status.success(), "the log holds: {}", String::from_utf8_lossy(&said.stdout));
        let per_s = as_f64(statements) / cpu.as_secs_f64();
        let is_the_goal = what == alone.0;
        let goal = if is_the_goal { "at least 100 000" } else { "" };
        let ratio = if is_the_goal { format!("{:.2}", per_s / GOAL_PER_S) } else { String::new() };
        page.row(
            &format!(
                "whole log of {} verified {what}, statements a second of one core",
                thousands(statements)
            ),
            &format!("{} (all in {})", thousands(whole(per_s)), ms(took)),
            goal,
            &ratio,
        );
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures are read by people")]
fn as_f64(count: usize) -> f64 {
    count as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "figures are read by people")]
fn whole(figure: f64) -> usize {
    figure as usize
}

/// Processor time of all processes that this one started and that have ended (proc(5), `cutime` and `cstime`, in the 100
/// ticks a second that Linux shows to programs).
fn children_cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux tells what a process took");
    let (_, fields) = stat.rsplit_once(')').expect("the name stands in brackets");
    let ticks =
        fields.split_whitespace().skip(13).take(2).map(|field| field.parse::<u64>().expect("a number"));
    Duration::from_millis(ticks.sum::<u64>() * 10)
}

/// Registers visits of a new device until the log has so many statements; the first leaf of theirs.
fn grow(instance: &Instance, parties: &Parties, statements: usize) -> u64 {
    let key = SigningKey::generate(&SystemRng);
    let series = bind(instance, parties, &key);
    let mut visits = Visits::after(&key, *parties, series);
    let size = || instance.read().and_then(|read| read.log_size()).expect("the log can be read");
    let first_leaf = size();
    let mut left = statements.saturating_sub(usize::try_from(first_leaf).unwrap_or(usize::MAX));
    while left > 0 {
        let count = left.min(BATCH);
        let now_ms = instance.now_ms();
        let registered = instance.transact::<_, StoreError>(|txn, _| {
            let bound = txn.bound_key(key.id())?.ok_or(StoreError::Damaged("the key was bound"))?;
            let author = Author::Device(Box::new(bound));
            for sealed in visits.by_ref().take(count) {
                let checked = Checked::sealed(&sealed, key.verifying_key()).expect("it was sealed here");
                let outcome = register(txn, &author, &checked, now_ms)?;
                assert!(matches!(outcome, Outcome::Registered { .. }), "{outcome:?}");
            }
            Ok(())
        });
        registered.expect("registered");
        left -= count;
    }
    first_leaf
}

/// Binds a key as an enrolment does.
fn bind(instance: &Instance, parties: &Parties, key: &SigningKey) -> SeriesHead {
    let (device, now_ms) = (DeviceId::random(&SystemRng), instance.now_ms());
    let enrolled = DeviceEnrolled {
        key: key.verifying_key().to_cose_key(),
        activation: "BNCH".into(),
        platform: "linux".into(),
        app_version: env!("CARGO_PKG_VERSION").into(),
    };
    let rng: &dyn domain::Rng = &SystemRng;
    let stamp = Stamp::now(&*instance.clock, None);
    let draft = Draft::new(device, enrolled);
    let sealed = journal::seal(&draft, &SeriesHead::EMPTY, stamp, rng.array(), key).expect("a small content");
    let bound = instance.transact::<_, StoreError>(|txn, operator| {
        let bound = DeviceBound {
            key: key.verifying_key().to_cose_key(),
            person: parties.specialist,
            activation: "BNCH".into(),
            issued_by: operator.key.id(),
            bound_at_ms: now_ms,
            host: None,
        };
        operator.state(txn, device, bound)?;
        let bound = txn.bound_key(key.id())?.ok_or(StoreError::Damaged("the key was bound"))?;
        let checked = Checked::sealed(&sealed, key.verifying_key()).expect("it was sealed here");
        register(txn, &Author::Device(Box::new(bound)), &checked, now_ms).map(drop)
    });
    bound.expect("the first statement of a new key");
    SeriesHead::EMPTY.after(sealed.id)
}

/// What a device does to prove a statement of a push of `batch` statements, from what it keeps of the answer.
fn proofs(page: &mut Page, instance: &Instance, first_leaf: u64, batch: u64, statements: usize) {
    let read = instance.read().expect("the log can be read");
    let operator = instance.key.verifying_key();
    let left = (statements as u64).saturating_sub(first_leaf + batch).max(1);
    let mut took = Vec::new();
    for number in 0..PROOFS {
        let from = first_leaf + (number * 7_919) % left;
        took.extend(prove(&*read, operator, from, batch));
    }
    let spread = Spread::of(took);
    page.row(
        &format!(
            "inclusion proof offline, one of a push of {batch}, log of {}, p50 / p99",
            thousands(statements)
        ),
        &format!("{} / {}", ms(spread.at(0.5)), ms(spread.at(0.99))),
        &format!("goal {}", ms(PROOF_GOAL)),
        &ratio_of(spread.at(0.99), PROOF_GOAL),
    );
}

/// `None` where a push would have had a head between its statements.
fn prove(read: &dyn StoreRead, operator: &VerifyingKey, from: u64, batch: u64) -> Option<Duration> {
    let entries = read.entries(from, u32::try_from(batch).ok()?).expect("leaves of the log");
    let registrations = head::prove(read, &entries, 0).expect("they are under a head");
    let [registration] = registrations.as_slice() else { return None };
    let bytes: Vec<&[u8]> = entries.iter().map(|entry: &Entry| entry.statement.as_slice()).collect();
    let middle = bytes.len() / 2;
    let asked = from + middle as u64;
    let began = Instant::now();
    let hashes: Vec<_> = bytes.iter().map(|statement| merkle::leaf_hash(statement)).collect();
    let range =
        merkle::prove_range(&hashes, from, registration.tree_size, &registration.proof, asked..asked + 1)
            .expect("a proof");
    let head = TreeHead::verify(&registration.head, range.root, operator).expect("signed by the operator");
    let receipt = head.receipt(asked, &range.paths[0]).expect("a receipt");
    verify_receipt(&receipt, bytes[middle], operator).expect("it proves its statement");
    Some(began.elapsed())
}
