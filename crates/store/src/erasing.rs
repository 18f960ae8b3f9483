//! Erasures beside recovery keys that were renewed without both old shares ([`domain::erasing`]). Where there never was
//! such a key, an erasure is done as it comes. Where there was, it waits here for the end of the pull and is judged by all
//! times that the operator signed to this device, and by the device's own clock: an operator's clock that was set forward
//! takes nothing away.

use domain::Kind;
use domain::content::{Content, ContentErased};
use domain::erasing::{Judgement, Renewals};
use domain::id::StatementId;
use journal::codec;
use rusqlite::{Connection, Transaction};

use crate::account::Account;
use crate::projection::Stale;
use crate::pull::store_item;
use crate::{Store, StoreError};

/// When the operator signed something latest that stands before a leaf, or at it.
const LATEST: &str = "SELECT max(signed_at_s) FROM (
     SELECT max(issued_at_s) AS signed_at_s FROM foreign_statement
      WHERE key = ?1 AND believed = 1 AND leaf_index <= ?2
     UNION ALL SELECT max(signed_at_s) FROM seen_head WHERE tree_size <= ?2)";

/// Whether the operator signed anything behind a leaf at a time within a span.
const WITHIN: &str = "SELECT EXISTS (SELECT 1 FROM foreign_statement
      WHERE key = ?1 AND believed = 1 AND leaf_index > ?2 AND issued_at_s >= ?3 AND issued_at_s < ?4)
     OR EXISTS (SELECT 1 FROM seen_head WHERE tree_size > ?2 AND signed_at_s >= ?3 AND signed_at_s < ?4)";

/// The recovery keys that the operator stated before a leaf, as far as this device knows.
pub(crate) fn renewals(
    conn: &Connection,
    account: &Account,
    leaf_index: u64,
) -> Result<Renewals, StoreError> {
    let operator = &account.operator;
    let key = operator.key.id();
    let mut select = conn.prepare_cached(
        "SELECT leaf_index, issued_at_s, content FROM foreign_statement
          WHERE subject = ?1 AND kind = ?2 AND key = ?3 AND believed = 1 AND content IS NOT NULL
                AND leaf_index < ?4
          ORDER BY leaf_index",
    )?;
    let kind = Kind::OperatorKey;
    let parameters = (operator.id.as_bytes(), kind.as_str(), key.as_bytes(), leaf_index);
    let said = select
        .query_map(parameters, |row| {
            Ok((row.get::<_, u64>(0)?, row.get::<_, i64>(1)?, row.get::<_, Vec<u8>>(2)?))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    let mut renewals = Renewals::default();
    for (leaf, at_s, content) in said {
        // One of a newer version is passed over, as everywhere.
        if let Ok(Content::OperatorKey(stated)) = codec::decode(kind, &content) {
            renewals.stated(&stated, at_s, || {
                let mut select = conn.prepare_cached(LATEST)?;
                let latest_s: Option<i64> = select.query_row((key.as_bytes(), leaf), |row| row.get(0))?;
                Ok::<_, StoreError>(latest_s.unwrap_or(at_s))
            })?;
        }
    }
    Ok(renewals)
}

/// Whether an erasure that came is done at once. If not, it waits for [`Store::judge_erasures`].
pub(crate) fn is_due(
    transaction: &Transaction<'_>,
    account: &Account,
    leaf_index: u64,
) -> Result<bool, StoreError> {
    if renewals(transaction, account, leaf_index)?.pauses().is_empty() {
        return Ok(true);
    }
    transaction
        .prepare_cached("INSERT INTO waiting_erasure (leaf_index) VALUES (?1) ON CONFLICT DO NOTHING")?
        .execute([leaf_index])?;
    Ok(false)
}

impl Store {
    /// Judges the erasures that wait: what holds is erased, what was stated within a pause is dropped for ever, and the
    /// rest goes on waiting for the own clock. Tells whether anything was erased.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn judge_erasures(&self, now_ms: i64) -> Result<bool, StoreError> {
        let account = self.shared_account().ok_or(StoreError::NoDevice)?;
        if self.with_reader(waiting)?.is_empty() || self.read(|reader| reader.distrust())?.is_some() {
            return Ok(false);
        }
        self.write(|transaction| {
            let (mut stale, mut has_erased) = (Stale::default(), false);
            for (leaf_index, at_s, statements) in waiting(transaction)? {
                match judge(transaction, &account, (leaf_index, at_s), now_ms.div_euclid(1_000))? {
                    Judgement::Waits { .. } => continue,
                    Judgement::Void { .. } => {}
                    Judgement::Holds => {
                        store_item::erase_named(transaction, statements, &mut stale)?;
                        has_erased = true;
                    }
                }
                transaction.execute("DELETE FROM waiting_erasure WHERE leaf_index = ?1", [leaf_index])?;
            }
            stale.settle(transaction, &account)?;
            Ok(has_erased)
        })
    }
}

/// The erasures that wait, which are few: from them to their statements, never the other way round.
const WAITING: &str = "SELECT f.leaf_index, f.issued_at_s, f.content
     FROM waiting_erasure w CROSS JOIN foreign_statement f ON f.leaf_index = w.leaf_index
    WHERE f.content IS NOT NULL ORDER BY w.leaf_index";

fn waiting(conn: &Connection) -> Result<Vec<(u64, i64, Vec<StatementId>)>, StoreError> {
    let mut select = conn.prepare_cached(WAITING)?;
    let rows = select
        .query_map([], |row| Ok((row.get::<_, u64>(0)?, row.get::<_, i64>(1)?, row.get::<_, Vec<u8>>(2)?)))?
        .collect::<Result<Vec<_>, _>>()?;
    let named =
        |(leaf_index, at_s, content): (u64, i64, Vec<u8>)| match codec::decode(Kind::ContentErased, &content)
        {
            Ok(Content::ContentErased(ContentErased { statements, .. })) => {
                Some((leaf_index, at_s, statements))
            }
            _ => None,
        };
    Ok(rows.into_iter().filter_map(named).collect())
}

fn judge(
    conn: &Connection,
    account: &Account,
    (leaf_index, at_s): (u64, i64),
    now_s: i64,
) -> Result<Judgement, StoreError> {
    let key = account.operator.key.id();
    renewals(conn, account, leaf_index)?.judge(at_s, now_s, |span| {
        let mut select = conn.prepare_cached(WITHIN)?;
        Ok(select.query_row((key.as_bytes(), leaf_index, span.start, span.end), |row| row.get(0))?)
    })
}

#[cfg(test)]
mod tests;
