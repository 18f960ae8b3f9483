//! The system's key store: Secret Service, Windows Credential Manager, Apple's keychains, Android's Keystore.
//!
//! The stores block, and the one of Linux drives an executor of its own, which panics when it is entered from within
//! another one. So all requests go to one thread that belongs to no executor, and the caller waits for its answer:
//! milliseconds as a rule, up to [`PATIENCE`] while the system asks the person to unlock the store. Asynchronous
//! code may call it from any thread; where it has more to do meanwhile, it does so through `spawn_blocking`.

mod worker;

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use client::ports::{SecretError, SecretStore};
use data_encoding::HEXLOWER;
use domain::sensitive::Sensitive;
use zeroize::Zeroizing;

use worker::{Answer, Job, Task};

/// How long a person has to unlock the store before the request counts as refused.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// The application's name in the store; debug builds keep theirs apart, so that a developer's run never overwrites
/// the keys of an installed one.
const SERVICE: &str = if cfg!(debug_assertions) { "kz.kte.esep.debug" } else { "kz.kte.esep" };

/// Secrets of one profile folder in the system's key store.
///
/// Secrets are kept as hexadecimal text, because some stores (KDE Wallet) hold nothing but text. An entry is named
/// by the kind of build, the profile and the name of the secret: two profiles never see each other's.
///
/// "There is no such secret" is also the answer of a store that was never unlocked. It is no reason to make a new
/// key beside a database that exists.
#[derive(Debug)]
pub struct SystemKeyring {
    profile: String,
    jobs: mpsc::Sender<Job>,
    patience: Duration,
}

impl SystemKeyring {
    /// The secrets of the profile folder with this id.
    ///
    /// Asks nothing of the store yet. A store that is missing shows itself at the first request.
    pub fn for_profile(profile: &str) -> Self {
        Self { profile: profile.to_owned(), jobs: worker::start(SERVICE), patience: PATIENCE }
    }

    fn ask(&self, name: &str, task: Task) -> Result<Option<Zeroizing<String>>, SecretError> {
        let (answer, answered) = mpsc::sync_channel::<Answer>(1);
        let account = format!("{}/{name}", self.profile);
        let job = Job { account, task, until: Instant::now() + self.patience, answer };
        self.jobs.send(job).map_err(|_| SecretError::Unavailable)?;
        answered.recv_timeout(self.patience).unwrap_or_else(|error| {
            let why = match error {
                RecvTimeoutError::Timeout => "nobody unlocked it in time",
                RecvTimeoutError::Disconnected => "its thread has ended",
            };
            tracing::warn!("the key store does not answer: {why}");
            Err(SecretError::Unavailable)
        })
    }
}

impl SecretStore for SystemKeyring {
    fn get(&self, name: &str) -> Result<Option<Sensitive<Vec<u8>>>, SecretError> {
        let Some(text) = self.ask(name, Task::Get)? else { return Ok(None) };
        // An entry that somebody else has overwritten is not a secret of ours, and not a reason to make a new one.
        let secret = HEXLOWER.decode(text.as_bytes()).map_err(|_| SecretError::Unavailable)?;
        Ok(Some(Sensitive::new(secret)))
    }

    fn set(&self, name: &str, secret: &Sensitive<Vec<u8>>) -> Result<(), SecretError> {
        let text = Zeroizing::new(HEXLOWER.encode(secret.expose()));
        self.ask(name, Task::Set(text.clone()))?;
        let kept = self.ask(name, Task::Get)?;
        if kept.as_ref() == Some(&text) { Ok(()) } else { Err(SecretError::Unavailable) }
    }

    fn remove(&self, name: &str) -> Result<(), SecretError> {
        self.ask(name, Task::Remove).map(|_| ())
    }
}
