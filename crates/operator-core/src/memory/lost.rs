//! Lost contents, in memory.

use domain::flag::Flag;
use domain::id::VisitId;

use super::{HasState, MemoryTxn};
use crate::store::StoreError;
use crate::store::lost::{LostRead, LostTxn};

impl<T: HasState> LostRead for T {
    fn lost_contents(&self, from: u64, limit: u32) -> Result<Vec<u64>, StoreError> {
        let lost = self.state().lost.range(from..).filter(|(_, back_at_size)| back_at_size.is_none());
        Ok(lost.map(|(leaf_index, _)| *leaf_index).take(limit as usize).collect())
    }

    fn contents_back(&self, from: u64, to: u64) -> Result<Vec<u64>, StoreError> {
        let is_within = |size: &Option<u64>| size.is_some_and(|size| (from..to).contains(&size));
        let back = self.state().lost.iter().filter(|(_, back_at_size)| is_within(back_at_size));
        Ok(back.map(|(leaf_index, _)| *leaf_index).collect())
    }
}

impl LostTxn for MemoryTxn<'_> {
    fn put_lost_content(&mut self, leaf_index: u64) -> Result<(), StoreError> {
        self.state.lost.insert(leaf_index, None);
        Ok(())
    }

    fn fill_content(&mut self, leaf_index: u64, content: &[u8]) -> Result<(), StoreError> {
        let size = self.state.journal.len() as u64;
        match self.state.lost.get_mut(&leaf_index) {
            Some(back_at_size @ None) => *back_at_size = Some(size),
            _ => return Err(StoreError::Damaged("a content that comes back was not lost")),
        }
        self.state.contents.insert(leaf_index, content.to_vec());
        Ok(())
    }

    fn put_content_back(&mut self, leaf_index: u64) -> Result<(), StoreError> {
        let size = self.state.journal.len() as u64;
        self.state.lost.insert(leaf_index, Some(size));
        Ok(())
    }

    fn judge_again(&mut self, leaf_index: u64, flags: &[Flag]) -> Result<(), StoreError> {
        let entry = self.state.journal.get_mut(leaf_index as usize);
        entry.ok_or(StoreError::Damaged("a leaf that is judged is not there"))?.flags = flags.to_vec();
        Ok(())
    }

    fn forget_projected(&mut self, leaf_index: u64) -> Result<(), StoreError> {
        self.state.readings.remove(&leaf_index);
        self.state.traces.remove(&leaf_index);
        self.state.audiences.retain(|(_, leaf), _| *leaf != leaf_index);
        Ok(())
    }

    fn forget_visit(&mut self, visit: VisitId) -> Result<(), StoreError> {
        self.state.visits.remove(&visit);
        Ok(())
    }
}
