//! Contents that go while their statements stay (docs/PROTOCOL.md, "Erasing"): the erasure is stated in the log, so
//! everybody who holds a copy learns of it, and nothing brings the content back.

use std::collections::BTreeSet;

use domain::Kind;
use domain::content::{Content, ContentErased};
use domain::erasing::Judgement;
use domain::id::{RecordId, StatementId, SubjectId, VisitId};
use domain::scope::Scope;

use crate::Operator;
use crate::operator::Stated;
use crate::pause::{RecoveryKeys, time_of};
use crate::project;
use crate::store::lost::is_lost;
use crate::store::{Entry, PageQuery, StoreError, StoreRead, StoreTxn};

/// Statements that one erasure names at most: its content stays far below the largest one.
pub const MAX_STATEMENTS: usize = 1_000;
/// Bytes of a basis.
const MAX_BASIS_BYTES: usize = 2_000;
/// Deliveries that are read at once.
const PAGE: u32 = 500;

/// Why nothing was erased.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// No such statement.
    #[error("no statement {0} is registered here")]
    Unknown(StatementId),
    /// The log could not be believed without it.
    #[error(
        "the content of {0} ({1}) stays: who speaks with which key, who may see what and who agreed to what would no \
         longer be provable"
    )]
    Needed(StatementId, Kind),
    /// Nothing is left to erase.
    #[error("there is no content to erase: it is gone, or was never here")]
    Nothing,
    /// Too many.
    #[error("one erasure names at most {MAX_STATEMENTS} statements")]
    TooMany,
    /// The law behind it.
    #[error("an erasure needs its basis in words, at most {MAX_BASIS_BYTES} bytes")]
    NoBasis,
    /// The recovery key in force was renewed without both old shares, and people have time to object.
    #[error("recovery-pause: the recovery key in force approves no erasing before {until_s} s")]
    Paused {
        /// When the pause ends, UTC s.
        until_s: i64,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether a content may go: what was said about people, children, places and visits. What proves keys, rights and
/// agreements stays.
pub const fn is_erasable(kind: Kind) -> bool {
    kind.is_about_visit() || matches!(kind, Kind::RecordChanged | Kind::RecordViewed)
}

/// Statements about a subject whose contents are here and may go, in the order of the log.
///
/// # Errors
/// Those of the store.
pub fn about(read: &dyn StoreRead, subject: SubjectId) -> Result<Vec<Entry>, StoreError> {
    let mut found = Vec::new();
    for kind in Kind::ALL.iter().copied().filter(|kind| is_erasable(*kind)) {
        for entry in read.entries_about(subject, kind)? {
            if may_come(read, entry.leaf_index)? {
                found.push(entry);
            }
        }
    }
    found.sort_unstable_by_key(|entry| entry.leaf_index);
    Ok(found)
}

/// Whether a content is here, or is lost and may come back.
fn may_come(read: &dyn StoreRead, leaf_index: u64) -> Result<bool, StoreError> {
    Ok(read.content(leaf_index)?.is_some() || is_lost(read, leaf_index)?)
}

/// States an erasure and erases. Statements whose content is gone already are left out.
///
/// # Errors
/// [`EraseError`]; then nothing is changed.
pub fn erase(
    txn: &mut dyn StoreTxn,
    operator: &Operator<'_>,
    statements: &BTreeSet<StatementId>,
    basis: &str,
) -> Result<(Stated, Vec<Entry>), EraseError> {
    let basis = basis.trim();
    if basis.is_empty() || basis.len() > MAX_BASIS_BYTES {
        return Err(EraseError::NoBasis);
    }
    if statements.len() > MAX_STATEMENTS {
        return Err(EraseError::TooMany);
    }
    let now_s = operator.clock.utc_ms().div_euclid(1_000);
    if let Some(until_s) = RecoveryKeys::of(txn.as_read())?.now()?.until_s(now_s) {
        return Err(EraseError::Paused { until_s });
    }
    let mut going = Vec::new();
    for id in statements {
        let entry = txn.entry_by_id(*id)?.ok_or(EraseError::Unknown(*id))?;
        if !is_erasable(entry.kind) {
            return Err(EraseError::Needed(*id, entry.kind));
        }
        if may_come(txn.as_read(), entry.leaf_index)? {
            going.push(entry);
        }
    }
    if going.is_empty() {
        return Err(EraseError::Nothing);
    }
    going.sort_unstable_by_key(|entry| entry.leaf_index);
    let erased = ContentErased {
        statements: going.iter().map(|entry| entry.id).collect(),
        basis: basis.to_owned(),
        erased_at_ms: operator.clock.utc_ms(),
    };
    take_away(txn, &erased.statements)?;
    let stated = operator.state(txn, RecordId::random(operator.rng), erased)?;
    Ok((stated, going))
}

/// Takes contents away, as far as they are here, and what the list of visits holds of them.
///
/// # Errors
/// Those of the store.
pub fn take_away(txn: &mut dyn StoreTxn, statements: &[StatementId]) -> Result<(), StoreError> {
    let mut visits: BTreeSet<VisitId> = BTreeSet::new();
    for id in statements {
        if let Some(entry) = txn.entry_by_id(*id)? {
            txn.erase_content(entry.leaf_index)?;
            visits.extend(entry.kind.is_about_visit().then(|| VisitId::from(entry.subject)));
        }
    }
    visits.into_iter().try_for_each(|visit| project::fold_again(txn, visit))
}

/// The erasures in the log that count ([`RecoveryKeys::judge`]), in its order, with what they name.
///
/// # Errors
/// Those of the store.
pub fn holding(read: &dyn StoreRead, now_s: i64) -> Result<Vec<(Entry, Vec<StatementId>)>, StoreError> {
    let keys = RecoveryKeys::of(read)?;
    let mut holding = Vec::new();
    for (entry, statements) in named(read)? {
        if keys.judge(entry.leaf_index, time_of(&entry.statement)?, now_s)? == Judgement::Holds {
            holding.push((entry, statements));
        }
    }
    Ok(holding)
}

/// Says that the contents are lost, and so wanted of devices, which went by an erasure that never counted: a clock was
/// wrong, or another program. Gives their leaves.
///
/// # Errors
/// Those of the store.
pub fn want_back(txn: &mut dyn StoreTxn) -> Result<Vec<u64>, StoreError> {
    let keys = RecoveryKeys::of(txn.as_read())?;
    let (mut erased, mut not_erased) = (BTreeSet::new(), BTreeSet::new());
    for (entry, statements) in named(txn.as_read())? {
        match keys.judge(entry.leaf_index, time_of(&entry.statement)?, i64::MAX)? {
            Judgement::Void { .. } => not_erased.extend(statements),
            Judgement::Holds | Judgement::Waits { .. } => erased.extend(statements),
        }
    }
    drop(keys);
    let mut wanted = Vec::new();
    for id in not_erased.difference(&erased) {
        if let Some(entry) = txn.entry_by_id(*id)?
            && txn.content(entry.leaf_index)?.is_none()
            && !is_lost(txn.as_read(), entry.leaf_index)?
        {
            txn.put_lost_content(entry.leaf_index)?;
            wanted.push(entry.leaf_index);
        }
    }
    Ok(wanted)
}

/// Every erasure whose content can be read, with what it names.
fn named(read: &dyn StoreRead) -> Result<Vec<(Entry, Vec<StatementId>)>, StoreError> {
    let mut named = Vec::new();
    for entry in all(read)? {
        if let Some(Content::ContentErased(erased)) = read.said(entry.leaf_index)? {
            named.push((entry, erased.statements));
        }
    }
    Ok(named)
}

/// Every erasure in the log, in its order.
///
/// # Errors
/// Those of the store.
pub fn all(read: &dyn StoreRead) -> Result<Vec<Entry>, StoreError> {
    let scopes = BTreeSet::from([Scope::Operator]);
    let (mut from, to) = (0, read.log_size()?);
    let mut found = Vec::new();
    loop {
        // No device has the key of zeros: nothing is left out.
        let without_key = domain::id::KeyId::from_bytes([0; 32]);
        let query = PageQuery { scopes: &scopes, from, to, without_key, urgent_only: true };
        let page = read.page(&query, PAGE)?;
        let Some(last) = page.last() else { return Ok(found) };
        from = last.leaf_index + 1;
        for delivery in page {
            found.extend(read.entry(delivery.leaf_index)?.filter(|entry| entry.kind == Kind::ContentErased));
        }
    }
}
