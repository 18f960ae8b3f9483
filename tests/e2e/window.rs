//! The main job in the real window, at the size of a phone and of a laptop, in Kazakh.

mod courier;
mod distrust;
mod guest;
mod kills;
mod steps;
mod two_devices;

use std::path::PathBuf;
use std::time::Duration;

use esep_tests::deadline::within;
use esep_tests::operator::{Demo, DemoPerson, Operator};
use esep_tests::window::{Screen, Size, Window};

use crate::acceptance::folder;
use crate::location_bus::LocationBus;

/// At the door of the first child's home; GeoClue says 50 m.
const AT_THE_DOOR: &str = "51.16072 71.47065 10 0";
/// At the home of the two who are brother and sister, 5 km from the first.
const AT_THE_SIBLINGS: &str = "51.12794 71.43041 10 0";
/// In the middle of the town, with nobody's home near.
const ELSEWHERE: &str = "51.1480 71.4300 10 0";

const SPECIALIST: &str = "Сәрсенбаева Айгерім";
const PARENT: &str = "Тұрсынбекова Сәуле";
const COORDINATOR: &str = "Оспанова Гүлнар";
const CHILD: &str = "Тұрсынбек Әлихан";
const SISTER: &str = "Ғабдулла Аружан";
const BROTHER: &str = "Ғабдулла Арсен";
const OTHER_CHILD: &str = "Қали Медина";

/// How long the operator's return may go unnoticed: the pause after a failed sync grows with each.
const NOTICED_WITHIN: Duration = Duration::from_secs(120);

/// Two windows at once would only wait for each other's processor.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Everything that the steps share.
struct Stage {
    screen: Screen,
    bus: LocationBus,
    dir: tempfile::TempDir,
    operator: Operator,
    demo: Demo,
}

impl Stage {
    fn new() -> Self {
        let dir = folder();
        let (operator, demo) = Operator::start_demo(&dir.path().join("operator"));
        let bus = LocationBus::start(&["real", "--place", AT_THE_DOOR]);
        Self { screen: Screen::start(), bus, dir, operator, demo }
    }

    fn person(&self, name: &str) -> &DemoPerson {
        let found = self.demo.people.iter().find(|person| person.name.starts_with(name));
        found.unwrap_or_else(|| panic!("{name} is not in the demo"))
    }

    /// Opens the app of a person in a folder of their own, with downloads of their own.
    async fn open(&self, profile: &str, size: Size) -> Window {
        let desktop = self.dir.path().join(format!("{profile}-desktop"));
        let downloads = self.downloads(profile);
        std::fs::create_dir_all(&desktop).expect("a folder can be made");
        let known = format!("XDG_DOWNLOAD_DIR=\"{}\"\n", downloads.display());
        std::fs::write(desktop.join("user-dirs.dirs"), known).expect("the desktop's folders can be named");
        let desktop = desktop.to_string_lossy();
        let environment =
            [("DBUS_SYSTEM_BUS_ADDRESS", self.bus.address.as_str()), ("XDG_CONFIG_HOME", &desktop)];
        Window::open(&self.screen, &self.dir.path().join(profile), size, &environment).await
    }

    /// Where the app of a person puts files.
    fn downloads(&self, profile: &str) -> PathBuf {
        self.dir.path().join(format!("{profile}-downloads"))
    }
}

/// Enrol, read, accept, register without network, sync, confirm as parent, review as coordinator; then kills.
#[tokio::test(flavor = "multi_thread")]
async fn main_job() {
    let _turn = TURN.lock().await;
    within(20, whole_job()).await;
}

/// Two windows and no network: the code of a visit goes from screen to screen, and the answer back.
#[tokio::test(flavor = "multi_thread")]
async fn two_devices_without_a_network() {
    let _turn = TURN.lock().await;
    within(10, two_devices::answered_from_screen_to_screen()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contradiction_is_told_and_work_goes_on() {
    let _turn = TURN.lock().await;
    within(6, distrust::a_contradiction_is_told_and_work_goes_on()).await;
}

/// The specialist's device in the hands of a parent without a phone.
#[tokio::test(flavor = "multi_thread")]
async fn a_parent_answers_on_the_specialists_device() {
    let _turn = TURN.lock().await;
    within(10, guest::answers_on_the_specialists_device()).await;
}

/// Unsent statements as a file, through a colleague's device.
#[tokio::test(flavor = "multi_thread")]
async fn a_colleague_delivers_a_parcel() {
    let _turn = TURN.lock().await;
    within(8, courier::a_colleague_delivers_a_parcel()).await;
}

async fn whole_job() {
    let mut stage = Stage::new();

    let specialist = stage.open("specialist", Size::Phone).await;
    steps::enrol(&specialist, stage.person(SPECIALIST), true).await;
    steps::accept(&specialist, Some("agreement")).await;
    let visit = steps::register_offline(&mut stage, &specialist).await;
    steps::register_more(&stage, &specialist).await;
    steps::look_at_visit(&specialist, &visit).await;

    let parent = stage.open("parent", Size::Phone).await;
    steps::enrol(&parent, stage.person(PARENT), false).await;
    steps::accept(&parent, Some("agreement-parent")).await;
    steps::confirm(&parent, &visit).await;

    let coordinator = stage.open("coordinator", Size::Laptop).await;
    steps::enrol(&coordinator, stage.person(COORDINATOR), true).await;
    steps::accept(&coordinator, Some("agreement")).await;
    steps::review(&coordinator, &visit).await;

    // What the others decided comes back to the one who was there.
    steps::sync_now(&specialist).await;
    steps::open_visit(&specialist, &visit).await;
    let confirmed = "[data-testid=visit] [data-testid=confirmation][data-state=confirmed]";
    specialist.wait_for(confirmed, NOTICED_WITHIN).await;
    specialist
        .wait_for("[data-testid=visit] [data-testid=review][data-state=accepted]", NOTICED_WITHIN)
        .await;

    // Each role at the other size, after a start with the PIN.
    specialist.kill();
    let specialist = stage.open("specialist", Size::Laptop).await;
    steps::unlock(&specialist, Some("unlock")).await;
    steps::walk_specialist(&specialist, &visit).await;
    parent.kill();
    let parent = stage.open("parent", Size::Laptop).await;
    steps::unlock(&parent, None).await;
    steps::walk_parent(&parent).await;
    parent.kill();
    coordinator.kill();
    let coordinator = stage.open("coordinator", Size::Phone).await;
    steps::unlock(&coordinator, Some("unlock")).await;
    steps::walk_coordinator(&coordinator, &visit).await;
    coordinator.kill();
    specialist.kill();

    let saved = kills::kill_after_saving(&stage, 10).await;
    let at_operator = kills::registered(&stage);
    for visit in saved.iter().chain([&visit]) {
        let times = at_operator.iter().filter(|registered| *registered == visit).count();
        assert_eq!(times, 1, "visit {visit} stands in the operator's log once");
    }
}
