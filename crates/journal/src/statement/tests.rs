use domain::content::{Content, VisitFinished};
use domain::id::SubjectId;
use domain::{ContinuousTime, Kind};
use proptest::prelude::*;

use super::*;
use crate::header::Beacon;
use crate::key::tests::test_key;
use crate::seal::{Draft, Sealed, SeriesHead, Stamp, seal};

fn sealed(seq: u64) -> Sealed {
    let prev = (seq > 0).then(|| StatementId::from_bytes([3; 32]));
    seal(
        &Draft {
            subject: SubjectId::from_bytes([7; 16]),
            content: Content::VisitFinished(VisitFinished { finished_at_ms: 1_795_000_000_000 }),
        },
        &SeriesHead { next_seq: seq, prev },
        Stamp {
            utc_ms: 1_795_000_000_123,
            continuous: ContinuousTime { epoch: [1; 8], elapsed_ms: 99_000 },
            beacon: Some(Beacon { tree_size: 12, root: Digest::from_bytes([9; 32]) }),
        },
        [5; 16],
        &test_key(1),
    )
    .unwrap()
}

#[test]
fn what_is_sealed_decodes_and_verifies_with_the_same_id() {
    let sealed = sealed(4);
    let statement = Statement::decode(&sealed.bytes).unwrap();
    assert_eq!(statement.id(), sealed.id);
    assert_eq!(statement.header().kind, Kind::VisitFinished);
    assert_eq!(statement.header().issued_at_s, 1_795_000_000);
    assert_eq!(statement.payload(), crate::codec::hash(&sealed.content));
    statement.verify(test_key(1).verifying_key()).unwrap();
}

#[test]
fn sealing_again_gives_the_same_bytes() {
    assert_eq!(sealed(0).bytes, sealed(0).bytes, "deterministic signatures: a repeat is recognised");
    assert!(sealed(0).bytes.len() < 400 && sealed(9).bytes.len() < 450);
}

#[test]
fn another_key_is_told_apart() {
    let statement = Statement::decode(&sealed(0).bytes).unwrap();
    assert!(matches!(statement.verify(test_key(2).verifying_key()), Err(StatementError::WrongKey)));
}

/// Two statements of a series; whoever signs the second one names a first one.
fn neighbours(first_by: u8, second_by: u8) -> (Statement, Attributed) {
    let draft = |finished_at_ms| Draft {
        subject: SubjectId::from_bytes([7; 16]),
        content: Content::VisitFinished(VisitFinished { finished_at_ms }),
    };
    let stamp = || Stamp {
        utc_ms: 1_795_000_000_123,
        continuous: ContinuousTime { epoch: [1; 8], elapsed_ms: 99_000 },
        beacon: None,
    };
    let first = seal(&draft(1), &SeriesHead::EMPTY, stamp(), [5; 16], &test_key(first_by)).unwrap();
    let head = SeriesHead { next_seq: 1, prev: Some(first.id) };
    let second = seal(&draft(2), &head, stamp(), [5; 16], &test_key(second_by)).unwrap();
    let second = Statement::decode(&second.bytes).unwrap().verify(test_key(second_by).verifying_key());
    (Statement::decode(&first.bytes).unwrap(), second.unwrap().into())
}

#[test]
fn an_attributed_statement_vouches_for_the_one_that_it_names_and_for_no_other() {
    let (first, second) = neighbours(1, 1);
    assert_eq!(first.clone().vouched_by(&second).unwrap().id(), first.id());
    let other = Statement::decode(&sealed(0).bytes).unwrap();
    assert_eq!(other.clone().vouched_by(&second), Err(Box::new(other)), "not the one that is named");
    let this = second.clone();
    assert!((*this).clone().vouched_by(&second).is_err(), "nor for itself");
    let (first, second) = neighbours(1, 2);
    assert_eq!(first.clone().vouched_by(&second), Err(Box::new(first)), "named by another key");
}

#[test]
fn an_unprotected_header_is_refused() {
    let mut sign1 = CoseSign1::from_tagged_slice(&sealed(1).bytes).unwrap();
    sign1.unprotected.key_id = vec![1];
    let bytes = sign1.to_tagged_vec().unwrap();
    assert!(matches!(Statement::decode(&bytes), Err(StatementError::NotDeterministic)));
}

#[test]
fn without_its_tag_it_is_refused() {
    assert!(matches!(Statement::decode(&sealed(1).bytes[1..]), Err(StatementError::NotCose)));
}

#[test]
fn every_changed_byte_is_refused() {
    let sealed = sealed(2);
    let key = test_key(1);
    for at in 0..sealed.bytes.len() {
        for bit in 0..8 {
            let mut bytes = sealed.bytes.clone();
            bytes[at] ^= 1 << bit;
            let taken = Statement::decode(&bytes).and_then(|statement| statement.verify(key.verifying_key()));
            assert!(taken.is_err(), "byte {at}, bit {bit}");
        }
    }
}

fn headers() -> impl Strategy<Value = Header> {
    let numbers = (0_u32..64, any::<u64>(), any::<u64>(), any::<i64>());
    (any::<u8>(), 0..Kind::ALL.len(), numbers, any::<bool>(), any::<bool>()).prop_map(
        |(byte, kind, (shift, seq, elapsed_ms, issued_at_s), has_beacon, is_first)| {
            let seq = if is_first { 0 } else { seq >> shift };
            Header {
                key: domain::id::KeyId::from_bytes([byte; 32]),
                kind: Kind::ALL[kind],
                subject: SubjectId::from_bytes([!byte; 16]),
                issued_at_s: issued_at_s >> shift,
                seq,
                prev: (seq > 0).then(|| StatementId::from_bytes([3; 32])),
                beacon: has_beacon
                    .then(|| Beacon { tree_size: elapsed_ms, root: Digest::from_bytes([9; 32]) }),
                continuous: ContinuousTime { epoch: [byte; 8], elapsed_ms: elapsed_ms >> shift },
            }
        },
    )
}

proptest! {
    #[test]
    fn read_quickly_and_with_the_library_it_is_the_same(
        header in headers(), is_damaged: bool, at: prop::sample::Index, value: u8,
    ) {
        let (id, mut bytes) = compose(&header, Digest::from_bytes([1; 32]), [7; 64]);
        if is_damaged {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let quickly = quick::read(&bytes)
            .and_then(|read| Statement::of_one_form(&bytes, read.header, read.payload, read.signature));
        prop_assert_eq!(&quickly, &Statement::decode_with_library(&bytes).ok());
        prop_assert!(is_damaged || quickly.is_some_and(|statement| statement.id() == id && statement.header() == &header));
    }

    #[test]
    fn foreign_bytes_never_crash(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = Statement::decode(&bytes);
    }

    #[test]
    fn damaged_bytes_never_verify(at in any::<prop::sample::Index>(), value: u8, cut in any::<prop::sample::Index>()) {
        let good = sealed(3).bytes;
        let mut bytes = good.clone();
        bytes[at.index(good.len())] = value;
        bytes.truncate(1 + cut.index(good.len()));
        let taken = Statement::decode(&bytes).and_then(|s| s.verify(test_key(1).verifying_key()));
        prop_assert!(taken.is_err() || bytes == good);
    }
}
