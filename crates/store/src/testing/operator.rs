//! An operator in miniature: a real log with signed heads and proofs, audiences by the domain's rule, scopes by hand.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::convert::Infallible;
use std::sync::atomic::Ordering;

use domain::Kind;
use domain::content::{
    CareTeamChanged, Content, DeviceBound, Engagement, MemberChanged, OperatorKey, OrganisationChanged,
    RecordChanged, RecordData, RecordKind, RepresentationBasis, RepresentationChanged, Role,
};
use domain::flag::Flag;
use domain::id::{DeviceId, Digest, KeyId, PersonId, RecordId, StatementId, SubjectId, VisitId};
use domain::scope::{Addressing, Scope, Sight, VisitParties, audiences};
use journal::merkle::{self, Nodes};
use journal::receipt::TreeHead;
use journal::seal::Stamp;
use journal::{Draft, Sealed, SeriesHead, SigningKey, Statement, codec, seal};
use sync::Operator;
use sync::wire::enrol::{EnrolResponse, Pair};
use sync::wire::pull::{Checkpoint, Content as Bytes, PullItem, PullRequest, PullResponse};
use sync::wire::push::{Outcome, PushItem, PushRequest, PushResponse, Refusal, Registration};

use super::{CHILD, COORDINATOR, NOW_MS, ORGANISATION, PARENT, PLACE, SPECIALIST, TestClock, TestRng};

pub(crate) struct Entry {
    pub(crate) id: StatementId,
    pub(crate) kind: Kind,
    pub(crate) bytes: Vec<u8>,
    pub(crate) content: Option<Vec<u8>>,
    pub(crate) scopes: BTreeMap<Scope, Sight>,
    pub(crate) flags: Vec<Flag>,
}

pub(crate) struct TestOperator {
    pub(crate) key: SigningKey,
    facts: Sealed,
    head: SeriesHead,
    clock: TestClock,
    rng: TestRng,
    pub(crate) log: Vec<Entry>,
    nodes: HashMap<(u8, u64), Digest>,
    persons: HashMap<KeyId, PersonId>,
    series: HashMap<KeyId, SeriesHead>,
    registered: HashMap<StatementId, u64>,
    visits: HashMap<VisitId, VisitParties>,
    pub(crate) scopes: HashMap<PersonId, BTreeSet<Scope>>,
    /// On whose device the next key is bound.
    pub(crate) host: Option<PersonId>,
    /// Statements that are answered with a refusal.
    pub(crate) refuse: BTreeSet<StatementId>,
    /// Ids that were refused once and took their place.
    refused: BTreeSet<StatementId>,
    /// When heads are signed.
    now_ms: i64,
    /// Flags for whatever is registered next.
    pub(crate) flags: Vec<Flag>,
}

struct Complete<'a>(&'a HashMap<(u8, u64), Digest>);

impl Nodes for Complete<'_> {
    type Error = Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Digest, Infallible> {
        Ok(self.0[&(level, index)])
    }
}

fn sure<T>(result: Result<T, Infallible>) -> T {
    result.unwrap_or_else(|never| match never {})
}

impl TestOperator {
    /// An operator with its organisation, a child at a place, a specialist, a parent and a coordinator.
    pub(crate) fn new() -> Self {
        let key = super::signing_key(0x77);
        let (clock, rng) = (TestClock::new(), TestRng::new(0x77));
        let facts = OperatorKey {
            key: key.verifying_key().to_cose_key(),
            recovery_key: vec![1; 32],
            courier_key: vec![1; 32],
            name_kk: "Сынақ операторы".into(),
            name_ru: "Тестовый оператор".into(),
            bin: "000140000018".into(),
            valid_from_ms: 0,
            recovery_renewed: None,
        };
        let stamp = Stamp::now(&clock, None);
        let facts = seal(
            &Draft::new(RecordId::from_bytes([0x70; 16]), facts),
            &SeriesHead::EMPTY,
            stamp,
            [0; 16],
            &key,
        );
        let facts = facts.unwrap();
        let mut operator = Self {
            key,
            head: SeriesHead::EMPTY.after(facts.id),
            facts: facts.clone(),
            clock,
            rng,
            log: Vec::new(),
            nodes: HashMap::new(),
            persons: HashMap::new(),
            series: HashMap::new(),
            registered: HashMap::new(),
            visits: HashMap::new(),
            scopes: HashMap::new(),
            host: None,
            refuse: BTreeSet::new(),
            refused: BTreeSet::new(),
            now_ms: NOW_MS,
            flags: Vec::new(),
        };
        operator.append(&facts.bytes, &facts.content, None);
        operator.populate();
        operator
    }

