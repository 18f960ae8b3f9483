//! Lost keyring, forgotten PIN, damaged file: each walked to its end, with the shares of two officers.

use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use client::ipc::{AsideCause, AsideRef, ErrorCode, SetAside, Stage, Unlock};
use client::ports::SecretStore as _;
use esep_tests::operator::Operator;
use esep_tests::person::{PIN, Person, code, is_registered};
use platform::SystemKeyring;

use super::{exported, folder};

/// What happened to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    KeyLost,
    PinForgotten,
    Damaged,
}

/// A page of the database's file.
const PAGE_BYTES: u64 = 4_096;
/// What the officers' names and reason are given as.
const WORDS: [&str; 6] = ["--officer", "Әсем Үлгі", "--officer", "Ерлан Үлгі", "--reason", "Сынақ өтініші"];

/// Two visits without a network, then the fault; a new code, the file handed over, two officers: both visits are in the
/// log once and on the device again.
pub(super) async fn walk(fault: Fault) {
    let dir = folder();
    let (mut operator, demo) = Operator::start_demo(&dir.path().join("operator"));
    let shares = hand_out(operator.dir(), dir.path());
    let specialist = demo.person("specialist");
    let person = Person::ready(&dir.path().join("specialist"), &specialist.link).await;
    operator.kill();
    let child = person.children().await.remove(0);
    let mut lost = Vec::new();
    for note in [Some("Жіберілмеген ескертпе"), None] {
        let registered = person.visit(&[&child.id], note).await.expect("a visit without a network");
        lost.extend(registered.visits.into_iter().map(|visit| visit.id));
    }
    person.app.lock().await.expect("it can be locked");

    let account = person.app.app_state().await.expect("a state").accounts[0].id.clone();
    let cause = break_it(fault, &person, &account).await;
    let state = person.app.set_aside(SetAside { account, cause }).await.expect("it is set aside");
    assert_eq!((state.stage, state.accounts.len()), (Stage::Start, 0), "the device begins anew");

    operator.restart();
    person.enrol(&new_link(&operator, &specialist.person)).await.expect("the new code is good");
    person.accept_all().await;
    person.sync().await;
    assert!(person.visits().await.iter().all(|visit| !lost.contains(&visit.id)), "they were never sent");
    let aside = person.app.asides().await.expect("a list").remove(0);
    assert_eq!((aside.cause, aside.handed_over_at_ms, aside.opened.is_some()), (cause, None, false));
    let reference = AsideRef { id: aside.id };
    let early = person.app.remove_aside(reference.clone()).await;
    assert_eq!(code(early), ErrorCode::NotAllowed, "nothing is let go before officers opened it");
    let handed = person.app.hand_over_aside(reference.clone()).await.expect("it is handed over");
    assert!(handed[0].handed_over_at_ms.is_some());

    let id = only_file(&operator);
    no_other_way(&operator, dir.path(), &shares, &id);
    by_hand(&person, &operator, dir.path(), &shares, &reference).await;
    let opened = open(&operator, &["--id", &id], [&shares[0], &shares[1]]).expect("two officers open it");
    assert!(opened["taken_count"].as_u64().is_some_and(|count| count >= 2), "{opened}");
    assert_eq!((&opened["missing"], &opened["is_whole"]), (&serde_json::json!([]), &true.into()));
    let again = open(&operator, &["--id", &id], [&shares[1], &shares[0]]).expect("and once more");
    assert_eq!(again["taken_count"], 0, "nothing twice");

    person.sync().await;
    let visits = person.visits().await;
    for visit in &lost {
        let found: Vec<_> = visits.iter().filter(|known| known.id == *visit).collect();
        assert_eq!(found.len(), 1, "{visit} is on the new device");
        // There is no location service here, and both are at one child; nothing else is to be said of them.
        let expected = |flag: &&String| ["no-location", "duplicate-visit"].contains(&flag.as_str());
        let flags: Vec<_> = found[0].flags.iter().filter(|flag| !expected(flag)).collect();
        assert!(is_registered(found[0]) && flags.is_empty(), "{flags:?}");
    }
    let told = person.app.me().await.expect("me").openings;
    assert_eq!(told.len(), 2, "each opening is told to the person: {told:?}");
    assert_eq!(told[1].officers, ["Әсем Үлгі", "Ерлан Үлгі"]);
    assert!(person.app.remove_aside(reference).await.expect("now it may go").is_empty());

    let out = dir.path().join("exported");
    Operator::command(operator.dir(), &["export", "--out", out.to_str().expect("a readable path")]);
    let kinds = exported(&out);
    let count = |kind: &str| kinds.iter().filter(|one| *one == kind).count();
    assert_eq!((count("visit-registered"), count("recovery-opened"), count("device-revoked")), (2, 2, 1));
    Operator::command(operator.dir(), &["doctor"]);
}

