//! What waits, and the store as the sync sees it.

use std::collections::HashMap;

use domain::id::{StatementId, SubjectId};
use domain::{Kind, flag::Flag};
use rusqlite::{Connection, Transaction};
use sync::outbox::{HandedBack, Lost, Page, PullApplied, PushApplied, Standing};
use sync::wire::carry::{CarryItem, CarryOutcome};
use sync::wire::collect::Stretch;
use sync::wire::pull::{PullRequest, PullResponse};
use sync::wire::push::{Outcome, PushItem, PushRequest, PushResponse, Refusal};
use sync::{Outbox, OutboxError, Waiting};

use crate::account::Account;
use crate::column::{Blob, Text};
use crate::open::Durability;
use crate::projection::{self, Stale};
use crate::receipts::{self, Proven};
use crate::trust::{self, Found};
use crate::{Store, StoreError, append, collect, pull};

/// How the port says it.
pub(crate) fn outward(error: StoreError) -> OutboxError {
    match error {
        StoreError::Unproven => OutboxError::Unproven,
        other => OutboxError::Store(Box::new(other)),
    }
}

impl Outbox for Store {
    fn next_batch(
        &self,
        from_seq: Option<u64>,
        max_items: usize,
        max_bytes: usize,
    ) -> Result<PushRequest, OutboxError> {
        self.with_reader(|conn| {
            let first_seq = match from_seq {
                // What the operator asked for again is on its way already, and only gives it back what it lost.
                Some(seq) => Some(seq),
                None => {
                    trust::require(conn)?;
                    conn.prepare_cached("SELECT min(seq) FROM outbox WHERE state <> 'refused'")?
                        .query_row([], |row| row.get(0))?
                }
            };
            Ok(batch(conn, first_seq, max_items, max_bytes)?)
        })
        .map_err(Failed::into_error)
    }

    fn refused_batch(
        &self,
        after_seq: Option<u64>,
        max_items: usize,
        max_bytes: usize,
    ) -> Result<PushRequest, OutboxError> {
        self.with_reader(|conn| {
            trust::require(conn)?;
            let mut select = conn.prepare_cached(
                "SELECT seq FROM outbox WHERE state = 'refused' AND (?1 IS NULL OR seq > ?1) ORDER BY seq LIMIT ?2",
            )?;
            let refused = select.query_map((after_seq, max_items), |row| row.get::<_, u64>(0))?;
            let mut run: Option<(u64, usize)> = None;
            for seq in refused {
                let seq = seq?;
                match &mut run {
                    Some((first, count)) if *first + *count as u64 == seq => *count += 1,
                    Some(_) => break,
                    None => run = Some((seq, 1)),
                }
            }
            Ok(batch(conn, run.map(|(first, _)| first), run.map_or(0, |(_, count)| count), max_bytes)?)
        })
        .map_err(Failed::into_error)
    }

    fn mark_sent(&self, items: &[PushItem]) -> Result<(), OutboxError> {
        self.mark(items, "UPDATE outbox SET state = 'sent' WHERE seq BETWEEN ?1 AND ?2 AND state = 'saved'")
    }

    fn mark_unsent(&self, items: &[PushItem]) -> Result<(), OutboxError> {
        self.mark(items, "UPDATE outbox SET state = 'saved' WHERE seq BETWEEN ?1 AND ?2 AND state = 'sent'")
    }

    fn apply_push(&self, request: &PushRequest, response: &PushResponse) -> Result<PushApplied, OutboxError> {
        let items = &request.items;
        sync::push::check(items, response).map_err(OutboxError::Protocol)?;
        let account = self.shared_account().ok_or(OutboxError::Protocol("the device has no key yet"))?;
        let entries = items
            .iter()
            .zip(&response.outcomes)
            .filter_map(|(item, outcome)| {
                let entry = receipts::Entry { seq: item.seq, id: item.id, bytes: &item.statement };
                outcome.leaf_index().map(|leaf_index| (leaf_index, entry))
            })
            .collect();
        let proven = response
            .registrations
            .iter()
            .map(|registration| receipts::prove(registration, &entries, &account.operator.key))
            .collect::<Result<Vec<_>, _>>()
            .map_err(outward);
        let (proven, answers) = match proven.and_then(|proven| {
            let answers = Answers::of(items, response, &proven)?;
            Ok((proven, answers))
        }) {
            Ok(answered) => answered,
            Err(OutboxError::Unproven) => {
                return self.answered(Err(Failed::found(Found::unproven(response))));
            }
            Err(error) => return Err(error),
        };
        let applied = self.write(|transaction| {
            trust::require(transaction)?;
            if receipts::known_tree_size(transaction)? != request.known_tree_size {
                return Err(Failed::of(OutboxError::Overtaken));
            }
            let mut changed = Vec::new();
            for registration in &proven {
                receipts::follow(transaction, registration)?;
                receipts::compare(transaction, registration)?;
                changed.extend(receipts::store(transaction, registration, |id| answers.flags(id))?);
            }
            let refused = answers.park(transaction)?;
            answers.take_back(transaction)?;
            tracing::trace!(target: "esep::step", step = "receipts-written");
            answers.refresh(transaction, &account, &changed)?;
            let head = append::head(transaction)?;
            Ok(PushApplied {
                registered_count: answers.registered.len() as u64,
                refused,
                series_behind: answers.forked || response.next_seq > head.next_seq,
            })
        });
        self.answered(applied)
    }

