use client::ipc::{ErrorCode, Stage, Unlock};
use esep_tests::operator::Operator;
use esep_tests::person::{PIN, Person, code, system_location};

use super::agreement::{contains, files};
use super::folder;

pub(super) async fn wrong_pin_opens_nothing() {
    let dir = folder();
    let (_operator, demo) = Operator::start_demo(&dir.path().join("operator"));
    let profile = dir.path().join("specialist");
    drop(Person::ready(&profile, &demo.person("specialist").link).await);

    let person = Person::new(&profile, system_location());
    let state = person.app.app_state().await.expect("a state");
    assert_eq!(state.stage, Stage::Locked);
    assert!(state.display_name.is_none(), "no name before the PIN");
    let account = state.accounts[0].id.clone();
    let wrong = person.app.unlock(Unlock { account: account.clone(), pin: "terek-72".into() }).await;
    assert_eq!(code(wrong), ErrorCode::WrongPin);
    let query = client::ipc::ChildQuery { search: String::new(), offset: 0, limit: 10, role: None };
    assert_eq!(code(person.app.children(query).await), ErrorCode::Locked);
    assert_eq!(code(person.app.me().await), ErrorCode::Locked);
    assert_eq!(code(person.app.sync_now().await), ErrorCode::Locked);
    let state = person.app.app_state().await.expect("a state");
    assert_eq!(state.stage, Stage::Locked);
    tokio::time::sleep(std::time::Duration::from_secs(u64::from(state.accounts[0].wait_s) + 1)).await;
    person.app.unlock(Unlock { account, pin: PIN.into() }).await.expect("the right PIN still opens");
}

/// Every file of a used profile is searched for every name, number and coordinate that the demo knows.
pub(super) async fn stolen_files_are_unreadable() {
    let dir = folder();
    let (_operator, demo) = Operator::start_demo(&dir.path().join("operator"));
    let profile = dir.path().join("specialist");
    let specialist = Person::ready(&profile, &demo.person("specialist").link).await;
    let child = specialist.children().await.remove(0);
    specialist.visit(&[&child.id], Some("Құпия ескертпе")).await.expect("a visit");
    specialist.sync().await;

    let mut secrets: Vec<String> = vec!["Құпия ескертпе".into(), PIN.into(), "speech-therapy".into()];
    secrets.extend(demo.people.iter().flat_map(|person| words(&person.name)));
    let known = serde_json::to_value(&demo.children).expect("plain JSON");
    collect(&known, &mut secrets);
    for card in specialist.children().await {
        secrets.extend(words(&card.name));
        secrets.extend(card.place_label.iter().flat_map(|label| words(label)));
        secrets.extend(card.birth_date);
    }
    assert!(secrets.len() > 40, "there is something to look for: {}", secrets.len());
    let files = files(&profile);
    assert!(
        files.iter().any(|file| std::fs::metadata(file).is_ok_and(|meta| meta.len() > 50_000)),
        "the database"
    );
    for file in files {
        let bytes = std::fs::read(&file).expect("a readable file");
        assert!(!bytes.starts_with(b"SQLite format 3"), "{} is not encrypted", file.display());
        for secret in &secrets {
            assert!(!contains(&bytes, secret.as_bytes()), "{} holds {secret}", file.display());
        }
    }
}

fn words(text: &str) -> Vec<String> {
    text.split([' ', ',']).filter(|word| word.chars().count() > 3).map(str::to_owned).collect()
}

fn collect(value: &serde_json::Value, secrets: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => secrets.extend(words(text)),
        serde_json::Value::Number(number) if number.to_string().len() > 5 => secrets.push(number.to_string()),
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, secrets)),
        serde_json::Value::Object(fields) => fields.values().for_each(|field| collect(field, secrets)),
        _ => {}
    }
}
