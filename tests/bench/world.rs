//! An organisation with specialists, coordinators and their children; devices whose clock can stand in the past.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use client::ipc::{BeginVisit, OutcomeCode, RegisterVisit, SyncPhase, SyncState};
use client::ports::{Events, LocationSource, Ports, Reading, VisitMoment};
use client::{App, Options};
use domain::content::{CareTeamChanged, Fix, FixSource, UnavailableReason};
use domain::date::Date;
use domain::service_catalogue::SERVICES;
use domain::{Clock, ContinuousTime};
use esep_tests::operator::{Operator, free_port};
use esep_tests::person::{Person, every_visit};
use operator::change::{self, ChangeError, Name, NewChild};
use operator::{Folder, Instance};
use platform::{SystemClock, SystemKeyring, SystemRng};
use tokio::sync::watch;

use crate::line::{self, Counted, Shape};
use crate::raw::Parties;
use crate::road::PUSHES;

/// Children of the specialist: as many as one tap may register.
pub(crate) const CHILDREN: usize = 20;
/// Who accept and pull everything, one after the other: who has accepted once is not asked again.
const COORDINATORS: usize = 7;
/// Names of the many, so that a search finds a part of them.
const SURNAMES: [&str; 5] = ["Әлімов", "Байсеитова", "Ғабитов", "Қуанышева", "Өтегенов"];
const GIVEN: [&str; 8] = ["Айша", "Әлихан", "Дәурен", "Інжу", "Нұрай", "Санжар", "Томирис", "Ұлан"];
/// Over how long the visits of a full device are spread.
const YEARS_MS: i64 = 3 * 365 * 86_400_000;

/// Where every visit takes place.
pub(crate) const DOOR: Fix = Fix {
    lat_e7: 511_607_200,
    lon_e7: 714_706_500,
    accuracy_dm: Some(120),
    fixed_at_ms: None,
    source: FixSource::Gnss,
    mock: Some(false),
};

/// The operator and its organisation.
pub(crate) struct World {
    pub(crate) operator: Operator,
    /// Each with other children; the last one lives in a village.
    specialists: Vec<String>,
    coordinators: Vec<String>,
    organisation: String,
    child: String,
    place: String,
    folder: PathBuf,
}

fn added(dir: &Path, arguments: &[&str]) -> String {
    let json = Operator::command(dir, &[arguments, &["--json"]].concat());
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    value["id"].as_str().expect("an id").to_owned()
}

impl World {
    pub(crate) fn new(folder: &Path) -> Self {
        let dir = folder.join("operator");
        let names = ["--name-kk", "Өлшем", "--name-ru", "Замер", "--bin", "260140999993"];
        Operator::command(&dir, &[&["init"], &names[..]].concat());
        let organisation = added(&dir, &[&["organisation", "add"], &names[..]].concat());
        let since = ["--from", "2020-01-01"];
        let member = |given: &str, role: &str| {
            let person = ["person", "add", "--surname", "Сынақ", "--given", given, "--role", role];
            added(&dir, &[&person[..], &["--organisation", &organisation], &since].concat())
        };
        let specialists = (0..=PUSHES).map(|number| member(&format!("Маман{number}"), "specialist"));
        let specialists: Vec<String> = specialists.collect();
        let coordinators =
            (0..COORDINATORS).map(|number| member(&format!("Үйлестіруші{number}"), "coordinator"));
        let coordinators = coordinators.collect();
        let place = ["place", "add", "--label", "Сынақ көшесі 1", "--region", "KZ-71"];
        let place = added(&dir, &[&place[..], &["--lat", "51.16072", "--lon", "71.47065"]].concat());
        let mut first = None;
        for number in 0..specialists.len() * CHILDREN {
            let given = format!("Бала{number}");
            let person = &specialists[number / CHILDREN];
            let child = ["child", "add", "--surname", "Сынақов", "--given", &given, "--birth", "2016-03-01"];
            let home = ["--lives", &place, "--organisation", &organisation];
            let child = added(&dir, &[&child[..], &home].concat());
            first.get_or_insert_with(|| child.clone());
            let team = ["care-team", "set", "--child", &child, "--person", person];
            let function = ["--organisation", &organisation, "--function", "speech-therapy"];
            Operator::command(&dir, &[&team[..], &function, &since].concat());
        }
        let operator = Operator::start(&dir, free_port());
        let folder = folder.to_owned();
        let child = first.expect("there are children");
        Self { operator, specialists, coordinators, organisation, child, place, folder }
    }