    fn carried(&self, answers: bool, again: bool) -> Result<Vec<CarryItem>, OutboxError> {
        self.carried_batch(answers, again).map_err(outward)
    }

    fn apply_carried(&self, items: &[CarryItem], outcomes: &[CarryOutcome]) -> Result<(), OutboxError> {
        self.note_carried(items, outcomes).map_err(outward)
    }

    fn standing(&self) -> Result<Standing, OutboxError> {
        self.with_reader(|conn| {
            trust::require(conn)?;
            Ok(collect::standing(conn)?)
        })
        .map_err(Failed::into_error)
    }

    fn lost(&self, wanted: &[Stretch], after: HandedBack) -> Result<Option<Lost>, OutboxError> {
        self.with_reader(|conn| collect::lost(conn, wanted, after)).map_err(outward)
    }

    fn pull_request(&self, limit: u32) -> Result<PullRequest, OutboxError> {
        self.with_reader(|conn| {
            trust::require(conn)?;
            Ok(pull::request(conn, limit)?)
        })
        .map_err(Failed::into_error)
    }

    fn judge_pull(&self, response: PullResponse) -> Result<Page, OutboxError> {
        pull::judge(self, response)
    }

    fn apply_pulls(&self, pages: &[(PullRequest, Page)]) -> Result<PullApplied, OutboxError> {
        pull::apply(self, pages)
    }

    fn waiting(&self) -> Result<Waiting, OutboxError> {
        self.with_reader(|conn| {
            let mut select = conn.prepare_cached(
                "SELECT count(*) FILTER (WHERE state <> 'refused'), count(*) FILTER (WHERE state = 'refused')
                   FROM outbox",
            )?;
            Ok(select.query_row([], |row| {
                Ok(Waiting { waiting_count: row.get(0)?, refused_count: row.get(1)? })
            })?)
        })
        .map_err(outward)
    }
}

impl Store {
    /// Marks a run: its numbers have no gaps.
    fn mark(&self, items: &[PushItem], update: &str) -> Result<(), OutboxError> {
        let (Some(first), Some(last)) = (items.first(), items.last()) else { return Ok(()) };
        // Lost with a power cut it is what opening the file makes of it anyway: saved.
        self.writer()
            .write(Durability::Later, |transaction| {
                transaction.prepare_cached(update)?.execute((first.seq, last.seq))?;
                Ok::<_, StoreError>(())
            })
            .map_err(outward)
    }
}

/// An error of the port inside a transaction, and what of the answer must be kept as evidence.
pub(crate) struct Failed {
    pub(crate) error: OutboxError,
    pub(crate) found: Option<Box<Found>>,
}

impl Failed {
    pub(crate) fn of(error: OutboxError) -> Self {
        Self { error, found: None }
    }

    /// A check that failed.
    pub(crate) fn found(found: Found) -> Self {
        Self { error: found.error(), found: Some(Box::new(found)) }
    }

    fn into_error(self) -> OutboxError {
        self.error
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Failed::of(outward(error))
    }
}

impl From<rusqlite::Error> for Failed {
    fn from(error: rusqlite::Error) -> Self {
        Failed::of(outward(error.into()))
    }
}

