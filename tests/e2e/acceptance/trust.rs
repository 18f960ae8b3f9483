use std::path::Path;

use client::ipc::{ErrorCode, FindingCode, SyncState, Transport};
use domain::id::Digest;
use esep_tests::operator::Operator;
use esep_tests::person::{Person, code};
use esep_tests::proxy::{Fault, Proxy};
use journal::VerifyingKey;
use journal::receipt::TreeHead;

use super::faults::link_through;
use super::folder;

const DOWN: Fault = Fault::Answer { status: 503, headers: "", body: "" };

/// A second operator of the same key, from a copy of the folder: what a dishonest one would show to some.
pub(crate) fn copy_of(operator: &Operator, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(operator.dir()).expect("the operator's folder") {
        let entry = entry.expect("a readable entry");
        if entry.file_type().is_ok_and(|kind| kind.is_file()) {
            std::fs::copy(entry.path(), to.join(entry.file_name())).expect("a copy");
        }
    }
}

pub(crate) fn grow(dir: &Path, bin: &str) {
    let names = ["--name-kk", "Басқа орталық", "--name-ru", "Другой центр", "--bin", bin];
    Operator::command(dir, &[&["organisation", "add"], &names[..]].concat());
}

async fn sync(person: &Person) -> SyncState {
    person.app.sync_now().await.expect("the account is open")
}

/// Checks the file as a stranger would: both heads are signed by the operator's key, and they cannot be one log.
fn assert_proves_a_contradiction(text: &str) {
    let file: serde_json::Value = serde_json::from_str(text).expect("JSON");
    let bytes = |value: &serde_json::Value| {
        data_encoding::HEXLOWER.decode(value.as_str().expect("a text").as_bytes()).expect("hex")
    };
    let key = VerifyingKey::from_cose_key(&bytes(&file["operator_key"])).expect("a key");
    let evidence = &file["evidence"][0];
    assert_eq!(evidence["finding"], "split-view");
    let head = |name: &str| {
        let head = &evidence[name];
        let root = Digest::from_slice(&bytes(&head["root"])).expect("a root");
        TreeHead::verify(&bytes(&head["cose_sign1"]), root, &key).expect("signed by the operator")
    };
    assert_ne!(head("known_head").root, head("shown_head").root);
}

/// An operator that shows two logs: the device stops trusting its key, says so, keeps everything and the proof, and no
/// later good behaviour undoes that; the honest log finds the foreign beacon.
pub(super) async fn a_contradicting_operator_is_found_and_nothing_is_lost() {
    let dir = folder();
    let (mut honest, demo) = Operator::start_demo(&dir.path().join("operator"));
    let proxy = Proxy::open(honest.port()).await;
    let specialists: Vec<_> = demo.people("specialist").take(2).collect();
    let profile = dir.path().join("first");
    let first = Person::ready(&profile, &link_through(&proxy, &honest, &specialists[0].person)).await;
    let link = link_through(&proxy, &honest, &specialists[1].person);
    let second = Person::ready(&dir.path().join("second"), &link).await;
    let child = first.children().await.remove(0).id;
    let other_child = second.children().await.remove(0).id;

    let port = honest.port();
    honest.kill();
    let forged = dir.path().join("forged");
    copy_of(&honest, &forged);
    honest.restart();
    first.visit(&[&child], None).await.expect("a visit");
    first.sync().await;
    honest.kill();

    // The other log goes another way, and is shown to both.
    for bin in ["260140999903", "260140999913"] {
        grow(&forged, bin);
    }
    let mut liar = Operator::start(&forged, port);
    let unsent = first.visit(&[&child], None).await.expect("a visit").visits[0].id.clone();
    let state = sync(&first).await;
    assert_eq!(state.error, Some(ErrorCode::TrustEnded), "{state:?}");
    let distrust = state.distrust.expect("it is told");
    assert!(distrust.finding == FindingCode::SplitView && distrust.found_at_ms.is_some());
    assert!(state.waiting_count > 0, "nothing unsent is given away");
    second.sync().await;
    proxy.set(DOWN);
    let late = second.visit(&[&other_child], None).await.expect("a visit").visits[0].id.clone();
    liar.kill();
    honest.restart();
    proxy.set(Fault::None);

    // The first device asks nobody any more, whoever answers, and goes on registering; a restart changes nothing.
    let connections = proxy.connections();
    let state = sync(&first).await;
    assert_eq!((state.error, proxy.connections()), (Some(ErrorCode::TrustEnded), connections));
    first.visit(&[&child], None).await.expect("registering goes on");
    assert_eq!(code(first.app.check_trust().await), ErrorCode::TrustEnded, "two logs never become one");
    let evidence = first.app.evidence_file().await.expect("the evidence");
    assert_proves_a_contradiction(&evidence.text);
    drop(first);
    let first = Person::new(&profile, esep_tests::person::system_location());
    first.unlock().await.expect("the PIN is right");
    assert!(sync(&first).await.distrust.is_some(), "it stands in the file");
    let kept = first.visits().await.into_iter().find(|visit| visit.id == unsent).expect("the visit");
    assert_eq!(kept.transport.state, Transport::Saved, "and so do the visits");

    // The second carries the liar's head to the honest log, which keeps that as evidence.
    let state = sync(&second).await;
    assert_eq!(state.error, Some(ErrorCode::TrustEnded), "{state:?}");
    let flagged = Operator::command(honest.dir(), &["flagged", "--flag", "split-view", "--json"]);
    let flagged: Vec<serde_json::Value> = serde_json::from_str(&flagged).expect("JSON");
    assert!(
        flagged.iter().any(|row| row["kind"] == "visit-registered" && row["subject"] == late.as_str()),
        "the operator's officer sees it: {flagged:?}"
    );
    Operator::command(honest.dir(), &["doctor"]);

    // How it ends: a person of the operator gives a new code, and a new account begins beside the old one.
    let again = Operator::command(
        honest.dir(),
        &["activation", "issue", "--person", &specialists[0].person, "--address", &proxy.address(), "--json"],
    );
    let again: serde_json::Value = serde_json::from_str(&again).expect("JSON");
    first.enrol(again["link"].as_str().expect("a link")).await.expect("the activation code is good");
    first.accept_all().await;
    first.sync().await;
    let accounts = first.app.app_state().await.expect("a state").accounts;
    assert_eq!(accounts.len(), 2, "the old account stays with what it holds");
}
