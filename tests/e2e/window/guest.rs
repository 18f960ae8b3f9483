//! A parent without a phone answers on the specialist's device, with a PIN that the specialist does not know.

use std::time::{Duration, Instant};

use esep_tests::operator::Operator;
use esep_tests::window::{Size, Window};
use serde_json::json;

use super::{BROTHER, CHILD, NOTICED_WITHIN, OTHER_CHILD, PARENT, SISTER, SPECIALIST, Stage, kills, steps};

/// What the parent chose; the specialist types it nowhere.
const OWN_PIN: &str = "алма-1958";
const WRONG_PIN: &str = "алма-1985";

pub(super) async fn answers_on_the_specialists_device() {
    let mut stage = Stage::new();
    let window = stage.open("specialist", Size::Phone).await;
    steps::enrol(&window, stage.person(SPECIALIST), false).await;
    steps::accept(&window, None).await;
    steps::sync_now(&window).await;
    let confirmed = finished_visit(&window).await;
    set_up(&stage, &window, &confirmed).await;

    // From here without a network: the answer is kept on the device.
    stage.operator.kill();
    steps::open_visit(&window, &confirmed).await;
    hand_over(&window, "guest").await;
    sees_one_visit_alone(&window).await;
    window.press("give-back-unanswered").await;
    taken_back(&window, true).await;
    steps::open_visit(&window, &confirmed).await;
    window.wait_for("[data-testid=visit] [data-testid=confirmation][data-state=none]", NOTICED_WITHIN).await;

    hand_over(&window, "guest").await;
    wrong_pin(&window).await;
    window.fill("guest-pin", OWN_PIN).await;
    window.press("guest-yes").await;
    window.wait_text("guest-done", "Сіз растадыңыз").await;
    window.look("guest-done").await;
    window.press("give-back").await;
    taken_back(&window, false).await;
    is_weaker(&window, &confirmed).await;
    window.kill();

    // The other size, and the other answer.
    let window = stage.open("specialist", Size::Laptop).await;
    unlock_host(&window).await;
    let disputed = finished_visit(&window).await;
    steps::open_visit(&window, &disputed).await;
    hand_over(&window, "guest").await;
    dispute(&window).await;
    taken_back(&window, false).await;
    steps::open_visit(&window, &disputed).await;
    window
        .wait_for("[data-testid=visit] [data-testid=confirmation][data-state=disputed]", NOTICED_WITHIN)
        .await;
    window.wait_for("[data-testid=story-disputed] [data-testid=guest-mark]", NOTICED_WITHIN).await;

    stage.operator.restart();
    steps::sync_now(&window).await;
    for kind in ["visit-confirmed", "visit-disputed"] {
        assert_eq!(kills::count(&stage, kind), 1, "{kind}: the specialist's sync brought it, once");
    }
    window.kill();
}

/// A visit of the child that has begun and ended.
async fn finished_visit(window: &Window) -> String {
    let child = window.find("child-", CHILD).await;
    let visit = steps::register(window, &child).await;
    let finish = format!("finish-{visit}");
    window.press(&finish).await;
    window.wait_gone(&finish).await;
    window.wait_for_calm().await;
    visit
}

/// The coordinator's code on paper, the parent's own PIN and own reading of the agreement, and the device back.
async fn set_up(stage: &Stage, window: &Window, visit: &str) {
    steps::open_visit(window, visit).await;
    window.press("guest-open").await;
    window.wait("guest-set").await;
    assert!(!window.has("hand-over").await, "nobody has a PIN here yet");
    window.look("guest-nobody").await;
    window.press("guest-set").await;
    let (guest, host) = (stage.person(PARENT), stage.person(SPECIALIST));
    let address = stage.operator.address();
    let options = [
        "activation",
        "issue",
        "--json",
        "--address",
        &address,
        "--person",
        &guest.person,
        "--host",
        &host.person,
    ];
    let issued: serde_json::Value =
        serde_json::from_str(&Operator::command(stage.operator.dir(), &options)).expect("JSON");
    steps::enrol_with(window, issued["link"].as_str().expect("a link"), OWN_PIN, false).await;
    steps::accept(window, None).await;
    steps::sync_now(window).await;
    window.press("tab-me").await;
    window.press("lock").await;
    window.wait("unlock").await;
    assert_eq!(window.count("[data-testid=account] input").await, 2, "the specialist's and the parent's");
    window.look("unlock-two").await;
    unlock_host(window).await;
}

/// From the page of a visit into the parent's hands.
async fn hand_over(window: &Window, picture: &str) {
    window.press("guest-open").await;
    window.wait("hand-over").await;
    window.wait_text("guest-sheet", PARENT).await;
    window.look(picture).await;
    window.press("hand-over").await;
    for (fact, words) in
        [("asked-who", SPECIALIST), ("asked-whom", CHILD), ("asked-where", "Абай даңғылы 12")]
    {
        window.wait_text(fact, words).await;
    }
    window.look("handed-over").await;
}

