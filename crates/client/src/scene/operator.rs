//! An operator in miniature: a log in memory with real signatures and proofs.

use std::collections::HashMap;
use std::convert::Infallible;

use domain::content::{Content, DeviceBound, OperatorKey};
use domain::id::{DeviceId, Digest, PersonId, RecordId, SubjectId, VisitId};
use domain::scope::{Addressing, Scope, VisitParties, audiences};
use domain::{Clock as _, Rng};
use journal::merkle::{self, Nodes};
use journal::receipt::TreeHead;
use journal::seal::Stamp;
use journal::{Draft, Sealed, SeriesHead, SigningKey, Statement, codec, seal};
use wire::enrol::{EnrolResponse, Pair};
use wire::pull::{Checkpoint, Content as Bytes, PullItem, PullRequest, PullResponse};
use wire::push::Registration;

use super::NOW_MS;
use crate::testing::{ManualClock, SeededRng};

struct Leaf {
    statement: Vec<u8>,
    content: Vec<u8>,
    scopes: Vec<Scope>,
}

/// The operator.
pub(crate) struct Operator {
    key: SigningKey,
    facts: Sealed,
    clock: ManualClock,
    rng: SeededRng,
    heads: HashMap<[u8; 32], SeriesHead>,
    log: Vec<Leaf>,
    nodes: HashMap<(u8, u64), Digest>,
    visits: HashMap<VisitId, VisitParties>,
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

/// A key of the tests.
pub(crate) fn key(n: u8) -> SigningKey {
    SigningKey::from_secret(&[n; 32]).unwrap()
}

impl Operator {
    pub(crate) fn new() -> Self {
        let (key, clock) = (key(0x77), ManualClock::at(NOW_MS - 86_400_000));
        let facts = OperatorKey {
            key: key.verifying_key().to_cose_key(),
            recovery_key: vec![9; 32],
            courier_key: vec![9; 32],
            name_kk: "Сынақ операторы".into(),
            name_ru: "Тестовый оператор".into(),
            bin: "000140000018".into(),
            valid_from_ms: 0,
            recovery_renewed: None,
        };
        let draft = Draft::new(RecordId::from_bytes([0x70; 16]), facts);
        let facts = seal(&draft, &SeriesHead::EMPTY, Stamp::now(&clock, None), [0; 16], &key).unwrap();
        let mut operator = Self {
            heads: HashMap::from([(*key.id().as_bytes(), SeriesHead::EMPTY.after(facts.id))]),
            key,
            clock,
            rng: SeededRng::new(7),
            log: Vec::new(),
            nodes: HashMap::new(),
            visits: HashMap::new(),
            facts: facts.clone(),
        };
        operator.append(&facts, None);
        operator
    }

    pub(super) fn facts(&self) -> sync::Operator {
        sync::Operator::verify(&self.facts.bytes, &self.facts.content).unwrap()
    }

    /// Says another recovery key, as `esep-operator recovery renew` does.
    pub(crate) fn renew_recovery_key(&mut self, recovery_key: &[u8; 32]) {
        let first = self.facts().facts;
        let renewed = OperatorKey { recovery_key: recovery_key.to_vec(), ..first };
        self.state(RecordId::from_bytes([0x70; 16]), renewed);
    }

    /// A statement of the operator itself.
    pub(crate) fn state(&mut self, subject: impl Into<SubjectId>, content: impl Into<Content>) -> Sealed {
        let key = self.key.clone();
        self.state_by(&key, None, &Draft::new(subject, content))
    }

    /// A statement of somebody's device, registered.
    pub(crate) fn state_by(&mut self, key: &SigningKey, author: Option<PersonId>, draft: &Draft) -> Sealed {
        let head = self.heads.entry(*key.id().as_bytes()).or_insert(SeriesHead::EMPTY);
        let salt = (&self.rng as &dyn Rng).array();
        let sealed = seal(draft, head, Stamp::now(&self.clock, None), salt, key).unwrap();
        *head = head.after(sealed.id);
        self.append(&sealed, author);
        sealed
    }

    /// From here on the last statement but one is handed out with a signature that does not verify.
    pub(crate) fn spoil_signature_before_last(&mut self) {
        let at = self.log.len() - 2;
        *self.log[at].statement.last_mut().unwrap() ^= 1;
    }

    /// Binds a key to a person, as if that person had a device of its own.
    pub(crate) fn bind(&mut self, key: &SigningKey, person: PersonId) -> Sealed {
        let bound = DeviceBound {
            key: key.verifying_key().to_cose_key(),
            person,
            activation: "ABCD".into(),
            issued_by: self.key.id(),
            bound_at_ms: self.clock.utc_ms(),
            host: None,
        };
        self.state(DeviceId::from_bytes([key.id().as_bytes()[0]; 16]), bound)
    }

