//! The thread that talks to the store.

use std::collections::HashMap;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Instant;

use client::ports::SecretError;
use keyring_core::{CredentialStore, Error};
use zeroize::Zeroizing;

/// What a request gave: the text of the secret, or nothing where none was asked for or none is there.
pub(super) type Answer = Result<Option<Zeroizing<String>>, SecretError>;

/// What to do with an entry.
pub(super) enum Task {
    Get,
    Set(Zeroizing<String>),
    Remove,
}

/// One request.
pub(super) struct Job {
    pub(super) account: String,
    pub(super) task: Task,
    /// Afterwards nobody waits for the answer any more, and nothing may change behind the caller's back.
    pub(super) until: Instant,
    pub(super) answer: mpsc::SyncSender<Answer>,
}

/// Starts the thread; it ends with the last sender. Where no thread can be started, each request finds nobody.
pub(super) fn start(service: &'static str) -> mpsc::Sender<Job> {
    let (jobs, waiting) = mpsc::channel();
    let started = thread::Builder::new().name("key store".to_owned()).spawn(move || serve(service, &waiting));
    if let Err(error) = started {
        tracing::warn!(kind = ?error.kind(), "the thread of the key store did not start");
    }
    jobs
}

fn serve(service: &str, waiting: &mpsc::Receiver<Job>) {
    let mut store = None;
    for job in waiting {
        if Instant::now() >= job.until {
            continue;
        }
        let answer = answer(&mut store, service, &job);
        // A caller that stopped waiting has been told "unavailable" already.
        let _ = job.answer.send(answer);
    }
}

fn answer(store: &mut Option<Arc<CredentialStore>>, service: &str, job: &Job) -> Answer {
    let was_open = store.is_some();
    let mut result = attempt(store, service, job);
    if was_open && matches!(result, Err(Error::PlatformFailure(_))) {
        // The service was restarted: what was agreed with the old one is void, the entries are not.
        *store = None;
        result = attempt(store, service, job);
    }
    match result {
        Ok(text) => Ok(text),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => {
            tracing::warn!(reason = reason(&error), "the key store did not do what it was asked");
            *store = None;
            Err(SecretError::Unavailable)
        }
    }
}

fn attempt(
    store: &mut Option<Arc<CredentialStore>>,
    service: &str,
    job: &Job,
) -> keyring_core::Result<Option<Zeroizing<String>>> {
    let store = match store {
        Some(store) => store,
        None => store.insert(open()?),
    };
    let entry = store.build(service, &job.account, modifiers().as_ref())?;
    match &job.task {
        Task::Get => {
            let secret = Zeroizing::new(entry.get_secret()?);
            let text = std::str::from_utf8(&secret)
                .map_err(|error| Error::BadDataFormat(Vec::new(), error.into()))?;
            Ok(Some(Zeroizing::new(text.to_owned())))
        }
        Task::Set(text) => entry.set_secret(text.as_bytes()).map(|()| None),
        Task::Remove => entry.delete_credential().map(|()| None),
    }
}

#[cfg(target_os = "linux")]
fn open() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(windows)]
fn open() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(windows_native_keyring_store::Store::new()?)
}

/// The login keychain: the protected one wants a provisioning profile, which a build from source does not have.
#[cfg(target_os = "macos")]
fn open() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(target_os = "ios")]
fn open() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(apple_native_keyring_store::protected::Store::new()?)
}

/// Needs the application context, which the shell of a phone sets before anything of ours runs.
#[cfg(target_os = "android")]
fn open() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(android_native_keyring_store::Store::new()?)
}

/// What a person reads in the list of secrets of the desktop.
#[cfg(target_os = "linux")]
fn modifiers() -> Option<HashMap<&'static str, &'static str>> {
    Some(HashMap::from([("label", "ESEP.OTAN-MEKTEP")]))
}

#[cfg(not(target_os = "linux"))]
fn modifiers() -> Option<HashMap<&'static str, &'static str>> {
    None
}

/// A word for the log. The store's own text may quote what it found, so it is not written down.
fn reason(error: &Error) -> &'static str {
    match error {
        Error::PlatformFailure(_) => "failed",
        Error::NoStorageAccess(_) => "locked",
        Error::Ambiguous(_) => "several entries of one name",
        Error::BadEncoding(_) | Error::BadDataFormat(..) | Error::BadStoreFormat(_) => "damaged",
        _ => "refused",
    }
}
