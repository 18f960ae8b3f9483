use domain::content::VisitFinished;
use domain::flag::Flag;
use domain::id::{Digest, StatementId};
use journal::Beacon;
use journal::merkle::{check_consistency, leaf_hash, prove_range};
use journal::receipt::TreeHead;
use operator_core::store::Store as _;
use wire::push::{Outcome, PushItem, Refusal};

use crate::world::{World, item};

fn finished(at_ms: i64) -> VisitFinished {
    VisitFinished { finished_at_ms: at_ms }
}

#[test]
fn pushing_twice_equals_pushing_once() {
    let world = World::new();
    let mut device = world.device(world.specialist);
    let visit = device.visit_id();
    let sealed =
        [device.seal(visit, world.visit_by(world.specialist, world.child)), device.seal(visit, finished(1))];
    let items: Vec<PushItem> = sealed.iter().map(item).collect();
    let first = device.push(&items);
    let size = world.store.read().unwrap().log_size().unwrap();
    world.clock.advance(60_000);
    let second = device.push(&items);
    assert_eq!(world.store.read().unwrap().log_size().unwrap(), size, "nothing was added");
    assert_eq!(first.registrations, second.registrations, "the same head and proof");
    for (before, after) in first.outcomes.iter().zip(&second.outcomes) {
        let (
            Outcome::Registered { leaf_index: a, flags: b },
            Outcome::AlreadyHave { leaf_index: c, flags: d },
        ) = (before, after)
        else {
            panic!("{before:?} then {after:?}");
        };
        assert_eq!((a, b), (c, d));
    }
    let [registration] = first.registrations.as_slice() else { panic!("one run") };
    let leaves: Vec<Digest> = sealed.iter().map(|sealed| leaf_hash(&sealed.bytes)).collect();
    let proven =
        prove_range(&leaves, registration.first_leaf, registration.tree_size, &registration.proof, 0..0)
            .unwrap();
    TreeHead::verify(&registration.head, proven.root, world.key.verifying_key()).unwrap();
}

#[test]
fn a_gap_changes_nothing_and_names_what_is_missing() {
    let world = World::new();
    let mut device = world.device(world.specialist);
    let visit = device.visit_id();
    let missing = device.seal(visit, finished(1));
    let next = device.seal(visit, finished(2));
    let answer = device.push(&[item(&next)]);
    assert_eq!(answer.outcomes, [Outcome::Gap { expected_seq: 1 }]);
    assert_eq!((answer.next_seq, answer.registrations.len()), (1, 0));
    let answer = device.push(&[item(&missing), item(&next)]);
    assert!(answer.outcomes.iter().all(|outcome| matches!(outcome, Outcome::Registered { .. })));
}

#[test]
fn a_restored_backup_registers_both_branches_and_drops_nothing() {
    let world = World::new();
    let mut device = world.device(world.specialist);
    let backup = device.series;
    let main: Vec<_> = (0..3).map(|n| device.seal(device.visit_id(), finished(n))).collect();
    device.push(&main.iter().map(item).collect::<Vec<_>>());

    // The branch begins where the backup was taken and grows beyond the main line.
    let mut branch = Vec::new();
    let mut head = backup;
    for n in 10..15 {
        let sealed = device.seal_at(head, device.visit_id(), finished(n));
        head = head.after(sealed.id);
        branch.push(item(&sealed));
    }
    let answer = device.push(&branch);
    for outcome in &answer.outcomes {
        let Outcome::Fork { flags, .. } = outcome else { panic!("{outcome:?}") };
        assert!(flags.contains(&Flag::Fork));
    }
    assert_eq!(answer.next_seq, device.series.next_seq, "the main line stays where it was");
    assert_eq!(answer.registrations.iter().map(|r| r.count).sum::<u64>(), 5, "each is proven");
    let next = device.seal(device.visit_id(), finished(20));
    assert!(matches!(device.push(&[item(&next)]).outcomes[0], Outcome::Registered { .. }));
}

