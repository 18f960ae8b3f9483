mod authority;
mod erased;
mod place;
mod stretch;

use domain::Kind;
use domain::content::{
    CaptureEnd, Fix, FixSource, LocationMoment, LocationOutcome, NotePurpose, RecordChanged, RecordData,
    RecordKind, ReviewDecision, ReviewReason, VisitConfirmed, VisitLocated, VisitNoted, VisitReviewed,
};
use domain::flag::Flag;
use domain::geo::Presence;
use domain::id::{CaptureId, DeviceId, PersonId, RecordId};
use domain::scope::Scope;
use domain::visit::{Confirmation, Review};
use journal::Draft;
use sync::Outbox as _;
use sync::outbox::Verdict;

use super::*;
use crate::testing::{
    CHILD, COORDINATOR, PARENT, PLACE, SPECIALIST, TestDevice, TestOperator, signing_key, visit,
};

fn count(device: &TestDevice, sql: &str) -> i64 {
    device.store.with_reader(|conn| Ok::<_, StoreError>(conn.query_row(sql, [], |row| row.get(0))?)).unwrap()
}

/// A specialist registered visit 1 with a note and a position; a parent and a coordinator have devices.
fn scene() -> (TestOperator, TestDevice, TestDevice, TestDevice) {
    let mut operator = TestOperator::new();
    let specialist = TestDevice::bound(&mut operator, SPECIALIST, 0x81);
    let parent = TestDevice::bound(&mut operator, PARENT, 0x82);
    let coordinator = TestDevice::bound(&mut operator, COORDINATOR, 0x83);
    let (id, draft) = visit(1, SPECIALIST, CHILD);
    let note =
        VisitNoted { purpose: NotePurpose::Care, text: "Жаттығу жасалды".into(), about: None };
    let fix = Fix {
        lat_e7: 511_605_000,
        lon_e7: 714_704_000,
        accuracy_dm: Some(200),
        fixed_at_ms: None,
        source: FixSource::Gnss,
        mock: None,
    };
    let located = VisitLocated {
        capture: CaptureId::from_bytes([1; 16]),
        moment: LocationMoment::Registered,
        outcome: LocationOutcome::Fix(fix),
        began_at_ms: 0,
        ended_at_ms: 9,
        ended_by: CaptureEnd::GoodFix,
    };
    specialist.state(&[draft, Draft::new(id, note), Draft::new(id, located)]);
    specialist.push(&mut operator);
    for device in [&specialist, &parent, &coordinator] {
        device.pull(&operator);
    }
    (operator, specialist, parent, coordinator)
}

fn shown(device: &TestDevice, n: u8) -> Option<crate::read::visit::VisitRow> {
    device.store.read(|reader| reader.visit(visit(n, SPECIALIST, CHILD).0)).unwrap()
}

#[test]
fn each_sees_what_the_own_scopes_hold() {
    let (_, specialist, parent, coordinator) = scene();
    let (by_specialist, by_parent, by_coordinator) =
        (shown(&specialist, 1).unwrap(), shown(&parent, 1).unwrap(), shown(&coordinator, 1).unwrap());
    assert_eq!(by_parent.specialist_name.unwrap().surname, "Қайратова");
    assert_eq!(by_parent.child_name.unwrap().given, "Нұрлан");
    assert_eq!(by_parent.note.as_deref(), Some("Жаттығу жасалды"));
    assert!(by_parent.location.is_some());
    assert_eq!(by_coordinator.note, None, "a note for the care team is not for the coordinator");
    let story = coordinator.store.read(|reader| reader.story(by_coordinator.id)).unwrap();
    let note = story.iter().find(|entry| entry.kind == Kind::VisitNoted).unwrap();
    assert!(note.content.is_none() && note.leaf_index.is_some(), "but its envelope is in the story");
    assert_eq!(note.author, Some(SPECIALIST));
    assert_eq!(by_specialist.basis, by_parent.basis);
}