    /// The specialist at the first child.
    pub(crate) fn parties(&self) -> Parties {
        Parties {
            child: self.child.parse().expect("an id"),
            organisation: self.organisation.parse().expect("an id"),
            specialist: self.specialists[0].parse().expect("an id"),
            place: self.place.parse().expect("an id"),
        }
    }

    /// A new device of a specialist, before the agreement.
    pub(crate) async fn specialist(&self, number: usize) -> Device {
        self.device(&self.specialists[number], &format!("specialist-{number}"), Shape::FREE, 0).await
    }

    pub(crate) const fn coordinators_count(&self) -> usize {
        self.coordinators.len()
    }

    /// The first device of a coordinator, before the agreement.
    pub(crate) async fn coordinator(&self, number: usize) -> Device {
        self.device(&self.coordinators[number], &format!("coordinator-{number}"), Shape::FREE, 0).await
    }

    /// Gives the specialist so many more children, while the operator is away.
    pub(crate) fn add_children(&self, count: usize) {
        let instance = Instance::open(Folder::at(self.operator.dir())).expect("the operator's folder");
        let organisation = self.organisation.parse().expect("an id");
        let specialist = self.specialists[0].parse().expect("an id");
        let birth = Date::new(2016, 3, 1).expect("a date");
        let numbers: Vec<usize> = (0..count).collect();
        for batch in numbers.chunks(500) {
            let added = instance.transact::<_, ChangeError>(|txn, operator| {
                for number in batch {
                    let given = format!("{}{number}", GIVEN[number % GIVEN.len()]);
                    let surname = SURNAMES[number / GIVEN.len() % SURNAMES.len()].to_owned();
                    let name = Name { surname, given, patronymic: None };
                    let new = NewChild { name, birth, iin: None, place: None, organisation };
                    let child = change::add_child(txn, operator, &new)?;
                    let team = CareTeamChanged {
                        person: specialist,
                        organisation,
                        function: "speech-therapy".into(),
                        from_ms: 0,
                        to_ms: None,
                    };
                    change::set_care_team(txn, operator, child, team)?;
                }
                Ok(())
            });
            added.expect("children of the organisation");
        }
    }

    /// Another new device of the first coordinator, at the end of a bad line that is cut after so many bytes; 0 is never.
    pub(crate) async fn coordinator_in_a_village(&self, name: &str, cut_after: u64) -> Device {
        self.device(&self.coordinators[0], name, Shape::VILLAGE, cut_after).await
    }

    /// A new device of another specialist, at the end of a bad line, before the agreement.
    pub(crate) async fn specialist_in_a_village(&self) -> Device {
        self.device(&self.specialists[PUSHES], "village-specialist", Shape::VILLAGE, 0).await
    }

    async fn device(&self, person: &str, name: &str, shape: Shape, cut_after: u64) -> Device {
        let (port, counted) = line::open(self.operator.port(), shape).await;
        counted.cut_after(cut_after);
        let address = format!("http://127.0.0.1:{port}");
        let issue = ["activation", "issue", "--person", person, "--address", &address, "--json"];
        let json = Operator::command(self.operator.dir(), &issue);
        let issued: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        let profile = self.folder.join(name);
        std::fs::create_dir_all(&profile).expect("the profile folder can be made");
        let clock =
            Arc::new(ShiftedClock { clock: SystemClock::open(&profile), shift_ms: AtomicI64::new(0) });
        let (person, told) = app(profile, Arc::clone(&clock));
        person.enrol(issued["link"].as_str().expect("a link")).await.expect("the activation code is good");
        Device { person, clock, counted, told }
    }
}

