//! What a coordinator does.

use super::super::*;
use super::answering::visited;
use super::registering::every_visit;
use crate::ipc::{ErrorCode, ReviewReasonCode, ReviewState, ReviewVisit, RoleCode, VisitRef};

#[tokio::test]
async fn a_visit_is_accepted_or_returned_as_it_was_on_screen() {
    let scene =
        Setting::of(COORDINATOR).with(|operator| visited(operator, NOW_MS - 60_000, None)).at_home().await;
    let visit = scene.app.visits(every_visit()).await.unwrap().visits.remove(0);
    assert!(visit.can_review && !visit.can_answer && !visit.can_correct);
    let review = ReviewVisit {
        visit: visit.id.clone(),
        basis: visit.basis.clone(),
        accepted: true,
        reason: ReviewReasonCode::InOrder,
        text: None,
    };
    let wrong = ReviewVisit { reason: ReviewReasonCode::NotHeld, ..review.clone() };
    assert_eq!(scene.app.review_visit(wrong).await.unwrap_err().code, ErrorCode::BadInput);
    let stale = ReviewVisit { basis: "00".repeat(32), ..review.clone() };
    assert_eq!(scene.app.review_visit(stale).await.unwrap_err().code, ErrorCode::Stale);
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
    let scene =
        Setting::of(COORDINATOR).with(|operator| visited(operator, NOW_MS - 60_000, None)).at_home().await;
    let file = scene.app.visits_csv(every_visit()).await.unwrap();
    assert_eq!((file.name.as_str(), file.text.lines().count()), ("esep-2026-11-23.csv", 2));
    assert!(file.text.contains("Қайратова Әсел") && file.text.contains("Болатов Нұрлан"));
    let directory = scene.app.directory().await.unwrap();
    let names: Vec<_> = directory.members.iter().map(|member| member.person.name.as_str()).collect();
    assert_eq!(names, ["Ғалиева Дана", "Қайратова Әсел"], "in Kazakh order");
    assert_eq!(directory.children.len(), 2);
    assert_eq!(directory.children[0].care_team.len(), 1);
    assert_eq!(directory.children[0].representatives[0].name, "Болатов Ерлан");
    assert_eq!(directory.places[0].label, "Үй, Абай к. 12");
    let mut query = every_visit();
    query.role = Some(RoleCode::Specialist);
    assert_eq!(
        scene.app.visits(query).await.unwrap_err().code,
        ErrorCode::NotAllowed,
        "not that person's role"
    );
}
