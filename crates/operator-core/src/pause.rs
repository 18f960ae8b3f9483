//! What the log says about recovery keys that were renewed without both old shares, and about erasures beside that
//! ([`domain::erasing`]): the times are those of statements and heads that the operator's key signed.

use std::cell::OnceCell;

use domain::content::OperatorKey;
use domain::erasing::{Judgement, Renewals};
use journal::Statement;

use crate::operator::said_at;
use crate::store::{StoreError, StoreRead, StoredHead};

/// The recovery keys of a log. Its heads are read only when one came without both old shares.
pub struct RecoveryKeys<'a> {
    read: &'a dyn StoreRead,
    said: Vec<(u64, i64, OperatorKey)>,
    heads: OnceCell<Vec<(u64, i64)>>,
}

impl<'a> RecoveryKeys<'a> {
    /// None yet: for whoever reads the log anyway.
    pub fn new(read: &'a dyn StoreRead) -> Self {
        Self { read, said: Vec::new(), heads: OnceCell::new() }
    }

    /// Reads them.
    ///
    /// # Errors
    /// Those of the store.
    pub fn of(read: &'a dyn StoreRead) -> Result<Self, StoreError> {
        let mut keys = Self::new(read);
        for (entry, stated) in said_at(read)? {
            keys.stated(entry.leaf_index, time_of(&entry.statement)?, stated);
        }
        Ok(keys)
    }

    /// Takes what the operator states of itself at a leaf, behind those that were taken, signed at `at_s`.
    pub fn stated(&mut self, leaf_index: u64, at_s: i64, stated: OperatorKey) {
        self.said.push((leaf_index, at_s, stated));
    }

    /// Sizes and times of the heads that were signed, UTC s.
    fn heads(&self) -> Result<&[(u64, i64)], StoreError> {
        if let Some(heads) = self.heads.get() {
            return Ok(heads);
        }
        let signed = |head: StoredHead| (head.tree_size, head.signed_at_ms.div_euclid(1_000));
        let heads = self.read.heads()?.into_iter().map(signed).collect();
        Ok(self.heads.get_or_init(|| heads))
    }

    /// The keys that were stated before a leaf.
    ///
    /// # Errors
    /// Those of the store.
    pub fn before(&self, leaf_index: u64) -> Result<Renewals, StoreError> {
        let mut renewals = Renewals::default();
        for (leaf, at_s, stated) in self.said.iter().take_while(|(leaf, ..)| *leaf < leaf_index) {
            renewals.stated(stated, *at_s, || {
                let heads = self.heads()?;
                let before = &heads[..heads.partition_point(|(tree_size, _)| tree_size <= leaf)];
                Ok::<_, StoreError>(before.iter().map(|(_, at_s)| *at_s).max().unwrap_or(i64::MIN))
            })?;
        }
        Ok(renewals)
    }

    /// All keys.
    ///
    /// # Errors
    /// Those of the store.
    pub fn now(&self) -> Result<Renewals, StoreError> {
        self.before(u64::MAX)
    }

    /// Whether an erasure of this operator counts that was signed at `at_s`. It need not be in the log yet: a restored one
    /// lacks its end. `now_s` is the own clock; [`i64::MAX`] judges by what is signed alone.
    ///
    /// # Errors
    /// Those of the store.
    pub fn judge(&self, leaf_index: u64, at_s: i64, now_s: i64) -> Result<Judgement, StoreError> {
        self.before(leaf_index)?.judge(at_s, now_s, |span| {
            let heads = self.heads()?;
            let behind = &heads[heads.partition_point(|(tree_size, _)| *tree_size <= leaf_index)..];
            Ok(behind.iter().any(|(_, at_s)| span.contains(at_s)))
        })
    }
}

/// When a statement says that it was signed, UTC s.
///
/// # Errors
/// [`StoreError::Damaged`] when its bytes are none.
pub fn time_of(statement: &[u8]) -> Result<i64, StoreError> {
    let decoded = Statement::decode(statement);
    Ok(decoded.map_err(|_| StoreError::Damaged("a statement cannot be read"))?.header().issued_at_s)
}