/// The parent confirms a visit, and the coordinator returns it.
fn answer(operator: &mut TestOperator, parent: &TestDevice, coordinator: &TestDevice, n: u8) {
    let basis = shown(parent, n).unwrap().basis;
    let id = visit(n, SPECIALIST, CHILD).0;
    let confirmed = VisitConfirmed { basis, representative: PARENT, answered_at_ms: 5, capture: None };
    parent.state(&[Draft::new(id, confirmed)]);
    parent.push(operator);
    let reviewed = VisitReviewed {
        basis,
        decision: ReviewDecision::Returned,
        reason: ReviewReason::WrongTime,
        flags_seen: Vec::new(),
        reviewed_at_ms: 6,
    };
    coordinator.state(&[Draft::new(id, reviewed)]);
    coordinator.push(operator);
}

#[test]
fn confirmation_and_review_reach_the_specialist() {
    let (mut operator, specialist, parent, coordinator) = scene();
    answer(&mut operator, &parent, &coordinator, 1);
    specialist.pull(&operator);
    let visit = shown(&specialist, 1).unwrap();
    assert_eq!(visit.confirmation, Confirmation::Confirmed);
    assert_eq!(visit.review, Review::Returned(ReviewReason::WrongTime));
    assert_eq!(visit.answers[0].name.as_ref().unwrap().given, "Ерлан");
    assert!(visit.answers[0].current);
}

#[test]
fn a_page_that_fails_leaves_the_cursor_where_it_was() {
    let (mut operator, specialist, ..) = scene();
    operator.name(RecordKind::Child, CHILD, "Болатов", "Нұрсұлтан");
    let request = specialist.store.pull_request(100).unwrap();
    let good = operator.pull(&request, SPECIALIST);
    let before = specialist.shown();
    let mut backwards = good.clone();
    backwards.cursor = 0;
    let mut beyond = good.clone();
    beyond.items[0].leaf_index = 10_000;
    let mut unsigned = good.clone();
    unsigned.checkpoint.as_mut().unwrap().root = Digest::from_bytes([0; 32]);
    let mut inconsistent = good.clone();
    inconsistent.checkpoint.as_mut().unwrap().consistency[0] = Digest::from_bytes([0; 32]);
    let mut headless = good.clone();
    headless.checkpoint = None;
    let size = good.checkpoint.as_ref().unwrap().tree_size;
    let mut ahead = good.clone();
    ahead.cursor = size + 1;
    let mut urgent_ahead = good.clone();
    urgent_ahead.urgent_cursor = u64::MAX;
    let mut unproven = headless.clone();
    unproven.items.clear();
    for (name, page) in [
        ("a cursor that goes back", backwards),
        ("a leaf beyond the log", beyond),
        ("a head of another root", unsigned),
        ("a log that was changed", inconsistent),
        ("statements without a head", headless),
        ("a cursor beyond the log", ahead),
        ("an urgent cursor beyond the log", urgent_ahead),
        ("a cursor that moves without a head", unproven),
    ] {
        match specialist.store.apply_pull(&request, page.into()) {
            Err(OutboxError::Unproven | OutboxError::SplitView) => {
                let ended = specialist.store.pull_request(100);
                assert!(matches!(ended, Err(OutboxError::TrustEnded)), "{name}: {ended:?}");
                assert!(specialist.settle(&operator), "{name}: the log itself is honest");
            }
            Err(OutboxError::Protocol(_)) => {}
            other => panic!("{name}: {other:?}"),
        }
        assert_eq!(specialist.store.pull_request(100).unwrap(), request, "{name}");
        assert_eq!(specialist.shown(), before, "{name}");
    }
    specialist.store.apply_pull(&request, good.clone().into()).unwrap();
    assert_ne!(specialist.shown(), before);
    let again = specialist.store.apply_pull(&request, good.into());
    assert!(matches!(again, Err(OutboxError::Overtaken)), "a late answer to an old question");
}

