//! The rules of `operator-core` on a backend, from the first statement to a rebuild.

use domain::agreement::AgreementKind;
use domain::content::{
    CareTeamChanged, DeviceBound, DeviceEnrolled, Engagement, Locale, MemberChanged, OperatorKey,
    OrganisationChanged, RecordChanged, RecordData, RecordKind, Role, VisitFinished, VisitOutcome,
    VisitRegistered,
};
use domain::id::{ChildId, DeviceId, OrganisationId, PersonId, RecordId, VisitId};
use domain::{Clock, ContinuousTime, Rng};
use journal::seal::Stamp;
use journal::{Draft, Sealed, SeriesHead, SigningKey, VisitIds, seal};
use operator_core::audit::{Signatures, audit};
use operator_core::authorise::Author;
use operator_core::project::rebuild;
use operator_core::publish::{Publication, publish};
use operator_core::push::{PushItem, PushResponse};
use operator_core::store::Store;
use operator_core::{Operator, push};

struct StoppedClock;

impl Clock for StoppedClock {
    fn utc_ms(&self) -> i64 {
        1_795_000_000_000
    }

    fn offset_min(&self) -> i16 {
        300
    }

    fn continuous(&self) -> ContinuousTime {
        ContinuousTime { epoch: [1; 8], elapsed_ms: 2 }
    }
}

struct NoChance;

impl Rng for NoChance {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0x5a);
    }
}

const PERSON: PersonId = PersonId::from_bytes([1; 16]);
const CHILD: ChildId = ChildId::from_bytes([2; 16]);
const ORGANISATION: OrganisationId = OrganisationId::from_bytes([3; 16]);
const DEVICE: DeviceId = DeviceId::from_bytes([4; 16]);
const TEXT: &str = "КЕЛІСІМ\n\n1. ЖАЛПЫ\n1.1. Мәтін.\n\nРастау:\n\n1. Келісемін.\n";

fn sealed(head: &mut SeriesHead, draft: &Draft, key: &SigningKey) -> Sealed {
    let sealed = seal(draft, head, Stamp::now(&StoppedClock, None), [7; 16], key).unwrap();
    *head = head.after(sealed.id);
    sealed
}

fn item(sealed: &Sealed) -> PushItem {
    let (statement, content) = (sealed.bytes.clone(), sealed.content.clone());
    PushItem { id: sealed.id, seq: sealed.header.seq, statement, content }
}

fn set_up(store: &dyn Store, operator: &Operator<'_>, device: &SigningKey) {
    operator
        .transact(store, |txn| {
            let operator_key = OperatorKey {
                key: operator.key.verifying_key().to_cose_key(),
                recovery_key: vec![1; 32],
                courier_key: vec![1; 32],
                name_kk: "Оператор".into(),
                name_ru: "Оператор".into(),
                bin: "260140999993".into(),
                valid_from_ms: 0,
                recovery_renewed: None,
            };
            operator.state(txn, RecordId::from_bytes([9; 16]), operator_key)?;
            let publication = Publication {
                document: AgreementKind::Specialist,
                locale: Locale::Kk,
                version: 1,
                effective_from_ms: operator.clock.utc_ms(),
                bytes: TEXT.as_bytes(),
                geolocation_optional: false,
            };
            publish(txn, operator, &publication).unwrap();
            let organisation = OrganisationChanged {
                name_kk: "Ұйым".into(),
                name_ru: "Организация".into(),
                bin: "260140999993".into(),
                active: true,
            };
            operator.state(txn, ORGANISATION, organisation)?;
            let name =
                || RecordData::Name { surname: "Тегі".into(), given: "Аты".into(), patronymic: None };
            operator.state(txn, PERSON, RecordChanged { record: RecordKind::Person, data: name() })?;
            operator.state(txn, CHILD, RecordChanged { record: RecordKind::Child, data: name() })?;
            let member = MemberChanged {
                organisation: ORGANISATION,
                role: Role::Specialist,
                engagement: Engagement::Employee,
                position_kk: "Логопед".into(),
                position_ru: "Логопед".into(),
                from_ms: 0,
                to_ms: None,
            };
            operator.state(txn, PERSON, member)?;
            let team = CareTeamChanged {
                person: PERSON,
                organisation: ORGANISATION,
                function: "speech-therapy".into(),
                from_ms: 0,
                to_ms: None,
            };
            operator.state(txn, CHILD, team)?;
            let bound = DeviceBound {
                key: device.verifying_key().to_cose_key(),
                person: PERSON,
                activation: "ABCD".into(),
                issued_by: operator.key.id(),
                bound_at_ms: 1,
                host: None,
            };
            operator.state(txn, DEVICE, bound).map(drop)
        })
        .unwrap();
}

