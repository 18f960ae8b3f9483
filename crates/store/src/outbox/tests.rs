mod disbelieved;
mod history;
mod spoiled;
mod synchronised;
mod wanted;

use domain::Rng;
use journal::receipt::{TreeHead, verify_receipt};
use proptest::prelude::*;
use sync::wire::push::Registration;

use super::*;
use crate::read::transport::Transport;
use crate::testing::{CHILD, SPECIALIST, TestDevice, TestOperator, TestRng, signing_key, visit};

fn devices() -> (TestOperator, TestDevice) {
    let mut operator = TestOperator::new();
    let device = TestDevice::bound(&mut operator, SPECIALIST, 0x81);
    (operator, device)
}

fn state_of(device: &TestDevice, n: u8) -> Transport {
    let (id, _) = visit(n, SPECIALIST, CHILD);
    device.store.read(|reader| reader.visit(id)).unwrap().unwrap().transport
}

#[test]
fn an_outbox_row_closes_only_on_a_receipt_that_verifies() {
    let (mut operator, device) = devices();
    let sealed = device.state(&[visit(1, SPECIALIST, CHILD).1, visit(2, SPECIALIST, CHILD).1]);
    assert_eq!(state_of(&device, 1), Transport::Saved);
    let request = device.store.next_batch(None, 10, usize::MAX).unwrap();
    device.store.mark_sent(&request.items).unwrap();
    assert_eq!(state_of(&device, 1), Transport::Sent);
    device.store.mark_unsent(&request.items).unwrap();
    assert_eq!(state_of(&device, 1), Transport::Saved, "without an answer nobody reads that it was sent");
    device.store.mark_sent(&request.items).unwrap();
    let response = operator.push(&request, device.key());
    let applied = device.store.apply_push(&request, &response).unwrap();
    assert_eq!((applied.registered_count, applied.series_behind), (2, false));
    assert_eq!(state_of(&device, 1), Transport::Registered);
    assert_eq!(device.store.waiting().unwrap(), Waiting { waiting_count: 0, refused_count: 0 });
    for sealed in sealed {
        let receipt = device.store.read(|reader| reader.receipt(sealed.id)).unwrap().unwrap();
        let proven = verify_receipt(&receipt, &sealed.bytes, operator.key.verifying_key()).unwrap();
        assert_eq!(operator.log[proven.leaf_index as usize].id, sealed.id);
    }
}

#[test]
fn a_proof_that_does_not_hold_changes_nothing() {
    let (mut operator, device) = devices();
    device.state(&[visit(1, SPECIALIST, CHILD).1, visit(2, SPECIALIST, CHILD).1]);
    let request = device.store.next_batch(None, 10, usize::MAX).unwrap();
    let good = operator.push(&request, device.key());
    let registration = |change: &dyn Fn(&mut Registration)| {
        let mut response = good.clone();
        change(&mut response.registrations[0]);
        response
    };
    let forged = |registration: &mut Registration| {
        let root = domain::id::Digest::from_bytes([1; 32]);
        registration.head = TreeHead::sign(registration.tree_size, root, 0, &signing_key(0x77)).bytes;
    };
    let foreign = |registration: &mut Registration| {
        let root = operator.signed_head().root;
        registration.head = TreeHead::sign(registration.tree_size, root, 0, &signing_key(0x66)).bytes;
    };
    let cases: [(&str, PushResponse); 11] = [
        ("another leaf", registration(&|r| r.first_leaf -= 1)),
        ("another size", registration(&|r| r.tree_size += 1)),
        ("a hash too few", registration(&|r| r.proof.truncate(r.proof.len() - 1))),
        ("another order", {
            let mut response = good.clone();
            response.outcomes.reverse();
            response
        }),
        ("more than was registered", registration(&|r| r.count += 1)),
        ("more than there can be", registration(&|r| r.count = u64::MAX)),
        ("a head of another root", registration(&forged)),
        ("another key", registration(&foreign)),
        ("a changed head", registration(&|r| *r.head.last_mut().unwrap() ^= 1)),
        ("a part without proof", registration(&|r| r.count = 1)),
        ("no proof", PushResponse { registrations: Vec::new(), ..good.clone() }),
    ];
    for (name, response) in cases {
        let refused = device.store.apply_push(&request, &response);
        assert!(matches!(refused, Err(OutboxError::Unproven)), "{name}: {refused:?}");
        assert_eq!(device.store.waiting().unwrap().waiting_count, 2, "{name}");
        assert!(
            matches!(device.store.next_batch(None, 10, usize::MAX), Err(OutboxError::TrustEnded)),
            "{name}"
        );
        assert!(device.settle(&operator), "{name}: a person asked, and the log is honest");
    }
    device.store.apply_push(&request, &good).unwrap();
    assert_eq!(device.store.waiting().unwrap().waiting_count, 0);
}