/// Nothing of the specialist's is on the page, in its address, or to be had from the core by asking for it.
async fn sees_one_visit_alone(window: &Window) {
    let page = window.script("return document.documentElement.innerHTML", Vec::new()).await.to_string();
    for other in [OTHER_CHILD, SISTER, BROTHER] {
        assert!(!page.contains(other), "{other} is on the page that is handed over");
    }
    assert_eq!(window.count("[data-testid^=tab-], [data-testid=sync-strip], [data-testid=toast]").await, 0);
    window.script("location.hash = '#/history'; return 0", Vec::new()).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    window.wait("handed-over").await;
    assert!(!window.has("history").await, "an address opens nothing");
    window.script("history.back(); return 0", Vec::new()).await;
    window.wait("handed-over").await;
    for command in ["me", "today", "location_moments", "courier", "directory", "children", "visits"] {
        assert_eq!(
            asked(window, command).await,
            "locked",
            "{command} answers while the device is handed over"
        );
    }
}

/// What the core answers to a command of the page: the code of the refusal, or `answered`.
async fn asked(window: &Window, command: &str) -> String {
    let ask = "const [command] = arguments; window.asked = null; const request = {\
           search: '', offset: 0, limit: 10, flagged: false, sort: 'started', descending: true };\
         window.__TAURI_INTERNALS__.invoke(command, {request})\
           .then(() => { window.asked = 'answered' }, e => { window.asked = e.code || String(e) }); return 0";
    window.script(ask, vec![json!(command)]).await;
    let deadline = Instant::now() + NOTICED_WITHIN;
    loop {
        if let Some(answer) = window.script("return window.asked", Vec::new()).await.as_str() {
            return answer.to_owned();
        }
        assert!(Instant::now() < deadline, "{command} is never answered");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Said at once, from the third on with seconds to wait, and nothing is answered by it.
async fn wrong_pin(window: &Window) {
    for _ in 0..3 {
        window.fill("guest-pin", WRONG_PIN).await;
        window.press("guest-yes").await;
        window.wait_for("[data-error-code=wrong-pin], [data-testid=pin-wait]", NOTICED_WITHIN).await;
        let focused = window.script("return document.activeElement.dataset.testid", Vec::new()).await;
        assert_eq!(focused, json!("guest-pin"), "the next try can be typed at once");
    }
    window.wait("pin-wait").await;
    window.look("guest-wrong-pin").await;
    assert!(!window.has("guest-done").await, "a wrong PIN answers nothing");
    assert!(!window.is_enabled("guest-yes").await, "not before the seconds are over");
    window.wait_gone("pin-wait").await;
}

/// A reason is asked for, and in the own words.
async fn dispute(window: &Window) {
    window.press("guest-no").await;
    window.fill("guest-pin", OWN_PIN).await;
    window.press("guest-dispute-send").await;
    window.wait_for("[data-unchosen] [role=alert]", NOTICED_WITHIN).await;
    window.look("handed-over-dispute").await;
    window.press("guest-reason-other-time").await;
    window.press("guest-dispute-send").await;
    window.wait_text("guest-done", "Үйлестіруші қарайды").await;
    window.press("give-back").await;
}

/// Back in the specialist's hands; the parent's PIN does not open the specialist's account.
async fn taken_back(window: &Window, tries_the_guests: bool) {
    window.wait("unlock").await;
    if tries_the_guests {
        choose_host(window).await;
        window.fill("pin", OWN_PIN).await;
        window.press("unlock-open").await;
        window.wait_for("[data-testid=unlock] [data-error-code=wrong-pin]", NOTICED_WITHIN).await;
    }
    unlock_host(window).await;
}

/// The account that is nobody's guest is the first.
async fn choose_host(window: &Window) {
    let accounts = window.names("account-").await;
    window.press(&accounts[0]).await;
}

async fn unlock_host(window: &Window) {
    window.wait("unlock").await;
    choose_host(window).await;
    steps::unlock(window, None).await;
    window.wait("today").await;
}

/// The visit says where the answer was given, in words and never as confirmed.
async fn is_weaker(window: &Window, visit: &str) {
    steps::open_visit(window, visit).await;
    let weak = "[data-testid=visit] [data-testid=confirmation][data-state=confirmed-on-device]";
    window.wait_for(weak, NOTICED_WITHIN).await;
    window.wait_text("answers", "Маманның құрылғысында расталды").await;
    window.wait_text("guest-mark-text", "әлсіздеу").await;
    assert_eq!(window.count("[data-testid=visit] [data-testid=confirmation][data-state=confirmed]").await, 0);
    window.wait_for("[data-testid=story-confirmed] [data-testid=guest-mark]", NOTICED_WITHIN).await;
    window
        .script("document.querySelector('[data-testid=answers]').scrollIntoView(); return 0", Vec::new())
        .await;
    window.look("answer-on-device").await;
    window.script("document.querySelector('[data-testid=story-confirmed]').scrollIntoView({block: 'center'}); return 0", Vec::new()).await;
    window.look("story-on-device").await;
}
