//! The operator as an author: its statements go through the same door as everybody's.

use domain::Kind;
use domain::content::{Content, OperatorKey};
use domain::id::{StatementId, SubjectId};
use domain::{Clock, Rng};
use journal::seal::Stamp;
use journal::{Beacon, Draft, SigningKey, seal};
use wire::push::Outcome;

use crate::authorise::Author;
use crate::head;
use crate::register::register;
use crate::store::{Entry, Store, StoreError, StoreRead, StoreTxn};
use crate::verify::Checked;

/// The operator's key, clock and chance.
#[derive(Clone, Copy)]
pub struct Operator<'a> {
    /// Signs statements and tree heads.
    pub key: &'a SigningKey,
    /// Time.
    pub clock: &'a dyn Clock,
    /// Chance.
    pub rng: &'a dyn Rng,
}

/// A statement of the operator that is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stated {
    /// Its id.
    pub id: StatementId,
    /// Its position.
    pub leaf_index: u64,
}

impl Operator<'_> {
    /// Seals and registers a statement inside a transaction, so that no other process takes its place in the series.
    ///
    /// # Errors
    /// Those of the store; [`StoreError::Damaged`] when the series of the operator's key is not its own continuation.
    pub fn state(
        &self,
        txn: &mut dyn StoreTxn,
        subject: impl Into<SubjectId>,
        content: impl Into<Content>,
    ) -> Result<Stated, StoreError> {
        let beacon = txn.latest_head()?.map(|head| Beacon { tree_size: head.tree_size, root: head.root });
        let series = txn.series_head(self.key.id())?;
        let stamp = Stamp::now(self.clock, beacon);
        let draft = Draft::new(subject, content);
        let unsealable = StoreError::Damaged("a statement of the operator cannot be represented");
        let sealed = seal(&draft, &series, stamp, self.rng.array(), self.key).map_err(|_| unsealable)?;
        let checked = Checked::sealed(&sealed, self.key.verifying_key())
            .map_err(|_| StoreError::Damaged("a statement of the operator does not verify"))?;
        match register(txn, &Author::Operator, &checked, self.clock.utc_ms())? {
            Outcome::Registered { leaf_index, .. } => Ok(Stated { id: sealed.id, leaf_index }),
            _ => Err(StoreError::Damaged("the operator's own series does not continue")),
        }
    }

    /// Runs a change in one transaction, signs the head over it and keeps both. An error of the change keeps nothing.
    ///
    /// # Errors
    /// Those of the store and of the change.
    pub fn transact<T, E: From<StoreError>>(
        &self,
        store: &dyn Store,
        change: impl FnOnce(&mut dyn StoreTxn) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut txn = store.write()?;
        let value = change(txn.as_mut())?;
        head::seal(txn.as_mut(), self)?;
        txn.commit()?;
        Ok(value)
    }
}

/// What the operator ever said of itself, the latest last: its keys of all times.
///
/// # Errors
/// Those of the store.
pub fn said(read: &dyn StoreRead) -> Result<Vec<OperatorKey>, StoreError> {
    Ok(said_at(read)?.into_iter().map(|(_, stated)| stated).collect())
}

/// As [`said`], each with its statement.
///
/// # Errors
/// Those of the store.
pub fn said_at(read: &dyn StoreRead) -> Result<Vec<(Entry, OperatorKey)>, StoreError> {
    let Some(first) = read.entry(0)? else { return Ok(Vec::new()) };
    let mut said = Vec::new();
    for entry in read.entries_about(first.subject, Kind::OperatorKey)? {
        if entry.key == first.key
            && let Some(Content::OperatorKey(stated)) = read.said(entry.leaf_index)?
        {
            said.push((entry, stated));
        }
    }
    Ok(said)
}
