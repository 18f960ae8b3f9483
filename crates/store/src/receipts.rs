//! Receipts: the outbox row closes only on a proof that verified.
//!
//! One signed head and one range proof cover a whole push (docs/PROTOCOL.md, "Receipts"). They are kept as they came;
//! the COSE receipt of one statement is derived from them whenever somebody asks for it.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use domain::flag::Flag;
use domain::id::{Digest, StatementId};
use journal::merkle::{self, ProvenRange};
use journal::receipt::{self, TreeHead};
use journal::{Beacon, Statement, VerifyingKey};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Transaction, named_params};
use sync::wire::pull::PullItem;
use sync::wire::push::Registration;

use crate::StoreError;
use crate::column::{self, Blob, Json};
use crate::outbox::Failed;
use crate::trust::{Found, SignedHead};

/// An own statement that is said to be in the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    /// Place in the series.
    pub(crate) seq: u64,
    pub(crate) id: StatementId,
    pub(crate) bytes: &'a [u8],
}

/// Own statements by the leaf at which they are said to be.
pub(crate) type Entries<'a> = HashMap<u64, Entry<'a>>;

/// A registration whose proof and signature verified.
pub(crate) struct Proven<'a> {
    registration: &'a Registration,
    head: TreeHead,
    /// Place in the series and id of each leaf, in the order of the log.
    leaves: Vec<(u64, StatementId)>,
}

impl Proven<'_> {
    /// The statements that it proves with their places in the log.
    pub(crate) fn leaves(&self) -> impl Iterator<Item = (StatementId, u64)> {
        let first = self.registration.first_leaf;
        self.leaves.iter().enumerate().map(move |(offset, (_, id))| (*id, first + offset as u64))
    }

    /// The signed head.
    pub(crate) fn head(&self) -> &TreeHead {
        &self.head
    }
}

/// Verifies a registration: the range proof leads from the bytes of our own statements to a root that the operator
/// signed.
///
/// # Errors
/// [`StoreError::Unproven`].
pub(crate) fn prove<'a>(
    registration: &'a Registration,
    entries: &Entries<'_>,
    operator: &VerifyingKey,
) -> Result<Proven<'a>, StoreError> {
    let (mut leaves, mut hashes) = (Vec::new(), Vec::new());
    for offset in 0..registration.count {
        let leaf_index = registration.first_leaf.checked_add(offset).ok_or(StoreError::Unproven)?;
        let entry = entries.get(&leaf_index).ok_or(StoreError::Unproven)?;
        leaves.push((entry.seq, entry.id));
        hashes.push(merkle::leaf_hash(entry.bytes));
    }
    let Registration { first_leaf, tree_size, .. } = *registration;
    let ProvenRange { root, .. } =
        merkle::prove_range(&hashes, first_leaf, tree_size, &registration.proof, 0..0)
            .map_err(|_| StoreError::Unproven)?;
    let head = TreeHead::verify(&registration.head, root, operator).map_err(|_| StoreError::Unproven)?;
    if head.tree_size != registration.tree_size {
        return Err(StoreError::Unproven);
    }
    Ok(Proven { registration, head, leaves })
}

/// Takes the head over a registration for one of the log that was seen before: either it goes on from the beacon and
/// becomes the new one, or it is an earlier one of that history. Without a beacon it is the first head ever seen.
///
/// # Errors
/// [`sync::OutboxError::SplitView`].
pub(crate) fn follow(transaction: &Transaction<'_>, proven: &Proven<'_>) -> Result<(), Failed> {
    let head = proven.head.beacon();
    let Some(known) = known_head(transaction)? else { return Ok(set_beacon(transaction, &proven.head)?) };
    let seen = known.beacon();
    let is_older = head.tree_size < seen.tree_size;
    let (older, newer) = if is_older { (head, seen) } else { (seen, head) };
    let consistent = merkle::check_consistency(
        (older.tree_size, older.root),
        (newer.tree_size, newer.root),
        &proven.registration.consistency,
    );
    if consistent.is_err() {
        return Err(Failed::found(Found::split_view(Some(known), &proven.head, proven.registration)));
    }
    if is_older { Ok(()) } else { Ok(set_beacon(transaction, &proven.head)?) }
}

/// Compares what was proven with what is known: one place of the log holds one statement, and each has one place.
///
/// # Errors
/// [`sync::OutboxError::SplitView`].
pub(crate) fn compare(transaction: &Transaction<'_>, proven: &Proven<'_>) -> Result<(), Failed> {
    let mut select = transaction.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM foreign_statement WHERE leaf_index = ?1 AND id <> ?2)
             OR EXISTS (SELECT 1 FROM receipt WHERE seq = ?3 AND leaf_index <> ?1)",
    )?;
    for (offset, (seq, id)) in proven.leaves.iter().enumerate() {
        let leaf_index = proven.registration.first_leaf + offset as u64;
        if select.query_row((leaf_index, id.as_bytes(), seq), |row| row.get(0))? {
            return Err(Failed::found(Found::other_receipt(&proven.head, proven.registration)));
        }
    }
    Ok(())
}