    fn populate(&mut self) {
        let organisation = OrganisationChanged {
            name_kk: "Қамқорлық орталығы".into(),
            name_ru: "Центр заботы".into(),
            bin: "000140000026".into(),
            active: true,
        };
        self.state(ORGANISATION, organisation);
        for (person, role, surname, given) in [
            (SPECIALIST, Role::Specialist, "Қайратова", "Әсел"),
            (PARENT, Role::Representative, "Болатов", "Ерлан"),
            (COORDINATOR, Role::Coordinator, "Ғалиева", "Дана"),
        ] {
            self.name(RecordKind::Person, person, surname, given);
            let member = MemberChanged {
                organisation: ORGANISATION,
                role,
                engagement: Engagement::Employee,
                position_kk: "Маман".into(),
                position_ru: "Специалист".into(),
                from_ms: 0,
                to_ms: None,
            };
            self.state(person, member);
            let own = [Scope::Operator, Scope::Person(person), Scope::Card(person), Scope::Contact(person)];
            self.scopes.insert(person, own.into());
        }
        self.name(RecordKind::Child, CHILD, "Болатов", "Нұрлан");
        self.change(RecordKind::Child, CHILD, RecordData::Lives { place: PLACE });
        let address = RecordData::Address { label: "Үй, Абай к. 12".into(), region: "KZ-71".into() };
        self.change(RecordKind::Place, PLACE, address);
        let team = CareTeamChanged {
            person: SPECIALIST,
            organisation: ORGANISATION,
            function: "speech-therapy".into(),
            from_ms: 0,
            to_ms: None,
        };
        self.state(CHILD, team);
        let representation = RepresentationChanged {
            representative: PARENT,
            basis: RepresentationBasis::Parent,
            from_ms: 0,
            to_ms: None,
        };
        self.state(CHILD, representation);
        let child = [Scope::Child(CHILD), Scope::Place(PLACE)];
        let cards = [SPECIALIST, PARENT, COORDINATOR].map(Scope::Card);
        for (person, more) in [
            (SPECIALIST, Scope::Team(CHILD)),
            (PARENT, Scope::Family(CHILD)),
            (COORDINATOR, Scope::Organisation(ORGANISATION)),
        ] {
            self.grant(person, child.into_iter().chain(cards).chain([more]));
        }
    }

    /// Sets the clock by which statements and heads are signed from now on.
    pub(crate) fn set_clock(&mut self, now_ms: i64) {
        self.clock.0.store(now_ms, Ordering::Relaxed);
        self.now_ms = now_ms;
    }

    pub(crate) fn grant(&mut self, person: PersonId, scopes: impl IntoIterator<Item = Scope>) {
        self.scopes.entry(person).or_default().extend(scopes);
    }

    pub(crate) fn revoke(&mut self, person: PersonId, scope: Scope) {
        self.scopes.entry(person).or_default().remove(&scope);
    }

    pub(crate) fn name(
        &mut self,
        record: RecordKind,
        subject: impl Into<SubjectId>,
        surname: &str,
        given: &str,
    ) {
        let data = RecordData::Name { surname: surname.into(), given: given.into(), patronymic: None };
        self.change(record, subject, data);
    }

