//! The people, places and devices of a case, and what they do. Everything goes through the operator's real push.

mod people;
mod seen;

use std::collections::BTreeMap;

use domain::Content;
use domain::agreement::AgreementKind;
use domain::content::{
    CaptureEnd, ConsentWithdrawn, CorrectionReason, DeviceRevoked, DisputeReason, Fix, FixSource, LateReason,
    Locale, LocationMoment, LocationOutcome, RepresentationBasis, RepresentationChanged, RevocationReason,
    Role, VisitChange, VisitConfirmed, VisitCorrected, VisitDisputed, VisitFinished, VisitLocated,
    VisitOutcome, VisitRegistered,
};
use domain::id::{CaptureId, ChildId, PersonId, PlaceId, StatementId, VisitId};
use domain::{Clock as _, ContinuousTime, Rng};
use journal::seal::Stamp;
use journal::{Draft, Sealed, SeriesHead, seal};

use super::line::{Line, metres, span_ms, unavailable};
use crate::world::{BEGAN_MS, Device, TEXT, World};

const OFFSET_MS: i64 = 5 * 3_600_000;
/// One metre of latitude on the mean sphere, in 1e-7 degree.
const METRE_E7: i64 = 90;

struct Home {
    child: ChildId,
    place: PlaceId,
    lat_e7: i64,
}

struct Gadget<'w> {
    device: Device<'w>,
    offline: Vec<Sealed>,
    is_offline: bool,
    /// How far the wall clock is off.
    off_ms: i64,
    epoch: [u8; 8],
    epoch_began_ms: i64,
    backup: Option<SeriesHead>,
}

struct Made {
    id: VisitId,
    child: String,
    capture: Option<CaptureId>,
    fix: Option<Fix>,
    basis: StatementId,
}

pub(super) struct Stage<'w> {
    world: &'w World,
    /// The midnight with which the case begins, UTC.
    midnight_ms: i64,
    people: BTreeMap<String, PersonId>,
    homes: BTreeMap<String, Home>,
    gadgets: BTreeMap<String, Gadget<'w>>,
    visits: BTreeMap<String, Made>,
    jitter: i64,
    version: u32,
}

impl<'w> Stage<'w> {
    /// An empty stage: people and homes appear when a line names them.
    pub(super) fn set(world: &'w World) -> Self {
        let day_ms = 86_400_000;
        let midnight_ms = (BEGAN_MS + OFFSET_MS).div_euclid(day_ms) * day_ms + day_ms - OFFSET_MS;
        let people = [("aigul", world.specialist), ("bolat", world.colleague), ("saule", world.parent)];
        Self {
            world,
            midnight_ms,
            people: people.map(|(name, id)| (name.to_owned(), id)).into(),
            homes: BTreeMap::new(),
            gadgets: BTreeMap::new(),
            visits: BTreeMap::new(),
            jitter: 0,
            version: 1,
        }
    }

    /// Does what a line says.
    pub(super) fn act(&mut self, line: &Line<'_>) {
        let now_ms = self.midnight_ms + line.at_ms;
        let ahead_ms = now_ms - self.world.clock.utc_ms();
        assert!(ahead_ms >= 0, "lines come in the order of time: {line:?}");
        // Whoever is named first joins before the moment, as everybody who works has joined before.
        for word in &line.words {
            if word.len() == 1 && word.starts_with(char::is_uppercase) {
                self.home(word);
            }
        }
        if line.who != "operator" {
            self.gadget(line.who);
        }
        self.world.clock.advance(now_ms - self.world.clock.utc_ms());
        match (line.who, line.verb) {
            ("operator", verb) => self.officer(verb, line),
            (who, "visits") => self.visit(who, line),
            (who, "finishes") => self.finish(who, line),
            (who, "corrects") => self.correct(who, line),
            (who, "reads") if line.words.contains(&"finished") => {
                self.locate(who, line.word(0), line, LocationMoment::Finished);
            }
            (who, "reads") => self.locate(who, line.word(0), line, LocationMoment::Registered),
            (who, "confirms" | "disputes") => self.answer(who, line),
            (who, "withdraws") => {
                let person = self.person(who);
                let withdrawn_at_ms = self.wall_ms(who);
                let purposes = vec!["geolocation".to_owned()];
                let document = AgreementKind::Specialist;
                self.say(who, person, ConsentWithdrawn { document, purposes, withdrawn_at_ms });
            }
            (who, _) => self.handle(who, line),
        }
    }

    /// What happens to a device.
    fn handle(&mut self, who: &str, line: &Line<'_>) {
        let now_ms = self.world.clock.utc_ms();
        let world = self.world;
        let gadget = self.gadget(who);
        match line.verb {
            "offline" => gadget.is_offline = true,
            "online" => {
                gadget.is_offline = false;
                gadget.flush();
            }
            "clock" => gadget.off_ms += span_ms(line.word(0)),
            "reboots" => {
                gadget.epoch = (&world.rng as &dyn Rng).array();
                gadget.epoch_began_ms = now_ms;
            }
            "backs-up" => gadget.backup = Some(gadget.device.series),
            "restores" => gadget.device.series = gadget.backup.unwrap(),
            verb => panic!("nobody can: {verb}"),
        }
    }

