use client::ipc::{
    ConfirmVisit, ConfirmationState, DisputeCode, ErrorCode, FinishVisit, GuestAnswer, HandOver, Stage,
    StoryKind, Transport, Unlock, VisitDetails, VisitRef, VisitView,
};
use esep_tests::operator::{Demo, Operator};
use esep_tests::person::{PIN, Person, code, every_visit};

use super::{exported, folder};

/// What the grandmother chose; nobody else types it.
const OWN_PIN: &str = "алма-1958";

/// The specialist's device, and the guest on it.
struct Device {
    person: Person,
    host: String,
    guest: String,
    child: String,
}

impl Device {
    async fn open(&self, account: &str, pin: &str) -> Result<Stage, ErrorCode> {
        let unlock = Unlock { account: account.into(), pin: pin.into() };
        self.person.app.unlock(unlock).await.map(|state| state.stage).map_err(|error| error.code)
    }

    /// A finished visit, and the device given out of hand.
    async fn handed_over(&self) -> HandOver {
        let visit = self.person.visit(&[&self.child], None).await.expect("saved").visits[0].id.clone();
        let finish = FinishVisit { visit: visit.clone(), finished_at_ms: None };
        self.person.app.finish_visit(finish).await.expect("a begun visit can be finished");
        let state = self.person.app.hand_over(VisitRef { visit }).await.expect("there is a guest");
        assert_eq!((state.stage, state.account, state.display_name), (Stage::HandedOver, None, None));
        self.person.app.handed_over().await.expect("what the guest sees")
    }

    fn answer(&self, shown: &HandOver, pin: &str) -> GuestAnswer {
        GuestAnswer {
            account: self.guest.clone(),
            pin: pin.into(),
            basis: shown.basis.clone(),
            dispute: None,
            text: None,
        }
    }

    /// The recovery key whose shares would open an account, were it set aside now.
    fn sealed_to(&self, account: &str) -> String {
        let path = self.person.profile.join("accounts").join(account).join("account.json");
        let bytes = std::fs::read(path).expect("the account's file");
        let file: serde_json::Value = serde_json::from_slice(&bytes).expect("JSON");
        let key = file["recovery"]["recovery_key"].as_str().expect("a key");
        data_encoding::HEXLOWER.encode(&data_encoding::BASE64.decode(key.as_bytes()).expect("base 64"))
    }

    /// Back to the specialist, who needs the own PIN.
    async fn taken_back(&self) {
        assert_eq!(self.person.app.lock().await.expect("locked").stage, Stage::Locked);
        self.open(&self.host, PIN).await.expect("the specialist's PIN");
    }

    async fn details(&self, visit: &str) -> VisitDetails {
        self.person.app.visit(VisitRef { visit: visit.into() }).await.expect("the visit is known")
    }
}

/// A recovery key that the host's device has heard of and the guest's account has not.
async fn another_recovery_key(operator: &Operator, device: &Device) -> String {
    let words = ["recovery", "renew", "--json", "--share-lost", "--reason", "Бір бөлігі жоғалды"];
    let renewed: serde_json::Value =
        serde_json::from_str(&Operator::command(operator.dir(), &words)).expect("JSON");
    let [new, old] = ["recovery_key", "before"].map(|name| renewed[name].as_str().expect("a key").to_owned());
    device.open(&device.host, PIN).await.expect("the specialist's PIN");
    device.person.sync().await;
    let told = device.person.app.me().await.expect("me").renewals;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((told[0].approved, told[0].reason.as_str()), (false, "Бір бөлігі жоғалды"));
    assert_eq!(told[0].erases_from_ms, renewed["erases_from_ms"].as_i64());
    device.person.app.lock().await.expect("locked");
    assert_eq!((device.sealed_to(&device.host), device.sealed_to(&device.guest)), (new.clone(), old));
    new
}

/// How often each kind stands in the operator's log.
fn count(operator: &Operator, kind: &str) -> usize {
    let target = folder();
    let to = target.path().join("log");
    Operator::command(operator.dir(), &["export", "--out", &to.to_string_lossy()]);
    exported(&to).iter().filter(|found| *found == kind).count()
}

