//! Scopes: what this person may hold, and forgetting what is not held any more.

use std::collections::{BTreeMap, BTreeSet};

use domain::Kind;
use domain::content::{Content, NotePurpose};
use domain::id::SubjectId;
use domain::scope::Scope;
use journal::codec;
use rusqlite::{Connection, OptionalExtension, Transaction};

use crate::column::{Blob, Text};
use crate::projection::Stale;
use crate::{StoreError, carry};

/// The scopes of the applied list by name, with their row ids.
pub(crate) fn ids(conn: &Connection) -> Result<BTreeMap<Scope, i64>, StoreError> {
    let mut select = conn.prepare_cached("SELECT name, id FROM scope")?;
    let rows = select.query_map([], |row| Ok((row.get::<_, Text<Scope>>(0)?.0, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The gained scopes that have not caught up yet.
pub(crate) fn filling(conn: &Connection) -> Result<Vec<Scope>, StoreError> {
    let mut select = conn.prepare_cached("SELECT name FROM scope WHERE filling = 1 ORDER BY name")?;
    let rows = select.query_map([], |row| Ok(row.get::<_, Text<Scope>>(0)?.0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Applies a new list: forgets what only lost scopes held, before anything else, and notes the gained ones. `caught_up`
/// is set when nothing was delivered yet, so that there is nothing to fill. Tells whether anything is to be filled anew.
pub(crate) fn apply(
    transaction: &Transaction<'_>,
    list: &[Scope],
    caught_up: bool,
    stale: &mut Stale,
) -> Result<bool, StoreError> {
    let known = ids(transaction)?;
    let wanted: BTreeSet<Scope> = list.iter().copied().collect();
    for (scope, id) in &known {
        if !wanted.contains(scope) {
            if let Scope::Family(child) = scope {
                carry::forget(transaction, *child, stale)?;
            }
            forget(transaction, *id, stale)?;
        }
    }
    let mut gained = false;
    for scope in wanted.iter().filter(|scope| !known.contains_key(scope)) {
        transaction
            .prepare_cached("INSERT INTO scope (name, filling) VALUES (?1, ?2)")?
            .execute((scope.to_string(), !caught_up))?;
        gained = true;
    }
    Ok(gained && !caught_up)
}

/// Forgets what only this scope held. Own statements are in another table and stay whatever happens.
fn forget(transaction: &Transaction<'_>, lost: i64, stale: &mut Stale) -> Result<(), StoreError> {
    let mut select = transaction.prepare_cached(
        "SELECT f.leaf_index, f.kind, f.subject FROM statement_scope s
           JOIN foreign_statement f ON f.leaf_index = s.leaf_index WHERE s.scope = ?1",
    )?;
    let held = select
        .query_map([lost], |row| {
            Ok((row.get::<_, u64>(0)?, row.get::<_, Text<Kind>>(1)?.0, row.get::<_, Blob<SubjectId>>(2)?.0))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    transaction.execute("DELETE FROM statement_scope WHERE scope = ?1", [lost])?;
    transaction.execute("DELETE FROM scope WHERE id = ?1", [lost])?;
    let mut others = transaction.prepare_cached(
        "SELECT c.name FROM statement_scope s JOIN scope c ON c.id = s.scope WHERE s.leaf_index = ?1",
    )?;
    let mut delete = transaction.prepare_cached("DELETE FROM foreign_statement WHERE leaf_index = ?1")?;
    for (leaf_index, kind, subject) in held {
        let remaining = others
            .query_map([leaf_index], |row| Ok(row.get::<_, Text<Scope>>(0)?.0))?
            .collect::<Result<Vec<_>, _>>()?;
        if remaining.is_empty() {
            delete.execute([leaf_index])?;
        } else if !withhold(transaction, leaf_index, kind, &remaining)? {
            continue;
        }
        stale.mark(kind, subject);
    }
    Ok(())
}

/// Removes a content that the remaining scopes may see only as an envelope. Tells whether it did.
fn withhold(
    transaction: &Transaction<'_>,
    leaf_index: u64,
    kind: Kind,
    remaining: &[Scope],
) -> Result<bool, StoreError> {
    let mut select =
        transaction.prepare_cached("SELECT content FROM foreign_statement WHERE leaf_index = ?1")?;
    let content = select.query_row([leaf_index], |row| row.get::<_, Option<Vec<u8>>>(0)).optional()?;
    let Some(bytes) = content.flatten() else { return Ok(false) };
    // What this version cannot read it cannot judge, so it keeps no content of it.
    let sees_whole = codec::decode(kind, &bytes)
        .is_ok_and(|content| remaining.iter().any(|scope| sees_whole(*scope, &content)));
    if !sees_whole {
        transaction
            .prepare_cached("UPDATE foreign_statement SET content = NULL WHERE leaf_index = ?1")?
            .execute([leaf_index])?;
    }
    Ok(!sees_whole)
}

/// Whether a scope that holds a statement sees its content: the device's side of [`domain::scope::audiences`].
pub(crate) fn sees_whole(scope: Scope, content: &Content) -> bool {
    match content {
        Content::VisitNoted(note) if note.purpose == NotePurpose::Care => {
            !matches!(scope, Scope::Organisation(_))
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use domain::content::{VisitFinished, VisitNoted};
    use domain::id::{ChildId, OrganisationId, PersonId, SubjectId};
    use domain::scope::{Addressing, Sight, VisitParties, audiences};

    use super::*;

    #[test]
    fn sight_agrees_with_the_operators_rule() {
        let parties = VisitParties {
            child: ChildId::from_bytes([1; 16]),
            specialist: PersonId::from_bytes([2; 16]),
            organisation: OrganisationId::from_bytes([3; 16]),
        };
        let addressing = Addressing {
            author: Some(parties.specialist),
            visit: Some(parties),
            organisations: vec![parties.organisation],
        };
        let note = |purpose| VisitNoted { purpose, text: "ж".into(), about: None };
        let contents: [Content; 4] = [
            note(NotePurpose::Care).into(),
            note(NotePurpose::Review).into(),
            note(NotePurpose::Correction).into(),
            VisitFinished { finished_at_ms: 1 }.into(),
        ];
        for content in contents {
            for (scope, sight) in audiences(SubjectId::from_bytes([4; 16]), &content, &addressing) {
                assert_eq!(
                    sees_whole(scope, &content),
                    sight == Sight::Whole,
                    "{scope} {:?}",
                    content.kind()
                );
            }
        }
    }
}
