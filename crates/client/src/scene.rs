//! A stage for the tests of the use cases: one account on a real encrypted store, made as enrolment makes it, beside an
//! operator in miniature that lives in memory. Nobody answers at its address, so everything here is offline.

mod operator;

use std::sync::Arc;
use std::time::Duration;

use domain::agreement::AgreementKind;
use domain::content::{
    AgreementPublished, CareTeamChanged, DeviceEnrolled, Engagement, Locale, MemberChanged,
    OrganisationChanged, PublishedText, RecordChanged, RecordData, RecordKind, RepresentationBasis,
    RepresentationChanged, Role,
};
use domain::id::{ChildId, DeviceId, OrganisationId, PersonId, PlaceId, RecordId};
use domain::scope::Scope;
use domain::sensitive::Sensitive;
use journal::{SigningKey, codec};
use store::{NewDevice, Store};
use sync::Outbox as _;

use crate::app::App;
use crate::ipc::{AgreementRef, AppState, LocaleCode, Stage, Tick, Unlock};
use crate::pin::Pin;
use crate::ports::{DeviceFacts, Ports};
use crate::testing::{AmpleDisk, CountedEvents, ManualClock, MemorySecrets, ScriptedLocation, SeededRng};
use crate::vault::{AccountId, Vault};
pub(crate) use operator::Operator;

/// 23 November 2026, 10:00 in Astana.
pub(crate) const NOW_MS: i64 = 1_795_410_000_000;
pub(crate) const PIN: &str = "terek-71";
pub(crate) const SPECIALIST: PersonId = PersonId::from_bytes([0x11; 16]);
pub(crate) const PARENT: PersonId = PersonId::from_bytes([0x12; 16]);
pub(crate) const COORDINATOR: PersonId = PersonId::from_bytes([0x13; 16]);
pub(crate) const CHILD: ChildId = ChildId::from_bytes([0x21; 16]);
pub(crate) const SISTER: ChildId = ChildId::from_bytes([0x22; 16]);
pub(crate) const PLACE: PlaceId = PlaceId::from_bytes([0x31; 16]);
pub(crate) const ORGANISATION: OrganisationId = OrganisationId::from_bytes([0x41; 16]);
/// A text of the shape of the agreements: two clauses, three confirmations, of which the second is on geolocation.
const TEXT: &str = "СЫНАҚ КЕЛІСІМІ\n\n1. ЖАЛПЫ ЕРЕЖЕЛЕР\n1.1. Бірінші тармақтың мәтіні.\n1.2. Екінші тармақтың мәтіні.\n\n\
    Растау:\n\n«Кіру» батырмасын басу арқылы мен мыналарды растаймын:\n\n1. Келісім беремін.\n\
    2. Геолокацияның оқылуына келісемін.\n3. Барлығын оқып шықтым.\n";

/// One person with an app of their own.
pub(crate) struct Scene {
    pub(crate) app: App,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) location: Arc<ScriptedLocation>,
    pub(crate) events: Arc<CountedEvents>,
    pub(crate) secrets: Arc<MemorySecrets>,
    pub(crate) account: AccountId,
    pub(crate) ports: Ports,
    pub(crate) folder: tempfile::TempDir,
}

/// What a scene begins with.
pub(crate) struct Setting {
    operator: Operator,
    person: PersonId,
    is_geolocation_optional: bool,
    address: String,
}

