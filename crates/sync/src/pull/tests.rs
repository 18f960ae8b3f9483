use domain::id::Digest;
use domain::scope::Scope;
use wire::pull::{Backfill, Behind, PullItem};

use super::*;

pub(crate) fn request(cursor: u64, backfill: Option<u64>) -> PullRequest {
    PullRequest {
        scopes_version: None,
        cursor,
        backfill: backfill.map(|cursor| Backfill { scopes: vec![Scope::Operator], cursor }),
        known_tree_size: 0,
        urgent_cursor: 0,
        behind: None,
        limit: 10,
    }
}

pub(crate) fn response(cursor: u64, backfill_cursor: Option<u64>, more: bool) -> PullResponse {
    PullResponse {
        scopes_version: Digest::from_bytes([0; 32]),
        scopes: None,
        urgent: Vec::new(),
        urgent_cursor: 0,
        items: Vec::new(),
        cursor,
        backfill_cursor,
        behind: None,
        more,
        remaining: 0,
        checkpoint: None,
        lacks_contents: false,
    }
}

fn asked_from(cursor: u64) -> PullRequest {
    PullRequest { behind: Some(Behind { cursor, to: 9 }), ..request(5, None) }
}

fn broken_off(cursor: u64) -> PullResponse {
    PullResponse { behind: Some(Behind { cursor, to: 9 }), ..response(5, None, true) }
}

#[test]
fn whether_to_ask_again() {
    for (name, asked, answered, expected) in [
        ("nothing new", request(5, None), response(5, None, false), Ok(false)),
        ("the last page", request(5, None), response(9, None, false), Ok(false)),
        ("a page of more", request(5, None), response(9, None, true), Ok(true)),
        ("a page of the backfill", request(5, Some(0)), response(5, Some(3), true), Ok(true)),
        ("the backfill is over", request(5, Some(3)), response(5, None, true), Ok(true)),
        ("more without anything", request(5, None), response(5, None, true), Err(())),
        ("a backfill that stands still", request(5, Some(3)), response(5, Some(3), true), Err(())),
        ("the beginning of what is in front", request(5, None), broken_off(7), Ok(true)),
        ("more of it", asked_from(7), broken_off(8), Ok(true)),
        ("the rest of it, at the end", asked_from(7), response(5, None, true), Ok(true)),
        ("the same of it once more", asked_from(7), broken_off(7), Err(())),
    ] {
        assert_eq!(Pulling::new().after(&asked, &answered).map_err(|_| ()), expected, "{name}");
    }
}

#[test]
fn a_new_list_of_scopes_is_followed_but_not_for_ever() {
    let mut pulling = Pulling::new();
    let with_list = PullResponse { scopes: Some(Vec::new()), ..response(5, None, false) };
    for _ in 0..MAX_SCOPE_LISTS {
        assert_eq!(pulling.after(&request(5, None), &with_list), Ok(true));
    }
    assert!(pulling.after(&request(5, None), &with_list).is_err());
}

#[test]
fn a_revoked_device_ends_quietly_and_too_large_asks_for_less() {
    let problem = |code| TransportError::Problem { code, retry_after_s: None };
    let mut pulling = Pulling::new();
    assert_eq!(pulling.after_failure(problem(ProblemCode::Revoked)), Next::Revoked);
    assert_eq!(pulling.after_failure(problem(ProblemCode::TooLarge)), Next::Again);
    assert_eq!(pulling.limit(), MAX_ITEMS / 2);
    assert_eq!(pulling.after_failure(TransportError::Offline), Next::Stop(TransportError::Offline));
}

#[test]
fn pages_of_an_operator_that_is_near_begin_and_end_small() {
    let item = PullItem {
        leaf_index: 0,
        statement: Vec::new(),
        content: None,
        scopes: Vec::new(),
        flags: Vec::new(),
    };
    let pages = |round: Duration, mut left: u64| {
        let mut pulling = Pulling::new();
        let (mut counts, mut cursor) = (Vec::new(), 0);
        pulling.took(round);
        while left > 0 {
            let count = left.min(pulling.limit().into());
            counts.push(count);
            left -= count;
            cursor += count;
            let items = vec![item.clone(); count as usize];
            let page = PullResponse { items, remaining: left, ..response(cursor, None, left > 0) };
            pulling.after(&request(cursor - count, None), &page).unwrap();
            pulling.took(round);
        }
        counts
    };
    assert_eq!(pages(NEAR, 5_000), [250, 500, 1_000, 1_500, 1_500, 250]);
    assert_eq!(pages(NEAR, 5_900), [250, 500, 1_000, 1_500, 1_500, 750, 400], "the last one holds no more");
    assert_eq!(pages(NEAR, 651), [250, 200, 201]);
    assert_eq!(pages(NEAR, 200), [200]);
    let far = NEAR + Duration::from_millis(1);
    assert_eq!(pages(far, 5_000), [1_500, 1_500, 1_500, 500], "each answer is long in coming");
    assert_eq!(pages(far, 651), [651]);
}

#[test]
fn progress_counts_what_came_and_what_is_left() {
    let mut pulling = Pulling::new();
    let page = PullResponse { remaining: 7, ..response(9, None, true) };
    pulling.after(&request(5, None), &page).unwrap();
    assert_eq!(pulling.progress().total_count, 7);
}
