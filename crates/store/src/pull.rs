//! Others' statements: verified outside the transaction, stored with their cursor in one.

pub(crate) mod again;
pub(crate) mod store_item;
pub(crate) mod verify;

use std::borrow::Cow;

use domain::id::Digest;
use journal::merkle;
use journal::receipt::TreeHead;
use rusqlite::{Connection, Transaction};
use sync::OutboxError;
use sync::outbox::{Page, PullApplied, Verdict};
use sync::wire::pull::{Backfill, Behind, Checkpoint, PullItem, PullRequest, PullResponse};

use crate::account::Account;
use crate::column::Blob;
use crate::outbox::{Failed, outward};
use crate::projection::Stale;
use crate::trust::{self, Found};
use crate::{Store, StoreError, receipts, scope, setting};

/// What to ask next.
pub(crate) fn request(conn: &Connection, limit: u32) -> Result<PullRequest, StoreError> {
    let mut select = conn.prepare_cached(
        "SELECT scopes_version, cursor, backfill_cursor, tree_size, urgent_cursor FROM log_position",
    )?;
    let mut request = select.query_row([], |row| {
        let scopes_version: Option<Blob<Digest>> = row.get(0)?;
        let backfill_cursor: Option<u64> = row.get(2)?;
        Ok(PullRequest {
            scopes_version: scopes_version.map(|version| version.0),
            cursor: row.get(1)?,
            backfill: backfill_cursor.map(|cursor| Backfill { scopes: Vec::new(), cursor }),
            known_tree_size: row.get(3)?,
            urgent_cursor: row.get(4)?,
            behind: None,
            limit,
        })
    })?;
    if let Some(backfill) = &mut request.backfill {
        backfill.scopes = scope::filling(conn)?;
    }
    request.backfill = request.backfill.filter(|backfill| !backfill.scopes.is_empty());
    request.behind = behind(conn)?;
    Ok(request)
}

/// How far what comes in front of the next page was delivered: name of the small value.
const BEHIND: &str = "pull/behind";

fn behind(conn: &Connection) -> Result<Option<Behind>, StoreError> {
    let kept = setting::read(conn, BEHIND)?;
    let kept = kept.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok()).map(u128::from_be_bytes);
    Ok(kept.map(|kept| Behind { cursor: (kept >> 64) as u64, to: kept as u64 }))
}

fn keep_behind(conn: &Connection, behind: Option<Behind>) -> Result<(), StoreError> {
    let bytes = behind.map(|behind| (u128::from(behind.cursor) << 64 | u128::from(behind.to)).to_be_bytes());
    setting::write(conn, BEHIND, bytes.as_ref().map(|bytes| bytes.as_slice()))
}

/// Checks the statements of a page.
pub(crate) fn judge(store: &Store, response: PullResponse) -> Result<Page, OutboxError> {
    let account = store.shared_account().ok_or(OutboxError::Protocol("the device has no key yet"))?;
    let verdicts = verdicts(store, &account, &items_of(&response))?;
    Ok(Page { response, verdicts: Some(verdicts) })
}

fn verdicts(store: &Store, account: &Account, items: &[&PullItem]) -> Result<Vec<Verdict>, OutboxError> {
    store.with_reader(|conn| verify::judge(conn, account, &store.seen_keys, items)).map_err(outward)
}

/// What is judged of a page, in that order.
fn items_of(response: &PullResponse) -> Vec<&PullItem> {
    response.urgent.iter().chain(&response.items).collect()
}

/// A page that can be stored.
struct Ready<'a> {
    request: &'a PullRequest,
    response: &'a PullResponse,
    items: Vec<&'a PullItem>,
    verdicts: Cow<'a, [Verdict]>,
    head: Option<TreeHead>,
}

/// Stores pages whose statements verify, all of them or none. Whatever their statements are about is folded once, however
/// many of these pages say something about it.
pub(crate) fn apply(store: &Store, pages: &[(PullRequest, Page)]) -> Result<PullApplied, OutboxError> {
    let account = store.shared_account().ok_or(OutboxError::Protocol("the device has no key yet"))?;
    let mut ready = Vec::with_capacity(pages.len());
    for (request, page) in pages {
        let items = items_of(&page.response);
        let verdicts = match &page.verdicts {
            Some(verdicts) if verdicts.len() == items.len() => Cow::Borrowed(verdicts.as_slice()),
            _ => Cow::Owned(verdicts(store, &account, &items)?),
        };
        check(request, &page.response).map_err(OutboxError::Protocol)?;
        let head = match page.response.checkpoint.as_ref().map(|checkpoint| read_head(checkpoint, &account)) {
            Some(Err(failed)) => return store.answered(Err(failed)),
            Some(Ok(head)) => Some(head),
            None => None,
        };
        ready.push(Ready { request, response: &page.response, items, verdicts, head });
    }
    let applied = store.write(|transaction| {
        trust::require(transaction)?;
        let mut stale = Stale::default();
        let mut applied = PullApplied::default();
        for Ready { request, response, items, verdicts, head } in &ready {
            if self::request(transaction, request.limit)? != **request {
                return Err(Failed::of(OutboxError::Overtaken));
            }
            if let (Some(head), Some(checkpoint)) = (head, &response.checkpoint) {
                advance_beacon(transaction, head, checkpoint)?;
            }
            if let Some(list) = &response.scopes {
                let caught_up = request.cursor == 0;
                if scope::apply(transaction, list, caught_up, &mut stale)? {
                    transaction.execute("UPDATE log_position SET backfill_cursor = 0", [])?;
                }
                applied.changed = true;
            }
            let judged = items.iter().copied().zip(verdicts.iter());
            store_item::store(transaction, &account, judged, &mut stale, &mut applied)?;
            advance(transaction, request, response)?;
        }
        stale.settle(transaction, &account)?;
        Ok(applied)
    });
    store.answered(applied)
}