/// The places of the log that were proven to hold statements of this device.
pub(crate) struct OwnLeaves<'a> {
    /// From the first to the last; in between lie others' as well.
    range: RangeInclusive<u64>,
    at: CachedStatement<'a>,
    of: CachedStatement<'a>,
}

impl<'a> OwnLeaves<'a> {
    pub(crate) fn new(transaction: &'a Transaction<'a>) -> Result<Self, StoreError> {
        // Apart from each other, so that each is one look at the index.
        let range = transaction.query_row(
            "SELECT coalesce((SELECT min(leaf_index) FROM receipt), 1), coalesce((SELECT max(leaf_index) FROM receipt), 0)",
            [],
            |row| Ok(row.get(0)?..=row.get(1)?),
        )?;
        let at = transaction.prepare_cached(
            "SELECT o.id FROM receipt r JOIN own_statement o ON o.seq = r.seq WHERE r.leaf_index = ?1",
        )?;
        let of = transaction.prepare_cached("SELECT leaf_index FROM receipt WHERE seq = ?1")?;
        Ok(Self { range, at, of })
    }

    /// Compares what is delivered with what was proven.
    ///
    /// # Errors
    /// [`sync::OutboxError::SplitView`] when this place holds another statement, or an own one is at another place.
    pub(crate) fn compare(
        &mut self,
        item: &PullItem,
        statement: &Statement,
        is_own: bool,
    ) -> Result<(), Failed> {
        let leaf_index = item.leaf_index;
        let is_elsewhere = match is_own {
            true => {
                let proven: Option<u64> =
                    self.of.query_row([statement.header().seq], |row| row.get(0)).optional()?;
                proven.is_some_and(|proven| proven != leaf_index)
            }
            false => false,
        };
        let is_taken = self.range.contains(&leaf_index) && {
            let proven =
                self.at.query_row([leaf_index], |row| row.get::<_, Blob<StatementId>>(0)).optional()?;
            proven.is_some_and(|proven| proven.0 != statement.id())
        };
        if is_elsewhere || is_taken { Err(Failed::found(Found::other_leaf(item))) } else { Ok(()) }
    }
}

/// Stores what was proven and closes the outbox rows. A receipt that is there already stays, because it is the older
/// evidence, but for its flags: the operator says them anew. What was erased before its receipt came was kept only to be
/// sent, and goes now. Returned are the numbers of what is to be shown otherwise than before.
pub(crate) fn store(
    transaction: &Transaction<'_>,
    proven: &Proven<'_>,
    flags_of: impl Fn(StatementId) -> Vec<Flag>,
) -> Result<Vec<u64>, StoreError> {
    let registration = proven.registration;
    let proof: Vec<u8> = registration.proof.iter().flat_map(Digest::as_bytes).copied().collect();
    transaction
        .prepare_cached(
            "INSERT INTO registration (first_leaf, runs, tree_size, root, head, proof, signed_at_s)
             VALUES (:first_leaf, :runs, :tree_size, :root, :head, :proof, :signed_at_s)",
        )?
        .execute(named_params! {
            ":first_leaf": registration.first_leaf,
            ":runs": column::json(&runs(&proven.leaves))?,
            ":tree_size": registration.tree_size,
            ":root": proven.head.root.as_bytes(),
            ":head": registration.head,
            ":proof": proof,
            ":signed_at_s": proven.head.signed_at_s,
        })?;
    let id = transaction.last_insert_rowid();
    remember_head(transaction, proven.head.tree_size, proven.head.signed_at_s)?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO receipt (seq, leaf_index, registration, flags) SELECT ?1, ?2, ?3, ?4
          WHERE NOT EXISTS (SELECT 1 FROM receipt WHERE seq = ?1)",
    )?;
    let mut flag =
        transaction.prepare_cached("UPDATE receipt SET flags = ?2 WHERE seq = ?1 AND flags <> ?2")?;
    let mut changed = Vec::new();
    let mut close = transaction.prepare_cached("DELETE FROM outbox WHERE seq = ?1")?;
    for (offset, (seq, statement)) in proven.leaves.iter().enumerate() {
        let leaf_index = registration.first_leaf + offset as u64;
        let flags = column::flags(&flags_of(*statement));
        if insert.execute((seq, leaf_index, id, &flags))? == 0 && flag.execute((seq, &flags))? > 0 {
            changed.push(*seq);
        }
        close.execute([seq])?;
    }
    let any: bool = transaction.query_row("SELECT EXISTS (SELECT 1 FROM erased)", [], |row| row.get(0))?;
    let mut erase = transaction.prepare_cached(
        "UPDATE own_statement SET content = NULL
          WHERE seq = ?1 AND content IS NOT NULL AND EXISTS (SELECT 1 FROM erased WHERE statement = ?2)",
    )?;
    for (seq, statement) in proven.leaves.iter().filter(|_| any) {
        if erase.execute((seq, statement.as_bytes()))? > 0 {
            changed.push(*seq);
        }
    }
    Ok(changed)
}