impl Setting {
    /// A family with two children at one place, visited by a specialist of one organisation.
    pub(crate) fn of(person: PersonId) -> Self {
        let mut operator = Operator::new();
        let (name_kk, name_ru) = ("Қамқорлық орталығы".into(), "Центр заботы".into());
        operator.state(
            ORGANISATION,
            OrganisationChanged { name_kk, name_ru, bin: "000140000026".into(), active: true },
        );
        for (id, surname, given) in [
            (SPECIALIST, "Қайратова", "Әсел"),
            (PARENT, "Болатов", "Ерлан"),
            (COORDINATOR, "Ғалиева", "Дана"),
        ] {
            operator.state(id, named(RecordKind::Person, surname, given));
        }
        for (id, role) in [(SPECIALIST, Role::Specialist), (COORDINATOR, Role::Coordinator)] {
            let member = MemberChanged {
                organisation: ORGANISATION,
                role,
                engagement: Engagement::Employee,
                position_kk: "Логопед".into(),
                position_ru: "Логопед".into(),
                from_ms: 0,
                to_ms: None,
            };
            operator.state(id, member);
        }
        for (id, given) in [(CHILD, "Нұрлан"), (SISTER, "Аружан")] {
            operator.state(id, named(RecordKind::Child, "Болатов", given));
            let lives = RecordChanged { record: RecordKind::Child, data: RecordData::Lives { place: PLACE } };
            operator.state(id, lives);
            let team = CareTeamChanged {
                person: SPECIALIST,
                organisation: ORGANISATION,
                function: "speech-therapy".into(),
                from_ms: 0,
                to_ms: None,
            };
            operator.state(id, team);
            let representation = RepresentationChanged {
                representative: PARENT,
                basis: RepresentationBasis::Parent,
                from_ms: 0,
                to_ms: None,
            };
            operator.state(id, representation);
        }
        let data = RecordData::Address { label: "Үй, Абай к. 12".into(), region: "KZ-71".into() };
        operator.state(PLACE, RecordChanged { record: RecordKind::Place, data });
        // The discard port: nobody listens.
        let address = "http://127.0.0.1:9".into();
        Self { operator, person, is_geolocation_optional: false, address }
    }

    /// Where nobody answers, but somebody may listen.
    pub(crate) fn at(self, address: String) -> Self {
        Self { address, ..self }
    }

    /// The confirmation on geolocation need not be ticked.
    pub(crate) fn optional_geolocation(mut self) -> Self {
        self.is_geolocation_optional = true;
        self
    }

    /// Something more that the operator knows.
    pub(crate) fn with<T>(mut self, tell: impl FnOnce(&mut Operator) -> T) -> Self {
        tell(&mut self.operator);
        self
    }

    /// The person before the first acceptance; the app is locked.
    pub(crate) async fn enrolled(mut self) -> Scene {
        self.publish(1, 0);
        let folder = tempfile::tempdir().unwrap();
        let (clock, secrets) = (Arc::new(ManualClock::at(NOW_MS)), Arc::new(MemorySecrets::default()));
        let rng = Arc::new(SeededRng::new(self.person.as_bytes()[0].into()));
        let vault = Vault::new(folder.path(), secrets.clone(), clock.clone(), rng.clone());
        let pending = vault.begin("scene").unwrap();
        let store = Store::create(&pending.database, &Sensitive::new(*pending.key.expose())).unwrap();
        self.bind(&store, &*clock, &*rng);
        self.pull(&store);
        vault.complete(&pending, &Pin::typed(PIN.into()), "", &[9; 32], None).unwrap();
        drop(store);
        let (location, events) = (Arc::new(ScriptedLocation::default()), Arc::new(CountedEvents::default()));
        let ports = Ports {
            profile: folder.path().to_owned(),
            location: location.clone(),
            secrets: secrets.clone(),
            clock: clock.clone(),
            rng,
            disk: Arc::new(AmpleDisk),
            facts: DeviceFacts { platform: "linux", is_phone: false, app_version: "0.1.0" },
            events: events.clone(),
        };
        let app = App::new(ports.clone());
        Scene { ports, app, clock, location, events, secrets, account: pending.id, folder }
    }

    /// The person at home: unlocked, with everything ticked and accepted.
    pub(crate) async fn at_home(self) -> Scene {
        let ticks: &[u8] = if self.is_geolocation_optional { &[1, 3] } else { &[1, 2, 3] };
        let scene = self.enrolled().await;
        scene.unlock().await;
        assert_eq!(scene.accept(1, ticks).await.stage, Stage::Home);
        scene
    }

    /// Publishes a version of both agreements.
    fn publish(&mut self, version: u32, effective_from_ms: i64) {
        for (number, document) in [AgreementKind::Subject, AgreementKind::Specialist].into_iter().enumerate()
        {
            let bytes = TEXT.as_bytes();
            let published = AgreementPublished {
                document,
                version,
                effective_from_ms,
                texts: vec![PublishedText {
                    locale: Locale::Kk,
                    sha256: codec::hash(bytes),
                    length_bytes: bytes.len() as u32,
                }],
                optional_confirmations: if self.is_geolocation_optional { vec![2] } else { Vec::new() },
                geolocation_confirmation: Some(2),
            };
            self.operator.state(RecordId::from_bytes([number as u8 + 1 + 16 * version as u8; 16]), published);
        }
    }

