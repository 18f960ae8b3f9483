//! Agreement, lock, leaving.

use std::time::Duration;

use domain::content::{AgreementAccepted, ConfirmationAnswer, ConsentWithdrawn, EvidenceLevel};

use super::super::operator::key;
use super::super::*;
use super::registering::every_visit;
use crate::ipc::{AsideCause, AsideRef, BeginVisit, ChildQuery, ErrorCode, SetAside, UnavailableCode};
use crate::testing::Step;

fn reference(version: u32) -> AgreementRef {
    AgreementRef { document: "specialist".into(), version, locale: LocaleCode::Kk }
}

fn all_children() -> ChildQuery {
    ChildQuery { search: String::new(), offset: 0, limit: 10, role: None }
}

#[tokio::test]
async fn the_agreement_is_accepted_only_when_read_to_its_end_and_ticked() {
    let scene = Setting::of(SPECIALIST).enrolled().await;
    assert_eq!(scene.app.app_state().await.unwrap().stage, Stage::Locked);
    let state = scene.unlock().await;
    assert_eq!((state.stage, state.display_name.as_deref()), (Stage::Agreement, Some("Әсел Қ.")));
    let due = scene.app.agreements_due().await.unwrap().remove(0);
    assert_eq!((due.document.as_str(), due.version, due.announced), ("specialist", 1, false));
    assert_eq!(
        (due.required_confirmations.as_slice(), due.text.sections[0].clauses.len()),
        (&[1, 2, 3][..], 2)
    );
    let refused = scene.app.accept_agreement(reference(1)).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::AgreementIncomplete, "never opened");
    scene.app.agreement_opened(reference(1)).await.unwrap();
    scene.clock.advance_ms(60_000);
    for number in [1, 2, 3] {
        let tick = Tick { document: "specialist".into(), version: 1, number, accepted: true };
        scene.app.agreement_ticked(tick).await.unwrap();
    }
    let refused = scene.app.accept_agreement(reference(1)).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::AgreementIncomplete, "the end was not on screen");

    scene.app.lock().await.unwrap();
    scene.unlock().await;
    assert_eq!(scene.app.agreements_due().await.unwrap()[0].ticked, [1, 2, 3], "kept over a restart");
    scene.app.agreement_end_reached(reference(1)).await.unwrap();
    assert_eq!(scene.app.accept_agreement(reference(1)).await.unwrap().stage, Stage::Home);
    scene.app.accept_agreement(reference(1)).await.unwrap();
    let me = scene.app.me().await.unwrap();
    assert_eq!(me.acceptances.len(), 1, "two presses are one acceptance");
    assert_eq!((me.acceptances[0].sha256.as_str(), me.acceptances[0].ticked.len()), (due.sha256.as_str(), 3));
    assert_eq!(me.acceptances[0].text, due.text, "the very text");
}

#[tokio::test]
async fn a_new_version_is_announced_then_asked_for_but_never_keeps_a_visit_from_being_registered() {
    let begins_ms = NOW_MS + 3_600_000;
    let scene = Setting::of(SPECIALIST).with_version_2_from(begins_ms).at_home().await;
    let due = scene.app.agreements_due().await.unwrap();
    assert_eq!(due.iter().map(|due| (due.version, due.announced)).collect::<Vec<_>>(), [(2, true)]);
    scene.clock.advance_ms(3_600_000);
    let due = scene.app.agreements_due().await.unwrap();
    assert_eq!(due.iter().map(|due| (due.version, due.announced)).collect::<Vec<_>>(), [(2, false)]);
    assert_eq!(scene.app.app_state().await.unwrap().stage, Stage::Home);

    let visit = scene.visit(&[CHILD]).await.visits.remove(0);
    let note = crate::ipc::NoteVisit { visit: visit.id.clone(), text: "сөз".into() };
    assert_eq!(scene.app.note_visit(note.clone()).await.unwrap_err().code, ErrorCode::AgreementRequired);
    scene.accept(2, &[1, 2, 3]).await;
    assert_eq!(scene.app.note_visit(note).await.unwrap().note.as_deref(), Some("сөз"));
}

/// What the person's other device said before this one was set up, in that order.
fn said_before(operator: &mut Operator, said: Vec<domain::Content>) {
    let other = key(0x66);
    operator.bind(&other, SPECIALIST);
    for content in said {
        operator.state_by(&other, Some(SPECIALIST), &journal::Draft::new(SPECIALIST, content));
    }
}

fn accepted_before() -> domain::Content {
    let tick = |number| ConfirmationAnswer { number, accepted: true, at_ms: NOW_MS };
    let accepted = AgreementAccepted {
        document: AgreementKind::Specialist,
        version: 1,
        locale: Locale::Kk,
        sha256: codec::hash(TEXT.as_bytes()),
        confirmations: [1, 2, 3].map(tick).to_vec(),
        opened_at_ms: NOW_MS,
        end_reached_at_ms: NOW_MS,
        accepted_at_ms: NOW_MS,
        evidence_level: EvidenceLevel::L0,
        app_version: "0.1.0".into(),
    };
    accepted.into()
}

