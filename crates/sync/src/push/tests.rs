use domain::id::StatementId;
use proptest::prelude::*;
use wire::push::Refusal;

use super::*;

fn items(seqs: std::ops::Range<u64>) -> Vec<PushItem> {
    seqs.map(|seq| {
        let id = StatementId::from_bytes([seq as u8; 32]);
        PushItem { id, seq, statement: vec![1], content: vec![2] }
    })
    .collect()
}

fn response(outcomes: Vec<Outcome>) -> PushResponse {
    PushResponse { outcomes, registrations: Vec::new(), next_seq: 0 }
}

fn registered() -> Outcome {
    Outcome::Registered { leaf_index: 0, flags: Vec::new() }
}

const REFUSED: Outcome = Outcome::Refused { reason: Refusal::BadSignature };
const TOO_LARGE: TransportError =
    TransportError::Problem { code: ProblemCode::TooLarge, retry_after_s: None };

#[test]
fn what_to_send_after_each_answer() {
    let gap = |expected_seq| Outcome::Gap { expected_seq };
    // (name, seqs sent, outcomes, first of the next batch; None is a stop)
    type Case = (&'static str, std::ops::Range<u64>, Vec<Outcome>, Option<Option<u64>>);
    let cases: [Case; 6] = [
        ("all registered: go on with what waits", 5..7, vec![registered(), registered()], Some(None)),
        ("a refused one delays nobody", 5..7, vec![REFUSED, registered()], Some(None)),
        ("the operator lost some: send them again", 5..7, vec![gap(2), gap(2)], Some(Some(2))),
        ("a gap behind what we sent makes no sense", 5..7, vec![gap(6), gap(6)], None),
        ("a gap at what we sent makes no sense", 5..7, vec![gap(5), gap(5)], None),
        ("nothing was asked", 5..5, vec![], None),
    ];
    for (name, seqs, outcomes, expected) in cases {
        let mut pushing = Pushing::new();
        let next = pushing.after(&items(seqs), &response(outcomes));
        match (next, expected) {
            (Next::Again, Some(from_seq)) => assert_eq!(pushing.limits().from_seq, from_seq, "{name}"),
            (Next::Stop(error), None) => assert!(!error.can_retry(), "{name}"),
            (next, expected) => panic!("{name}: {next:?} instead of {expected:?}"),
        }
    }
}

#[test]
fn sending_again_goes_on_to_the_end_of_the_series() {
    let mut pushing = Pushing::new();
    let gap = Outcome::Gap { expected_seq: 2 };
    assert!(matches!(pushing.after(&items(5..6), &response(vec![gap])), Next::Again));
    assert!(matches!(pushing.after(&items(2..5), &response(vec![registered(); 3])), Next::Again));
    assert_eq!(pushing.limits().from_seq, Some(5));
}

#[test]
fn an_operator_that_names_one_gap_after_another_is_left() {
    let mut pushing = Pushing::new();
    let mut stopped = false;
    for expected_seq in (0..10).rev() {
        let gap = Outcome::Gap { expected_seq };
        stopped |= matches!(pushing.after(&items(10..11), &response(vec![gap])), Next::Stop(_));
    }
    assert!(stopped);
}

#[test]
fn too_large_is_halved_down_to_one() {
    let mut pushing = Pushing::new();
    let mut sent_count = MAX_ITEMS;
    while sent_count > 1 {
        assert!(matches!(pushing.after_failure(TOO_LARGE, sent_count), Next::Again));
        assert_eq!(pushing.limits().max_items, sent_count / 2);
        sent_count = pushing.limits().max_items;
    }
    assert!(matches!(pushing.after_failure(TOO_LARGE, 1), Next::Stop(_)), "one alone is not made smaller");
}

#[test]
fn every_other_failure_ends_the_attempt_and_says_whether_to_try_again() {
    let problem = |code, retry_after_s| TransportError::Problem { code, retry_after_s };
    for (error, can_retry, retry_after_s) in [
        (TransportError::Offline, true, None),
        (TransportError::NotAnOperator, true, None),
        (problem(ProblemCode::TooManyRequests, Some(30)), true, Some(30)),
        (problem(ProblemCode::Unavailable, Some(120)), true, Some(120)),
        (problem(ProblemCode::Internal, None), true, None),
        (problem(ProblemCode::UnknownKey, None), false, None),
        (problem(ProblemCode::BadRequest, None), false, None),
    ] {
        match Pushing::new().after_failure(error, 10) {
            Next::Stop(error) => {
                assert_eq!((error.can_retry(), error.retry_after_s()), (can_retry, retry_after_s), "{error}");
            }
            Next::Again => panic!("{error} must end the attempt"),
        }
    }
}

#[test]
fn an_answer_that_does_not_fit_is_not_taken() {
    let gap = Outcome::Gap { expected_seq: 0 };
    assert!(check(&items(0..2), &response(vec![registered()])).is_err());
    assert!(check(&items(0..2), &response(vec![gap.clone(), registered()])).is_err());
    assert!(check(&items(0..2), &response(vec![registered(), gap])).is_ok());
}

proptest! {
    #[test]
    fn a_push_phase_always_ends(
        answers in proptest::collection::vec((0_u8..4, 0_u64..40), 200..201),
    ) {
        // However the operator answers, each round sends something new, shrinks, or stops: the number of rounds
        // is bounded by the series and the two bounds.
        let (mut pushing, mut registered_to, end) = (Pushing::new(), 0_u64, 20_u64);
        for (round, (answer, number)) in answers.into_iter().enumerate() {
            let limits = pushing.limits();
            let from = limits.from_seq.unwrap_or(registered_to);
            if from >= end {
                return Ok(());
            }
            let sent = items(from..end.min(from + limits.max_items as u64));
            let next = match answer {
                0 => pushing.after(&sent, &response(vec![Outcome::Gap { expected_seq: number }; sent.len()])),
                1 => pushing.after_failure(TOO_LARGE, sent.len()),
                _ => {
                    registered_to = registered_to.max(from + sent.len() as u64);
                    pushing.after(&sent, &response(vec![registered(); sent.len()]))
                }
            };
            if matches!(next, Next::Stop(_)) {
                return Ok(());
            }
            prop_assert!(round < 150, "never ends");
        }
    }
}