/// The app on a profile, as a start of it makes it.
fn app(profile: PathBuf, clock: Arc<ShiftedClock>) -> (Person, watch::Receiver<Option<SyncState>>) {
    let (screen, told) = watch::channel(None);
    let ports = Ports {
        profile: profile.clone(),
        location: Arc::new(AtTheDoor::default()),
        secrets: Arc::new(SystemKeyring::for_profile(&profile.to_string_lossy())),
        clock,
        rng: Arc::new(SystemRng),
        disk: Arc::new(platform::SystemDisk),
        facts: platform::device::facts(env!("CARGO_PKG_VERSION")),
        events: Arc::new(Screen(screen)),
    };
    // The bench decides when to sync; what the app tries by itself after a tap stays.
    let options = Options { sync_every: Duration::from_secs(3_600), ..Options::default() };
    (Person { app: App::with_options(ports, options), profile }, told)
}

/// One device of a person.
pub(crate) struct Device {
    pub(crate) person: Person,
    pub(crate) counted: Arc<Counted>,
    clock: Arc<ShiftedClock>,
    told: watch::Receiver<Option<SyncState>>,
}

/// One tap.
pub(crate) struct Tap {
    pub(crate) began: Instant,
    pub(crate) took: Duration,
}

impl Device {
    /// Accepts and pulls what there is.
    pub(crate) async fn ready(self) -> Self {
        self.person.accept_all().await;
        self.sync_all().await;
        self
    }

    /// Accepts, and waits until the app tells its screen that the pull which follows by itself is done; how long that took.
    pub(crate) async fn accept_and_wait(&mut self) -> Duration {
        // What the app began when it was bound must not be taken for it.
        self.sync_all().await;
        let began = Instant::now();
        self.person.accept_all().await;
        // A sync that ended before knows nothing of it.
        let accepted_at_ms = self.clock.utc_ms();
        let is_done = |state: &Option<SyncState>| {
            state.as_ref().is_some_and(|state| {
                let is_idle = state.phase == SyncPhase::Idle && state.waiting_count == 0;
                is_idle && state.last_success_ms.is_some_and(|at_ms| at_ms > accepted_at_ms)
            })
        };
        drop(self.told.wait_for(is_done).await.expect("the app runs"));
        began.elapsed()
    }

    /// How many statements it has not handed in.
    pub(crate) async fn waiting_count(&self) -> usize {
        let state = self.person.app.sync_state().await.expect("the account is open");
        usize::try_from(state.waiting_count).unwrap_or(usize::MAX)
    }

    /// How many visits its screens know.
    pub(crate) async fn visits_count(&self) -> usize {
        let page = self.person.app.visits(every_visit()).await.expect("a list of visits");
        usize::try_from(page.total).unwrap_or(usize::MAX)
    }

    /// Registers a visit at one child.
    pub(crate) async fn tap(&self, number: usize) -> Tap {
        let child = self.person.children().await[number % CHILDREN].id.clone();
        let children = vec![child];
        let draft = self.person.app.begin_visit(BeginVisit { children: children.clone() }).await;
        let request = request(draft.expect("a draft").draft_id, children, "speech-therapy");
        let began = Instant::now();
        let registered = self.person.app.register_visit(request).await;
        let took = began.elapsed();
        assert_eq!(registered.expect("registering waits for nothing").visits.len(), 1);
        Tap { began, took }
    }

    /// Registers visits, so many children with each tap, spread over the years before: a person has no more in a day.
    pub(crate) async fn fill(&self, visits: usize, at_once: usize) {
        let children: Vec<String> = self.person.children().await.into_iter().map(|child| child.id).collect();
        let taps = visits.div_ceil(at_once);
        for number in 0..taps {
            let count = at_once.min(visits - number * at_once);
            let step_ms = YEARS_MS / i64::try_from(taps).unwrap_or(i64::MAX);
            let shift_ms = step_ms * i64::try_from(number).unwrap_or(0) - YEARS_MS;
            self.clock.shift_ms.store(shift_ms, Ordering::Relaxed);
            let children = (0..count).map(|nth| children[(number + nth) % children.len()].clone());
            let children: Vec<String> = children.collect();
            let draft = self.person.app.begin_visit(BeginVisit { children: children.clone() }).await;
            let service = SERVICES[number % SERVICES.len()].code;
            let request = request(draft.expect("a draft").draft_id, children, service);
            let registered = self.person.app.register_visit(request).await.expect("registered");
            assert_eq!(registered.visits.len(), count);
        }
        self.clock.shift_ms.store(0, Ordering::Relaxed);
        // The last position may still be on its way to the file.
        tokio::time::sleep(Duration::from_millis(200)).await;
    }