/// A specialist and a representative of one of the children whom the specialist visits.
fn host_and_guest(demo: &Demo) -> (String, String, String) {
    let host = demo.busiest_specialist().person.clone();
    let named = |child: &serde_json::Value, list: &str| -> Vec<String> {
        let ids = child[list].as_array().expect("a list of ids");
        ids.iter().filter_map(|id| id.as_str()).map(str::to_owned).collect()
    };
    let only_parent = |id: &String| demo.people("representative").any(|person| person.person == *id);
    let mut children = demo.children.iter().filter(|child| named(child, "care_team").contains(&host));
    let found = children.find_map(|child| {
        let parent = named(child, "representatives").into_iter().find(only_parent)?;
        Some((parent, child["child"].as_str()?.to_owned()))
    });
    let (guest, child) = found.expect("the demo has a parent whose child this specialist visits");
    (host, guest, child)
}

fn issued(operator: &Operator, guest: &str, host: &str) -> String {
    let address = operator.address();
    let options = ["activation", "issue", "--json", "--address", &address, "--person", guest, "--host", host];
    let issued: serde_json::Value =
        serde_json::from_str(&Operator::command(operator.dir(), &options)).expect("JSON");
    issued["link"].as_str().expect("a link").to_owned()
}

fn row(rows: &[VisitView], visit: &str) -> VisitView {
    let mut rows: Vec<_> = rows.iter().filter(|row| row.id == visit).collect();
    assert_eq!(rows.len(), 1, "one visit");
    rows.remove(0).clone()
}

async fn set_up(operator: &Operator, demo: &Demo, profile: &std::path::Path) -> Device {
    let (host, guest, child) = host_and_guest(demo);
    let wrong = ["activation", "issue", "--person", guest.as_str(), "--host", guest.as_str()];
    assert!(!Operator::try_command(operator.dir(), &wrong).status.success(), "nobody is the own guest");
    let link = demo.busiest_specialist().link.clone();
    let person = Person::ready(profile, &link).await;
    let account = person.app.app_state().await.expect("a state").account.expect("open");
    person.app.lock().await.expect("handed over to be set up");
    person.enrol_with(&issued(operator, &guest, &host), OWN_PIN).await.expect("the code on paper is good");
    assert_eq!(
        person.app.app_state().await.expect("a state").stage,
        Stage::Agreement,
        "as at any first login"
    );
    person.accept_all().await;
    person.sync().await;
    let state = person.app.app_state().await.expect("a state");
    let guest = state.account.expect("open");
    let marked: Vec<_> = state.accounts.iter().map(|one| (one.id == guest, one.is_guest)).collect();
    assert_eq!(marked, [(false, false), (true, true)]);
    person.app.lock().await.expect("locked");
    Device { person, host: account, guest, child }
}

/// An acceptance that was given without a network is before the first answer in the series of the guest.
pub(super) async fn a_guest_who_accepted_offline_is_heard_through_the_host() {
    let dir = folder();
    let (mut operator, demo) = Operator::start_demo(&dir.path().join("operator"));
    let (host, guest, child) = host_and_guest(&demo);
    let person = Person::ready(&dir.path().join("device"), &demo.busiest_specialist().link).await;
    let account = person.app.app_state().await.expect("a state").account.expect("open");
    person.app.lock().await.expect("handed over to be set up");
    person.enrol_with(&issued(&operator, &guest, &host), OWN_PIN).await.expect("the code on paper is good");
    assert!(!person.texts().await.is_empty());
    operator.kill();
    person.accept_all().await;
    let guest = person.app.app_state().await.expect("a state").account.expect("open");
    person.app.lock().await.expect("locked");
    let device = Device { person, host: account, guest, child };
    device.open(&device.host, PIN).await.expect("the specialist's own");
    let shown = device.handed_over().await;
    let after = device.person.app.answer_as_guest(device.answer(&shown, OWN_PIN)).await.expect("kept");
    assert_eq!(after.guests[0].confirmed, Some(true), "her screen says so");
    device.taken_back().await;
    operator.restart();
    for _ in 0..4 {
        device.person.sync().await;
    }
    assert_eq!(count(&operator, "visit-confirmed"), 1, "the specialist's sync brought it");
}