#[test]
fn a_lost_answer_is_asked_for_again_and_counts_once() {
    let (mut operator, mut device) = devices();
    device.state(&[visit(1, SPECIALIST, CHILD).1]);
    let request = device.store.next_batch(None, 10, usize::MAX).unwrap();
    device.store.mark_sent(&request.items).unwrap();
    operator.push(&request, device.key());
    device.restart();
    assert_eq!(state_of(&device, 1), Transport::Saved, "no push runs, so nobody reads that it was sent");
    let leaves_count = operator.log.len();
    device.push(&mut operator);
    assert_eq!(operator.log.len(), leaves_count, "exactly once at the operator");
    assert_eq!(state_of(&device, 1), Transport::Registered);
}

#[test]
fn what_is_refused_is_parked_with_its_reason_and_delays_nobody() {
    let (mut operator, device) = devices();
    let sealed = device.state(&[visit(1, SPECIALIST, CHILD).1, visit(2, SPECIALIST, CHILD).1]);
    operator.refuse.insert(sealed[0].id);
    device.push(&mut operator);
    assert_eq!(state_of(&device, 1), Transport::Refused(Refusal::BadSignature));
    assert_eq!(state_of(&device, 2), Transport::Registered);
    assert_eq!(device.store.waiting().unwrap(), Waiting { waiting_count: 0, refused_count: 1 });
    assert_eq!(device.store.read(|reader| reader.receipt(sealed[0].id)).unwrap(), None);
    device.state(&[visit(3, SPECIALIST, CHILD).1]);
    device.push(&mut operator);
    assert_eq!(state_of(&device, 3), Transport::Registered, "the series goes on");
}

#[test]
fn a_batch_is_a_run_without_gaps_within_both_limits() {
    let (mut operator, device) = devices();
    for n in 1..=5 {
        device.state(&[visit(n, SPECIALIST, CHILD).1]);
    }
    let numbers = |from_seq, max_items, max_bytes| {
        let request = device.store.next_batch(from_seq, max_items, max_bytes).unwrap();
        request.items.iter().map(|item| item.seq).collect::<Vec<_>>()
    };
    assert_eq!(numbers(None, 3, usize::MAX), [1, 2, 3]);
    assert_eq!(numbers(None, 10, 0), [1], "at least one");
    assert_eq!(numbers(Some(0), 2, usize::MAX), [0, 1], "also what is registered, when the operator lost it");
    assert!(numbers(Some(6), 10, usize::MAX).is_empty());
    device.push(&mut operator);
    assert!(numbers(None, 10, usize::MAX).is_empty());
}

/// Something that others do: the log grows.
fn grow(operator: &mut TestOperator) {
    let name = domain::content::OrganisationChanged {
        name_kk: "Басқа".into(),
        name_ru: "Другой".into(),
        bin: "000140000026".into(),
        active: true,
    };
    operator.state(crate::testing::ORGANISATION, name);
}

/// Another log of the same operator that begins as this device's: what is shown to nobody else.
fn branch(device: &TestDevice) -> TestOperator {
    let mut other = TestOperator::new();
    let enrolled = device.store.with_reader(|conn| crate::statement::own(conn, 0, 1)).unwrap();
    other.enrol(&enrolled[0], SPECIALIST);
    other
}

#[test]
fn what_is_sent_again_keeps_its_first_receipt() {
    let (mut operator, device) = devices();
    let sealed = device.state(&[visit(1, SPECIALIST, CHILD).1]);
    device.push(&mut operator);
    let first = device.store.read(|reader| reader.receipt(sealed[0].id)).unwrap();
    grow(&mut operator);
    let request = device.store.next_batch(Some(1), 10, usize::MAX).unwrap();
    let response = operator.push(&request, device.key());
    device.store.apply_push(&request, &response).unwrap();
    assert_eq!(device.store.read(|reader| reader.receipt(sealed[0].id)).unwrap(), first, "older evidence");
}