/// Each officer takes a share; neither stays with the server.
fn hand_out(operator: &Path, dir: &Path) -> [PathBuf; 2] {
    ["recovery-1.key", "recovery-2.key"].map(|name| {
        let officer = dir.join(format!("officer-{name}"));
        fs::create_dir(&officer).expect("an officer's folder");
        let share = officer.join(name);
        fs::rename(operator.join(name), &share).expect("the demo made two shares");
        share
    })
}

async fn break_it(fault: Fault, person: &Person, account: &str) -> AsideCause {
    let unlock = |pin: &str| person.app.unlock(Unlock { account: account.to_owned(), pin: pin.to_owned() });
    match fault {
        Fault::KeyLost => {
            let keyring = SystemKeyring::for_profile(&person.profile.to_string_lossy());
            keyring.remove(&format!("account-{account}")).expect("the keyring is open");
            assert_eq!(code(unlock(PIN).await), ErrorCode::KeyLost);
            AsideCause::KeyLost
        }
        Fault::PinForgotten => {
            for wrong in ["terek-72", "terek-73", "terek-74"] {
                assert_eq!(code(unlock(wrong).await), ErrorCode::WrongPin);
            }
            // Seven more, without the hour that they would make one wait.
            let path = person.profile.join("accounts").join(account).join("attempts.json");
            let counted = fs::read_to_string(&path).expect("wrong PINs are counted");
            let all = counted.replace("\"wrong_count\":3", "\"wrong_count\":10");
            assert_ne!(all, counted);
            fs::write(&path, &all[..counted.len()]).expect("it can be written");
            assert_eq!(code(unlock(PIN).await), ErrorCode::PinLocked, "the right one is late as well");
            AsideCause::PinForgotten
        }
        Fault::Damaged => {
            // The second page is the root of the first table, which says whose file it is.
            let path = person.profile.join("accounts").join(account).join("journal.db");
            let mut file = fs::File::options().write(true).open(&path).expect("the database");
            file.seek(SeekFrom::Start(PAGE_BYTES + 1_000)).expect("it has two pages");
            file.write_all(&[0x55; 500]).expect("it can be written");
            drop(file);
            let before = fs::read(&path).expect("the database");
            assert_eq!(code(unlock(PIN).await), ErrorCode::DatabaseDamaged);
            assert_eq!(code(unlock(PIN).await), ErrorCode::DatabaseDamaged, "it stays as it is");
            assert_eq!(fs::read(&path).expect("the database").len(), before.len(), "nothing was deleted");
            AsideCause::Damaged
        }
    }
}

fn new_link(operator: &Operator, person: &str) -> String {
    let address = operator.address();
    let words = ["activation", "issue", "--json", "--person", person, "--address", &address];
    let issued: serde_json::Value =
        serde_json::from_str(&Operator::command(operator.dir(), &words)).expect("JSON");
    issued["link"].as_str().expect("a link").to_owned()
}

