//! What one officer alone must not do. The approval of two is both halves of the recovery key (docs/adr/0007-recovery-crate.md):
//! each officer holds one, the server none.

use domain::content::ReplacedKey;
use operator_core::pause::RecoveryKeys;
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

/// What two shares open.
fn opener(shares: &[Share]) -> Result<Opener, ApprovalError> {
    let [first, second] = shares else { return Err(ApprovalError::NotTwo) };
    Ok(Opener::of(first, second)?)
}

fn in_force(read: &dyn StoreRead) -> Result<Vec<u8>, StoreError> {
    let stated = courier::stated(read)?.ok_or(StoreError::Damaged("the log names no operator"))?;
    Ok(stated.recovery_key)
}

fn other_key(wanted: &[u8], opener: &Opener) -> ApprovalError {
    ApprovalError::OtherKey { wanted: key_name(wanted), given: key_name(opener.recovery_key()) }
}

/// Both shares approve another recovery key: those of the key in force or, as an objection to one that came without both, of
/// the key that it replaced, which is given then.
///
/// # Errors
/// [`ApprovalError`].
pub fn approve_renewal(
    read: &dyn StoreRead,
    shares: &[Share],
    now_ms: i64,
) -> Result<Option<ReplacedKey>, ApprovalError> {
    let (opener, wanted) = (opener(shares)?, in_force(read)?);
    let given = opener.recovery_key();
    if wanted.as_slice() == given {
        return Ok(None);
    }
    match RecoveryKeys::of(read)?.now()?.may_object(given, now_ms.div_euclid(1_000)) {
        true => Ok(Some(ReplacedKey(given.to_vec()))),
        false => Err(other_key(&wanted, &opener)),
    }
}

impl Approved {
    /// Checks the shares against the recovery key in force: an officer who left keeps a share of an older one.
    ///
    /// # Errors
    /// [`ApprovalError`].
    pub fn by(read: &dyn StoreRead, shares: &[Share]) -> Result<Self, ApprovalError> {
        let (opener, wanted) = (opener(shares)?, in_force(read)?);
        match wanted.as_slice() == opener.recovery_key() {
            true => Ok(Self(())),
            false => Err(other_key(&wanted, &opener)),
        }
    }
}
