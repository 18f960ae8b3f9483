//! One person's client on this machine: the real core, the real key store, the real clock.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use client::ipc::{
    AgreementDue, AgreementRef, BeginVisit, ChildCard, ChildQuery, Enrol, ErrorCode, InspectOperator,
    IpcError, OutcomeCode, RegisterVisit, RegisteredVisits, SortColumn, Stage, SyncState, Tick, Transport,
    Unlock, VisitQuery, VisitView,
};
use client::ports::{Events, LocationSource, Ports};
use client::{App, Options};
use platform::{SystemClock, SystemDisk, SystemKeyring, SystemRng};

/// The PIN of everybody in the tests: as long as a laptop asks for.
pub const PIN: &str = "terek-71";

/// A person with an account folder of their own.
pub struct Person {
    /// The core.
    pub app: App,
    /// Its folder.
    pub profile: PathBuf,
}

struct Silent;

impl Events for Silent {
    fn changed(&self) {}
    fn sync(&self, _: &SyncState) {}
    fn locked(&self) {}
}

/// The location service of this system: GeoClue, if a system bus with one is there.
pub fn system_location() -> Arc<dyn LocationSource> {
    platform::location::system("kz.kte.esep")
}

impl Person {
    /// A client on an empty or existing folder.
    pub fn new(profile: &Path, location: Arc<dyn LocationSource>) -> Self {
        Self::with_options(profile, location, Options::default())
    }

    /// The same with other numbers than the product's.
    pub fn with_options(profile: &Path, location: Arc<dyn LocationSource>, options: Options) -> Self {
        std::fs::create_dir_all(profile).expect("the profile folder can be made");
        let name = profile.to_string_lossy();
        let ports = Ports {
            profile: profile.to_owned(),
            location,
            secrets: Arc::new(SystemKeyring::for_profile(&name)),
            clock: Arc::new(SystemClock::open(profile)),
            rng: Arc::new(SystemRng),
            disk: Arc::new(SystemDisk),
            facts: platform::device::facts(env!("CARGO_PKG_VERSION")),
            events: Arc::new(Silent),
        };
        Self { app: App::with_options(ports, options), profile: profile.to_owned() }
    }

    /// A client that has used its activation link and stands before the agreement.
    pub async fn enrolled(profile: &Path, link: &str) -> Self {
        let person = Self::new(profile, system_location());
        person.enrol(link).await.expect("the activation code is good");
        person
    }

    /// A client that has accepted what there is to accept and is in step with the operator.
    pub async fn ready(profile: &Path, link: &str) -> Self {
        let person = Self::enrolled(profile, link).await;
        person.accept_all().await;
        person.sync().await;
        person
    }

    /// Uses an activation link.
    ///
    /// # Errors
    /// What the core answers.
    pub async fn enrol(&self, link: &str) -> Result<(), IpcError> {
        self.enrol_with(link, PIN).await
    }

    /// The same with a PIN of one's own.
    ///
    /// # Errors
    /// What the core answers.
    pub async fn enrol_with(&self, link: &str, pin: &str) -> Result<(), IpcError> {
        let request = InspectOperator { link: Some(link.into()), address: None, code: None };
        let preview = self.app.inspect_operator(request).await?;
        let enrol = Enrol { preview_id: preview.preview_id, pin: pin.into(), label: String::new() };
        self.app.enrol(enrol).await.map(drop)
    }

