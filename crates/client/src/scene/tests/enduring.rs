//! What a wrong clock, an engagement that ended and a further role do not take away: the own facts.

use std::time::Duration;

use domain::content::{AgreementAccepted, ConfirmationAnswer, EvidenceLevel};
use journal::Draft;

use super::super::operator::key;
use super::super::*;
use super::registering::every_visit;
use crate::ipc::{
    ChildQuery, CorrectVisit, CorrectionCode, ErrorCode, FinishVisit, LateCode, LateEntry, NoteVisit,
    RoleCode, UnavailableCode, VisitView,
};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// The first of January 2015, to which phones fall back whose battery was empty.
const IN_2015_MS: i64 = 1_420_070_400_000;

fn children_as(role: Option<RoleCode>) -> ChildQuery {
    ChildQuery { search: String::new(), offset: 0, limit: 10, role }
}

fn correction(visit: &VisitView) -> CorrectVisit {
    CorrectVisit {
        visit: visit.id.clone(),
        basis: visit.basis.clone(),
        reason: CorrectionCode::WrongTime,
        text: None,
        cancelled: false,
        service: None,
        outcome: None,
        started_at_ms: None,
        finished_at_ms: None,
    }
}

/// Everything that belongs to a visit, from the list of children to its correction.
async fn whole_visit(scene: &Scene) -> VisitView {
    let visit = scene.visit(&[CHILD]).await.visits.remove(0);
    let note = NoteVisit { visit: visit.id.clone(), text: "Жаттығу жасалды".into() };
    assert!(scene.app.note_visit(note).await.unwrap().note.is_some());
    scene.clock.advance_ms(HOUR_MS as u64);
    let finish = FinishVisit { visit: visit.id.clone(), finished_at_ms: None };
    let finished = scene.app.finish_visit(finish).await.unwrap();
    assert_eq!(finished.finished_at_ms, Some(visit.started_at_ms + HOUR_MS));
    let corrected = CorrectVisit { service: Some("massage".into()), ..correction(&finished) };
    scene.app.correct_visit(corrected).await.unwrap()
}

async fn late_entry(scene: &Scene, started_at_ms: i64) -> VisitView {
    let mut request = scene.draft(&[SISTER]).await;
    let finished_at_ms = started_at_ms + HOUR_MS;
    request.late = Some(LateEntry { reason: LateCode::Forgotten, started_at_ms, finished_at_ms, text: None });
    scene.app.register_visit(request).await.unwrap().visits.remove(0)
}

#[tokio::test]
async fn with_the_wall_clock_in_2015_everything_about_a_visit_goes_on() {
    let scene = Setting::of(SPECIALIST).at_home().await;
    scene.clock.advance_wall_ms(IN_2015_MS - NOW_MS);
    assert_eq!(scene.app.app_state().await.unwrap().roles, [RoleCode::Specialist]);
    assert_eq!(scene.app.children(children_as(None)).await.unwrap().len(), 2);
    let visit = whole_visit(&scene).await;
    assert_eq!(scene.app.today().await.unwrap().visits_today.len(), 1);
    // The person knows the time better than the device.
    let true_time = CorrectVisit {
        started_at_ms: Some(NOW_MS + HOUR_MS),
        finished_at_ms: Some(NOW_MS + 2 * HOUR_MS),
        ..correction(&visit)
    };
    let corrected = scene.app.correct_visit(true_time).await.unwrap();
    assert_eq!(corrected.started_at_ms, NOW_MS + HOUR_MS);
    assert_eq!(late_entry(&scene, NOW_MS - 3 * HOUR_MS).await.started_at_ms, NOW_MS - 3 * HOUR_MS);
}

#[tokio::test]
async fn an_engagement_that_ended_takes_no_visit_away() {
    let ended = |operator: &mut Operator| {
        let to_ms = Some(NOW_MS - DAY_MS);
        let member = MemberChanged {
            organisation: ORGANISATION,
            role: Role::Specialist,
            engagement: Engagement::Employee,
            position_kk: "Логопед".into(),
            position_ru: "Логопед".into(),
            from_ms: 0,
            to_ms,
        };
        operator.state(SPECIALIST, member);
        for child in [CHILD, SISTER] {
            let team = CareTeamChanged {
                person: SPECIALIST,
                organisation: ORGANISATION,
                function: "speech-therapy".into(),
                from_ms: 0,
                to_ms,
            };
            operator.state(child, team);
        }
    };
    let scene = Setting::of(SPECIALIST).with(ended).at_home().await;
    assert!(
        scene.app.children(children_as(None)).await.unwrap().is_empty(),
        "nobody is in the care any more"
    );
    let before = late_entry(&scene, NOW_MS - 2 * DAY_MS).await;
    assert_eq!(before.late, Some(LateCode::Forgotten), "a visit of the time before");
    whole_visit(&scene).await;
    assert_eq!(scene.app.visits(every_visit()).await.unwrap().total, 2);
}

