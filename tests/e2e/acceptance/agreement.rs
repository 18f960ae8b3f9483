use std::path::{Path, PathBuf};

use client::ipc::{AgreementRef, ErrorCode, Stage, Tick};
use esep_tests::binaries;
use esep_tests::operator::Operator;
use esep_tests::person::{Person, code, every_child};

use super::folder;

/// The operator's official text where it is at hand, otherwise the product's own of the same shape.
pub(super) fn published_text(kind: &str) -> PathBuf {
    let official = binaries::root().join("../shared/agreements").join(format!("{kind}.kk.txt"));
    if official.exists() {
        return official;
    }
    binaries::root().join("crates/operator/agreements").join(format!("{kind}.kk.txt"))
}

/// Publishes a text in Kazakh that binds from today on.
pub(super) fn publish(operator: &Operator, kind: &str, file: &Path, version: u32, options: &[&str]) {
    let (version, today) = (version.to_string(), today());
    let file = file.to_str().expect("a readable path");
    let command = ["agreement", "publish", "--kind", kind, "--locale", "kk", "--version", &version];
    Operator::command(operator.dir(), &[&command[..], &["--effective", &today], options, &[file]].concat());
}

pub(super) async fn first_login_shows_the_published_agreement() {
    let dir = folder();
    let (operator, demo) = Operator::start_demo(&dir.path().join("operator"));
    let file = published_text("specialist");
    publish(&operator, "specialist", &file, 2, &[]);
    let bytes = std::fs::read(&file).expect("the text can be read");
    let digest = sha256_hex(&bytes);

    let person = Person::enrolled(&dir.path().join("specialist"), &demo.person("specialist").link).await;
    let due = person.texts().await;
    let text = due.iter().find(|text| text.document == "specialist" && text.version == 2).expect("version 2");
    assert_eq!(text.sha256, digest, "exactly the bytes that were published");
    assert_eq!(text.text.confirmations.len(), 4);
    assert!(text.ticked.is_empty() && !text.end_reached, "nothing is ticked beforehand");
    let children = person.app.children(every_child()).await;
    assert_eq!(code(children), ErrorCode::AgreementRequired, "before acceptance no child is shown");

    let reference = AgreementRef { document: "specialist".into(), version: 2, locale: text.locale };
    person.app.agreement_opened(reference.clone()).await.expect("opened");
    assert_eq!(
        code(person.app.accept_agreement(reference.clone()).await),
        ErrorCode::AgreementIncomplete,
        "unread"
    );
    person.app.agreement_end_reached(reference.clone()).await.expect("read to the end");
    for number in 1..=3 {
        let tick = Tick { document: "specialist".into(), version: 2, number, accepted: true };
        person.app.agreement_ticked(tick).await.expect("ticked");
    }
    assert_eq!(
        code(person.app.accept_agreement(reference.clone()).await),
        ErrorCode::AgreementIncomplete,
        "one box is missing"
    );
    let tick = Tick { document: "specialist".into(), version: 2, number: 4, accepted: true };
    person.app.agreement_ticked(tick).await.expect("ticked");
    let state = person.app.accept_agreement(reference).await.expect("accepted");
    assert_eq!(state.stage, Stage::Home);
    person.sync().await;
    assert!(!person.children().await.is_empty(), "after acceptance the care teams arrive");

    let me = person.app.me().await.expect("the own page");
    let acceptance = me.acceptances.iter().find(|acceptance| acceptance.version == 2).expect("it is kept");
    assert_eq!((acceptance.sha256.as_str(), acceptance.evidence_level.as_str()), (digest.as_str(), "L0"));
    assert_eq!(acceptance.ticked, [1, 2, 3, 4]);
}

pub(super) async fn declined_agreement_keeps_nothing() {
    let dir = folder();
    let (_operator, demo) = Operator::start_demo(&dir.path().join("operator"));
    let profile = dir.path().join("parent");
    let parent = demo.person("representative");
    let person = Person::enrolled(&profile, &parent.link).await;
    assert!(!person.texts().await.is_empty());
    let state = person.app.decline_agreement().await.expect("declining always works");
    assert_eq!(state.stage, Stage::Start);
    assert!(state.accounts.is_empty(), "no account is left");
    let left: Vec<PathBuf> = files(&profile);
    for file in &left {
        let bytes = std::fs::read(file).expect("a file of the profile");
        for word in parent.name.split_whitespace().filter(|word| word.chars().count() > 2) {
            assert!(!contains(&bytes, word.as_bytes()), "{} holds a name", file.display());
        }
        assert!(file.extension().is_none_or(|extension| extension != "db"), "{} is left", file.display());
    }
    // Politely: the same person can come back with a new code. One app at a time has the profile open.
    drop(person);
    let again = Person::new(&profile, esep_tests::person::system_location());
    assert_eq!(again.app.app_state().await.expect("a state").stage, Stage::Start);
}

pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

pub(super) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// Today in Kazakhstan, `YYYY-MM-DD`: a version cannot bind from a day that is over.
fn today() -> String {
    let output = std::process::Command::new("date").args(["-u", "-d", "+5 hours", "+%F"]).output();
    let output = output.expect("the system tells the date");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn sha256_hex(bytes: &[u8]) -> String {
    journal::codec::hash(bytes).to_string()
}