    pub(super) fn enrol(&mut self, enrolled: &Sealed, person: PersonId) -> EnrolResponse {
        let Ok(Content::DeviceEnrolled(content)) = codec::decode(enrolled.header.kind, &enrolled.content)
        else {
            panic!("device-enrolled")
        };
        let bound = DeviceBound {
            key: content.key,
            person,
            activation: content.activation,
            issued_by: self.key.id(),
            bound_at_ms: self.clock.utc_ms(),
            host: None,
        };
        self.state(enrolled.header.subject, bound);
        let bound = self.log.last().unwrap();
        let bound = Pair { statement: bound.statement.clone(), content: bound.content.clone() };
        let first_leaf = self.append(enrolled, Some(person));
        let head = self.head();
        let proof = sure(merkle::range_proof(&Complete(&self.nodes), first_leaf, 1, head.tree_size));
        let registration = Registration {
            first_leaf,
            count: 1,
            head: head.bytes,
            tree_size: head.tree_size,
            proof,
            consistency: Vec::new(),
        };
        EnrolResponse { bound, registration }
    }

    fn append(&mut self, sealed: &Sealed, author: Option<PersonId>) -> u64 {
        let leaf_index = self.log.len() as u64;
        let subject = Statement::decode(&sealed.bytes).unwrap().header().subject;
        let content = codec::decode(sealed.header.kind, &sealed.content).unwrap();
        if let Content::VisitRegistered(visit) = &content {
            let (child, specialist, organisation) = (visit.child, visit.specialist, visit.organisation);
            self.visits.insert(subject.into(), VisitParties { child, specialist, organisation });
        }
        let visit = self.visits.get(&subject.into()).copied();
        let addressing = Addressing { author, visit, organisations: Vec::new() };
        let scopes = audiences(subject, &content, &addressing).into_iter().map(|(scope, _)| scope).collect();
        let leaf = merkle::leaf_hash(&sealed.bytes);
        for (level, index, hash) in sure(merkle::append(&Complete(&self.nodes), leaf_index, leaf)) {
            self.nodes.insert((level, index), hash);
        }
        self.log.push(Leaf { statement: sealed.bytes.clone(), content: sealed.content.clone(), scopes });
        leaf_index
    }

    fn head(&self) -> TreeHead {
        let size = self.log.len() as u64;
        TreeHead::sign(size, sure(merkle::root(&Complete(&self.nodes), size)), NOW_MS / 1_000, &self.key)
    }

    /// Answers a pull: first the scopes, then all that they hold.
    pub(super) fn pull(&self, request: &PullRequest, scopes: &[Scope]) -> PullResponse {
        let mut names: Vec<String> = scopes.iter().map(ToString::to_string).collect();
        names.sort_unstable();
        let scopes_version = codec::hash(names.join("\n").as_bytes());
        let (head, size) = (self.head(), self.log.len() as u64);
        let consistency = merkle::consistency_proof(&Complete(&self.nodes), request.known_tree_size, size);
        let mut response = PullResponse {
            scopes_version,
            scopes: None,
            urgent: Vec::new(),
            urgent_cursor: size,
            items: Vec::new(),
            cursor: request.cursor,
            backfill_cursor: None,
            behind: None,
            more: true,
            remaining: 0,
            checkpoint: Some(Checkpoint {
                root: head.root,
                tree_size: size,
                consistency: sure(consistency),
                head: head.bytes,
            }),
            lacks_contents: false,
        };
        if request.scopes_version != Some(scopes_version) {
            response.scopes = Some(scopes.to_vec());
        } else if let Some(backfill) = &request.backfill {
            response.items = self.items(backfill.cursor, request.cursor, scopes);
            response.backfill_cursor = Some(request.cursor);
        } else {
            response.items = self.items(request.cursor, size, scopes);
            response.cursor = size;
            response.more = false;
        }
        response
    }

    fn items(&self, from: u64, to: u64, scopes: &[Scope]) -> Vec<PullItem> {
        let leaves = (from..to).map(|leaf_index| (leaf_index, &self.log[leaf_index as usize]));
        leaves
            .filter_map(|(leaf_index, leaf)| {
                let held: Vec<Scope> =
                    leaf.scopes.iter().copied().filter(|scope| scopes.contains(scope)).collect();
                (!held.is_empty()).then(|| PullItem {
                    leaf_index,
                    statement: leaf.statement.clone(),
                    content: Some(Bytes(leaf.content.clone())),
                    scopes: held,
                    flags: Vec::new(),
                })
            })
            .collect()
    }
}
