use std::path::Path;

use client::ipc::ErrorCode;
use esep_tests::operator::Operator;
use esep_tests::person::{Person, code, system_location};

use super::folder;
use super::kill::registrations;

pub(super) fn backup(operator: &Operator, to: &Path) -> serde_json::Value {
    let json =
        Operator::command(operator.dir(), &["backup", "--json", "--out", to.to_str().expect("a path")]);
    serde_json::from_str(&json).expect("JSON")
}

/// What a command that must fail says.
pub(super) fn refused(dir: &Path, arguments: &[&str]) -> String {
    let output = Operator::try_command(dir, arguments);
    assert!(!output.status.success(), "{arguments:?} was not refused");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn is_private(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o077;
    let mut entries =
        std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    mode(folder) == 0 && entries.all(|path| mode(&path) == 0)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// The drill: backups beside a running server, the machine lost, an older backup put back. Nothing is signed that
/// contradicts what devices hold, no device thinks the operator a liar, and with the newest backup everything goes on.
pub(super) async fn a_lost_operator_comes_back_without_contradicting_itself() {
    let dir = folder();
    let path = |name: &str| dir.path().join(name);
    let (mut operator, demo) = Operator::start_demo(&path("operator"));
    let port = operator.port();
    let person = Person::ready(&path("specialist"), &demo.person("specialist").link).await;
    let child = person.children().await.remove(0).id;
    let visit = || async { person.visit(&[&child], None).await.expect("registering waits for nothing") };
    visit().await;
    person.sync().await;
    let older = backup(&operator, &path("older"));
    for _ in 0..2 {
        visit().await;
    }
    person.sync().await;
    let newer = backup(&operator, &path("newer"));
    assert!(newer["statements"].as_u64() > older["statements"].as_u64(), "{older} {newer}");
    assert!(is_private(&path("older")), "it holds the operator's key and personal data");
    operator.kill();

    // Where the mark of what was signed is left, an older log never comes up.
    let from = |name: &str| path(name).to_str().expect("a path").to_owned();
    std::fs::create_dir(path("kept")).expect("a folder");
    std::fs::copy(operator.dir().join("signed-head"), path("kept").join("signed-head")).expect("a copy");
    let said = refused(&path("kept"), &["restore", "--from", &from("older")]);
    assert!(said.contains("older") && names(&path("kept")) == ["signed-head"], "{said}");
    let database = "esep-operator.sqlite";
    std::fs::copy(path("older").join(database), operator.dir().join(database)).expect("copied by hand");
    for beside in ["-wal", "-shm"] {
        drop(std::fs::remove_file(operator.dir().join(format!("{database}{beside}"))));
    }
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["doctor"], &["device", "list"]] {
        let said = refused(operator.dir(), command);
        assert!(said.contains("comes from a backup that is older"), "{command:?}: {said}");
    }

    // With everything lost the devices know: they are told to come again, and the officer sees what they know.
    Operator::command(&path("lost"), &["restore", "--from", &from("older")]);
    let mut behind = Operator::start(&path("lost"), port);
    visit().await;
    let state = person.app.sync_now().await.expect("the account is open");
    assert_eq!(state.error, Some(ErrorCode::OperatorBusy), "{state:?}");
    assert!(state.distrust.is_none() && state.waiting_count > 0, "nobody is called a liar: {state:?}");
    let standing = Operator::command(behind.dir(), &["resume", "--look", "--json"]);
    let standing: serde_json::Value = serde_json::from_str(&standing).expect("JSON");
    assert_eq!(standing["longer"].as_object().map(serde_json::Map::len), Some(1), "{standing}");
    assert_eq!(standing["signed_size"], newer["statements"], "{standing}");
    assert_eq!(standing["missing_count"], 0, "the device handed back what it holds: {standing}");
    let names = ["--name-kk", "Басқа орталық", "--name-ru", "Другой центр", "--bin", "260140999903"];
    let said = refused(behind.dir(), &[&["organisation", "add"], &names[..]].concat());
    assert!(said.contains("store is not available"), "nothing is signed meanwhile: {said}");
    behind.kill();

    // The newest backup: once the devices have asked, the log goes on, and what was not in it comes from them.
    Operator::command(&path("found"), &["restore", "--from", &from("newer")]);
    let found = Operator::start(&path("found"), port);
    assert!(refused(found.dir(), &["resume"]).contains("not every device has asked"));
    let state = person.app.sync_now().await.expect("the account is open");
    assert_eq!(state.error, Some(ErrorCode::OperatorBusy));
    Operator::command(found.dir(), &["resume"]);
    person.sync().await;
    assert_eq!(registrations(&found), 4, "each visit exactly once");
    assert!(person.app.sync_state().await.expect("a state").distrust.is_none());
    Operator::command(found.dir(), &["doctor"]);

    let late = Person::new(&path("late"), system_location());
    let unused = &demo.person("coordinator").link;
    assert_eq!(code(late.enrol(unused).await), ErrorCode::ExpiredCode, "codes of before are cancelled");
}
