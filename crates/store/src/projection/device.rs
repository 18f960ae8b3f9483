//! Whose key it is: `device-bound`, `device-revoked` by the operator, `key-compromised` by the key's own person.

use domain::content::Content;
use domain::flag::Flag;
use domain::id::{KeyId, PersonId, SubjectId};
use journal::VerifyingKey;
use rusqlite::{Transaction, named_params};

use crate::StoreError;
use crate::account::Account;
use crate::column::Blob;
use crate::statement;

struct Bound {
    key: VerifyingKey,
    person: PersonId,
    bound_at_ms: i64,
    revoked_at_ms: Option<i64>,
    compromised_since_ms: Option<i64>,
    host: Option<PersonId>,
}

/// Folds a device anew. Returns the keys whose person or host is another one than before.
pub(super) fn fold(
    transaction: &Transaction<'_>,
    account: &Account,
    device: SubjectId,
) -> Result<Vec<KeyId>, StoreError> {
    let before = persons(transaction, device)?;
    transaction.prepare_cached("DELETE FROM key WHERE device = ?1")?.execute([device.as_bytes()])?;
    let mut bound: Vec<Bound> = Vec::new();
    for statement in statement::about(transaction, account, device)? {
        let by_operator = statement.is_by(account.operator.key.id());
        match &statement.content {
            Some(Content::DeviceBound(content)) if by_operator => {
                if let Ok(key) = VerifyingKey::from_cose_key(&content.key) {
                    bound.retain(|earlier| earlier.key.id() != key.id());
                    bound.push(Bound {
                        key,
                        person: content.person,
                        bound_at_ms: content.bound_at_ms,
                        revoked_at_ms: None,
                        compromised_since_ms: None,
                        host: content.host,
                    });
                }
            }
            Some(Content::DeviceRevoked(content)) if by_operator => {
                for key in bound.iter_mut().filter(|bound| bound.key.id() == content.key) {
                    key.revoked_at_ms = Some(content.revoked_at_ms);
                }
            }
            // What has no effect for the operator has none here: whoever holds a revoked key would end every good one.
            Some(Content::KeyCompromised(_)) if is_void(&statement.flags) => {}
            Some(Content::KeyCompromised(content)) => {
                let author = super::person_of(transaction, account, statement.key)?;
                for key in bound.iter_mut().filter(|bound| bound.key.id() == content.key) {
                    if statement.key == content.key || author == Some(key.person) {
                        key.compromised_since_ms = Some(content.since_ms);
                    }
                }
            }
            _ => {}
        }
    }
    let mut insert = transaction.prepare_cached(
        "INSERT INTO key (id, device, cose_key, person, bound_at_ms, revoked_at_ms, compromised_since_ms, host)
         VALUES (:id, :device, :cose_key, :person, :bound_at_ms, :revoked_at_ms, :compromised_since_ms, :host)
         ON CONFLICT (id) DO UPDATE SET device = excluded.device, person = excluded.person,
             bound_at_ms = excluded.bound_at_ms, revoked_at_ms = excluded.revoked_at_ms,
             compromised_since_ms = excluded.compromised_since_ms, host = excluded.host
         WHERE excluded.device < key.device",
    )?;
    for bound in &bound {
        insert.execute(named_params! {
            ":id": bound.key.id().as_bytes(),
            ":device": device.as_bytes(),
            ":cose_key": bound.key.to_cose_key(),
            ":person": bound.person.as_bytes(),
            ":bound_at_ms": bound.bound_at_ms,
            ":revoked_at_ms": bound.revoked_at_ms,
            ":compromised_since_ms": bound.compromised_since_ms,
            ":host": bound.host.map(|host| *host.as_bytes()),
        })?;
    }
    let after = persons(transaction, device)?;
    let mut changed: Vec<KeyId> =
        before.iter().filter(|row| !after.contains(row)).map(|(key, ..)| *key).collect();
    changed.extend(after.iter().filter(|row| !before.contains(row)).map(|(key, ..)| *key));
    Ok(changed)
}

/// Whether the operator found that a statement changes nothing about keys.
fn is_void(flags: &[Flag]) -> bool {
    flags.iter().any(|flag| matches!(flag, Flag::NoAuthority | Flag::KeyRevoked))
}

/// Key, person and host.
type Row = (KeyId, PersonId, Option<PersonId>);

fn persons(transaction: &Transaction<'_>, device: SubjectId) -> Result<Vec<Row>, StoreError> {
    let mut select =
        transaction.prepare_cached("SELECT id, person, host FROM key WHERE device = ?1 ORDER BY id")?;
    let rows = select.query_map([device.as_bytes()], |row| {
        let host = row.get::<_, Option<Blob<PersonId>>>(2)?.map(|host| host.0);
        Ok((row.get::<_, Blob<KeyId>>(0)?.0, row.get::<_, Blob<PersonId>>(1)?.0, host))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
