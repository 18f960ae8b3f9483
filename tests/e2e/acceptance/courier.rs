//! The courier: visits of a device without a network go sealed through a colleague's device or a file, and arrive once.

use std::path::Path;

use client::ipc::{CarriedParcelView, ErrorCode, ParcelFile, ParcelRefusalCode, ParcelStateCode};
use data_encoding::BASE64;
use esep_tests::operator::Operator;
use esep_tests::person::{Person, code, is_registered};
use journal::SigningKey;
use serde_json::Value;
use wire::courier::{Letter, Parcel};

use super::agreement::contains;
use super::{exported_statements, folder};

const NOTE: &str = "Мөрленген ескертпе";

/// Everything that waits, sealed into one file; its path.
async fn seal(person: &Person, into: &Path) -> String {
    let sealed = person.app.seal_for_courier(into.to_owned()).await.expect("it is sealed");
    assert_eq!(sealed.files.len(), 1);
    sealed.files[0].path.clone()
}

/// Waits until the readings of the location are written that the visits began: then so many statements wait.
async fn settled(person: &Person, waiting_count: u32) {
    for _ in 0..200 {
        if person.app.sync_state().await.expect("a state").waiting_count == waiting_count {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{:?}", person.app.sync_state().await);
}

async fn take_bytes(person: &Person, bytes: &[u8]) -> Result<Vec<CarriedParcelView>, client::ipc::IpcError> {
    let request = ParcelFile { base64: BASE64.encode(bytes) };
    Ok(person.app.take_parcel(request).await?.carried)
}

async fn take(person: &Person, file: &str) -> Vec<CarriedParcelView> {
    take_bytes(person, &std::fs::read(file).expect("the file")).await.expect("it is taken in")
}

async fn carried(person: &Person) -> Vec<CarriedParcelView> {
    person.app.courier().await.expect("a list").carried
}

/// What became of the parcels of a device, once none of them waits.
async fn delivered(person: &Person) -> Vec<(ParcelStateCode, Option<ParcelRefusalCode>)> {
    person.sync().await;
    carried(person).await.into_iter().map(|parcel| (parcel.state, parcel.refusal)).collect()
}

/// Ids of the statements in the operator's log, each once, or this fails.
fn log(operator: &Operator) -> Vec<(journal::Header, Vec<u8>)> {
    let target = folder();
    let to = target.path().join("log");
    Operator::command(operator.dir(), &["export", "--out", &to.to_string_lossy()]);
    let statements = exported_statements(&to);
    let distinct: std::collections::BTreeSet<_> = statements.iter().map(|(_, bytes)| bytes).collect();
    assert_eq!(distinct.len(), statements.len(), "nothing stands in the log twice");
    statements
}

fn visits_in(log: &[(journal::Header, Vec<u8>)]) -> usize {
    log.iter().filter(|(header, _)| header.kind == domain::Kind::VisitRegistered).count()
}

/// A file brought to the office.
fn by_hand(operator: &Operator, file: &str) -> (bool, Value) {
    let output = Operator::try_command(operator.dir(), &["courier", "--json", file]);
    let rows = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!("no JSON ({error}): {}", String::from_utf8_lossy(&output.stderr));
    });
    (output.status.success(), rows)
}

