//! How every run begins: an operator that is set up, and enrolled devices whose people accepted their agreements. Made
//! once in a process and copied for each run, because enrolment hashes slowly on purpose.
//!
//! [`guest`] adds a grandmother without a phone, for the runs that have other hands.

mod guest;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use client::testing::{ManualClock, SeededRng};
use domain::Clock as _;
use domain::agreement::AgreementKind;
use domain::content::{
    AgreementAccepted, CareTeamChanged, ConfirmationAnswer, DeviceEnrolled, Engagement, EvidenceLevel,
    Locale, RepresentationBasis, RepresentationChanged, Role,
};
use domain::id::{ChildId, DeviceId, Digest, OrganisationId, PersonId, PlaceId};
use journal::{Draft, SigningKey};
use operator::change::{self, Name, NewChild, NewMember, NewPerson, NewPlace};
use operator::issue::{self, Issued};
use operator::setup::{self, DEFAULT_EDITION};
use operator::{Folder, Instance, demo};
use operator_core::enrol;
use sha2::{Digest as _, Sha256};
use store::{NewDevice, Store};
use wire::enrol::EnrolRequest;

use crate::device::{database, database_key};

/// 23 November 2026, 10:00 in Astana.
pub const NOW_MS: i64 = 1_795_410_000_000;
const DAY_MS: i64 = 86_400_000;

/// Who has which device. The first two belong to one person.
pub const DEVICES: [(&str, Who); 5] = [
    ("Asel-laptop", Who::Specialist),
    ("Asel-phone", Who::Specialist),
    ("Berik-phone", Who::Colleague),
    ("parent-phone", Who::Parent),
    ("office-laptop", Who::Coordinator),
];

/// The grandmother's account on the phone of the specialist, in runs that have other hands.
pub const GUEST: usize = DEVICES.len();
/// On whose device it lies.
pub const HOST: usize = 1;

/// The people of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Visits both children; has two devices.
    Specialist,
    /// Visits the second child.
    Colleague,
    /// Represents both children.
    Parent,
    /// Reviews visits of the organisation.
    Coordinator,
    /// Represents both children and has no device.
    Grandmother,
}

/// Ids of a run.
#[derive(Debug, Clone)]
pub struct Cast {
    /// The organisation.
    pub organisation: OrganisationId,
    /// Where both children live.
    pub place: PlaceId,
    /// The children.
    pub children: [ChildId; 2],
    /// Specialist, colleague, parent, coordinator.
    pub people: [PersonId; 4],
}

impl Cast {
    /// The person's id.
    pub fn person(&self, who: Who) -> PersonId {
        self.people[who as usize]
    }
}

/// What runs are copied from.
pub struct Template {
    folder: tempfile::TempDir,
    /// Ids.
    pub cast: Cast,
    devices_count: usize,
}

/// The operator's folder in that of a run.
pub fn operator_folder(run: &Path) -> PathBuf {
    run.join("operator")
}

/// A device's folder in that of a run.
pub fn device_folder(run: &Path, number: usize) -> PathBuf {
    run.join(format!("device-{number}"))
}

