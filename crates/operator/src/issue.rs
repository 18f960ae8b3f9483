//! Activation codes for people, and the links that carry them.

use domain::content::Role;
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
    /// A guest answers to visits, and nobody else's device is lent for that.
    #[error("only a representative is a guest, and only on the device of somebody else who is a specialist")]
    NoGuest,
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
    make(instance, person, None, address)
}

/// Issues a code for a representative without a phone: the key that it binds lies on the specialist's device, and the
/// binding says so whatever that device says.
///
/// # Errors
/// [`IssueError`], of it [`IssueError::NoGuest`] when these two cannot be guest and host.
pub fn issue_for_guest(
    instance: &Instance,
    person: PersonId,
    host: PersonId,
    address: Option<&str>,
) -> Result<Issued, IssueError> {
    let now_ms = instance.now_ms();
    let has = |person, role| -> Result<bool, IssueError> {
        let row = directory::person(instance.read()?.as_ref(), person, now_ms)?;
        Ok(row.ok_or(IssueError::NotFound)?.roles(now_ms).contains(&role))
    };
    if person == host || !has(person, Role::Representative)? || !has(host, Role::Specialist)? {
        return Err(IssueError::NoGuest);
    }
    make(instance, person, Some(host), address)
}

fn make(
    instance: &Instance,
    person: PersonId,
    host: Option<PersonId>,
    address: Option<&str>,
) -> Result<Issued, IssueError> {
    let address = address.map(str::to_owned).or_else(|| instance.config.public_address());
    let address = address.ok_or(IssueError::NoAddress)?;
    let row = directory::person(instance.read()?.as_ref(), person, instance.now_ms())?;
    if row.ok_or(IssueError::NotFound)?.roles(instance.now_ms()).is_empty() {
        return Err(IssueError::NoRole);
    }
    loop {
        let fresh = FreshCode::make(instance.rng.as_ref())?;
        let is_kept =
            instance.transact(|txn, operator| fresh.keep(txn, person, host, operator.clock.utc_ms()))?;
        if is_kept {
            let code = fresh.code;
            let link = ActivationLink { address, code: code.clone(), fingerprint: instance.key.id() };
            return Ok(Issued { person, code, link });
        }
    }
}