#[test]
fn a_changed_log_is_a_split_view() {
    let (operator, specialist, ..) = scene();
    let mut request = specialist.store.pull_request(100).unwrap();
    let mut other = TestOperator::new();
    for _ in 0..operator.log.len() {
        other.name(RecordKind::Child, CHILD, "Болатов", "Басқа");
    }
    other.scopes.clone_from(&operator.scopes);
    let page = other.pull(&request, SPECIALIST);
    request.limit = 100;
    assert!(matches!(specialist.store.apply_pull(&request, page.into()), Err(OutboxError::SplitView)));
}

#[test]
fn a_lost_scope_is_forgotten_before_anything_else_and_own_statements_stay() {
    let (mut operator, specialist, parent, coordinator) = scene();
    assert!(specialist.shown().contains("Нұрлан"));
    for scope in [Scope::Child(CHILD), Scope::Team(CHILD), Scope::Place(PLACE), Scope::Card(PARENT)] {
        operator.revoke(SPECIALIST, scope);
    }
    let unsent = specialist.state(&[visit(2, SPECIALIST, CHILD).1]);
    let request = specialist.store.pull_request(100).unwrap();
    let page = operator.pull(&request, SPECIALIST);
    assert!(page.scopes.is_some() && page.items.is_empty());
    specialist.store.apply_pull(&request, page.into()).unwrap();
    for word in ["Нұрлан", "Абай", "Ерлан"] {
        assert!(!specialist.shown().contains(word), "{word}");
    }
    assert_eq!(
        count(&specialist, "SELECT count(*) FROM statement_scope WHERE scope NOT IN (SELECT id FROM scope)"),
        0
    );
    let kept = count(
        &specialist,
        "SELECT count(*) FROM foreign_statement WHERE leaf_index NOT IN (SELECT leaf_index FROM statement_scope)",
    );
    assert_eq!(kept, 0, "nothing without a scope");
    assert!(shown(&specialist, 1).is_some() && shown(&specialist, 2).is_some(), "own visits");
    assert_eq!(specialist.store.next_batch(None, 9, usize::MAX).unwrap().items[0].id, unsent[0].id);
    specialist.push(&mut operator);
    assert_eq!(specialist.store.waiting().unwrap().waiting_count, 0);
    // A parent who loses everything keeps nothing of the child.
    operator.scopes.insert(PARENT, [Scope::Operator, Scope::Person(PARENT)].into());
    parent.pull(&operator);
    for word in ["Нұрлан", "Жаттығу", "Қайратова", "visit:"] {
        assert!(!parent.shown().contains(word), "{word}");
    }
    assert_eq!(
        count(
            &parent,
            "SELECT count(*) FROM foreign_statement WHERE leaf_index NOT IN (SELECT leaf_index FROM statement_scope)"
        ),
        0
    );
    assert!(coordinator.shown().contains("visit:"));
}

#[test]
fn a_gained_scope_is_filled_from_the_beginning() {
    let (mut operator, specialist, parent, _) = scene();
    for n in 2..30 {
        specialist.state(&[visit(n, SPECIALIST, CHILD).1]);
    }
    specialist.push(&mut operator);
    operator.revoke(PARENT, Scope::Family(CHILD));
    parent.pull(&operator);
    assert!(shown(&parent, 2).is_none());
    operator.grant(PARENT, [Scope::Family(CHILD)]);
    let request = parent.store.pull_request(5).unwrap();
    parent.store.apply_pull(&request, operator.pull(&request, PARENT).into()).unwrap();
    let filling = parent.store.pull_request(5).unwrap();
    let backfill = filling.backfill.clone().unwrap();
    assert_eq!((backfill.scopes, backfill.cursor), (vec![Scope::Family(CHILD)], 0));
    assert_eq!(filling.cursor, request.cursor, "the others go on from where they were");
    parent.pull(&operator);
    assert!((1..30).all(|n| shown(&parent, n).is_some()));
    assert_eq!(parent.store.pull_request(5).unwrap().backfill, None);
}

