//! What waits, was sent, registered or refused.

use domain::id::StatementId;
use sync::wire::push::Refusal;

use crate::{Reader, StoreError};

/// Where own statements are on their way. Others' statements are registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Saved on this device.
    Saved,
    /// Sent, the answer has not come.
    Sent,
    /// Registered: a receipt verified.
    Registered,
    /// Refused, and why.
    Refused(Refusal),
}

/// Own statements by where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutboxCounts {
    /// Saved on this device only.
    pub saved_count: u64,
    /// Sent, no answer yet.
    pub sent_count: u64,
    /// Refused.
    pub refused_count: u64,
}

impl Reader<'_> {
    /// How many own statements are where.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn outbox_counts(&self) -> Result<OutboxCounts, StoreError> { todo!() }

    /// The receipt (COSE, RFC 9942) of an own statement; `None` until it is registered.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn receipt(&self, statement: StatementId) -> Result<Option<Vec<u8>>, StoreError> { todo!() }

    /// Where an own statement is; `None` when it is not this device's.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn transport(&self, statement: StatementId) -> Result<Option<Transport>, StoreError> { todo!() }
}
