//! Small values that are nobody's statement: reading progress of an agreement, preferences of the account.

use crate::{Store, StoreError};

impl Store {
    /// Writes a small value, `None` removes it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn set(&self, name: &str, value: Option<&[u8]>) -> Result<(), StoreError> { todo!() }
}
