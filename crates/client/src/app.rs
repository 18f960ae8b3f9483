//! The facade: one method for each command of [`crate::ipc`]. It finds the open account, calls one use case and maps
//! the error.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::RwLock;

use crate::agreement;
use crate::background::Away;
use crate::enrol::{self, Previews};
use crate::errors::{Failure, Result};
use crate::ipc::{
    AccountSummary, AgreementDue, AgreementRef, AppState, BeginVisit, ChangePin, ChildCard, ChildQuery,
    CodeImage, ConfirmVisit, CorrectVisit, CsvFile, Directory, DisputeVisit, Enrol, FinishVisit,
    InspectOperator, IpcError, LocationMomentView, Me, NoteVisit, OperatorPreview, Preferences,
    RegisterVisit, RegisteredVisits, ReviewVisit, ServiceView, Stage, SyncState, Tick, Today, Unlock,
    VisitDetails, VisitDraft, VisitIds, VisitPage, VisitQuery, VisitRef, VisitView,
};
use crate::options::Options;
use crate::pin::{self, Pin};
use crate::ports::Ports;
use crate::preferences::Kept;
use crate::session::{Session, blocking};
use crate::vault::{AccountId, Vault};
use crate::{
    account, change_visit, children, code_image, confirm_visit, people, readings, register_visit,
    review_visit, sync_loop, visits,
};

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
    /// Enrolling, unlocking, locking and leaving happen one after another.
    door: tokio::sync::Mutex<()>,
    away: Away,
}

