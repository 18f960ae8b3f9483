//! The facade: the open account, getting in and out, and one method for each command of [`crate::ipc`].
//!
//! | Module | Holds |
//! |---|---|
//! | `commands` | the commands: find the open account, call one use case, map the error |

mod commands;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, RwLock};

use crate::account;
use crate::background::Away;
use crate::enrol::Previews;
use crate::errors::{Failure, Result};
use crate::guest::HandedOver;
use crate::ipc::{AccountSummary, AppState, Stage};
use crate::options::Options;
use crate::pin;
use crate::ports::Ports;
use crate::preferences::Kept;
use crate::profile::Hold;
use crate::session::{Session, blocking};
use crate::vault::Vault;

/// How often an app in the background looks whether it is time to lock.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// How long leaving waits for what still reads, before it removes the files.
const LEAVING: Duration = Duration::from_secs(5);

/// The core of the app. Cheap to clone; all clones are the same app.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    ports: Ports,
    options: Options,
    preferences: Kept,
    vault: Arc<Vault>,
    previews: Previews,
    session: RwLock<Option<Arc<Session>>>,
    /// The device is in a guest's hands: of the open account nothing answers but to the guest.
    handed_over: Mutex<Option<HandedOver>>,
    /// Enrolling, unlocking, locking and leaving happen one after another.
    door: tokio::sync::Mutex<()>,
    away: Away,
    /// The profile is this app's alone. Last, because it is let go after all that it protects.
    hold: Hold,
}

impl Drop for Inner {
    /// What runs for the open account ends before the profile is let go.
    fn drop(&mut self) {
        if let Some(session) = self.session.get_mut().take() {
            session.close();
        }
    }
}

impl App {
    /// The app of a profile, on this machine. Opens nothing yet.
    pub fn new(ports: Ports) -> Self {
        Self::with_options(ports, Options::default())
    }

    /// As [`Self::new`], with numbers of one's own.
    pub fn with_options(ports: Ports, options: Options) -> Self {
        let vault = Vault::new(&ports.profile, ports.secrets.clone(), ports.clock.clone(), ports.rng.clone());
        if let Err(error) = std::fs::create_dir_all(&ports.profile) {
            // Every command will say so; the window must open to show it.
            tracing::error!(kind = ?error.kind(), "the profile folder cannot be made");
        }
        let hold = Hold::of(&ports.profile);
        // Not held: the app that has it open sweeps, and each command here says that there is another one.
        if hold.take().is_ok()
            && let Err(failure) = vault.sweep()
        {
            tracing::warn!(%failure, "what an interrupted removal left is still there");
        }
        Self(Arc::new(Inner {
            preferences: Kept::open(&ports.profile),
            vault: Arc::new(vault),
            previews: Previews::default(),
            session: RwLock::default(),
            handed_over: Mutex::default(),
            door: tokio::sync::Mutex::default(),
            away: Away::default(),
            hold,
            options,
            ports,
        }))
    }

    fn session(&self) -> Result<Arc<Session>> {
        self.lock_if_away();
        if self.0.handed_over.lock().is_some() {
            return Err(Failure::Locked);
        }
        self.0.session.read().clone().ok_or(Failure::Locked)
    }

    fn in_guests_hands(&self) -> Result<HandedOver> {
        self.lock_if_away();
        self.0.handed_over.lock().clone().ok_or(Failure::Locked)
    }

    /// The open account, for tests that look behind the commands.
    #[cfg(test)]
    pub(crate) fn open_session(&self) -> Arc<Session> {
        self.session().expect("an account is open")
    }

    /// The file of an account and what opens it, for tests that damage it behind the product's back.
    ///
    /// # Panics
    /// When there is no such account or the PIN is wrong.
    #[cfg(feature = "test-support")]
    pub fn file_and_key(&self, account: &str, pin: &str) -> (std::path::PathBuf, [u8; 32]) {
        let id = crate::vault::AccountId::parse(account).expect("an account");
        let key = self.0.vault.open(&id, &pin::Pin::typed(pin.into())).expect("its PIN");
        (self.0.vault.database(&id), *key.expose())
    }