/// The grandmother has no phone: her key lies on the specialist's device under her own PIN. Without a network she
/// confirms one visit and disputes another; the specialist's sync brings both once, and everybody sees where it was.
pub(super) async fn a_parent_without_a_phone_answers_on_the_specialists_device() {
    let dir = folder();
    let (mut operator, demo) = Operator::start_demo(&dir.path().join("operator"));
    let device = set_up(&operator, &demo, &dir.path().join("device")).await;
    let coordinator = Person::ready(&dir.path().join("coordinator"), &demo.person("coordinator").link).await;
    let renewed = another_recovery_key(&operator, &device).await;
    operator.kill();

    assert_eq!(
        device.open(&device.guest, PIN).await,
        Err(ErrorCode::WrongPin),
        "not with the specialist's PIN"
    );
    assert_eq!(device.open(&device.host, OWN_PIN).await, Err(ErrorCode::WrongPin), "nor the other way round");
    device.open(&device.host, PIN).await.expect("the specialist's own");
    let app = &device.person.app;

    let shown = device.handed_over().await;
    assert_eq!(shown.guests.len(), 1);
    assert!(
        !shown.specialist.name.is_empty() && !shown.child.is_empty() && shown.guests[0].confirmed.is_none()
    );
    assert_eq!(code(app.visits(every_visit()).await), ErrorCode::Locked, "nobody else's data is reachable");
    assert_eq!(code(app.me().await), ErrorCode::Locked);
    assert_eq!(code(app.answer_as_guest(device.answer(&shown, PIN)).await), ErrorCode::WrongPin);
    let other = GuestAnswer { basis: "00".repeat(32), ..device.answer(&shown, OWN_PIN) };
    assert_eq!(
        code(app.answer_as_guest(other).await),
        ErrorCode::Stale,
        "only what is on screen is answered"
    );
    let host = GuestAnswer { account: device.host.clone(), ..device.answer(&shown, PIN) };
    assert_eq!(
        code(app.answer_as_guest(host).await),
        ErrorCode::NotAllowed,
        "the specialist is nobody's guest"
    );
    for _ in 0..2 {
        // Two taps are one answer.
        let after = app.answer_as_guest(device.answer(&shown, OWN_PIN)).await.expect("confirmed");
        assert_eq!(after.guests[0].confirmed, Some(true));
    }
    let confirmed = shown.visit.clone();
    assert_eq!(device.sealed_to(&device.guest), renewed, "the guest's account heard of it from the host's");
    device.taken_back().await;
    assert_eq!(code(app.answer_as_guest(device.answer(&shown, OWN_PIN)).await), ErrorCode::Locked);
    let own = ConfirmVisit { visit: confirmed.clone(), basis: None };
    assert_eq!(code(app.confirm_visit(own).await), ErrorCode::NotAllowed, "nobody answers for her");
    let seen = device.details(&confirmed).await;
    assert_eq!(seen.visit.confirmation, ConfirmationState::ConfirmedOnDevice);
    assert_eq!(seen.visit.transport.state, Transport::Saved);
    assert!(seen.visit.answers[0].on_specialists_device);
    let marked = |entry: &&client::ipc::StoryEntry| entry.on_specialists_device;
    assert_eq!(
        seen.story.iter().filter(marked).map(|entry| entry.kind).collect::<Vec<_>>(),
        [StoryKind::Confirmed]
    );

    let shown = device.handed_over().await;
    let words = "Ол кісі келген жоқ";
    let dispute = GuestAnswer {
        dispute: Some(DisputeCode::Other),
        text: Some(words.into()),
        ..device.answer(&shown, OWN_PIN)
    };
    let wordless = GuestAnswer { text: None, ..dispute.clone() };
    assert_eq!(code(app.answer_as_guest(wordless).await), ErrorCode::BadInput);
    let after = app.answer_as_guest(dispute).await.expect("disputed");
    assert_eq!(after.guests[0].confirmed, Some(false));
    let disputed = shown.visit;
    device.taken_back().await;

    operator.restart();
    device.person.sync().await;
    for kind in ["visit-confirmed", "visit-disputed"] {
        assert_eq!(count(&operator, kind), 1, "{kind}: the specialist's sync brought it");
    }
    assert_eq!(count(&operator, "visit-noted"), 1, "and her words");
    coordinator.sync().await;
    let rows = coordinator.visits().await;
    let (weak, against) = (row(&rows, &confirmed), row(&rows, &disputed));
    assert_eq!(weak.confirmation, ConfirmationState::ConfirmedOnDevice);
    assert_eq!(against.confirmation, ConfirmationState::Disputed);
    for row in [&weak, &against] {
        assert!(row.answers[0].on_specialists_device);
        assert!(row.flags.iter().any(|flag| flag == "one-device"), "{:?}", row.flags);
        assert!(!row.flags.iter().any(|flag| flag == "no-authority"), "{:?}", row.flags);
    }

    // Her own account sees the same, and its sync sends nothing twice.
    device.person.app.lock().await.expect("locked");
    device.open(&device.guest, OWN_PIN).await.expect("her PIN");
    device.person.sync().await;
    let hers = row(&device.person.visits().await, &confirmed);
    assert_eq!(hers.confirmation, ConfirmationState::ConfirmedOnDevice);
    assert_eq!((count(&operator, "visit-confirmed"), count(&operator, "visit-disputed")), (1, 1));
    Operator::command(operator.dir(), &["doctor"]);
    is_on_the_page(&operator, &confirmed);
    a_revoked_key_says_nothing(&operator, &device).await;
    wrong_pins_wait(&device).await;
}

