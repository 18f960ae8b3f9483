//! A small organisation, and devices that sign.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use domain::agreement::AgreementKind;
use domain::content::{
    AgreementAccepted, CaptureEnd, CareTeamChanged, ConfirmationAnswer, DeviceBound, DeviceEnrolled,
    Engagement, EvidenceLevel, Fix, FixSource, Locale, LocationMoment, LocationOutcome, MemberChanged,
    OperatorKey, OrganisationChanged, RecordChanged, RecordData, RecordKind, RepresentationBasis,
    RepresentationChanged, Role, VisitLocated, VisitOutcome, VisitRegistered,
};
use domain::flag::Flag;
use domain::id::{
    CaptureId, ChildId, DeviceId, OrganisationId, PersonId, PlaceId, RecordId, SubjectId, VisitId,
};
use domain::scope::{Scope, Sight};
use domain::{Clock, Content, ContinuousTime, Rng};
use journal::seal::Stamp;
use journal::{Beacon, Draft, Sealed, SeriesHead, SigningKey, VisitIds, seal};
use operator_core::authorise::Author;
use operator_core::memory::MemoryStore;
use operator_core::operator::Stated;
use operator_core::publish::{Publication, Published, publish};
use operator_core::store::Store as _;
use operator_core::{Operator, push};
use sha2::{Digest as _, Sha256};
use wire::push::{Outcome, PushItem, PushResponse};

pub(crate) const DAY_MS: i64 = 86_400_000;

/// When the world begins.
pub(crate) const BEGAN_MS: i64 = 1_795_000_000_000;

pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn utc_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    fn offset_min(&self) -> i16 {
        300
    }

    fn continuous(&self) -> ContinuousTime {
        ContinuousTime { epoch: [7; 8], elapsed_ms: (self.utc_ms() - BEGAN_MS).unsigned_abs() }
    }
}

/// Chance that is the same in each run.
pub(crate) struct TestRng(AtomicU64);

impl Rng for TestRng {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let number = self.0.fetch_add(1, Ordering::SeqCst);
            chunk.copy_from_slice(&Sha256::digest(number.to_be_bytes())[..chunk.len()]);
        }
    }
}

pub(crate) const TEXT: &str = "КЕЛІСІМ\n\n1. ЖАЛПЫ ЕРЕЖЕЛЕР\n1.1. Бұл мәтін сынақ үшін жазылды.\n1.2. Екінші тармақ.\n\n\
    Растау:\n\n1. Шарттармен таныстым.\n2. Геолокациямның тіркелуіне келісемін.\n";

pub(crate) struct World {
    pub(crate) store: MemoryStore,
    pub(crate) key: SigningKey,
    pub(crate) clock: TestClock,
    pub(crate) rng: TestRng,
    pub(crate) organisation: OrganisationId,
    pub(crate) specialist: PersonId,
    pub(crate) colleague: PersonId,
    pub(crate) coordinator: PersonId,
    pub(crate) parent: PersonId,
    pub(crate) child: ChildId,
    pub(crate) other_child: ChildId,
    pub(crate) place: PlaceId,
}

impl World {
    /// An audit of the log with everything, by this operator's key.
    pub(crate) fn audit(&self, operator: &journal::VerifyingKey) -> operator_core::audit::Audit {
        use operator_core::audit::{Signatures, audit};
        audit(self.store.read().unwrap().as_ref(), operator, Signatures::Check, &mut |_| ()).unwrap()
    }

