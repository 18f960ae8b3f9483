//! The folder of each account, and the key of its encrypted database.
//!
//! ```text
//! <profile>/accounts/<id>/account.json   the wrapped key; nothing personal
//!                        /attempts.json  wrong PINs
//!                        /pending.json   only while an enrolment is under way
//!                        /journal.db     the encrypted database
//! ```
//!
//! The database has a random *data key*. It is wrapped under a key made of two halves: a random secret in the
//! system's key store and the PIN (Argon2id). The files alone, or the files and the PIN, open nothing; the files and
//! the key store cost one Argon2id for each guess. A new PIN only wraps the same data key again.
//!
//! # Invariants
//! * A missing entry in the key store beside an existing account is [`Failure::KeyLost`]; nothing ever makes a new
//!   key for it (architecture 7).
//! * A wrong PIN is counted before it is tried, so that pulling the plug saves no guess.
//! * Once an account exists, nothing opens its key without the PIN: the entry that wrapped it during the enrolment is
//!   removed, at the latest by the next start.
//! * An account exists exactly when its `account.json` does.
//!
//! | Module | Holds |
//! |---|---|
//! | `wrap` | Argon2id, HKDF, ChaCha20-Poly1305 |
//! | `attempts` | wrong PINs and the growing delay |
//! | `pending` | the account that an enrolment is making |
//! | `reseal` | the sealed key, for another recovery key |
//! | `aside` | accounts that could not be opened, kept until the operator has what they held |

pub(crate) mod aside;
pub(crate) mod attempts;
pub(crate) mod pending;
mod reseal;
pub(crate) mod wrap;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::id::PersonId;
use domain::sensitive::Sensitive;
use domain::{Clock, Rng};
use parking_lot::Mutex;
use recovery::SealedKey;
use serde::{Deserialize, Serialize};

use crate::errors::{Failure, Result};
use crate::file;
use crate::pin::Pin;
use crate::ports::SecretStore;
use attempts::Attempts;
use wrap::{Argon2Cost, DataKey, KeyringSecret, Wrapped};

const FOLDER: &str = "accounts";
const ACCOUNT: &str = "account.json";
/// What `account.json` becomes in the moment of its removal; only folders that say so are swept away.
const REMOVED: &str = "account.removed";
const DATABASE: &str = "journal.db";
const FORMAT: u32 = 1;

/// A random name of an account on this device; it tells nothing about the person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AccountId(String);

impl AccountId {
    /// A fresh one.
    pub(crate) fn random(rng: &dyn Rng) -> Self {
        Self(data_encoding::HEXLOWER.encode(&rng.array::<8>()))
    }

    /// Takes exactly what [`Self::random`] makes, so that no foreign text becomes a path.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let right = text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        right.then(|| Self(text.to_owned()))
    }

    /// As in paths and calls.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    fn secret_name(&self) -> String {
        format!("account-{}", self.0)
    }

    fn pending_secret_name(&self) -> String {
        format!("pending-{}", self.0)
    }
}

/// What stands in `account.json`.
#[derive(Serialize, Deserialize)]
struct AccountFile {
    format: u32,
    /// Rises with each account of the profile, so that their order stays and numbers are not used twice.
    number: u32,
    /// What the person called it; empty for its number.
    label: String,
    cost: Argon2Cost,
    key: Wrapped,
    recovery: SealedKey,
    /// Whose it is and on whose device, of a guest: the host's screen finds the account by it. Random ids, no names.
    guest: Option<Guest>,
}

/// Guest and host of an account, as the operator bound its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Guest {
    /// Whose account.
    #[serde(with = "as_text")]
    pub(crate) person: PersonId,
    /// On whose device.
    #[serde(with = "as_text")]
    pub(crate) host: PersonId,
}

