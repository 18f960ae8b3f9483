//! A copy of everything that makes this operator, taken beside a running server, and the way back.
//!
//! | File | Holds |
//! |---|---|
//! | `esep-operator.sqlite` | log, contents, activation codes (hashed), published texts |
//! | `operator.key` | the key that signs the log: whoever has it is the operator |
//! | `courier.keys` | the secrets that open what somebody carries here |
//! | `esep-operator.toml` | settings |
//! | `backup.json` | when, which operator, how many statements, the root |
//!
//! Not in it: the shares of the recovery key, which two officers keep apart, and recovery files that wait to be opened,
//! which their devices keep until they were.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::id::{Digest, KeyId};
use domain::{Clock, Rng};
use operator_core::audit::{Signatures, audit};
use operator_core::erase;
use operator_core::store::lost::is_lost;
use operator_core::store::{Store as _, StoreError};
use operator_store::SqliteStore;
use serde::{Deserialize, Serialize};

use crate::erasures::ErasuresError;
use crate::folder::{self, FolderError};
use crate::instance::OpenError;
use crate::mark::{MarkError, Signed};
use crate::{Folder, Instance};

const MANIFEST: &str = "backup.json";

/// Why there is no backup, or none was restored. Nothing of the data folder was changed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The target.
    #[error("{0} is not empty: a backup is written into a folder of its own")]
    NotEmpty(PathBuf),
    /// The place of a restore is in use.
    #[error(
        "{0} holds an operator: move its files away first, all but signed-head, which says how far the log was signed"
    )]
    InUse(PathBuf),
    /// What was copied is not whole.
    #[error("the copy is not whole: {0}")]
    NotWhole(String),
    /// A file.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The manifest.
    #[error("{0} does not hold a backup of this program")]
    NotABackup(PathBuf),
    /// Files.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The list of erasures.
    #[error(transparent)]
    Erasures(#[from] ErasuresError),
    /// The log was signed further than the backup reaches.
    #[error(transparent)]
    Mark(#[from] MarkError),
    /// Opening what was restored.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a backup holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// When it was made, UTC ms.
    pub made_at_ms: i64,
    /// Whose.
    pub operator_key: KeyId,
    /// Statements in the log.
    pub statements: u64,
    /// Contents that are not erased.
    pub contents: u64,
    /// Root over the statements.
    pub root: Digest,
}

/// Copies a file that only its owner may read.
fn copy_private(from: &Path, to: &Path) -> Result<(), BackupError> {
    let io = |source| BackupError::Io { path: to.to_owned(), source };
    let mut source = fs::File::open(from).map_err(io)?;
    let mut target = folder::private_file(to).map_err(io)?;
    io::copy(&mut source, &mut target).and_then(|_| target.sync_all()).map_err(io)
}

/// What was written must survive a power cut, with its name.
fn settle(path: &Path) -> Result<(), BackupError> {
    let io = |source| BackupError::Io { path: path.to_owned(), source };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if path.is_file() {
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(io)?;
        }
    }
    fs::File::open(path).and_then(|file| file.sync_all()).map_err(io)
}

/// Examines the log in a folder and says what it holds.
fn examine(folder: &Folder, made_at_ms: i64) -> Result<Manifest, BackupError> {
    let key = folder.read_signing_key()?;
    let store = SqliteStore::open(&folder.database())?;
    let read = store.read()?;
    let log = audit(read.as_ref(), key.verifying_key(), Signatures::Check, &mut |_| {})?;
    // A content that the log went on without is wanted, not hidden: nobody should be without a backup until it is back.
    let mut findings = Vec::new();
    for finding in &log.findings {
        let lost = finding.leaf_index.filter(|_| finding.code == "content");
        if !lost.map(|leaf_index| is_lost(read.as_ref(), leaf_index)).transpose()?.unwrap_or(false) {
            findings.push(format!("{}: {}", finding.code, finding.detail));
        }
    }
    if !findings.is_empty() {
        return Err(BackupError::NotWhole(findings.join("; ")));
    }
    let head = read.latest_head()?.ok_or_else(|| BackupError::NotWhole("the log is empty".into()))?;
    Ok(Manifest {
        made_at_ms,
        operator_key: key.id(),
        statements: log.statements,
        contents: log.contents,
        root: head.root,
    })
}

