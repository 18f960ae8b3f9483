//! Accounts that could not be opened any more: lost key, forgotten PIN, damaged file. Their folder is moved aside as it
//! is, so that the person can begin anew at once, and goes only when the operator has said in a signed statement that
//! two officers opened it (architecture 7).
//!
//! ```text
//! <profile>/aside/<id>/aside.json   when and why; nothing personal
//!                     /...          the files of the account, untouched
//! ```

use std::fs;
use std::path::PathBuf;

use domain::id::Digest;
use recovery::Pack;
use serde::{Deserialize, Serialize};

use super::{ACCOUNT, AccountId, Vault};
use crate::errors::{Failure, Result};
use crate::file;
use crate::ipc::AsideCause;

const FOLDER: &str = "aside";
const ASIDE: &str = "aside.json";
/// What `aside.json` becomes in the moment of its removal.
const REMOVED: &str = "aside.removed";
const FORMAT: u32 = 1;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct AsideFile {
    format: u32,
    label: String,
    cause: AsideCause,
    at_ms: i64,
    /// Known once it was packed.
    packed: Option<PackedFile>,
    handed_over_at_ms: Option<i64>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct PackedFile {
    sha256: Digest,
    length_bytes: u64,
}

/// One account that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Aside {
    /// Name of the account.
    pub(crate) id: AccountId,
    /// What the person called it, or its number.
    pub(crate) label: String,
    /// Why.
    pub(crate) cause: AsideCause,
    /// When, UTC ms.
    pub(crate) at_ms: i64,
    /// SHA-256 of its pack, once it was made.
    pub(crate) sha256: Option<Digest>,
    /// When the operator had all of it, UTC ms.
    pub(crate) handed_over_at_ms: Option<i64>,
}

impl Vault {
    fn aside(&self, id: &AccountId) -> PathBuf {
        self.folder.with_file_name(FOLDER).join(id.as_str())
    }

    fn read_aside(&self, id: &AccountId) -> Result<AsideFile> {
        let bytes = file::read(&self.aside(id).join(ASIDE))?.ok_or(Failure::NotFound)?;
        serde_json::from_slice(&bytes).map_err(|_| Failure::DatabaseDamaged)
    }

    fn write_aside(&self, folder: &std::path::Path, aside: &AsideFile) -> Result<()> {
        let bytes = serde_json::to_vec_pretty(aside).map_err(|_| Failure::Bug("aside file"))?;
        Ok(file::replace(&folder.join(ASIDE), &bytes)?)
    }

    /// Moves an account's folder aside as it is; it must be closed. From here it is not an account of this device any
    /// more. Its half of the key stays in the key store: nothing is thrown away that could still open it.
    ///
    /// # Errors
    /// [`Failure::NotFound`] and those of the file system; then it stays where it is.
    pub(crate) fn set_aside(&self, id: &AccountId, cause: AsideCause) -> Result<()> {
        let _changing = self.changing.lock();
        let folder = self.path(id);
        if !folder.join(ACCOUNT).exists() {
            return Err(Failure::NotFound);
        }
        let label = self.label(id).unwrap_or_else(|_| "?".into());
        let at_ms = self.clock.utc_ms();
        let aside = AsideFile { format: FORMAT, label, cause, at_ms, packed: None, handed_over_at_ms: None };
        self.write_aside(&folder, &aside)?;
        let target = self.aside(id);
        let shelf = self.folder.with_file_name(FOLDER);
        fs::create_dir_all(&shelf)?;
        if target.try_exists()? {
            return Err(std::io::Error::from(std::io::ErrorKind::AlreadyExists).into());
        }
        fs::rename(&folder, &target)?;
        file::sync_folder(&shelf)?;
        Ok(file::sync_folder(&self.folder)?)
    }

    fn aside_ids(&self) -> Result<Vec<AccountId>> {
        let entries = match fs::read_dir(self.folder.with_file_name(FOLDER)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let names = entries.map(|entry| Ok(entry?.file_name().into_string().unwrap_or_default()));
        let names = names.collect::<Result<Vec<_>>>()?;
        Ok(names.iter().filter_map(|name| AccountId::parse(name)).collect())
    }

    /// What was set aside, the latest first.
    ///
    /// # Errors
    /// Those of the file system.
    pub(crate) fn asides(&self) -> Result<Vec<Aside>> {
        let mut asides = Vec::new();
        for id in self.aside_ids()? {
            // One that says nothing of itself is kept all the same; it is only not listed.
            if let Ok(aside) = self.read_aside(&id) {
                asides.push(Aside {
                    id,
                    label: aside.label,
                    cause: aside.cause,
                    at_ms: aside.at_ms,
                    sha256: aside.packed.map(|packed| packed.sha256),
                    handed_over_at_ms: aside.handed_over_at_ms,
                });
            }
        }
        asides.sort_by(|a, b| (b.at_ms, &b.id).cmp(&(a.at_ms, &a.id)));
        Ok(asides)
    }

    /// The pack of what was set aside, its digest, and the recovery key to which its own key is sealed.
    ///
    /// # Errors
    /// [`Failure::NotFound`]; [`Failure::DatabaseDamaged`] when the sealed key or the database is gone.
    pub(crate) fn pack(&self, id: &AccountId) -> Result<(Pack, Digest, Vec<u8>)> {
        let aside = self.read_aside(id)?;
        let folder = self.aside(id);
        let bytes = file::read(&folder.join(ACCOUNT))?.ok_or(Failure::DatabaseDamaged)?;
        let account: super::AccountFile =
            serde_json::from_slice(&bytes).map_err(|_| Failure::DatabaseDamaged)?;
        let recovery_key = account.recovery.recovery_key.clone();
        let pack = Pack::of(&folder, id.as_str(), aside.at_ms, account.recovery)?;
        let sha256 = match aside.packed {
            Some(packed) if packed.length_bytes == pack.length_bytes() => packed.sha256,
            _ => {
                let packed = PackedFile { sha256: pack.digest()?, length_bytes: pack.length_bytes() };
                self.write_aside(&folder, &AsideFile { packed: Some(packed), ..aside })?;
                packed.sha256
            }
        };
        Ok((pack, sha256, recovery_key))
    }

    /// Notes that the operator has all of it.
    ///
    /// # Errors
    /// Those of the file.
    pub(crate) fn handed_over(&self, id: &AccountId) -> Result<()> {
        let aside = self.read_aside(id)?;
        let handed_over_at_ms = Some(self.clock.utc_ms());
        self.write_aside(&self.aside(id), &AsideFile { handed_over_at_ms, ..aside })
    }

    /// Removes it for good. Only for what officers have opened.
    ///
    /// # Errors
    /// Those of the file system and of the key store.
    pub(crate) fn remove_aside(&self, id: &AccountId) -> Result<()> {
        let folder = self.aside(id);
        fs::rename(folder.join(ASIDE), folder.join(REMOVED))?;
        file::sync_folder(&folder)?;
        self.wipe_aside(id)
    }

    fn wipe_aside(&self, id: &AccountId) -> Result<()> {
        self.secrets.remove(&id.secret_name())?;
        Ok(file::remove_folder(&self.aside(id))?)
    }

    /// Removes what an interrupted removal left.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) fn sweep_asides(&self) -> Result<()> {
        for id in self.aside_ids()? {
            if !self.aside(&id).join(REMOVED).exists() {
                continue;
            }
            match self.wipe_aside(&id) {
                Ok(()) | Err(Failure::Secret(_)) => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(())
    }
}