impl Template {
    /// The one of this process.
    pub fn get() -> &'static Self {
        static TEMPLATE: OnceLock<Template> = OnceLock::new();
        TEMPLATE.get_or_init(Self::make)
    }

    /// The same with the grandmother's account. `has_host`: the operator says whose device that is, as it must.
    pub fn with_guest(has_host: bool) -> &'static Self {
        static TEMPLATES: [OnceLock<Template>; 2] = [const { OnceLock::new() }; 2];
        TEMPLATES[usize::from(has_host)].get_or_init(|| guest::add(Self::get(), has_host))
    }

    /// Copies all files into the folder of a run.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn copy_to(&self, run: &Path) -> std::io::Result<()> {
        copy(&operator_folder(self.folder.path()), &operator_folder(run))?;
        (0..self.devices_count).try_for_each(|number| {
            copy(&device_folder(self.folder.path(), number), &device_folder(run, number))
        })
    }

    /// Names of the devices, in their order.
    pub fn devices(&self) -> impl Iterator<Item = &'static str> {
        let names = DEVICES.iter().map(|(name, _)| *name).chain(["grandmother-on-Asel-phone"]);
        names.take(self.devices_count)
    }

    fn make() -> Self {
        let folder = tempfile::tempdir().expect("there is a temporary folder");
        let clock = Arc::new(ManualClock::at(NOW_MS - DAY_MS));
        let rng = Arc::new(SeededRng::new(1));
        let operator = Folder::at(operator_folder(folder.path()));
        let instance = setup::init_with(operator, &demo::default_identity(), clock.clone(), rng.clone())
            .expect("an operator can be set up");
        let cast = instance.transact(|txn, operator| people(txn, operator)).expect("people can be added");
        clock.advance_ms(1_000);
        for (number, (_, who)) in DEVICES.iter().enumerate() {
            let folder = device_folder(folder.path(), number);
            std::fs::create_dir(&folder).expect("the folder is new");
            let issued = issue::issue(&instance, cast.person(*who), None).expect("the person has a role");
            enrol_device(&instance, &folder, *who, &issued, number as u8, &clock);
        }
        Self { folder, cast, devices_count: DEVICES.len() }
    }
}

