//! A recovery key that was renewed without both old shares erases nothing for ten days, whatever its holder tries.

use std::fs;
use std::process::ExitCode;
use std::sync::Arc;

use domain::content::ReplacedKey;
use domain::id::StatementId;
use domain::{Clock as _, Kind};
use journal::Sealed;
use operator::approval::{ApprovalError, Approved};
use operator::backup::{BackupError, backup, restore};
use operator::clock::SystemRng;
use operator::renew::{Renewed, keys, renew};
use operator::{Folder, Instance, courier, erasures};
use operator_core::erase::EraseError;
use operator_core::package::{self, Reader};
use operator_core::store::StoreError;
use operator_core::{fill, pause};
use recovery::Share;
use wire::collect::Leaf;
use wire::pull::Content as Bytes;

use crate::device::{World, world};
use crate::erasing::{content_of, listed};
use crate::main_job::{child_of, visit};
use crate::renewing::{RENEW, command, read_share, stated};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const WHY: &str = "Бір үлес жоғалды";

/// A note that somebody would like to see gone.
async fn noted(world: &World) -> Sealed {
    let mut specialist = world.ready_device_of(world.named("Сәрсенбаева")).await;
    let child = child_of(world, &specialist);
    let told = visit(world, &mut specialist, child);
    specialist.push(&[told.registered, told.located, told.note.clone()]).await.unwrap();
    told.note
}

fn first_shares(world: &World) -> [Share; 2] {
    world.instance.folder.recovery_shares().map(|path| read_share(&path))
}

fn shares_of(renewed: &Renewed) -> [Share; 2] {
    renewed.shares.each_ref().map(|path| read_share(path))
}

/// What the command does, with the clock of this instance.
fn erase(instance: &Instance, shares: &[Share], id: StatementId) -> Result<usize, EraseError> {
    let approved = Approved::by(instance.read().unwrap().as_ref(), shares).unwrap();
    let gone = erasures::erase(instance, &approved, &[id].into(), "8-бап").unwrap()?;
    Ok(gone.len())
}

/// Refused, with the second from which it is allowed; nothing is said and nothing gone.
fn refused(world: &World, shares: &[Share], id: StatementId) -> i64 {
    let size = || world.instance.read().unwrap().log_size().unwrap();
    let before = size();
    let said = erase(&world.instance, shares, id).unwrap_err();
    assert_eq!((size(), content_of(&world.instance, id).is_some()), (before, true), "{said}");
    match said {
        EraseError::Paused { until_s } => until_s,
        other => panic!("{other}"),
    }
}

