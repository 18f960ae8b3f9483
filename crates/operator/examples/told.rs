//! Fills an empty folder with the demo's operator and two visits that were told about to the end, for the tests of the
//! verifier and for looking at a package. People, places and times are invented; each statement is signed by a key that
//! was enrolled as a device enrols, and registered as a push is.
//!
//! ```text
//! cargo run --package operator --example told -- FOLDER
//! ```
//!
//! Prints the ids of the visits and of who reads them as JSON.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::agreement::AgreementKind;
use domain::content::{
    AgreementAccepted, CaptureEnd, ConfirmationAnswer, ContentErased, CorrectionReason, DeviceEnrolled,
    DeviceRevoked, DisputeReason, EvidenceLevel, Fix, FixSource, LateReason, Locale, LocationMoment,
    LocationOutcome, NotePurpose, ReviewDecision, ReviewReason, RevocationReason, UnavailableReason,
    VisitChange, VisitConfirmed, VisitCorrected, VisitDisputed, VisitFinished, VisitLocated, VisitNoted,
    VisitOutcome, VisitRegistered, VisitReviewed,
};
use domain::id::{CaptureId, DeviceId, PersonId, StatementId, SubjectId, VisitId};
use domain::{Clock, Content, ContinuousTime, Rng};
use journal::seal::Stamp;
use journal::{Beacon, Draft, Sealed, SeriesHead, SigningKey, VisitIds, seal};
use operator::clock::SystemRng;
use operator::demo::{Demo, DemoChild, DemoPerson};
use operator::{Folder, Instance};
use operator_core::authorise::Author;
use operator_core::{enrol, push};
use wire::activation::ActivationLink;
use wire::enrol::EnrolRequest;
use wire::push::PushItem;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const MINUTE_MS: i64 = 60_000;

/// Time that moves only when it is moved.
struct Moved(AtomicI64);

impl Clock for Moved {
    fn utc_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    fn offset_min(&self) -> i16 {
        300
    }

    fn continuous(&self) -> ContinuousTime {
        ContinuousTime { epoch: [1; 8], elapsed_ms: self.utc_ms().unsigned_abs() }
    }
}

struct Device<'a> {
    world: &'a World,
    key: SigningKey,
    person: PersonId,
    id: DeviceId,
    series: SeriesHead,
}

struct World {
    instance: Instance,
    clock: Arc<Moved>,
    demo: Demo,
}

impl World {
    fn pass(&self, minutes: i64) -> i64 {
        self.clock.0.fetch_add(minutes * MINUTE_MS, Ordering::SeqCst) + minutes * MINUTE_MS
    }

    fn beacon(&self) -> Result<Option<Beacon>, Failure> {
        let last = self.instance.read()?.latest_head()?;
        Ok(last.map(|head| Beacon { tree_size: head.tree_size, root: head.root }))
    }

    /// A person's first device, on which the agreement is accepted.
    fn device(&self, person: &DemoPerson) -> Result<Device<'_>, Failure> {
        let mut device = self.enrolled(person, &person.link.as_ref().ok_or("no code")?.parse()?)?;
        let role =
            person.roles.first().and_then(|role| operator_core::fact::parse_role(role)).ok_or("no role")?;
        let accepted = self.acceptance(role.agreement())?;
        device.say(device.person, accepted)?;
        Ok(device)
    }

    /// The next device of somebody who has accepted.
    fn changed_device(&self, person: &DemoPerson) -> Result<Device<'_>, Failure> {
        let issued =
            operator::issue::issue(&self.instance, person.person.parse()?, Some("http://127.0.0.1:1"))?;
        self.enrolled(person, &issued.link)
    }

    fn enrolled(&self, person: &DemoPerson, link: &ActivationLink) -> Result<Device<'_>, Failure> {
        let mut device = Device {
            world: self,
            key: SigningKey::generate(&SystemRng),
            person: person.person.parse()?,
            id: DeviceId::random(&SystemRng),
            series: SeriesHead::EMPTY,
        };
        let enrolled = DeviceEnrolled {
            key: device.key.verifying_key().to_cose_key(),
            activation: link.code.lookup().into(),
            platform: "linux".into(),
            app_version: "told".into(),
        };
        let first = device.seal(device.id, enrolled, None)?;
        let request = EnrolRequest {
            lookup: link.code.lookup().into(),
            secret: link.code.secret().expose().clone(),
            statement: first.bytes,
            content: first.content,
        };
        let reserved = self.instance.transact(|txn, _| enrol::reserve(txn, &request))??;
        let prepared = enrol::prepare(reserved, &request)?;
        self.instance.transact(|txn, operator| enrol::enrol(txn, operator, &prepared))??;
        Ok(device)
    }

    fn acceptance(&self, document: AgreementKind) -> Result<AgreementAccepted, Failure> {
        let read = self.instance.read()?;
        let versions = operator_core::agreement::versions(read.as_ref(), document)?;
        let published = versions.last().ok_or("nothing is published")?.published.clone();
        let text = operator_core::agreement::text(read.as_ref(), &published, Locale::Kk)?.ok_or("no text")?;
        let sha256 = published.texts.iter().find(|text| text.locale == Locale::Kk).ok_or("no text")?.sha256;
        let at_ms = self.clock.utc_ms();
        let tick = |number| ConfirmationAnswer { number, accepted: true, at_ms };
        Ok(AgreementAccepted {
            document,
            version: published.version,
            locale: Locale::Kk,
            sha256,
            confirmations: text.confirmations.iter().map(|box_| tick(box_.number)).collect(),
            opened_at_ms: at_ms,
            end_reached_at_ms: at_ms,
            accepted_at_ms: at_ms,
            evidence_level: EvidenceLevel::L0,
            app_version: "told".into(),
        })
    }

    fn named(&self, id: &str) -> Result<&DemoPerson, Failure> {
        self.demo.people.iter().find(|person| person.person == id).ok_or_else(|| "nobody".into())
    }
}

