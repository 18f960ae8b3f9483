//! What a representative does.

use domain::content::{VisitFinished, VisitOutcome, VisitRegistered};
use domain::id::{StatementId, VisitId};
use journal::{Draft, SigningKey, VisitIds};

use super::super::operator::key;
use super::super::*;
use super::registering::{every_visit, good_fix};
use crate::ipc::{
    ConfirmVisit, ConfirmationState, DisputeCode, DisputeVisit, ErrorCode, MomentCode, UnavailableCode,
    VisitView,
};
use crate::testing::Step;

/// The visit that [`visited`] registers.
pub(super) fn visit_id() -> VisitId {
    visit_of(&key(0x33))
}

/// A visit that this key may register, always the same.
pub(super) fn visit_of(key: &SigningKey) -> VisitId {
    VisitIds::new(key.id(), NOW_MS, &SeededRng::new(0)).fresh()
}

/// A visit that another device registered; gives its version, the statement that an answer refers to.
pub(super) fn visited(
    operator: &mut Operator,
    started_at_ms: i64,
    finished_at_ms: Option<i64>,
) -> StatementId {
    let device = key(0x33);
    operator.bind(&device, SPECIALIST);
    let registered = VisitRegistered {
        child: CHILD,
        specialist: SPECIALIST,
        organisation: ORGANISATION,
        place: Some(PLACE),
        service: "speech-therapy".into(),
        outcome: VisitOutcome::Held,
        started_at_ms,
        finished_at_ms: None,
        offset_min: 300,
        late: None,
        capture: None,
        warned: None,
    };
    let registered = operator.state_by(&device, Some(SPECIALIST), &Draft::new(visit_id(), registered)).id;
    let Some(finished_at_ms) = finished_at_ms else { return registered };
    operator.state_by(&device, Some(SPECIALIST), &Draft::new(visit_id(), VisitFinished { finished_at_ms })).id
}

impl Scene {
    async fn only_visit(&self) -> VisitView {
        let mut page = self.app.visits(every_visit()).await.unwrap();
        assert_eq!(page.total, 1);
        page.visits.remove(0)
    }

    /// The row behind a visit.
    pub(super) async fn stored(&self, visit: &str) -> store::read::visit::VisitRow {
        let (id, session) = (visit.parse().unwrap(), self.app.open_session());
        session.read(move |_, reader| crate::visits::find(reader, id)).await.unwrap()
    }
}

#[tokio::test]
async fn a_confirmation_soon_after_the_visit_reads_the_own_location_once() {
    let minute = 60_000;
    let visited =
        |operator: &mut Operator| visited(operator, NOW_MS - 50 * minute, Some(NOW_MS - 10 * minute));
    let scene = Setting::of(PARENT).with(visited).at_home().await;
    scene.location.then([Step::Report(good_fix()), Step::Hang]);
    let visit = scene.only_visit().await;
    assert!(visit.can_answer && !visit.can_correct && !visit.can_review);
    assert_eq!(visit.specialist.name, "Қайратова Әсел");
    assert_eq!(visit.specialist.position_kk.as_deref(), Some("Логопед"));
    let confirm = ConfirmVisit { visit: visit.id.clone(), basis: Some(visit.basis.clone()) };
    let confirmed = scene.app.confirm_visit(confirm.clone()).await.unwrap();
    assert_eq!(confirmed.confirmation, ConfirmationState::Confirmed);
    assert!(confirmed.answers[0].mine && confirmed.answers[0].current);
    scene.app.confirm_visit(confirm).await.unwrap();
    scene.until(|| async { scene.location.stops() == 1 }).await;
    assert_eq!(scene.location.starts(), 1, "two taps are one answer and one reading");
    scene
        .until(|| async {
            let moments = scene.app.location_moments().await.unwrap();
            moments.first().is_some_and(|moment| moment.location.latitude.is_some())
        })
        .await;
    let moments = scene.app.location_moments().await.unwrap();
    assert_eq!((moments.len(), moments[0].moment), (1, MomentCode::Confirmed));
}

