//! `esep-operator` as a person runs it: a real organisation from nothing, without the demo.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

struct Operator(tempfile::TempDir);

impl Operator {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn dir(&self) -> &Path {
        self.0.path()
    }

    fn output(&self, words: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_esep-operator"))
            .args(words)
            .arg("--dir")
            .arg(self.dir().join("data"))
            .output()
            .unwrap()
    }

    fn run(&self, words: &[&str]) -> String {
        let output = self.output(words);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{words:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, words: &[&str]) -> Value {
        let words: Vec<&str> = words.iter().copied().chain(["--json"]).collect();
        serde_json::from_str(&self.run(&words)).unwrap()
    }

    fn id(&self, words: &[&str]) -> String {
        self.json(words)["id"].as_str().unwrap().to_owned()
    }

    fn refused(&self, words: &[&str]) -> String {
        let output = self.output(words);
        assert!(!output.status.success(), "{words:?} was not refused");
        String::from_utf8(output.stderr).unwrap()
    }
}

#[test]
fn a_real_organisation_from_nothing() {
    let operator = Operator::new();
    assert!(operator.refused(&["doctor"]).contains("run `esep-operator init"));
    operator.run(&["init"]);
    assert!(operator.refused(&["init"]).contains("already"));
    let organisation = operator.id(&[
        "organisation",
        "add",
        "--name-kk",
        "Қамқор",
        "--name-ru",
        "Камкор",
        "--bin",
        "260140999993",
    ]);
    assert!(
        operator
            .refused(&["organisation", "add", "--name-kk", "Қ", "--name-ru", "К", "--bin", "260140999994",])
            .contains("bin")
    );
    let specialist = operator.id(&[
        "person",
        "add",
        "--surname",
        "Әлиева",
        "--given",
        "Сара",
        "--phone",
        "8 701 000 00 99",
        "--role",
        "specialist",
        "--organisation",
        &organisation,
        "--position-kk",
        "Логопед",
        "--position-ru",
        "Логопед",
    ]);
    let parent = operator.id(&["person", "add", "--surname", "Бек", "--given", "Дана"]);
    assert!(operator.refused(&["activation", "issue", "--person", &parent]).contains("no role"));
    let place = operator
        .id(&["place", "add", "--label", "Үй", "--region", "KZ-71", "--lat", "51.16", "--lon", "71.47"]);
    let child = operator.id(&[
        "child",
        "add",
        "--surname",
        "Бек",
        "--given",
        "Нұр",
        "--birth",
        "2018-07-09",
        "--iin",
        "180709599993",
        "--lives",
        &place,
        "--organisation",
        &organisation,
    ]);
    operator.run(&[
        "care-team",
        "set",
        "--child",
        &child,
        "--person",
        &specialist,
        "--organisation",
        &organisation,
        "--function",
        "speech-therapy",
    ]);
    let stranger = operator.refused(&[
        "care-team",
        "set",
        "--child",
        &child,
        "--person",
        &parent,
        "--organisation",
        &organisation,
        "--function",
        "speech-therapy",
    ]);
    assert!(stranger.contains("give the role first"), "{stranger}");
    operator.run(&["representation", "set", "--child", &child, "--person", &parent, "--basis", "parent"]);

    let people = operator.json(&["person", "list"]);
    let roles: Vec<_> = people.as_array().unwrap().iter().map(|person| person["roles"].to_string()).collect();
    assert_eq!(roles, [r#"["specialist"]"#, r#"["representative"]"#]);

    let qr = operator.dir().join("code.png");
    let issued = operator.json(&["activation", "issue", "--person", &parent, "--qr", qr.to_str().unwrap()]);
    assert!(issued["link"].as_str().unwrap().starts_with("esep://enrol?"));
    assert!(std::fs::read(&qr).unwrap().starts_with(b"\x89PNG"));
    let svg = operator.dir().join("code.svg");
    operator.run(&["activation", "issue", "--person", &parent, "--qr", svg.to_str().unwrap()]);
    assert!(std::fs::read_to_string(&svg).unwrap().contains("<svg"));
    assert!(
        operator.run(&["activation", "cancel", "--person", &parent]).contains("cancelled 1"),
        "the latest"
    );
    assert!(operator.run(&["activation", "cancel", "--person", &parent]).contains("cancelled 0"));
    assert_eq!(operator.json(&["flagged"]), serde_json::json!([]));
    assert!(operator.refused(&["flagged", "--flag", "odd"]).contains("no-authority"));
    let wrong = operator.refused(&["activation", "issue", "--person", &parent, "--qr", "code.gif"]);
    assert!(wrong.contains(".svg or .png"));

    operator.run(&["person", "end", "--person", &specialist]);
    let people = operator.json(&["person", "list"]);
    assert_eq!(people[0]["roles"], serde_json::json!([]));
    assert!(operator.run(&["doctor"]).lines().skip(1).all(|line| line.contains("ok")));
}

#[test]
fn an_agreement_is_published_from_a_plain_file() {
    let operator = Operator::new();
    operator.run(&["init"]);
    let file = operator.dir().join("text.txt");
    let text = std::str::from_utf8(operator::setup::DEFAULT_EDITION[1].1[0].1).unwrap();
    let name = file.to_str().unwrap().to_owned();
    let publish = |version: &'static str, effective: &'static str| {
        [
            "agreement",
            "publish",
            "--kind",
            "specialist",
            "--locale",
            "kk",
            "--version",
            version,
            "--effective",
            effective,
        ]
    };
    let words = |version, effective| {
        let mut words = publish(version, effective).to_vec();
        words.push(&name);
        words
    };
    std::fs::write(&file, text.replacen("1.1.", "1.3.", 1)).unwrap();
    assert!(operator.refused(&words("2", "2999-01-01")).contains("line "), "says where");
    std::fs::write(&file, text).unwrap();
    assert!(operator.refused(&words("2", "2020-01-01")).contains("past"));
    assert!(operator.refused(&words("1", "2999-01-01")).contains("published"));
    operator.run(&words("2", "today"));
    operator.run(&words("3", "2999-01-01"));
    let list = operator.json(&["agreement", "list"]);
    let of_kind: Vec<(u64, bool)> = list
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["kind"] == "specialist")
        .map(|row| (row["version"].as_u64().unwrap(), row["in_force"].as_bool().unwrap()))
        .collect();
    assert_eq!(of_kind, [(1, false), (2, true), (3, false)]);

    // Three versions with one text, word for word: one file, and counted as one.
    let out = operator.dir().join("exported");
    let manifest = operator.json(&["export", "--out", out.to_str().unwrap()]);
    let files = std::fs::read_dir(out.join("agreements")).unwrap().count();
    assert_eq!(manifest["agreements"].as_u64().unwrap(), files as u64);
}

#[test]
fn export_holds_the_whole_log_and_doctor_sees_a_manipulation() {
    let operator = Operator::new();
    operator.run(&["demo", "--listen", "127.0.0.1:7543"]);
    let out = operator.dir().join("exported");
    let manifest = operator.json(&["export", "--out", out.to_str().unwrap()]);
    let mut files: Vec<_> =
        std::fs::read_dir(out.join("statements")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len() as u64, manifest["statements"].as_u64().unwrap());
    let leaves = files.iter().map(|file| journal::merkle::leaf_hash(&std::fs::read(file).unwrap()));
    let leaves: Vec<_> = leaves.collect();
    let root = journal::merkle::prove_range(&leaves, 0, leaves.len() as u64, &[], 0..0).unwrap().root;
    assert_eq!(root.to_string(), manifest["root"].as_str().unwrap(), "the files lead to the signed root");
    assert!(operator.refused(&["export", "--out", out.to_str().unwrap()]).contains("not empty"));

    operator.run(&["doctor"]);
    tamper(&database(operator.dir()));
    let output = operator.output(&["doctor", "--json"]);
    assert!(!output.status.success());
    let checks: Value = serde_json::from_slice(&output.stdout).unwrap();
    let broken = checks.as_array().unwrap().iter().find(|check| check["ok"] == false).unwrap();
    assert_eq!(broken["name"], "log");
    let output = operator.output(&["verify", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["findings"][0]["code"], "content");
    assert!(found["findings"][0]["leaf_index"].is_u64() && found["findings"][0]["statement"].is_string());
}

fn database(dir: &Path) -> std::path::PathBuf {
    operator::Folder::at(dir.join("data")).database()
}

/// Replaces one byte of a name in the file, as somebody with a disk editor would.
fn tamper(database: &Path) {
    let mut bytes = std::fs::read(database).unwrap();
    let needle = "Сәрсенбаева".as_bytes();
    let at = bytes.windows(needle.len()).position(|window| window == needle).unwrap();
    bytes[at + needle.len() - 1] ^= 1;
    std::fs::write(database, bytes).unwrap();
}

/// A `serve` process on a free port, and where it listens.
fn serve(operator: &Operator) -> (std::process::Child, String) {
    use std::io::BufRead as _;
    let mut child = Command::new(env!("CARGO_BIN_EXE_esep-operator"))
        .args(["serve", "--listen", "127.0.0.1:0", "--dir"])
        .arg(operator.dir().join("data"))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("listening on ").unwrap().to_owned();
    (child, url)
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serve_ends_when_it_is_asked_and_survives_when_it_is_killed() {
    let operator = Operator::new();
    operator.run(&["demo", "--listen", "127.0.0.1:7543"]);
    let (mut child, url) = serve(&operator);
    let health = || async {
        crate::device::http().get(format!("{url}{}", wire::path::HEALTH)).send().await.unwrap().status()
    };
    assert_eq!(health().await, 200);
    operator.run(&["organisation", "list"]);
    let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(asked.success() && child.wait().unwrap().success(), "an orderly end");

    let (mut child, url) = serve(&operator);
    let demo = operator.json(&["demo", "--address", &url, "--renew"]);
    assert!(demo["people"][0]["link"].is_string(), "codes are issued beside a running server");
    child.kill().unwrap();
    assert!(!child.wait().unwrap().success());
    operator.run(&["doctor"]);
    let (mut child, _) = serve(&operator);
    child.kill().unwrap();
    child.wait().unwrap();
}