/// A seals, B and C carry, the office takes the file, A comes at last: every statement once, every receipt at home.
pub(super) async fn sealed_visits_arrive_once_whoever_brings_them() {
    let dir = folder();
    let (mut operator, demo) = Operator::start_demo(&dir.path().join("operator"));
    let mut specialists = demo.people("specialist");
    let author = specialists.next().expect("a specialist");
    let author = Person::ready(&dir.path().join("a"), &author.link).await;
    let colleague = Person::ready(&dir.path().join("b"), &specialists.next().expect("another").link).await;
    let third = Person::ready(&dir.path().join("c"), &demo.person("coordinator").link).await;
    assert_eq!(code(author.app.seal_for_courier(dir.path().into()).await), ErrorCode::NothingToSeal);

    operator.kill();
    let child = author.children().await.remove(0);
    for note in [Some(NOTE), None] {
        author.visit(&[&child.id], note).await.expect("a visit without a network");
    }
    settled(&author, 5).await;
    let file = seal(&author, &dir.path().join("out")).await;
    let waiting = author.app.sync_state().await.expect("a state");
    assert!(waiting.waiting_count == 5 && waiting.sealed_at_ms.is_some(), "{waiting:?}");
    let sealed = author.app.courier().await.expect("a list").sealed.remove(0);
    assert_eq!(sealed.waiting_count, waiting.waiting_count, "sealing closes nothing");
    let bytes = std::fs::read(&file).expect("the file");
    assert!(!contains(&bytes, NOTE.as_bytes()) && !contains(&bytes, b"visit-registered"));
    author.app.lock().await.expect("locked");

    let own = colleague.children().await.remove(0);
    colleague.visit(&[&own.id], None).await.expect("the colleague's own visit");
    altered_and_foreign_ones_are_refused(&dir.path().join("other"), &colleague, &bytes).await;
    take(&colleague, &file).await;
    assert_eq!(take(&colleague, &file).await.len(), 2, "the same file twice is one parcel");
    colleague.app.lock().await.expect("locked");
    colleague.unlock().await.expect("the PIN is right");
    assert!(carried(&colleague).await.iter().all(|parcel| parcel.state == ParcelStateCode::Waiting));

    operator.restart();
    let states = delivered(&colleague).await;
    assert!(states.contains(&(ParcelStateCode::Taken, None)), "{states:?}");
    let refused = (ParcelStateCode::Refused, Some(ParcelRefusalCode::Altered));
    assert!(states.contains(&refused), "and the damaged one delayed neither: {states:?}");
    assert!(colleague.visits().await.iter().all(is_registered), "nor the own visit");
    let arrived = log(&operator);
    assert_eq!(visits_in(&arrived), 3);

    take(&third, &file).await;
    assert_eq!(delivered(&third).await, [(ParcelStateCode::Taken, None)], "another courier");
    let (taken, rows) = by_hand(&operator, &file);
    assert_eq!((taken, &rows[0]["outcome"]), (true, &"taken".into()), "and by hand");
    assert_eq!(log(&operator).len(), arrived.len(), "nothing came twice");

    author.unlock().await.expect("the PIN is right");
    author.sync().await;
    let settled = author.app.sync_state().await.expect("a state");
    assert_eq!((settled.waiting_count, settled.sealed_at_ms), (0, None), "receipts came home");
    let visits = author.visits().await;
    assert!(visits.len() == 2 && visits.iter().all(is_registered));
    for visit in &visits {
        assert!(
            !visit.flags.iter().any(|flag| ["fork", "no-authority"].contains(&flag.as_str())),
            "{visit:?}"
        );
    }
    let confirmed = author.app.courier().await.expect("a list").sealed.remove(0);
    assert_eq!(confirmed.waiting_count, 0);
    // The push may have brought what A stated since it was sealed, never again what was carried.
    assert_eq!(visits_in(&log(&operator)), 3);
    Operator::command(operator.dir(), &["doctor"]);
}

/// What is no parcel or not for this operator is refused at once; what was changed inside is seen by the operator alone.
async fn altered_and_foreign_ones_are_refused(other: &Path, colleague: &Person, bytes: &[u8]) {
    assert_eq!(code(take_bytes(colleague, b"%PDF-1.7").await), ErrorCode::NotAParcel);
    let (mut stranger, demo) = Operator::start_demo(&other.join("operator"));
    let foreign = Person::ready(&other.join("d"), &demo.person("specialist").link).await;
    stranger.kill();
    let child = foreign.children().await.remove(0);
    foreign.visit(&[&child.id], None).await.expect("a visit");
    settled(&foreign, 2).await;
    let file = seal(&foreign, &other.join("out")).await;
    let theirs = std::fs::read(&file).expect("the file");
    assert_eq!(code(take_bytes(colleague, &theirs).await), ErrorCode::ParcelOfOtherOperator);
    let mut altered = Parcel::read(bytes).expect("a parcel");
    let last = altered.sealed.len() - 1;
    altered.sealed[last] ^= 1;
    let taken = take_bytes(colleague, &altered.to_bytes()).await.expect("it looks like one");
    assert_eq!(taken.len(), 1);
}