    /// Agreements are published; nobody has accepted. The specialist is in the team of `child`, the colleague in that
    /// of `other_child`; the parent represents `child`.
    pub(crate) fn new() -> Self {
        let rng = TestRng(AtomicU64::new(0));
        let key = SigningKey::generate(&rng);
        let world = Self {
            store: MemoryStore::default(),
            clock: TestClock(AtomicI64::new(BEGAN_MS)),
            organisation: OrganisationId::random(&rng),
            specialist: PersonId::random(&rng),
            colleague: PersonId::random(&rng),
            coordinator: PersonId::random(&rng),
            parent: PersonId::random(&rng),
            child: ChildId::random(&rng),
            other_child: ChildId::random(&rng),
            place: PlaceId::random(&rng),
            key,
            rng,
        };
        let operator_key = OperatorKey {
            key: world.key.verifying_key().to_cose_key(),
            recovery_key: vec![1; 32],
            courier_key: vec![1; 32],
            name_kk: "Оператор".into(),
            name_ru: "Оператор".into(),
            bin: "260140999993".into(),
            valid_from_ms: 0,
            recovery_renewed: None,
        };
        world.state(RecordId::random(&world.rng), operator_key);
        for document in [AgreementKind::Subject, AgreementKind::Specialist] {
            world.publish(document, Locale::Kk, 1, world.clock.utc_ms(), TEXT).unwrap();
        }
        world.people();
        world.clock.advance(1_000);
        world
    }

    fn people(&self) {
        let organisation = OrganisationChanged {
            name_kk: "Қамқор".into(),
            name_ru: "Қамқор".into(),
            bin: "260140999993".into(),
            active: true,
        };
        self.state(self.organisation, organisation);
        for person in [self.specialist, self.colleague, self.coordinator, self.parent] {
            self.record(RecordKind::Person, person, name("Тегі"));
            self.record(
                RecordKind::Person,
                person,
                RecordData::Contact { phone: None, email: Some("a@b".into()) },
            );
        }
        self.member(self.specialist, Role::Specialist, None);
        self.member(self.colleague, Role::Specialist, None);
        self.member(self.coordinator, Role::Coordinator, None);
        for child in [self.child, self.other_child] {
            let (organisation, from_ms) = (self.organisation, self.clock.utc_ms());
            self.record(RecordKind::Child, child, name("Бала"));
            self.record(RecordKind::Child, child, RecordData::Identifier { iin: "180709599993".into() });
            self.record(RecordKind::Child, child, RecordData::Served { organisation, from_ms, to_ms: None });
        }
        self.record(RecordKind::Child, self.child, RecordData::Lives { place: self.place });
        let address = RecordData::Address { label: "Үй".into(), region: "KZ-71".into() };
        self.record(RecordKind::Place, self.place, address);
        self.team(self.child, self.specialist, None);
        self.team(self.other_child, self.colleague, None);
        let representation = RepresentationChanged {
            representative: self.parent,
            basis: RepresentationBasis::Parent,
            from_ms: self.clock.utc_ms(),
            to_ms: None,
        };
        self.state(self.child, representation);
    }

