use std::path::Path;

use client::ipc::{ConfirmVisit, ErrorCode, StoryKind, VisitRef};
use esep_tests::operator::{Demo, Operator};
use esep_tests::person::{Person, is_registered, system_location};

use super::folder;
use super::kill::registrations;
use super::restore::{backup, refused};

/// What must be nowhere afterwards: said before the backup, and said after it.
const OLD_SECRET: &str = "Құпия: бұрынғы жазба";
const NEW_SECRET: &str = "Құпия: кейінгі жазба";

/// A specialist with a parent of a child whom both know.
struct Pair {
    specialist: Person,
    parent: Person,
    child: String,
    /// Parents of other children who enrolled as well.
    others: Vec<Person>,
}

async fn pair(dir: &Path, demo: &Demo) -> Pair {
    let specialist = Person::ready(&dir.join("specialist"), &demo.person("specialist").link).await;
    let known: Vec<String> = specialist.children().await.into_iter().map(|child| child.id).collect();
    let mut others = Vec::new();
    for (index, parent) in demo.people("representative").enumerate() {
        let parent = Person::ready(&dir.join(format!("parent-{index}")), &parent.link).await;
        if let Some(child) = parent.children().await.into_iter().find(|child| known.contains(&child.id)) {
            return Pair { specialist, parent, child: child.id, others };
        }
        others.push(parent);
    }
    panic!("the demo has a parent whose child this specialist visits");
}

/// Asks an operator that waits, which lets the device hand back what it holds.
async fn hand_back(person: &Person) {
    let state = person.app.sync_now().await.expect("the account is open");
    assert_eq!(state.error, Some(ErrorCode::OperatorBusy), "{state:?}");
    assert!(state.distrust.is_none(), "nobody is called a liar: {state:?}");
}

pub(super) fn json(operator: &Operator, arguments: &[&str]) -> serde_json::Value {
    let json = Operator::command(operator.dir(), &[arguments, &["--json"]].concat());
    serde_json::from_str(&json).expect("JSON")
}

