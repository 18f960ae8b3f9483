//! Statements out of a file that its owner could not open: what verifies goes through the same door as a push, once.
//!
//! A number of the series whose statement is gone keeps its place as a refused item without bytes (docs/PROTOCOL.md,
//! "Recovery"), so that what was stated after it can be registered.

use domain::id::{Digest, KeyId, StatementId};
use journal::Statement;
use sha2::{Digest as _, Sha256};
use wire::push::{Outcome, Refusal};

use crate::authorise::Author;
use crate::register::register;
use crate::store::lost::is_lost;
use crate::store::{BoundKey, RefusedItem, StoreError, StoreRead, StoreTxn};
use crate::verify::{Checked, check};

/// Numbers that may be missing before a statement for it to be taken. More was never lost by a damaged page.
pub(crate) const MAX_GAP: u64 = 100_000;

/// One number of a series, as far as the file told. Nothing of it is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The number.
    pub seq: u64,
    /// The id that the file lists for it.
    pub id: Option<StatementId>,
    /// The statement's bytes.
    pub statement: Option<Vec<u8>>,
    /// The content's bytes.
    pub content: Option<Vec<u8>>,
}

/// What the log does not have, after checking; and what it had.
#[derive(Debug, Default)]
pub struct Sifted {
    fresh: Vec<Checked>,
    ids: Vec<(u64, StatementId)>,
    /// Statements that the log holds.
    pub known_count: u32,
    /// Numbers without a statement that verifies and that the log does not have.
    pub missing: Vec<u64>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Registered now.
    pub taken_count: u32,
    /// Registered before.
    pub known_count: u32,
    /// Numbers that the log still lacks.
    pub missing: Vec<u64>,
}

/// The key that signed what the file holds: of the first statement that verifies with a key that is bound here.
///
/// # Errors
/// Those of the store.
pub fn author(read: &dyn StoreRead, found: &[Found]) -> Result<Option<BoundKey>, StoreError> {
    for statement in found.iter().filter_map(|found| found.statement.as_ref()) {
        let Ok(statement) = Statement::decode(statement) else { continue };
        if let Some(bound) = read.bound_key(statement.header().key)?
            && statement.verify(&bound.key).is_ok()
        {
            return Ok(Some(bound));
        }
    }
    Ok(None)
}

/// Looks through what was found, before any transaction.
///
/// # Errors
/// Those of the store.
pub fn sift(read: &dyn StoreRead, bound: &BoundKey, found: Vec<Found>) -> Result<Sifted, StoreError> {
    let next_seq = read.series_head(bound.key.id())?.next_seq;
    let mut sifted = Sifted::default();
    for found in found {
        let content = found.content.unwrap_or_default();
        let own = found.statement.and_then(|bytes| {
            let statement = Statement::decode(&bytes).ok()?.verify(&bound.key).ok()?;
            (statement.header().seq == found.seq).then_some((statement.id(), bytes))
        });
        match own {
            Some((id, _)) if is_whole(read, id)? => sifted.known_count += 1,
            Some((id, bytes)) => match check(&bytes, &content, &bound.key) {
                Ok(checked) => sifted.fresh.push(checked),
                // The content is gone: the statement alone says nothing, but its id keeps the place.
                Err(_) => sifted.miss(found.seq, Some(id), next_seq),
            },
            None => sifted.miss(found.seq, found.id, next_seq),
        }
    }
    Ok(sifted)
}

/// Whether the log has a statement and has not lost what it says.
fn is_whole(read: &dyn StoreRead, id: StatementId) -> Result<bool, StoreError> {
    let entry = read.entry_by_id(id)?;
    entry.map_or(Ok(false), |entry| Ok(!is_lost(read, entry.leaf_index)?))
}

impl Sifted {
    /// What the log went past, it has; or it was refused, and was told so.
    fn miss(&mut self, seq: u64, id: Option<StatementId>, next_seq: u64) {
        if seq >= next_seq {
            self.missing.push(seq);
            self.ids.extend(id.map(|id| (seq, id)));
        }
    }
}

/// Registers what is fresh, in the order of the series. Again gives the same: nothing is registered twice.
///
/// # Errors
/// Those of the store.
pub fn take(
    txn: &mut dyn StoreTxn,
    bound: &BoundKey,
    sifted: &Sifted,
    now_ms: i64,
) -> Result<Taken, StoreError> {
    let author = Author::Device(Box::new(bound.clone()));
    let mut taken =
        Taken { taken_count: 0, known_count: sifted.known_count, missing: sifted.missing.clone() };
    for checked in &sifted.fresh {
        let header = checked.statement().header();
        let next_seq = txn.series_head(bound.key.id())?.next_seq;
        if header.seq > next_seq && header.seq - next_seq <= MAX_GAP {
            let listed = |seq| sifted.ids.iter().find(|(listed, _)| *listed == seq).map(|(_, id)| *id);
            keep_places(txn, bound.key.id(), &listed, (next_seq, header.seq), header.prev, now_ms)?;
        }
        match register(txn, &author, checked, now_ms)? {
            Outcome::Registered { .. } | Outcome::Fork { .. } => taken.taken_count += 1,
            Outcome::AlreadyHave { .. } => taken.known_count += 1,
            Outcome::Gap { .. } | Outcome::Refused { .. } => taken.missing.push(header.seq),
        }
    }
    taken.missing.sort_unstable();
    Ok(taken)
}

/// Takes the places of `from..until` with what is known of them: the last one is named by its successor.
pub(crate) fn keep_places(
    txn: &mut dyn StoreTxn,
    key: KeyId,
    listed: &dyn Fn(u64) -> Option<StatementId>,
    (from, until): (u64, u64),
    last: Option<StatementId>,
    now_ms: i64,
) -> Result<(), StoreError> {
    for seq in from..until {
        let named = last.filter(|_| seq + 1 == until);
        let id = match named.or_else(|| listed(seq)) {
            // A list that was tampered with may name what has a place already.
            Some(id) if txn.entry_by_id(id)?.is_none() && txn.refusal(key, id)?.is_none() => id,
            _ => unnamed(key, seq),
        };
        txn.put_refusal(&RefusedItem {
            key,
            id,
            seq,
            took_place: true,
            reason: Refusal::NotAStatement,
            refused_at_ms: now_ms,
            sha256: Digest::from_bytes(Sha256::digest([]).into()),
            statement: Vec::new(),
        })?;
    }
    Ok(())
}

/// Stands for a statement of which not even the id is left.
fn unnamed(key: KeyId, seq: u64) -> StatementId {
    let digest = Sha256::new()
        .chain_update(b"esep lost statement")
        .chain_update(key.as_bytes())
        .chain_update(seq.to_be_bytes())
        .finalize();
    StatementId::from_bytes(digest.into())
}
