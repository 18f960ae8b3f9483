//! Can this installation do its work? Its files, settings, database file and key; and, as `verify` does, its log.

use std::path::Path;

use operator_core::store::{StoreError, StoreRead};
use recovery::Share;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::courier::{self, CourierKeys};
use crate::folder::FolderError;
use crate::renew::{self, KeyOfTime};
use crate::verify::{Extent, Verification, VerifyError, verify};
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
    /// The log.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

/// Examines a folder.
///
/// # Errors
/// [`DoctorError`] when it could not be made; what is wrong is in the checks.
pub fn examine(folder: &Folder) -> Result<Vec<Check>, DoctorError> {
    let instance = Instance::open(folder.clone())?;
    let keys = renew::keys(instance.read()?.as_ref())?;
    let mut checks = vec![files(folder, &keys)?, settings(&instance.config)];
    checks.push(Check::of("database file", instance.store.check_file()?, "whole"));
    checks.push(operator_key(&instance, instance.read()?.as_ref())?);
    let operator = instance.key.verifying_key();
    checks.push(evidence(&verify(&instance.store, folder, operator, Extent::WHOLE, &mut |_| ())?));
    Ok(checks)
}

fn evidence(found: &Verification) -> Check {
    let wrong = found.log.findings.len();
    let findings =
        if wrong == 0 { Vec::new() } else { vec![format!("{wrong} findings: run `esep-operator verify`")] };
    let log = &found.log;
    let whole =
        format!("{} statements, {} contents, {} signed heads", log.statements, log.contents, log.heads);
    Check::of("log", findings, whole)
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

fn files(folder: &Folder, keys: &[KeyOfTime]) -> Result<Check, FolderError> {
    let shares = folder.shares_left()?;
    let private = [
        folder.path().to_owned(),
        folder.signing_key(),
        folder.courier_keys(),
        folder.database(),
        folder.recovery_files(),
    ];
    let findings = private
        .iter()
        .chain(&shares)
        .filter(|path| is_open_to_others(path))
        .map(|path| format!("{} is open to other users: chmod go= {0}", path.display()))
        .collect();
    let mut note = "for their owner only".to_owned();
    for share in &shares {
        note.push_str("; ");
        note.push_str(&reminder(share, keys));
    }
    Ok(Check::of("files", findings, note))
}

/// What to do with a share that lies here.
fn reminder(path: &Path, keys: &[KeyOfTime]) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let text = std::fs::read_to_string(path).map(Zeroizing::new).unwrap_or_default();
    match Share::parse(&text) {
        Ok(share) if !keys.iter().any(|key| key.recovery_key == share.recovery_key()) => {
            format!(
                "{name} is of no recovery key that the log names: a renewal was cut off, or a restored log waits for it"
            )
        }
        _ => format!("{name} belongs to an officer and not here"),
    }
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
    let stated = courier::stated(read)?;
    match stated {
        Some(stated) if stated.key == instance.key.verifying_key().to_cose_key() => {
            let secrets = CourierKeys::of(&instance.folder).read().unwrap_or_default();
            if !secrets.iter().any(|secret| secret.public() == stated.courier_key.as_slice()) {
                findings.push(
                    "courier.keys lacks the secret to which devices seal: restore it, or `courier --renew-key`"
                        .into(),
                );
            }
        }
        Some(_) => {
            findings.push("operator.key is not the key that the log names: restore the right file".into())
        }
        None => findings.push("the log names no operator: run init".into()),
    }
    Ok(Check::of("operator key", findings, instance.key.id().to_string()))
}