/// The page of the package says it too.
fn is_on_the_page(operator: &Operator, visit: &str) {
    let target = folder();
    let to = target.path().join("visit");
    Operator::command(operator.dir(), &["export", "--visit", visit, "--out", &to.to_string_lossy()]);
    let page = std::fs::read_to_string(to.join("visit.html")).expect("a page");
    assert!(page.contains("<span class=\"weak\">Маманның құрылғысында расталды</span>"), "{page}");
}

/// Once its revocation is known here, a key signs no answer that would only be flagged.
async fn a_revoked_key_says_nothing(operator: &Operator, device: &Device) {
    let listed = Operator::command(operator.dir(), &["device", "list", "--json"]);
    let keys: Vec<serde_json::Value> = serde_json::from_str(&listed).expect("JSON");
    let guests: Vec<_> = keys.iter().filter(|key| key["host"].is_string()).collect();
    assert_eq!(guests.len(), 1, "the list says whose key lies on whose device: {listed}");
    let key = guests[0]["key"].as_str().expect("a thumbprint");
    Operator::command(operator.dir(), &["device", "revoke", "--key", key, "--reason", "replaced"]);
    device.person.app.lock().await.expect("locked");
    device.open(&device.host, PIN).await.expect("the specialist's own");
    device.person.sync().await;
    let shown = device.handed_over().await;
    let said = device.person.app.answer_as_guest(device.answer(&shown, OWN_PIN)).await;
    assert_eq!(code(said), ErrorCode::CodeOfUnknownKey);
    assert_eq!(device.person.app.handed_over().await.expect("still hers").guests[0].confirmed, None);
}

/// A guest's PIN is guessed as slowly as anybody's.
async fn wrong_pins_wait(device: &Device) {
    device.person.app.lock().await.expect("locked");
    device.open(&device.host, PIN).await.expect("the specialist's own");
    let shown = device.handed_over().await;
    let app = &device.person.app;
    for _ in 0..3 {
        assert_eq!(code(app.answer_as_guest(device.answer(&shown, "басқа-123")).await), ErrorCode::WrongPin);
    }
    let right = app.answer_as_guest(device.answer(&shown, OWN_PIN)).await;
    assert_eq!(code(right), ErrorCode::TooManyTries, "not even the right one before the wait is over");
    assert!(app.handed_over().await.expect("still hers").guests[0].wait_s > 0);
}