#[tokio::test]
async fn a_further_role_opens_with_its_own_agreement_and_hinders_no_other() {
    let parent = |operator: &mut Operator| {
        let representation = RepresentationChanged {
            representative: SPECIALIST,
            basis: RepresentationBasis::Parent,
            from_ms: 0,
            to_ms: None,
        };
        operator.state(CHILD, representation);
    };
    let scene = Setting::of(SPECIALIST).with(parent).enrolled().await;
    assert_eq!(scene.unlock().await.stage, Stage::Agreement, "the first one is read before anything opens");
    let state = scene.accept_document("specialist", 1, &[1, 2, 3]).await;
    assert_eq!((state.stage, state.roles.as_slice()), (Stage::Home, &[RoleCode::Specialist][..]));
    let due = scene.app.agreements_due().await.unwrap();
    let due: Vec<_> = due.iter().map(|due| (due.document.as_str(), due.announced)).collect();
    assert_eq!(due, [("subject", false)], "still asked for");
    let visit = scene.visit(&[SISTER]).await.visits.remove(0);
    assert_eq!(scene.app.visits(every_visit()).await.unwrap().visits[0].id, visit.id, "as the specialist");
    let closed = scene.app.children(children_as(Some(RoleCode::Representative))).await.unwrap_err();
    assert_eq!(closed.code, ErrorCode::AgreementRequired);
    let locked = scene.app.decline_agreement().await.unwrap();
    assert_eq!((locked.stage, locked.accounts.len()), (Stage::Locked, 1), "what was registered is kept");
    scene.unlock().await;
    let state = scene.accept_document("subject", 1, &[1, 2, 3]).await;
    assert_eq!(state.roles, [RoleCode::Specialist, RoleCode::Representative]);
    let own = scene.app.children(children_as(Some(RoleCode::Representative))).await.unwrap();
    assert_eq!(own.len(), 1);
}

#[tokio::test]
async fn a_version_that_is_not_known_here_is_no_consent_to_geolocation() {
    let elsewhere = |operator: &mut Operator| {
        let device = key(0x35);
        operator.bind(&device, SPECIALIST);
        let at_ms = NOW_MS - HOUR_MS;
        let accepted = AgreementAccepted {
            document: AgreementKind::Specialist,
            version: 7,
            locale: Locale::Kk,
            sha256: codec::hash(b"never published here"),
            confirmations: vec![ConfirmationAnswer { number: 1, accepted: true, at_ms }],
            opened_at_ms: at_ms,
            end_reached_at_ms: at_ms,
            accepted_at_ms: at_ms,
            evidence_level: EvidenceLevel::L0,
            app_version: "0.2.0".into(),
        };
        operator.state_by(&device, Some(SPECIALIST), &Draft::new(SPECIALIST, accepted));
    };
    let scene = Setting::of(SPECIALIST).with(elsewhere).enrolled().await;
    assert_eq!(scene.unlock().await.stage, Stage::Home, "accepted on another device");
    let visit = scene.visit(&[CHILD]).await.visits.remove(0);
    assert_eq!(visit.location.reason, Some(UnavailableCode::NoConsent));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(scene.location.starts(), 0);
}

#[tokio::test]
async fn an_end_that_was_forgotten_is_asked_for() {
    let scene = Setting::of(SPECIALIST).at_home().await;
    let visit = scene.visit(&[CHILD]).await.visits.remove(0);
    scene.clock.advance_ms(13 * HOUR_MS as u64);
    let finish = FinishVisit { visit: visit.id.clone(), finished_at_ms: None };
    let refused = scene.app.finish_visit(finish.clone()).await.unwrap_err();
    assert_eq!((refused.code, refused.detail.as_deref()), (ErrorCode::BadInput, Some("finished_at_ms")));
    let longer = FinishVisit { finished_at_ms: Some(NOW_MS + 25 * HOUR_MS), ..finish.clone() };
    assert_eq!(scene.app.finish_visit(longer).await.unwrap_err().code, ErrorCode::BadInput);
    let said = FinishVisit { finished_at_ms: Some(NOW_MS + HOUR_MS), ..finish };
    assert_eq!(scene.app.finish_visit(said).await.unwrap().finished_at_ms, Some(NOW_MS + HOUR_MS));
}
