//! What a coordinator does.

use domain::content::{
    CorrectionReason, DisputeReason, ReviewDecision, ReviewReason, VisitChange, VisitCorrected,
    VisitDisputed, VisitReviewed,
};
use journal::Draft;

use super::super::operator::key;
use super::super::*;
use super::answering::{visit_id, visited};
use super::registering::every_visit;
use crate::ipc::{
    ConfirmationState, DirectoryQuery, ErrorCode, NoteVisit, ReviewReasonCode, ReviewState, ReviewVisit,
    RoleCode, VisitQuery, VisitRef,
};

#[tokio::test]
async fn a_visit_is_accepted_or_returned_as_it_was_on_screen() {
    let scene =
        Setting::of(COORDINATOR).with(|operator| visited(operator, NOW_MS - 60_000, None)).at_home().await;
    let visit = scene.app.visits(every_visit()).await.unwrap().visits.remove(0);
    assert!(visit.can_review && !visit.can_answer && !visit.can_correct);
    let review = ReviewVisit {
        visit: visit.id.clone(),
        basis: visit.basis.clone(),
        flags: visit.flags.clone(),
        confirmation: visit.confirmation,
        accepted: true,
        reason: ReviewReasonCode::InOrder,
        text: None,
    };
    let wrong = ReviewVisit { reason: ReviewReasonCode::NotHeld, ..review.clone() };
    assert_eq!(scene.app.review_visit(wrong).await.unwrap_err().code, ErrorCode::BadInput);
    let stale = ReviewVisit { basis: "00".repeat(32), ..review.clone() };
    assert_eq!(scene.app.review_visit(stale).await.unwrap_err().code, ErrorCode::Stale);
    let unseen = ReviewVisit { flags: vec!["far-from-place".into()], ..review.clone() };
    assert_eq!(scene.app.review_visit(unseen).await.unwrap_err().code, ErrorCode::Stale, "other flags");
    let unseen = ReviewVisit { confirmation: ConfirmationState::Disputed, ..review.clone() };
    assert_eq!(scene.app.review_visit(unseen).await.unwrap_err().code, ErrorCode::Stale, "another answer");
    let accepted = scene.app.review_visit(review.clone()).await.unwrap();
    assert_eq!(
        (accepted.review, accepted.review_reason),
        (ReviewState::Accepted, Some(ReviewReasonCode::InOrder))
    );
    scene.app.review_visit(review.clone()).await.unwrap();
    let returned = ReviewVisit {
        accepted: false,
        reason: ReviewReasonCode::MoreNeeded,
        text: Some("Уақытын нақтылаңыз".into()),
        ..review
    };
    assert_eq!(scene.app.review_visit(returned).await.unwrap().review, ReviewState::Returned);
    let story = scene.app.visit(VisitRef { visit: visit.id.clone() }).await.unwrap().story;
    let reviews = story.iter().filter(|entry| entry.kind == crate::ipc::StoryKind::Reviewed).count();
    assert_eq!(reviews, 2, "two presses are one decision");
    assert!(story.iter().any(|entry| entry.text.as_deref() == Some("Уақытын нақтылаңыз")));
    let adopt = VisitRef { visit: visit.id };
    assert_eq!(scene.app.adopt_position(adopt).await.unwrap_err().code, ErrorCode::NotAllowed, "it has none");
}

#[tokio::test]
async fn the_table_and_the_directory_are_the_organisations() {
    let contact = RecordData::Contact { phone: Some("+77010000001".into()), email: None };
    let known = |operator: &mut Operator| {
        visited(operator, NOW_MS - 60_000, None);
        operator.state(PARENT, RecordChanged { record: RecordKind::Person, data: contact });
    };
    let scene = Setting::of(COORDINATOR).with(known).at_home().await;
    let file = scene.app.visits_csv(every_visit()).await.unwrap();
    assert_eq!((file.name.as_str(), file.text.lines().count()), ("esep-2026-11-23.csv", 2));
    assert!(file.text.contains("Қайратова Әсел") && file.text.contains("Болатов Нұрлан"));
    let directory = scene.app.directory(DirectoryQuery { role: None }).await.unwrap();
    let names: Vec<_> = directory.members.iter().map(|member| member.person.name.as_str()).collect();
    assert_eq!(names, ["Ғалиева Дана", "Қайратова Әсел"], "in Kazakh order");
    assert_eq!(directory.children.len(), 2);
    assert_eq!(directory.children[0].care_team.len(), 1);
    assert_eq!(directory.children[0].representatives[0].person.name, "Болатов Ерлан");
    assert_eq!(directory.children[0].representatives[0].phone.as_deref(), Some("+77010000001"));
    assert_eq!(directory.places[0].label, "Үй, Абай к. 12");
    let mut query = every_visit();
    query.role = Some(RoleCode::Specialist);
    assert_eq!(
        scene.app.visits(query).await.unwrap_err().code,
        ErrorCode::NotAllowed,
        "not that person's role"
    );
}

#[tokio::test]
async fn who_is_a_parent_besides_finds_the_own_child_alone() {
    let parent = |operator: &mut Operator| {
        let representation = RepresentationChanged {
            representative: COORDINATOR,
            basis: RepresentationBasis::Parent,
            from_ms: 0,
            to_ms: None,
        };
        operator.state(SISTER, representation);
    };
    let scene = Setting::of(COORDINATOR).with(parent).enrolled().await;
    scene.unlock().await;
    scene.accept_document("specialist", 1, &[1, 2, 3]).await;
    scene.accept_document("subject", 1, &[1, 2, 3]).await;
    let as_parent = DirectoryQuery { role: Some(RoleCode::Representative) };
    let directory = scene.app.directory(as_parent).await.unwrap();
    let names: Vec<_> = directory.children.iter().map(|record| record.child.id.as_str()).collect();
    assert_eq!(names, [SISTER.to_string()]);
    assert!(directory.members.is_empty() && directory.places.is_empty());
    let as_coordinator = DirectoryQuery { role: Some(RoleCode::Coordinator) };
    assert_eq!(scene.app.directory(as_coordinator).await.unwrap().children.len(), 2);
    let as_specialist = DirectoryQuery { role: Some(RoleCode::Specialist) };
    assert_eq!(scene.app.directory(as_specialist).await.unwrap_err().code, ErrorCode::NotAllowed);
}

