//! The main job and what the specialist does afterwards.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use domain::content::{Fix, FixSource, UnavailableReason};
use domain::id::CaptureId;

use super::super::*;
use crate::ipc::{
    BeginVisit, CorrectVisit, CorrectionCode, ErrorCode, FinishVisit, LateCode, LateEntry, LocationState,
    OutcomeCode, RegisterVisit, RegisteredVisits, Transport, UnavailableCode, VisitIds, VisitRef, VisitView,
};
use crate::ports::Reading;
use crate::testing::Step;

impl Scene {
    pub(super) async fn draft(&self, children: &[ChildId]) -> RegisterVisit {
        let children: Vec<String> = children.iter().map(ToString::to_string).collect();
        let draft = self.app.begin_visit(BeginVisit { children: children.clone() }).await.unwrap();
        RegisterVisit {
            draft_id: draft.draft_id,
            children,
            service: draft.service,
            outcome: OutcomeCode::Held,
            note: None,
            late: None,
        }
    }

    pub(super) async fn visit(&self, children: &[ChildId]) -> RegisteredVisits {
        self.app.register_visit(self.draft(children).await).await.unwrap()
    }

    pub(super) async fn look(&self, visit: &str) -> VisitView {
        self.app.visit(VisitRef { visit: visit.into() }).await.unwrap().visit
    }

    pub(super) async fn located(&self, visit: &str) -> VisitView {
        self.until(|| async { self.look(visit).await.location.state != LocationState::Pending }).await;
        self.look(visit).await
    }
}

pub(super) fn good_fix() -> Reading {
    Reading::from(Fix {
        lat_e7: 511_605_000,
        lon_e7: 714_704_000,
        accuracy_dm: Some(120),
        fixed_at_ms: None,
        source: FixSource::Unknown,
        mock: None,
    })
}

#[tokio::test]
async fn siblings_are_two_visits_with_one_reading_and_the_save_waits_for_nothing() {
    let scene = Setting::of(SPECIALIST).at_home().await;
    scene.location.then([Step::Wait(Duration::from_millis(100)), Step::Report(good_fix()), Step::Hang]);
    let today = scene.app.today().await.unwrap();
    assert_eq!((today.children.len(), today.children[0].siblings.len()), (2, 1));
    assert_eq!(scene.location.starts(), 0, "looking reads nothing");
    let mut request = scene.draft(&[CHILD, SISTER]).await;
    assert_eq!(request.service, "speech-therapy");
    request.note = Some(" Жаттығу жасалды ".into());
    let refused = scene.app.register_visit(request.clone()).await.unwrap_err();
    let of_one = (ErrorCode::BadInput, Some("note"));
    assert_eq!(
        (refused.code, refused.detail.as_deref()),
        of_one,
        "what is written of one child stays with it"
    );
    request.note = None;
    let registered = scene.app.register_visit(request).await.unwrap();
    assert_eq!(registered.saved_count, 2);
    assert_eq!(registered.visits.len(), 2);
    assert_eq!((registered.undo_left_ms, registered.undo_until_ms), (10_000, NOW_MS + 10_000));
    for visit in &registered.visits {
        // The sync tries by itself, so a visit may be on its way already when it is looked at.
        let state = visit.transport.state;
        assert!(matches!(state, Transport::Saved | Transport::Sent), "{state:?}, and nobody registered it");
        assert_eq!(visit.location.state, LocationState::Pending);
        assert_eq!(visit.note, None);
        assert!(visit.can_finish && visit.can_correct && !visit.can_answer && !visit.can_review);
    }
    for visit in &registered.visits {
        let visit = scene.located(&visit.id).await;
        assert_eq!((visit.location.state, visit.location.accuracy_m), (LocationState::Fix, Some(12)));
    }
    assert_eq!((scene.location.starts(), scene.location.stops()), (1, 1));
    let moments = scene.app.location_moments().await.unwrap();
    assert_eq!((moments.len(), moments[0].visits.len()), (1, 2), "one reading for both");
}