#[test]
fn bytes_that_cannot_be_verified_are_recorded_and_the_series_goes_on() {
    let world = World::new();
    let mut device = world.device(world.specialist);
    let good = device.seal(device.visit_id(), finished(1));
    let next = device.seal(device.visit_id(), finished(2));
    let mut damaged = item(&good);
    *damaged.statement.last_mut().unwrap() ^= 1;
    let answer = device.push(&[damaged.clone(), item(&next)]);
    assert_eq!(answer.outcomes[0], Outcome::Refused { reason: Refusal::BadSignature });
    assert!(matches!(answer.outcomes[1], Outcome::Registered { .. }), "what follows is not held up");
    assert_eq!(answer.next_seq, 3);
    assert_eq!(device.push(&[damaged]).outcomes, [Outcome::Refused { reason: Refusal::BadSignature }]);
    let kept = world.store.read().unwrap().refusals().unwrap();
    assert_eq!((kept.len(), kept[0].id, kept[0].took_place), (1, good.id, true));

    // The good bytes turn up later: they are attributable, so they are registered, at their own place.
    let late = device.push(&[item(&good)]);
    assert!(matches!(late.outcomes[0], Outcome::Registered { .. }), "{:?}", late.outcomes);
    assert_eq!(late.next_seq, 3);
    assert_eq!(world.audit(world.key.verifying_key()).findings, []);
}

#[test]
fn good_bytes_that_name_another_statement_before_them_are_a_fork_not_a_fault_of_the_log() {
    let world = World::new();
    let mut device = world.device(world.specialist);
    let backup = device.series;
    let main = device.seal(device.visit_id(), finished(1));
    let branch = device.seal_at(backup, device.visit_id(), finished(2));
    // Damaged, it takes the number after the main line; whole, it turns out to go on from the branch.
    let late = device.seal_at(backup.after(branch.id), device.visit_id(), finished(3));
    let mut damaged = item(&late);
    *damaged.statement.last_mut().unwrap() ^= 1;
    let answer = device.push(&[item(&main), item(&branch), damaged, item(&late)]);
    assert_eq!(answer.outcomes[2], Outcome::Refused { reason: Refusal::BadSignature });
    let Outcome::Fork { flags, .. } = &answer.outcomes[3] else { panic!("{:?}", answer.outcomes) };
    assert!(flags.contains(&Flag::Fork));
    assert_eq!(answer.next_seq, 3, "the number stays taken");
    assert_eq!(world.audit(world.key.verifying_key()).findings, []);
}

#[test]
fn late_bytes_that_name_another_statement_before_them_are_a_fork() {
    let world = World::new();
    let mut device = world.device(world.specialist);
    let elsewhere = device.seal_at(device.series, device.visit_id(), finished(9));
    let first = device.seal(device.visit_id(), finished(1));
    let forked = device.series.after(elsewhere.id);
    let astray = journal::SeriesHead { next_seq: device.series.next_seq, ..forked };
    let late = device.seal_at(astray, device.visit_id(), finished(2));
    device.series = device.series.after(late.id);
    let next = device.seal(device.visit_id(), finished(3));
    let mut damaged = item(&late);
    *damaged.statement.last_mut().unwrap() ^= 1;
    let outcomes = device.push(&[item(&first), damaged, item(&next)]).outcomes;
    assert_eq!(outcomes[1], Outcome::Refused { reason: Refusal::BadSignature });
    assert!(matches!(outcomes[2], Outcome::Registered { .. }), "its number was taken");

    let answer = device.push(&[item(&late)]);
    let Outcome::Fork { flags, .. } = &answer.outcomes[0] else { panic!("{:?}", answer.outcomes) };
    assert!(flags.contains(&Flag::Fork));
    assert_eq!(answer.next_seq, device.series.next_seq, "the main line stays where it was");
    assert_eq!(world.audit(world.key.verifying_key()).findings, []);
}

