//! What one officer alone must not do. The approval of two is both halves of the recovery key (docs/adr/0007-recovery-crate.md):
//! each officer holds one, the server none.

use operator_core::store::{StoreError, StoreRead};
use recovery::share::ShareError;
use recovery::{Opener, Share};

use crate::courier;

/// Why two officers did not approve.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalError {
    /// One share, none, or three.
    #[error("two-officers: both officers' shares are needed, --share twice")]
    NotTwo,
    /// Two that are no pair.
    #[error("two-officers: {0}")]
    Shares(#[from] ShareError),
    /// Of another operator, or of one that was set up anew.
    #[error("two-officers: these shares do not belong to the recovery key that this operator published")]
    Foreign,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Both officers were there. Only [`Approved::by`] makes one.
#[derive(Debug)]
pub struct Approved(());

impl Approved {
    /// Checks the shares against the recovery key that the log says.
    ///
    /// # Errors
    /// [`ApprovalError`].
    pub fn by(read: &dyn StoreRead, shares: &[Share]) -> Result<Self, ApprovalError> {
        let [first, second] = shares else { return Err(ApprovalError::NotTwo) };
        let opener = Opener::of(first, second)?;
        if is_published(read, &opener)? { Ok(Self(())) } else { Err(ApprovalError::Foreign) }
    }
}

/// Whether shares are those of the recovery key that this operator published.
pub(crate) fn is_published(read: &dyn StoreRead, opener: &Opener) -> Result<bool, StoreError> {
    let stated = courier::stated(read)?;
    Ok(stated.is_some_and(|stated| stated.recovery_key.as_slice() == opener.recovery_key()))
}