#[tokio::test]
async fn two_taps_with_one_draft_are_one_visit() {
    let scene = Setting::of(SPECIALIST).at_home().await;
    let mut request = scene.draft(&[CHILD]).await;
    request.note = Some(" Жаттығу жасалды ".into());
    let first = scene.app.register_visit(request.clone()).await.unwrap();
    let (second, third) =
        tokio::join!(scene.app.register_visit(request.clone()), scene.app.register_visit(request));
    let ids = [&first, &second.unwrap(), &third.unwrap()].map(|registered| registered.visits[0].id.clone());
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!(scene.look(&ids[0]).await.note.as_deref(), Some("Жаттығу жасалды"));
    scene.located(&ids[0]).await;
    assert_eq!(scene.location.starts(), 1);
    assert_eq!(scene.app.today().await.unwrap().visits_today.len(), 1);
}

#[tokio::test]
async fn drafts_of_one_time_lie_together_and_nobody_guesses_them() {
    let scene = Setting::of(SPECIALIST).at_home().await;
    let mut drafts = Vec::new();
    for _ in 0..2 {
        drafts.push(scene.draft(&[CHILD]).await.draft_id);
    }
    scene.clock.advance_ms(1);
    drafts.push(scene.draft(&[CHILD]).await.draft_id);
    let moments: Vec<i64> =
        drafts.iter().map(|draft| i64::from_str_radix(&draft[..12], 16).unwrap()).collect();
    assert_eq!(moments, [NOW_MS, NOW_MS, NOW_MS + 1]);
    assert_ne!(drafts[0][12..], drafts[1][12..]);
}

#[tokio::test]
async fn a_late_entry_reads_nothing_and_needs_its_reason() {
    let scene = Setting::of(SPECIALIST).at_home().await;
    let mut request = scene.draft(&[CHILD]).await;
    let hour = 3_600_000;
    let late = LateEntry {
        reason: LateCode::Other,
        started_at_ms: NOW_MS - 3 * hour,
        finished_at_ms: NOW_MS - 2 * hour,
        text: None,
    };
    request.late = Some(late.clone());
    let refused = scene.app.register_visit(request.clone()).await.unwrap_err();
    assert_eq!((refused.code, refused.detail.as_deref()), (ErrorCode::BadInput, Some("text")));
    request.late = Some(LateEntry { text: Some("Телефон өшіп қалды".into()), ..late });
    let visit = scene.app.register_visit(request).await.unwrap().visits.remove(0);
    assert_eq!((visit.late, visit.location.state), (Some(LateCode::Other), LocationState::NotDue));
    assert_eq!((visit.started_at_ms, visit.finished_at_ms), (NOW_MS - 3 * hour, Some(NOW_MS - 2 * hour)));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(scene.location.starts(), 0);
    assert!(scene.app.location_moments().await.unwrap().is_empty());
}

#[tokio::test]
async fn without_consent_nothing_is_started_and_the_visit_says_so() {
    let scene = Setting::of(SPECIALIST).optional_geolocation().at_home().await;
    let children = vec![CHILD.to_string()];
    let draft = scene.app.begin_visit(BeginVisit { children }).await.unwrap();
    assert_eq!(draft.location.reason, Some(UnavailableCode::NoConsent), "warned before the tap");
    let visit = scene.visit(&[CHILD]).await.visits.remove(0);
    assert_eq!(visit.location.reason, Some(UnavailableCode::NoConsent));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(scene.location.starts(), 0);
}

#[tokio::test]
async fn the_warning_before_the_tap_is_kept_with_the_visit() {
    let scene = Setting::of(SPECIALIST).at_home().await;
    scene.location.set_readiness(Some(UnavailableReason::Off));
    scene.location.then([Step::Report(Reading::Unavailable(UnavailableReason::Off))]);
    let visit = scene.visit(&[CHILD]).await.visits.remove(0);
    assert_eq!(scene.located(&visit.id).await.location.reason, Some(UnavailableCode::Off));
    let warned = scene.stored(&visit.id).await.warned;
    assert_eq!(warned, Some(UnavailableReason::Off));
}