#[test]
fn a_false_id_takes_no_number_from_bytes_that_can_be_attributed() {
    let world = World::new();
    let mut device = world.device(world.specialist);
    let sealed = [1, 2, 3].map(|n| device.seal(device.visit_id(), finished(n)));
    let mut items = sealed.each_ref().map(item);
    items[0].id = StatementId::from_bytes([1; 32]);
    let first = device.push(&items[..2]);
    assert!(first.outcomes.iter().all(|outcome| matches!(outcome, Outcome::Registered { .. })), "{first:?}");
    let read = world.store.read().unwrap();
    let leaf = first.outcomes[0].leaf_index().unwrap();
    assert_eq!(read.entry(leaf).unwrap().unwrap().id, sealed[0].id, "under the id that its bytes have");
    assert!(read.refusals().unwrap().is_empty());
    drop(read);
    let again = device.push(&[items[0].clone(), item(&sealed[0]), items[2].clone()]);
    let already = |outcome: &Outcome| {
        matches!(outcome, Outcome::AlreadyHave { leaf_index, flags }
            if *leaf_index == leaf && !flags.contains(&Flag::Fork))
    };
    assert!(already(&again.outcomes[0]) && already(&again.outcomes[1]), "{again:?}");
    assert!(matches!(again.outcomes[2], Outcome::Registered { .. }), "the series goes on");
    assert_eq!(world.audit(world.key.verifying_key()).findings, []);
}

#[test]
fn bytes_that_cannot_be_attributed_take_their_number_under_the_claimed_id() {
    let world = World::new();
    let mut device = world.device(world.specialist);
    let visit = device.visit_id();
    let [first, other] = [1, 2].map(|n| device.seal(visit, finished(n)));
    // The bytes of another number lie where these should.
    let swapped = PushItem { statement: first.bytes.clone(), content: first.content.clone(), ..item(&other) };
    let next = device.seal(visit, finished(3));
    let answer = device.push(&[item(&first), swapped, item(&next)]);
    assert_eq!(answer.outcomes[1], Outcome::Refused { reason: Refusal::NotAStatement });
    assert!(matches!(answer.outcomes[2], Outcome::Registered { .. }), "it names the id that was claimed");

    // Nobody can tell whose bytes these are: what the device said about them stands.
    let good = device.seal(visit, finished(4));
    let false_claim =
        PushItem { id: StatementId::from_bytes([1; 32]), statement: vec![7; 90], ..item(&good) };
    assert_eq!(device.push(&[false_claim]).outcomes, [Outcome::Refused { reason: Refusal::NotAStatement }]);
    assert!(matches!(device.push(&[item(&good)]).outcomes[0], Outcome::Fork { .. }));
    let head = journal::SeriesHead { prev: Some(StatementId::from_bytes([1; 32])), ..device.series };
    let named = device.seal_at(head, visit, finished(5));
    assert!(matches!(device.push(&[item(&named)]).outcomes[0], Outcome::Registered { .. }));
    assert_eq!(world.audit(world.key.verifying_key()).findings, []);
}

#[test]
fn a_refused_item_that_came_before_another_refused_one_is_no_fork() {
    let world = World::new();
    let mut device = world.device(world.specialist);
    let both = [1, 2].map(|n| device.seal(device.visit_id(), finished(n)));
    let next = device.seal(device.visit_id(), finished(3));
    let mut items = both.each_ref().map(item);
    items.iter_mut().for_each(|damaged| *damaged.statement.last_mut().unwrap() ^= 1);
    device.push(&[items.as_slice(), &[item(&next)]].concat());
    let answer = device.push(&[item(&both[1])]);
    assert!(matches!(answer.outcomes[0], Outcome::Registered { .. }), "{:?}", answer.outcomes);
    assert_eq!(world.audit(world.key.verifying_key()).findings, []);
}

#[test]
fn a_branch_does_not_run_ahead_of_itself() {
    let world = World::new();
    let mut device = world.device(world.specialist);
    let backup = device.series;
    let main = device.seal(device.visit_id(), finished(1));
    let branch = device.seal_at(backup, device.visit_id(), finished(2));
    device.push(&[item(&main), item(&branch)]);
    let ahead = journal::SeriesHead { next_seq: u64::MAX, prev: Some(branch.id) };
    let ahead = device.seal_at(ahead, device.visit_id(), finished(3));
    assert_eq!(device.push(&[item(&ahead)]).outcomes, [Outcome::Gap { expected_seq: 2 }]);
}

