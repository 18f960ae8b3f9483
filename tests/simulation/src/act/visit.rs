//! Visits: registering, what follows, and answers to them.

use domain::content::{
    CaptureEnd, CorrectionReason, DisputeReason, Fix, FixSource, LocationMoment, LocationOutcome,
    NotePurpose, ReviewDecision, ReviewReason, UnavailableReason, VisitChange, VisitConfirmed,
    VisitCorrected, VisitDisputed, VisitFinished, VisitNoted, VisitOutcome, VisitRegistered, VisitReviewed,
};
use domain::id::{CaptureId, VisitId};
use domain::{Clock as _, Content};
use journal::Draft;
use store::StoreError;

use super::short;
use crate::device::Number;
use crate::mistake::Mistake;
use crate::template::{NOW_MS, Who};
use crate::world::{Tap, World};

impl World {
    /// A specialist taps, or taps again because nothing said that it was saved, or taps twice.
    pub(super) fn register(&mut self) {
        let unsaved: Vec<usize> = (0..self.taps.len())
            .filter(|&tap| !self.taps[tap].is_saved && !self.taps[tap].is_forgotten)
            .collect();
        let again = self.chance.pick(&unsaved).copied().filter(|_| self.chance.clone().one_in(2));
        let tap = again.unwrap_or_else(|| self.new_tap());
        self.tap(tap);
        if self.chance.one_in(4) {
            self.tap(tap);
        }
    }

    /// The same on this device.
    pub(super) fn register_on(&mut self, device: Number) {
        let tap = self.new_tap();
        self.taps[tap].device = device;
        self.tap(tap);
    }

    fn new_tap(&mut self) -> usize {
        let device = self.device_of(&[Who::Specialist, Who::Colleague]);
        let number = self.taps.len();
        self.taps.push(Tap {
            device,
            request: format!("visit/{number}"),
            child: self.chance.below(2) as usize,
            started_at_ms: NOW_MS + number as i64 * 60_000,
            is_saved: false,
            is_forgotten: false,
        });
        number
    }

    fn tap(&mut self, number: usize) {
        let tap = self.taps[number].clone();
        let has_location = self.chance.one_in(3);
        let (organisation, place) = (self.cast.organisation, Some(self.cast.place));
        let (child, specialist) = (self.cast.children[tap.child], self.devices[tap.device].person);
        let request = (self.mistake != Some(Mistake::TapNotRemembered)).then_some(tap.request.as_str());
        let saved = self.act(tap.device, request, |appending, rng| {
            let (visit, capture) = (appending.visit_ids(tap.started_at_ms).fresh(), CaptureId::random(rng));
            let registered = VisitRegistered {
                child,
                specialist,
                organisation,
                place,
                service: "speech-therapy".into(),
                outcome: VisitOutcome::Held,
                started_at_ms: tap.started_at_ms,
                finished_at_ms: None,
                offset_min: 300,
                late: None,
                capture: Some(capture),
                warned: None,
            };
            appending.seal(&Draft::new(visit, registered))?;
            if has_location {
                return Ok(());
            }
            // Known before: nothing is read, and the reason is written with the visit.
            let located = domain::content::VisitLocated {
                capture,
                moment: LocationMoment::Registered,
                outcome: LocationOutcome::Unavailable(UnavailableReason::Off),
                began_at_ms: tap.started_at_ms,
                ended_at_ms: tap.started_at_ms,
                ended_by: CaptureEnd::NotStarted,
            };
            appending.seal(&Draft::new(visit, located)).map(drop)
        });
        let word = saved.as_ref().and_then(|statements| statements.first()).map_or_else(
            || "not saved".into(),
            |sealed| format!("saved as {}", short(sealed.header.subject.into())),
        );
        self.taps[number].is_saved |= saved.is_some();
        self.tell(format!("{} taps {}: {word}", self.name(tap.device), tap.request));
    }

