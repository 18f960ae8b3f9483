//! Statements up: a run of one device's series.

use domain::id::{Digest, KeyId};
use journal::VerifyingKey;
use journal::statement::MAX_STATEMENT_BYTES;
use sha2::{Digest as _, Sha256};
pub use wire::push::{Outcome, PushItem, PushResponse, Refusal};

use crate::authorise::{Author, told};
use crate::fill;
use crate::head;
use crate::register::register;
use crate::scopes::scopes_of;
use crate::store::{RefusedItem, StoreError, StoreRead, StoreTxn};
use crate::verify::{Checked, check_item};

/// Checks all items of a push. Pure; split the slice to use more cores.
pub fn check_all(items: &[PushItem], key: &VerifyingKey) -> Vec<Result<Checked, Refusal>> {
    items.iter().map(|item| check_item(item, key)).collect()
}

/// What became of the items of a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Of each item, in their order.
    pub outcomes: Vec<Outcome>,
    /// Something is kept that was not before: a leaf, a content that came back, or an item that was refused. Not when they
    /// only come again.
    pub has_grown: bool,
}

/// Registers what was checked, in order. The request must be authenticated by the author's key: only then may bytes
/// that cannot be verified take a place in its series. The checks are asked for one by one, so they may still go on.
///
/// # Errors
/// Those of the store.
pub fn apply<'a>(
    txn: &mut dyn StoreTxn,
    author: &Author,
    key: KeyId,
    items: &[PushItem],
    checked: impl IntoIterator<Item = &'a Result<Checked, Refusal>>,
    now_ms: i64,
) -> Result<Applied, StoreError> {
    let before = txn.log_size()?;
    // What comes back now comes at the size that the log has now.
    let back_before = txn.contents_back(before, u64::MAX)?.len();
    let mut applied = Applied { outcomes: Vec::with_capacity(items.len()), has_grown: false };
    for (item, checked) in items.iter().zip(checked) {
        applied.outcomes.push(match checked {
            Ok(checked) => {
                let outcome = register(txn, author, checked, now_ms)?;
                as_told(txn.as_read(), author, outcome, now_ms)?
            }
            Err(reason) => {
                let was_refused = txn.refusal(key, item.id)?.is_some();
                let outcome = refuse(txn, key, item, *reason, now_ms)?;
                let outcome = as_told(txn.as_read(), author, outcome, now_ms)?;
                applied.has_grown |= !was_refused && matches!(outcome, Outcome::Refused { .. });
                outcome
            }
        });
    }
    applied.has_grown |= txn.log_size()? > before || txn.contents_back(before, u64::MAX)?.len() > back_before;
    Ok(applied)
}

/// The outcome as the author is answered it.
fn as_told(
    read: &dyn StoreRead,
    author: &Author,
    mut outcome: Outcome,
    now_ms: i64,
) -> Result<Outcome, StoreError> {
    let (Outcome::Registered { leaf_index, flags }
    | Outcome::AlreadyHave { leaf_index, flags }
    | Outcome::Fork { leaf_index, flags }) = &mut outcome
    else {
        return Ok(outcome);
    };
    if told::may_be_hidden(flags)
        && let (Some(person), Some(entry)) = (author.person(), read.entry(*leaf_index)?)
    {
        *flags = told::to(read, &scopes_of(read, person, now_ms)?, &entry)?;
    }
    Ok(outcome)
}

fn refuse(
    txn: &mut dyn StoreTxn,
    key: KeyId,
    item: &PushItem,
    reason: Refusal,
    now_ms: i64,
) -> Result<Outcome, StoreError> {
    if let Some(before) = txn.refusal(key, item.id)? {
        return Ok(Outcome::Refused { reason: before.reason });
    }
    if let Some(entry) = txn.entry_by_id(item.id)?
        && entry.key == key
    {
        // Registered with good bytes before; those that came now are damaged, the log is not. What the statement says
        // may have come whole all the same, and its device has it answered as registered and does not send it again.
        let flags = fill::take_back(txn, &entry, &item.content)?.unwrap_or(entry.flags);
        return Ok(Outcome::AlreadyHave { leaf_index: entry.leaf_index, flags });
    }
    let series = txn.series_head(key)?;
    if item.seq > series.next_seq {
        return Ok(Outcome::Gap { expected_seq: series.next_seq });
    }
    let is_kept = item.statement.len() <= MAX_STATEMENT_BYTES;
    txn.put_refusal(&RefusedItem {
        key,
        id: item.id,
        seq: item.seq,
        took_place: item.seq == series.next_seq,
        reason,
        refused_at_ms: now_ms,
        sha256: Digest::from_bytes(Sha256::digest(&item.statement).into()),
        statement: if is_kept { item.statement.clone() } else { Vec::new() },
    })?;
    Ok(Outcome::Refused { reason })
}

/// The answer, once a head was signed over what was registered, to a device that knows a tree of `known_tree_size`.
///
/// # Errors
/// Those of the store.
pub fn answer(
    read: &dyn StoreRead,
    key: KeyId,
    known_tree_size: u64,
    outcomes: Vec<Outcome>,
) -> Result<PushResponse, StoreError> {
    let leaves = outcomes.iter().filter_map(Outcome::leaf_index);
    let entries = head::entries_of(read, key, leaves)?;
    let registrations = head::prove(read, &entries, known_tree_size)?;
    Ok(PushResponse { outcomes, registrations, next_seq: read.series_head(key)?.next_seq })
}
