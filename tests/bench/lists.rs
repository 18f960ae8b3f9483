//! From the start of the app to its first list, and from a word to what is found.

use std::time::{Duration, Instant};

use client::ipc::{ChildQuery, VisitQuery};
use esep_tests::person::every_visit;

use crate::figures::{Page, Spread, ms, ratio_of};
use crate::world::Device;

/// From the start to today's list.
const START_GOAL: Duration = Duration::from_secs(1);
/// 99 of 100 searches.
const SEARCH_GOAL: Duration = Duration::from_millis(50);
/// What a screen shows at once.
const PAGE: u32 = 50;
/// What people type: beginnings, a given name, both, nothing that is there, a service.
const WORDS: [&str; 10] = [
    "өт",
    "әл",
    "томирис",
    "қуанышева айша",
    "нұрай1",
    "ғаб сан",
    "байсеитова інжу9",
    "жоқ",
    "логопед",
    "массаж",
];

/// Starts the app anew and opens the account, some times; gives the last one back.
pub(crate) async fn cold_start(page: &mut Page, mut device: Device, size: &str, times: usize) -> Device {
    let (mut whole, mut opened) = (Vec::new(), Vec::new());
    for _ in 0..times {
        device = device.restart();
        let began = Instant::now();
        device.person.unlock().await.expect("the PIN opens the account");
        opened.push(began.elapsed());
        let today = device.person.app.today().await.expect("today's list");
        whole.push(began.elapsed());
        assert!(today.children_count > 0);
    }
    let (whole, opened) = (Spread::of(whole).at(0.5), Spread::of(opened).at(0.5));
    page.row(
        &format!("cold start to today's list, {size}"),
        &format!("{}, of which {} for PIN and file", ms(whole), ms(opened)),
        &format!("goal {}", ms(START_GOAL)),
        &ratio_of(whole, START_GOAL),
    );
    device
}

/// Searches children and visits, as the letters come.
pub(crate) async fn search(page: &mut Page, device: &Device, size: &str, times: usize) {
    let app = &device.person.app;
    let (mut children, mut visits) = (Vec::new(), Vec::new());
    for round in 0..times {
        let search = WORDS[round % WORDS.len()].to_owned();
        let began = Instant::now();
        let query = ChildQuery { search: search.clone(), offset: 0, limit: PAGE, role: None };
        app.children(query).await.expect("a list of children");
        children.push(began.elapsed());
        let began = Instant::now();
        let query = VisitQuery { search, limit: PAGE, ..every_visit() };
        app.visits(query).await.expect("a list of visits");
        visits.push(began.elapsed());
    }
    for (what, found) in [("children", children), ("visits", visits)] {
        let found = Spread::of(found);
        page.row(
            &format!("search of {what}, {size}, p50 / p99"),
            &format!("{} / {}", ms(found.at(0.5)), ms(found.at(0.99))),
            &format!("goal {}", ms(SEARCH_GOAL)),
            &ratio_of(found.at(0.99), SEARCH_GOAL),
        );
    }
}