/// Copies what lies in a folder; an index of a log in shared memory is made anew by whoever opens the copy.
///
/// # Errors
/// Those of the file system.
pub fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().ends_with("-shm") {
            std::fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

fn people(
    txn: &mut dyn operator_core::StoreTxn,
    operator: &operator_core::Operator<'_>,
) -> Result<Cast, change::ChangeError> {
    let named =
        |surname: &str, given: &str| Name { surname: surname.into(), given: given.into(), patronymic: None };
    let organisation = change::add_organisation(txn, operator, "Қамқор", "Қамқор", "260140999993")?;
    let address = NewPlace {
        label: "Үй, Абай к. 12".into(),
        region: "KZ-71".into(),
        position: domain::geo::Position::new(511_801_000, 714_460_000).ok(),
        radius_m: 100,
    };
    let place = change::add_place(txn, operator, &address)?;
    let names = [("Қайратова", "Әсел"), ("Серіков", "Берік"), ("Болатов", "Ерлан"), ("Ғалиева", "Дана")];
    let mut people = [PersonId::from_bytes([0; 16]); 4];
    for (person, (surname, given)) in people.iter_mut().zip(names) {
        let new = NewPerson { name: named(surname, given), phone: None, email: None, iin: None };
        *person = change::add_person(txn, operator, &new)?;
    }
    let [specialist, colleague, parent, coordinator] = people;
    for (person, role) in
        [(specialist, Role::Specialist), (colleague, Role::Specialist), (coordinator, Role::Coordinator)]
    {
        let member = NewMember {
            organisation,
            role,
            engagement: Engagement::Employee,
            position_kk: "Логопед".into(),
            position_ru: "Логопед".into(),
            from_ms: None,
        };
        change::add_member(txn, operator, person, &member)?;
    }
    let mut children = [ChildId::from_bytes([0; 16]); 2];
    for (child, given) in children.iter_mut().zip(["Нұрлан", "Аружан"]) {
        let new = NewChild {
            name: named("Болатов", given),
            birth: "2018-07-09".parse().expect("a date"),
            iin: None,
            place: Some(place),
            organisation,
        };
        *child = change::add_child(txn, operator, &new)?;
        let representation = representation(parent, operator.clock.utc_ms(), None);
        change::set_representation(txn, operator, *child, representation)?;
    }
    let cast = Cast { organisation, place, children, people };
    let now_ms = operator.clock.utc_ms();
    for (child, person) in [(0, specialist), (1, specialist), (1, colleague)] {
        change::set_care_team(txn, operator, children[child], care_team(&cast, person, now_ms, None))?;
    }
    Ok(cast)
}

/// A place in a care team.
pub fn care_team(cast: &Cast, person: PersonId, from_ms: i64, to_ms: Option<i64>) -> CareTeamChanged {
    let (organisation, function) = (cast.organisation, "speech-therapy".into());
    CareTeamChanged { person, organisation, function, from_ms, to_ms }
}

/// A parent's representation.
pub fn representation(parent: PersonId, from_ms: i64, to_ms: Option<i64>) -> RepresentationChanged {
    RepresentationChanged { representative: parent, basis: RepresentationBasis::Parent, from_ms, to_ms }
}

fn enrol_device(
    instance: &Instance,
    folder: &Path,
    who: Who,
    issued: &Issued,
    number: u8,
    clock: &ManualClock,
) {
    let rng = SeededRng::new(100 + u64::from(number));
    let store = Store::create(&database(folder), &database_key()).expect("the folder is empty");
    let first = instance.read().expect("it can be read");
    let statement = first.entry(0).expect("it can be read").expect("the log begins").statement;
    let content = first.content(0).expect("it can be read").expect("it is there");
    let key = SigningKey::generate(&rng);
    let device = DeviceId::random(&rng);
    let enrolled = DeviceEnrolled {
        key: key.verifying_key().to_cose_key(),
        activation: issued.code.lookup().into(),
        platform: "linux".into(),
        app_version: "0.1.0".into(),
    };
    let operator = sync::Operator::verify(&statement, &content).expect("the log begins with its key");
    let new = NewDevice { device, key, operator, address: issued.link.address.clone() };
    let sealed = store.begin_device(&new, &enrolled, clock, &rng).expect("the file is new");
    let request = EnrolRequest {
        lookup: issued.code.lookup().into(),
        secret: issued.code.secret().expose().clone(),
        statement: sealed.bytes,
        content: sealed.content,
    };
    let reserved = instance.transact(|txn, _| enrol::reserve(txn, &request)).expect("it can be written");
    let prepared = enrol::prepare(reserved.expect("the code is fresh"), &request).expect("there is memory");
    let enrolled = instance.transact(|txn, operator| enrol::enrol(txn, operator, &prepared));
    let enrolled = enrolled.expect("it can be written").expect("the code is right");
    let answer = enrol::answer(instance.read().expect("it can be read").as_ref(), &enrolled);
    store.bind(&answer.expect("it was registered")).expect("the answer proves it");
    let kind = match who {
        Who::Parent | Who::Grandmother => AgreementKind::Subject,
        Who::Specialist | Who::Colleague | Who::Coordinator => AgreementKind::Specialist,
    };
    let accepted = acceptance(kind, clock.utc_ms());
    let draft = Draft::new(issued.person, accepted);
    store.append_drafts(None, &[draft], clock, &rng).expect("it can be written");
}

fn acceptance(document: AgreementKind, now_ms: i64) -> AgreementAccepted {
    let (_, texts) = DEFAULT_EDITION.iter().find(|(kind, _)| *kind == document).expect("it is published");
    let (locale, bytes) = texts.iter().find(|(locale, _)| *locale == Locale::Kk).expect("it is in Kazakh");
    let text = domain::agreement::parse(document, bytes).expect("it can be structured");
    let ticked = |number| ConfirmationAnswer { number, accepted: true, at_ms: now_ms };
    AgreementAccepted {
        document,
        version: 1,
        locale: *locale,
        sha256: Digest::from_bytes(Sha256::digest(bytes).into()),
        confirmations: text.confirmations.iter().map(|one| ticked(one.number)).collect(),
        opened_at_ms: now_ms,
        end_reached_at_ms: now_ms,
        accepted_at_ms: now_ms,
        evidence_level: EvidenceLevel::L0,
        app_version: "0.1.0".into(),
    }
}
