//! Storing a judged page.

use std::collections::HashMap;

use domain::content::Content;
use domain::id::{KeyId, StatementId, SubjectId};
use domain::{Kind, content};
use journal::{Statement, codec};
use rusqlite::{CachedStatement, OptionalExtension, Transaction};
use sync::outbox::{PullApplied, Verdict};
use sync::wire::pull::PullItem;

use super::verify;
use crate::account::Account;
use crate::column::{self, Blob, Text};
use crate::outbox::Failed;
use crate::projection::Stale;
use crate::receipts::OwnLeaves;
use crate::trust::Found;
use crate::{StoreError, carry, erasing, scope};

/// Stores what was judged, then believes what was held for want of a key that came now.
pub(super) fn store<'a>(
    transaction: &Transaction<'_>,
    account: &Account,
    judged: impl Iterator<Item = (&'a PullItem, &'a Verdict)>,
    stale: &mut Stale,
    applied: &mut PullApplied,
) -> Result<(), Failed> {
    let scopes = scope::ids(transaction)?;
    let carries = carry::is_any(transaction)?;
    let mut storing = Storing::new(transaction)?;
    let mut own_leaves = OwnLeaves::new(transaction)?;
    // A page is signed by few keys.
    let mut bound = HashMap::new();
    for (item, verdict) in judged {
        let (statement, believed) = match verdict {
            Verdict::Believed(verified) => {
                (&**verified, is_bound(transaction, account, verified, &mut bound)?)
            }
            Verdict::Held(statement) => (statement, false),
            Verdict::Rejected(reason) => {
                reject(transaction, item.leaf_index, reason)?;
                applied.rejected_count += 1;
                continue;
            }
        };
        let is_own = is_own(transaction, account, statement)?;
        own_leaves.compare(item, statement, is_own)?;
        if is_own {
            continue;
        }
        let held_by: Vec<i64> = item.scopes.iter().filter_map(|scope| scopes.get(scope).copied()).collect();
        if held_by.is_empty() {
            reject(transaction, item.leaf_index, "no-scope")?;
            applied.rejected_count += 1;
            continue;
        }
        let is_new = storing.store_one(item, statement, believed, &held_by)?;
        applied.new_count += u64::from(is_new);
        applied.changed = true;
        if believed {
            if carries {
                carry::arrived(transaction, item.leaf_index, statement.id())?;
            }
            if is_new && !storing.has_erased {
                stale.came(transaction, statement, item)?;
            } else {
                stale.mark(statement.header().kind, statement.header().subject);
            }
            storing.has_erased |= erase(transaction, account, item, statement, stale)?;
            if statement.header().kind == Kind::DeviceBound {
                // What its key signed comes on this very page, and is believed from here on.
                stale.settle_keys(transaction, account)?;
                bound.clear();
            }
        }
    }
    stale.settle_keys(transaction, account)?;
    believe_held(transaction, stale, applied)
}

/// Whether whose key it is stands in this file and will be found again: a binding that was only read on this page, and
/// is not for this reader, proves nothing afterwards. What is signed by another key is held.
fn is_bound(
    transaction: &Transaction<'_>,
    account: &Account,
    statement: &Statement,
    bound: &mut HashMap<KeyId, bool>,
) -> Result<bool, StoreError> {
    let header = statement.header();
    // Whoever enrols a device signs with the key that it names itself; the binding is another statement.
    let needs_none = header.kind == Kind::DeviceEnrolled;
    if needs_none || header.key == account.operator.key.id() || header.key == account.key.id() {
        return Ok(true);
    }
    if let Some(is_bound) = bound.get(&header.key) {
        return Ok(*is_bound);
    }
    let is_bound = verify::known_key(transaction, header.key)?.is_some();
    bound.insert(header.key, is_bound);
    Ok(is_bound)
}

/// A statement of this very device comes back by its own scope; it is here already.
fn is_own(
    transaction: &Transaction<'_>,
    account: &Account,
    statement: &Statement,
) -> Result<bool, StoreError> {
    let header = statement.header();
    if header.key != account.key.id() {
        return Ok(false);
    }
    let mut select = transaction.prepare_cached("SELECT id FROM own_statement WHERE seq = ?1")?;
    let id = select.query_row([header.seq], |row| row.get::<_, Blob<StatementId>>(0)).optional()?;
    Ok(id.is_some_and(|id| id.0 == statement.id()))
}