    async fn state(&self) -> Result<AppState> {
        self.0.hold.take()?;
        let vault = Arc::clone(&self.0.vault);
        let listed = blocking(move || vault.list()).await?;
        let session = self.session().ok();
        let standing = match &session {
            Some(session) => Some(account::standing(session).await?),
            None => None,
        };
        let closed = match self.0.handed_over.lock().is_some() {
            true => Stage::HandedOver,
            false if listed.is_empty() => Stage::Start,
            false => Stage::Locked,
        };
        let facts = &self.0.ports.facts;
        Ok(AppState {
            stage: standing.as_ref().map_or(closed, |standing| standing.stage),
            preferences: self.0.preferences.get(),
            accounts: listed
                .into_iter()
                .map(|account| AccountSummary {
                    id: account.id.as_str().to_owned(),
                    label: account.label,
                    wait_s: account.wait_s,
                    locked_for_good: account.is_locked,
                    is_guest: account.guest.is_some(),
                })
                .collect(),
            account: session.map(|session| session.id.as_str().to_owned()),
            roles: standing.as_ref().map(|standing| standing.roles.clone()).unwrap_or_default(),
            display_name: standing.and_then(|standing| standing.display_name),
            platform: facts.platform.to_owned(),
            app_version: facts.app_version.to_owned(),
            offset_min: self.0.ports.clock.offset_min(),
            pin_min_length: pin::min_length(facts),
            pin_digits_only: facts.is_phone,
            default_address: option_env!("ESEP_DEFAULT_ADDRESS").map(str::to_owned),
        })
    }

    fn admit(&self, session: Arc<Session>) {
        self.0.away.end();
        *self.0.handed_over.lock() = None;
        session.start();
        if let Some(before) = self.0.session.write().replace(session) {
            before.close();
        }
        self.watch_absence();
    }

    fn close(&self) -> Option<Arc<Session>> {
        *self.0.handed_over.lock() = None;
        let session = self.0.session.write().take();
        if let Some(session) = &session {
            session.close();
        }
        session
    }

    /// The window is not in front any more. Some systems say so late or never, so the core looks at its own clock
    /// again with each command.
    pub fn went_to_background(&self) {
        self.0.away.begin(self.0.ports.clock.continuous());
    }

    /// The window is in front again: locks when that took too long.
    pub async fn came_back(&self) {
        self.lock_if_away();
        self.0.away.end();
        if let Ok(session) = self.session() {
            session.sync.kick();
        }
    }

    /// Closes the open account and waits a little until nobody reads its files any more.
    async fn leave_quietly(&self) {
        let Some(session) = self.close() else { return };
        let gone = async {
            while Arc::strong_count(&session) > 1 || Arc::strong_count(&session.store) > 1 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        if tokio::time::timeout(LEAVING, gone).await.is_err() {
            tracing::warn!("something still reads the account that was closed");
        }
        // Closing a database writes; that belongs off the async threads.
        let _ = tokio::task::spawn_blocking(move || drop(session)).await;
    }

    fn lock_if_away(&self) {
        let now = self.0.ports.clock.continuous();
        if self.0.away.is_over(self.0.options.lock_after, now) && self.close().is_some() {
            self.0.ports.events.locked();
        }
    }

    /// Looks at the clock while an account is open, so that it also locks when nobody asks for anything.
    fn watch_absence(&self) {
        let (app, session) = (Arc::downgrade(&self.0), self.0.session.read().clone());
        let Some(session) = session else { return };
        let task = tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK_EVERY).await;
                let Some(inner) = app.upgrade() else { return };
                App(inner).lock_if_away();
            }
        });
        session.keep(task.abort_handle());
    }
}
