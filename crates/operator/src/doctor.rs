//! Is everything whole? Works on a copy, so that a running server is not held up.

use std::path::Path;

use domain::content::Content;
use operator_core::audit::audit;
use operator_core::fact::{Class, FactQuery};
use operator_core::project;
use operator_core::store::{Store as _, StoreError, StoreRead};
use operator_store::SqliteStore;
use serde::Serialize;

use crate::{Config, Folder, Instance};

/// One examination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub name: &'static str,
    /// Whether it is whole.
    pub ok: bool,
    /// What was found, in words for the person at the keyboard.
    pub detail: Vec<String>,
}

impl Check {
    fn of(name: &'static str, findings: Vec<String>, otherwise: impl Into<String>) -> Self {
        let ok = findings.is_empty();
        Self { name, ok, detail: if ok { vec![otherwise.into()] } else { findings } }
    }
}

/// Why the examination itself could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DoctorError {
    /// Opening the folder.
    #[error(transparent)]
    Open(#[from] crate::instance::OpenError),
    /// Place for the copy.
    #[error("no place for a copy of the database: {0}")]
    Copy(std::io::Error),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Examines a folder.
///
/// # Errors
/// [`DoctorError`] when it could not be made; what is wrong is in the checks.
pub fn examine(folder: &Folder) -> Result<Vec<Check>, DoctorError> {
    let instance = Instance::open(folder.clone())?;
    let mut checks = vec![files(folder), settings(&instance.config)];
    checks.push(Check::of("database file", instance.store.check_file()?, "whole"));
    let copy = Copy::make(&instance.store, folder)?;
    checks.push(operator_key(&instance, copy.store.read()?.as_ref())?);
    let log = audit(copy.store.read()?.as_ref(), instance.key.verifying_key())?;
    let whole =
        format!("{} statements, {} contents, {} signed heads", log.statements, log.contents, log.heads);
    checks.push(Check::of("log, series, contents", log.findings, whole));
    checks.push(projections(&copy.store)?);
    Ok(checks)
}

/// A copy of the database beside it, removed afterwards.
struct Copy {
    folder: std::path::PathBuf,
    store: SqliteStore,
}

impl Copy {
    fn make(store: &SqliteStore, folder: &Folder) -> Result<Self, DoctorError> {
        let place = Folder::at(folder.path().join(format!("doctor-{}", std::process::id())));
        place.create().map_err(|error| DoctorError::Copy(std::io::Error::other(error)))?;
        let copied = store.copy_to(&place.database()).and_then(|()| SqliteStore::open(&place.database()));
        match copied {
            Ok(store) => Ok(Self { folder: place.path().to_owned(), store }),
            Err(error) => {
                drop(std::fs::remove_dir_all(place.path()));
                Err(error.into())
            }
        }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            eprintln!("esep-operator: remove {} by hand, it holds a copy: {error}", self.folder.display());
        }
    }
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|facts| facts.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> bool {
    false
}

fn files(folder: &Folder) -> Check {
    let shares = folder.recovery_shares();
    let private =
        [folder.path().to_owned(), folder.signing_key(), folder.database(), folder.recovery_files()];
    let findings = private
        .iter()
        .chain(&shares)
        .filter(|path| is_open_to_others(path))
        .map(|path| format!("{} is open to other users: chmod go= {0}", path.display()))
        .collect();
    let note = if shares.iter().any(|share| share.exists()) {
        "for their owner only; recovery-1.key and recovery-2.key belong to two officers and not here"
    } else {
        "for their owner only"
    };
    Check::of("files", findings, note)
}

fn settings(config: &Config) -> Check {
    let mut findings = Vec::new();
    if config.tls_cert.is_some() != config.tls_key.is_some() {
        findings.push("tls_cert and tls_key belong together: set both or none".to_owned());
    }
    for path in [&config.tls_cert, &config.tls_key].into_iter().flatten().filter(|path| !path.exists()) {
        findings.push(format!("{} is not there", path.display()));
    }
    if config.tls_cert.is_none() && !config.listen.ip().is_loopback() {
        findings
            .push(format!("{} is not this computer and there is no TLS: `serve` will refuse", config.listen));
    }
    Check::of("settings", findings, format!("listen on {}", config.listen))
}

fn operator_key(instance: &Instance, read: &dyn StoreRead) -> Result<Check, StoreError> {
    let mut findings = Vec::new();
    let stated = match read.facts(&FactQuery::of(Class::Operator))?.last() {
        Some(fact) => fact.content(read)?,
        None => None,
    };
    match stated {
        Some(Content::OperatorKey(stated)) if stated.key == instance.key.verifying_key().to_cose_key() => {}
        Some(_) => {
            findings.push("operator.key is not the key that the log names: restore the right file".into())
        }
        None => findings.push("the log names no operator: run init".into()),
    }
    Ok(Check::of("operator key", findings, instance.key.id().to_string()))
}

fn projections(copy: &SqliteStore) -> Result<Check, StoreError> {
    let before = copy.read()?.projections()?;
    let mut txn = copy.write()?;
    project::rebuild(txn.as_mut())?;
    let after = txn.projections()?;
    drop(txn);
    let mut findings = Vec::new();
    for (what, same) in [
        ("facts", before.facts == after.facts),
        ("keys", before.keys == after.keys),
        ("visits", before.visits == after.visits),
        ("audiences", before.audiences == after.audiences),
    ] {
        if !same {
            findings.push(format!("the {what} differ from what the log gives: run `esep-operator rebuild`"));
        }
    }
    let whole = format!("{} facts, {} visits: equal to a rebuild", after.facts.len(), after.visits.len());
    Ok(Check::of("projections", findings, whole))
}
