//! Verifying a page in parallel, before any transaction begins.

use std::collections::HashMap;
use std::num::NonZero;

use domain::content::Content;
use domain::id::{KeyId, StatementId};
use journal::{Statement, VerifyingKey, codec};
use parking_lot::Mutex;
use rusqlite::{Connection, OptionalExtension};
use sync::outbox::Verdict;
use sync::wire::pull::PullItem;

use crate::StoreError;
use crate::account::Account;

/// Statements that a core takes at once; fewer are not worth a second thread.
const PART: usize = 64;
/// Nice value of the threads on every core but the first: as far as Android lets what is in the background give way.
#[cfg(any(target_os = "linux", target_os = "android"))]
const NICE: i32 = 10;

/// Keys that the operator bound on a page which was judged and may not be stored yet. An id is the thumbprint of its key,
/// so what is remembered can not be wrong; whether a key counts is asked when the page is stored.
#[derive(Default)]
pub(crate) struct SeenKeys(Mutex<HashMap<KeyId, VerifyingKey>>);

/// Decodes and verifies every statement of a page. Keys that the operator binds on this very page or on one before count.
pub(super) fn judge(
    conn: &Connection,
    account: &Account,
    seen: &SeenKeys,
    items: &[&PullItem],
) -> Result<Vec<Verdict>, StoreError> {
    let decoded = in_parallel(items.to_vec(), decode);
    let operator = &account.operator.key;
    let mut keys = HashMap::from([
        (operator.id(), operator.clone()),
        (account.key.id(), account.key.verifying_key().clone()),
    ]);
    for statement in decoded.iter().flatten() {
        let id = statement.header().key;
        if keys.contains_key(&id) {
            continue;
        }
        let remembered = seen.0.lock().get(&id).cloned();
        let key = match remembered {
            Some(key) => Some(key),
            None => known_key(conn, id)?,
        };
        keys.extend(key.map(|key| (id, key)));
    }
    for (item, statement) in items.iter().zip(&decoded) {
        if let Ok(statement) = statement
            && let Some(key) = bound_key(item, statement, operator)
        {
            seen.0.lock().insert(key.id(), key.clone());
            keys.entry(key.id()).or_insert(key);
        }
    }
    let before = before(&decoded, operator.id());
    Ok(believe(items, decoded, &before, &keys))
}

type Decoded = Result<Statement, &'static str>;

/// Where on this page the one stands that each statement names as the one before it. None of the operator's: what keys and
/// rights rest on is checked each.
fn before(decoded: &[Decoded], operator: KeyId) -> Vec<Option<usize>> {
    let statement =
        |at: usize| decoded[at].as_ref().ok().filter(|statement| statement.header().key != operator);
    let places: HashMap<StatementId, usize> =
        (0..decoded.len()).filter_map(|at| Some((statement(at)?.id(), at))).collect();
    (0..decoded.len()).map(|at| places.get(&statement(at)?.header().prev?).copied()).collect()
}

/// Of each stretch of a series only the last signature is checked, and vouches for those before it. Where it does not,
/// each stands for itself.
fn believe(
    items: &[&PullItem],
    decoded: Vec<Decoded>,
    before: &[Option<usize>],
    keys: &HashMap<KeyId, VerifyingKey>,
) -> Vec<Verdict> {
    let check = |(at, decoded): (usize, Decoded)| match decoded {
        Err(reason) => (at, Verdict::Rejected(reason)),
        Ok(statement) => (at, verify(items[at], statement, keys)),
    };
    let mut verdicts: Vec<Option<Verdict>> = vec![None; decoded.len()];
    let mut is_last = vec![true; decoded.len()];
    before.iter().flatten().for_each(|&at| is_last[at] = false);
    let mut left: Vec<Option<Decoded>> = decoded.into_iter().map(Some).collect();
    let last = left.iter_mut().enumerate().filter(|(at, _)| is_last[*at]);
    let last = last.filter_map(|(at, decoded)| Some((at, decoded.take()?))).collect();
    for (mut after, verdict) in in_parallel(last, check) {
        verdicts[after] = Some(verdict);
        while let (Some(Verdict::Believed(vouching)), Some(at)) = (&verdicts[after], before[after])
            && let Some(Ok(statement)) = left[at].take_if(|decoded| decoded.is_ok())
        {
            match statement.vouched_by(vouching) {
                Ok(believed) => verdicts[at] = Some(Verdict::Believed(believed)),
                Err(statement) => {
                    left[at] = Some(Ok(*statement));
                    break;
                }
            }
            after = at;
        }
    }
    let left = left.into_iter().enumerate();
    let left = left.filter_map(|(at, decoded)| Some((at, decoded?))).collect();
    for (at, verdict) in in_parallel(left, check) {
        verdicts[at] = Some(verdict);
    }
    verdicts.into_iter().map(|verdict| verdict.expect("each was judged")).collect()
}

/// The key of that id, as far as known here.
pub(crate) fn known_key(conn: &Connection, id: KeyId) -> Result<Option<VerifyingKey>, StoreError> {
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
    let own;
    let key = match keys.get(&statement.header().key) {
        Some(key) => key,
        None => match own_key(item, &statement) {
            Some(key) => {
                own = key;
                &own
            }
            None => return Verdict::Held(statement),
        },
    };
    match statement.verify(key) {
        Ok(verified) => Verdict::Believed(verified.into()),
        Err(_) => Verdict::Rejected("bad-signature"),
    }
}

/// Maps on every core, keeping the order. Each core takes the next part when it is done with one: a page is judged while
/// others are stored and fetched, so no core gets along as quickly as another.
fn in_parallel<T: Send, R: Send>(items: Vec<T>, map: impl Fn(T) -> R + Sync) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let threads = cores.min(items.len().div_ceil(PART));
    let count = items.len();
    let left = Mutex::new(items.into_iter().enumerate());
    let work = || {
        let mut done = Vec::new();
        loop {
            let part: Vec<(usize, T)> = left.lock().by_ref().take(PART).collect();
            if part.is_empty() {
                return done;
            }
            done.extend(part.into_iter().map(|(at, item)| (at, map(item))));
        }
    };
    let mut all = Vec::with_capacity(count);
    std::thread::scope(|scope| {
        let giving_way = || {
            give_way();
            work()
        };
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(giving_way)).collect();
        all.extend(work());
        for thread in others {
            all.extend(thread.join().expect("verifying does not panic"));
        }
    });
    all.sort_unstable_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, result)| result).collect()
}

/// Makes this thread give way to others that want its core: the one that stores the page before, which nothing overtakes,
/// and whoever taps meanwhile. Where threads have no nice value of their own, the system shares out the cores as it likes.
fn give_way() {
    // One that gives way already further stays as it is, and the system says so.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    rustix::process::setpriority_process(None, NICE).unwrap_or_default();
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn other_cores_give_way_to_whoever_else_wants_them() {
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let (me, own) = (std::thread::current().id(), nice());
        let done = in_parallel((0..100 * PART).collect(), |n| {
            // Long enough that every thread gets a part.
            std::thread::sleep(std::time::Duration::from_micros(20));
            (n, std::thread::current().id() == me, nice())
        });
        assert!(done.iter().map(|(n, ..)| *n).eq(0..100 * PART), "in order");
        for (_, is_first, nice) in &done {
            assert_eq!(*nice, if *is_first { own } else { own.max(NICE) });
        }
        let has_others = std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1);
        assert_eq!(done.iter().any(|(_, is_first, _)| !is_first), has_others);
    }
}