    pub(crate) fn operator(&self) -> Operator<'_> {
        Operator { key: &self.key, clock: &self.clock, rng: &self.rng }
    }

    pub(crate) fn state(&self, subject: impl Into<SubjectId>, content: impl Into<Content>) -> Stated {
        let operator = self.operator();
        operator.transact(&self.store, |txn| operator.state(txn, subject, content)).unwrap()
    }

    pub(crate) fn record(
        &self,
        record: RecordKind,
        subject: impl Into<SubjectId>,
        data: RecordData,
    ) -> Stated {
        self.state(subject, RecordChanged { record, data })
    }

    pub(crate) fn member(&self, person: PersonId, role: Role, to_ms: Option<i64>) {
        let member = MemberChanged {
            organisation: self.organisation,
            role,
            engagement: Engagement::Employee,
            position_kk: "Логопед".into(),
            position_ru: "Логопед".into(),
            from_ms: self.clock.utc_ms() - DAY_MS,
            to_ms,
        };
        self.state(person, member);
    }

    pub(crate) fn team(&self, child: ChildId, person: PersonId, to_ms: Option<i64>) {
        let team = CareTeamChanged {
            person,
            organisation: self.organisation,
            function: "speech-therapy".into(),
            from_ms: self.clock.utc_ms() - DAY_MS,
            to_ms,
        };
        self.state(child, team);
    }

    pub(crate) fn publish(
        &self,
        document: AgreementKind,
        locale: Locale,
        version: u32,
        effective_from_ms: i64,
        text: &str,
    ) -> Result<Published, operator_core::publish::PublishError> {
        let publication = Publication {
            document,
            locale,
            version,
            effective_from_ms,
            bytes: text.as_bytes(),
            geolocation_optional: false,
        };
        let operator = self.operator();
        operator.transact(&self.store, |txn| publish(txn, &operator, &publication))
    }

    /// A bound device of a person, its `device-enrolled` registered.
    pub(crate) fn device(&self, person: PersonId) -> Device<'_> {
        self.device_of(person, None)
    }

    /// The same; with a host it lies on that person's device.
    pub(crate) fn device_of(&self, person: PersonId, host: Option<PersonId>) -> Device<'_> {
        let key = SigningKey::generate(&self.rng);
        let id = DeviceId::random(&self.rng);
        let bound = DeviceBound {
            key: key.verifying_key().to_cose_key(),
            person,
            activation: "ABCD".into(),
            issued_by: self.key.id(),
            bound_at_ms: self.clock.utc_ms(),
            host,
        };
        self.state(id, bound);
        let mut device = Device { world: self, key, id, person, series: SeriesHead::EMPTY, beacon: None };
        let enrolled = DeviceEnrolled {
            key: device.key.verifying_key().to_cose_key(),
            activation: "ABCD".into(),
            platform: "linux".into(),
            app_version: "test".into(),
        };
        assert_eq!(device.say(id, enrolled), []);
        device
    }

    /// A device whose person accepted a text.
    pub(crate) fn ready(&self, person: PersonId, document: AgreementKind) -> Device<'_> {
        self.ready_of(person, None, document)
    }

    /// The same; with a host it lies on that person's device.
    pub(crate) fn ready_of(
        &self,
        person: PersonId,
        host: Option<PersonId>,
        document: AgreementKind,
    ) -> Device<'_> {
        let mut device = self.device_of(person, host);
        let accepted = self.acceptance(document, 1, TEXT);
        assert_eq!(device.say(person, accepted), []);
        device
    }

    pub(crate) fn acceptance(&self, document: AgreementKind, version: u32, text: &str) -> AgreementAccepted {
        let at_ms = self.clock.utc_ms();
        let tick = |number| ConfirmationAnswer { number, accepted: true, at_ms };
        AgreementAccepted {
            document,
            version,
            locale: Locale::Kk,
            sha256: domain::id::Digest::from_bytes(Sha256::digest(text).into()),
            confirmations: vec![tick(1), tick(2)],
            opened_at_ms: at_ms,
            end_reached_at_ms: at_ms,
            accepted_at_ms: at_ms,
            evidence_level: EvidenceLevel::L0,
            app_version: "test".into(),
        }
    }

    /// A visit that begins now, a quarter of an hour after the one before: two of one child at once are a duplicate.
    pub(crate) fn visit_by(&self, specialist: PersonId, child: ChildId) -> VisitRegistered {
        self.clock.advance(15 * 60_000);
        VisitRegistered {
            child,
            specialist,
            organisation: self.organisation,
            place: Some(self.place),
            service: "speech-therapy".into(),
            outcome: VisitOutcome::Held,
            started_at_ms: self.clock.utc_ms(),
            finished_at_ms: None,
            offset_min: 300,
            late: None,
            capture: Some(CaptureId::random(&self.rng)),
            warned: None,
        }
    }
}

pub(crate) fn name(surname: &str) -> RecordData {
    RecordData::Name { surname: surname.into(), given: "Аты".into(), patronymic: None }
}

pub(crate) fn item(sealed: &Sealed) -> PushItem {
    let (statement, content) = (sealed.bytes.clone(), sealed.content.clone());
    PushItem { id: sealed.id, seq: sealed.header.seq, statement, content }
}

pub(crate) struct Device<'w> {
    pub(crate) world: &'w World,
    pub(crate) key: SigningKey,
    pub(crate) id: DeviceId,
    pub(crate) person: PersonId,
    pub(crate) series: SeriesHead,
    pub(crate) beacon: Option<Beacon>,
}