type Answer<T> = Result<T, IpcError>;

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
        if let Err(failure) = vault.sweep() {
            tracing::warn!(%failure, "what an interrupted removal left is still there");
        }
        Self(Arc::new(Inner {
            preferences: Kept::open(&ports.profile),
            vault: Arc::new(vault),
            previews: Previews::default(),
            session: RwLock::default(),
            door: tokio::sync::Mutex::default(),
            away: Away::default(),
            options,
            ports,
        }))
    }

    fn session(&self) -> Result<Arc<Session>> {
        self.lock_if_away();
        self.0.session.read().clone().ok_or(Failure::Locked)
    }

    /// The open account, for tests that look behind the commands.
    #[cfg(test)]
    pub(crate) fn open_session(&self) -> Arc<Session> {
        self.session().expect("an account is open")
    }

    async fn state(&self) -> Result<AppState> {
        let vault = Arc::clone(&self.0.vault);
        let listed = blocking(move || vault.list()).await?;
        let session = self.session().ok();
        let standing = match &session {
            Some(session) => Some(account::standing(session).await?),
            None => None,
        };
        let closed = if listed.is_empty() { Stage::Start } else { Stage::Locked };
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
                })
                .collect(),
            account: session.map(|session| session.id.as_str().to_owned()),
            roles: standing.as_ref().map(|standing| standing.roles.clone()).unwrap_or_default(),
            display_name: standing.and_then(|standing| standing.display_name),
            platform: facts.platform.to_owned(),
            app_version: facts.app_version.to_owned(),
            pin_min_length: pin::min_length(facts),
            pin_digits_only: facts.is_phone,
            default_address: option_env!("ESEP_DEFAULT_ADDRESS").map(str::to_owned),
        })
    }

    fn admit(&self, session: Arc<Session>) {
        self.0.away.end();
        session.start();
        if let Some(before) = self.0.session.write().replace(session) {
            before.close();
        }
        self.watch_absence();
    }

    fn close(&self) -> Option<Arc<Session>> {
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

/// The commands; what each is for stands in [`crate::ipc`].
#[expect(clippy::missing_errors_doc, reason = "every command fails with an IpcError, described there")]
impl App {
    /// See [`crate::ipc`].
    pub async fn app_state(&self) -> Answer<AppState> {
        Ok(self.state().await?)
    }

    /// See [`crate::ipc`].
    pub async fn save_preferences(&self, request: Preferences) -> Answer<AppState> {
        self.0.preferences.set(request)?;
        Ok(self.state().await?)
    }

    /// See [`crate::ipc`].
    pub async fn read_code_image(&self, request: CodeImage) -> Answer<String> {
        Ok(blocking(move || code_image::read(&request.image_base64)).await?)
    }

    /// See [`crate::ipc`].
    pub async fn inspect_operator(&self, request: InspectOperator) -> Answer<OperatorPreview> {
        let Inner { previews, options, ports, .. } = &*self.0;
        Ok(enrol::inspect(previews, options, &*ports.rng, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn enrol(&self, request: Enrol) -> Answer<AppState> {
        let Inner { vault, previews, ports, options, .. } = &*self.0;
        let _door = self.0.door.lock().await;
        let session = enrol::enrol(vault, previews, ports, options, request).await?;
        self.admit(session);
        Ok(self.state().await?)
    }

    /// See [`crate::ipc`].
    pub async fn unlock(&self, request: Unlock) -> Answer<AppState> {
        let Inner { vault, ports, options, .. } = &*self.0;
        let _door = self.0.door.lock().await;
        let id = AccountId::parse(&request.account).ok_or(Failure::NotFound)?;
        let is_open = self.0.session.read().as_ref().is_some_and(|session| session.id == id);
        if is_open {
            // One file has one writer: the same account is closed before it is opened again.
            self.leave_quietly().await;
        }
        let session = account::unlock(vault, ports, options, id, Pin::typed(request.pin)).await?;
        self.admit(session);
        Ok(self.state().await?)
    }

    /// See [`crate::ipc`].
    pub async fn lock(&self) -> Answer<AppState> {
        let _door = self.0.door.lock().await;
        self.leave_quietly().await;
        Ok(self.state().await?)
    }

    /// See [`crate::ipc`].
    pub async fn change_pin(&self, request: ChangePin) -> Answer<()> {
        let session = self.session()?;
        let _door = self.0.door.lock().await;
        let (old, new) = (Pin::typed(request.old_pin), Pin::chosen(request.new_pin, &self.0.ports.facts)?);
        let vault = Arc::clone(&self.0.vault);
        Ok(blocking(move || vault.change_pin(&session.id, &old, &new)).await?)
    }

    /// See [`crate::ipc`].
    pub async fn agreements_due(&self) -> Answer<Vec<AgreementDue>> {
        Ok(agreement::due(&self.session()?, self.0.preferences.get().locale.into()).await?)
    }

    /// See [`crate::ipc`].
    pub async fn agreement_opened(&self, request: AgreementRef) -> Answer<()> {
        Ok(agreement::opened(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn agreement_end_reached(&self, request: AgreementRef) -> Answer<()> {
        Ok(agreement::end_reached(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn agreement_ticked(&self, request: Tick) -> Answer<()> {
        Ok(agreement::ticked(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn accept_agreement(&self, request: AgreementRef) -> Answer<AppState> {
        agreement::accept(&self.session()?, request).await?;
        Ok(self.state().await?)
    }

    /// See [`crate::ipc`].
    pub async fn decline_agreement(&self) -> Answer<AppState> {
        let session = self.session()?;
        let _door = self.0.door.lock().await;
        let may_forget = session.read(agreement::may_forget).await?;
        let id = session.id.clone();
        drop(session);
        self.leave_quietly().await;
        if may_forget {
            let vault = Arc::clone(&self.0.vault);
            blocking(move || vault.remove(&id)).await?;
        }
        Ok(self.state().await?)
    }

    /// See [`crate::ipc`].
    pub async fn children(&self, request: ChildQuery) -> Answer<Vec<ChildCard>> {
        Ok(children::list(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn today(&self) -> Answer<Today> {
        Ok(children::today(&self.session()?).await?)
    }

    /// See [`crate::ipc`].
    pub async fn services(&self) -> Answer<Vec<ServiceView>> {
        Ok(children::services())
    }

    /// See [`crate::ipc`].
    pub async fn begin_visit(&self, request: BeginVisit) -> Answer<VisitDraft> {
        Ok(register_visit::begin(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn register_visit(&self, request: RegisterVisit) -> Answer<RegisteredVisits> {
        Ok(register_visit::register(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn undo_visit(&self, request: VisitIds) -> Answer<()> {
        Ok(change_visit::undo(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn finish_visit(&self, request: FinishVisit) -> Answer<VisitView> {
        Ok(change_visit::finish(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn note_visit(&self, request: NoteVisit) -> Answer<VisitView> {
        Ok(change_visit::note(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn correct_visit(&self, request: CorrectVisit) -> Answer<VisitView> {
        Ok(change_visit::correct(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn visit(&self, request: VisitRef) -> Answer<VisitDetails> {
        Ok(visits::details(&self.session()?, visits::visit_id(&request.visit)?).await?)
    }

    /// See [`crate::ipc`].
    pub async fn visits(&self, request: VisitQuery) -> Answer<VisitPage> {
        Ok(visits::page(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn visits_csv(&self, request: VisitQuery) -> Answer<CsvFile> {
        Ok(visits::csv(&self.session()?, &self.0.preferences, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn confirm_visit(&self, request: ConfirmVisit) -> Answer<VisitView> {
        Ok(confirm_visit::confirm(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn dispute_visit(&self, request: DisputeVisit) -> Answer<VisitView> {
        Ok(confirm_visit::dispute(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn review_visit(&self, request: ReviewVisit) -> Answer<VisitView> {
        Ok(review_visit::review(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn adopt_position(&self, request: VisitRef) -> Answer<VisitView> {
        Ok(review_visit::adopt_position(&self.session()?, request).await?)
    }

    /// See [`crate::ipc`].
    pub async fn location_moments(&self) -> Answer<Vec<LocationMomentView>> {
        Ok(readings::list(&self.session()?).await?)
    }

    /// See [`crate::ipc`].
    pub async fn directory(&self) -> Answer<Directory> {
        Ok(people::directory(&self.session()?).await?)
    }

    /// See [`crate::ipc`].
    pub async fn me(&self) -> Answer<Me> {
        let session = self.session()?;
        let label = self.0.vault.label(&session.id)?;
        Ok(people::me(&session, label).await?)
    }

    /// See [`crate::ipc`].
    pub async fn sync_now(&self) -> Answer<SyncState> {
        let session = self.session()?;
        sync_loop::run_once(&session).await;
        Ok(sync_loop::state(&session).await?)
    }

    /// See [`crate::ipc`].
    pub async fn sync_state(&self) -> Answer<SyncState> {
        Ok(sync_loop::state(&self.session()?).await?)
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
}
