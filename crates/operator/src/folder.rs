//! The files of an operator's data folder.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use domain::Rng;
use journal::SigningKey;
use zeroize::Zeroizing;

use crate::erasures::Erasures;
use crate::mark::Mark;
use crate::restored::Restored;

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Nothing was set up there.
    #[error("{0} holds no operator: run `esep-operator init --dir {0}` first")]
    Empty(PathBuf),
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The key of a log that is there.
    #[error(
        "{key} is missing, and {database} holds a log that was signed with it: restore the key from a backup; \
         a new one would not be this operator's"
    )]
    NoKey {
        /// The key's file.
        key: PathBuf,
        /// The database.
        database: PathBuf,
    },
    /// The log of a key that is there.
    #[error(
        "{database} is missing, and {key} signed its log: restore the database from a backup; \
         an empty one would deny all that was registered"
    )]
    NoDatabase {
        /// The key's file.
        key: PathBuf,
        /// The database.
        database: PathBuf,
    },
    /// A folder of somebody else.
    #[error("{0} is neither empty nor the folder of an operator: choose another one")]
    Foreign(PathBuf),
    /// A key file holds something else.
    #[error("{0} is not a key file of this program: restore it from a backup")]
    BadKey(PathBuf),
}

/// A data folder.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// The folder at a path, whether it is there or not.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The database: log, contents, projections.
    pub fn database(&self) -> PathBuf {
        self.0.join("esep-operator.sqlite")
    }

    /// What SQLite has not written back into the database yet.
    pub fn database_log(&self) -> PathBuf {
        self.0.join("esep-operator.sqlite-wal")
    }

    /// Settings.
    pub fn config(&self) -> PathBuf {
        self.0.join("esep-operator.toml")
    }

    /// The secret key that signs statements and tree heads.
    pub fn signing_key(&self) -> PathBuf {
        self.0.join("operator.key")
    }

    /// The two halves of the secret to which devices seal what opens a file that its owner cannot open. Each goes to
    /// one officer and away from here; the server never reads them.
    pub fn recovery_shares(&self) -> [PathBuf; 2] {
        ["recovery-1.key", "recovery-2.key"].map(|name| self.0.join(name))
    }

    /// As [`Self::recovery_shares`], of a later key. Its name is in theirs: an officer who keeps new and old ones
    /// together writes none over another, and files sealed before need the old ones.
    pub fn renewed_shares(&self, recovery_key: &[u8]) -> [PathBuf; 2] {
        let name = recovery::share::key_name(recovery_key);
        [1, 2].map(|number| self.0.join(format!("recovery-{number}-{name}.key")))
    }

    /// Every share that lies here and should not.
    ///
    /// # Errors
    /// [`FolderError::Io`].
    pub fn shares_left(&self) -> Result<Vec<PathBuf>, FolderError> {
        let io = |source| FolderError::Io { path: self.0.clone(), source };
        let is_share = |name: &str| name.starts_with("recovery-") && name.ends_with(".key");
        let mut left = Vec::new();
        for entry in fs::read_dir(&self.0).map_err(io)? {
            let entry = entry.map_err(io)?;
            if entry.file_name().to_str().is_some_and(is_share) {
                left.push(entry.path());
            }
        }
        left.sort();
        Ok(left)
    }

    /// What devices handed over and officers may open.
    pub fn recovery_files(&self) -> PathBuf {
        self.0.join("recovery")
    }

    /// The secrets to which devices seal what somebody else carries here.
    pub fn courier_keys(&self) -> PathBuf {
        self.0.join("courier.keys")
    }

    /// How far the log was ever signed.
    pub fn mark(&self) -> Mark {
        Mark::at(self.0.join("signed-head"))
    }

    /// Whether the log waits after a restore.
    pub fn restored(&self) -> Restored {
        Restored::at(self.0.join("restored.json"))
    }

    /// What devices handed back, until the log is put together.
    pub fn collected(&self) -> PathBuf {
        self.0.join("collected.sqlite")
    }

    /// What was erased; like the mark it belongs on another disk than the database.
    pub fn erasures(&self) -> Erasures {
        Erasures::at(self.0.join("erasures.jsonl"))
    }

    /// Makes the folder for its owner only. One that is there stays as it is, and must be empty or this program's.
    ///
    /// # Errors
    /// [`FolderError::Io`], [`FolderError::Foreign`].
    pub fn create(&self) -> Result<(), FolderError> {
        let io = |source| FolderError::Io { path: self.0.clone(), source };
        if self.0.exists() {
            let is_ours =
                [self.database(), self.signing_key(), self.config()].iter().any(|path| path.exists());
            let is_empty = fs::read_dir(&self.0).map_err(io)?.next().is_none();
            return if is_ours || is_empty { Ok(()) } else { Err(FolderError::Foreign(self.0.clone())) };
        }
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt as _;
            builder.mode(0o700);
        }
        builder.create(&self.0).map_err(io)
    }

    /// Makes the file of the database, empty and for its owner only, if neither it nor a key is there.
    ///
    /// # Errors
    /// [`FolderError::NoDatabase`] beside a key: that key's log is lost, not yet to come. [`FolderError::Io`].
    pub fn ensure_database(&self) -> Result<(), FolderError> {
        let (database, key) = (self.database(), self.signing_key());
        if database.exists() {
            return Ok(());
        }
        if key.exists() {
            return Err(FolderError::NoDatabase { key, database });
        }
        private_file(&database).map(drop).map_err(|source| FolderError::Io { path: database, source })
    }

    /// Writes the settings with their defaults as comments, unless there are settings already.
    ///
    /// # Errors
    /// [`FolderError::Io`].
    pub fn ensure_config(&self) -> Result<(), FolderError> {
        let path = self.config();
        match File::create_new(&path).and_then(|mut file| file.write_all(crate::config::TEMPLATE.as_bytes()))
        {
            Err(source) if source.kind() != io::ErrorKind::AlreadyExists => {
                Err(FolderError::Io { path, source })
            }
            _ => Ok(()),
        }
    }

    /// Reads the signing key.
    ///
    /// # Errors
    /// Every variant of [`FolderError`].
    pub fn read_signing_key(&self) -> Result<SigningKey, FolderError> {
        let path = self.signing_key();
        let database = self.database();
        match (path.exists(), database.exists()) {
            (false, false) => return Err(FolderError::Empty(self.0.clone())),
            (false, true) => return Err(FolderError::NoKey { key: path, database }),
            (true, false) => return Err(FolderError::NoDatabase { key: path, database }),
            (true, true) => {}
        }
        let secret = read_secret(&path)?;
        SigningKey::from_secret(&secret).map_err(|_| FolderError::BadKey(path))
    }

    /// Reads the signing key, or makes it if there is none yet. Only for a folder whose log is empty.
    ///
    /// # Errors
    /// Those of [`Folder::read_signing_key`].
    pub fn ensure_signing_key(&self, rng: &dyn Rng) -> Result<SigningKey, FolderError> {
        if !self.signing_key().exists() {
            write_secret(&self.signing_key(), &Zeroizing::new(SigningKey::generate(rng).to_secret()))?;
        }
        self.read_signing_key()
    }

    /// The public recovery key (X25519), made with its two shares unless both are there. Only for a folder whose log is
    /// empty: a single share of an `init` that was cut off belongs to a key that nobody was told.
    ///
    /// # Errors
    /// [`FolderError::Io`].
    pub fn ensure_recovery_shares(&self, rng: &dyn Rng) -> Result<Vec<u8>, FolderError> {
        let read = |path: &PathBuf| recovery::Share::parse(&fs::read_to_string(path).ok()?).ok();
        if let [Some(first), Some(second)] = self.recovery_shares().each_ref().map(read)
            && let Ok(opener) = recovery::Opener::of(&first, &second)
        {
            return Ok(opener.recovery_key().to_vec());
        }
        let shares = recovery::Share::make(rng);
        for (path, share) in self.recovery_shares().iter().zip(&shares) {
            match fs::remove_file(path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(FolderError::Io { path: path.clone(), source });
                }
                _ => write_private(path, &share.to_text())?,
            }
        }
        Ok(shares[0].recovery_key().to_vec())
    }

    /// Two shares of a new recovery key, on the disk for their owner only, and the key itself.
    ///
    /// # Errors
    /// [`FolderError::Io`]; one share alone that stays then is of a key that nobody was told.
    pub fn add_recovery_shares(&self, rng: &dyn Rng) -> Result<(Vec<u8>, [PathBuf; 2]), FolderError> {
        let shares = recovery::Share::make(rng);
        let recovery_key = shares[0].recovery_key().to_vec();
        let paths = self.renewed_shares(&recovery_key);
        for (path, share) in paths.iter().zip(&shares) {
            write_private(path, &share.to_text())?;
        }
        Ok((recovery_key, paths))
    }
}