#[tokio::test]
async fn a_visit_that_was_taken_back_waits_for_no_decision() {
    let taken_back = |operator: &mut Operator| {
        let basis = visited(operator, NOW_MS - 60_000, None);
        let change = VisitChange {
            cancelled: true,
            service: None,
            outcome: None,
            started_at_ms: None,
            finished_at_ms: None,
        };
        let (reason, corrected_at_ms) = (CorrectionReason::WrongChild, NOW_MS);
        let corrected = VisitCorrected { basis, reason, change, corrected_at_ms };
        operator.state_by(&key(0x33), Some(SPECIALIST), &Draft::new(visit_id(), corrected));
    };
    let scene = Setting::of(COORDINATOR).with(taken_back).at_home().await;
    let total = async |query: VisitQuery| scene.app.visits(query).await.unwrap().total;
    assert_eq!(total(every_visit()).await, 1, "it stays in sight");
    assert_eq!(total(VisitQuery { review: Some(ReviewState::Open), ..every_visit() }).await, 0);
    assert_eq!(total(VisitQuery { flagged: true, ..every_visit() }).await, 0);
}

#[tokio::test]
async fn a_coordinator_of_several_organisations_sees_those_alone() {
    let two = |operator: &mut Operator| {
        visited(operator, NOW_MS - 60_000, None);
        for organisation in [0x42, 0x43].map(|n| OrganisationId::from_bytes([n; 16])) {
            let member = MemberChanged {
                organisation,
                role: Role::Coordinator,
                engagement: Engagement::Employee,
                position_kk: "Үйлестіруші".into(),
                position_ru: "Координатор".into(),
                from_ms: 0,
                to_ms: None,
            };
            operator.state(SPECIALIST, member);
        }
    };
    let scene = Setting::of(SPECIALIST).with(two).at_home().await;
    let total = async |role| scene.app.visits(VisitQuery { role, ..every_visit() }).await.unwrap().total;
    assert_eq!(total(Some(RoleCode::Specialist)).await, 1);
    assert_eq!(total(Some(RoleCode::Coordinator)).await, 0, "the visit of another organisation");
}

#[tokio::test]
async fn what_needs_the_specialist_is_what_a_coordinator_has_not_settled() {
    let disputed = |operator: &mut Operator, decision: Option<ReviewDecision>| {
        let basis = visited(operator, NOW_MS - 7_200_000, Some(NOW_MS - 3_600_000));
        let (parent, coordinator) = (key(0x34), key(0x36));
        operator.bind(&parent, PARENT);
        operator.bind(&coordinator, COORDINATOR);
        let (representative, reason) = (PARENT, DisputeReason::OtherTime);
        let disputed = VisitDisputed { basis, representative, reason, answered_at_ms: NOW_MS, capture: None };
        operator.state_by(&parent, Some(PARENT), &Draft::new(visit_id(), disputed));
        if let Some(decision) = decision {
            let reason = match decision {
                ReviewDecision::Accepted => ReviewReason::FamilyCalled,
                ReviewDecision::Returned => ReviewReason::WrongTime,
            };
            let (flags_seen, reviewed_at_ms) = (Vec::new(), NOW_MS);
            let reviewed = VisitReviewed { basis, decision, reason, flags_seen, reviewed_at_ms };
            operator.state_by(&coordinator, Some(COORDINATOR), &Draft::new(visit_id(), reviewed));
        }
    };
    for (decision, count) in
        [(None, 1), (Some(ReviewDecision::Returned), 1), (Some(ReviewDecision::Accepted), 0)]
    {
        let scene = Setting::of(SPECIALIST).with(|operator| disputed(operator, decision)).at_home().await;
        assert_eq!(scene.app.today().await.unwrap().needs_me.len(), count, "{decision:?}");
    }
}

#[tokio::test]
async fn a_note_to_a_returned_visit_asks_the_coordinator_to_look_again() {
    let returned = |operator: &mut Operator| {
        let basis = visited(operator, NOW_MS - 7_200_000, Some(NOW_MS - 3_600_000));
        let coordinator = key(0x36);
        operator.bind(&coordinator, COORDINATOR);
        let (decision, reason) = (ReviewDecision::Returned, ReviewReason::MoreNeeded);
        let reviewed =
            VisitReviewed { basis, decision, reason, flags_seen: Vec::new(), reviewed_at_ms: NOW_MS };
        operator.state_by(&coordinator, Some(COORDINATOR), &Draft::new(visit_id(), reviewed));
    };
    let scene = Setting::of(SPECIALIST).with(returned).at_home().await;
    let visit = scene.app.today().await.unwrap().needs_me.remove(0);
    assert_eq!(visit.review, ReviewState::Returned);
    let note = NoteVisit { visit: visit.id, text: "Бала ауырып қалды".into() };
    let explained = scene.app.note_visit(note).await.unwrap();
    assert_eq!(explained.review, ReviewState::Open);
    assert_eq!(explained.note, None, "an explanation is no care note");
    assert!(scene.app.today().await.unwrap().needs_me.is_empty());
}