/// Stores statements: what each takes is prepared once.
struct Storing<'a> {
    transaction: &'a Transaction<'a>,
    insert: CachedStatement<'a>,
    hold: CachedStatement<'a>,
    /// Whether any content was erased, so that one that comes may not be stored.
    has_erased: bool,
}

impl<'a> Storing<'a> {
    fn new(transaction: &'a Transaction<'a>) -> Result<Self, StoreError> {
        let insert = transaction.prepare_cached(
            "INSERT INTO foreign_statement
                 (leaf_index, id, key, kind, subject, issued_at_s, bytes, flags, believed, content)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,
                 iif(EXISTS (SELECT 1 FROM erased WHERE statement = ?2), NULL, ?10))
             ON CONFLICT (leaf_index) DO NOTHING",
        )?;
        let hold = transaction.prepare_cached(
            "INSERT INTO statement_scope (scope, leaf_index) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        )?;
        let has_erased =
            transaction.query_row("SELECT EXISTS (SELECT 1 FROM erased)", [], |row| row.get(0))?;
        Ok(Self { transaction, insert, hold, has_erased })
    }

    /// Inserts a statement, or adds to the one that is there: scopes, a content that was withheld before, newer flags.
    fn store_one(
        &mut self,
        item: &PullItem,
        statement: &Statement,
        believed: bool,
        held_by: &[i64],
    ) -> Result<bool, Failed> {
        let flags = column::flags(&item.flags);
        let is_new = self.insert(item, statement, believed, &flags)?;
        if !is_new {
            self.add(item, statement, believed, &flags)?;
        }
        for scope in held_by {
            self.hold.execute((scope, item.leaf_index))?;
        }
        Ok(is_new)
    }