#[test]
fn a_content_is_dropped_when_only_an_envelope_is_left() {
    let (mut operator, _, _, coordinator) = scene();
    operator.grant(COORDINATOR, [Scope::Team(CHILD)]);
    coordinator.pull(&operator);
    assert_eq!(shown(&coordinator, 1).unwrap().note.as_deref(), Some("Жаттығу жасалды"));
    operator.revoke(COORDINATOR, Scope::Team(CHILD));
    coordinator.pull(&operator);
    assert_eq!(shown(&coordinator, 1).unwrap().note, None);
    assert!(!coordinator.shown().contains("Жаттығу"));
}

#[test]
fn a_statement_is_held_until_its_key_comes() {
    let (mut operator, specialist, parent, _) = scene();
    let colleague = PersonId::from_bytes([0x14; 16]);
    let key = signing_key(0x84);
    let (id, draft) = visit(9, colleague, CHILD);
    operator.state_as(&key, &draft, &[Scope::Family(CHILD), Scope::Team(CHILD)]);
    parent.pull(&operator);
    let found = parent.store.read(|reader| reader.visit(id)).unwrap();
    assert!(found.is_none(), "nobody knows whose key it is");
    operator.bind(DeviceId::from_bytes([0x84; 16]), &key.verifying_key().to_cose_key(), colleague);
    operator.grant(PARENT, [Scope::Card(colleague)]);
    parent.pull(&operator);
    let visit = parent.store.read(|reader| reader.visit(id)).unwrap().unwrap();
    assert_eq!(visit.specialist, colleague);
    specialist.pull(&operator);
    assert!(
        specialist.store.read(|reader| reader.visit(id)).unwrap().is_none(),
        "the card is not for everybody"
    );
}

/// Pulls while each page is judged before the one ahead of it is stored; the first judging of a page is put off when
/// `late`. Tells how many statements were held for want of a key.
fn held_count(late: bool) -> usize {
    let (mut operator, _, parent, _) = scene();
    let colleague = PersonId::from_bytes([0x14; 16]);
    let key = signing_key(0x84);
    operator.bind(DeviceId::from_bytes([0x84; 16]), &key.verifying_key().to_cose_key(), colleague);
    let (id, draft) = visit(9, colleague, CHILD);
    operator.state_as(&key, &draft, &[Scope::Family(CHILD), Scope::Team(CHILD)]);
    operator.grant(PARENT, [Scope::Card(colleague)]);
    let mut held_count = 0;
    loop {
        let request = parent.store.pull_request(1).unwrap();
        let response = operator.pull(&request, PARENT);
        let more = response.scopes.is_some() || response.more;
        let ahead = PullRequest { cursor: response.cursor, ..request.clone() };
        let page = if late { response.into() } else { parent.store.judge_pull(response).unwrap() };
        let ahead = parent.store.judge_pull(operator.pull(&ahead, PARENT)).unwrap();
        parent.store.apply_pull(&request, page).unwrap();
        let behind = parent.store.pull_request(1).unwrap();
        if more && ahead.response == operator.pull(&behind, PARENT) {
            let is_held = |verdict: &&Verdict| matches!(verdict, Verdict::Held(_));
            held_count += ahead.verdicts.iter().flatten().filter(is_held).count();
            parent.store.apply_pull(&behind, ahead).unwrap();
        }
        if !more {
            break;
        }
    }
    let visit = parent.store.read(|reader| reader.visit(id)).unwrap().unwrap();
    assert_eq!(visit.specialist, colleague);
    assert_eq!(count(&parent, "SELECT count(*) FROM foreign_statement WHERE believed = 0"), 0);
    held_count
}

