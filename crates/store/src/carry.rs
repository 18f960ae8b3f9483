//! Statements that came from another device without a network: shown at once, handed to the operator, and forgotten
//! when the operator delivers them (docs/PROTOCOL.md, "Two devices without a network").

use domain::Kind;
use domain::id::{ChildId, StatementId, SubjectId};
use journal::Verified;
use rusqlite::{Connection, OptionalExtension as _, Transaction, named_params};
use sync::wire::carry::{CarryItem, CarryOutcome, MAX_ITEMS};

use crate::column::{Blob, Text};
use crate::projection::Stale;
use crate::pull::store_item;
use crate::{Reader, Store, StoreError, setting};

/// A statement of somebody else whose signature verified, with its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// The statement.
    pub statement: Verified,
    /// Its content's bytes.
    pub content: Vec<u8>,
}

impl Store {
    /// Keeps what another device showed, as far as it is new here. `judge` looks and decides within the same
    /// transaction; its error rolls everything back.
    ///
    /// # Errors
    /// Those of `judge` and of the store.
    pub fn carry<E: From<StoreError>>(
        &self,
        judge: impl FnOnce(&Reader<'_>) -> Result<Vec<Carried>, E>,
    ) -> Result<(), E> {
        let account = self.shared_account().ok_or(StoreError::NoDevice)?;
        self.write(|transaction| {
            let carried = judge(&Reader::new(transaction, Some(&account)))?;
            let mut stale = Stale::default();
            for carried in &carried {
                let header = carried.statement.header();
                if insert(transaction, carried)? {
                    stale.mark(header.kind, header.subject);
                }
            }
            stale.settle(transaction, &account)?;
            Ok(())
        })
    }

    /// What is to be handed over. The second question of a round, for answers, ends it: what came too early is one round
    /// nearer to its next try.
    pub(crate) fn carried_batch(&self, answers: bool, again: bool) -> Result<Vec<CarryItem>, StoreError> {
        let waits = self.with_reader(Waits::read)?;
        if answers && waits.rounds > 0 {
            self.write(|transaction| Waits { rounds: waits.rounds - 1, ..waits }.write(transaction))?;
        }
        let again = again || waits.rounds == 0;
        self.with_reader(|conn| {
            let mut select = conn.prepare_cached(
                "SELECT bytes, content FROM carried_statement
                  WHERE (state = 'waiting' OR (?2 AND state = 'early'))
                    AND (kind IN ('visit-confirmed', 'visit-disputed', 'visit-noted')) = ?1
                  ORDER BY key, seq LIMIT ?3",
            )?;
            let rows = select.query_map((answers, again, MAX_ITEMS), |row| {
                Ok(CarryItem { statement: row.get(0)?, content: row.get(1)? })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Notes what became of what was handed over. Nothing is proven to the carrier: the statement's own device keeps it
    /// until a receipt came, and here it goes when the operator delivers it.
    pub(crate) fn note_carried(
        &self,
        items: &[CarryItem],
        outcomes: &[CarryOutcome],
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            let mut update =
                transaction.prepare_cached("UPDATE carried_statement SET state = ?2 WHERE bytes = ?1")?;
            // Nobody is shown here what a guest says besides of visits, and no pull brings it.
            let mut delete = transaction.prepare_cached(
                "DELETE FROM carried_statement WHERE bytes = ?1 AND kind NOT LIKE 'visit-%'",
            )?;
            for (item, outcome) in items.iter().zip(outcomes) {
                let state = match outcome {
                    CarryOutcome::Early => "early",
                    CarryOutcome::Taken | CarryOutcome::Refused => "done",
                };
                if state == "early" || delete.execute([&item.statement])? == 0 {
                    update.execute((&item.statement, state))?;
                }
            }
            let waits = match outcomes.contains(&CarryOutcome::Early) {
                true => Waits::read(transaction)?.longer(),
                false => Waits::default(),
            };
            waits.write(transaction)
        })
    }
}

/// How long what came too early rests: no round after the first answer, then twice as long each time, at most fifteen. The device
/// that it waits for may come today or in a week, and an own push tries at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Waits {
    /// Answers `early` one after the other.
    early_count: u8,
    /// Rounds without a try.
    rounds: u8,
}

impl Waits {
    const SETTING: &str = "carry/waits";
    const MOST: u8 = 5;

    fn read(conn: &Connection) -> Result<Self, StoreError> {
        let bytes: Option<[u8; 2]> =
            setting::read(conn, Self::SETTING)?.and_then(|bytes| bytes.try_into().ok());
        Ok(bytes.map_or_else(Self::default, |[early_count, rounds]| Self { early_count, rounds }))
    }

    fn longer(self) -> Self {
        let early_count = self.early_count.saturating_add(1).min(Self::MOST);
        Self { early_count, rounds: (1 << (early_count - 1)) - 1 }
    }

    fn write(self, conn: &Connection) -> Result<(), StoreError> {
        let bytes = [self.early_count, self.rounds];
        setting::write(conn, Self::SETTING, (self != Self::default()).then_some(bytes.as_slice()))
    }
}

/// Keeps a statement that is neither here nor erased. Bindings are the operator's own and are handed to nobody.
fn insert(transaction: &Transaction<'_>, carried: &Carried) -> Result<bool, StoreError> {
    let header = carried.statement.header();
    let inserted = transaction
        .prepare_cached(
            "INSERT INTO carried_statement (id, key, kind, subject, seq, issued_at_s, bytes, content, state)
             SELECT :id, :key, :kind, :subject, :seq, :issued_at_s, :bytes, :content, :state
              WHERE NOT EXISTS (SELECT 1 FROM carried_statement WHERE id = :id)
                AND NOT EXISTS (SELECT 1 FROM foreign_statement WHERE id = :id AND believed = 1)
                AND NOT EXISTS (SELECT 1 FROM own_id WHERE id = :id)
                AND NOT EXISTS (SELECT 1 FROM erased WHERE statement = :id)",
        )?
        .execute(named_params! {
            ":id": carried.statement.id().as_bytes(),
            ":key": header.key.as_bytes(),
            ":kind": header.kind.as_str(),
            ":subject": header.subject.as_bytes(),
            ":seq": header.seq,
            ":issued_at_s": header.issued_at_s,
            ":bytes": carried.statement.bytes(),
            ":content": carried.content,
            ":state": if header.kind == Kind::DeviceBound { "done" } else { "waiting" },
        })?;
    Ok(inserted > 0)
}

/// Whether anything lies here that another device showed.
pub(crate) fn is_any(conn: &Connection) -> Result<bool, StoreError> {
    let mut select = conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM carried_statement)")?;
    Ok(select.query_row([], |row| row.get(0))?)
}

/// The operator delivered it: from here on it is one of the log's. What was shown was checked when it was read, so those are the
/// bytes that stay.
pub(crate) fn arrived(
    transaction: &Transaction<'_>,
    leaf_index: u64,
    id: StatementId,
) -> Result<(), StoreError> {
    let mut delete =
        transaction.prepare_cached("DELETE FROM carried_statement WHERE id = ?1 RETURNING bytes")?;
    if let Some(checked) = delete.query_row([id.as_bytes()], |row| row.get::<_, Vec<u8>>(0)).optional()? {
        store_item::replace(transaction, leaf_index, &checked)?;
    }
    Ok(())
}

pub(crate) const ERASE: &str = "DELETE FROM carried_statement WHERE id = ?1";

/// Forgets what was shown about a child that is not this person's to see any more.
pub(crate) fn forget(
    transaction: &Transaction<'_>,
    child: ChildId,
    stale: &mut Stale,
) -> Result<(), StoreError> {
    let mut delete = transaction.prepare_cached(
        "DELETE FROM carried_statement WHERE subject IN (SELECT id FROM visit WHERE child = ?1)
         RETURNING kind, subject",
    )?;
    let gone = delete.query_map([child.as_bytes()], |row| {
        Ok((row.get::<_, Text<Kind>>(0)?.0, row.get::<_, Blob<SubjectId>>(1)?.0))
    })?;
    for row in gone {
        let (kind, subject) = row?;
        stale.mark(kind, subject);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