    /// A reading of the location gives a position, or a reason.
    pub(super) fn end_reading(&mut self) {
        let number = self.device_of(&[Who::Specialist, Who::Colleague]);
        let device = &self.devices[number];
        let Ok(pending) = device.store().read::<_, StoreError>(|reader| reader.pending_captures()) else {
            return;
        };
        let Some(pending) = self.chance.pick(&pending).cloned() else { return };
        let fix = Fix {
            lat_e7: 511_801_000 + self.chance.below(900) as i32,
            lon_e7: 714_460_000,
            accuracy_dm: Some(120),
            fixed_at_ms: None,
            source: FixSource::Unknown,
            mock: None,
        };
        let (outcome, ended_by) = match self.chance.one_in(3) {
            true => (LocationOutcome::Unavailable(UnavailableReason::Timeout), CaptureEnd::WindowOver),
            false => (LocationOutcome::Fix(fix), CaptureEnd::GoodFix),
        };
        let saved = self.act(number, None, |appending, _| {
            let Some(pending) = appending.pending_capture(pending.capture)? else { return Ok(()) };
            for &visit in &pending.visits {
                let located = domain::content::VisitLocated {
                    capture: pending.capture,
                    moment: pending.moment,
                    outcome,
                    began_at_ms: pending.began_at_ms,
                    ended_at_ms: pending.began_at_ms + 1_000,
                    ended_by,
                };
                appending.seal(&Draft::new(visit, located))?;
            }
            Ok(())
        });
        self.tell(format!("{} ends a reading: {}", self.name(number), word(saved.is_some())));
    }

    pub(super) fn finish(&mut self) {
        let number = self.device_of(&[Who::Specialist, Who::Colleague]);
        let Some(row) = self.visible_visit(number, true) else { return };
        let finished_at_ms = row.started_at_ms + 45 * 60_000;
        self.state(number, row.id, "finishes", VisitFinished { finished_at_ms });
    }

    pub(super) fn note(&mut self) {
        let number = self.device_of(&[Who::Specialist, Who::Colleague]);
        self.note_by(number);
    }

    pub(super) fn note_by(&mut self, number: Number) {
        let Some(row) = self.visible_visit(number, true) else { return };
        let text = format!("Жаттығу-{}-{:016x}", self.notes.len(), self.chance.number());
        let noted = VisitNoted { purpose: NotePurpose::Care, text: text.clone(), about: None };
        if let Some(id) = self.state(number, row.id, "notes", noted) {
            self.notes.insert(id, text);
        }
    }

    pub(super) fn correct(&mut self) {
        let number = self.device_of(&[Who::Specialist, Who::Colleague]);
        let Some(row) = self.visible_visit(number, true) else { return };
        let corrected = VisitCorrected {
            basis: row.basis,
            reason: CorrectionReason::WrongService,
            change: VisitChange {
                cancelled: self.chance.one_in(4),
                service: Some("massage".into()),
                outcome: None,
                started_at_ms: None,
                finished_at_ms: None,
            },
            corrected_at_ms: self.devices[number].clock.utc_ms(),
        };
        self.state(number, row.id, "corrects", corrected);
    }

    /// The parent confirms or disputes.
    pub(super) fn answer(&mut self) {
        let number = self.device_of(&[Who::Parent]);
        let Some(row) = self.visible_visit(number, false) else { return };
        let (basis, representative) = (row.basis, self.devices[number].person);
        let answered_at_ms = self.devices[number].clock.utc_ms();
        // It ends with the app: who answers again meanwhile has two of them.
        let capture = Some(CaptureId::random(self.devices[number].rng()));
        if self.chance.one_in(3) {
            let reason = DisputeReason::OtherTime;
            let disputed = VisitDisputed { basis, representative, reason, answered_at_ms, capture };
            self.state(number, row.id, "disputes", disputed);
        } else {
            let confirmed = VisitConfirmed { basis, representative, answered_at_ms, capture };
            self.state(number, row.id, "confirms", confirmed);
        }
    }

    pub(super) fn review(&mut self) {
        let number = self.device_of(&[Who::Coordinator]);
        let Some(row) = self.visible_visit(number, false) else { return };
        let accepted = self.chance.one_in(2);
        let reviewed = VisitReviewed {
            basis: row.basis,
            decision: if accepted { ReviewDecision::Accepted } else { ReviewDecision::Returned },
            reason: if accepted { ReviewReason::InOrder } else { ReviewReason::MoreNeeded },
            flags_seen: Vec::new(),
            reviewed_at_ms: self.devices[number].clock.utc_ms(),
        };
        self.state(number, row.id, "reviews", reviewed);
    }

    fn state(
        &mut self,
        number: Number,
        visit: VisitId,
        what: &str,
        content: impl Into<Content>,
    ) -> Option<domain::id::StatementId> {
        let draft = Draft::new(visit, content);
        let saved = self.act(number, None, |appending, _| appending.seal(&draft).map(drop));
        self.tell(format!("{} {what} {}: {}", self.name(number), short(visit), word(saved.is_some())));
        saved?.first().map(|sealed| sealed.id)
    }
}

fn word(is_saved: bool) -> &'static str {
    if is_saved { "saved" } else { "not saved" }
}
