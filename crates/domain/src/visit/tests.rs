use super::*;
use crate::content::{
    CaptureEnd, Fix, FixSource, VisitChange, VisitConfirmed, VisitCorrected, VisitDisputed, VisitFinished,
    VisitLocated, VisitRegistered, VisitReviewed,
};

const VISIT: VisitId = VisitId::from_bytes([9; 16]);
const SPECIALIST: PersonId = PersonId::from_bytes([1; 16]);
const MOTHER: PersonId = PersonId::from_bytes([2; 16]);
const FATHER: PersonId = PersonId::from_bytes([3; 16]);
const COORDINATOR: PersonId = PersonId::from_bytes([4; 16]);
const CAPTURE: CaptureId = CaptureId::from_bytes([5; 16]);

fn id(n: u8) -> StatementId {
    StatementId::from_bytes([n; 32])
}

fn statement(n: u8, author: PersonId, content: impl Into<Content>) -> VisitStatement {
    VisitStatement { id: id(n), author: Some(author), content: Some(content.into()) }
}

fn registered() -> VisitStatement {
    statement(
        1,
        SPECIALIST,
        VisitRegistered {
            child: ChildId::from_bytes([6; 16]),
            specialist: SPECIALIST,
            organisation: OrganisationId::from_bytes([7; 16]),
            place: None,
            service: "speech-therapy".into(),
            outcome: VisitOutcome::Held,
            started_at_ms: 1_000,
            finished_at_ms: None,
            offset_min: 300,
            late: None,
            capture: Some(CAPTURE),
            warned: None,
        },
    )
}

fn confirmed(n: u8, who: PersonId, basis: u8) -> VisitStatement {
    statement(
        n,
        who,
        VisitConfirmed { basis: id(basis), representative: who, answered_at_ms: 5, capture: None },
    )
}

fn disputed(n: u8, who: PersonId, basis: u8) -> VisitStatement {
    statement(
        n,
        who,
        VisitDisputed {
            basis: id(basis),
            representative: who,
            reason: DisputeReason::OtherTime,
            answered_at_ms: 6,
            capture: None,
        },
    )
}

fn reviewed(n: u8, who: PersonId, basis: u8, decision: ReviewDecision) -> VisitStatement {
    statement(
        n,
        who,
        VisitReviewed {
            basis: id(basis),
            decision,
            reason: ReviewReason::InOrder,
            flags_seen: Vec::new(),
            reviewed_at_ms: 7,
        },
    )
}

fn corrected(n: u8, who: PersonId, change: VisitChange) -> VisitStatement {
    statement(
        n,
        who,
        VisitCorrected { basis: id(1), reason: CorrectionReason::WrongTime, change, corrected_at_ms: 8 },
    )
}

fn change() -> VisitChange {
    VisitChange { cancelled: false, service: None, outcome: None, started_at_ms: None, finished_at_ms: None }
}

fn fold(statements: &[VisitStatement]) -> Visit {
    Visit::fold(VISIT, statements).expect("a registration is among them")
}

#[test]
fn nothing_without_a_registration() {
    assert_eq!(Visit::fold(VISIT, &[confirmed(2, MOTHER, 1)]), None);
}

#[test]
fn one_dispute_outweighs_a_confirmation_and_both_stay() {
    let visit = fold(&[registered(), confirmed(2, MOTHER, 1), disputed(3, FATHER, 1)]);
    assert_eq!(visit.confirmation(), Confirmation::Disputed);
    assert_eq!(visit.answers.len(), 2, "both answers are shown");
}

#[test]
fn a_correction_asks_the_parent_and_the_coordinator_again() {
    let visit = fold(&[
        registered(),
        confirmed(2, MOTHER, 1),
        reviewed(3, COORDINATOR, 1, ReviewDecision::Returned),
        corrected(4, SPECIALIST, VisitChange { started_at_ms: Some(2_000), ..change() }),
    ]);
    assert_eq!(visit.confirmation(), Confirmation::None, "what was confirmed has changed");
    assert_eq!(visit.review, Review::Open, "corrected and open again");
    assert_eq!(visit.started_at_ms, 2_000);
    assert_eq!(visit.basis, id(4));
}

#[test]
fn a_review_of_an_earlier_version_decides_nothing() {
    let visit = fold(&[
        registered(),
        corrected(2, SPECIALIST, change()),
        reviewed(3, COORDINATOR, 1, ReviewDecision::Accepted),
    ]);
    assert_eq!(visit.review, Review::Open, "the coordinator saw what has since been corrected");
}

#[test]
fn only_the_specialist_corrects_and_nobody_reviews_the_own_visit() {
    let visit = fold(&[
        registered(),
        corrected(2, COORDINATOR, VisitChange { cancelled: true, ..change() }),
        reviewed(3, SPECIALIST, 1, ReviewDecision::Accepted),
        confirmed(4, SPECIALIST, 1),
        VisitStatement { author: Some(SPECIALIST), ..confirmed(5, MOTHER, 1) },
    ]);
    assert_eq!(visit.cancelled, None);
    assert_eq!(visit.review, Review::Open);
    assert!(!visit.answers.contains_key(&MOTHER), "nobody answers in another's name");
}

#[test]
fn a_position_counts_only_for_the_capture_of_the_registration() {
    let located = |n, capture, lat_e7| {
        statement(
            n,
            SPECIALIST,
            VisitLocated {
                capture,
                moment: LocationMoment::Registered,
                outcome: LocationOutcome::Fix(Fix {
                    lat_e7,
                    lon_e7: 1,
                    accuracy_dm: None,
                    fixed_at_ms: None,
                    source: FixSource::Unknown,
                    mock: None,
                }),
                began_at_ms: 0,
                ended_at_ms: 1,
                ended_by: CaptureEnd::GoodFix,
            },
        )
    };
    let visit =
        fold(&[registered(), located(2, CaptureId::from_bytes([8; 16]), 11), located(3, CAPTURE, 22)]);
    let Some(LocationOutcome::Fix(fix)) = visit.location else { panic!("a fix was recorded") };
    assert_eq!(fix.lat_e7, 22);
}

#[test]
fn finishing_twice_keeps_the_first_end() {
    let finish = |n, at| statement(n, SPECIALIST, VisitFinished { finished_at_ms: at });
    assert_eq!(fold(&[registered(), finish(2, 50), finish(3, 90)]).finished_at_ms, Some(50));
}

#[test]
fn a_statement_of_an_unknown_author_counts_for_nobody() {
    let unknown = |statement: VisitStatement| VisitStatement { author: None, ..statement };
    let visit = fold(&[
        registered(),
        unknown(confirmed(2, MOTHER, 1)),
        unknown(reviewed(3, COORDINATOR, 1, ReviewDecision::Accepted)),
        unknown(corrected(4, SPECIALIST, VisitChange { cancelled: true, ..change() })),
    ]);
    assert_eq!(visit.confirmation(), Confirmation::None);
    assert_eq!((visit.review, visit.cancelled), (Review::Open, None));
}
