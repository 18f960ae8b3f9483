//! A device as the tests need it: a key, its series, and signed requests over a real connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::content::{
    AgreementAccepted, AgreementPublished, ConfirmationAnswer, DeviceEnrolled, EvidenceLevel, Locale,
};
use domain::id::{DeviceId, PersonId, SubjectId, VisitId};
use domain::{Clock, Content, ContinuousTime, Rng};
use journal::seal::Stamp;
use journal::{Beacon, Draft, Sealed, SeriesHead, SigningKey, VisitIds, seal};
use operator::clock::SystemRng;
use operator::demo::{Demo, DemoPerson};
use operator::{Folder, Instance, Server};
use reqwest::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::activation::ActivationLink;
use wire::auth;
use wire::enrol::{EnrolRequest, EnrolResponse};
use wire::problem::Problem;
use wire::pull::{PullRequest, PullResponse};
use wire::push::{PushItem, PushRequest, PushResponse};

/// Test time, UTC ms: stands still unless it is moved.
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn at(now_ms: i64) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(now_ms)))
    }

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
        ContinuousTime { epoch: [1; 8], elapsed_ms: u64::try_from(self.utc_ms()).unwrap() }
    }
}

/// A server on a free port with the demo organisation.
pub(crate) struct World {
    pub(crate) instance: Arc<Instance>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) server: Server,
    pub(crate) demo: Demo,
    pub(crate) folder: tempfile::TempDir,
}

pub(crate) async fn world() -> World {
    world_with(|_| ()).await
}

pub(crate) async fn world_with(configure: impl FnOnce(&mut operator::Config)) -> World {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::at(1_795_000_000_000);
    let mut instance = operator::setup::init_with(
        Folder::at(folder.path()),
        &operator::demo::default_identity(),
        clock.clone(),
        Arc::new(SystemRng),
    )
    .unwrap();
    instance.config.listen = "127.0.0.1:0".parse().unwrap();
    configure(&mut instance.config);
    let demo = operator::demo::prepare_in(&instance, Some("http://127.0.0.1:1"), true).unwrap();
    clock.advance(1_000);
    let instance = Arc::new(instance);
    let server = Server::start(Arc::clone(&instance)).await.unwrap();
    World { instance, clock, server, demo, folder }
}

impl World {
    pub(crate) fn audit(&self, read: &dyn operator_core::StoreRead) -> operator_core::audit::Audit {
        use operator_core::audit::{Signatures, audit};
        audit(read, self.instance.key.verifying_key(), Signatures::Check, &mut |_| ()).unwrap()
    }

    pub(crate) fn person(&self, roles: &[&str]) -> &DemoPerson {
        self.demo.people.iter().find(|person| person.roles == roles).unwrap()
    }

    pub(crate) fn named(&self, surname: &str) -> &DemoPerson {
        self.demo.people.iter().find(|person| person.name.starts_with(surname)).unwrap()
    }

    pub(crate) async fn device_of(&self, person: &DemoPerson) -> Device {
        let mut device = Device::new(self, person);
        device.enrol().await.unwrap();
        device
    }

    /// A device whose person has accepted what the roles need.
    pub(crate) async fn ready_device_of(&self, person: &DemoPerson) -> Device {
        let mut device = self.device_of(person).await;
        let mut documents: Vec<domain::agreement::AgreementKind> = person
            .roles
            .iter()
            .map(|role| operator_core::fact::parse_role(role).unwrap().agreement())
            .collect();
        documents.sort_unstable();
        documents.dedup();
        for document in documents {
            let accepted = self.acceptance(document, Locale::Kk);
            let sealed = device.seal(device.person, accepted);
            device.push(&[sealed]).await.unwrap();
        }
        device
    }

    pub(crate) fn published(&self, document: domain::agreement::AgreementKind) -> AgreementPublished {
        let read = self.instance.read().unwrap();
        let versions = operator_core::agreement::versions(read.as_ref(), document).unwrap();
        versions.last().unwrap().published.clone()
    }

