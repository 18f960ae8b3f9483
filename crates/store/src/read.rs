//! Lists and details for the screens, each from one consistent snapshot.
//!
//! | Module | Holds |
//! |---|---|
//! | [`visit`] | visits: filtered, sorted and paged in SQL; one visit; its story |
//! | [`child`] | children, care teams, representations |
//! | [`person`] | people, roles, organisations |
//! | [`place`] | places |
//! | [`agreement`] | published versions, acceptances |
//! | [`reading`] | when the location was read |
//! | [`transport`] | what waits, was sent, registered or refused |

pub mod agreement;
pub mod child;
pub mod person;
pub mod place;
pub mod reading;
pub mod transport;
pub mod visit;

use crate::{PendingCapture, StoreError};

/// A consistent snapshot of the store.
#[derive(Debug)]
pub struct Reader<'a> { _p: std::marker::PhantomData<&'a ()> }

impl Reader<'_> {
    /// A small value.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn get(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> { todo!() }

    /// Readings of the location whose outcome is not written yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn pending_captures(&self) -> Result<Vec<PendingCapture>, StoreError> { todo!() }
}
