//! Contents that a log lacks since a restore, though nobody erased them (docs/PROTOCOL.md, "Collecting"): which they are,
//! and what changes when one comes back.

use domain::flag::Flag;
use domain::id::VisitId;

use super::{StoreError, StoreRead};

/// What is lost. Errors as [`StoreRead`].
#[expect(clippy::missing_errors_doc, reason = "the same two variants everywhere, stated on the trait above")]
pub trait LostRead {
    /// At most `limit` leaves from one on whose content is lost, in the order of the log.
    fn lost_contents(&self, from: u64, limit: u32) -> Result<Vec<u64>, StoreError>;
    /// Leaves whose content came back while the log had a size in `from..to`, in the order of the log.
    fn contents_back(&self, from: u64, to: u64) -> Result<Vec<u64>, StoreError>;
}

/// Writing the same. Errors as [`super::StoreTxn`].
#[expect(clippy::missing_errors_doc, reason = "the same two variants everywhere, stated on the trait above")]
pub trait LostTxn {
    /// Says that a content is lost.
    fn put_lost_content(&mut self, leaf_index: u64) -> Result<(), StoreError>;
    /// Puts a lost content back; one that is not lost is [`StoreError::Damaged`].
    fn fill_content(&mut self, leaf_index: u64, content: &[u8]) -> Result<(), StoreError>;
    /// Says that a content which is there came back just now: before a restore somebody may have read its statement
    /// without it.
    fn put_content_back(&mut self, leaf_index: u64) -> Result<(), StoreError>;
    /// Changes the flags of a statement: a content came back of what it is about, or the visit that it is about came
    /// after it.
    fn judge_again(&mut self, leaf_index: u64, flags: &[Flag]) -> Result<(), StoreError>;
    /// Drops the reading, the trace and the audiences of a statement, to be projected anew.
    fn forget_projected(&mut self, leaf_index: u64) -> Result<(), StoreError>;
    /// Drops a visit, if it is there, to be projected anew.
    fn forget_visit(&mut self, visit: VisitId) -> Result<(), StoreError>;
}

/// Whether the content of a leaf is lost.
///
/// # Errors
/// Those of the store.
pub fn is_lost(read: &(impl StoreRead + ?Sized), leaf_index: u64) -> Result<bool, StoreError> {
    Ok(read.lost_contents(leaf_index, 1)? == [leaf_index])
}