fn withdrawn_before(purposes: &[&str], withdrawn_at_ms: i64) -> domain::Content {
    let purposes = purposes.iter().map(|purpose| (*purpose).to_owned()).collect();
    ConsentWithdrawn { document: AgreementKind::Specialist, purposes, withdrawn_at_ms }.into()
}

async fn readiness(scene: &Scene) -> Option<UnavailableCode> {
    let draft = scene.app.begin_visit(BeginVisit { children: vec![CHILD.to_string()] }).await.unwrap();
    draft.location.reason
}

#[tokio::test]
async fn who_withdrew_all_stands_before_the_agreement_is_told_and_accepts_it_again() {
    // By a clock that is a day behind the acceptance.
    let withdrawn_at_ms = NOW_MS - 86_400_000;
    let said = vec![accepted_before(), withdrawn_before(&[], withdrawn_at_ms)];
    let scene = Setting::of(SPECIALIST).with(|operator| said_before(operator, said)).enrolled().await;
    assert_eq!(scene.unlock().await.stage, Stage::Agreement);
    let due = scene.app.agreements_due().await.unwrap().remove(0);
    assert_eq!((due.version, due.withdrawn_at_ms), (1, Some(withdrawn_at_ms)));
    assert_eq!((due.ticked, due.end_reached), (vec![], false), "it is read anew");
    let held = scene.app.visits(every_visit()).await.unwrap_err();
    assert_eq!(held.code, ErrorCode::AgreementRequired);
    let kept = scene.app.decline_agreement().await.unwrap();
    assert_eq!((kept.stage, kept.accounts.len()), (Stage::Locked, 1), "what was not sent stays");

    scene.unlock().await;
    assert_eq!(scene.accept(1, &[1, 2, 3]).await.stage, Stage::Home);
    scene.app.accept_agreement(reference(1)).await.unwrap();
    let me = scene.app.me().await.unwrap();
    let shown: Vec<_> = me.acceptances.iter().map(|row| (row.counts, row.withdrawn_at_ms)).collect();
    assert_eq!(shown, [(true, None), (true, Some(withdrawn_at_ms))], "two presses are one more acceptance");
    assert!(scene.app.agreements_due().await.unwrap().is_empty());
    assert_eq!(scene.visit(&[CHILD]).await.visits.len(), 1);
}

#[tokio::test]
async fn who_accepted_after_a_withdrawal_is_at_home_whatever_the_clocks_say() {
    let said = vec![withdrawn_before(&[], NOW_MS + 86_400_000), accepted_before()];
    let scene = Setting::of(SPECIALIST).with(|operator| said_before(operator, said)).enrolled().await;
    assert_eq!(scene.unlock().await.stage, Stage::Home);
    assert!(scene.app.agreements_due().await.unwrap().is_empty());
    assert_ne!(readiness(&scene).await, Some(UnavailableCode::NoConsent));
}

#[tokio::test]
async fn a_withdrawn_location_is_not_read_whatever_the_clocks_say() {
    let said = vec![accepted_before(), withdrawn_before(&["geolocation"], 0)];
    let scene = Setting::of(SPECIALIST).with(|operator| said_before(operator, said)).enrolled().await;
    assert_eq!(scene.unlock().await.stage, Stage::Home);
    assert_eq!(readiness(&scene).await, Some(UnavailableCode::NoConsent));
    let me = scene.app.me().await.unwrap();
    assert_eq!(
        (me.acceptances[0].withdrawn_at_ms, me.acceptances[0].geolocation_withdrawn_at_ms),
        (None, Some(0))
    );
}

#[tokio::test]
async fn declining_leaves_no_file_and_no_secret() {
    let scene = Setting::of(PARENT).enrolled().await;
    scene.unlock().await;
    assert_eq!(scene.app.agreements_due().await.unwrap()[0].document, "subject");
    let state = scene.app.decline_agreement().await.unwrap();
    assert_eq!((state.stage, state.accounts.len()), (Stage::Start, 0));
    assert!(scene.secrets.is_empty());
    assert_eq!(std::fs::read_dir(scene.folder.path().join("accounts")).unwrap().count(), 0);
}

#[tokio::test]
async fn leaving_after_an_acceptance_locks_and_keeps_what_was_not_sent() {
    let scene = Setting::of(SPECIALIST).at_home().await;
    let state = scene.app.decline_agreement().await.unwrap();
    assert_eq!((state.stage, state.accounts.len()), (Stage::Locked, 1));
    assert_eq!(scene.unlock().await.stage, Stage::Home);
}

#[tokio::test]
async fn the_app_locks_after_a_quarter_of_an_hour_in_the_background() {
    let scene = Setting::of(SPECIALIST).at_home().await;
    scene.app.went_to_background();
    scene.clock.advance_ms(14 * 60_000);
    scene.app.came_back().await;
    assert!(scene.app.children(all_children()).await.is_ok());
    scene.app.went_to_background();
    scene.clock.advance_ms(15 * 60_000);
    let answer = scene.app.children(all_children()).await;
    assert_eq!(answer.unwrap_err().code, ErrorCode::Locked, "also before the window says that it is back");
    assert_eq!(scene.events.locked_count(), 1);
    assert_eq!(scene.app.app_state().await.unwrap().stage, Stage::Locked);
    assert_eq!(scene.unlock().await.stage, Stage::Home);
}

