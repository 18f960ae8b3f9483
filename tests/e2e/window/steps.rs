//! What each person does, one step after another.

use std::time::{Duration, Instant};

use esep_tests::operator::DemoPerson;
use esep_tests::person::PIN;
use esep_tests::window::{Size, Window};

use super::{AT_THE_SIBLINGS, BROTHER, CHILD, ELSEWHERE, NOTICED_WITHIN, OTHER_CHILD, SISTER, Stage};

/// Nothing waits, and the last sync came to its end.
const IN_STEP: &str = "[data-testid=sync-strip][data-phase=idle][data-waiting='0']";

/// From the first screen to the agreement, with the pasted link and a PIN; the screens are looked at when asked for.
pub(super) async fn enrol(window: &Window, person: &DemoPerson, looks: bool) {
    enrol_with(window, &person.link, PIN, looks).await;
}

/// As [`enrol`], with any link and PIN.
pub(super) async fn enrol_with(window: &Window, link: &str, pin: &str, looks: bool) {
    window.wait("start").await;
    if looks {
        window.look("start").await;
    }
    window.paste("activation-code", link, "server-address").await;
    window.wait("link-read").await;
    window.press("continue").await;
    window.wait("operator-check").await;
    window.wait("fingerprint-known").await;
    if looks {
        window.look("operator").await;
    }
    window.press("operator-same").await;
    window.fill("pin", pin).await;
    window.fill("pin-again", pin).await;
    if looks {
        window.look("pin").await;
    }
    window.press("pin-save").await;
    window.wait("agreement").await;
}