impl Device<'_> {
    fn seal(
        &mut self,
        subject: impl Into<SubjectId>,
        content: impl Into<Content>,
        beacon: Option<Beacon>,
    ) -> Result<Sealed, Failure> {
        let stamp = Stamp::now(self.world.clock.as_ref(), beacon);
        let rng: &dyn Rng = &SystemRng;
        let sealed = seal(&Draft::new(subject, content), &self.series, stamp, rng.array(), &self.key)?;
        self.series = self.series.after(sealed.id);
        Ok(sealed)
    }

    /// Says something and has it registered a minute later.
    fn say(
        &mut self,
        subject: impl Into<SubjectId>,
        content: impl Into<Content>,
    ) -> Result<StatementId, Failure> {
        let beacon = self.world.beacon()?;
        let sealed = self.seal(subject, content, beacon)?;
        let now_ms = self.world.pass(1);
        let Sealed { id, header, bytes, content, .. } = sealed;
        let items = [PushItem { id, seq: header.seq, statement: bytes, content }];
        let key = self.key.id();
        let checked = push::check_all(&items, self.key.verifying_key());
        self.world.instance.transact(|txn, _| {
            let bound = txn.bound_key(key)?.ok_or(operator_core::StoreError::Damaged("not bound"))?;
            push::apply(txn, &Author::Device(Box::new(bound)), key, &items, &checked, now_ms)
        })?;
        Ok(id)
    }
}

fn registered(world: &World, device: &Device<'_>, child: &DemoChild) -> Result<VisitRegistered, Failure> {
    Ok(VisitRegistered {
        child: child.child.parse()?,
        specialist: device.person,
        organisation: world.demo.operator.organisation.parse()?,
        place: child.place.as_ref().map(|place| place.parse()).transpose()?,
        service: "speech-therapy".into(),
        outcome: VisitOutcome::Held,
        started_at_ms: world.clock.utc_ms(),
        finished_at_ms: None,
        offset_min: 300,
        late: None,
        capture: Some(CaptureId::random(&SystemRng)),
        warned: None,
    })
}

fn located(
    world: &World,
    capture: CaptureId,
    moment: LocationMoment,
    outcome: LocationOutcome,
) -> VisitLocated {
    let now_ms = world.clock.utc_ms();
    let ended_by = match outcome {
        LocationOutcome::Fix(_) => CaptureEnd::GoodFix,
        LocationOutcome::Unavailable(_) => CaptureEnd::NotStarted,
    };
    VisitLocated { capture, moment, outcome, began_at_ms: now_ms, ended_at_ms: now_ms, ended_by }
}

fn note(purpose: NotePurpose, text: &str) -> VisitNoted {
    VisitNoted { purpose, text: text.into(), about: None }
}