#[tokio::test]
async fn without_network_the_state_says_what_waits() {
    let scene = Setting::of(SPECIALIST).at_home().await;
    // The app tries by itself as well, so a second try may have begun when the first one is told.
    let settled = async {
        loop {
            let state = scene.app.sync_now().await.unwrap();
            if state.phase == crate::ipc::SyncPhase::Offline {
                return state;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let state = tokio::time::timeout(Duration::from_secs(20), settled).await.unwrap();
    assert_eq!(state.error, Some(ErrorCode::Offline));
    assert_eq!(state.waiting_count, 1, "the acceptance");
    assert!(state.next_try_in_s.is_some());
}

#[tokio::test]
async fn a_damaged_file_stays_until_it_is_set_aside_and_is_never_deleted() {
    let scene = Setting::of(SPECIALIST).at_home().await;
    scene.app.lock().await.unwrap();
    let account = scene.folder.path().join("accounts").join(scene.account.as_str());
    let database = account.join("journal.db");
    let mut bytes = std::fs::read(&database).unwrap();
    bytes[..4096].fill(0xa5);
    std::fs::write(&database, &bytes).unwrap();
    let request = Unlock { account: scene.account.as_str().into(), pin: PIN.into() };
    for _ in 0..2 {
        assert_eq!(scene.app.unlock(request.clone()).await.unwrap_err().code, ErrorCode::DatabaseDamaged);
        assert_eq!(std::fs::read(&database).unwrap(), bytes, "as it was");
    }
    let request = SetAside { account: request.account, cause: AsideCause::Damaged };
    assert_eq!(scene.app.set_aside(request).await.unwrap().stage, Stage::Start);
    let aside = scene.folder.path().join("aside").join(scene.account.as_str());
    assert_eq!(std::fs::read(aside.join("journal.db")).unwrap(), bytes, "whole");
    assert!(aside.join("account.json").exists(), "with what opens it");
}

#[tokio::test]
async fn a_second_app_on_the_same_profile_says_so_and_touches_nothing() {
    let scene = Setting::of(SPECIALIST).at_home().await;
    let second = App::new(scene.ports.clone());
    assert_eq!(second.app_state().await.unwrap_err().code, ErrorCode::AlreadyOpen);
    let request = Unlock { account: scene.account.as_str().into(), pin: PIN.into() };
    assert_eq!(second.unlock(request.clone()).await.unwrap_err().code, ErrorCode::AlreadyOpen);
    scene.location.then([Step::Hang]);
    scene.visit(&[CHILD]).await;
    scene.until(|| async { scene.location.starts() == 1 }).await;
    let Scene { app, location, .. } = scene;
    drop(app);
    let stopped = async {
        while location.stops() == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), stopped).await.expect("nothing runs on for a closed app");
    assert_eq!(second.unlock(request).await.unwrap().stage, Stage::Home, "once the first one is closed");
}

#[tokio::test]
async fn ten_wrong_pins_lock_and_the_way_on_keeps_every_file() {
    let scene = Setting::of(SPECIALIST).at_home().await;
    let visit = scene.visit(&[CHILD]).await.visits.remove(0);
    scene.app.lock().await.unwrap();
    let account = scene.account.as_str().to_owned();
    let wrong = || Unlock { account: account.clone(), pin: "terek-72".into() };
    for _ in 0..9 {
        assert_eq!(scene.app.unlock(wrong()).await.unwrap_err().code, ErrorCode::WrongPin);
        scene.clock.advance_ms(3_600_000);
    }
    assert_eq!(scene.app.unlock(wrong()).await.unwrap_err().code, ErrorCode::PinLocked);
    let database = |folder: &str| scene.folder.path().join(folder).join(&account).join("journal.db");
    let before = std::fs::read(database("accounts")).unwrap();
    let request = SetAside { account: account.clone(), cause: AsideCause::PinForgotten };
    let state = scene.app.set_aside(request.clone()).await.unwrap();
    assert_eq!((state.stage, state.accounts.len()), (Stage::Start, 0));
    assert_eq!(std::fs::read(database("aside")).unwrap(), before, "{} is in there", visit.id);
    let aside = scene.app.asides().await.unwrap().remove(0);
    assert_eq!((aside.id.as_str(), aside.opened), (account.as_str(), None));
    assert_eq!(scene.app.set_aside(request).await.unwrap_err().code, ErrorCode::NotFound, "once");
    let reference = AsideRef { id: account.clone() };
    assert_eq!(scene.app.remove_aside(reference.clone()).await.unwrap_err().code, ErrorCode::Locked);
    let saved = scene.app.save_aside(reference, scene.folder.path().join("out")).await.unwrap();
    assert!(std::fs::metadata(saved.path).unwrap().len() > before.len() as u64);
}