/// Whether an answer can belong to its request at all.
fn check(request: &PullRequest, response: &PullResponse) -> Result<(), &'static str> {
    if response.scopes.is_some() && !response.items.is_empty() {
        return Err("a list of scopes comes without statements");
    }
    if response.scopes.is_none() && Some(response.scopes_version) != request.scopes_version {
        return Err("another list of scopes, which was not sent");
    }
    if response.cursor < request.cursor || response.urgent_cursor < request.urgent_cursor {
        return Err("a cursor went back");
    }
    let backfilled = request.backfill.as_ref().map(|backfill| backfill.cursor);
    if response.backfill_cursor.zip(backfilled).is_some_and(|(cursor, before)| cursor < before) {
        return Err("the cursor of a backfill went back");
    }
    let moved = response.cursor != request.cursor
        || request.backfill.is_some() && response.backfill_cursor != backfilled;
    if response.behind.is_some() && moved {
        return Err("a cursor moved over what did not fit");
    }
    let tree_size = response.checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.tree_size);
    // Beyond the head nothing is proven, and what comes there later would never be asked for.
    let end = request.cursor.max(tree_size);
    if response.cursor > end
        || response.urgent_cursor > request.urgent_cursor.max(tree_size)
        || response.backfill_cursor.is_some_and(|cursor| cursor > end)
        || response.behind.is_some_and(|behind| behind.cursor > end || behind.to > end)
    {
        return Err("a cursor beyond the head of the log");
    }
    if response.urgent.iter().chain(&response.items).any(|item| item.leaf_index >= tree_size) {
        return Err("a statement beyond the head of the log");
    }
    if response.items.windows(2).any(|pair| pair[0].leaf_index >= pair[1].leaf_index) {
        return Err("statements in another order than the log's");
    }
    Ok(())
}

fn read_head(checkpoint: &Checkpoint, account: &Account) -> Result<TreeHead, Failed> {
    trust::read_head(checkpoint, &account.operator.key)
        .ok_or_else(|| Failed::found(Found::unproven(checkpoint)))
}

/// A head counts only when the log that was seen before is the beginning of this one.
fn advance_beacon(
    transaction: &Transaction<'_>,
    head: &TreeHead,
    checkpoint: &Checkpoint,
) -> Result<(), Failed> {
    if let Some(known) = receipts::known_head(transaction)? {
        let before = (known.tree_size, known.root);
        let now = (head.tree_size, head.root);
        if merkle::check_consistency(before, now, &checkpoint.consistency).is_err() {
            return Err(Failed::found(Found::split_view(Some(known), head, checkpoint)));
        }
    }
    receipts::remember_head(transaction, head.tree_size, head.signed_at_s)?;
    Ok(receipts::set_beacon(transaction, head)?)
}

/// Writes where pulling stands, in the transaction of what was delivered.
fn advance(
    transaction: &Transaction<'_>,
    request: &PullRequest,
    response: &PullResponse,
) -> Result<(), StoreError> {
    transaction.execute("UPDATE log_position SET urgent_cursor = ?1", [response.urgent_cursor])?;
    // What was in front of a page for one list of scopes says nothing about another.
    let behind = response.behind.filter(|_| response.scopes.is_none());
    if behind != request.behind {
        keep_behind(transaction, behind)?;
    }
    if response.scopes.is_some() {
        transaction
            .execute("UPDATE log_position SET scopes_version = ?1", [response.scopes_version.as_bytes()])?;
        return Ok(());
    }
    transaction.execute("UPDATE log_position SET cursor = ?1", [response.cursor])?;
    if request.backfill.is_some() {
        match response.backfill_cursor.filter(|&cursor| cursor < request.cursor) {
            Some(cursor) => {
                transaction.execute("UPDATE log_position SET backfill_cursor = ?1", [cursor])?;
            }
            None => {
                transaction.execute("UPDATE log_position SET backfill_cursor = NULL", [])?;
                transaction.execute("UPDATE scope SET filling = 0", [])?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
