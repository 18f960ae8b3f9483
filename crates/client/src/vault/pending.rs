//! The account that an enrolment is making: it becomes one only when the operator has bound its key.
//!
//! It lives on the disk because an answer can be lost: the activation code is used up then, and only the very same
//! request, by the same key, gets the same answer again. What wraps its key meanwhile has an entry of its own in the
//! key store, without a PIN, and that entry goes when the account is made: a leftover file then opens nothing.

use std::fs;
use std::path::PathBuf;

use domain::id::KeyId;
use recovery::SealedKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::attempts::Attempts;
use super::wrap::{DataKey, KeyringSecret, PendingWrapped, Wrapped};
use super::{ACCOUNT, AccountFile, AccountId, FORMAT, Guest, REMOVED, Vault};
use crate::errors::{Failure, Result};
use crate::file;
use crate::pin::Pin;

const PENDING: &str = "pending.json";
/// Twice the life of an activation code; afterwards nobody will ask again.
const LIFETIME_MS: i64 = 2 * 72 * 3_600_000;

#[derive(Serialize, Deserialize)]
pub(super) struct PendingFile {
    format: u32,
    /// SHA-256 of operator and code, so that the code itself stays off the disk.
    attempt: String,
    begun_at_ms: i64,
    pub(super) key: PendingWrapped,
}

/// An account in the making.
pub(crate) struct Pending {
    /// Its name.
    pub(crate) id: AccountId,
    /// Where its database is, or will be.
    pub(crate) database: PathBuf,
    /// Key of that database.
    pub(crate) key: DataKey,
}

/// Names an enrolment: the same code at the same operator is the same one.
pub(crate) fn attempt_name(operator: &KeyId, code: &str) -> String {
    let digest = Sha256::new().chain_update(operator.as_bytes()).chain_update(code.as_bytes()).finalize();
    data_encoding::HEXLOWER.encode(&digest)
}

impl Vault {
    pub(super) fn read_pending(&self, id: &AccountId) -> Option<PendingFile> {
        let bytes = file::read(&self.path(id).join(PENDING)).ok()??;
        serde_json::from_slice(&bytes).ok()
    }

    pub(super) fn is_pending_dead(&self, id: &AccountId) -> bool {
        self.read_pending(id)
            .is_some_and(|pending| self.clock.utc_ms().saturating_sub(pending.begun_at_ms) > LIFETIME_MS)
    }

    /// Takes up an enrolment whose answer was lost, or begins one. The secret is stored and read back before
    /// anything is encrypted under it.
    ///
    /// # Errors
    /// [`Failure::Secret`] and those of the file system.
    pub(crate) fn begin(&self, attempt: &str) -> Result<Pending> {
        for id in self.folders()? {
            if let Some(pending) = self.read_pending(&id).filter(|pending| pending.attempt == attempt)
                && !self.path(&id).join(ACCOUNT).exists()
                && let Ok(secret) = self.secret(&id.pending_secret_name())
                && let Some(key) = pending.key.open(&secret, id.as_str())
            {
                return Ok(Pending { database: self.database(&id), id, key });
            }
        }
        let id = AccountId::random(&*self.rng);
        let (secret, key) = (KeyringSecret::random(&*self.rng), DataKey::random(&*self.rng));
        self.store_secret(&id.pending_secret_name(), &secret)?;
        let pending = PendingFile {
            format: FORMAT,
            attempt: attempt.to_owned(),
            begun_at_ms: self.clock.utc_ms(),
            key: PendingWrapped::seal(&key, &secret, id.as_str(), &*self.rng),
        };
        let bytes = serde_json::to_vec_pretty(&pending).map_err(|_| Failure::Bug("pending file"))?;
        fs::create_dir_all(self.path(&id))?;
        file::replace(&self.path(&id).join(PENDING), &bytes)?;
        file::sync_folder(&self.folder)?;
        Ok(Pending { database: self.database(&id), id, key })
    }

    /// Turns it into an account: from here it is listed and its PIN opens it.
    ///
    /// # Errors
    /// As [`Self::begin`], and [`Failure::NotAnOperator`] for an impossible recovery key.
    pub(crate) fn complete(
        &self,
        pending: &Pending,
        pin: &Pin,
        label: &str,
        recovery_key: &[u8],
        guest: Option<Guest>,
    ) -> Result<()> {
        let secret = KeyringSecret::random(&*self.rng);
        self.store_secret(&pending.id.secret_name(), &secret)?;
        Attempts::make_room(&self.path(&pending.id), &*self.clock)?;
        let account = AccountFile {
            format: FORMAT,
            number: self.next_number()?,
            label: label.trim().to_owned(),
            cost: self.cost,
            key: Wrapped::seal(&pending.key, &secret, pin, self.cost, pending.id.as_str(), &*self.rng),
            recovery: SealedKey::seal(pending.key.expose(), recovery_key, pending.id.as_str())
                .map_err(|_| Failure::NotAnOperator)?,
            guest,
        };
        self.write(&pending.id, &account)?;
        if let Err(failure) = self.forget_pending(&pending.id) {
            // The account is there and must not read as if it were not; the next start tries again.
            tracing::warn!(%failure, "what an enrolment needed was not removed");
        }
        Ok(())
    }

    pub(super) fn is_pending(&self, id: &AccountId) -> bool {
        self.path(id).join(PENDING).exists()
    }

    /// Takes away what opens an account's database without its PIN: first the secret, then the file that tells the
    /// next start that there may be one.
    ///
    /// # Errors
    /// Those of the file system and of the key store.
    pub(super) fn forget_pending(&self, id: &AccountId) -> Result<()> {
        self.secrets.remove(&id.pending_secret_name())?;
        file::remove(&self.path(id).join(PENDING))?;
        Ok(file::sync_folder(&self.path(id))?)
    }

    /// Gives it up: nothing of it stays.
    ///
    /// # Errors
    /// Those of the file system and of the key store.
    pub(crate) fn discard(&self, id: &AccountId) -> Result<()> {
        let folder = self.path(id);
        fs::rename(folder.join(PENDING), folder.join(REMOVED))?;
        self.wipe(id)
    }
}
