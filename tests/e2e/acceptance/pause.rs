use esep_tests::operator::Operator;
use esep_tests::person::Person;

use super::collect::{json, note_of};
use super::folder;
use super::restore::refused;

const NOTE: &str = "Құпия: өшіргісі келген жазба";

/// A command with two shares.
fn with<'a>(words: &[&'a str], shares: &'a [String; 2]) -> Vec<&'a str> {
    [words, &["--share", &shares[0], "--share", &shares[1]]].concat()
}

fn shares_of(renewed: &serde_json::Value) -> [String; 2] {
    [0, 1].map(|at| renewed["shares"][at].as_str().expect("a path").to_owned())
}

/// Whoever runs the operator's commands says that a share is lost and has two. The command names the day from which they
/// erase, in three languages; the person reads the same day; and the officers, who have theirs after all, take the key back.
pub(super) async fn a_key_without_the_old_shares_erases_nothing_and_the_old_ones_take_it_back() {
    let dir = folder();
    let (operator, demo) = Operator::start_demo(&dir.path().join("operator"));
    let specialist = Person::ready(&dir.path().join("specialist"), &demo.person("specialist").link).await;
    let child = specialist.children().await.remove(0).id;
    let registered = specialist.visit(&[&child], Some(NOTE)).await.expect("registered");
    let visit = registered.visits[0].id.clone();
    specialist.sync().await;
    let old = ["recovery-1.key", "recovery-2.key"];
    let old = old.map(|name| operator.dir().join(name).display().to_string());
    let erase = ["erase", "--about", visit.as_str(), "--basis", "өтініш бойынша, 8-бап"];

    let lost = ["recovery", "renew", "--share-lost", "--reason", "Бір үлес жоғалды"];
    let renewed = json(&operator, &lost);
    let from_ms = renewed["erases_from_ms"].as_i64().expect("a moment");
    let alone = shares_of(&renewed);
    let said = refused(operator.dir(), &with(&erase, &alone));
    for part in ["recovery-pause", "ештеңе өшірмейді", "ничего не стирает", "erases nothing before"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    specialist.sync().await;
    let told = specialist.app.me().await.expect("me").renewals;
    assert_eq!((told.len(), told[0].approved, told[0].erases_from_ms), (1, false, Some(from_ms)));
    assert_eq!(note_of(&specialist, &visit).await.as_deref(), Some(NOTE));

    let object = ["recovery", "renew", "--reason", "Біз рұқсат бермедік"];
    let back = json(&operator, &with(&object, &old));
    assert!(back["erases_from_ms"].is_null(), "{back}");
    assert!(refused(operator.dir(), &with(&erase, &alone)).contains("two-officers"));
    Operator::command(operator.dir(), &with(&erase, &shares_of(&back)));
    specialist.sync().await;
    assert!(specialist.visits().await.iter().all(|view| view.id != visit), "all of it is erased");
    let told = specialist.app.me().await.expect("me").renewals;
    assert_eq!(told.iter().map(|one| one.erases_from_ms).collect::<Vec<_>>(), [None, None]);
    Operator::command(operator.dir(), &["verify"]);
}