/// Size of the last head of the log that is consistent with all before it; 0 for none.
pub(crate) fn known_tree_size(conn: &Connection) -> Result<u64, StoreError> {
    Ok(beacon(conn)?.map_or(0, |beacon| beacon.tree_size))
}

/// The last head of the log that is consistent with all before it.
pub(crate) fn beacon(conn: &Connection) -> Result<Option<Beacon>, StoreError> {
    let mut select =
        conn.prepare_cached("SELECT tree_size, root FROM log_position WHERE root IS NOT NULL")?;
    let beacon = select
        .query_row([], |row| Ok(Beacon { tree_size: row.get(0)?, root: row.get::<_, Blob<Digest>>(1)?.0 }));
    Ok(beacon.optional()?)
}

/// The same with the operator's signature.
pub(crate) fn known_head(conn: &Connection) -> Result<Option<SignedHead>, StoreError> {
    let mut select =
        conn.prepare_cached("SELECT tree_size, root, head FROM log_position WHERE root IS NOT NULL")?;
    let known = select.query_row([], |row| {
        Ok(SignedHead { tree_size: row.get(0)?, root: row.get::<_, Blob<Digest>>(1)?.0, bytes: row.get(2)? })
    });
    Ok(known.optional()?)
}

pub(crate) fn set_beacon(transaction: &Transaction<'_>, head: &TreeHead) -> Result<(), StoreError> {
    transaction.execute(
        "UPDATE log_position SET tree_size = ?1, root = ?2, head = ?3",
        (head.tree_size, head.root.as_bytes(), &head.bytes),
    )?;
    Ok(())
}

/// Keeps when the log had which size. The earliest word for a size is the one that proves most.
pub(crate) fn remember_head(
    transaction: &Transaction<'_>,
    tree_size: u64,
    signed_at_s: i64,
) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO seen_head (tree_size, signed_at_s) VALUES (?1, ?2)
             ON CONFLICT (tree_size) DO UPDATE SET signed_at_s = min(signed_at_s, excluded.signed_at_s)",
        )?
        .execute((tree_size, signed_at_s))?;
    Ok(())
}

/// Numbers of a series as runs of neighbours: `(first, count)`.
fn runs(leaves: &[(u64, StatementId)]) -> Vec<(u64, u64)> {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for (seq, _) in leaves {
        match runs.last_mut() {
            Some((first, count)) if *first + *count == *seq => *count += 1,
            _ => runs.push((*seq, 1)),
        }
    }
    runs
}

/// Derives the COSE receipt of an own statement and verifies it once more.
pub(crate) fn derive(
    conn: &Connection,
    seq: u64,
    operator: &VerifyingKey,
) -> Result<Option<Vec<u8>>, StoreError> {
    let found = conn
        .query_row(
            "SELECT r.leaf_index, g.first_leaf, g.tree_size, g.runs, g.head, g.proof
               FROM receipt r JOIN registration g ON g.id = r.registration WHERE r.seq = ?1",
            [seq],
            |row| {
                let place: (u64, u64, u64) = (row.get(0)?, row.get(1)?, row.get(2)?);
                let runs = row.get::<_, Json<Vec<(u64, u64)>>>(3)?.0;
                Ok((place, runs, row.get::<_, Vec<u8>>(4)?, row.get::<_, Vec<u8>>(5)?))
            },
        )
        .optional()?;
    let Some(((leaf_index, first_leaf, tree_size), runs, head, proof)) = found else { return Ok(None) };
    let mut select = conn
        .prepare_cached("SELECT bytes FROM own_statement WHERE seq >= ?1 AND seq < ?1 + ?2 ORDER BY seq")?;
    let mut entries: Vec<Vec<u8>> = Vec::new();
    for run in runs {
        for entry in select.query_map(run, |row| row.get(0))? {
            entries.push(entry?);
        }
    }
    let hashes: Vec<Digest> = entries.iter().map(|entry| merkle::leaf_hash(entry)).collect();
    let proof: Vec<Digest> =
        proof.chunks_exact(32).filter_map(|hash| Digest::from_slice(hash).ok()).collect();
    let derive = || {
        let asked = leaf_index..leaf_index.checked_add(1)?;
        let range = merkle::prove_range(&hashes, first_leaf, tree_size, &proof, asked).ok()?;
        let head = TreeHead::verify(&head, range.root, operator).ok()?;
        let offset = usize::try_from(leaf_index.checked_sub(first_leaf)?).ok()?;
        let receipt = head.receipt(leaf_index, range.paths.first()?).ok()?;
        receipt::verify_receipt(&receipt, entries.get(offset)?, operator).ok()?;
        Some(receipt)
    };
    derive().map(Some).ok_or(StoreError::Row("registration"))
}