    pub(crate) fn acceptance(
        &self,
        document: domain::agreement::AgreementKind,
        locale: Locale,
    ) -> AgreementAccepted {
        let published = self.published(document);
        let read = self.instance.read().unwrap();
        let text = operator_core::agreement::text(read.as_ref(), &published, locale).unwrap().unwrap();
        let at_ms = self.clock.utc_ms();
        let tick = |confirmation: &domain::agreement::Confirmation| ConfirmationAnswer {
            number: confirmation.number,
            accepted: true,
            at_ms,
        };
        AgreementAccepted {
            document,
            version: published.version,
            locale,
            sha256: published.texts.iter().find(|text| text.locale == locale).unwrap().sha256,
            confirmations: text.confirmations.iter().map(tick).collect(),
            opened_at_ms: at_ms,
            end_reached_at_ms: at_ms,
            accepted_at_ms: at_ms,
            evidence_level: EvidenceLevel::L0,
            app_version: "test".into(),
        }
    }
}

/// A client; rustls needs its provider of cryptography installed once in a process.
pub(crate) fn http() -> reqwest::Client {
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::new()
}

/// A failed request.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) problem: Problem,
    pub(crate) headers: reqwest::header::HeaderMap,
}

pub(crate) struct Device {
    pub(crate) key: SigningKey,
    pub(crate) person: PersonId,
    pub(crate) series: SeriesHead,
    pub(crate) beacon: Option<Beacon>,
    pub(crate) link: ActivationLink,
    id: DeviceId,
    first: Option<Sealed>,
    clock: Arc<TestClock>,
    url: String,
    http: reqwest::Client,
}

impl Device {
    /// The id of a visit that this device registers.
    pub(crate) fn visit_id(&self) -> VisitId {
        VisitIds::new(self.key.id(), self.clock.utc_ms(), &SystemRng).fresh()
    }

    pub(crate) fn new(world: &World, person: &DemoPerson) -> Self {
        Self {
            key: SigningKey::generate(&SystemRng),
            person: person.person.parse().unwrap(),
            series: SeriesHead::EMPTY,
            beacon: None,
            link: person.link.as_ref().unwrap().parse().unwrap(),
            id: DeviceId::random(&SystemRng),
            first: None,
            clock: Arc::clone(&world.clock),
            url: world.server.url(),
            http: http(),
        }
    }

    /// Speaks to another server from here on.
    pub(crate) fn moved_to(&mut self, server: &Server) {
        self.url = server.url();
    }

    /// Seals at the head of the own series.
    pub(crate) fn seal(&mut self, subject: impl Into<SubjectId>, content: impl Into<Content>) -> Sealed {
        let sealed = self.seal_at(self.series, subject, content);
        self.series = self.series.after(sealed.id);
        sealed
    }

    /// Seals anywhere, as a restored backup would.
    pub(crate) fn seal_at(
        &self,
        head: SeriesHead,
        subject: impl Into<SubjectId>,
        content: impl Into<Content>,
    ) -> Sealed {
        let rng: &dyn Rng = &SystemRng;
        let mut stamp = Stamp::now(self.clock.as_ref(), self.beacon);
        // An epoch belongs to one device.
        stamp.continuous.epoch.copy_from_slice(&self.id.as_bytes()[..8]);
        seal(&Draft::new(subject, content), &head, stamp, rng.array(), &self.key).unwrap()
    }

    pub(crate) fn enrol_request(&mut self) -> EnrolRequest {
        if self.first.is_none() {
            let enrolled = DeviceEnrolled {
                key: self.key.verifying_key().to_cose_key(),
                activation: self.link.code.lookup().into(),
                platform: "linux".into(),
                app_version: "test".into(),
            };
            let id = self.id;
            self.first = Some(self.seal(id, enrolled));
        }
        let first = self.first.clone().unwrap();
        EnrolRequest {
            lookup: self.link.code.lookup().into(),
            secret: self.link.code.secret().expose().clone(),
            statement: first.bytes,
            content: first.content,
        }
    }

    pub(crate) async fn enrol(&mut self) -> Result<EnrolResponse, Refused> {
        let request = self.enrol_request();
        self.send(wire::path::ENROL, &request, false).await
    }

    pub(crate) fn item(sealed: &Sealed) -> PushItem {
        PushItem {
            id: sealed.id,
            seq: sealed.header.seq,
            statement: sealed.bytes.clone(),
            content: sealed.content.clone(),
        }
    }

    pub(crate) async fn push(&self, sealed: &[Sealed]) -> Result<PushResponse, Refused> {
        self.push_items(sealed.iter().map(Self::item).collect()).await
    }

    pub(crate) async fn push_items(&self, items: Vec<PushItem>) -> Result<PushResponse, Refused> {
        self.send(wire::path::PUSH, &PushRequest { items, known_tree_size: 0 }, true).await
    }

