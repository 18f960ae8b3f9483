//! The numbers of one key: dense from 0, each statement naming the one before (docs/PROTOCOL.md, 3 and 7).

use std::collections::BTreeMap;

use domain::id::StatementId;

/// The main line of a series as far as it was read.
#[derive(Debug, Default)]
pub(super) struct Series {
    /// Refused items that consumed a number, and the statement before each, once it is known.
    refused: BTreeMap<u64, (StatementId, Option<StatementId>)>,
    next_seq: u64,
    prev: Option<StatementId>,
    branches: BTreeMap<StatementId, u64>,
}

impl Series {
    /// Notes a refused item that took its place.
    pub(super) fn refused(&mut self, seq: u64, id: StatementId) {
        self.refused.insert(seq, (id, None));
    }

    fn pass_refused(&mut self) {
        while let Some((id, before)) = self.refused.get_mut(&self.next_seq) {
            *before = self.prev;
            self.prev = Some(*id);
            self.next_seq += 1;
        }
    }

    /// Puts a statement at its place and tells whether it lies beside the main line.
    ///
    /// # Errors
    /// In words, when statements are missing before it.
    pub(super) fn add(
        &mut self,
        id: StatementId,
        seq: u64,
        prev: Option<StatementId>,
    ) -> Result<bool, String> {
        self.pass_refused();
        if self.refused.get(&seq) == Some(&(id, prev)) {
            // Good bytes of an item that was refused stand at the place that the series kept for them.
            return Ok(false);
        }
        if (seq, prev) == (self.next_seq, self.prev) {
            (self.next_seq, self.prev) = (seq + 1, Some(id));
            return Ok(false);
        }
        let before = prev.and_then(|prev| self.branches.get(&prev));
        let follows_branch = before.is_some_and(|before| before.checked_add(1) == Some(seq));
        let next = self.next_seq;
        self.branches.insert(id, seq);
        match seq <= next || follows_branch {
            true => Ok(true),
            false => {
                Err(format!("it has number {seq} where {next} was next: statements are missing before it"))
            }
        }
    }

    /// The end of the log.
    ///
    /// # Errors
    /// In words, when refused items took numbers beyond it.
    pub(super) fn finish(&mut self) -> Result<(), String> {
        self.pass_refused();
        match self.refused.keys().find(|seq| **seq > self.next_seq) {
            None => Ok(()),
            Some(seq) => Err(format!("ends at {}, but a refused item took number {seq}", self.next_seq)),
        }
    }
}