#[tokio::test]
async fn a_reading_that_the_app_did_not_survive_is_written_as_interrupted() {
    let scene = Setting::of(SPECIALIST).at_home().await;
    scene.location.then([Step::Hang]);
    let visit = scene.visit(&[CHILD]).await.visits.remove(0);
    scene.until(|| async { scene.location.starts() == 1 }).await;
    scene.app.lock().await.unwrap();
    assert_eq!(scene.location.stops(), 1, "the service is stopped with the account");
    scene.unlock().await;
    assert_eq!(scene.located(&visit.id).await.location.reason, Some(UnavailableCode::Interrupted));
    assert_eq!(scene.location.starts(), 1, "and not started again");
}

#[tokio::test]
async fn undo_works_for_ten_seconds_by_the_clock_that_nobody_can_turn() {
    let scene = Setting::of(SPECIALIST).at_home().await;
    scene.location.then([Step::Hang]);
    let visit = scene.visit(&[CHILD]).await.visits.remove(0);
    scene.until(|| async { scene.location.starts() == 1 }).await;
    scene.clock.advance_ms(9_999);
    assert_eq!(scene.look(&visit.id).await.can_undo_ms, 1);
    scene.app.undo_visit(VisitIds { visits: vec![visit.id.clone()] }).await.unwrap();
    let undone = scene.look(&visit.id).await;
    assert_eq!((undone.cancelled, undone.can_correct), (Some(CorrectionCode::Undone), false));
    assert_eq!(undone.location.reason, Some(UnavailableCode::Interrupted), "nothing more is read for it");
    scene.until(|| async { scene.location.stops() == 1 }).await;

    let late = scene.visit(&[SISTER]).await.visits.remove(0);
    scene.clock.advance_ms(10_000);
    scene.clock.advance_wall_ms(-10_000);
    let refused = scene.app.undo_visit(VisitIds { visits: vec![late.id] }).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::UndoOver);
}

#[tokio::test]
async fn a_correction_that_takes_a_visit_back_ends_its_reading() {
    let scene = Setting::of(SPECIALIST).at_home().await;
    scene.location.then([Step::Hang]);
    let visit = scene.visit(&[CHILD]).await.visits.remove(0);
    scene.until(|| async { scene.location.starts() == 1 }).await;
    let taken_back = CorrectVisit {
        visit: visit.id.clone(),
        basis: visit.basis.clone(),
        reason: CorrectionCode::WrongChild,
        text: None,
        cancelled: true,
        service: None,
        outcome: None,
        started_at_ms: None,
        finished_at_ms: None,
    };
    let taken_back = scene.app.correct_visit(taken_back).await.unwrap();
    assert_eq!(taken_back.location.reason, Some(UnavailableCode::Interrupted), "nothing more is read for it");
    scene.until(|| async { scene.location.stops() == 1 }).await;
}

#[tokio::test]
async fn nothing_is_read_for_an_account_that_was_closed_in_between() {
    let scene = Setting::of(SPECIALIST).at_home().await;
    let session = scene.app.open_session();
    session.close();
    crate::locate::start(&session, CaptureId::from_bytes([0x5a; 16]));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(scene.location.starts(), 0);
    assert!(session.captures.lock().is_empty());
}

#[tokio::test]
async fn a_forgotten_end_is_reminded_of_and_written_once() {
    let scene = Setting::of(SPECIALIST).at_home().await;
    let visit = scene.visit(&[CHILD]).await.visits.remove(0);
    let today = scene.app.today().await.unwrap();
    assert_eq!(today.open_visits.len(), 1);
    assert_eq!(
        today.children[0].open_visit.as_deref(),
        Some(visit.id.as_str()),
        "most recently visited first"
    );
    scene.clock.advance_ms(45 * 60_000);
    let finish = FinishVisit { visit: visit.id.clone(), finished_at_ms: None };
    let finished = scene.app.finish_visit(finish.clone()).await.unwrap();
    assert_eq!(finished.finished_at_ms, Some(NOW_MS + 45 * 60_000));
    scene.clock.advance_ms(60_000);
    assert_eq!(scene.app.finish_visit(finish).await.unwrap().finished_at_ms, finished.finished_at_ms);
    assert!(scene.app.today().await.unwrap().open_visits.is_empty());
}

