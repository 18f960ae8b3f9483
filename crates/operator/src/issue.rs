//! Activation codes for people, and the links that carry them.

use domain::id::PersonId;
use operator_core::activation::FreshCode;
use operator_core::directory;
use operator_core::store::StoreError;
use wire::activation::{ActivationCode, ActivationLink};

use crate::Instance;

/// A code that was issued. Its secret is shown once and kept nowhere.
#[derive(Debug, Clone)]
pub struct Issued {
    /// For whom.
    pub person: PersonId,
    /// The code.
    pub code: ActivationCode,
    /// The link with address, code and fingerprint.
    pub link: ActivationLink,
}

/// Why no code was issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// Nobody has this id.
    #[error("there is no person with this id")]
    NotFound,
    /// The person has no role.
    #[error("this person has no role: give one first")]
    NoRole,
    /// Nobody could reach the server by the link.
    #[error("the link needs an address: pass --address https://... or set `address` in esep-operator.toml")]
    NoAddress,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Issues a code. The slow hash is made before the transaction.
///
/// # Errors
/// [`IssueError`].
pub fn issue(instance: &Instance, person: PersonId, address: Option<&str>) -> Result<Issued, IssueError> {
    let address = address.map(str::to_owned).or_else(|| instance.config.public_address());
    let address = address.ok_or(IssueError::NoAddress)?;
    let row = directory::person(instance.read()?.as_ref(), person, instance.now_ms())?;
    if row.ok_or(IssueError::NotFound)?.roles(instance.now_ms()).is_empty() {
        return Err(IssueError::NoRole);
    }
    loop {
        let fresh = FreshCode::make(instance.rng.as_ref())?;
        let is_kept = instance.transact(|txn, operator| fresh.keep(txn, person, operator.clock.utc_ms()))?;
        if is_kept {
            let code = fresh.code;
            let link = ActivationLink { address, code: code.clone(), fingerprint: instance.key.id() };
            return Ok(Issued { person, code, link });
        }
    }
}
