//! Sealing own statements: ONE immediate transaction takes the series head, seals, stores statement, content, outbox
//! row and what is shown. From its commit on the visit survives anything.

use domain::{Clock, Rng};
use domain::id::CaptureId;
use journal::{Draft, Sealed};

use crate::{PendingCapture, Reader, Store, StoreError};

/// What an append gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The statements in their order.
    pub statements: Vec<Sealed>,
    /// The request was answered before: these are the statements of then, and nothing was written now.
    pub repeated: bool,
}

/// An append in progress: an open write transaction.
#[derive(Debug)]
pub struct Appending<'a> { _p: std::marker::PhantomData<&'a ()> }

impl Appending<'_> {
    /// Reads within this transaction: nobody changes anything between this look and the commit.
    pub fn reader(&self) -> Reader<'_> { todo!() }

    /// Seals the next statement of the series.
    ///
    /// # Errors
    /// [`StoreError::Seal`], [`StoreError::NoDevice`].
    pub fn seal(&mut self, draft: &Draft) -> Result<Sealed, StoreError> { todo!() }

    /// Notes a reading of the location that begins now, so that a crash leaves it to be written as interrupted at the
    /// next start ([`Reader::pending_captures`]).
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn begin_capture(&mut self, capture: &PendingCapture) -> Result<(), StoreError> { todo!() }

    /// Takes a reading off that list, to seal its outcome in the same transaction. `None` when it is not there: its
    /// outcome was written already.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn end_capture(&mut self, capture: CaptureId) -> Result<Option<PendingCapture>, StoreError> { todo!() }

    /// Writes a small value with the statements, `None` removes it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set(&mut self, name: &str, value: Option<&[u8]>) -> Result<(), StoreError> { todo!() }
}

impl Store {
    /// Seals statements in one immediate transaction.
    ///
    /// `request` names what the person asked for (a draft id): used a second time, `seal` is not called and the
    /// statements of then are returned, so two taps are one visit. An error of `seal` rolls everything back.
    ///
    /// # Errors
    /// Those of `seal` and of the store.
    pub fn append<E: From<StoreError>>(
        &self,
        request: Option<&str>,
        clock: &dyn Clock,
        rng: &dyn Rng,
        seal: impl FnOnce(&mut Appending<'_>) -> Result<(), E>,
    ) -> Result<Appended, E> { todo!() }

    /// Seals drafts that do not refer to each other; otherwise as [`Store::append`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn append_drafts(
        &self,
        request: Option<&str>,
        drafts: &[Draft],
        clock: &dyn Clock,
        rng: &dyn Rng,
    ) -> Result<Appended, StoreError> { todo!() }
}