fn items(device: &SigningKey) -> Vec<PushItem> {
    let visit = VisitIds::new(device.id(), 5, &NoChance).fresh();
    let enrolled = DeviceEnrolled {
        key: device.verifying_key().to_cose_key(),
        activation: "ABCD".into(),
        platform: "linux".into(),
        app_version: "test".into(),
    };
    let registered = VisitRegistered {
        child: CHILD,
        specialist: PERSON,
        organisation: ORGANISATION,
        place: None,
        service: "speech-therapy".into(),
        outcome: VisitOutcome::Held,
        started_at_ms: 5,
        finished_at_ms: None,
        offset_min: 300,
        late: None,
        capture: None,
        warned: None,
    };
    let mut head = SeriesHead::EMPTY;
    [
        Draft::new(DEVICE, enrolled),
        Draft::new(visit, registered),
        Draft::new(visit, VisitFinished { finished_at_ms: 9 }),
    ]
    .iter()
    .map(|draft| item(&sealed(&mut head, draft, device)))
    .collect()
}

fn send(store: &dyn Store, operator: &Operator<'_>, device: &SigningKey, items: &[PushItem]) -> PushResponse {
    let key = device.id();
    let checked = push::check_all(items, device.verifying_key());
    let applied = operator
        .transact(store, |txn| {
            let author = Author::Device(Box::new(txn.bound_key(key)?.unwrap()));
            push::apply(txn, &author, key, items, &checked, operator.clock.utc_ms())
        })
        .unwrap();
    push::answer(store.read().unwrap().as_ref(), key, 0, applied.outcomes).unwrap()
}

fn told(store: &dyn Store) -> (SigningKey, Vec<PushItem>, PushResponse) {
    let (key, device) =
        (SigningKey::from_secret(&[1; 32]).unwrap(), SigningKey::from_secret(&[2; 32]).unwrap());
    let operator = Operator { key: &key, clock: &StoppedClock, rng: &NoChance };
    set_up(store, &operator, &device);
    let mut items = items(&device);
    // One that cannot be verified, and one from a branch.
    let mut head = SeriesHead { next_seq: 1, prev: Some(items[0].id) };
    let visit = VisitId::from_bytes([6; 16]);
    items.push(item(&sealed(&mut head, &Draft::new(visit, VisitFinished { finished_at_ms: 1 }), &device)));
    let mut head = SeriesHead { next_seq: 3, prev: Some(items[2].id) };
    let mut broken =
        item(&sealed(&mut head, &Draft::new(visit, VisitFinished { finished_at_ms: 2 }), &device));
    broken.statement[20] ^= 1;
    items.push(broken);
    let response = send(store, &operator, &device, &items);
    (key, items, response)
}

/// Tells the story and gives the operator's key.
pub(crate) fn told_by(store: &dyn Store) -> SigningKey {
    told(store).0
}

pub(crate) fn a_rebuild_equals_what_grew(store: &dyn Store) {
    let (key, ..) = told(store);
    let before = store.read().unwrap().projections().unwrap();
    assert!(before.facts.len() > 4 && before.keys.len() == 1 && before.visits.len() == 1);
    let mut txn = store.write().unwrap();
    rebuild(txn.as_mut()).unwrap();
    assert_eq!(txn.projections().unwrap(), before);
    txn.commit().unwrap();
    let read = store.read().unwrap();
    let found = audit(read.as_ref(), key.verifying_key(), Signatures::Check, &mut |_| ()).unwrap();
    assert_eq!(found.findings, []);
}

pub(crate) fn the_same_push_gets_the_same_answer(store: &dyn Store) {
    let (key, items, first) = told(store);
    let device = SigningKey::from_secret(&[2; 32]).unwrap();
    let operator = Operator { key: &key, clock: &StoppedClock, rng: &NoChance };
    let size = store.read().unwrap().log_size().unwrap();
    let second = send(store, &operator, &device, &items);
    assert_eq!(store.read().unwrap().log_size().unwrap(), size);
    assert_eq!((first.registrations, first.next_seq), (second.registrations, second.next_seq));
}