    pub(crate) fn change(&mut self, record: RecordKind, subject: impl Into<SubjectId>, data: RecordData) {
        self.state(subject, RecordChanged { record, data });
    }

    /// A statement of the operator itself.
    pub(crate) fn state(
        &mut self,
        subject: impl Into<SubjectId>,
        content: impl Into<Content>,
    ) -> StatementId {
        let stamp = Stamp::now(&self.clock, None);
        let salt = (&self.rng as &dyn domain::Rng).array();
        let sealed = seal(&Draft::new(subject, content), &self.head, stamp, salt, &self.key).unwrap();
        self.head = self.head.after(sealed.id);
        self.append(&sealed.bytes, &sealed.content, None);
        sealed.id
    }

    /// A statement by a key that no device of the tests has, straight into the log.
    pub(crate) fn state_as(&mut self, key: &SigningKey, draft: &Draft, scopes: &[Scope]) -> StatementId {
        let stamp = Stamp::now(&self.clock, None);
        let head = self.series.entry(key.id()).or_insert(SeriesHead::EMPTY);
        let sealed = seal(draft, head, stamp, [3; 16], key).unwrap();
        *head = head.after(sealed.id);
        self.append(&sealed.bytes, &sealed.content, None);
        let entry = self.log.last_mut().unwrap();
        entry.scopes.extend(scopes.iter().map(|scope| (*scope, Sight::Whole)));
        sealed.id
    }

    /// Binds a key to a person.
    pub(crate) fn bind(&mut self, device: DeviceId, key: &[u8], person: PersonId) {
        let bound = DeviceBound {
            key: key.to_vec(),
            person,
            activation: "ABCD".into(),
            issued_by: self.key.id(),
            bound_at_ms: NOW_MS,
            host: self.host.take(),
        };
        self.state(device, bound);
        self.persons.insert(journal::VerifyingKey::from_cose_key(key).unwrap().id(), person);
    }

    pub(crate) fn facts(&self) -> Operator {
        Operator::verify(&self.facts.bytes, &self.facts.content).unwrap()
    }

    pub(crate) fn enrol(&mut self, enrolled: &Sealed, person: PersonId) -> EnrolResponse {
        let Content::DeviceEnrolled(content) = super::content(enrolled) else { panic!("device-enrolled") };
        let device = enrolled.header.subject;
        self.bind(device.into(), &content.key, person);
        let bound = self.log.last().unwrap();
        let bound = Pair { statement: bound.bytes.clone(), content: bound.content.clone().unwrap() };
        self.append(&enrolled.bytes, &enrolled.content, Some(person));
        self.series.insert(enrolled.header.key, SeriesHead::EMPTY.after(enrolled.id));
        EnrolResponse { bound, registration: self.registration(&[enrolled.id], 0) }
    }

    fn append(&mut self, bytes: &[u8], content: &[u8], author: Option<PersonId>) -> u64 {
        let leaf_index = self.log.len() as u64;
        let statement = Statement::decode(bytes).unwrap();
        let header = statement.header();
        let decoded = codec::decode(header.kind, content).unwrap();
        if let Content::VisitRegistered(visit) = &decoded {
            let parties = VisitParties {
                child: visit.child,
                specialist: author.unwrap_or(visit.specialist),
                organisation: visit.organisation,
            };
            self.visits.insert(header.subject.into(), parties);
        }
        let visit = self.visits.get(&header.subject.into()).copied();
        let addressing = Addressing { author, visit, organisations: vec![ORGANISATION] };
        let mut scopes = BTreeMap::new();
        for (scope, sight) in audiences(header.subject, &decoded, &addressing) {
            let known = scopes.entry(scope).or_insert(sight);
            *known = (*known).max(sight);
        }
        for (level, index, hash) in
            sure(merkle::append(&Complete(&self.nodes), leaf_index, merkle::leaf_hash(bytes)))
        {
            self.nodes.insert((level, index), hash);
        }
        self.registered.insert(statement.id(), leaf_index);
        self.log.push(Entry {
            id: statement.id(),
            kind: header.kind,
            bytes: bytes.to_vec(),
            content: Some(content.to_vec()),
            scopes,
            flags: self.flags.clone(),
        });
        leaf_index
    }

