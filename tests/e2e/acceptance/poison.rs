//! A statement that the operator can only refuse.

use client::ipc::{RefusalCode, Transport};
use esep_tests::operator::Operator;
use esep_tests::person::{PIN, Person};
use esep_tests::proxy::{Fault, Proxy};
use rusqlite::Connection;

use super::faults::link_through;
use super::folder;
use super::kill::registrations;

const AWAY: Fault = Fault::Answer { status: 503, headers: "", body: "" };

/// Spoils the signature of a visit's registration in the account's file, past the trigger that forbids it.
async fn spoil(person: &Person, visit: &str) {
    let account = person.app.app_state().await.expect("a state").account.expect("an open account");
    let (app, visit) = (person.app.clone(), visit.to_owned());
    let spoiled = tokio::task::spawn_blocking(move || {
        let (file, key) = app.file_and_key(&account, PIN);
        let digits: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        let conn = Connection::open(file).expect("the file of the account");
        let open = format!(
            "PRAGMA key = \"x'{digits}'\"; PRAGMA cipher_hmac_algorithm = HMAC_SHA256; PRAGMA busy_timeout = 10000;
             DROP TRIGGER own_statement_is_never_changed;"
        );
        conn.execute_batch(&open).expect("the key of the account");
        let sql = "UPDATE own_statement SET bytes = CAST(substr(bytes, 1, length(bytes) - 32) || zeroblob(32) AS BLOB)
                    WHERE kind = 'visit-registered' AND lower(hex(subject)) = ?1";
        conn.execute(sql, [visit.replace('-', "")]).expect("a fault of the disk")
    });
    assert_eq!(spoiled.await.expect("no panic"), 1);
}

/// It delays no other, the person reads why, and nothing of it is registered as if it were signed.
pub(super) async fn a_spoiled_statement_delays_no_other() {
    let dir = folder();
    let (operator, demo) = Operator::start_demo(&dir.path().join("operator"));
    let proxy = Proxy::open(operator.port()).await;
    let link = link_through(&proxy, &operator, &demo.person("specialist").person);
    let person = Person::ready(&dir.path().join("specialist"), &link).await;
    let child = person.children().await.remove(0).id;

    proxy.set(AWAY);
    let mut visits = Vec::new();
    for _ in 0..3 {
        visits.push(person.visit(&[&child], None).await.expect("a visit").visits[0].id.clone());
    }
    spoil(&person, &visits[1]).await;
    proxy.set(Fault::None);
    let mut state = person.app.sync_now().await.expect("the account is open");
    for _ in 0..20 {
        if state.waiting_count == 0 {
            break;
        }
        state = person.app.sync_now().await.expect("the account is open");
    }
    assert_eq!((state.waiting_count, state.refused_count, state.error), (0, 1, None), "only one stays");
    let shown = person.visits().await;
    let of = |id: &String| shown.iter().find(|visit| visit.id == *id).expect("a visit that was called saved");
    for id in [&visits[0], &visits[2]] {
        assert_eq!(of(id).transport.state, Transport::Registered, "what is beside it is there");
    }
    let refused = &of(&visits[1]).transport;
    assert_eq!((refused.state, refused.refusal), (Transport::Refused, Some(RefusalCode::BadSignature)));
    assert_eq!(registrations(&operator), 2);
    Operator::command(operator.dir(), &["doctor"]);
    Operator::command(operator.dir(), &["verify"]);
}