#[tokio::test]
async fn who_answers_otherwise_while_a_reading_runs_has_the_outcome_of_both() {
    let visited = |operator: &mut Operator| visited(operator, NOW_MS - 60_000, None);
    let scene = Setting::of(PARENT).with(visited).at_home().await;
    scene.location.then([Step::Wait(Duration::from_millis(500)), Step::Report(good_fix()), Step::Hang]);
    scene.location.then([Step::Report(good_fix()), Step::Hang]);
    let visit = scene.only_visit().await;
    scene.app.confirm_visit(ConfirmVisit { visit: visit.id.clone(), basis: None }).await.unwrap();
    let dispute =
        DisputeVisit { visit: visit.id, basis: visit.basis, reason: DisputeCode::OtherTime, text: None };
    scene.app.dispute_visit(dispute).await.unwrap();
    scene
        .until(|| async {
            let moments = scene.app.location_moments().await.unwrap();
            moments.len() == 2 && moments.iter().all(|moment| moment.location.latitude.is_some())
        })
        .await;
}

#[tokio::test]
async fn later_nothing_is_read_and_the_answer_says_so() {
    let minute = 60_000;
    let visited =
        |operator: &mut Operator| visited(operator, NOW_MS - 200 * minute, Some(NOW_MS - 61 * minute));
    let scene = Setting::of(PARENT).with(visited).at_home().await;
    let visit = scene.only_visit().await;
    let dispute = DisputeVisit {
        visit: visit.id.clone(),
        basis: visit.basis.clone(),
        reason: DisputeCode::Other,
        text: None,
    };
    let refused = scene.app.dispute_visit(dispute.clone()).await.unwrap_err();
    assert_eq!(refused.detail.as_deref(), Some("text"), "this reason needs words");
    let dispute = DisputeVisit { text: Some("Ешкім болған жоқ".into()), ..dispute };
    let disputed = scene.app.dispute_visit(dispute).await.unwrap();
    assert_eq!(disputed.confirmation, ConfirmationState::Disputed);
    let moments = scene.app.location_moments().await.unwrap();
    assert_eq!(moments[0].location.reason, Some(UnavailableCode::AfterVisit));
    assert_eq!(scene.location.starts(), 0);

    let confirm = ConfirmVisit { visit: visit.id.clone(), basis: None };
    let changed = scene.app.confirm_visit(confirm).await.unwrap();
    assert_eq!(changed.confirmation, ConfirmationState::Confirmed, "people change their mind");
}

#[tokio::test]
async fn an_answer_to_what_is_not_on_screen_any_more_is_refused() {
    let scene = Setting::of(PARENT).with(|operator| visited(operator, NOW_MS - 60_000, None)).at_home().await;
    let visit = scene.only_visit().await;
    let confirm = ConfirmVisit { visit: visit.id.clone(), basis: Some("00".repeat(32)) };
    assert_eq!(scene.app.confirm_visit(confirm).await.unwrap_err().code, ErrorCode::Stale);
    assert_eq!(scene.only_visit().await.confirmation, ConfirmationState::None);
    assert_eq!(scene.location.starts(), 0);
}

#[tokio::test]
async fn without_the_own_consent_a_parent_confirms_without_location() {
    let visited = |operator: &mut Operator| visited(operator, NOW_MS - 60_000, None);
    let scene = Setting::of(PARENT).optional_geolocation().with(visited).at_home().await;
    let visit = scene.only_visit().await;
    scene.app.confirm_visit(ConfirmVisit { visit: visit.id, basis: None }).await.unwrap();
    let moments = scene.app.location_moments().await.unwrap();
    assert_eq!(moments[0].location.reason, Some(UnavailableCode::NoConsent));
    assert_eq!(scene.location.starts(), 0);
}