    /// The texts that bind and are not accepted, once the first sync has brought them.
    ///
    /// # Panics
    /// When none comes within 20 s although the app stands before the agreement.
    pub async fn texts(&self) -> Vec<AgreementDue> {
        for _ in 0..200 {
            let stage = self.app.app_state().await.expect("a state").stage;
            let mut due = self.app.agreements_due().await.expect("the list of texts");
            due.retain(|text| !text.announced);
            if !due.is_empty() || stage != Stage::Agreement {
                return due;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("no text comes");
    }

    /// Reads to the end, ticks every box and presses «Кіру», for each text that binds.
    pub async fn accept_all(&self) {
        for _ in 0..4 {
            let Some(text) = self.texts().await.into_iter().next() else { return };
            self.accept(&text, |_| true).await;
        }
        panic!("the core asks for an agreement again and again");
    }

    /// Reads one text to its end, ticks the boxes that `ticks` chooses by their number and presses «Кіру».
    ///
    /// # Panics
    /// When the core does not take that.
    pub async fn accept(&self, text: &AgreementDue, ticks: impl Fn(u8) -> bool) {
        let reference =
            AgreementRef { document: text.document.clone(), version: text.version, locale: text.locale };
        self.app.agreement_opened(reference.clone()).await.expect("reading is noted");
        self.app.agreement_end_reached(reference.clone()).await.expect("the end is noted");
        for confirmation in text.text.confirmations.iter().filter(|box_| ticks(box_.number)) {
            let tick = Tick {
                document: text.document.clone(),
                version: text.version,
                number: confirmation.number,
                accepted: true,
            };
            self.app.agreement_ticked(tick).await.expect("a tick is kept");
        }
        self.app.accept_agreement(reference).await.expect("everything is read and ticked");
    }

    /// Opens the account again after a start.
    ///
    /// # Errors
    /// What the core answers.
    pub async fn unlock(&self) -> Result<Stage, IpcError> {
        let state = self.app.app_state().await?;
        let account = state.accounts.first().expect("an account is on this device").id.clone();
        Ok(self.app.unlock(Unlock { account, pin: PIN.into() }).await?.stage)
    }

    /// Syncs until nothing waits.
    ///
    /// # Panics
    /// When it cannot within 30 s.
    pub async fn sync(&self) {
        for _ in 0..60 {
            match self.app.sync_now().await {
                Ok(state) if state.waiting_count == 0 && state.error.is_none() => return,
                Ok(_) => tokio::time::sleep(Duration::from_millis(500)).await,
                Err(error) => panic!("sync: {error:?}"),
            }
        }
        panic!("still waiting: {:?}", self.app.sync_state().await);
    }

    /// Every visit that this person may see, newest first.
    pub async fn visits(&self) -> Vec<VisitView> {
        self.app.visits(every_visit()).await.expect("a list of visits").visits
    }

    /// Registers a visit at a child: two taps.
    ///
    /// # Errors
    /// What the core answers.
    pub async fn visit(&self, children: &[&str], note: Option<&str>) -> Result<RegisteredVisits, IpcError> {
        let children: Vec<String> = children.iter().map(|&child| child.to_owned()).collect();
        let draft = self.app.begin_visit(BeginVisit { children: children.clone() }).await?;
        let request = RegisterVisit {
            draft_id: draft.draft_id,
            children,
            service: draft.service,
            outcome: OutcomeCode::Held,
            note: note.map(str::to_owned),
            late: None,
        };
        self.app.register_visit(request).await
    }

    /// The children that this person may see.
    pub async fn children(&self) -> Vec<ChildCard> {
        self.app.children(every_child()).await.expect("a list of children")
    }
}

/// The children without any filter.
pub fn every_child() -> ChildQuery {
    ChildQuery { search: String::new(), offset: 0, limit: 1_000, role: None }
}

/// The list without any filter.
pub fn every_visit() -> VisitQuery {
    VisitQuery {
        search: String::new(),
        review: None,
        confirmation: None,
        transport: None,
        flagged: false,
        child: None,
        from_ms: None,
        to_ms: None,
        sort: SortColumn::Started,
        descending: true,
        offset: 0,
        limit: 1_000,
        role: None,
    }
}

/// Whether the operator has it.
pub fn is_registered(visit: &VisitView) -> bool {
    visit.transport.state == Transport::Registered
}

/// The code of a failure, for assertions.
pub fn code<T: std::fmt::Debug>(result: Result<T, IpcError>) -> ErrorCode {
    result.expect_err("it must fail").code
}
