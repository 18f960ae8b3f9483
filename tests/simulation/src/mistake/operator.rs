//! A push, taken carelessly.

use domain::id::KeyId;
use journal::VerifyingKey;
use operator::{Folder, Instance};
use operator_core::authorise::Author;
use operator_core::store::{Store as _, StoreError, StoreTxn};
use operator_core::verify::Checked;
use operator_core::{head, push as rules};
use wire::push::{Outcome, PushItem, PushRequest, PushResponse, Refusal};

use super::Mistake;

/// As the operator takes it, but for the mistake.
pub(crate) fn push(
    mistake: Mistake,
    instance: &Instance,
    key: KeyId,
    request: &PushRequest,
) -> Result<PushResponse, StoreError> {
    let operator = instance.operator();
    let mut txn = instance.store.write()?;
    let bound = txn.bound_key(key)?.ok_or(StoreError::Damaged("a bound key is gone"))?;
    let verifying: VerifyingKey = bound.key.clone();
    let author = Author::Device(Box::new(bound));
    let checked = rules::check_all(&request.items, &verifying);
    let mut outcomes = Vec::new();
    for (item, checked) in request.items.iter().zip(&checked) {
        let ignored = match mistake {
            Mistake::ForkIgnored => ignored(txn.as_mut(), key, item, checked)?,
            Mistake::LostStaysLost => known(txn.as_mut(), item)?,
            _ => None,
        };
        match ignored {
            Some(outcome) => outcomes.push(outcome),
            None => {
                let (items, checked) = (std::slice::from_ref(item), std::slice::from_ref(checked));
                let applied = rules::apply(txn.as_mut(), &author, key, items, checked, instance.now_ms())?;
                outcomes.extend(applied.outcomes);
            }
        }
    }
    head::seal(txn.as_mut(), &operator)?;
    let answer = rules::answer(txn.as_read(), key, request.known_tree_size, outcomes.clone())?;
    match mistake {
        Mistake::AnswerBeforeCommit => drop(txn.commit()),
        _ => txn.commit()?,
    }
    if mistake == Mistake::LostStaysLost {
        instance.mark_signed().expect("there is room for the mark");
    }
    if mistake == Mistake::ErasedComesBack {
        fill_again(&instance.folder, &request.items, &outcomes);
    }
    Ok(answer)
}

/// `INSERT OR IGNORE`: the place is taken, so it seems to be there.
fn ignored(
    txn: &mut dyn StoreTxn,
    key: KeyId,
    item: &PushItem,
    checked: &Result<Checked, Refusal>,
) -> Result<Option<Outcome>, StoreError> {
    let is_taken = checked.is_ok() && item.seq < txn.series_head(key)?.next_seq;
    if !is_taken || txn.entry_by_id(item.id)?.is_some() {
        return Ok(None);
    }
    let log = txn.entries(0, u32::MAX)?;
    let there = log.into_iter().find(|entry| entry.key == key && entry.seq == item.seq);
    Ok(there.map(|entry| Outcome::AlreadyHave { leaf_index: entry.leaf_index, flags: entry.flags }))
}

/// What is registered needs nothing more, as it seems.
fn known(txn: &mut dyn StoreTxn, item: &PushItem) -> Result<Option<Outcome>, StoreError> {
    let entry = txn.entry_by_id(item.id)?;
    Ok(entry.map(|entry| Outcome::AlreadyHave { leaf_index: entry.leaf_index, flags: entry.flags }))
}

fn fill_again(folder: &Folder, items: &[PushItem], outcomes: &[Outcome]) {
    let conn = rusqlite::Connection::open(folder.database()).expect("the file is there");
    for (item, outcome) in items.iter().zip(outcomes) {
        if let Outcome::AlreadyHave { leaf_index, .. } = outcome {
            let sql = "INSERT OR IGNORE INTO contents (leaf_index, content) VALUES (?1, ?2)";
            // A process that ends over it has not done it.
            let _ = conn.execute(sql, (*leaf_index, &item.content));
        }
    }
}