/// A visit that was disputed, returned, corrected, confirmed and accepted.
fn argued(
    world: &World,
    specialist: &mut Device<'_>,
    parent: &mut Device<'_>,
    coordinator: &mut Device<'_>,
    child: &DemoChild,
) -> Result<VisitId, Failure> {
    let visit = VisitIds::new(specialist.key.id(), world.clock.utc_ms(), &SystemRng).fresh();
    let said = registered(world, specialist, child)?;
    let (capture, started_at_ms) = (said.capture.ok_or("no capture")?, said.started_at_ms);
    specialist.say(visit, said)?;
    let fix = Fix {
        lat_e7: child.lat_e7.ok_or("no place")? + 1_000,
        lon_e7: child.lon_e7.ok_or("no place")?,
        accuracy_dm: Some(120),
        fixed_at_ms: None,
        source: FixSource::Gnss,
        mock: None,
    };
    specialist.say(visit, located(world, capture, LocationMoment::Registered, LocationOutcome::Fix(fix)))?;
    specialist.say(visit, note(NotePurpose::Care, "Дыбыстарды қайталадық & <жаттығу>"))?;
    let gone = specialist.say(visit, note(NotePurpose::Care, "Қате жазылды"))?;
    world.pass(45);
    let basis = specialist.say(visit, VisitFinished { finished_at_ms: world.clock.utc_ms() })?;
    world.pass(20);
    let (representative, answered_at_ms) = (parent.person, world.clock.utc_ms());
    let reason = DisputeReason::OtherTime;
    parent.say(visit, VisitDisputed { basis, representative, reason, answered_at_ms, capture: None })?;
    parent.say(visit, note(NotePurpose::Dispute, "Он минут кеш келді"))?;
    world.pass(60);
    let flags_seen = Vec::new();
    let reviewed_at_ms = world.clock.utc_ms();
    let (decision, reason) = (ReviewDecision::Returned, ReviewReason::WrongTime);
    coordinator.say(visit, VisitReviewed { basis, decision, reason, flags_seen, reviewed_at_ms })?;
    let change = VisitChange {
        cancelled: false,
        service: None,
        outcome: None,
        started_at_ms: Some(started_at_ms + 10 * MINUTE_MS),
        finished_at_ms: None,
    };
    let (reason, corrected_at_ms) = (CorrectionReason::WrongTime, world.pass(5));
    let basis = specialist.say(visit, VisitCorrected { basis, reason, change, corrected_at_ms })?;
    let (answered_at_ms, capture) = (world.pass(5), CaptureId::random(&SystemRng));
    parent.say(visit, VisitConfirmed { basis, representative, answered_at_ms, capture: Some(capture) })?;
    let outcome = LocationOutcome::Unavailable(UnavailableReason::AfterVisit);
    parent.say(visit, located(world, capture, LocationMoment::Confirmed, outcome))?;
    let (decision, reason) = (ReviewDecision::Accepted, ReviewReason::Explained);
    let (flags_seen, reviewed_at_ms) = (Vec::new(), world.pass(30));
    coordinator.say(visit, VisitReviewed { basis, decision, reason, flags_seen, reviewed_at_ms })?;
    world.instance.transact(|txn, operator| -> Result<(), operator_core::StoreError> {
        let erased = ContentErased {
            statements: vec![gone],
            basis: "demo".into(),
            erased_at_ms: operator.clock.utc_ms(),
        };
        operator.state(txn, SubjectId::from_bytes(operator.rng.array()), erased)?;
        let leaf = txn.entry_by_id(gone)?.map(|entry| entry.leaf_index);
        leaf.map_or(Ok(()), |leaf| txn.erase_content(leaf))
    })?;
    Ok(visit)
}

/// A visit of the same specialist that was entered late and that nobody answered.
fn unanswered(world: &World, specialist: &mut Device<'_>, child: &DemoChild) -> Result<VisitId, Failure> {
    let visit = VisitIds::new(specialist.key.id(), world.clock.utc_ms(), &SystemRng).fresh();
    let said = registered(world, specialist, child)?;
    let started_at_ms = said.started_at_ms - 180 * MINUTE_MS;
    let late = Some(LateReason::DeviceForgotten);
    let finished_at_ms = Some(started_at_ms + 40 * MINUTE_MS);
    specialist.say(visit, VisitRegistered { started_at_ms, finished_at_ms, late, capture: None, ..said })?;
    specialist.say(visit, note(NotePurpose::Late, "Телефон үйде қалды"))?;
    Ok(visit)
}

fn main() -> Result<(), Failure> {
    let folder = std::env::args().nth(1).ok_or("told FOLDER")?;
    let clock = Arc::new(Moved(AtomicI64::new(1_795_000_000_000)));
    let (identity, rng) = (operator::demo::default_identity(), Arc::new(SystemRng));
    let instance = operator::setup::init_with(Folder::at(&folder), &identity, clock.clone(), rng)?;
    let demo = operator::demo::prepare_in(&instance, Some("http://127.0.0.1:1"), true)?;
    let world = World { instance, clock, demo };
    world.pass(60);
    let is_told = |child: &&DemoChild| {
        child.lat_e7.is_some() && !child.care_team.is_empty() && !child.representatives.is_empty()
    };
    let child = world.demo.children.iter().find(is_told).ok_or("no child")?;
    let first = |ids: &[String]| ids.first().cloned().ok_or("nobody");
    let named = world.named(&first(&child.care_team)?)?;
    world.device(named)?;
    let mut specialist = world.changed_device(named)?;
    let mut parent = world.device(world.named(&first(&child.representatives)?)?)?;
    let is_coordinator = |person: &&DemoPerson| person.roles == ["coordinator"];
    let coordinator = world.demo.people.iter().find(is_coordinator).ok_or("no coordinator")?;
    let mut coordinator = world.device(coordinator)?;
    let visit = argued(&world, &mut specialist, &mut parent, &mut coordinator, child)?;
    let other = unanswered(&world, &mut specialist, child)?;
    let (key, revoked_at_ms) = (parent.key.id(), world.pass(90));
    world.instance.transact(|txn, operator| {
        let reason = RevocationReason::Replaced;
        operator.state(txn, parent.id, DeviceRevoked { key, reason, revoked_at_ms }).map(drop)
    })?;
    println!(
        "{}",
        serde_json::json!({
            "visit": visit.to_string(), "other": other.to_string(), "specialist": specialist.person.to_string(),
            "parent": parent.person.to_string(), "coordinator": coordinator.person.to_string(),
        })
    );
    Ok(())
}
