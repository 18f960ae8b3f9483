use domain::ContinuousTime;
use domain::content::{
    Content, CorrectionReason, DeviceBound, VisitChange, VisitConfirmed, VisitCorrected, VisitFinished,
    VisitOutcome, VisitRegistered,
};
use domain::id::{
    CaptureId, ChildId, DeviceId, Digest, OrganisationId, PersonId, PlaceId, StatementId, VisitId,
};

use super::*;
use crate::codec;
use crate::header::Beacon;
use crate::key::SigningKey;
use crate::key::tests::test_key;
use crate::seal::{Draft, SeriesHead, Stamp, seal};

const NOW_MS: i64 = 1_795_410_000_000;
const VISIT: VisitId = VisitId::from_bytes([5; 16]);

struct Signer {
    key: SigningKey,
    head: SeriesHead,
    elapsed_ms: u64,
}

impl Signer {
    fn new(n: u8, next_seq: u64) -> Self {
        let prev = (next_seq > 0).then(|| StatementId::from_bytes([n; 32]));
        Self { key: test_key(n), head: SeriesHead { next_seq, prev }, elapsed_ms: 86_400_000 }
    }

    fn show(&mut self, draft: &Draft) -> Shown {
        self.elapsed_ms += 2_700_000;
        let stamp = Stamp {
            utc_ms: NOW_MS + self.elapsed_ms as i64,
            continuous: ContinuousTime {
                epoch: [self.key.id().as_bytes()[0]; 8],
                elapsed_ms: self.elapsed_ms,
            },
            beacon: Some(Beacon { tree_size: 123_456, root: Digest::from_bytes([8; 32]) }),
        };
        let sealed = seal(draft, &self.head, stamp, [9; 16], &self.key).unwrap();
        self.head = self.head.after(sealed.id);
        Shown { statement: Statement::decode(&sealed.bytes).unwrap(), content: sealed.content }
    }
}

/// A binding, a registration, its end and a correction: the largest that people show in practice.
fn visit() -> (KeyId, Vec<Shown>) {
    let (mut operator, mut device) = (Signer::new(1, 40_000), Signer::new(2, 3_000));
    let person = PersonId::from_bytes([3; 16]);
    let bound = DeviceBound {
        key: device.key.verifying_key().to_cose_key(),
        person,
        activation: "ABCD".into(),
        issued_by: operator.key.id(),
        bound_at_ms: NOW_MS,
        host: None,
    };
    let registered = VisitRegistered {
        child: ChildId::from_bytes([4; 16]),
        specialist: person,
        organisation: OrganisationId::from_bytes([6; 16]),
        place: Some(PlaceId::from_bytes([7; 16])),
        service: "speech-therapy".into(),
        outcome: VisitOutcome::Held,
        started_at_ms: NOW_MS,
        finished_at_ms: None,
        offset_min: 300,
        late: None,
        capture: Some(CaptureId::from_bytes([8; 16])),
        warned: None,
    };
    let bound = operator.show(&Draft::new(DeviceId::from_bytes([10; 16]), bound));
    let registered = device.show(&Draft::new(VISIT, registered));
    let finished = device.show(&Draft::new(VISIT, VisitFinished { finished_at_ms: NOW_MS + 2_700_000 }));
    let corrected = VisitCorrected {
        basis: finished.statement.id(),
        reason: CorrectionReason::WrongService,
        change: VisitChange {
            cancelled: false,
            service: Some("special-education".into()),
            outcome: None,
            started_at_ms: None,
            finished_at_ms: None,
        },
        corrected_at_ms: NOW_MS + 3_000_000,
    };
    let corrected = device.show(&Draft::new(VISIT, corrected));
    (operator.key.id(), vec![bound, registered, finished, corrected])
}

/// The binary that a picture of version 25 with level M holds in base 45, behind five letters: 1,451 letters.
const VERSION_25_BYTES: usize = (1_451 - 5) / 3 * 2;

#[test]
fn statements_come_back_byte_for_byte_and_fit_one_picture() {
    let (operator, shown) = visit();
    for (length, limit) in [(2, 640), (3, 800), (4, VERSION_25_BYTES)] {
        let code = encode(operator, &shown[..length]).unwrap();
        assert_eq!(decode(operator, &code).unwrap(), shown[..length]);
        assert!(code.len() <= limit, "{length} statements: {} bytes", code.len());
    }
    let plain: usize = shown.iter().map(|shown| shown.statement.bytes().len() + shown.content.len()).sum();
    assert!(encode(operator, &shown).unwrap().len() * 5 < plain * 2, "less than two fifths of {plain}");
}

#[test]
fn the_statements_verify_with_the_keys_that_the_code_binds() {
    let (operator, shown) = visit();
    let read = decode(operator, &encode(operator, &shown).unwrap()).unwrap();
    read[0].statement.clone().verify(test_key(1).verifying_key()).unwrap();
    for shown in &read[1..] {
        shown.statement.clone().verify(test_key(2).verifying_key()).unwrap();
        codec::decode(shown.statement.header().kind, &shown.content).unwrap();
    }
}

#[test]
fn no_changed_byte_gives_statements_that_all_verify() {
    let (operator, shown) = visit();
    let code = encode(operator, &shown).unwrap();
    let keys = [test_key(1), test_key(2)];
    for at in 0..code.len() {
        for flip in [0x01, 0x80] {
            let mut changed = code.clone();
            changed[at] ^= flip;
            let Ok(read) = decode(operator, &changed) else { continue };
            let verifies = |shown: &Shown| {
                keys.iter().any(|key| shown.statement.clone().verify(key.verifying_key()).is_ok())
            };
            assert!(!read.iter().all(verifies), "byte {at}");
        }
    }
}

#[test]
fn what_is_no_code_of_this_operator_says_why() {
    let (operator, shown) = visit();
    let code = encode(operator, &shown).unwrap();
    assert!(matches!(decode(test_key(9).id(), &code), Err(CodeError::OtherOperator)));
    let newer = cbor::encode(Value::Array(vec![2.into(), Value::Null])).unwrap();
    assert!(matches!(decode(operator, &newer), Err(CodeError::UnknownForm)));
    for wrong in [&code[..code.len() - 1], &[0x80][..], &[], b"esep"] {
        assert!(matches!(decode(operator, wrong), Err(CodeError::Shape(_))));
    }
    assert!(matches!(encode(operator, &shown[1..]), Err(CodeError::Shape(_))), "nothing binds the key");
    let mut other = Signer::new(3, 0);
    let answer = VisitConfirmed {
        basis: shown[3].statement.id(),
        representative: PersonId::from_bytes([1; 16]),
        answered_at_ms: NOW_MS,
        capture: None,
    };
    let answer = other.show(&Draft::new(VISIT, Content::from(answer)));
    assert!(encode(operator, &[shown[0].clone(), answer]).is_err(), "bound is another key");
}

#[test]
fn the_same_statements_in_another_form_are_refused() {
    let (operator, shown) = visit();
    let Value::Array(mut members) = cbor::decode(&encode(operator, &shown).unwrap()).unwrap() else {
        panic!()
    };
    let Value::Array(items) = &mut members[2] else { panic!() };
    let Value::Array(finished) = &mut items[2] else { panic!() };
    assert_eq!(finished[2], Value::Bool(true), "the visit is the one before");
    finished[2] = Value::Bytes(VISIT.as_bytes().to_vec());
    let longer = cbor::encode(Value::Array(members)).unwrap();
    assert!(matches!(decode(operator, &longer), Err(CodeError::Shape(CborError::NotDeterministic))));
}