/// Ids as everywhere in texts.
mod as_text {
    use domain::id::PersonId;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(id: &PersonId, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(id)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PersonId, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// What the unlock screen shows of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Which.
    pub(crate) id: AccountId,
    /// What the person called it, or its number.
    pub(crate) label: String,
    /// Seconds until a PIN is taken again.
    pub(crate) wait_s: u32,
    /// Ten wrong PINs.
    pub(crate) is_locked: bool,
    /// Of a guest.
    pub(crate) guest: Option<Guest>,
}

/// All accounts of a profile.
pub(crate) struct Vault {
    folder: PathBuf,
    secrets: Arc<dyn SecretStore>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    cost: Argon2Cost,
    /// Held from reading an `account.json` to writing it: a new PIN and a new seal must not undo each other.
    changing: Mutex<()>,
}

impl Vault {
    /// The accounts below a profile folder.
    pub(crate) fn new(
        profile: &Path,
        secrets: Arc<dyn SecretStore>,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Self {
        Self {
            folder: profile.join(FOLDER),
            secrets,
            clock,
            rng,
            cost: Argon2Cost::PRODUCT,
            changing: Mutex::default(),
        }
    }

    /// Path of an account's database.
    pub(crate) fn database(&self, id: &AccountId) -> PathBuf {
        self.path(id).join(DATABASE)
    }

    fn path(&self, id: &AccountId) -> PathBuf {
        self.folder.join(id.as_str())
    }

    fn folders(&self) -> Result<Vec<AccountId>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let names = entries.map(|entry| Ok(entry?.file_name().into_string().unwrap_or_default()));
        let names = names.collect::<Result<Vec<_>>>()?;
        Ok(names.iter().filter_map(|name| AccountId::parse(name)).collect())
    }

    fn read(&self, id: &AccountId) -> Result<AccountFile> {
        let bytes = file::read(&self.path(id).join(ACCOUNT))?.ok_or(Failure::NotFound)?;
        let account: AccountFile = serde_json::from_slice(&bytes).map_err(|_| Failure::DatabaseDamaged)?;
        if account.format > FORMAT { Err(Failure::DatabaseTooNew) } else { Ok(account) }
    }

    fn write(&self, id: &AccountId, account: &AccountFile) -> Result<()> {
        let bytes = serde_json::to_vec_pretty(account).map_err(|_| Failure::Bug("account file"))?;
        Ok(file::replace(&self.path(id).join(ACCOUNT), &bytes)?)
    }

    /// The accounts in the order in which they were made.
    ///
    /// # Errors
    /// Those of the file system; an unreadable account is listed all the same, its opening says why.
    pub(crate) fn list(&self) -> Result<Vec<Listed>> {
        let mut listed = Vec::new();
        for id in self.folders()? {
            if !self.path(&id).join(ACCOUNT).exists() {
                continue;
            }
            let (number, label, guest) = match self.read(&id) {
                Ok(account) if account.label.is_empty() => {
                    (account.number, account.number.to_string(), account.guest)
                }
                Ok(account) => (account.number, account.label, account.guest),
                Err(_) => (u32::MAX, "?".into(), None),
            };
            let attempts = Attempts::read(&self.path(&id), &*self.clock)?;
            let (wait_s, is_locked) = (attempts.wait_s(), attempts.is_locked());
            let entry = Listed { id, label, wait_s, is_locked, guest };
            listed.push((number, entry));
        }
        listed.sort_by(|a, b| (a.0, &a.1.id).cmp(&(b.0, &b.1.id)));
        Ok(listed.into_iter().map(|(_, entry)| entry).collect())
    }

    fn secret(&self, name: &str) -> Result<KeyringSecret> {
        let secret = self.secrets.get(name)?.ok_or(Failure::KeyLost)?;
        KeyringSecret::from_slice(secret.expose()).ok_or(Failure::KeyLost)
    }

