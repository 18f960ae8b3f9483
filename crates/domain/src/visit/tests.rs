use super::*;
use crate::content::{
    CaptureEnd, Fix, FixSource, VisitChange, VisitConfirmed, VisitCorrected, VisitDisputed, VisitFinished,
    VisitLocated, VisitNoted, VisitRegistered, VisitReviewed,
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
    VisitStatement {
        id: id(n),
        author: Some(author),
        has_authority: true,
        by_guest: false,
        content: Some(content.into()),
    }
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

fn explained(n: u8, author: PersonId, about: u8) -> VisitStatement {
    let (purpose, text) = (NotePurpose::Correction, "Бала ауырып қалды".into());
    statement(n, author, VisitNoted { purpose, text, about: Some(id(about)) })
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

fn finished(n: u8) -> VisitStatement {
    statement(n, SPECIALIST, VisitFinished { finished_at_ms: 50 })
}

#[test]
fn an_answer_before_the_finish_is_asked_for_again_and_one_after_it_is_not() {
    let early = [
        registered(),
        confirmed(2, MOTHER, 1),
        reviewed(3, COORDINATOR, 1, ReviewDecision::Accepted),
        finished(4),
    ];
    let visit = fold(&early);
    assert_eq!(visit.confirmation(), Confirmation::None, "nobody has answered for the hours");
    assert_eq!((visit.review, visit.basis), (Review::Open, id(4)));
    assert!(visit.answers.contains_key(&MOTHER), "what she said stays in the story");
    let in_order = [
        registered(),
        finished(2),
        confirmed(3, MOTHER, 2),
        reviewed(4, COORDINATOR, 2, ReviewDecision::Accepted),
    ];
    let visit = fold(&in_order);
    assert_eq!(visit.confirmation(), Confirmation::Confirmed);
    assert_eq!(visit.review, Review::Accepted(ReviewReason::InOrder));
    let crossed = fold(&[registered(), finished(2), confirmed(3, MOTHER, 1)]);
    assert_eq!(crossed.confirmation(), Confirmation::None, "she answered while the finish was on its way");
    assert_eq!(
        fold(&[registered(), finished(2), finished(3)]).basis,
        id(2),
        "a second finish changes nothing"
    );
}

#[test]
fn a_late_answer_to_an_earlier_version_replaces_nothing_newer() {
    let moved = || corrected(2, SPECIALIST, VisitChange { started_at_ms: Some(2_000), ..change() });
    let visit = fold(&[registered(), moved(), disputed(3, MOTHER, 2), confirmed(4, MOTHER, 1)]);
    assert_eq!(visit.confirmation(), Confirmation::Disputed);
    let again = corrected(4, SPECIALIST, change());
    let visit = fold(&[registered(), moved(), disputed(3, MOTHER, 2), again, confirmed(5, MOTHER, 1)]);
    assert_eq!(visit.answers[&MOTHER].statement, id(3), "also when both are earlier ones by now");
    let unknown = fold(&[registered(), disputed(2, MOTHER, 1), confirmed(3, MOTHER, 77)]);
    assert_eq!(unknown.confirmation(), Confirmation::Disputed, "nor one to what is no version of it");
    let anew = fold(&[registered(), disputed(2, MOTHER, 1), confirmed(3, MOTHER, 1)]);
    assert_eq!(anew.confirmation(), Confirmation::Confirmed, "the same version may be answered anew");
}

#[test]
fn a_specialist_does_not_answer_for_the_own_visit_whatever_else_they_are_to_the_child() {
    for answer in [confirmed(2, SPECIALIST, 1), disputed(2, SPECIALIST, 1)] {
        assert_eq!(fold(&[registered(), answer]).answers.len(), 0);
    }
}

#[test]
fn answers_and_reviews_without_authority_count_for_nothing() {
    let without = |statement: VisitStatement| VisitStatement { has_authority: false, ..statement };
    let visit = fold(&[
        registered(),
        without(confirmed(2, FATHER, 1)),
        without(reviewed(3, COORDINATOR, 1, ReviewDecision::Accepted)),
    ]);
    assert_eq!((visit.confirmation(), visit.review), (Confirmation::None, Review::Open));
}

#[test]
fn a_correction_that_did_not_see_it_taken_back_does_not_let_it_stand_again() {
    let cancelled = corrected(2, SPECIALIST, VisitChange { cancelled: true, ..change() });
    let other = corrected(3, SPECIALIST, VisitChange { service: Some("massage".into()), ..change() });
    let visit = fold(&[registered(), cancelled.clone(), other]);
    assert_eq!(visit.cancelled, Some(CorrectionReason::WrongTime));
    assert_eq!(visit.service, "massage", "what it does change holds");
    let knowing = statement(
        3,
        SPECIALIST,
        VisitCorrected {
            basis: id(2),
            reason: CorrectionReason::Other,
            change: change(),
            corrected_at_ms: 9,
        },
    );
    assert_eq!(fold(&[registered(), cancelled, knowing]).cancelled, None);
}

#[test]
fn a_returned_visit_that_its_specialist_explains_is_looked_at_again_and_stays_answered() {
    let returned =
        [registered(), confirmed(2, MOTHER, 1), reviewed(3, COORDINATOR, 1, ReviewDecision::Returned)];
    let with = |more: &[VisitStatement]| fold(&[&returned[..], more].concat());
    let explained_now = with(&[explained(4, SPECIALIST, 1)]);
    assert_eq!(explained_now.review, Review::Open);
    assert_eq!(explained_now.confirmation(), Confirmation::Confirmed, "nobody has to answer anew");
    let by_another = with(&[explained(4, FATHER, 1)]);
    assert!(matches!(by_another.review, Review::Returned(_)), "only who was there explains");
    let decided = with(&[
        explained(4, SPECIALIST, 1),
        reviewed(5, COORDINATOR, 1, ReviewDecision::Accepted),
        explained(6, SPECIALIST, 1),
    ]);
    assert!(matches!(decided.review, Review::Accepted(_)), "a decision is not taken back by a note");
}

#[test]
fn an_answer_on_the_specialists_device_is_never_a_full_confirmation() {
    let as_guest = |statement: VisitStatement| VisitStatement { by_guest: true, ..statement };
    let weak = Visit::fold(VISIT, &[registered(), as_guest(confirmed(2, MOTHER, 1))]).unwrap();
    assert_eq!(weak.confirmation(), Confirmation::ByGuest);
    let both = [registered(), as_guest(confirmed(2, MOTHER, 1)), confirmed(3, FATHER, 1)];
    assert_eq!(
        Visit::fold(VISIT, &both).unwrap().confirmation(),
        Confirmation::Confirmed,
        "his own telephone"
    );
    let own = [registered(), as_guest(confirmed(2, MOTHER, 1)), confirmed(3, MOTHER, 1)];
    assert_eq!(Visit::fold(VISIT, &own).unwrap().confirmation(), Confirmation::Confirmed, "hers, later");
    for own in [confirmed(2, MOTHER, 1), disputed(2, MOTHER, 1)] {
        let stood = Visit::fold(VISIT, &[registered(), own.clone()]).unwrap();
        let with_guest = [registered(), own, as_guest(confirmed(3, MOTHER, 1))];
        let with_guest = Visit::fold(VISIT, &with_guest).unwrap();
        assert_eq!(with_guest.answers, stood.answers, "it replaces nothing that she said on her own");
    }
    let disputed = [registered(), confirmed(2, FATHER, 1), as_guest(disputed(3, MOTHER, 1))];
    let disputed = Visit::fold(VISIT, &disputed).unwrap();
    assert_eq!(disputed.confirmation(), Confirmation::Disputed, "nobody disputes in the specialist's favour");
    assert!(disputed.answers[&MOTHER].by_guest && !disputed.answers[&FATHER].by_guest);
    for state in [Confirmation::None, Confirmation::ByGuest, Confirmation::Confirmed, Confirmation::Disputed]
    {
        assert_eq!(Confirmation::parse(state.as_str()), Some(state));
    }
}
