//! The world of one run: devices, operator, network, and what people were told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use client::testing::{ManualClock, SeededRng};
use domain::Kind;
use domain::id::{PersonId, StatementId, SubjectId};
use journal::{Beacon, Sealed};
use parking_lot::Mutex;
use store::{Appending, StoreError};
use sync::{OutboxError, Refused, Summary, SyncError};

use crate::chance::Chance;
use crate::device::{Device, Number};
use crate::hands::Hands;
use crate::mistake::{self, Mistake};
use crate::network::{self, Line, Network, Shared};
use crate::plan::{OTHER_HANDS, Plan};
use crate::server::Server;
use crate::template::{self, Cast, GUEST, HOST, NOW_MS, Template};
use crate::watched::Watched;

/// A statement of which a person was told that it is saved.
#[derive(Debug, Clone)]
pub struct Said {
    /// By which device.
    pub device: Number,
    /// Its id.
    pub id: StatementId,
    /// What.
    pub kind: Kind,
    /// About what.
    pub subject: SubjectId,
    /// Its file was thrown away before anybody else had it: no program can bring it back.
    pub went_with_the_file: bool,
}

/// A tap on «Келуді тіркеу»: it is one visit, however often it is repeated.
#[derive(Debug, Clone)]
pub struct Tap {
    /// On which device.
    pub device: Number,
    /// Draft id.
    pub request: String,
    /// Of which child, by its place in the cast.
    pub child: usize,
    /// The moment that it names; no other tap names the same.
    pub started_at_ms: i64,
    /// The person was told that it is saved.
    pub is_saved: bool,
    /// The file that knew the draft was thrown away.
    pub is_forgotten: bool,
}

/// Everything of a run.
pub struct World {
    /// Ids.
    pub cast: Cast,
    /// What this run does.
    pub plan: Plan,
    /// The mistake that is planted, if any.
    pub mistake: Option<Mistake>,
    /// Devices.
    pub devices: Vec<Device>,
    /// The operator.
    pub server: Shared,
    /// Between them.
    pub network: Arc<Mutex<Network>>,
    /// Chance of what people do and what happens to them.
    pub chance: Chance,
    /// What happened, a line for each step.
    pub trace: Vec<String>,
    /// What is wrong already.
    pub wrong: Vec<String>,
    /// What people were told to be saved.
    pub said: Vec<Said>,
    /// Taps.
    pub taps: Vec<Tap>,
    /// Who is in whose care team: child, person, since when.
    pub teams: BTreeMap<(usize, PersonId), Option<i64>>,
    /// Erased statements with bytes of what they said, as far as that was there.
    pub erased: BTreeMap<StatementId, Vec<u8>>,
    /// Notes with what they say.
    pub notes: BTreeMap<StatementId, String>,
    /// Devices that are revoked.
    pub revoked: BTreeSet<Number>,
    /// Devices that went on from an older copy of their file.
    pub restored: BTreeSet<Number>,
    /// The heads that each device believed, as far as its file can know them.
    pub beacons: BTreeMap<Number, Vec<Beacon>>,
    /// Those that the copy of a device's file knows.
    pub copied_beacons: BTreeMap<Number, Vec<Beacon>>,
    /// Leaf hashes of the log as it was before the operator went on from an older copy.
    pub lost_log: Option<Vec<domain::id::Digest>>,
    /// Leaf hashes of each log whose end was lost with a disk: an office that does not wait may go on in another one.
    pub lost_disks: Vec<Vec<domain::id::Digest>>,
    /// Whether faults still happen.
    pub is_bad: bool,
    /// What goes through other hands.
    pub hands: Hands,
    folder: tempfile::TempDir,
}