    /// Publishes version 2, binding from that moment.
    pub(crate) fn with_version_2_from(mut self, effective_from_ms: i64) -> Self {
        self.publish(2, effective_from_ms);
        self
    }

    fn bind(&mut self, store: &Store, clock: &dyn domain::Clock, rng: &dyn domain::Rng) {
        let key = SigningKey::generate(rng);
        let enrolled = DeviceEnrolled {
            key: key.verifying_key().to_cose_key(),
            activation: "ABCD".into(),
            platform: "linux".into(),
            app_version: "0.1.0".into(),
        };
        let device = NewDevice {
            device: DeviceId::from_bytes([0x61; 16]),
            key,
            operator: self.operator.facts(),
            address: self.address.clone(),
        };
        let sealed = store.begin_device(&device, &enrolled, clock, rng).unwrap();
        assert_eq!(store.bind(&self.operator.enrol(&sealed, self.person)).unwrap(), self.person);
        store.set("sync/last-success", Some(NOW_MS.to_string().as_bytes())).unwrap();
        let text = TEXT.as_bytes();
        store.set(&format!("text/{}", codec::hash(text)), Some(text)).unwrap();
    }

    fn pull(&self, store: &Store) {
        let mut scopes = vec![Scope::Operator, Scope::Person(self.person)];
        scopes.extend([SPECIALIST, PARENT, COORDINATOR].map(Scope::Card));
        scopes.push(Scope::Contact(PARENT));
        scopes.extend([CHILD, SISTER].map(Scope::Child));
        scopes.extend([Scope::Place(PLACE)]);
        scopes.extend(match self.person {
            PARENT => [CHILD, SISTER].map(Scope::Family).to_vec(),
            COORDINATOR => vec![Scope::Organisation(ORGANISATION)],
            _ => [CHILD, SISTER].map(Scope::Team).to_vec(),
        });
        loop {
            let request = store.pull_request(1_000).unwrap();
            let response = self.operator.pull(&request, &scopes);
            let more = response.more;
            let applied = store.apply_pull(&request, response.into()).unwrap();
            assert_eq!(applied.rejected_count, 0);
            if !more {
                return;
            }
        }
    }
}

fn named(record: RecordKind, surname: &str, given: &str) -> RecordChanged {
    let data = RecordData::Name { surname: surname.into(), given: given.into(), patronymic: None };
    RecordChanged { record, data }
}

impl Scene {
    /// Opens the account.
    pub(crate) async fn unlock(&self) -> AppState {
        let request = Unlock { account: self.account.as_str().to_owned(), pin: PIN.into() };
        self.app.unlock(request).await.unwrap()
    }

    /// Reads the due text of a version to its end, ticks these boxes and presses «Кіру».
    pub(crate) async fn accept(&self, version: u32, ticks: &[u8]) -> AppState {
        let document = self.app.agreements_due().await.unwrap()[0].document.clone();
        self.accept_document(&document, version, ticks).await
    }

    /// As [`Self::accept`], of this agreement.
    pub(crate) async fn accept_document(&self, document: &str, version: u32, ticks: &[u8]) -> AppState {
        let document = document.to_owned();
        let reference = AgreementRef { document: document.clone(), version, locale: LocaleCode::Kk };
        self.app.agreement_opened(reference.clone()).await.unwrap();
        self.app.agreement_end_reached(reference.clone()).await.unwrap();
        for &number in ticks {
            let tick = Tick { document: document.clone(), version, number, accepted: true };
            self.app.agreement_ticked(tick).await.unwrap();
        }
        self.app.accept_agreement(reference).await.unwrap()
    }

    /// Waits until something holds; panics when it does not within ten seconds.
    pub(crate) async fn until<F: Future<Output = bool>>(&self, mut holds: impl FnMut() -> F) {
        for _ in 0..1_000 {
            if holds().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it did not happen within ten seconds");
    }
}

mod tests;