    pub(crate) async fn pull(&self, request: &PullRequest) -> Result<PullResponse, Refused> {
        self.send(wire::path::PULL, request, true).await
    }

    /// Everything from the beginning: first the list of scopes, then page after page.
    pub(crate) async fn pull_all(&self) -> Pulled {
        let mut request = PullRequest {
            scopes_version: None,
            cursor: 0,
            backfill: None,
            known_tree_size: 0,
            urgent_cursor: 0,
            behind: None,
            limit: 50,
        };
        let first = self.pull(&request).await.unwrap();
        assert!(first.items.is_empty(), "nothing before the list of scopes is applied");
        request.scopes_version = Some(first.scopes_version);
        let mut pulled = Pulled { scopes: first.scopes.unwrap(), items: Vec::new(), last: None };
        loop {
            let page = self.pull(&request).await.unwrap();
            request.cursor = page.cursor;
            request.urgent_cursor = page.urgent_cursor;
            let more = page.more;
            pulled.items.extend(page.items.iter().cloned());
            pulled.last = Some(page);
            if !more {
                return pulled;
            }
        }
    }

    pub(crate) async fn send<Q: Serialize, A: DeserializeOwned>(
        &self,
        path: &str,
        request: &Q,
        signed: bool,
    ) -> Result<A, Refused> {
        let encoded = wire::body::encode(request).unwrap();
        let headers = self.sign(path, &encoded, self.clock.utc_ms().div_euclid(1_000));
        self.send_with(path, encoded, signed.then_some(headers)).await
    }

    pub(crate) fn sign(&self, path: &str, encoded: &wire::body::Encoded, now_s: i64) -> auth::SignedHeaders {
        let rng: &dyn Rng = &SystemRng;
        let request = auth::Request {
            method: "POST",
            path,
            query: "",
            body: &encoded.bytes,
            encoding: encoded.encoding.unwrap_or_default(),
        };
        auth::sign(&request, now_s, rng.array(), &self.key).unwrap()
    }

    pub(crate) async fn send_with<A: DeserializeOwned>(
        &self,
        path: &str,
        encoded: wire::body::Encoded,
        headers: Option<auth::SignedHeaders>,
    ) -> Result<A, Refused> {
        let mut request = self
            .http
            .post(format!("{}{path}", self.url))
            .header(CONTENT_TYPE, wire::body::CONTENT_TYPE)
            .header(CONTENT_ENCODING, encoded.encoding.unwrap_or("identity"))
            .header(ACCEPT_ENCODING, wire::body::ZSTD);
        if let Some(headers) = headers {
            request = request
                .header(auth::SIGNATURE, headers.signature)
                .header(auth::SIGNATURE_INPUT, headers.signature_input)
                .header(auth::CONTENT_DIGEST, headers.content_digest);
        }
        let response = request.body(encoded.bytes).send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let encoding = headers.get(CONTENT_ENCODING).map(|value| value.to_str().unwrap().to_owned());
        let bytes = response.bytes().await.unwrap();
        if !status.is_success() {
            let problem: Problem = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(problem.status, status.as_u16());
            return Err(Refused { problem, headers });
        }
        Ok(wire::body::decode(&bytes, encoding.as_deref()).unwrap())
    }
}

/// What a full pull gave.
pub(crate) struct Pulled {
    pub(crate) scopes: Vec<domain::scope::Scope>,
    pub(crate) items: Vec<wire::pull::PullItem>,
    pub(crate) last: Option<PullResponse>,
}

impl Pulled {
    pub(crate) fn find(&self, id: domain::id::StatementId) -> Option<&wire::pull::PullItem> {
        self.items.iter().find(|item| journal::Statement::decode(&item.statement).unwrap().id() == id)
    }

    pub(crate) fn contents(&self) -> Vec<Content> {
        let content = |item: &wire::pull::PullItem| {
            let statement = journal::Statement::decode(&item.statement).unwrap();
            let bytes = &item.content.as_ref()?.0;
            assert_eq!(journal::codec::hash(bytes), statement.payload());
            Some(journal::codec::decode(statement.header().kind, bytes).unwrap())
        };
        self.items.iter().filter_map(content).collect()
    }
}

pub(crate) fn operator_key(world: &World) -> journal::VerifyingKey {
    world.instance.key.verifying_key().clone()
}