impl World {
    /// The world of a seed at its beginning.
    pub fn new(seed: u64, mistake: Option<Mistake>) -> Self {
        let template = match seed > OTHER_HANDS {
            true => Template::with_guest(mistake != Some(Mistake::GuestUnmarked)),
            false => Template::get(),
        };
        let folder = tempfile::tempdir().expect("there is a temporary folder");
        template.copy_to(folder.path()).expect("there is room");
        let mut chance = Chance::new(seed);
        let plan = Plan::of(seed, &mut chance);
        let operator = template::operator_folder(folder.path());
        let server = Server::start(&operator, NOW_MS, chance.split(), mistake);
        let mut devices: Vec<Device> = Vec::new();
        for (number, name) in template.devices().enumerate() {
            let path = template::device_folder(folder.path(), number);
            let clock = match number {
                GUEST => Arc::clone(&devices[HOST].clock),
                number if plan.other_hands => Arc::new(ManualClock::of_device(NOW_MS, number as u8)),
                _ => Arc::new(ManualClock::at(NOW_MS)),
            };
            let mut device = Device::start(name, &path, clock, chance.split());
            device.forgets_readings = mistake == Some(Mistake::InterruptedForgotten);
            if mistake == Some(Mistake::DeviceWithoutSync) {
                device.disk.lie();
            }
            devices.push(device);
        }
        let cast = template.cast.clone();
        let [specialist, colleague, ..] = cast.people;
        let since = Some(NOW_MS - 86_400_000);
        Self {
            plan,
            mistake,
            devices,
            server: Arc::new(tokio::sync::Mutex::new(server)),
            network: Arc::new(Mutex::new(Network::new(chance.split(), &plan))),
            chance,
            trace: Vec::new(),
            wrong: Vec::new(),
            said: Vec::new(),
            taps: Vec::new(),
            teams: BTreeMap::from([
                ((0, specialist), since),
                ((1, specialist), since),
                ((0, colleague), None),
                ((1, colleague), since),
            ]),
            cast,
            erased: BTreeMap::new(),
            notes: BTreeMap::new(),
            revoked: BTreeSet::new(),
            restored: BTreeSet::new(),
            beacons: BTreeMap::new(),
            copied_beacons: BTreeMap::new(),
            lost_log: None,
            lost_disks: Vec::new(),
            is_bad: true,
            hands: Hands::default(),
            folder,
        }
    }

    /// Writes a line of the trace.
    pub fn tell(&mut self, line: impl Into<String>) {
        self.trace.push(line.into());
    }