fn only_file(operator: &Operator) -> String {
    let list = Operator::command(operator.dir(), &["recovery", "list", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&list).expect("JSON");
    assert_eq!((list.as_array().map(Vec::len), &list[0]["is_whole"]), (Some(1), &true.into()));
    list[0]["id"].as_str().expect("an id").to_owned()
}

/// What `recovery open` answers, or what it said instead.
fn open(operator: &Operator, which: &[&str], shares: [&Path; 2]) -> Result<serde_json::Value, String> {
    let shares = shares.map(|share| share.to_str().expect("a readable path"));
    let mut words = vec!["recovery", "open", "--json", "--share", shares[0], "--share", shares[1]];
    words.extend(which);
    words.extend(WORDS);
    let output = Operator::try_command(operator.dir(), &words);
    if output.status.success() {
        return Ok(serde_json::from_slice(&output.stdout).expect("JSON"));
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}

/// One share, another operator's share, one officer twice: nothing is opened, and it is said why.
fn no_other_way(operator: &Operator, dir: &Path, shares: &[PathBuf; 2], id: &str) {
    let said = open(operator, &["--id", id], [&shares[0], &shares[0]]).expect_err("one share alone");
    assert!(said.contains("the other officer's share"), "{said}");
    let stranger = dir.join("stranger");
    Operator::command(&stranger, &["init"]);
    let said = open(operator, &["--id", id], [&shares[0], &stranger.join("recovery-2.key")])
        .expect_err("a share of another operator");
    assert!(said.contains("different recovery keys"), "{said}");
    let both = [stranger.join("recovery-1.key"), stranger.join("recovery-2.key")];
    let said = open(operator, &["--id", id], [&both[0], &both[1]]).expect_err("both of another operator");
    assert!(said.contains("do not belong to the recovery key"), "{said}");
    let share = |at: usize| shares[at].to_str().expect("a readable path");
    let alone = ["recovery", "open", "--id", id, "--share", share(0), "--share", share(1), "--reason", "x"];
    let one = [alone.as_slice(), &["--officer", "Әсем Үлгі", "--officer", "әсем  үлгі"]].concat();
    assert!(!Operator::try_command(operator.dir(), &one).status.success(), "one officer under two names");
    let damaged = dir.join("damaged.key");
    let text = fs::read_to_string(&shares[1]).expect("a share").replace("half ", "half 0");
    fs::write(&damaged, text).expect("it can be written");
    let said = open(operator, &["--id", id], [&shares[0], &damaged]).expect_err("a damaged share");
    assert!(said.contains("not a recovery share"), "{said}");
}

/// The same file carried by hand; changed on its way it opens to nothing that would be believed.
async fn by_hand(person: &Person, operator: &Operator, dir: &Path, shares: &[PathBuf; 2], aside: &AsideRef) {
    let saved = person.app.save_aside(aside.clone(), dir.join("carried")).await.expect("it is saved");
    let handed_over = fs::read(operator.dir().join("recovery").join(only_file(operator) + ".esep-recovery"));
    let mut bytes = fs::read(&saved.path).expect("the file");
    assert_eq!(handed_over.expect("the server's"), bytes, "sent and carried are the same file");
    // The page after the head: without it nothing of the database can be read.
    let head_bytes =
        20 + usize::try_from(u32::from_be_bytes(bytes[16..20].try_into().expect("4"))).expect("small");
    bytes[head_bytes + 100..head_bytes + 200].fill(0x33);
    let changed = dir.join("changed.esep-recovery");
    fs::write(&changed, bytes).expect("it can be written");
    let changed = changed.to_str().expect("a readable path");
    let said = open(operator, &["--file", changed], [&shares[0], &shares[1]]).expect_err("a changed file");
    assert!(said.contains("nothing can be recovered"), "{said}");
}

/// An officer leaves, twice: what was set aside before opens with the shares of then, an account that heard of the new
/// key with the new ones, and no account with any other.
pub(super) async fn renewed_key_opens_what_was_sealed_since() {
    let dir = folder();
    let (mut operator, demo) = Operator::start_demo(&dir.path().join("operator"));
    let first = hand_out(operator.dir(), dir.path());
    let specialist = demo.person("specialist");
    let person = Person::ready(&dir.path().join("specialist"), &specialist.link).await;
    let before = forget(&mut operator, &person).await;

    let second = renew(&operator, dir.path(), &first, "second");
    begin_anew(&operator, &person, &specialist.person).await;
    // The account of now is open when the key changes again, and hears of it by its sync.
    let third = renew(&operator, dir.path(), &second, "third");
    person.sync().await;
    let file = hand_over(&operator, &person).await;
    for (shares, named) in [(&second, &first), (&third, &first)] {
        let said = open(&operator, &["--id", &file], [&shares[0], &shares[1]]).expect_err("others' shares");
        assert!(said.contains(&format!("second line begins with {}", key_of(named))), "{said}");
    }
    let opened = open(&operator, &["--id", &file], [&first[0], &first[1]]).expect("the shares of then");
    assert!(has_taken(&opened), "{opened}");

    let since = forget(&mut operator, &person).await;
    begin_anew(&operator, &person, &specialist.person).await;
    let file = hand_over(&operator, &person).await;
    for shares in [&first, &second] {
        let said = open(&operator, &["--id", &file], [&shares[0], &shares[1]]).expect_err("older shares");
        assert!(said.contains(&format!("second line begins with {}", key_of(&third))), "{said}");
    }
    let opened = open(&operator, &["--id", &file], [&third[0], &third[1]]).expect("the new shares");
    assert!(has_taken(&opened), "{opened}");
    person.sync().await;
    let visits = person.visits().await;
    for visit in [before, since] {
        let found: Vec<_> = visits.iter().filter(|known| known.id == visit).collect();
        assert!(found.len() == 1 && is_registered(found[0]), "{visit}: {found:?}");
    }
    Operator::command(operator.dir(), &["doctor"]);
}

/// The visit is among what was taken; the reading of its location may not have ended before the account was locked.
fn has_taken(opened: &serde_json::Value) -> bool {
    opened["taken_count"].as_u64().is_some_and(|count| count >= 1)
}

/// A visit without a network, and the PIN is forgotten: the account is set aside, the operator answers again.
async fn forget(operator: &mut Operator, person: &Person) -> String {
    operator.kill();
    let child = person.children().await.remove(0);
    let registered = person.visit(&[&child.id], None).await.expect("a visit without a network");
    person.app.lock().await.expect("it can be locked");
    let account = person.app.app_state().await.expect("a state").accounts[0].id.clone();
    let cause = AsideCause::PinForgotten;
    person.app.set_aside(SetAside { account, cause }).await.expect("it is set aside");
    operator.restart();
    registered.visits[0].id.clone()
}

async fn begin_anew(operator: &Operator, person: &Person, id: &str) {
    person.enrol(&new_link(operator, id)).await.expect("the new code is good");
    person.accept_all().await;
    person.sync().await;
}

/// The file of what was set aside last, at the operator.
async fn hand_over(operator: &Operator, person: &Person) -> String {
    let aside = person.app.asides().await.expect("a list").remove(0);
    person.app.hand_over_aside(AsideRef { id: aside.id }).await.expect("it is handed over");
    let list = Operator::command(operator.dir(), &["recovery", "list", "--json"]);
    let list: serde_json::Value = serde_json::from_str(&list).expect("JSON");
    let files = list.as_array().expect("a list");
    let waiting: Vec<_> = files.iter().filter(|file| file["opened_at_ms"].is_null()).collect();
    assert_eq!(waiting.len(), 1, "{list}");
    waiting[0]["id"].as_str().expect("an id").to_owned()
}

/// Two officers renew the key, and take the new shares away.
fn renew(operator: &Operator, dir: &Path, old: &[PathBuf; 2], name: &str) -> [PathBuf; 2] {
    let old = old.each_ref().map(|share| share.to_str().expect("a readable path"));
    let words =
        ["recovery", "renew", "--json", "--share", old[0], "--share", old[1], "--reason", "Қызметкер кетті"];
    let renewed: serde_json::Value =
        serde_json::from_str(&Operator::command(operator.dir(), &words)).expect("JSON");
    let officers = dir.join(name);
    fs::create_dir(&officers).expect("the officers' folder");
    [0, 1].map(|at| {
        let made = Path::new(renewed["shares"][at].as_str().expect("a path"));
        let share = officers.join(made.file_name().expect("a name"));
        fs::rename(made, &share).expect("a new share");
        share
    })
}

/// What people call the key of these shares.
fn key_of(shares: &[PathBuf; 2]) -> String {
    let text = fs::read_to_string(&shares[0]).expect("a share");
    text.lines().nth(1).and_then(|line| line.strip_prefix("key ")).expect("a key")[..12].to_owned()
}