fn findings(world: &World) -> Vec<&'static str> {
    let read = world.instance.read().unwrap();
    world.audit(read.as_ref()).findings.iter().map(|finding| finding.code).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_without_the_old_shares_waits_ten_days_and_is_then_as_good_as_any() {
    let world = world().await;
    let note = noted(&world).await;
    let now_s = world.clock.utc_ms().div_euclid(1_000);
    let renewed = renew(&world.instance, None, WHY).unwrap();
    let until_s = now_s + 10 * DAY_MS / 1_000;
    assert_eq!(renewed.erases_from_ms, Some(until_s * 1_000), "whoever renews is told");
    let said = keys(world.instance.read().unwrap().as_ref()).unwrap();
    assert_eq!((said[0].erases_from_ms, said[1].erases_from_ms), (None, Some(until_s * 1_000)));
    let shares = shares_of(&renewed);
    assert_eq!(refused(&world, &shares, note.id), until_s);
    world.clock.advance(10 * DAY_MS - 1_000);
    assert_eq!(refused(&world, &shares, note.id), until_s, "not a second earlier");
    world.clock.advance(1_000);
    assert_eq!(erase(&world.instance, &shares, note.id).unwrap(), 1);
    assert_eq!(content_of(&world.instance, note.id), None);
    assert_eq!((findings(&world), listed(&world)), (vec![], [note.id].into()));
    // Whoever gets the package judges by the same keys.
    let read = world.instance.read().unwrap();
    let (visit, key) = (note.header.subject.into(), world.instance.key.verifying_key());
    let packed = package::package(read.as_ref(), visit, Some(Reader::Everything), key, world.clock.utc_ms());
    let kinds: Vec<Kind> = packed.unwrap().unwrap().items.iter().map(|item| item.entry.kind).collect();
    let count = |kind| kinds.iter().filter(|found| **found == kind).count();
    assert_eq!((count(Kind::ContentErased), count(Kind::OperatorKey)), (1, 2), "{kinds:?}");
    drop(read);
    // Another key with both shares is in force at once, and a day later still.
    let next = renew(&world.instance, Some(&shares), "Қызметкер ауысты").unwrap();
    assert_eq!(next.erases_from_ms, None);
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_refuses_within_the_pause_and_the_old_shares_take_the_key_back() {
    let world = world().await;
    let note = noted(&world).await;
    let old = world.instance.folder.recovery_shares();
    let lost = [RENEW.as_slice(), &["--share-lost"]].concat();
    assert_eq!(command(&world, &lost, &[]), ExitCode::SUCCESS);
    let taken = stated(&world.instance);
    let new = world.instance.folder.renewed_shares(&taken.recovery_key);
    let id = note.id.to_string();
    let erase = ["erase", "--statement", &id, "--basis", "8-бап"];
    assert_ne!(command(&world, &erase, &[&new[0], &new[1]]), ExitCode::SUCCESS);
    assert!(content_of(&world.instance, note.id).is_some());
    assert_ne!(command(&world, &RENEW, &[&old[0], &new[1]]), ExitCode::SUCCESS, "one share is no objection");
    assert_eq!(stated(&world.instance), taken);

    assert_eq!(command(&world, &RENEW, &[&old[1], &old[0]]), ExitCode::SUCCESS);
    let back = stated(&world.instance);
    let shares_of = back.recovery_renewed.clone().unwrap().shares_of;
    assert_eq!(shares_of, Some(ReplacedKey(keys_of(&world)[0].clone())), "everybody reads whose they were");
    assert_ne!(command(&world, &erase, &[&new[0], &new[1]]), ExitCode::SUCCESS, "not in force any more");
    assert_ne!(command(&world, &RENEW, &[&new[0], &new[1]]), ExitCode::SUCCESS, "nor may they renew");
    assert_ne!(
        command(&world, &RENEW, &[&old[0], &old[1]]),
        ExitCode::SUCCESS,
        "there is nothing to object to"
    );
    let third = world.instance.folder.renewed_shares(&back.recovery_key);
    assert_eq!(command(&world, &erase, &[&third[0], &third[1]]), ExitCode::SUCCESS, "and this one at once");
    assert_eq!(content_of(&world.instance, note.id), None);
    assert_eq!(findings(&world), Vec::<&str>::new());
    let listed = ["recovery", "keys"];
    assert_eq!(command(&world, &listed, &[]), ExitCode::SUCCESS);
    world.server.stop().await.unwrap();
}

fn keys_of(world: &World) -> Vec<Vec<u8>> {
    let said = keys(world.instance.read().unwrap().as_ref()).unwrap();
    said.into_iter().map(|key| key.recovery_key).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_the_pause_the_old_shares_are_of_no_use() {
    let world = world().await;
    let first = first_shares(&world);
    let renewed = renew(&world.instance, None, WHY).unwrap();
    world.clock.advance(10 * DAY_MS);
    let said = renew(&world.instance, Some(&first), "Кеш").unwrap_err();
    assert!(said.to_string().contains("two-officers"), "{said}");
    assert_eq!(stated(&world.instance).recovery_key, renewed.recovery_key);
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn renewing_again_with_or_without_shares_shortens_nothing() {
    let world = world().await;
    let note = noted(&world).await;
    let first = first_shares(&world);
    let began_s = world.clock.utc_ms().div_euclid(1_000);
    let one = renew(&world.instance, None, WHY).unwrap();
    world.clock.advance(DAY_MS);
    let two = renew(&world.instance, Some(&shares_of(&one)), "Тағы").unwrap();
    assert_eq!(refused(&world, &shares_of(&two), note.id), began_s + 10 * 86_400, "the pause is the same");
    let three = renew(&world.instance, None, WHY).unwrap();
    assert_eq!(refused(&world, &shares_of(&three), note.id), began_s + 11 * 86_400, "another one");
    // The holder of the second key objects to the third: the first pause goes on.
    let four = renew(&world.instance, Some(&shares_of(&two)), "Қарсымын").unwrap();
    assert_eq!(refused(&world, &shares_of(&four), note.id), began_s + 10 * 86_400);
    // A new courier key states the same recovery key once more.
    courier::renew(&world.instance).unwrap();
    assert_eq!(refused(&world, &shares_of(&four), note.id), began_s + 10 * 86_400);
    // Behind all of that the officers who had the first key still object.
    let five = renew(&world.instance, Some(&first), "Біз рұқсат бермедік").unwrap();
    assert_eq!(erase(&world.instance, &shares_of(&five), note.id).unwrap(), 1);
    assert_eq!(findings(&world), Vec::<&str>::new());
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_set_back_for_the_renewal_helps_nobody() {
    // Half a century is long before the log began.
    for back_ms in [30 * DAY_MS, 50 * 365 * DAY_MS] {
        let world = world().await;
        let note = noted(&world).await;
        let began_s = world.clock.utc_ms().div_euclid(1_000);
        world.clock.advance(-back_ms);
        let renewed = renew(&world.instance, None, WHY).unwrap();
        world.clock.advance(back_ms);
        assert_eq!(refused(&world, &shares_of(&renewed), note.id), began_s + 10 * 86_400, "{back_ms}");
        // Nor one that is set back for the erasing as well.
        world.clock.advance(-back_ms);
        refused(&world, &shares_of(&renewed), note.id);
        world.clock.advance(11 * DAY_MS);
        refused(&world, &shares_of(&renewed), note.id);
        world.server.stop().await.unwrap();
    }
}

/// Whoever sets the operator's clock forward makes its own database forget; the next honest time shows it, and what
/// devices kept comes back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_set_forward_is_found_and_what_went_is_wanted_back() {
    let world = world().await;
    let note = noted(&world).await;
    let renewed = renew(&world.instance, None, WHY).unwrap();
    world.clock.advance(11 * DAY_MS);
    assert_eq!(erase(&world.instance, &shares_of(&renewed), note.id).unwrap(), 1);
    assert_eq!((findings(&world), listed(&world)), (vec![], [note.id].into()), "by that clock it is lawful");
    world.clock.advance(-10 * DAY_MS);
    assert_eq!(listed(&world), [].into(), "by the right one it is not");
    courier::renew(&world.instance).unwrap();
    assert_eq!(findings(&world), ["content"], "and the log shows it");
    let read = world.instance.read().unwrap();
    let keys = pause::RecoveryKeys::of(read.as_ref()).unwrap();
    let erased = operator_core::erase::all(read.as_ref()).unwrap().remove(0);
    let at_s = pause::time_of(&erased.statement).unwrap();
    let years_later = at_s + 3_000 * 86_400;
    let judged = keys.judge(erased.leaf_index, at_s, years_later).unwrap();
    assert!(matches!(judged, domain::erasing::Judgement::Void { .. }), "{judged:?}");
    drop(read);

    let folder = tempfile::tempdir().unwrap();
    backup(&world.instance, &folder.path().join("backup")).expect("nobody should be without a backup for it");
    let read = world.instance.read().unwrap();
    let leaf_index = read.entry_by_id(note.id).unwrap().unwrap().leaf_index;
    assert_eq!(read.lost_contents(0, 9).unwrap(), [leaf_index], "devices are asked");
    drop(read);
    let content = Some(Bytes(note.content.clone()));
    let back = Leaf { leaf_index, statement: note.bytes.clone(), content };
    world.instance.transact(|txn, _| fill::take_all(txn, &[back])).unwrap();
    assert_eq!(content_of(&world.instance, note.id), Some(note.content.clone()));
    assert_eq!(findings(&world), Vec::<&str>::new());
    world.instance.want_back().unwrap();
    assert_eq!(world.instance.read().unwrap().lost_contents(0, 9).unwrap(), Vec::<u64>::new(), "once");
    // The same list beside a restored log takes nothing away.
    let to = Folder::at(folder.path().join("restored"));
    fs::create_dir(to.path()).unwrap();
    fs::copy(world.instance.folder.erasures().path(), to.erasures().path()).unwrap();
    let out = folder.path().join("again");
    backup(&world.instance, &out).unwrap();
    restore(&out, to.clone(), false, world.clock.clone(), Arc::new(SystemRng)).unwrap();
    let restored = Instance::open_with(to, world.clock.clone(), Arc::new(SystemRng)).unwrap();
    assert!(content_of(&restored, note.id).is_some());
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_older_backup_ends_no_pause_and_brings_no_key_back() {
    let world = world().await;
    let note = noted(&world).await;
    let first = first_shares(&world);
    let folder = tempfile::tempdir().unwrap();
    let renewed = renew(&world.instance, None, WHY).unwrap();
    let out = folder.path().join("backup");
    backup(&world.instance, &out).unwrap();
    let back = renew(&world.instance, Some(&first), "Біз рұқсат бермедік").unwrap();
    world.clock.advance(11 * DAY_MS);
    let clock: Arc<dyn domain::Clock> = world.clock.clone();
    // With the mark beside it, a log that lacks the objection is not opened.
    let to = Folder::at(folder.path().join("marked"));
    fs::create_dir(to.path()).unwrap();
    fs::copy(world.instance.folder.mark().path(), to.mark().path()).unwrap();
    let said = restore(&out, to, false, clock.clone(), Arc::new(SystemRng)).unwrap_err();
    assert!(matches!(said, BackupError::Mark(_)), "{said}");
    // Without, it waits for what devices know, and erases and renews nothing.
    let to = Folder::at(folder.path().join("bare"));
    restore(&out, to.clone(), false, clock.clone(), Arc::new(SystemRng)).unwrap();
    let restored = Instance::open_with(to, clock, Arc::new(SystemRng)).unwrap();
    let approved = Approved::by(restored.read().unwrap().as_ref(), &shares_of(&renewed)).unwrap();
    let said = erasures::erase(&restored, &approved, &[note.id].into(), "8-бап").unwrap().unwrap_err();
    assert!(matches!(said, EraseError::Store(StoreError::Unavailable(_))), "{said}");
    assert!(content_of(&restored, note.id).is_some());
    assert!(renew(&restored, None, WHY).is_err());
    // Here the objection stands.
    let said = Approved::by(world.instance.read().unwrap().as_ref(), &shares_of(&renewed)).unwrap_err();
    assert!(matches!(said, ApprovalError::OtherKey { .. }), "{said}");
    assert_eq!(erase(&world.instance, &shares_of(&back), note.id).unwrap(), 1);
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_renewed_before_the_log_begins_and_it_begins_once() {
    let world = world().await;
    let dir = tempfile::tempdir().unwrap();
    assert!(Instance::open(Folder::at(dir.path())).is_err(), "no log, no key to renew");
    let size = world.instance.read().unwrap().log_size().unwrap();
    let again = operator::setup::init_with(
        world.instance.folder.clone(),
        &operator::demo::default_identity(),
        world.clock.clone(),
        Arc::new(SystemRng),
    );
    let read = world.instance.read().unwrap();
    assert_eq!(
        (again.is_ok(), read.log_size().unwrap()),
        (false, size),
        "leaf 0 names the first key for ever"
    );
    drop(read);
    world.server.stop().await.unwrap();
}