#[test]
fn each_broken_rule_has_its_reason() {
    let world = World::new();
    let mut device = world.device(world.specialist);
    let other = world.device(world.colleague);
    let good = device.seal(device.visit_id(), finished(1));
    let foreign = other.seal_at(device.series, other.visit_id(), finished(1));
    let content = device.seal_at(device.series, device.visit_id(), finished(9)).content;
    for (reason, broken) in [
        (Refusal::TooLarge, PushItem { statement: vec![0; 3_000], ..item(&good) }),
        (Refusal::TooLarge, PushItem { content: vec![0; 70_000], ..item(&good) }),
        (Refusal::NotAStatement, PushItem { statement: vec![0; 100], ..item(&good) }),
        (Refusal::NotAStatement, PushItem { seq: 2, ..item(&good) }),
        (Refusal::UnknownKey, PushItem { seq: 1, ..item(&foreign) }),
        (Refusal::WrongContent, PushItem { content, ..item(&good) }),
    ] {
        let checked = operator_core::verify::check_item(&broken, device.key.verifying_key());
        assert_eq!(checked.unwrap_err(), reason);
    }
}

#[test]
fn a_beacon_of_another_history_is_evidence() {
    let world = World::new();
    let mut device = world.device(world.specialist);
    let head = world.store.read().unwrap().latest_head().unwrap().unwrap();
    device.beacon = Some(Beacon { tree_size: head.tree_size, root: head.root });
    let visit = device.visit_id();
    assert!(!device.say(visit, world.visit_by(world.specialist, world.child)).contains(&Flag::SplitView));
    device.beacon = Some(Beacon { tree_size: head.tree_size, root: Digest::from_bytes([9; 32]) });
    assert!(device.say(visit, finished(1)).contains(&Flag::SplitView));
    device.beacon = Some(Beacon { tree_size: u64::MAX, root: head.root });
    assert!(device.say(visit, finished(2)).contains(&Flag::SplitView), "a log that was never so long");
}

#[test]
fn every_head_of_a_push_is_one_history_with_what_the_device_knew() {
    let world = World::new();
    let mut device = world.device(world.specialist);
    let visit = device.visit_id();
    let first = device.seal(visit, world.visit_by(world.specialist, world.child));
    device.push(&[item(&first)]);
    let mut other = world.device(world.specialist);
    other.say(other.visit_id(), world.visit_by(world.specialist, world.child));
    let known = world.store.read().unwrap().latest_head().unwrap().unwrap();
    device.beacon = Some(Beacon { tree_size: known.tree_size, root: known.root });
    other.say(other.visit_id(), world.visit_by(world.specialist, world.child));
    let second = device.seal(visit, finished(1));
    let answer = device.push(&[item(&first), item(&second)]);
    let mut largest = (known.tree_size, known.root);
    let mut sizes = Vec::new();
    for (registration, sealed) in answer.registrations.iter().zip([&first, &second]) {
        let leaves = [leaf_hash(&sealed.bytes)];
        let size = registration.tree_size;
        let root =
            prove_range(&leaves, registration.first_leaf, size, &registration.proof, 0..0).unwrap().root;
        let (older, newer) = if size < largest.0 { ((size, root), largest) } else { (largest, (size, root)) };
        check_consistency(older, newer, &registration.consistency).unwrap();
        sizes.push(size.cmp(&known.tree_size));
        largest = newer;
    }
    assert_eq!(
        sizes,
        [std::cmp::Ordering::Less, std::cmp::Ordering::Greater],
        "an older head and a newer one"
    );
    device.beacon = Some(Beacon { tree_size: largest.0 + 1, root: largest.1 });
    let foreign = device.push(&[item(&first)]);
    assert_eq!(foreign.registrations[0].consistency, [], "a log that was never so long proves nothing");
}