#[test]
fn a_restored_copy_of_the_file_is_noticed_and_both_branches_are_registered() {
    let (mut operator, mut device) = devices();
    let copy = device.path().with_file_name("copy.db");
    device.restart();
    device
        .store
        .with_reader(|conn| {
            Ok::<_, StoreError>(conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
        })
        .unwrap();
    std::fs::copy(device.path(), &copy).unwrap();
    device.state(&[visit(1, SPECIALIST, CHILD).1]);
    device.push(&mut operator);
    let restored = Store::open(&copy, &crate::testing::key()).unwrap();
    let (id, draft) = visit(2, SPECIALIST, CHILD);
    let appended = restored.append_drafts(None, &[draft], &device.clock, &device.rng).unwrap();
    let request = restored.next_batch(None, 10, usize::MAX).unwrap();
    let response = operator.push(&request, device.key());
    let applied = restored.apply_push(&request, &response).unwrap();
    assert!(applied.series_behind);
    assert_eq!(applied.registered_count, 1, "nothing is dropped");
    assert!(operator.log.iter().any(|entry| entry.id == appended.statements[0].id));
    let shown = restored.read(|reader| reader.visit(id)).unwrap().unwrap();
    assert!(shown.flags.contains(&Flag::Fork), "a person looks at it");
}

#[test]
fn other_flags_for_a_statement_that_was_sent_again_show_at_once() {
    let (mut operator, device) = devices();
    let sealed = device.state(&[visit(1, SPECIALIST, CHILD).1]);
    device.push(&mut operator);
    let leaf = operator.log.iter().position(|entry| entry.id == sealed[0].id).unwrap();
    for flags in [vec![Flag::LateSync, Flag::VisitsOverlap], vec![Flag::VisitsOverlap], Vec::new()] {
        operator.log[leaf].flags = flags.clone();
        let request = device.store.next_batch(Some(1), 10, usize::MAX).unwrap();
        let response = operator.push(&request, device.key());
        device.store.apply_push(&request, &response).unwrap();
        let (id, _) = visit(1, SPECIALIST, CHILD);
        let shown = device.store.read(|reader| reader.visit(id)).unwrap().unwrap();
        let in_order = |flags: &[Flag]| flags.iter().copied().collect::<std::collections::BTreeSet<_>>();
        assert_eq!(in_order(&shown.flags), in_order(&flags), "as the operator says now");
    }
}

#[test]
fn flags_of_the_operator_show_on_the_visit() {
    let (mut operator, device) = devices();
    let (id, draft) = visit(1, SPECIALIST, CHILD);
    device.state(&[draft]);
    operator.flags = vec![Flag::AgreementOutdated];
    device.push(&mut operator);
    let shown = device.store.read(|reader| reader.visit(id)).unwrap().unwrap();
    assert_eq!(shown.flags, [Flag::AgreementOutdated]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// I1, I2: whatever is lost on the way and wherever the process ends, each statement is registered exactly once.
    #[test]
    fn whatever_happens_on_the_way_each_statement_arrives_exactly_once(
        steps in proptest::collection::vec(0_u8..7, 1..40), seed in any::<u64>(),
    ) {
        let (mut operator, mut device) = devices();
        let rng = TestRng::new(seed);
        let mut saved = Vec::new();
        for step in steps {
            let random = u64::from_be_bytes((&rng as &dyn Rng).array());
            match step {
                0 | 1 => {
                    let n = saved.len() as u8 + 1;
                    saved.push(device.state(&[visit(n, SPECIALIST, CHILD).1])[0].id);
                }
                2 => device.restart(),
                3 => {
                    // The request is lost.
                    let request = device.store.next_batch(None, 3, usize::MAX).unwrap();
                    device.store.mark_sent(&request.items).unwrap();
                }
                4 => {
                    // The answer is lost, or comes twice.
                    let request = device.store.next_batch(None, 1 + random as usize % 4, usize::MAX).unwrap();
                    if !request.items.is_empty() {
                        let response = operator.push(&request, device.key());
                        for time in 0..random % 3 {
                            let applied = device.store.apply_push(&request, &response);
                            let again = time > 0 && matches!(applied, Err(OutboxError::Overtaken));
                            prop_assert!(applied.is_ok() || again, "{:?}", applied);
                        }
                    }
                }
                5 => { device.pull(&operator); }
                _ => device.push(&mut operator),
            }
        }
        device.push(&mut operator);
        prop_assert_eq!(device.store.waiting().unwrap().waiting_count, 0);
        for id in &saved {
            prop_assert_eq!(operator.log.iter().filter(|entry| entry.id == *id).count(), 1);
            prop_assert!(device.store.read(|reader| reader.receipt(*id)).unwrap().is_some());
        }
    }
}