/// Pulls single statements and stores so many pages in one transaction.
fn pull_together(device: &TestDevice, operator: &TestOperator, together: usize) {
    let request = device.store.pull_request(1).unwrap();
    let scopes = operator.pull(&request, device.person());
    assert!(scopes.scopes.is_some());
    device.store.apply_pull(&request, scopes.into()).unwrap();
    let mut request = device.store.pull_request(1).unwrap();
    let (mut pages, mut more) = (Vec::new(), true);
    while more {
        let response = operator.pull(&request, device.person());
        more = response.more;
        let behind = PullRequest {
            cursor: response.cursor,
            urgent_cursor: response.urgent_cursor,
            known_tree_size: response.checkpoint.as_ref().unwrap().tree_size,
            ..request.clone()
        };
        let before = std::mem::replace(&mut request, behind);
        pages.push((before, device.store.judge_pull(response).unwrap()));
    }
    assert!(pages.len() > 2 * together, "{} pages", pages.len());
    for together in pages.chunks(together) {
        device.store.apply_pulls(together).unwrap();
        let as_stored = device.shown();
        device.store.rebuild().unwrap();
        assert_eq!(as_stored, device.shown(), "what came is shown as what is read back");
    }
}

#[test]
fn pages_that_are_stored_together_show_what_each_alone_shows() {
    let (mut operator, specialist, parent, coordinator) = scene();
    specialist.state(&[visit(2, SPECIALIST, CHILD).1]);
    specialist.push(&mut operator);
    parent.pull(&operator);
    answer(&mut operator, &parent, &coordinator, 2);
    let twins = [(0x91, 1), (0x92, 2), (0x93, 4)]
        .map(|(n, together)| (TestDevice::bound(&mut operator, PARENT, n), together));
    for (twin, together) in &twins {
        pull_together(twin, &operator, *together);
    }
    parent.pull(&operator);
    for (twin, together) in &twins {
        twin.pull(&operator);
        assert_eq!(shown(twin, 2), shown(&parent, 2), "{together} together");
    }
}

#[test]
fn where_what_is_in_front_of_a_page_broke_off_is_kept_with_the_cursor() {
    let (mut operator, _, mut parent, _) = scene();
    let request = parent.store.pull_request(100).unwrap();
    let mut page = operator.pull(&request, PARENT);
    let to = page.checkpoint.as_ref().unwrap().tree_size;
    let behind = Some(Behind { cursor: 2, to });
    (page.behind, page.more) = (behind, true);
    let moved = PullResponse { cursor: request.cursor - 1, ..page.clone() };
    for unfit in [moved, PullResponse { behind: Some(Behind { cursor: 2, to: to + 1 }), ..page.clone() }] {
        assert!(parent.store.apply_pull(&request, unfit.into()).is_err());
    }
    parent.store.apply_pull(&request, page.into()).unwrap();
    parent.restart();
    let next = parent.store.pull_request(100).unwrap();
    assert_eq!((next.behind, next.cursor), (behind, request.cursor));
    let whole = operator.pull(&next, PARENT);
    parent.store.apply_pull(&next, whole.clone().into()).unwrap();
    assert_eq!(parent.store.pull_request(100).unwrap().behind, None, "the page came");

    let request = parent.store.pull_request(100).unwrap();
    let again = PullResponse { behind, more: true, ..operator.pull(&request, PARENT) };
    parent.store.apply_pull(&request, again.into()).unwrap();
    operator.grant(PARENT, [Scope::Team(CHILD)]);
    let request = parent.store.pull_request(100).unwrap();
    let list = operator.pull(&request, PARENT);
    assert!(list.scopes.is_some());
    parent.store.apply_pull(&request, list.into()).unwrap();
    assert_eq!(parent.store.pull_request(100).unwrap().behind, None, "another list is read anew");
}

#[test]
fn a_page_that_was_judged_before_the_key_came_is_believed_when_it_is_there() {
    assert_eq!(held_count(true), 1);
}

#[test]
fn a_key_counts_for_the_page_behind_the_one_that_binds_it_though_that_one_is_not_stored_yet() {
    assert_eq!(held_count(false), 0);
}

