//! Verifying a page in parallel, before any transaction begins.

use std::collections::HashMap;
use std::num::NonZero;

use domain::content::Content;
use domain::id::KeyId;
use journal::{Statement, VerifyingKey, codec};
use rusqlite::{Connection, OptionalExtension};
use sync::outbox::Verdict;
use sync::wire::pull::PullItem;

use crate::StoreError;
use crate::account::Account;

/// Below this many statements a second thread costs more than it saves.
const MIN_CHUNK: usize = 64;

/// Decodes and verifies every statement of a page. Keys that the operator binds on this very page count.
pub(super) fn judge(
    conn: &Connection,
    account: &Account,
    items: &[&PullItem],
) -> Result<Vec<Verdict>, StoreError> {
    let decoded = in_parallel(items, |item| decode(item));
    let operator = &account.operator.key;
    let mut keys = HashMap::from([
        (operator.id(), operator.clone()),
        (account.key.id(), account.key.verifying_key().clone()),
    ]);
    for statement in decoded.iter().flatten() {
        let id = statement.header().key;
        if !keys.contains_key(&id)
            && let Some(key) = known_key(conn, id)?
        {
            keys.insert(id, key);
        }
    }
    for (item, statement) in items.iter().zip(&decoded) {
        if let Ok(statement) = statement
            && let Some(key) = bound_key(item, statement, operator)
        {
            keys.entry(key.id()).or_insert(key);
        }
    }
    let pairs: Vec<_> = items.iter().copied().zip(decoded).collect();
    Ok(in_parallel(&pairs, |(item, decoded)| match decoded {
        Err(reason) => Verdict::Rejected(reason),
        Ok(statement) => verify(item, statement.clone(), &keys),
    }))
}

/// The key of that id, as far as known here.
pub(super) fn known_key(conn: &Connection, id: KeyId) -> Result<Option<VerifyingKey>, StoreError> {
    let mut select = conn.prepare_cached("SELECT cose_key FROM key WHERE id = ?1")?;
    let bytes = select.query_row([id.as_bytes()], |row| row.get::<_, Vec<u8>>(0)).optional()?;
    bytes
        .map(|bytes| VerifyingKey::from_cose_key(&bytes).map_err(|_| StoreError::Row("key.cose_key")))
        .transpose()
}

fn decode(item: &PullItem) -> Result<Statement, &'static str> {
    let statement = Statement::decode(&item.statement).map_err(|_| "not-a-statement")?;
    match &item.content {
        Some(content) if codec::hash(&content.0) != statement.payload() => Err("wrong-content"),
        _ => Ok(statement),
    }
}

/// The key that an item binds with the operator's signature.
fn bound_key(item: &PullItem, statement: &Statement, operator: &VerifyingKey) -> Option<VerifyingKey> {
    if statement.header().key != operator.id() || statement.header().kind != domain::Kind::DeviceBound {
        return None;
    }
    let content = codec::decode(statement.header().kind, &item.content.as_ref()?.0).ok()?;
    let Content::DeviceBound(bound) = content else { return None };
    statement.clone().verify(operator).ok()?;
    VerifyingKey::from_cose_key(&bound.key).ok()
}

/// The key that a device names for itself: `device-enrolled` is signed by it.
fn own_key(item: &PullItem, statement: &Statement) -> Option<VerifyingKey> {
    let content = codec::decode(statement.header().kind, &item.content.as_ref()?.0).ok()?;
    let Content::DeviceEnrolled(enrolled) = content else { return None };
    VerifyingKey::from_cose_key(&enrolled.key).ok().filter(|key| key.id() == statement.header().key)
}

fn verify(item: &PullItem, statement: Statement, keys: &HashMap<KeyId, VerifyingKey>) -> Verdict {
    let key = keys.get(&statement.header().key).cloned().or_else(|| own_key(item, &statement));
    match key {
        None => Verdict::Held(statement),
        Some(key) => match statement.verify(&key) {
            Ok(verified) => Verdict::Believed(verified),
            Err(_) => Verdict::Rejected("bad-signature"),
        },
    }
}

/// Maps over a slice on every core, keeping the order.
fn in_parallel<T: Sync, R: Send>(items: &[T], map: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let chunk = items.len().div_ceil(cores).max(MIN_CHUNK);
    if items.len() <= chunk {
        return items.iter().map(map).collect();
    }
    std::thread::scope(|threads| {
        let map = &map;
        let running: Vec<_> = items
            .chunks(chunk)
            .map(|part| threads.spawn(move || part.iter().map(map).collect::<Vec<_>>()))
            .collect();
        running.into_iter().flat_map(|thread| thread.join().expect("verifying does not panic")).collect()
    })
}