/// Reads to the end, ticks each box, presses «Кіру».
pub(super) async fn accept(window: &Window, picture: Option<&str>) {
    window.wait("agreement-accept").await;
    if let Some(name) = picture {
        window.look(name).await;
    }
    let boxes = window.names("confirmation-").await;
    assert!(boxes.len() > 1, "the text lists its confirmations: {boxes:?}");
    assert_eq!(window.count("[data-testid^=confirmation-]:checked").await, 0, "nothing is ticked beforehand");
    for name in &boxes[1..] {
        window.press(name).await;
    }
    // Pressing scrolled down to the boxes: back up, so that the end is reached by reading.
    assert!(!window.is_enabled("agreement-accept").await, "one box is not ticked");
    while window.scroll("agreement-scroll", 0.8).await {
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
    assert!(!window.is_enabled("agreement-accept").await, "the end was on screen, one box is not ticked");
    window.press(&boxes[0]).await;
    if let Some(name) = picture {
        window.look(&format!("{name}-end")).await;
    }
    window.press("agreement-accept").await;
    window.wait("sync-strip").await;
}

/// Opens the account after a start.
pub(super) async fn unlock(window: &Window, picture: Option<&str>) {
    window.wait("unlock").await;
    if let Some(name) = picture {
        window.look(name).await;
    }
    window.fill("pin", PIN).await;
    window.press("unlock-open").await;
    window.wait("sync-strip").await;
}

/// Asks for a sync and waits until nothing waits any more.
pub(super) async fn sync_now(window: &Window) {
    window.press("sync-now").await;
    window.wait_for(IN_STEP, NOTICED_WITHIN).await;
}

/// Two taps: the child, then «Келуді тіркеу». Gives the visit once the screen says that it is saved.
pub(super) async fn register(window: &Window, child: &str) -> String {
    let before = window.names("visit-").await;
    window.press(child).await;
    window.press("register").await;
    new_visits(window, &before, 1).await.remove(0)
}

/// The visits that were not in the list before, once they are there and the screen has said that they are saved.
async fn new_visits(window: &Window, before: &[String], count: usize) -> Vec<String> {
    let deadline = Instant::now() + NOTICED_WITHIN;
    loop {
        let now = window.names("visit-").await;
        let fresh: Vec<String> = now.into_iter().filter(|name| !before.contains(name)).collect();
        if fresh.len() == count {
            window.wait_text("toast", "ақталды").await;
            return fresh.iter().map(|name| name["visit-".len()..].to_owned()).collect();
        }
        assert!(Instant::now() < deadline, "{count} new visits do not appear but {fresh:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A visit while the operator is away: saved at once, said so, and handed in when the operator is back.
pub(super) async fn register_offline(stage: &mut Stage, window: &Window) -> String {
    let child = window.find("child-", CHILD).await;
    window.to_top().await;
    window.look("children").await;
    stage.operator.kill();

    let before = window.names("visit-").await;
    window.press(&child).await;
    window.wait("register-sheet").await;
    window.look("register").await;
    window.press("register").await;
    let visit = new_visits(window, &before, 1).await.remove(0);
    window.wait_text(&format!("visit-{visit}"), "Осы құрылғыда сақталды").await;
    window.look("saved").await;
    window.wait_for("[data-testid=sync-strip][data-phase=offline]", NOTICED_WITHIN).await;
    window.to_top().await;
    window.wait_text(&format!("visit-{visit}"), "Осы құрылғыда сақталды").await;
    window.look("offline").await;

    stage.operator.restart();
    let registered = format!("[data-testid=visit-{visit}] [data-testid=transport][data-state=registered]");
    window.wait_for(&registered, NOTICED_WITHIN).await;
    window.wait_text(&format!("visit-{visit}"), "Оператор тіркеді").await;
    located(stage, 1).await;
    window.press(&format!("finish-{visit}")).await;
    visit
}

/// Waits until as many readings of the location have begun and ended.
async fn located(stage: &Stage, readings: usize) {
    let deadline = Instant::now() + NOTICED_WITHIN;
    while stage.bus.count("Stop") < readings {
        assert!(Instant::now() < deadline, "the location was not read {readings} times");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(stage.bus.count("Start"), readings, "read once for each tap, and at no other time");
}

/// Siblings in one go, and a visit far from where the child lives, with a note: something for the coordinator.
pub(super) async fn register_more(stage: &Stage, window: &Window) {
    stage.bus.control(AT_THE_SIBLINGS);
    window.wait_for_calm().await;
    let before = window.names("visit-").await;
    window.press(&window.find("child-", SISTER).await).await;
    window.wait_text("register-sheet", BROTHER).await;
    let sibling = window.names("sibling-").await;
    window.press(&sibling[0]).await;
    window.look("siblings").await;
    window.press("register").await;
    let siblings = new_visits(window, &before, 2).await;
    located(stage, 2).await;
    for visit in siblings {
        window.press(&format!("finish-{visit}")).await;
    }

    stage.bus.control(ELSEWHERE);
    let before = window.names("visit-").await;
    window.press(&window.find("child-", OTHER_CHILD).await).await;
    window.press("register-more").await;
    window.fill("note", "Дыбыстарды қайталадық, үйге жаттығу берілді.").await;
    window.look("register-more").await;
    window.press("register").await;
    new_visits(window, &before, 1).await;
    located(stage, 3).await;
    window.wait_for_calm().await;
    window.to_top().await;
    window.look("today").await;
}

/// Opens a visit of today's list.
pub(super) async fn open_visit(window: &Window, visit: &str) {
    window.press("tab-today").await;
    window.press(&format!("visit-{visit}")).await;
    window.wait("visit").await;
}

/// The visit with its story; then the other pages of a specialist.
pub(super) async fn look_at_visit(window: &Window, visit: &str) {
    open_visit(window, visit).await;
    window.wait_for("[data-testid=location][data-presence=inside]", NOTICED_WITHIN).await;
    window.look("visit").await;
    window.press("back").await;
    window.press("tab-history").await;
    window.wait("history-list").await;
    window.look("history").await;
    window.press("tab-me").await;
    window.wait("me").await;
    window.look("me").await;
    window.press("tab-today").await;
    window.wait("today").await;
}

/// The parent sees who came, when and where, and confirms.
pub(super) async fn confirm(window: &Window, visit: &str) {
    let card = format!("to-confirm-{visit}");
    window.wait_for(&format!("[data-testid={card}]"), NOTICED_WITHIN).await;
    for word in [super::SPECIALIST, CHILD, "Логопед", "Қамқор Жүрек", "Абай даңғылы 12"]
    {
        window.wait_text(&card, word).await;
    }
    window.look("confirm").await;
    window.press(&format!("confirm-{visit}")).await;
    window.wait(&format!("answered-{visit}")).await;
    window.look("confirmed").await;
    window.wait_for_calm().await;
    walk_parent(window).await;
    sync_now(window).await;
}

/// The pages of a parent.
pub(super) async fn walk_parent(window: &Window) {
    window.press("tab-child").await;
    window.wait_text("child", CHILD).await;
    window.look("child").await;
    window.press("tab-rights").await;
    window.wait("location-moments").await;
    window.look("rights").await;
    window.press("tab-answers").await;
    window.wait("answers-list").await;
    if window.size() == Size::Laptop {
        window.wait_for(IN_STEP, NOTICED_WITHIN).await;
        window.look("answers").await;
    }
}

/// The coordinator finds the visit with the keyboard, reads its story and accepts it; then looks at one with flags.
pub(super) async fn review(window: &Window, visit: &str) {
    let row = format!("visit-{visit}");
    window.press("view-all").await;
    window.wait_for(&format!("[data-testid={row}]"), NOTICED_WITHIN).await;
    window.wait_text(&row, "Расталды").await;
    let current = format!("[data-testid={row}][aria-selected=true]");
    for _ in 0..window.names("row-").await.len() {
        window.keys("j").await;
        tokio::time::sleep(Duration::from_millis(150)).await;
        if window.count(&current).await == 1 {
            break;
        }
    }
    assert_eq!(window.count(&current).await, 1, "j goes down to the visit");
    window.keys("kj").await;
    window.wait_for(&current, NOTICED_WITHIN).await;
    window.wait("story-registered").await;
    window.look("coordinator").await;
    // The next child was visited minutes later, kilometres away: that is said, and accepting it needs a reason.
    window.wait_for("[data-testid=reasons] [data-reason=impossible-travel]", NOTICED_WITHIN).await;
    window.keys("a").await;
    window.wait("decision-sheet").await;
    window.press("decision-reason-explained").await;
    window.press("decision-save").await;
    let accepted = format!("[data-testid={row}] [data-testid=review][data-state=accepted]");
    window.wait_for(&accepted, NOTICED_WITHIN).await;

    window.wait_for_calm().await;
    window.press("view-attention").await;
    // Until the other list is there, j would go on in this one.
    window.wait_gone(&row).await;
    window.wait_for("[data-testid=review-table] [data-presence=outside]", NOTICED_WITHIN).await;
    window.keys("j").await;
    window.wait_text("visit-panel", OTHER_CHILD).await;
    window.look("attention").await;
    window.keys("a").await;
    window.wait("decision-sheet").await;
    window.look("decision").await;
    window.press("decision-sheet-close").await;
    window.press("tab-people").await;
    window.wait("people").await;
    window.look("people").await;
    window.press("tab-review").await;
    sync_now(window).await;
}

/// The specialist's screens at the other size: the visit stands beside the list.
pub(super) async fn walk_specialist(window: &Window, visit: &str) {
    let child = window.find("child-", CHILD).await;
    window.to_top().await;
    window.look("today").await;
    window.press(&child).await;
    window.wait("register-sheet").await;
    window.look("register").await;
    window.press("register-sheet-close").await;
    open_visit(window, visit).await;
    window.look("visit").await;
    window.press("tab-history").await;
    window.wait("history-list").await;
    window.look("history").await;
    window.press("tab-me").await;
    window.wait("me").await;
    window.look("me").await;
}

/// The coordinator's screens on a phone: a list, then the visit alone.
pub(super) async fn walk_coordinator(window: &Window, visit: &str) {
    window.press("view-all").await;
    window.wait("review-list").await;
    let row = format!("visit-{visit}");
    window.wait(&row).await;
    window.look("coordinator").await;
    window.press(&row).await;
    window.wait("visit-panel").await;
    window.look("review").await;
    window.press("panel-close").await;
    window.press("tab-people").await;
    window.wait("people").await;
    window.look("people").await;
}