    /// False when another statement, or the same, is at that place already.
    fn insert(
        &mut self,
        item: &PullItem,
        statement: &Statement,
        believed: bool,
        flags: &str,
    ) -> Result<bool, Failed> {
        let header = statement.header();
        let inserted = self.insert.execute((
            item.leaf_index,
            statement.id().as_bytes(),
            header.key.as_bytes(),
            header.kind.as_str(),
            header.subject.as_bytes(),
            header.issued_at_s,
            &item.statement,
            flags,
            believed,
            item.content.as_ref().map(|content| &content.0),
        ));
        match inserted {
            Ok(count) => Ok(count == 1),
            // The same statement at two places of the log: an honest operator registers nothing twice.
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {
                Err(Failed::found(Found::other_leaf(item)))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn add(&self, item: &PullItem, statement: &Statement, believed: bool, flags: &str) -> Result<(), Failed> {
        let mut select = self
            .transaction
            .prepare_cached("SELECT id, bytes FROM foreign_statement WHERE leaf_index = ?1")?;
        let (id, bytes) = select.query_row([item.leaf_index], |row| {
            Ok((row.get::<_, Blob<StatementId>>(0)?.0, row.get::<_, Vec<u8>>(1)?))
        })?;
        if id != statement.id() {
            return Err(Failed::found(Found::other_leaf(item)));
        }
        if bytes != item.statement && self.is_signed(statement)? {
            replace(self.transaction, item.leaf_index, &item.statement)?;
        }
        self.transaction
            .prepare_cached(
                "UPDATE foreign_statement SET flags = ?2, believed = max(believed, ?3) WHERE leaf_index = ?1",
            )?
            .execute((item.leaf_index, flags, believed))?;
        if let Some(content) = &item.content {
            self.transaction
                .prepare_cached(
                    "UPDATE foreign_statement SET content = ?2 WHERE leaf_index = ?1 AND content IS NULL
                        AND NOT EXISTS (SELECT 1 FROM erased WHERE statement = ?3)",
                )?
                .execute((item.leaf_index, &content.0, statement.id().as_bytes()))?;
        }
        Ok(())
    }

    /// Whether the own signature of a statement is right.
    fn is_signed(&self, statement: &Statement) -> Result<bool, StoreError> {
        let key = verify::known_key(self.transaction, statement.header().key)?;
        Ok(key.is_some_and(|key| statement.clone().verify(&key).is_ok()))
    }
}

/// Puts the right signature where a spoiled one was.
pub(crate) fn replace(
    transaction: &Transaction<'_>,
    leaf_index: u64,
    bytes: &[u8],
) -> Result<(), StoreError> {
    transaction
        .prepare_cached("UPDATE foreign_statement SET bytes = ?2 WHERE leaf_index = ?1 AND bytes <> ?2")?
        .execute((leaf_index, bytes))?;
    Ok(())
}

pub(crate) const ERASE: [&str; 3] = [
    carry::ERASE,
    "UPDATE foreign_statement SET content = NULL WHERE id = ?1 AND content IS NOT NULL",
    "UPDATE own_statement SET content = NULL WHERE content IS NOT NULL AND seq IN
        (SELECT o.seq FROM own_id o JOIN receipt r ON r.seq = o.seq WHERE o.id = ?1)",
];
pub(crate) const ABOUT_WHAT: &str = "SELECT kind, subject FROM foreign_statement WHERE id = ?1
     UNION ALL SELECT o.kind, o.subject FROM own_id l JOIN own_statement o ON o.seq = l.seq WHERE l.id = ?1
     UNION ALL SELECT kind, subject FROM carried_statement WHERE id = ?1";

/// Erased contents go now and never come back. Tells whether there were any. What this device has not got registered is nobody's to erase.
fn erase(
    transaction: &Transaction<'_>,
    account: &Account,
    item: &PullItem,
    statement: &Statement,
    stale: &mut Stale,
) -> Result<bool, StoreError> {
    let header = statement.header();
    if header.kind != Kind::ContentErased || header.key != account.operator.key.id() {
        return Ok(false);
    }
    let Some(bytes) = &item.content else { return Ok(false) };
    let Ok(Content::ContentErased(content::ContentErased { statements, .. })) =
        codec::decode(header.kind, &bytes.0)
    else {
        return Ok(false);
    };
    if !erasing::is_due(transaction, account, item.leaf_index)? {
        return Ok(false);
    }
    erase_named(transaction, statements, stale)?;
    Ok(true)
}

pub(crate) fn erase_named(
    transaction: &Transaction<'_>,
    statements: Vec<StatementId>,
    stale: &mut Stale,
) -> Result<(), StoreError> {
    for id in statements {
        transaction
            .prepare_cached("INSERT INTO erased (statement) VALUES (?1) ON CONFLICT DO NOTHING")?
            .execute([id.as_bytes()])?;
        let mut select = transaction.prepare_cached(ABOUT_WHAT)?;
        let mut rows = select.query([id.as_bytes()])?;
        while let Some(row) = rows.next()? {
            stale.mark(row.get::<_, Text<Kind>>(0)?.0, row.get::<_, Blob<SubjectId>>(1)?.0);
        }
        for erase in ERASE {
            transaction.prepare_cached(erase)?.execute([id.as_bytes()])?;
        }
    }
    Ok(())
}

/// Believes statements whose key has come, and leaves out those that their key did not sign.
fn believe_held(
    transaction: &Transaction<'_>,
    stale: &mut Stale,
    applied: &mut PullApplied,
) -> Result<(), Failed> {
    let mut select = transaction.prepare_cached(
        "SELECT f.leaf_index, f.key, f.kind, f.subject, f.bytes FROM foreign_statement f
          WHERE f.believed = 0 AND f.key IN (SELECT id FROM key)",
    )?;
    let held = select
        .query_map([], |row| {
            let key = row.get::<_, Blob<KeyId>>(1)?.0;
            let (kind, subject) = (row.get::<_, Text<Kind>>(2)?.0, row.get::<_, Blob<SubjectId>>(3)?.0);
            Ok((row.get::<_, u64>(0)?, key, kind, subject, row.get::<_, Vec<u8>>(4)?))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    for (leaf_index, key, kind, subject, bytes) in held {
        let Some(key) = verify::known_key(transaction, key)? else { continue };
        let verified = Statement::decode(&bytes).and_then(|statement| statement.verify(&key));
        if let Ok(id) = verified.map(|verified| verified.id()) {
            transaction
                .prepare_cached("UPDATE foreign_statement SET believed = 1 WHERE leaf_index = ?1")?
                .execute([leaf_index])?;
            carry::arrived(transaction, leaf_index, id)?;
            stale.mark(kind, subject);
        } else {
            transaction.execute("DELETE FROM foreign_statement WHERE leaf_index = ?1", [leaf_index])?;
            reject(transaction, leaf_index, "bad-signature")?;
            applied.rejected_count += 1;
        }
    }
    Ok(())
}

fn reject(transaction: &Transaction<'_>, leaf_index: u64, reason: &str) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO rejected (leaf_index, reason) VALUES (?1, ?2)
             ON CONFLICT (leaf_index) DO UPDATE SET reason = excluded.reason",
        )?
        .execute((leaf_index, reason))?;
    Ok(())
}