/// Writes a backup beside a running server and reads it back: what is returned was found in the copy.
///
/// # Errors
/// [`BackupError`].
pub fn backup(instance: &Instance, out: &Path) -> Result<Manifest, BackupError> {
    let (from, to) = (&instance.folder, Folder::at(out));
    if out.exists() && fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(BackupError::NotEmpty(out.to_owned()));
    }
    to.create()?;
    instance.folder.erasures().follow(instance.read()?.as_ref())?;
    instance.want_back()?;
    instance.store.copy_to(&to.database())?;
    settle(&to.database())?;
    copy_private(&from.signing_key(), &to.signing_key())?;
    for (from, to) in [(from.config(), to.config()), (from.courier_keys(), to.courier_keys())] {
        if from.exists() {
            copy_private(&from, &to)?;
        }
    }
    let manifest = examine(&to, instance.now_ms())?;
    let path = out.join(MANIFEST);
    let text = serde_json::to_vec_pretty(&manifest).unwrap_or_default();
    let written = folder::private_file(&path).and_then(|mut file| io::Write::write_all(&mut file, &text));
    written.map_err(|source| BackupError::Io { path: path.clone(), source })?;
    settle(&path)?;
    settle(out)?;
    Ok(manifest)
}

/// Restores a backup into an empty folder, or one that only kept its `signed-head`, and cancels every activation code:
/// one may have been used since. Where no `signed-head` shows that the log is whole, it waits for what devices know
/// ([`crate::restored`]); where one shows that it is not, it waits for what they hold, if that is wanted (`collect`).
/// What `erasures.jsonl` names is taken out of the backup before anybody is served.
///
/// # Errors
/// [`BackupError`]; [`MarkError::Behind`] when the log was signed further.
pub fn restore(
    from: &Path,
    to: Folder,
    collect: bool,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
) -> Result<Manifest, BackupError> {
    let not_a_backup = || BackupError::NotABackup(from.to_owned());
    let text = fs::read(from.join(MANIFEST)).map_err(|_| not_a_backup())?;
    let stated: Manifest = serde_json::from_slice(&text).map_err(|_| not_a_backup())?;
    let source = Folder::at(from);
    let found = examine(&source, stated.made_at_ms)?;
    if found != stated {
        return Err(BackupError::NotWhole("it is not what backup.json says".into()));
    }
    // A log whose database is gone holds the end of another one, and SQLite would write it into the one that comes.
    if [to.database(), to.database_log(), to.signing_key()].iter().any(|path| path.exists()) {
        return Err(BackupError::InUse(to.path().to_owned()));
    }
    let marked = to.mark().read()?;
    let whole = match marked {
        Some(_) => to.mark().check(SqliteStore::open(&source.database())?.read()?.as_ref()),
        None => Ok(()),
    };
    let is_behind = match whole {
        Err(MarkError::Behind { .. }) if collect => true,
        whole => whole.map(|()| false)?,
    };
    if marked.is_none() || is_behind {
        // What was kept beside the mark is no other program's.
        if marked.is_none() && !to.erasures().path().exists() {
            to.create()?;
        }
        let waiting = to.restored();
        waiting.begin().map_err(|source| BackupError::Io { path: to.path().to_owned(), source })?;
    }
    let files = [
        (source.signing_key(), to.signing_key()),
        (source.config(), to.config()),
        (source.courier_keys(), to.courier_keys()),
        // Last: with it the folder is an operator's.
        (source.database(), to.database()),
    ];
    for (from, to) in files.iter().filter(|(from, to)| from.exists() && !to.exists()) {
        copy_private(from, to)?;
    }
    let instance = Instance::open_with(to, clock, rng)?;
    let mut txn = instance.store.write()?;
    let now_ms = instance.now_ms();
    for mut activation in txn.activations()? {
        activation.expires_at_ms = activation.expires_at_ms.min(now_ms);
        txn.put_activation(&activation)?;
    }
    let erased = instance.folder.erasures().statements(txn.as_read(), now_ms)?;
    let erased: Vec<_> = erased.into_iter().collect();
    erase::take_away(txn.as_mut(), &erased)?;
    txn.commit()?;
    instance.store.settle()?;
    instance.folder.mark().raise(Signed { tree_size: found.statements, root: found.root })?;
    settle(instance.folder.path())?;
    Ok(found)
}
