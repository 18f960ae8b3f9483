//! A new recovery key, when an officer leaves or a share is lost. Its shares are made as at the beginning, the log says
//! the new key to every device, and each seals what opens its account anew.
//!
//! Nothing that was sealed before opens with the new shares. Whoever renews without the old ones proves nothing, so
//! the statement says that, for everybody to read (docs/adr/0011-recovery-renewal.md).

use std::path::PathBuf;

use domain::content::{OldShares, OperatorKey, RecoveryRenewed, ReplacedKey};
use domain::erasing::Renewals;
use operator_core::operator::said_at;
use operator_core::pause::{RecoveryKeys, time_of};
use operator_core::store::{StoreError, StoreRead};
use recovery::Share;

use crate::Instance;
use crate::approval::{ApprovalError, approve_renewal};
use crate::courier::stated;
use crate::folder::FolderError;
use crate::recover::{MAX_WORDS, tidy};

/// Why the recovery key stays what it was.
#[derive(Debug, thiserror::Error)]
pub enum RenewError {
    /// The old shares.
    #[error(transparent)]
    Approval(#[from] ApprovalError),
    /// The new ones.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Which keys there were is not known yet.
    #[error("the log was restored and waits: see `esep-operator resume`")]
    Waiting,
    /// No reason, or a long one.
    #[error("a reason is needed, of at most 500 characters; everybody can read it, so no name")]
    Reason,
}

/// A key that was renewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewed {
    /// The key in force from now on.
    pub recovery_key: Vec<u8>,
    /// Where its shares lie until two officers take them.
    pub shares: [PathBuf; 2],
    /// The key before.
    pub before: Vec<u8>,
    /// From when it approves an erasing, UTC ms; absent: at once.
    pub erases_from_ms: Option<i64>,
}

fn erases_from_ms(renewals: &Renewals, at_ms: i64) -> Option<i64> {
    Some(renewals.until_s(at_ms.div_euclid(1_000))?.saturating_mul(1_000))
}

fn authority(
    instance: &Instance,
    read: &dyn StoreRead,
    shares: Option<&[Share]>,
) -> Result<(OldShares, Option<ReplacedKey>), ApprovalError> {
    match shares {
        Some(shares) => Ok((OldShares::Both, approve_renewal(read, shares, instance.now_ms())?)),
        None => Ok((OldShares::Lost, None)),
    }
}

/// Makes a new recovery key with two shares and states it: with both old shares, or without them when one is lost.
///
/// # Errors
/// [`RenewError`]; then the key in force is the old one. Shares that were made by then are of a key that nobody was
/// told, and `doctor` names them.
pub fn renew(instance: &Instance, shares: Option<&[Share]>, reason: &str) -> Result<Renewed, RenewError> {
    let reason = tidy(reason);
    if reason.is_empty() || reason.chars().count() > MAX_WORDS {
        return Err(RenewError::Reason);
    }
    if instance.restored.is_waiting() {
        return Err(RenewError::Waiting);
    }
    authority(instance, instance.read()?.as_ref(), shares)?;
    // The shares come first: nothing is sealed to a key whose shares a power cut took.
    let (recovery_key, paths) = instance.folder.add_recovery_shares(instance.rng.as_ref())?;
    instance.transact(|txn, operator| {
        // Once more: somebody else may have renewed it meanwhile.
        let (shares, shares_of) = authority(instance, txn.as_read(), shares)?;
        let subject = txn.entry(0)?.ok_or(StoreError::Damaged("the log is empty"))?.subject;
        let before = stated(txn.as_read())?.ok_or(StoreError::Damaged("the log names no operator"))?;
        let replaced = before.recovery_key.clone();
        let key = OperatorKey {
            recovery_key: recovery_key.clone(),
            valid_from_ms: operator.clock.utc_ms(),
            recovery_renewed: Some(RecoveryRenewed { shares, reason, shares_of }),
            ..before
        };
        operator.state(txn, subject, key)?;
        let erases_from_ms =
            erases_from_ms(&RecoveryKeys::of(txn.as_read())?.now()?, operator.clock.utc_ms());
        Ok(Renewed { recovery_key, shares: paths, before: replaced, erases_from_ms })
    })
}

/// One recovery key of this operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyOfTime {
    /// The key.
    pub recovery_key: Vec<u8>,
    /// Since when it is in force, UTC ms.
    pub since_ms: i64,
    /// How it replaced the one before; nothing for the first.
    pub renewed: Option<RecoveryRenewed>,
    /// From when it approves an erasing, UTC ms; absent: from the beginning.
    pub erases_from_ms: Option<i64>,
}

/// Every recovery key, the one in force last.
///
/// # Errors
/// Those of the store.
pub fn keys(read: &dyn StoreRead) -> Result<Vec<KeyOfTime>, StoreError> {
    let mut keys: Vec<KeyOfTime> = Vec::new();
    let all = RecoveryKeys::of(read)?;
    for (entry, stated) in said_at(read)? {
        if keys.last().is_none_or(|last| last.recovery_key != stated.recovery_key) {
            let (recovery_key, since_ms) = (stated.recovery_key, stated.valid_from_ms);
            let at_ms = time_of(&entry.statement)?.saturating_mul(1_000);
            let erases_from_ms = erases_from_ms(&all.before(entry.leaf_index + 1)?, at_ms);
            keys.push(KeyOfTime { recovery_key, since_ms, renewed: stated.recovery_renewed, erases_from_ms });
        }
    }
    Ok(keys)
}