impl Device<'_> {
    /// The id of a visit that this device registers.
    pub(crate) fn visit_id(&self) -> VisitId {
        VisitIds::new(self.key.id(), self.world.clock.utc_ms(), &self.world.rng).fresh()
    }

    /// Both clocks now, in an epoch of this device's own.
    pub(crate) fn stamp(&self) -> Stamp {
        let stamp = Stamp::now(&self.world.clock, self.beacon);
        let mut epoch = [0; 8];
        epoch.copy_from_slice(&self.id.as_bytes()[..8]);
        Stamp { continuous: ContinuousTime { epoch, ..stamp.continuous }, ..stamp }
    }

    pub(crate) fn seal_at(
        &self,
        head: SeriesHead,
        subject: impl Into<SubjectId>,
        content: impl Into<Content>,
    ) -> Sealed {
        let rng: &dyn Rng = &self.world.rng;
        let stamp = self.stamp();
        seal(&Draft::new(subject, content), &head, stamp, rng.array(), &self.key).unwrap()
    }

    pub(crate) fn seal(&mut self, subject: impl Into<SubjectId>, content: impl Into<Content>) -> Sealed {
        let sealed = self.seal_at(self.series, subject, content);
        self.series = self.series.after(sealed.id);
        sealed
    }

    pub(crate) fn push(&self, items: &[PushItem]) -> PushResponse {
        let (world, key) = (self.world, self.key.id());
        let known_tree_size = self.beacon.map_or(0, |beacon| beacon.tree_size);
        let operator = world.operator();
        let checked = push::check_all(items, self.key.verifying_key());
        let applied = operator
            .transact(&world.store, |txn| {
                let author = Author::Device(Box::new(txn.bound_key(key)?.unwrap()));
                push::apply(txn, &author, key, items, &checked, operator.clock.utc_ms())
            })
            .unwrap();
        push::answer(world.store.read().unwrap().as_ref(), key, known_tree_size, applied.outcomes).unwrap()
    }

    /// Verifies the latest head of the log, as a pull does.
    pub(crate) fn sees_the_log(&mut self) {
        let head = self.world.store.read().unwrap().latest_head().unwrap().unwrap();
        self.beacon = Some(Beacon { tree_size: head.tree_size, root: head.root });
    }

    /// Seals, pushes, and gives the flags of what was registered.
    pub(crate) fn say(&mut self, subject: impl Into<SubjectId>, content: impl Into<Content>) -> Vec<Flag> {
        let sealed = self.seal(subject, content);
        self.deliver(&sealed)
    }

    /// Pushes what was sealed before, and gives the flags of what was registered.
    pub(crate) fn deliver(&self, sealed: &Sealed) -> Vec<Flag> {
        match self.push(&[item(sealed)]).outcomes.remove(0) {
            Outcome::Registered { flags, .. } => flags,
            other => panic!("not registered: {other:?}"),
        }
    }
}

pub(crate) fn located(outcome: LocationOutcome) -> VisitLocated {
    VisitLocated {
        capture: CaptureId::from_bytes([1; 16]),
        moment: LocationMoment::Registered,
        outcome,
        began_at_ms: 0,
        ended_at_ms: 1,
        ended_by: CaptureEnd::GoodFix,
    }
}

pub(crate) fn fix(lat_e7: i32) -> LocationOutcome {
    LocationOutcome::Fix(Fix {
        lat_e7,
        lon_e7: 714_704_000,
        accuracy_dm: Some(100),
        fixed_at_ms: None,
        source: FixSource::Unknown,
        mock: None,
    })
}

pub(crate) fn audiences_of_last(world: &World) -> Vec<(Scope, Sight)> {
    let read = world.store.read().unwrap();
    read.audiences(read.log_size().unwrap() - 1).unwrap()
}

pub(crate) fn visit(device: &mut Device<'_>) -> VisitId {
    let (id, content) = (device.visit_id(), device.world.visit_by(device.person, device.world.child));
    assert_eq!(device.say(id, content), []);
    id
}