    fn officer(&mut self, verb: &str, line: &Line<'_>) {
        let world = self.world;
        let now_ms = world.clock.utc_ms();
        match verb {
            "ends-team" => {
                world.team(self.homes[line.word(0)].child, self.person(line.word(1)), Some(now_ms))
            }
            "ends-job" => world.member(self.person(line.word(0)), Role::Specialist, Some(now_ms)),
            "revokes" => {
                let device = &self.gadget(line.word(0)).device;
                let (id, key) = (device.id, device.key.id());
                let reason = RevocationReason::Lost;
                world.state(id, DeviceRevoked { key, reason, revoked_at_ms: now_ms });
            }
            "ends-representation" => {
                let (child, representative) = (self.homes[line.word(0)].child, self.person(line.word(1)));
                let (basis, from_ms) = (RepresentationBasis::Parent, BEGAN_MS);
                let ended = RepresentationChanged { representative, basis, from_ms, to_ms: Some(now_ms) };
                world.state(child, ended);
            }
            "publishes" => {
                self.version += 1;
                let text = format!("{TEXT}{}", self.version);
                world.publish(AgreementKind::Specialist, Locale::Kk, self.version, now_ms, &text).unwrap();
            }
            verb => panic!("no officer can: {verb}"),
        }
    }

    fn visit(&mut self, who: &str, line: &Line<'_>) {
        let child = line.word(0);
        let label =
            line.named.get("as").map_or_else(|| format!("v{}", self.visits.len() + 1), ToString::to_string);
        let wall_ms = self.wall_ms(who);
        let shared = line.named.get("tap").map(|other| self.visits[*other].capture);
        let late = line.moment("late").map(|ms| ms + self.midnight_ms);
        let silent = line.words.contains(&"silent");
        let capture = match (late, shared) {
            (Some(_), _) => None,
            _ if silent => None,
            (None, Some(shared)) => shared,
            (None, None) => Some(CaptureId::random(&self.world.rng)),
        };
        let start = line.moment("start").map(|ms| ms + self.midnight_ms);
        let specialist = self.person(line.named.get("named").copied().unwrap_or(who));
        let home = &self.homes[child];
        let is_empty = line.words.contains(&"nobody");
        let registered = VisitRegistered {
            child: home.child,
            specialist,
            organisation: self.world.organisation,
            place: (!line.words.contains(&"placeless")).then_some(home.place),
            service: line.named.get("service").copied().unwrap_or("speech-therapy").into(),
            outcome: if is_empty { VisitOutcome::NobodyHome } else { VisitOutcome::Held },
            started_at_ms: late.or(start).unwrap_or(wall_ms),
            finished_at_ms: line
                .moment("end")
                .map(|ms| ms + self.midnight_ms)
                .or(is_empty.then_some(wall_ms)),
            offset_min: 300,
            late: late.map(|_| LateReason::Forgotten),
            capture,
            warned: None,
        };
        let id = self.gadget(who).device.visit_id();
        let basis = self.say(who, id, registered);
        let made = Made { id, child: child.into(), capture, fix: None, basis };
        self.visits.insert(label.clone(), made);
        if capture.is_some() && !line.words.contains(&"unread") {
            self.locate(who, &label, line, LocationMoment::Registered);
        }
    }

    fn finish(&mut self, who: &str, line: &Line<'_>) {
        let id = self.visits[line.word(0)].id;
        let wall_ms = self.wall_ms(who);
        let finished_at_ms = line.moment("end").map_or(wall_ms, |ms| ms + self.midnight_ms);
        let basis = self.say(who, id, VisitFinished { finished_at_ms });
        self.made(line.word(0)).basis = basis;
    }

    fn correct(&mut self, who: &str, line: &Line<'_>) {
        let (id, basis) = (self.visits[line.word(0)].id, self.visits[line.word(0)].basis);
        let moment = |name: &str| line.moment(name).map(|ms| ms + self.midnight_ms);
        let change = VisitChange {
            cancelled: line.words.contains(&"cancel"),
            service: None,
            outcome: line.words.contains(&"nobody").then_some(VisitOutcome::NobodyHome),
            started_at_ms: moment("start"),
            finished_at_ms: moment("end"),
        };
        let reason = CorrectionReason::WrongTime;
        let corrected_at_ms = self.wall_ms(who);
        let basis = self.say(who, id, VisitCorrected { basis, reason, change, corrected_at_ms });
        self.made(line.word(0)).basis = basis;
    }