/// Whether a text stands anywhere in the files of a folder.
fn stands_in(folder: &Path, text: &str) -> bool {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let holds = |path: &Path| {
        let bytes = std::fs::read(path).expect("a readable file");
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    entries.into_iter().any(|path| if path.is_dir() { stands_in(&path, text) } else { holds(&path) })
}

pub(super) async fn note_of(person: &Person, visit: &str) -> Option<String> {
    let details = person.app.visit(VisitRef { visit: visit.to_owned() }).await.expect("its story");
    details.story.into_iter().find(|entry| entry.kind == StoryKind::Noted).and_then(|entry| entry.text)
}

/// Erases what was noted about a visit.
fn erase_note(operator: &Operator, visit: &str) {
    let seen = json(operator, &["erase", "--about", visit, "--look"]);
    let note =
        seen.as_array().expect("rows").iter().find(|row| row["kind"] == "visit-noted").expect("a note");
    let id = note["statement"].as_str().expect("an id");
    let shares = ["recovery-1.key", "recovery-2.key"].map(|name| operator.dir().join(name));
    let [first, second] = shares.each_ref().map(|share| share.to_str().expect("a path"));
    let one = ["erase", "--statement", id, "--basis", "өтініш бойынша, 8-бап", "--share", first];
    assert!(refused(operator.dir(), &one).contains("two-officers"), "one officer alone erases nothing");
    let both = ["erase", "--statement", id, "--share", first, "--share", second, "--basis"];
    assert!(refused(operator.dir(), &both[..7]).contains("basis"));
    Operator::command(operator.dir(), &[&both[..], &["өтініш бойынша, 8-бап"]].concat());
    assert!(refused(operator.dir(), &[&both[..], &["тағы"]].concat()).contains("no content"));
}

/// The drill: the disk is lost, the backup is old, devices hand back the rest. The same key goes on where it was, every
/// visit is there once, nobody finds a contradiction, and what was erased is erased.
pub(super) async fn a_lost_end_comes_back_from_the_devices_and_the_erased_does_not() {
    let dir = folder();
    let path = |name: &str| dir.path().join(name);
    let (mut operator, demo) = Operator::start_demo(&path("operator"));
    let port = operator.port();
    let Pair { specialist, parent, child, others } = pair(dir.path(), &demo).await;
    let coordinator = Person::ready(&path("coordinator"), &demo.person("coordinator").link).await;
    let visit = async |note: Option<&str>| {
        let registered = specialist.visit(&[&child], note).await.expect("registering waits for nothing");
        registered.visits[0].id.clone()
    };
    let old = visit(Some(OLD_SECRET)).await;
    for person in [&specialist, &parent, &coordinator] {
        person.sync().await;
    }
    backup(&operator, &path("backup"));

    // After the backup: visits, an answer, a colleague in the team who enrols and visits, and two erasures.
    let new = visit(Some(NEW_SECRET)).await;
    let plain = visit(Some("Дыбыстарды қайталадық")).await;
    specialist.sync().await;
    let colleague = demo.people("specialist").nth(1).expect("a second specialist");
    let team = [
        "care-team",
        "set",
        "--child",
        &child,
        "--person",
        &colleague.person,
        "--function",
        "speech-therapy",
    ];
    Operator::command(
        operator.dir(),
        &[&team[..], &["--organisation", &demo.operator.organisation]].concat(),
    );
    let colleague = Person::ready(&path("colleague"), &colleague.link).await;
    colleague.visit(&[&child], None).await.expect("a visit");
    colleague.sync().await;
    parent.sync().await;
    let seen = parent.visits().await.into_iter().find(|view| view.id == plain).expect("the parent sees it");
    let confirm = ConfirmVisit { visit: plain.clone(), basis: Some(seen.basis) };
    parent.app.confirm_visit(confirm).await.expect("confirmed");
    parent.sync().await;
    assert_eq!(note_of(&colleague, &new).await.as_deref(), Some(NEW_SECRET));
    erase_note(&operator, &old);
    erase_note(&operator, &new);
    for secret in [OLD_SECRET, NEW_SECRET] {
        assert!(!stands_in(operator.dir(), secret), "it is gone from the operator's files");
    }
    // The specialist hears nothing of the erasures; the others do.
    for person in [&parent, &coordinator, &colleague] {
        person.sync().await;
    }
    assert_eq!(note_of(&colleague, &new).await, None, "and from the devices");
    let before = backup(&operator, &path("compared"));
    operator.kill();
    drop(operator);
    std::fs::remove_dir_all(path("operator")).expect("the disk is lost");

    Operator::command(&path("again"), &["restore", "--from", path("backup").to_str().expect("a path")]);
    assert!(stands_in(&path("again"), OLD_SECRET), "the backup is older than the erasure");
    let mut again = Operator::start(&path("again"), port);
    hand_back(&specialist).await;
    let look = json(&again, &["resume", "--look"]);
    assert!(
        look["signed_size"].as_u64() < before["statements"].as_u64(),
        "one device does not know all: {look}"
    );
    assert!(refused(again.dir(), &["resume"]).contains("not every device has asked"));
    // Devices come as they come; a kill in between and a second time change nothing.
    hand_back(&parent).await;
    again.restart();
    for person in [&specialist, &coordinator, &colleague, &parent].into_iter().chain(&others) {
        hand_back(person).await;
    }
    let look = json(&again, &["resume", "--look"]);
    assert_eq!(look["missing_count"], 0, "{look}");
    Operator::command(again.dir(), &["resume"]);
    let after = backup(&again, &path("after"));
    assert_eq!(
        (&after["statements"], &after["root"]),
        (&before["statements"], &before["root"]),
        "the same log"
    );
    assert_eq!(after["contents"], before["contents"], "and all that was said but what was erased");
    for folder in ["again", "after"] {
        for secret in [OLD_SECRET, NEW_SECRET] {
            assert!(!stands_in(&path(folder), secret), "what was erased is not in {folder}");
        }
    }

    let last = visit(None).await;
    for person in [&specialist, &parent, &coordinator, &colleague] {
        person.sync().await;
        assert!(person.app.sync_state().await.expect("a state").distrust.is_none());
    }
    assert_eq!((note_of(&specialist, &old).await, note_of(&specialist, &new).await), (None, None));
    assert_eq!(registrations(&again), 5, "each visit exactly once");
    parent.sync().await;
    assert!(parent.visits().await.iter().any(|view| view.id == last), "and everything goes on");
    assert!(specialist.visits().await.iter().all(is_registered));
    Operator::command(again.dir(), &["doctor"]);
}

/// One device is gone for good, and with it what only it held: nothing is signed over the hole.
pub(super) async fn what_is_on_no_device_any_more_is_never_passed_over() {
    let dir = folder();
    let path = |name: &str| dir.path().join(name);
    let (mut operator, demo) = Operator::start_demo(&path("operator"));
    let port = operator.port();
    let Pair { specialist, parent, child, .. } = pair(dir.path(), &demo).await;
    backup(&operator, &path("backup"));
    specialist.visit(&[&child], None).await.expect("a visit");
    specialist.sync().await;
    parent.sync().await;
    specialist.visit(&[&child], Some("Тек осы құрылғыда")).await.expect("a visit");
    specialist.sync().await;
    let kept = path("kept");
    std::fs::create_dir(&kept).expect("a folder");
    std::fs::copy(operator.dir().join("signed-head"), kept.join("signed-head")).expect("a copy");
    operator.kill();
    drop(specialist);

    let from = path("backup").to_str().expect("a path").to_owned();
    assert!(refused(&kept, &["restore", "--from", &from]).contains("older"), "only when it is asked for");
    Operator::command(&kept, &["restore", "--from", &from, "--collect"]);
    let mut behind = Operator::start(&kept, port);
    hand_back(&parent).await;
    let look = json(&behind, &["resume", "--look"]);
    assert!(look["missing_count"].as_u64() > Some(0), "{look}");
    for arguments in
        [&["resume"][..], &["resume", "--do-not-wait"], &["resume", "--do-not-wait", "--without-contents"]]
    {
        refused(behind.dir(), arguments);
    }
    assert!(refused(behind.dir(), &["resume", "--do-not-wait"]).contains("lost its end"));
    behind.restart();
    hand_back(&parent).await;

    // What is left to do is to say so, signed by the key that signs nothing else any more.
    let notice = path("notice");
    let out = notice.to_str().expect("a path");
    Operator::command(behind.dir(), &["resume", "--do-not-wait", "--give-up", out]);
    let text = std::fs::read(notice.join("lost.json")).expect("the notice");
    let lost: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    assert_eq!((&lost["lost"], &lost["signed_size"]), (&look["missing"], &look["signed_size"]), "{lost}");
    let kept: Vec<_> = std::fs::read_dir(notice.join("statements")).expect("a folder").collect();
    assert_eq!(Some(kept.len() as u64), lost["handed_back_count"].as_u64());
    assert!(!kept.is_empty(), "what the other device held is kept");
    assert!(notice.join("lost.cose").exists());
    assert!(
        refused(behind.dir(), &["resume", "--do-not-wait"]).contains("lost its end"),
        "nothing is signed"
    );

    // And if the device turns up after all, the log is whole again.
    let specialist = Person::new(&path("specialist"), system_location());
    specialist.unlock().await.expect("the PIN is right");
    hand_back(&specialist).await;
    assert!(
        refused(behind.dir(), &["resume", "--do-not-wait", "--give-up", out]).contains("nothing is lost")
    );
    Operator::command(behind.dir(), &["resume", "--do-not-wait"]);
    specialist.sync().await;
    parent.sync().await;
    assert_eq!(registrations(&behind), 2, "each visit exactly once");
    Operator::command(behind.dir(), &["verify"]);
}