fn batch(
    conn: &Connection,
    first_seq: Option<u64>,
    max_items: usize,
    max_bytes: usize,
) -> Result<PushRequest, StoreError> {
    let known_tree_size = receipts::known_tree_size(conn)?;
    let Some(first_seq) = first_seq else { return Ok(PushRequest { items: Vec::new(), known_tree_size }) };
    let mut select = conn.prepare_cached(
        "SELECT seq, id, bytes, coalesce(content, x'') FROM own_statement WHERE seq >= ?1 ORDER BY seq LIMIT ?2",
    )?;
    let mut rows = select.query((first_seq, max_items))?;
    let (mut items, mut batch_bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let id = row.get::<_, Blob<StatementId>>(1)?.0;
        let item = PushItem { id, seq: row.get(0)?, statement: row.get(2)?, content: row.get(3)? };
        batch_bytes += item.statement.len() + item.content.len();
        if batch_bytes > max_bytes && !items.is_empty() {
            break;
        }
        items.push(item);
    }
    Ok(PushRequest { items, known_tree_size })
}

/// What became of each statement, once every registration in the answer was proven.
struct Answers {
    registered: HashMap<StatementId, (u64, Vec<Flag>)>,
    refused: Vec<(u64, StatementId, Refusal)>,
    /// Statements that nothing happened to, because others are missing before them.
    untaken: Vec<u64>,
    forked: bool,
}

impl Answers {
    /// # Errors
    /// [`OutboxError::Unproven`] when something is called registered that no proof covers, at that very leaf.
    fn of(items: &[PushItem], response: &PushResponse, proven: &[Proven<'_>]) -> Result<Self, OutboxError> {
        let leaves: HashMap<StatementId, u64> = proven.iter().flat_map(Proven::leaves).collect();
        let mut answers =
            Self { registered: HashMap::new(), refused: Vec::new(), untaken: Vec::new(), forked: false };
        for (item, outcome) in items.iter().zip(&response.outcomes) {
            match outcome {
                Outcome::Registered { leaf_index, flags }
                | Outcome::AlreadyHave { leaf_index, flags }
                | Outcome::Fork { leaf_index, flags } => {
                    if leaves.get(&item.id) != Some(leaf_index) {
                        return Err(OutboxError::Unproven);
                    }
                    answers.registered.insert(item.id, (item.seq, flags.clone()));
                    answers.forked |= matches!(outcome, Outcome::Fork { .. });
                }
                Outcome::Refused { reason } => answers.refused.push((item.seq, item.id, *reason)),
                Outcome::Gap { .. } => answers.untaken.push(item.seq),
            }
        }
        Ok(answers)
    }

    fn flags(&self, id: StatementId) -> Vec<Flag> {
        self.registered.get(&id).map(|(_, flags)| flags.clone()).unwrap_or_default()
    }

    /// Parks what was refused. What has a receipt was registered once and cannot be refused any more.
    fn park(&self, transaction: &Transaction<'_>) -> Result<Vec<StatementId>, StoreError> {
        let mut update =
            transaction.prepare_cached("UPDATE outbox SET state = 'refused', refusal = ?2 WHERE seq = ?1")?;
        let mut parked = Vec::new();
        for (seq, id, reason) in &self.refused {
            if update.execute((seq, reason.as_str()))? > 0 {
                parked.push(*id);
            }
        }
        Ok(parked)
    }

    /// What the operator did not take is saved on this device and nowhere else.
    fn take_back(&self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        let mut update = transaction
            .prepare_cached("UPDATE outbox SET state = 'saved' WHERE seq = ?1 AND state = 'sent'")?;
        self.untaken.iter().try_for_each(|seq| update.execute([seq]).map(drop))?;
        Ok(())
    }

    /// Shows the operator's flags on what they are about, and takes refused positions, what was erased and flags that the
    /// operator does not say any more out of what is shown.
    fn refresh(
        &self,
        transaction: &Transaction<'_>,
        account: &Account,
        changed: &[u64],
    ) -> Result<(), StoreError> {
        let flagged = self.registered.values().filter(|(_, flags)| !flags.is_empty());
        let refused = self.refused.iter().map(|(seq, ..)| *seq);
        let mut select =
            transaction.prepare_cached("SELECT kind, subject FROM own_statement WHERE seq = ?1")?;
        let mut about = |seq: u64| {
            select.query_row([seq], |row| {
                Ok((row.get::<_, Text<Kind>>(0)?.0, row.get::<_, Blob<SubjectId>>(1)?.0))
            })
        };
        let mut stale = Stale::default();
        for (seq, flags) in flagged {
            let (kind, subject) = about(*seq)?;
            if !projection::add_flags(transaction, kind, subject, flags)? {
                stale.mark(kind, subject);
            }
        }
        for seq in refused.chain(changed.iter().copied()) {
            let (kind, subject) = about(seq)?;
            stale.mark(kind, subject);
        }
        stale.settle(transaction, account)
    }
}

#[cfg(test)]
mod tests;