    pub(crate) fn signed_head(&self) -> TreeHead {
        let size = self.log.len() as u64;
        TreeHead::sign(size, sure(merkle::root(&Complete(&self.nodes), size)), self.now_ms / 1_000, &self.key)
    }

    /// Proves statements that lie side by side in the log.
    pub(crate) fn registration(&self, statements: &[StatementId], known_tree_size: u64) -> Registration {
        let head = self.signed_head();
        let first_leaf = self.registered[&statements[0]];
        let count = statements.len() as u64;
        let proof = sure(merkle::range_proof(&Complete(&self.nodes), first_leaf, count, head.tree_size));
        let tree_size = head.tree_size;
        let consistency = sure(merkle::consistency_proof(
            &Complete(&self.nodes),
            known_tree_size.min(tree_size),
            tree_size,
        ));
        Registration { first_leaf, count, head: head.bytes, tree_size, proof, consistency }
    }

    /// Registers a push of an authenticated device.
    pub(crate) fn push(&mut self, request: &PushRequest, device: KeyId) -> PushResponse {
        let items = &request.items;
        let author = self.persons.get(&device).copied();
        let mut outcomes = Vec::new();
        for item in items {
            let series = self.series.get(&device).copied().unwrap_or(SeriesHead::EMPTY);
            let outcome = if let Some(&leaf_index) = self.registered.get(&item.id) {
                Outcome::AlreadyHave { leaf_index, flags: self.log[leaf_index as usize].flags.clone() }
            } else if item.seq > series.next_seq {
                Outcome::Gap { expected_seq: series.next_seq }
            } else if self.refused.contains(&item.id) && !self.refuse.contains(&item.id) {
                // Its place was kept for it, and the series went on.
                let leaf_index = self.append(&item.statement, &item.content, author);
                Outcome::Registered { leaf_index, flags: self.flags.clone() }
            } else if item.seq < series.next_seq && !self.refuse.contains(&item.id) {
                let leaf_index = self.append(&item.statement, &item.content, author);
                Outcome::Fork { leaf_index, flags: vec![Flag::Fork] }
            } else if self.refuse.contains(&item.id) {
                if self.refused.insert(item.id) {
                    self.series.insert(device, SeriesHead { next_seq: item.seq + 1, prev: Some(item.id) });
                }
                Outcome::Refused { reason: Refusal::BadSignature }
            } else {
                let leaf_index = self.append(&item.statement, &item.content, author);
                self.series.insert(device, series.after(item.id));
                Outcome::Registered { leaf_index, flags: self.flags.clone() }
            };
            outcomes.push(outcome);
        }
        let next_seq = self.series.get(&device).map_or(0, |series| series.next_seq);
        let registrations = self.registrations(items, &outcomes, request.known_tree_size);
        PushResponse { registrations, outcomes, next_seq }
    }

    fn registrations(
        &self,
        items: &[PushItem],
        outcomes: &[Outcome],
        known_tree_size: u64,
    ) -> Vec<Registration> {
        let mut leaves: Vec<(u64, StatementId)> = items
            .iter()
            .zip(outcomes)
            .filter(|(_, outcome)| !matches!(outcome, Outcome::Gap { .. } | Outcome::Refused { .. }))
            .map(|(item, _)| (self.registered[&item.id], item.id))
            .collect();
        leaves.sort_unstable();
        let mut ranges: Vec<Vec<(u64, StatementId)>> = Vec::new();
        for leaf in leaves {
            match ranges.last_mut() {
                Some(range) if range.last().is_some_and(|last| last.0 + 1 == leaf.0) => range.push(leaf),
                _ => ranges.push(vec![leaf]),
            }
        }
        let mut largest_size = known_tree_size;
        let mut registrations = Vec::new();
        for range in ranges {
            let ids: Vec<_> = range.into_iter().map(|(_, id)| id).collect();
            registrations.push(self.registration(&ids, largest_size));
            largest_size = largest_size.max(self.log.len() as u64);
        }
        registrations
    }

