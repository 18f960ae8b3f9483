//! A client without a window, for the kill tests: it registers visits and says which ones it called saved.
//!
//! ```text
//! esep-headless PROFILE enrol LINK        uses a code, accepts the agreement, syncs
//! esep-headless PROFILE work COUNT PAUSE  registers COUNT visits, PAUSE ms apart, then syncs until nothing waits
//! ```
//!
//! Each line on stdout is a fact: `saved <visit>` after the core has said so, `quiet` when nothing waits any more.
//! With `ESEP_DIE_AT=<step>:<n>` the process kills itself (SIGKILL) when the core passes that step for the n-th time;
//! steps are the trace events of target `esep::step`.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use client::ipc::FinishVisit;
use esep_tests::person::{Person, system_location};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// Kills the process at a step.
struct DieAt {
    step: String,
    left: AtomicU32,
}

impl<S: tracing::Subscriber> Layer<S> for DieAt {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if esep_tests::steps::passed(event).as_deref() == Some(&self.step)
            && self.left.fetch_sub(1, Ordering::SeqCst) == 1
        {
            // Not `abort`: the kernel takes the process away between two instructions, as a phone's would.
            let own = rustix::process::getpid();
            let _ = rustix::process::kill_process(own, rustix::process::Signal::KILL);
            std::thread::sleep(Duration::from_secs(60));
        }
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // Whoever reads has gone: then nobody counts what is said.
    drop(writeln!(out, "{line}").and_then(|()| out.flush()));
}

#[tokio::main]
async fn main() {
    if let Some((step, count)) =
        std::env::var("ESEP_DIE_AT").ok().as_deref().and_then(|at| at.split_once(':'))
    {
        let left = AtomicU32::new(count.parse().expect("a number after the step's name"));
        tracing_subscriber::registry().with(DieAt { step: step.into(), left }).init();
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [profile, "enrol", link] => {
            Person::ready(&PathBuf::from(profile), link).await;
            say("quiet");
        }
        [profile, "work", count, pause] => {
            let count = count.parse().expect("how many visits");
            let pause = Duration::from_millis(pause.parse().expect("how long between them"));
            work(&PathBuf::from(profile), count, pause).await;
        }
        _ => panic!("esep-headless PROFILE enrol LINK | work COUNT PAUSE"),
    }
}

async fn work(profile: &std::path::Path, count: usize, pause: Duration) {
    let person = Person::new(profile, system_location());
    person.unlock().await.expect("the PIN is right");
    let children = person.children().await;
    say("open");
    for number in 0..count {
        let child = &children[number % children.len()];
        let note = (number % 3 == 0).then_some("Жаттығулар жасалды");
        let registered = person.visit(&[&child.id], note).await.expect("registering waits for nothing");
        for visit in &registered.visits {
            say(&format!("saved {}", visit.id));
            if number % 2 == 0 {
                let finish = FinishVisit { visit: visit.id.clone(), finished_at_ms: None };
                person.app.finish_visit(finish).await.expect("a begun visit can be finished");
            }
        }
        tokio::time::sleep(pause).await;
    }
    loop {
        let state = person.app.sync_now().await.expect("the account is open");
        if state.waiting_count == 0 && state.error.is_none() {
            say("quiet");
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