#[tokio::test]
async fn a_correction_is_refused_when_the_visit_changed_meanwhile() {
    let scene = Setting::of(SPECIALIST).at_home().await;
    let visit = scene.visit(&[CHILD]).await.visits.remove(0);
    let correct = CorrectVisit {
        visit: visit.id.clone(),
        basis: visit.basis.clone(),
        reason: CorrectionCode::WrongService,
        text: None,
        cancelled: false,
        service: Some("massage".into()),
        outcome: None,
        started_at_ms: None,
        finished_at_ms: None,
    };
    let corrected = scene.app.correct_visit(correct.clone()).await.unwrap();
    assert_eq!(corrected.service, "massage");
    assert_ne!(corrected.basis, visit.basis, "everybody is asked about the visit as it stands now");
    assert_eq!(scene.app.correct_visit(correct.clone()).await.unwrap_err().code, ErrorCode::Stale);
    let again = CorrectVisit { basis: corrected.basis, ..correct };
    let refused = scene.app.correct_visit(again).await.unwrap_err();
    assert_eq!(refused.detail.as_deref(), Some("change"), "a correction that changes nothing");
    let story = scene.app.visit(VisitRef { visit: visit.id }).await.unwrap().story;
    assert!(story.iter().any(|entry| entry.code.as_deref() == Some("wrong-service")));
}

#[tokio::test]
async fn what_is_not_the_specialists_is_not_theirs_to_do() {
    let scene = Setting::of(SPECIALIST).at_home().await;
    let stranger = BeginVisit { children: vec![ChildId::from_bytes([0x99; 16]).to_string()] };
    assert_eq!(scene.app.begin_visit(stranger).await.unwrap_err().code, ErrorCode::NotFound);
    let visit = scene.visit(&[CHILD]).await.visits.remove(0);
    let confirm = crate::ipc::ConfirmVisit { visit: visit.id.clone(), basis: None };
    assert_eq!(scene.app.confirm_visit(confirm).await.unwrap_err().code, ErrorCode::NotAllowed);
    let adopt = VisitRef { visit: visit.id };
    assert_eq!(scene.app.adopt_position(adopt).await.unwrap_err().code, ErrorCode::NotAllowed);
    assert_eq!(scene.app.visits_csv(every_visit()).await.unwrap_err().code, ErrorCode::NotAllowed);
}

pub(super) fn every_visit() -> crate::ipc::VisitQuery {
    crate::ipc::VisitQuery {
        search: String::new(),
        review: None,
        confirmation: None,
        transport: None,
        flagged: false,
        child: None,
        from_ms: None,
        to_ms: None,
        sort: crate::ipc::SortColumn::Started,
        descending: true,
        offset: 0,
        limit: 100,
        role: None,
    }
}

#[tokio::test]
async fn who_registers_one_visit_after_the_other_without_a_network_makes_the_app_try_once_a_second() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let tries = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&tries);
    tokio::spawn(async move {
        // A network that breaks each connection.
        while let Ok((connection, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            drop(connection);
        }
    });
    let scene = Setting::of(SPECIALIST).at(address).at_home().await;
    let count = || tries.load(Ordering::SeqCst);
    scene.until(|| async { count() > 0 }).await;
    let (before, began) = (count(), Instant::now());
    for _ in 0..20 {
        scene.visit(&[CHILD]).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (made, seconds) = (count() - before, u32::try_from(began.elapsed().as_secs()).unwrap());
    assert!(made <= 2 * (seconds + 1), "{made} in {seconds} s; a try may connect twice");
    scene.until(|| async { count() > before + made }).await;
}