    /// Answers a pull of a person's device.
    pub(crate) fn pull(&self, request: &PullRequest, person: PersonId) -> PullResponse {
        let scopes = &self.scopes[&person];
        let names = scopes.iter().map(Scope::to_string).collect::<Vec<_>>().join("\n");
        let scopes_version = codec::hash(names.as_bytes());
        let size = self.log.len() as u64;
        let urgent = (request.urgent_cursor..size)
            .filter(|&leaf| self.log[leaf as usize].kind.travels_first())
            .filter_map(|leaf| self.item(leaf, scopes))
            .collect();
        let head = self.signed_head();
        let consistency = merkle::consistency_proof(&Complete(&self.nodes), request.known_tree_size, size);
        let checkpoint =
            Checkpoint { tree_size: size, root: head.root, consistency: sure(consistency), head: head.bytes };
        let mut response = PullResponse {
            scopes_version,
            scopes: None,
            urgent,
            urgent_cursor: size,
            items: Vec::new(),
            cursor: request.cursor,
            backfill_cursor: None,
            behind: None,
            more: true,
            remaining: 0,
            checkpoint: Some(checkpoint),
            lacks_contents: false,
        };
        if request.scopes_version != Some(scopes_version) {
            response.scopes = Some(scopes.iter().copied().collect());
        } else if let Some(backfill) = &request.backfill {
            let gained = scopes.iter().copied().filter(|scope| backfill.scopes.contains(scope)).collect();
            let (items, cursor) = self.page(backfill.cursor, request.cursor, request.limit, &gained, scopes);
            (response.items, response.backfill_cursor) = (items, Some(cursor));
        } else {
            (response.items, response.cursor) =
                self.page(request.cursor, size, request.limit, scopes, scopes);
            response.more = response.cursor < size;
            let left = self.log[response.cursor as usize..].iter();
            let is_held = |entry: &&Entry| entry.scopes.keys().any(|scope| scopes.contains(scope));
            response.remaining = left.filter(is_held).count() as u64;
        }
        response
    }

    fn page(
        &self,
        from: u64,
        to: u64,
        limit: u32,
        within: &BTreeSet<Scope>,
        scopes: &BTreeSet<Scope>,
    ) -> (Vec<PullItem>, u64) {
        let mut items = Vec::new();
        for leaf in from..to {
            if items.len() == limit as usize {
                return (items, leaf);
            }
            if self.log[leaf as usize].scopes.keys().any(|scope| within.contains(scope)) {
                items.extend(self.item(leaf, scopes));
            }
        }
        (items, to)
    }

    fn item(&self, leaf_index: u64, scopes: &BTreeSet<Scope>) -> Option<PullItem> {
        let entry = &self.log[leaf_index as usize];
        let held: Vec<(Scope, Sight)> = entry
            .scopes
            .iter()
            .filter(|(scope, _)| scopes.contains(scope))
            .map(|(s, sight)| (*s, *sight))
            .collect();
        let whole = held.iter().any(|(_, sight)| *sight == Sight::Whole);
        (!held.is_empty()).then(|| PullItem {
            leaf_index,
            statement: entry.bytes.clone(),
            content: entry.content.clone().filter(|_| whole).map(Bytes),
            scopes: held.into_iter().map(|(scope, _)| scope).collect(),
            flags: entry.flags.clone(),
        })
    }
}