#[test]
fn what_does_not_verify_is_left_out_and_the_rest_goes_on() {
    let (mut operator, specialist, parent, _) = scene();
    specialist.state(&[
        visit(2, SPECIALIST, CHILD).1,
        visit(3, SPECIALIST, CHILD).1,
        visit(4, SPECIALIST, CHILD).1,
    ]);
    specialist.push(&mut operator);
    let request = parent.store.pull_request(100).unwrap();
    let mut page = operator.pull(&request, PARENT);
    *page.items[0].statement.last_mut().unwrap() ^= 1;
    *page.items[1].content.as_mut().unwrap().0.last_mut().unwrap() ^= 1;
    let applied = parent.store.apply_pull(&request, page.into()).unwrap();
    assert_eq!((applied.new_count, applied.rejected_count), (1, 2));
    assert_eq!((shown(&parent, 2), shown(&parent, 3)), (None, None));
    assert!(shown(&parent, 4).is_some(), "a bad one delays nobody");
    assert_eq!(count(&parent, "SELECT count(*) FROM rejected"), 2);
}

#[test]
fn an_own_statement_that_comes_back_is_no_new_one() {
    let (operator, specialist, ..) = scene();
    let own = count(&specialist, "SELECT count(*) FROM own_statement");
    assert_eq!(
        count(&specialist, "SELECT count(*) FROM foreign_statement f JOIN own_statement o ON o.id = f.id"),
        0
    );
    assert_eq!(specialist.pull(&operator).new_count, 0);
    assert_eq!(count(&specialist, "SELECT count(*) FROM own_statement"), own);
}

#[test]
fn a_new_device_gets_the_persons_history() {
    let (mut operator, _, _, _) = scene();
    let second = TestDevice::bound(&mut operator, SPECIALIST, 0x91);
    second.pull(&operator);
    let visit = shown(&second, 1).unwrap();
    assert_eq!((visit.specialist, visit.note.as_deref()), (SPECIALIST, Some("Жаттығу жасалды")));
    let readings = second.store.read(|reader| reader.readings(0, 10)).unwrap();
    assert_eq!(readings.len(), 1, "when my location was read, on whichever of my devices");
}

#[test]
fn a_statement_without_a_scope_of_the_reader_is_not_kept() {
    let (mut operator, specialist, parent, _) = scene();
    specialist.state(&[visit(2, SPECIALIST, CHILD).1]);
    specialist.push(&mut operator);
    let request = parent.store.pull_request(100).unwrap();
    let mut page = operator.pull(&request, PARENT);
    page.items[0].scopes = vec![Scope::Team(CHILD)];
    let applied = parent.store.apply_pull(&request, page.into()).unwrap();
    assert_eq!((applied.new_count, applied.rejected_count), (0, 1));
    assert_eq!(shown(&parent, 2), None, "it could never be forgotten again");
}

#[test]
fn what_an_older_version_could_not_read_is_asked_for_again_by_a_newer_one() {
    let (mut operator, specialist, mut parent, _) = scene();
    specialist.state(&[visit(2, SPECIALIST, CHILD).1, visit(3, SPECIALIST, CHILD).1]);
    specialist.push(&mut operator);
    let request = parent.store.pull_request(100).unwrap();
    let mut page = operator.pull(&request, PARENT);
    page.items[0].statement = b"of a kind that comes later".to_vec();
    page.items[1].scopes.clear();
    assert_eq!(parent.store.apply_pull(&request, page.into()).unwrap().rejected_count, 2);
    parent.restart();
    parent.pull(&operator);
    assert_eq!((shown(&parent, 2), shown(&parent, 3)), (None, None), "the same version would read no more");
    parent.store.set("store/read-by", Some(b"0.0.1")).unwrap();
    parent.restart();
    parent.pull(&operator);
    assert!(shown(&parent, 2).is_some() && shown(&parent, 3).is_some());
    assert_eq!(count(&parent, "SELECT count(*) FROM rejected"), 0);
    assert_eq!(parent.store.pull_request(5).unwrap().backfill, None, "and is over");
}
