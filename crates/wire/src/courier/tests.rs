use domain::ContinuousTime;
use domain::content::DeviceEnrolled;
use domain::id::{DeviceId, PersonId};
use journal::seal::Stamp;
use journal::{Draft, SeriesHead, seal};

use super::*;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_secret(&[seed; 32]).unwrap()
}

/// Two statements of a series, as a push would carry them.
fn items(key: &SigningKey) -> Vec<PushItem> {
    let mut head = SeriesHead::EMPTY;
    (0_u64..2)
        .map(|number| {
            let content = DeviceEnrolled {
                key: key.verifying_key().to_cose_key(),
                activation: "ABCD".into(),
                platform: "linux".into(),
                app_version: "0.1.0".into(),
            };
            let stamp = Stamp {
                utc_ms: 1_795_000_000_000,
                continuous: ContinuousTime { epoch: [1; 8], elapsed_ms: number },
                beacon: None,
            };
            let draft = Draft::new(DeviceId::from_bytes([3; 16]), content);
            let sealed = seal(&draft, &head, stamp, [4; 16], key).unwrap();
            head = SeriesHead { next_seq: sealed.header.seq + 1, prev: Some(sealed.id) };
            PushItem {
                id: sealed.id,
                seq: sealed.header.seq,
                statement: sealed.bytes,
                content: sealed.content,
            }
        })
        .collect()
}

fn outside(operator: u8, courier_key: &[u8]) -> Outside<'_> {
    Outside { operator: key(operator).id(), courier_key, sealed_at_s: 1_795_000_000 }
}

#[test]
fn a_letter_says_what_its_author_signed_and_nobody_else_can_write_it() {
    let (author, courier_key) = (key(7), [9; 32]);
    let to = outside(1, &courier_key);
    let plain = Letter::write(&to, items(&author), &author).unwrap();
    let read = || Letter::read(&plain).unwrap();
    assert_eq!(read().author(), author.id());
    assert_eq!(read().verify(&to, author.verifying_key()), Ok(items(&author)));
    let refused = |to: &Outside<'_>, key: &SigningKey| read().verify(to, key.verifying_key()).unwrap_err();
    assert_eq!(refused(&to, &key(8)), CourierRefusal::BadSignature);
    assert_eq!(refused(&outside(2, &courier_key), &author), CourierRefusal::BadSignature, "sealed on");
    assert_eq!(refused(&outside(1, &[8; 32]), &author), CourierRefusal::BadSignature, "another key");
    let later = Outside { sealed_at_s: to.sealed_at_s + 1, ..to.clone() };
    assert_eq!(refused(&later, &author), CourierRefusal::BadSignature, "another day");
    // Somebody else's statements in an own letter: the letter is believed, its items stand under another author.
    let stolen = Letter::write(&to, items(&author), &key(8)).unwrap();
    assert_eq!(Letter::read(&stolen).unwrap().author(), key(8).id());
}

#[test]
fn more_than_a_push_may_hold_is_refused() {
    let (author, courier_key) = (key(7), [9; 32]);
    let to = outside(1, &courier_key);
    let many = items(&author).into_iter().cycle().take(MAX_ITEMS + 1).collect();
    let plain = Letter::write(&to, many, &author).unwrap();
    let read = Letter::read(&plain).unwrap().verify(&to, author.verifying_key());
    assert_eq!(read, Err(CourierRefusal::TooLarge));
    assert_eq!(Parcel::read(&vec![0; MAX_PARCEL_BYTES + 1]), Err(CourierRefusal::TooLarge));
}

#[test]
fn a_parcel_has_one_form() {
    let courier_key = [9; 32];
    let parcel = outside(1, &courier_key).parcel(vec![5; 32], vec![6; 100]);
    let bytes = parcel.to_bytes();
    assert_eq!(Parcel::read(&bytes).as_ref(), Ok(&parcel));
    assert_eq!(parcel.outside(), outside(1, &courier_key));
    for strange in [&bytes[1..], &[&bytes[..], &[0]].concat(), b"%PDF-1.7", b""] {
        assert_eq!(Parcel::read(strange), Err(CourierRefusal::NotAParcel));
    }
    let newer = Parcel { form: "esep-courier-2".into(), ..parcel.clone() };
    assert_eq!(Parcel::read(&newer.to_bytes()), Err(CourierRefusal::NotAParcel));
    #[derive(Serialize)]
    struct More<'a> {
        #[serde(flatten)]
        parcel: &'a Parcel,
        author: PersonId,
    }
    let more = cbor::to_vec(&More { parcel: &parcel, author: PersonId::from_bytes([1; 16]) }).unwrap();
    assert_eq!(Parcel::read(&more), Err(CourierRefusal::NotAParcel), "a member that is not sealed");
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        // What is outside the seal is bound to it.
        if let Ok(read) = Parcel::read(&changed) {
            let is_bound = read.outside() != parcel.outside();
            assert!(is_bound || read.sealed != parcel.sealed || read.encapsulated != parcel.encapsulated);
        }
    }
}

#[test]
fn a_reason_of_a_newer_operator_refuses_without_spoiling_the_answer() {
    let refused = std::collections::BTreeMap::from([("reason", "wrong-moon")]);
    let outcome = std::collections::BTreeMap::from([("refused", refused)]);
    let answer = cbor::to_vec(&std::collections::BTreeMap::from([("outcome", outcome)])).unwrap();
    let outcome = CourierOutcome::Refused { reason: CourierRefusal::NotAParcel };
    assert_eq!(cbor::from_slice::<CourierResponse>(&answer).unwrap(), CourierResponse { outcome });
}
