//! Binding a device: an activation code and a self-signed `device-enrolled` become a `device-bound` of the operator.
//!
//! The operator's statement comes first in the log, so that whoever reads in order knows the key when its first
//! statement comes.

use domain::content::{Content, DeviceBound};
use domain::id::StatementId;
use journal::{Statement, VerifyingKey};
use wire::activation::ActivationCode;
use wire::enrol::{EnrolRequest, EnrolResponse, Pair};
use wire::push::Outcome;

use crate::Operator;
use crate::activation::{self, is_secret_of};
use crate::authorise::Author;
use crate::head;
use crate::register::register;
use crate::store::{Activation, StoreError, StoreRead, StoreTxn};
use crate::verify::{Checked, check};

/// Why a device is not bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnrolRefusal {
    /// No such code, a wrong secret, or a code that died after too many of them.
    #[error("the operator does not know this activation code")]
    UnknownCode,
    /// Used by another device.
    #[error("this activation code was used already")]
    UsedCode,
    /// Too old, or ended.
    #[error("this activation code is no longer valid")]
    ExpiredCode,
    /// Not a `device-enrolled` of a new key for this code.
    #[error("this is not the first statement of a new device")]
    BadStatement,
}

/// A request whose slow hash was computed, outside of any transaction.
#[derive(Debug)]
pub struct Prepared {
    activation: Activation,
    is_secret_right: bool,
    checked: Option<(Checked, VerifyingKey)>,
}

/// Looks the code up and counts the attempt. Keep what it says before the secret is hashed.
///
/// # Errors
/// Those of the store. A refusal is a value.
pub fn reserve(
    txn: &mut dyn StoreTxn,
    request: &EnrolRequest,
) -> Result<Result<Activation, EnrolRefusal>, StoreError> {
    let Some(code) = code_of(request) else { return Ok(Err(EnrolRefusal::UnknownCode)) };
    Ok(activation::reserve(txn, code.lookup())?.ok_or(EnrolRefusal::UnknownCode))
}

fn code_of(request: &EnrolRequest) -> Option<ActivationCode> {
    format!("{}{}", request.lookup, request.secret).parse().ok()
}

/// Checks secret and statement. Takes long and needs 19 MiB: let only a few run at once.
///
/// # Errors
/// [`StoreError::Unavailable`] when there is no memory for hashing.
pub fn prepare(activation: Activation, request: &EnrolRequest) -> Result<Prepared, StoreError> {
    let is_secret_right = match code_of(request) {
        Some(code) => is_secret_of(&activation, code.secret().expose())?,
        None => false,
    };
    let checked = check_first(request, &activation.lookup);
    Ok(Prepared { is_secret_right, checked, activation })
}

/// The statement, if it is the first of a new key and names this code.
fn check_first(request: &EnrolRequest, lookup: &str) -> Option<(Checked, VerifyingKey)> {
    let statement = Statement::decode(&request.statement).ok()?;
    let content = journal::codec::decode(statement.header().kind, &request.content).ok()?;
    let Content::DeviceEnrolled(enrolled) = content else { return None };
    let key = VerifyingKey::from_cose_key(&enrolled.key).ok()?;
    let checked = check(&request.statement, &request.content, &key).ok()?;
    (checked.statement().header().seq == 0 && enrolled.activation == lookup).then_some((checked, key))
}

/// A bound device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Enrolled {
    enrolled: StatementId,
}

/// Binds the device. The same request again gives the same answer. Only who knows the secret learns that a code was
/// used or is too old.
///
/// # Errors
/// Those of the store. A refusal is a value.
pub fn enrol(
    txn: &mut dyn StoreTxn,
    operator: &Operator<'_>,
    prepared: &Prepared,
) -> Result<Result<Enrolled, EnrolRefusal>, StoreError> {
    let now_ms = operator.clock.utc_ms();
    let current = txn.activation(&prepared.activation.lookup)?;
    // Given out anew since it was looked up: then the secret was that of another code.
    let Some(activation) = current.filter(|current| current.hash == prepared.activation.hash) else {
        return Ok(Err(EnrolRefusal::UnknownCode));
    };
    if !prepared.is_secret_right {
        return Ok(Err(EnrolRefusal::UnknownCode));
    }
    let activation = activation::give_back(txn, activation)?;
    let claimed = prepared.checked.as_ref().map(|(checked, _)| checked.statement().id());
    if let Some(used_by) = activation.used_by {
        let same = claimed == Some(used_by);
        return Ok(if same { Ok(Enrolled { enrolled: used_by }) } else { Err(EnrolRefusal::UsedCode) });
    }
    if !activation.is_alive(now_ms) {
        return Ok(Err(EnrolRefusal::ExpiredCode));
    }
    let Some((checked, key)) = &prepared.checked else { return Ok(Err(EnrolRefusal::BadStatement)) };
    if key.id() == operator.key.id() || txn.bound_key(key.id())?.is_some() {
        return Ok(Err(EnrolRefusal::BadStatement));
    }
    let device = checked.statement().header().subject;
    let bound = DeviceBound {
        key: key.to_cose_key(),
        person: activation.person,
        activation: activation.lookup.clone(),
        issued_by: operator.key.id(),
        bound_at_ms: now_ms,
        host: activation.host,
    };
    operator.state(txn, device, bound)?;
    let unbound = StoreError::Damaged("a key that was just bound is not there");
    let author = Author::Device(Box::new(txn.bound_key(key.id())?.ok_or(unbound)?));
    let Outcome::Registered { .. } = register(txn, &author, checked, now_ms)? else {
        return Err(StoreError::Damaged("the series of a new key does not begin"));
    };
    let enrolled = checked.statement().id();
    txn.put_activation(&Activation { used_by: Some(enrolled), ..activation })?;
    Ok(Ok(Enrolled { enrolled }))
}

/// The answer, once a head was signed over the statements.
///
/// # Errors
/// Those of the store.
pub fn answer(read: &dyn StoreRead, enrolled: &Enrolled) -> Result<EnrolResponse, StoreError> {
    let missing = || StoreError::Damaged("the statements of an enrolment are incomplete");
    let entry = read.entry_by_id(enrolled.enrolled)?.ok_or_else(missing)?;
    // The operator's statement stands right before it: both were registered in one transaction.
    let before = entry.leaf_index.checked_sub(1).ok_or_else(missing)?;
    let bound = read.entry(before)?.ok_or_else(missing)?;
    let content = read.content(before)?.ok_or_else(missing)?;
    let registration = head::prove(read, std::slice::from_ref(&entry), 0)?.pop().ok_or_else(missing)?;
    Ok(EnrolResponse { bound: Pair { statement: bound.statement, content }, registration })
}