    /// A device's name.
    pub fn name(&self, number: Number) -> &'static str {
        self.devices[number].name
    }

    /// A folder for a copy of something.
    pub fn backup(&self, of: &str) -> std::path::PathBuf {
        self.folder.path().join(format!("backup-{of}"))
    }

    /// Lets the device's process end during what comes now, sometimes.
    pub fn endanger(&mut self, number: Number) {
        let one_in = if self.plan.is_prompt { 3 } else { 6 };
        if !self.is_bad || !self.chance.one_in(one_in) {
            return;
        }
        // A commit takes some twenty steps: ends within the first, and ends after several.
        let most = 12 << self.chance.below(5);
        let steps = 1 + self.chance.below(most);
        let device = &mut self.devices[number];
        device.disk.die_after(steps);
        device.cut = network::end(&mut self.chance);
    }

    /// After something that may have ended the device's process.
    pub fn survive(&mut self, number: Number) {
        let device = &mut self.devices[number];
        device.disk.spare();
        if device.disk.is_dead() {
            let how = device.cut.map_or_else(|| "killed".into(), |cut| format!("power cut, {cut:?} gone"));
            let again = if device.crash() { ", ended again at its start" } else { "" };
            let name = device.name;
            self.tell(format!("  {name} ended: {how}{again}"));
            self.still_there(number);
        }
    }

    /// Whatever was called saved is there after any crash (I1).
    pub fn still_there(&mut self, number: Number) {
        let device = &self.devices[number];
        let mine = self.said.iter().filter(|said| said.device == number && !said.went_with_the_file);
        let gone = mine.filter(|said| {
            let there = device.store().read::<_, StoreError>(|reader| reader.transport(said.id));
            !matches!(there, Ok(Some(_)))
        });
        let gone: Vec<String> = gone.map(|said| format!("{:?} {}", said.kind, said.id)).collect();
        for gone in gone {
            self.wrong.push(format!("I1: {} called it saved and lost it: {gone}", self.name(number)));
        }
    }

    /// Somebody does something on a device: the statements, if the person was told that they are saved.
    pub fn act(
        &mut self,
        number: Number,
        request: Option<&str>,
        seal: impl Fn(&mut Appending<'_>, &SeededRng) -> Result<(), StoreError>,
    ) -> Option<Vec<Sealed>> {
        self.endanger(number);
        let device = &self.devices[number];
        let done = device.append(request, |appending| seal(appending, device.rng()));
        let (is_dead, is_full) = (device.disk.is_dead(), device.disk.is_full());
        let saved = match done {
            Ok(appended) => Some(appended),
            Err(StoreError::DiskFull) if is_full => None,
            Err(_) if is_dead => None,
            Err(error) => {
                self.wrong.push(format!("I1: {} refused to save: {error:?}", self.name(number)));
                None
            }
        };
        if let Some(appended) = &saved
            && !appended.repeated
        {
            let said = appended.statements.iter().map(|sealed| Said {
                device: number,
                id: sealed.id,
                kind: sealed.header.kind,
                subject: sealed.header.subject,
                went_with_the_file: false,
            });
            self.said.extend(said);
        }
        if self.mistake == Some(Mistake::ShownApart)
            && let Some(sealed) = saved.iter().flat_map(|appended| &appended.statements).next()
        {
            mistake::show_apart(&self.devices[number], sealed.header.subject);
        }
        self.survive(number);
        saved.map(|appended| appended.statements)
    }

    /// Where a check of the log failed before, a person has it proven, as the app offers.
    async fn have_it_proven(&mut self, number: Number) {
        let store = self.devices[number].store();
        if !matches!(store.read::<_, StoreError>(|reader| reader.distrust()), Ok(Some(_))) {
            return;
        }
        let Ok(sizes) = store.sizes_to_prove() else { return };
        let server = self.server.lock().await;
        let checkpoints: Vec<_> =
            sizes.into_iter().filter_map(|size| Some((size, server.checkpoint(size)?))).collect();
        drop(server);
        let settled = self.devices[number].store().settle(&checkpoints, 0);
        self.tell(format!("{} has the log proven: {settled:?}", self.name(number)));
    }

    /// One sync of a device.
    pub async fn synchronise(&mut self, number: Number) -> Result<Summary, SyncError> {
        self.have_it_proven(number).await;
        self.endanger(number);
        if self.plan.is_prompt && self.is_bad && self.chance.one_in(8) {
            self.devices[number].disk.fill_after(1 + self.chance.below(60));
        }
        let device = &self.devices[number];
        let line = Line {
            network: Arc::clone(&self.network),
            server: Arc::clone(&self.server),
            key: device.key,
            disk: Arc::clone(&device.disk),
        };
        let outbox = Watched {
            store: mistake::outbox(self.mistake, device),
            network: Arc::clone(&self.network),
            disk: Arc::clone(&device.disk),
        };
        let done = sync::synchronise(Arc::new(outbox), &line, Refused::TryAgain, &|_| {}).await;
        if done.is_ok() && self.plan.other_hands {
            self.deliver(number, &line).await;
        }
        drop(line);
        let told = std::mem::take(&mut self.network.lock().told);
        let word = match &done {
            Ok(summary) => format!(
                "sent {}, refused {}, received {}{}",
                summary.registered_count,
                summary.refused_count,
                summary.received_count,
                if summary.revoked { ", revoked" } else { "" }
            ),
            Err(error) => format!("{error}"),
        };
        self.tell(format!("{} syncs: {word} [{}]", self.name(number), told.join(", ")));
        if let Err(error) = &done {
            self.judge(number, error);
        }
        self.network.lock().has_mangled = false;
        self.kept_what_fits(number);
        self.survive(number);
        self.remember_beacon(number);
        done
    }

    /// An honest operator is never found out to be dishonest, and a healthy disk never fails.
    fn judge(&mut self, number: Number, error: &SyncError) {
        let device = &self.devices[number];
        let excused = match error {
            SyncError::Transport(_) => true,
            SyncError::Outbox(OutboxError::Store(_)) => device.disk.is_dead() || device.disk.is_full(),
            SyncError::Outbox(OutboxError::Overtaken) => true,
            SyncError::Outbox(OutboxError::Protocol(_)) if self.network.lock().has_mangled => true,
            SyncError::Outbox(_) | SyncError::Protocol(_) => {
                self.lost_log.is_some() || self.network.lock().lied_to.contains(&device.key)
            }
        };
        if !excused {
            self.wrong.push(format!("I9: {} stops trusting an honest operator: {error}", self.name(number)));
        }
    }

    fn remember_beacon(&mut self, number: Number) {
        let Ok(Some(beacon)) = self.devices[number].store().beacon() else { return };
        let seen = self.beacons.entry(number).or_default();
        if seen.last() != Some(&beacon) {
            seen.push(beacon);
        }
    }
}
