use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use esep_tests::binaries;
use esep_tests::operator::Operator;
use esep_tests::person::Person;

use super::folder;

/// Steps of the core between the tap and the receipt, and at which passing of the step the process is killed. A run of
/// four visits passes the first ones four times, the others as often as there are pushes and pages.
const STEPS: [(&str, &[u32]); 10] = [
    ("tap", &[1, 2, 4]),
    ("written", &[1, 2, 4]),
    ("committed", &[1, 2, 4]),
    ("located", &[1, 2]),
    ("push-planned", &[1, 2]),
    ("push-sent", &[1, 2]),
    ("push-answered", &[1, 2]),
    ("receipts-written", &[1, 2]),
    ("receipts-committed", &[1, 2]),
    ("page-committed", &[1]),
];
/// Kills at random moments, on top of those at each step.
const RANDOM_KILLS: u64 = 180;

/// What one run of the headless client said before it ended.
#[derive(Default)]
pub(super) struct Said {
    pub(super) saved: Vec<String>,
    pub(super) open: bool,
    pub(super) quiet: bool,
}

pub(super) fn run(profile: &Path, count: usize, kill_after: Option<Duration>, die_at: Option<&str>) -> Said {
    let mut command = Command::new(binaries::path("esep-headless"));
    command.arg(profile).args(["work", &count.to_string(), "3"]);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    if let Some(die_at) = die_at {
        command.env("ESEP_DIE_AT", die_at);
    }
    let mut child = command.spawn().expect("esep-headless can be started");
    let lines = BufReader::new(child.stdout.take().expect("stdout is piped"));
    let (send, receive) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in lines.lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                break;
            }
        }
    });
    let mut said = Said::default();
    let mut deadline = Instant::now() + Duration::from_secs(90);
    loop {
        match receive.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => match line.split_once(' ') {
                Some(("saved", visit)) => said.saved.push(visit.to_owned()),
                _ if line == "open" => {
                    said.open = true;
                    // The clock of the kill starts when the account is open: before, there is nothing to lose.
                    if let Some(after) = kill_after {
                        deadline = Instant::now() + after;
                    }
                }
                _ if line == "quiet" => said.quiet = true,
                _ => {}
            },
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
                drop(child.kill());
                break;
            }
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
        }
    }
    drop(child.wait());
    drop(reader.join());
    said.saved.extend(receive.try_iter().filter_map(|line| line.strip_prefix("saved ").map(str::to_owned)));
    said
}

/// A small generator with a fixed seed: the run can be repeated.
pub(super) fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// SIGKILL at each step from tap to receipt and at random moments, the server killed likewise. Afterwards every visit
/// that was called saved is at the operator exactly once.
pub(super) async fn visit_survives_kill_at_every_step() {
    let dir = folder();
    let (mut operator, demo) = Operator::start_demo(&dir.path().join("operator"));
    let profile = dir.path().join("specialist");
    let enrol = Command::new(binaries::path("esep-headless"))
        .arg(&profile)
        .args(["enrol", &demo.person("specialist").link])
        .output()
        .expect("esep-headless can be started");
    assert!(enrol.status.success(), "{}", String::from_utf8_lossy(&enrol.stderr));

    let mut saved = Vec::new();
    let mut killed = 0;
    for (step, passings) in STEPS {
        for nth in passings {
            let said = run(&profile, 4, None, Some(&format!("{step}:{nth}")));
            // It may die before it says that it is open: at unlock the core sends and writes by itself what the last
            // kill left. That every such account opens again is asserted by the random kills below.
            assert!(!said.quiet, "the process must have died at {step}:{nth}");
            killed += 1;
            saved.extend(said.saved);
        }
    }
    let mut random = 0x00e5_e9d0_77a7_u64;
    for round in 0..RANDOM_KILLS {
        if round % 3 == 0 {
            operator.kill();
            if round % 2 == 0 {
                operator.restart();
            }
        } else if round % 3 == 1 {
            operator.restart();
        }
        let after = Duration::from_millis(next(&mut random) % 120);
        let said = run(&profile, 50, Some(after), None);
        assert!(said.open, "the account opens after every kill");
        killed += 1;
        saved.extend(said.saved);
    }
    assert!(killed >= 200, "{killed}");
    operator.restart();
    let said = run(&profile, 1, None, None);
    assert!(said.quiet, "at the end nothing waits, without anybody's help");
    saved.extend(said.saved);

    let unique: BTreeSet<&String> = saved.iter().collect();
    assert_eq!(unique.len(), saved.len(), "no visit was called saved twice");
    assert!(saved.len() > 150, "there was something to lose: {}", saved.len());
    let coordinator = Person::ready(&dir.path().join("coordinator"), &demo.person("coordinator").link).await;
    let mut at_operator: Vec<String> = Vec::new();
    loop {
        let mut query = esep_tests::person::every_visit();
        query.offset = u32::try_from(at_operator.len()).expect("a small number");
        let page = coordinator.app.visits(query).await.expect("a list of visits");
        at_operator.extend(page.visits.iter().map(|visit| visit.id.clone()));
        if page.visits.is_empty() {
            break;
        }
    }
    for visit in &saved {
        let count = at_operator.iter().filter(|id| *id == visit).count();
        assert_eq!(count, 1, "{visit}");
    }
    assert_eq!(
        registrations(&operator),
        at_operator.len(),
        "each visit is registered by exactly one statement"
    );
    Operator::command(operator.dir(), &["doctor"]);
}

/// How many `visit-registered` statements the operator's log holds.
pub(super) fn registrations(operator: &Operator) -> usize {
    let out = operator.dir().join("exported");
    let folder = out.to_str().expect("a readable path").to_owned();
    Operator::command(operator.dir(), &["export", "--out", &folder]);
    super::exported(&out).into_iter().filter(|kind| kind == "visit-registered").count()
}