    /// Opens an account's data key with its PIN. Takes about a second of a core: call it off the async threads.
    ///
    /// # Errors
    /// [`Failure::WrongPin`], [`Failure::TooManyTries`], [`Failure::PinLocked`], [`Failure::KeyLost`],
    /// [`Failure::Secret`], [`Failure::NotFound`] and those of the files.
    pub(crate) fn open(&self, id: &AccountId, pin: &Pin) -> Result<DataKey> {
        let account = self.read(id)?;
        let mut attempts = Attempts::read(&self.path(id), &*self.clock)?;
        attempts.may_try()?;
        // Asked first: a closed key store is not the person's mistake and must not count as one.
        let secret = self.secret(&id.secret_name())?;
        attempts.count(&*self.clock)?;
        match account.key.open(&secret, pin, account.cost, id.as_str()) {
            Some(key) => {
                if let Err(failure) = attempts.clear() {
                    // The PIN was right: a disk that cannot be written now must not keep the person out.
                    tracing::warn!(%failure, "a right PIN stays counted as a try");
                }
                Ok(key)
            }
            None => Err(attempts.failure()),
        }
    }

    /// Wraps the data key under a new PIN. A power cut leaves the old PIN or the new one.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub(crate) fn change_pin(&self, id: &AccountId, old: &Pin, new: &Pin) -> Result<()> {
        let key = self.open(id, old)?;
        let secret = self.secret(&id.secret_name())?;
        let _changing = self.changing.lock();
        let mut account = self.read(id)?;
        account.cost = self.cost;
        account.key = Wrapped::seal(&key, &secret, new, self.cost, id.as_str(), &*self.rng);
        self.write(id, &account)
    }

    /// What the person called the account, or its number.
    ///
    /// # Errors
    /// Those of the file.
    pub(crate) fn label(&self, id: &AccountId) -> Result<String> {
        let account = self.read(id)?;
        Ok(if account.label.is_empty() { account.number.to_string() } else { account.label })
    }

    /// Removes an account for good: it stops being one at once, then the half of its key goes, then the files. What a
    /// power cut in between leaves opens with nothing and goes at the next start.
    ///
    /// # Errors
    /// Those of the file system and of the key store.
    pub(crate) fn remove(&self, id: &AccountId) -> Result<()> {
        let folder = self.path(id);
        let _changing = self.changing.lock();
        fs::rename(folder.join(ACCOUNT), folder.join(REMOVED))?;
        file::sync_folder(&folder)?;
        self.wipe(id)
    }

    fn wipe(&self, id: &AccountId) -> Result<()> {
        self.secrets.remove(&id.pending_secret_name())?;
        self.secrets.remove(&id.secret_name())?;
        Ok(file::remove_folder(&self.path(id))?)
    }

    /// Removes what an interrupted removal, a very old enrolment or one that was cut off at its end left; never a
    /// folder that says none of it of itself, because its database may hold what was not sent.
    ///
    /// # Errors
    /// Those of the file system.
    pub(crate) fn sweep(&self) -> Result<()> {
        self.sweep_asides()?;
        for id in self.folders()? {
            let folder = self.path(&id);
            let swept = match folder.join(ACCOUNT).exists() {
                true if self.is_pending(&id) => self.forget_pending(&id),
                false if folder.join(REMOVED).exists() || self.is_pending_dead(&id) => self.wipe(&id),
                _ => continue,
            };
            match swept {
                // A closed key store must not keep the app from starting: then it is tried again next time.
                Ok(()) | Err(Failure::Secret(_)) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(())
    }

    fn store_secret(&self, name: &str, secret: &KeyringSecret) -> Result<()> {
        Ok(self.secrets.set(name, &Sensitive::new(secret.to_vec()))?)
    }

    fn next_number(&self) -> Result<u32> {
        let numbers =
            self.folders()?.iter().filter_map(|id| self.read(id).ok()).map(|account| account.number).max();
        Ok(numbers.unwrap_or(0).saturating_add(1))
    }
}

#[cfg(test)]
mod tests;