fn read_secret(path: &Path) -> Result<Zeroizing<[u8; 32]>, FolderError> {
    let io = |source| FolderError::Io { path: path.to_owned(), source };
    let text = Zeroizing::new(fs::read_to_string(path).map_err(io)?);
    let bytes = Zeroizing::new(
        data_encoding::HEXLOWER
            .decode(text.trim().as_bytes())
            .map_err(|_| FolderError::BadKey(path.to_owned()))?,
    );
    let secret: [u8; 32] = bytes.as_slice().try_into().map_err(|_| FolderError::BadKey(path.to_owned()))?;
    Ok(Zeroizing::new(secret))
}

/// A new file for its owner only.
pub(crate) fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

/// Writes a secret for its owner only and never over another one; it is on the disk when this returns.
fn write_secret(path: &Path, secret: &[u8; 32]) -> Result<(), FolderError> {
    let text = Zeroizing::new(format!("{}\n", data_encoding::HEXLOWER.encode(secret)));
    write_private(path, &text)
}

fn write_private(path: &Path, text: &str) -> Result<(), FolderError> {
    let io = |source| FolderError::Io { path: path.to_owned(), source };
    let mut file = private_file(path).map_err(io)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(io)?;
    if let Some(folder) = path.parent() {
        // The name of the file must survive power loss as well as its bytes.
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)?;
    }
    Ok(())
}

/// Writes a secret text over an older one, for its owner only: the old text or the new one survives a power cut.
pub(crate) fn replace_private(path: &Path, text: &str) -> Result<(), FolderError> {
    let fresh = path.with_extension("new");
    match fs::remove_file(&fresh) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            return Err(FolderError::Io { path: fresh, source });
        }
        _ => write_private(&fresh, text)?,
    }
    let io = |source| FolderError::Io { path: path.to_owned(), source };
    fs::rename(&fresh, path).map_err(io)?;
    match path.parent() {
        Some(folder) => File::open(folder).and_then(|folder| folder.sync_all()).map_err(io),
        None => Ok(()),
    }
}