/// The operator's judgement: a revoked author's visits are registered with their flag, as by a push; an older key still
/// opens until its secret is destroyed; and nobody writes in another's name.
pub(super) async fn a_parcel_is_judged_as_its_authors_push() {
    let dir = folder();
    let (mut operator, demo) = Operator::start_demo(&dir.path().join("operator"));
    let author = demo.person("specialist");
    let (person, link) = (author.person.clone(), author.link.clone());
    let author = Person::ready(&dir.path().join("a"), &link).await;
    let courier = Person::ready(&dir.path().join("b"), &demo.person("coordinator").link).await;
    let keys = operator.dir().join("courier.keys");
    let lines = || std::fs::read_to_string(&keys).expect("the keys").lines().count();
    operator.kill();
    let child = author.children().await.remove(0);
    author.visit(&[&child.id], None).await.expect("a visit");
    settled(&author, 2).await;
    let first = seal(&author, &dir.path().join("out")).await;
    author.visit(&[&child.id], None).await.expect("a later visit");
    settled(&author, 4).await;
    let second = seal(&author, &dir.path().join("out")).await;
    author.app.lock().await.expect("locked");

    Operator::command(operator.dir(), &["courier", "--renew-key"]);
    assert_eq!(lines(), 2);
    let devices: Value =
        serde_json::from_str(&Operator::command(operator.dir(), &["device", "list", "--json"]))
            .expect("JSON");
    let devices = devices.as_array().expect("a list");
    let key = devices.iter().find(|device| device["person"] == person.as_str()).expect("the author's")["key"]
        .as_str()
        .expect("a thumbprint");
    Operator::command(operator.dir(), &["device", "revoke", "--key", key, "--reason", "lost"]);
    operator.restart();
    take(&courier, &second).await;
    assert_eq!(delivered(&courier).await, [(ParcelStateCode::Taken, None)], "it holds the first one's too");
    take(&courier, &first).await;
    assert!(delivered(&courier).await.iter().all(|(state, _)| *state == ParcelStateCode::Taken));
    let statements = log(&operator);
    assert_eq!(visits_in(&statements), 2);
    let flagged = Operator::command(operator.dir(), &["flagged", "--json", "--flag", "key-revoked"]);
    let flagged: Value = serde_json::from_str(&flagged).expect("JSON");
    let visits = flagged.as_array().expect("a list").iter().filter(|row| row["kind"] == "visit-registered");
    assert_eq!(visits.count(), 2, "{flagged}");

    forged(&operator, &dir.path().join("forged"), &first);
    let text = std::fs::read_to_string(&keys).expect("the keys");
    std::fs::write(&keys, text.lines().last().expect("the current one")).expect("it can be written");
    let (taken, rows) = by_hand(&operator, &first);
    assert_eq!((taken, &rows[0]["reason"]), (false, &"too-old".into()), "its secret is gone");
    assert_eq!(log(&operator).len(), statements.len());
    Operator::command(operator.dir(), &["doctor"]);
}

/// Whoever has the operator's public key can seal. Nothing of it is believed.
fn forged(operator: &Operator, folder: &Path, genuine: &str) {
    std::fs::create_dir_all(folder).expect("a folder");
    let genuine = Parcel::read(&std::fs::read(genuine).expect("the file")).expect("a parcel");
    let reason = |name: &str, bytes: &[u8]| {
        let file = folder.join(name);
        std::fs::write(&file, bytes).expect("it can be written");
        let (taken, rows) = by_hand(operator, file.to_str().expect("a readable path"));
        assert!(!taken, "{rows}");
        rows[0]["reason"].as_str().map(str::to_owned)
    };
    let outside = genuine.outside();
    let nobody = SigningKey::from_secret(&[7; 32]).expect("a key");
    let letter = Letter::write(&outside, Vec::new(), &nobody).expect("a letter");
    let seal = |letter: &[u8], to: &[u8], outside: &wire::courier::Outside<'_>| {
        let sealed = recovery::courier::seal(letter, to, &outside.associated_data()).expect("a key");
        outside.parcel(sealed.encapsulated, sealed.sealed).to_bytes()
    };
    let unknown = seal(&letter, outside.courier_key, &outside);
    assert_eq!(reason("nobody", &unknown).as_deref(), Some("unknown-author"));
    let invented = [9; 32];
    let to_invented = wire::courier::Outside { courier_key: &invented, ..outside.clone() };
    assert_eq!(reason("key", &seal(&letter, &invented, &to_invented)).as_deref(), Some("unknown-key"));
    let mut later = genuine.clone();
    later.sealed_at_s += 1;
    assert_eq!(reason("later", &later.to_bytes()).as_deref(), Some("altered"), "the outside is bound");
    assert_eq!(reason("text", b"esep-courier-1").as_deref(), Some("not-a-parcel"));
}
