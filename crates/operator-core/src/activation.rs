//! Activation codes: made, kept without their secret, checked.

use argon2::{Algorithm, Argon2, Params, Version};
use domain::Rng;
use domain::id::PersonId;
use subtle::ConstantTimeEq as _;
use wire::activation::{ActivationCode, LIFETIME_H, MAX_ERRORS};

use crate::store::{Activation, StoreError, StoreTxn};

/// Memory of one hash, KiB. With two passes about 20 ms of one core: enough against guessing 60 bits from a stolen
/// file within the 72 hours that a code lives, and cheap enough for a server that many people enrol with.
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;

/// A dead code's lookup part may be given out again after this.
const REUSE_AFTER_MS: i64 = 90 * 24 * 3_600_000;

fn hash(secret: &str, salt: &[u8; 16]) -> Result<[u8; 32], StoreError> {
    let unavailable = |error: argon2::Error| StoreError::Unavailable(error.to_string().into());
    let params = Params::new(MEMORY_KIB, PASSES, 1, Some(32)).map_err(unavailable)?;
    let mut hash = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(secret.as_bytes(), salt, &mut hash)
        .map_err(unavailable)?;
    Ok(hash)
}

/// A fresh code, hashed but not yet kept: hashing takes long, so it happens before the transaction.
#[derive(Debug)]
pub struct FreshCode {
    /// The code with its secret; shown once.
    pub code: ActivationCode,
    salt: [u8; 16],
    hash: [u8; 32],
}

impl FreshCode {
    /// Makes one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when there is no memory for hashing.
    pub fn make(rng: &dyn Rng) -> Result<Self, StoreError> {
        let (code, salt) = (ActivationCode::random(rng), rng.array());
        let hash = hash(code.secret().expose(), &salt)?;
        Ok(Self { code, salt, hash })
    }

    /// Keeps it for a person and ends the person's other codes: a code that was mislaid must not open the door beside
    /// the one that replaced it. With a `host` it makes a guest on that person's device, and the binding will say so.
    /// `false`: its lookup part is in use, make another one.
    ///
    /// # Errors
    /// Those of the store.
    pub fn keep(
        &self,
        txn: &mut dyn StoreTxn,
        person: PersonId,
        host: Option<PersonId>,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        if let Some(taken) = txn.activation(self.code.lookup())?
            && taken.expires_at_ms.saturating_add(REUSE_AFTER_MS) > now_ms
        {
            return Ok(false);
        }
        end_all(txn, person, now_ms)?;
        txn.put_activation(&Activation {
            lookup: self.code.lookup().into(),
            person,
            salt: self.salt,
            hash: self.hash,
            issued_at_ms: now_ms,
            expires_at_ms: now_ms.saturating_add(LIFETIME_H * 3_600_000),
            errors: 0,
            used_by: None,
            host,
        })?;
        Ok(true)
    }
}

/// Whether a secret is that of a code. Takes as long as making one: call it outside of a transaction.
///
/// # Errors
/// [`StoreError::Unavailable`] when there is no memory for hashing.
pub fn is_secret_of(activation: &Activation, secret: &str) -> Result<bool, StoreError> {
    Ok(hash(secret, &activation.salt)?.ct_eq(&activation.hash).into())
}

impl Activation {
    /// Whether it can still be used.
    pub fn is_alive(&self, now_ms: i64) -> bool {
        self.used_by.is_none() && self.errors < MAX_ERRORS && now_ms < self.expires_at_ms
    }
}

/// Counts an attempt before its secret is hashed, as if it were wrong; [`give_back`] takes that back for the right one.
/// So a code has as many hashes as errors, however many requests come at once. `None`: there is no such code, or it
/// died of its errors, and nothing is to be hashed.
///
/// # Errors
/// Those of the store.
pub fn reserve(txn: &mut dyn StoreTxn, lookup: &str) -> Result<Option<Activation>, StoreError> {
    let Some(activation) = txn.activation(lookup)?.filter(|activation| activation.errors < MAX_ERRORS) else {
        return Ok(None);
    };
    let reserved = Activation { errors: activation.errors + 1, ..activation };
    txn.put_activation(&reserved)?;
    Ok(Some(reserved))
}

/// Takes the count of an attempt back whose secret was right.
///
/// # Errors
/// Those of the store.
pub fn give_back(txn: &mut dyn StoreTxn, activation: Activation) -> Result<Activation, StoreError> {
    let activation = Activation { errors: activation.errors.saturating_sub(1), ..activation };
    txn.put_activation(&activation)?;
    Ok(activation)
}

/// Ends all unused codes of a person and says how many there were.
///
/// # Errors
/// Those of the store.
pub fn end_all(txn: &mut dyn StoreTxn, person: PersonId, now_ms: i64) -> Result<usize, StoreError> {
    let mut activations = txn.activations()?;
    activations.retain(|activation| activation.person == person && activation.is_alive(now_ms));
    let count = activations.len();
    for activation in activations {
        txn.put_activation(&Activation { expires_at_ms: now_ms, ..activation })?;
    }
    Ok(count)
}