    fn answer(&mut self, who: &str, line: &Line<'_>) {
        let representative = self.person(line.named.get("named").copied().unwrap_or(who));
        if let Some(other) = line.named.get("on") {
            // One installation has one clock, whoever is signed in.
            let (epoch, began_ms) = (self.gadget(other).epoch, self.gadget(other).epoch_began_ms);
            let gadget = self.gadget(who);
            (gadget.epoch, gadget.epoch_began_ms) = (epoch, began_ms);
        }
        let (id, basis) = (self.visits[line.word(0)].id, self.visits[line.word(0)].basis);
        let answered_at_ms = self.wall_ms(who);
        let content: Content = match line.verb {
            "confirms" => VisitConfirmed { basis, representative, answered_at_ms, capture: None }.into(),
            _ => {
                let reason = DisputeReason::NobodyCame;
                VisitDisputed { basis, representative, reason, answered_at_ms, capture: None }.into()
            }
        };
        self.say(who, id, content);
    }

    /// The outcome of a reading: at home unless the line says where.
    fn locate(&mut self, who: &str, label: &str, line: &Line<'_>, moment: LocationMoment) {
        let wall_ms = self.wall_ms(who);
        let made = &self.visits[label];
        let (id, capture) = (made.id, made.capture.unwrap_or_else(|| CaptureId::random(&self.world.rng)));
        let shared = line.named.get("tap").and_then(|other| self.visits[*other].fix);
        let outcome = match (line.named.get("none"), shared) {
            (Some(reason), _) => LocationOutcome::Unavailable(unavailable(reason)),
            (None, Some(fix)) => LocationOutcome::Fix(fix),
            (None, None) => LocationOutcome::Fix(self.fix(label, line, wall_ms)),
        };
        if let LocationOutcome::Fix(fix) = outcome {
            self.made(label).fix = Some(fix);
        }
        let ended_by = CaptureEnd::GoodFix;
        let (began_at_ms, ended_at_ms) = (wall_ms, wall_ms + 1);
        self.say(who, id, VisitLocated { capture, moment, outcome, began_at_ms, ended_at_ms, ended_by });
    }

    fn fix(&mut self, label: &str, line: &Line<'_>, wall_ms: i64) -> Fix {
        self.jitter += 1;
        let home = &self.homes[line.named.get("near").copied().unwrap_or(&self.visits[label].child)];
        // A few metres around, never the same digits.
        let (mut lat_e7, mut lon_e7) =
            (home.lat_e7 + 1 + self.jitter % 200, 714_704_000 + 7 * self.jitter % 400);
        lat_e7 += line.named.get("off").map_or(0, |off| metres(off) * METRE_E7);
        if let Some(other) = line.named.get("copy") {
            let copied = self.visits[*other].fix.unwrap();
            (lat_e7, lon_e7) = (copied.lat_e7.into(), copied.lon_e7.into());
        }
        if line.words.contains(&"on-the-spot") {
            (lat_e7, lon_e7) = (home.lat_e7, 714_704_000);
        }
        if let Some(degrees) = line.named.get("exactly") {
            let (lat, lon) = degrees.split_once(',').unwrap();
            (lat_e7, lon_e7) = (lat.parse().unwrap(), lon.parse().unwrap());
        }
        lat_e7 += line.named.get("digits").map_or(0, |digits| digits.parse::<i64>().unwrap());
        Fix {
            lat_e7: lat_e7.try_into().unwrap(),
            lon_e7: lon_e7.try_into().unwrap(),
            accuracy_dm: match line.named.get("acc") {
                Some(&"none") => None,
                Some(accuracy) => Some(u32::try_from(metres(accuracy) * 10).unwrap()),
                None => Some(80),
            },
            fixed_at_ms: match line.named.get("fixed") {
                Some(&"now") => Some(wall_ms),
                Some(other) => self.visits[*other].fix.unwrap().fixed_at_ms,
                None => None,
            },
            source: line
                .named
                .get("source")
                .map_or(FixSource::Unknown, |code| FixSource::parse(code).unwrap()),
            mock: line.words.contains(&"mock").then_some(true),
        }
    }

    fn say(
        &mut self,
        who: &str,
        subject: impl Into<domain::id::SubjectId>,
        content: impl Into<Content>,
    ) -> StatementId {
        let now_ms = self.world.clock.utc_ms();
        let world = self.world;
        let gadget = self.gadget(who);
        let elapsed_ms = (now_ms - gadget.epoch_began_ms).unsigned_abs();
        let continuous = ContinuousTime { epoch: gadget.epoch, elapsed_ms };
        let stamp = Stamp { utc_ms: now_ms + gadget.off_ms, continuous, beacon: gadget.device.beacon };
        let rng: &dyn Rng = &world.rng;
        let device = &mut gadget.device;
        let sealed =
            seal(&Draft::new(subject, content), &device.series, stamp, rng.array(), &device.key).unwrap();
        device.series = device.series.after(sealed.id);
        let id = sealed.id;
        gadget.offline.push(sealed);
        if !gadget.is_offline {
            gadget.flush();
        }
        id
    }

    fn wall_ms(&mut self, who: &str) -> i64 {
        self.world.clock.utc_ms() + self.gadget(who).off_ms
    }

    fn made(&mut self, label: &str) -> &mut Made {
        self.visits.get_mut(label).unwrap()
    }
}