    /// Ends the app and starts it again, before the PIN.
    pub(crate) fn restart(self) -> Self {
        let Self { person, counted, clock, told } = self;
        let profile = person.profile.clone();
        drop((person, told));
        let (person, told) = app(profile, Arc::clone(&clock));
        Self { person, counted, clock, told }
    }

    /// Syncs once, whatever becomes of it.
    pub(crate) async fn try_to_sync(&self) {
        drop(self.person.app.sync_now().await);
    }

    /// Syncs until nothing waits.
    pub(crate) async fn sync_all(&self) {
        loop {
            let state = self.person.app.sync_now().await.expect("the account is open");
            if state.waiting_count == 0 && state.error.is_none() {
                return;
            }
            assert!(state.error.is_none(), "{state:?}");
        }
    }

    /// Where its files lie.
    pub(crate) fn profile(&self) -> &Path {
        &self.person.profile
    }

    /// Bytes of the encrypted files.
    pub(crate) fn disk_bytes(&self) -> usize {
        let size = |file: &PathBuf| std::fs::metadata(file).map_or(0, |metadata| metadata.len());
        let bytes: u64 = files_below(&self.person.profile).iter().map(size).sum();
        usize::try_from(bytes).unwrap_or(usize::MAX)
    }
}

/// Waits until the disk has all that was written, as the system does it by itself within seconds: between two taps of a
/// person lie minutes.
pub(crate) fn flush(folder: &Path) {
    for file in files_below(folder) {
        let flushed = std::fs::File::open(&file).and_then(|file| file.sync_data());
        flushed.expect("a file of the folder");
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of the profile").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

fn request(draft_id: String, children: Vec<String>, service: &str) -> RegisterVisit {
    RegisterVisit {
        draft_id,
        children,
        service: service.into(),
        outcome: OutcomeCode::Held,
        note: None,
        late: None,
    }
}

/// The system's clock, moved.
struct ShiftedClock {
    clock: SystemClock,
    shift_ms: AtomicI64,
}

impl Clock for ShiftedClock {
    fn utc_ms(&self) -> i64 {
        self.clock.utc_ms() + self.shift_ms.load(Ordering::Relaxed)
    }

    fn offset_min(&self) -> i16 {
        self.clock.offset_min()
    }

    fn continuous(&self) -> ContinuousTime {
        // Both clocks of a device that runs through the years go together; nobody sets it.
        let ContinuousTime { epoch, elapsed_ms } = self.clock.continuous();
        let since_ms = YEARS_MS + self.shift_ms.load(Ordering::Relaxed);
        ContinuousTime { epoch, elapsed_ms: elapsed_ms + u64::try_from(since_ms).unwrap_or(0) }
    }
}

/// A location service that knows at once where it is: what it takes is no matter of the product.
#[derive(Default)]
struct AtTheDoor(AtomicI32);

#[async_trait]
impl LocationSource for AtTheDoor {
    async fn readiness(&self) -> Option<UnavailableReason> {
        None
    }

    async fn read(&self, _: &VisitMoment, readings: tokio::sync::mpsc::Sender<Reading>) {
        // No two fixes of a receiver are the same to the last digit: 1e-7 degrees are a centimetre.
        let nth = self.0.fetch_add(1, Ordering::Relaxed);
        let fix = Fix { lat_e7: DOOR.lat_e7 + nth % 997, lon_e7: DOOR.lon_e7 + nth % 1_009, ..DOOR };
        // Whoever asked may have gone already.
        let _ = readings.send(Reading::from(fix)).await;
    }
}

/// Keeps what the app told last about its sync.
struct Screen(watch::Sender<Option<SyncState>>);

impl Events for Screen {
    fn changed(&self) {}
    fn sync(&self, state: &SyncState) {
        self.0.send_replace(Some(state.clone()));
    }
    fn locked(&self) {}
}
