//! What one officer alone must not do. The approval of two is both halves of the recovery key (docs/adr/0007-recovery-crate.md):
//! each officer holds one, the server none.

use operator_core::store::{StoreError, StoreRead};
use recovery::share::{ShareError, key_name};
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
    /// Of a key that was replaced, or of another operator.
    #[error(
        "two-officers: the recovery key in force is {wanted}, and these are shares of {given}: \
         compare the second line of each"
    )]
    OtherKey {
        /// Name of the key whose shares are needed.
        wanted: String,
        /// Name of theirs.
        given: String,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Both officers were there. Only [`Approved::by`] makes one.
#[derive(Debug)]
pub struct Approved(());

impl Approved {
    /// Checks the shares against the recovery key in force: an officer who left keeps a share of an older one.
    ///
    /// # Errors
    /// [`ApprovalError`].
    pub fn by(read: &dyn StoreRead, shares: &[Share]) -> Result<Self, ApprovalError> {
        let [first, second] = shares else { return Err(ApprovalError::NotTwo) };
        let opener = Opener::of(first, second)?;
        let stated = courier::stated(read)?.ok_or(StoreError::Damaged("the log names no operator"))?;
        if stated.recovery_key.as_slice() == opener.recovery_key() {
            return Ok(Self(()));
        }
        let (wanted, given) = (key_name(&stated.recovery_key), key_name(opener.recovery_key()));
        Err(ApprovalError::OtherKey { wanted, given })
    }
}
