use client::ipc::{
    ConfirmVisit, ConfirmationState, CorrectVisit, CorrectionCode, DisputeCode, DisputeVisit, ErrorCode,
    FinishVisit, ReviewReasonCode, ReviewState, ReviewVisit, StoryKind, Transport, VisitRef,
};
use esep_tests::operator::Operator;
use esep_tests::person::{Person, code, is_registered};

use super::folder;

/// The whole road: a visit without network reaches the operator, the parent answers, the coordinator decides, the
/// specialist corrects, and everybody is asked again.
pub(super) async fn parent_confirms_and_coordinator_reviews() {
    let dir = folder();
    let (mut operator, demo) = Operator::start_demo(&dir.path().join("operator"));
    let specialist = Person::ready(&dir.path().join("specialist"), &demo.person("specialist").link).await;

    // Every parent of the demo enrols; the one whose child is visited will find the visit.
    let mut parents = Vec::new();
    for (index, parent) in demo.people("representative").enumerate() {
        parents.push(Person::ready(&dir.path().join(format!("parent-{index}")), &parent.link).await);
    }
    let coordinator = Person::ready(&dir.path().join("coordinator"), &demo.person("coordinator").link).await;

    let mut own_child = None;
    for parent in &parents {
        for child in parent.children().await {
            if specialist.children().await.iter().any(|known| known.id == child.id) {
                own_child = Some((parent, child.id));
            }
        }
    }
    let (parent, child) = own_child.expect("the demo has a parent whose child this specialist visits");

    operator.kill();
    let registered =
        specialist.visit(&[&child], Some("Дыбыстарды қайталадық")).await.expect("offline is fine");
    let visit = registered.visits[0].id.clone();
    // The sync tries by itself, so the visit may be on its way already when it is looked at.
    let state = registered.visits[0].transport.state;
    assert!(matches!(state, Transport::Saved | Transport::Sent), "saved here, and it says so: {state:?}");
    operator.restart();
    specialist
        .app
        .finish_visit(FinishVisit { visit: visit.clone(), finished_at_ms: None })
        .await
        .expect("a begun visit can be finished");
    specialist.sync().await;
    let mine = specialist.visits().await;
    assert!(
        mine.iter().find(|view| view.id == visit).is_some_and(is_registered),
        "registered by the operator"
    );

    parent.sync().await;
    let seen = parent.visits().await.into_iter().find(|view| view.id == visit).expect("the parent sees it");
    assert!(seen.can_answer, "and is asked");
    assert!(!seen.specialist.name.is_empty() && seen.specialist.position_kk.is_some(), "who came, as what");
    assert!(seen.specialist.organisation_kk.is_some(), "for whom");
    let confirmed = parent
        .app
        .confirm_visit(ConfirmVisit { visit: visit.clone(), basis: Some(seen.basis.clone()) })
        .await
        .expect("confirmed");
    assert_eq!(confirmed.confirmation, ConfirmationState::Confirmed);
    parent.sync().await;

    coordinator.sync().await;
    let row = coordinator.visits().await.into_iter().find(|view| view.id == visit).expect("in the table");
    assert_eq!(row.confirmation, ConfirmationState::Confirmed);
    assert!(row.note.is_none(), "a care note is not for the coordinator");
    let story = coordinator.app.visit(VisitRef { visit: visit.clone() }).await.expect("its story").story;
    let note =
        story.iter().find(|entry| entry.kind == StoryKind::Noted).expect("that there is a note, is shown");
    assert!(note.withheld && note.text.is_none(), "what it says, is not");
    let returned = coordinator
        .app
        .review_visit(ReviewVisit {
            visit: visit.clone(),
            basis: row.basis.clone(),
            flags: row.flags.clone(),
            confirmation: row.confirmation,
            accepted: false,
            reason: ReviewReasonCode::WrongTime,
            text: Some("Басталған уақытын тексеріңіз".into()),
        })
        .await
        .expect("returned");
    assert_eq!(returned.review, ReviewState::Returned);
    coordinator.sync().await;

    specialist.sync().await;
    let mine = specialist.visits().await.into_iter().find(|view| view.id == visit).expect("still there");
    assert_eq!(mine.review, ReviewState::Returned, "the specialist sees that it came back");
    specialist
        .app
        .correct_visit(CorrectVisit {
            visit: visit.clone(),
            basis: mine.basis.clone(),
            reason: CorrectionCode::WrongTime,
            text: None,
            cancelled: false,
            service: None,
            outcome: None,
            started_at_ms: Some(mine.started_at_ms - 600_000),
            finished_at_ms: None,
        })
        .await
        .expect("corrected");
    specialist.sync().await;

    parent.sync().await;
    let asked_again = parent.visits().await.into_iter().find(|view| view.id == visit).expect("still there");
    assert_eq!(asked_again.confirmation, ConfirmationState::None, "a correction asks again");
    assert_eq!(asked_again.answers.len(), 1, "the earlier answer stays in sight");
    let stale = parent
        .app
        .dispute_visit(DisputeVisit {
            visit: visit.clone(),
            basis: seen.basis.clone(),
            reason: DisputeCode::OtherTime,
            text: None,
        })
        .await;
    assert_eq!(code(stale), ErrorCode::Stale, "nobody answers to what is no longer on screen");
    parent
        .app
        .dispute_visit(DisputeVisit {
            visit: visit.clone(),
            basis: asked_again.basis.clone(),
            reason: DisputeCode::OtherTime,
            text: Some("Сағат төртте келді".into()),
        })
        .await
        .expect("disputed");
    parent.sync().await;

    coordinator.sync().await;
    let row = coordinator.visits().await.into_iter().find(|view| view.id == visit).expect("still there");
    assert_eq!((row.review, row.confirmation), (ReviewState::Open, ConfirmationState::Disputed));
    let old_basis = coordinator
        .app
        .review_visit(ReviewVisit {
            visit: visit.clone(),
            basis: returned.basis,
            flags: row.flags.clone(),
            confirmation: row.confirmation,
            accepted: true,
            reason: ReviewReasonCode::InOrder,
            text: None,
        })
        .await;
    assert_eq!(code(old_basis), ErrorCode::Stale);
    let accepted = coordinator
        .app
        .review_visit(ReviewVisit {
            visit: visit.clone(),
            basis: row.basis,
            flags: row.flags,
            confirmation: row.confirmation,
            accepted: true,
            reason: ReviewReasonCode::FamilyCalled,
            text: None,
        })
        .await
        .expect("accepted");
    assert_eq!(accepted.review, ReviewState::Accepted);
    coordinator.sync().await;
    specialist.sync().await;
    let details = specialist.app.visit(VisitRef { visit }).await.expect("its story");
    for kind in [
        StoryKind::Registered,
        StoryKind::Noted,
        StoryKind::Finished,
        StoryKind::Confirmed,
        StoryKind::Reviewed,
        StoryKind::Corrected,
        StoryKind::Disputed,
    ] {
        assert!(details.story.iter().any(|entry| entry.kind == kind), "{kind:?} stands in the story");
    }
    Operator::command(operator.dir(), &["doctor"]);
}
