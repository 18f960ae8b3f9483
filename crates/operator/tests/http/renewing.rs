//! Another recovery key: who may make one, what opens with which shares from then on, and what everybody is told.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use domain::content::{Content, OldShares, OperatorKey};
use operator::approval::{ApprovalError, Approved};
use operator::backup::{backup, restore};
use operator::clock::SystemRng;
use operator::recover::{self, Opening, RecoverError};
use operator::renew::{RenewError, keys, renew};
use operator::{Folder, Instance, courier, doctor};
use recovery::pack::DATABASE;
use recovery::salvage::SalvageError;
use recovery::{Opener, Pack, SealedKey, Share};

use crate::device::{World, world};
use crate::erasing::listed;
use crate::main_job::{child_of, visit};

pub(crate) fn read_share(path: &Path) -> Share {
    Share::parse(&fs::read_to_string(path).unwrap()).unwrap()
}

pub(crate) fn opener(paths: &[PathBuf; 2]) -> Opener {
    Opener::of(&read_share(&paths[1]), &read_share(&paths[0])).unwrap()
}

pub(crate) fn stated(instance: &Instance) -> OperatorKey {
    courier::stated(instance.read().unwrap().as_ref()).unwrap().unwrap()
}

/// Shares that an earlier test would find in the folder go to their officers.
fn hand_out(world: &World) -> (tempfile::TempDir, [PathBuf; 2]) {
    let officers = tempfile::tempdir().unwrap();
    let taken = world.instance.folder.recovery_shares().map(|path| {
        let to = officers.path().join(path.file_name().unwrap());
        fs::rename(path, &to).unwrap();
        to
    });
    (officers, taken)
}

pub(crate) fn command(world: &World, words: &[&str], shares: &[&PathBuf]) -> ExitCode {
    let dir = world.instance.folder.path().to_str().unwrap();
    let shares = shares.iter().flat_map(|share| ["--share", share.to_str().unwrap()]);
    let words = ["esep-operator"].iter().chain(words).copied().chain(["--dir", dir]).chain(shares);
    operator::cli::run(words.map(str::to_owned))
}

pub(crate) const RENEW: [&str; 4] = ["recovery", "renew", "--reason", "Қызметкер ауысты"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_officers_renew_and_from_then_on_erasing_needs_the_new_shares() {
    let (world, other) = (world().await, world().await);
    let ((_officers, old), (_others, foreign)) = (hand_out(&world), hand_out(&other));
    let mut specialist = world.ready_device_of(world.named("Сәрсенбаева")).await;
    let child = child_of(&world, &specialist);
    let told = visit(&world, &mut specialist, child);
    specialist.push(&[told.registered.clone(), told.located.clone(), told.note.clone()]).await.unwrap();
    let before = stated(&world.instance);
    let size = || world.instance.read().unwrap().log_size().unwrap();
    let size_before = size();
    let left = || world.instance.folder.shares_left().unwrap();
    let refused: [&[&PathBuf]; 6] = [
        &[],
        &[&old[0]],
        &[&old[0], &old[0]],
        &[&old[0], &foreign[1]],
        &[&foreign[0], &foreign[1]],
        &[&old[0], &old[1], &old[1]],
    ];
    for shares in refused {
        assert_ne!(command(&world, &RENEW, shares), ExitCode::SUCCESS, "{shares:?}");
    }
    let lost = [RENEW.as_slice(), &["--share-lost"]].concat();
    assert_ne!(command(&world, &lost, &[&old[0], &old[1]]), ExitCode::SUCCESS, "they are not lost");
    let silent = ["recovery", "renew", "--reason", " "];
    assert_ne!(command(&world, &silent, &[&old[0], &old[1]]), ExitCode::SUCCESS, "for no reason");
    assert_eq!((size(), left(), stated(&world.instance)), (size_before, vec![], before.clone()));

    assert_eq!(command(&world, &RENEW, &[&old[1], &old[0]]), ExitCode::SUCCESS);
    let now = stated(&world.instance);
    let new = world.instance.folder.renewed_shares(&now.recovery_key);
    assert_eq!(left(), new, "two shares under names of their own");
    assert_eq!(opener(&new).recovery_key().as_slice(), now.recovery_key);
    assert_ne!(now.recovery_key, before.recovery_key);
    let renewed = now.recovery_renewed.clone().unwrap();
    assert_eq!((renewed.shares, renewed.reason.as_str()), (OldShares::Both, "Қызметкер ауысты"));
    let unchanged = OperatorKey {
        recovery_key: before.recovery_key.clone(),
        recovery_renewed: None,
        valid_from_ms: before.valid_from_ms,
        ..now.clone()
    };
    assert_eq!(unchanged, before, "nothing else is another");
    assert_eq!(size(), size_before + 1);
    #[cfg(unix)]
    for share in &new {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(share).unwrap().permissions().mode() & 0o777, 0o600);
    }

    // A share of the officer who left approves nothing any more.
    let id = told.note.id.to_string();
    let erase = ["erase", "--statement", &id, "--basis", "8-бап"];
    assert_ne!(command(&world, &erase, &[&old[0], &old[1]]), ExitCode::SUCCESS);
    assert_ne!(command(&world, &erase, &[&old[0], &new[1]]), ExitCode::SUCCESS);
    assert_ne!(command(&world, &RENEW, &[&old[0], &old[1]]), ExitCode::SUCCESS, "nor renews it");
    let read = world.instance.read().unwrap();
    let said = Approved::by(read.as_ref(), &old.each_ref().map(|path| read_share(path))).unwrap_err();
    let ApprovalError::OtherKey { wanted, given } = &said else { panic!("{said}") };
    assert!(data_encoding::HEXLOWER.encode(&now.recovery_key).starts_with(wanted), "{said}");
    assert!(fs::read_to_string(&old[0]).unwrap().contains(&format!("key {given}")), "{said}");
    drop(read);
    assert!(listed(&world).is_empty());
    assert_eq!(command(&world, &erase, &[&new[0], &new[1]]), ExitCode::SUCCESS);
    assert_eq!(listed(&world), BTreeSet::from([told.note.id]));

    // Every device is told; the log stays whole.
    let coordinator = world.ready_device_of(world.person(&["coordinator"])).await;
    let pulled = coordinator.pull_all().await.contents();
    assert!(pulled.contains(&Content::OperatorKey(now)), "{pulled:?}");
    assert_eq!(world.audit(world.instance.read().unwrap().as_ref()).findings, []);
    world.server.stop().await.unwrap();
    other.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_old_share_the_log_says_so_and_another_change_of_keys_does_not_repeat_it() {
    let world = world().await;
    let first = stated(&world.instance);
    let lost = [RENEW.as_slice(), &["--share-lost"]].concat();
    assert_eq!(command(&world, &lost, &[]), ExitCode::SUCCESS);
    let second = stated(&world.instance);
    assert_eq!(second.recovery_renewed.as_ref().unwrap().shares, OldShares::Lost);
    courier::renew(&world.instance).unwrap();
    let third = stated(&world.instance);
    assert_eq!(third.recovery_key, second.recovery_key);
    assert_ne!(third.courier_key, second.courier_key);
    assert_eq!(third.recovery_renewed, None, "this one changed the courier's key alone");
    let shares = world.instance.folder.renewed_shares(&second.recovery_key).map(|path| read_share(&path));
    renew(&world.instance, Some(&shares), "Тағы біреуі").unwrap();
    let read = world.instance.read().unwrap();
    let keys = keys(read.as_ref()).unwrap();
    let how = |at: usize| keys[at].renewed.as_ref().map(|renewed| renewed.shares);
    assert_eq!([how(0), how(1), how(2)], [None, Some(OldShares::Lost), Some(OldShares::Both)]);
    assert_eq!([&keys[0].recovery_key, &keys[1].recovery_key], [&first.recovery_key, &second.recovery_key]);
    assert_eq!(keys.len(), 3);
    drop(read);

    // What lies in the folder is said with its name, and what nobody was told is told apart.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let owners_only = fs::Permissions::from_mode(0o700);
        fs::set_permissions(world.instance.folder.path(), owners_only).unwrap();
    }
    let (_, stray) = world.instance.folder.add_recovery_shares(&SystemRng).unwrap();
    let checks = doctor::examine(&world.instance.folder).unwrap();
    let files = checks.iter().find(|check| check.name == "files").unwrap();
    let note = files.detail.join("");
    let stray = stray[0].file_name().unwrap().to_str().unwrap();
    assert!(files.ok && note.contains("recovery-2.key belongs to an officer"), "{note}");
    assert!(note.contains(&format!("{stray} is of no recovery key that the log names")), "{note}");
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_opens_with_the_shares_of_the_key_to_which_it_is_sealed_and_with_no_others() {
    let (world, other) = (world().await, world().await);
    let (_officers, old) = hand_out(&world);
    let (old_opener, foreign) = (opener(&old), opener(&other.instance.folder.recovery_shares()));
    let new_opener = {
        let shares = old.each_ref().map(|path| read_share(path));
        opener(&renew(&world.instance, Some(&shares), "Қызметкер ауысты").unwrap().shares)
    };
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, recovery_key: &[u8]| {
        fs::write(folder.path().join(DATABASE), [7; 8_192]).unwrap();
        let key = SealedKey::seal(&[1; 32], recovery_key, "0123456789abcdef").unwrap();
        let path = folder.path().join(name);
        let pack = Pack::of(folder.path(), "0123456789abcdef", 1, key).unwrap();
        pack.write_to(&mut fs::File::create(&path).unwrap()).unwrap();
        path
    };
    let officers = ["Әсем Үлгі", "Ерлан Үлгі"].map(str::to_owned);
    let opening = Opening::new(&officers, "Сынақ өтініші").unwrap();
    let open = |path: &Path, opener: &Opener| {
        recover::open(&world.instance, path, None, opener, &opening).unwrap_err()
    };
    let names = |opener: &Opener| recovery::share::key_name(opener.recovery_key());
    for (sealed_to, not_to) in [(&old_opener, &new_opener), (&new_opener, &old_opener)] {
        let path = file("a", sealed_to.recovery_key());
        let said = open(&path, not_to);
        assert!(
            matches!(&said, RecoverError::OtherShares { wanted, given }
                if *wanted == names(sealed_to) && *given == names(not_to)),
            "{said}"
        );
        // The key was opened: what is inside is no database, and that is another matter.
        let said = open(&path, sealed_to);
        assert!(matches!(said, RecoverError::Salvage(SalvageError::NotReadable)), "{said}");
    }
    assert!(matches!(open(&file("b", old_opener.recovery_key()), &foreign), RecoverError::ForeignShares));
    let said = open(&file("c", foreign.recovery_key()), &new_opener);
    assert!(matches!(&said, RecoverError::ForeignFile(name) if *name == names(&foreign)), "{said}");
    // Somebody wrote another name over that of the key.
    let path = file("d", old_opener.recovery_key());
    let text = |opener: &Opener| data_encoding::BASE64.encode(opener.recovery_key()).into_bytes();
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(44).position(|window| window == text(&old_opener)).unwrap();
    bytes[at..at + 44].copy_from_slice(&text(&new_opener));
    fs::write(&path, bytes).unwrap();
    assert!(matches!(open(&path, &new_opener), RecoverError::Unsealable));
    world.server.stop().await.unwrap();
    other.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_log_that_waits_gets_no_new_key_and_no_stray_shares() {
    let world = world().await;
    let (folder, clock): (_, Arc<dyn domain::Clock>) = (tempfile::tempdir().unwrap(), world.clock.clone());
    let (out, to) = (folder.path().join("backup"), Folder::at(folder.path().join("restored")));
    backup(&world.instance, &out).unwrap();
    restore(&out, to.clone(), false, clock.clone(), Arc::new(SystemRng)).unwrap();
    let restored = Instance::open_with(to, clock, Arc::new(SystemRng)).unwrap();
    let shares = world.instance.folder.recovery_shares().map(|path| read_share(&path));
    let refused = renew(&restored, Some(&shares), "Қызметкер ауысты").unwrap_err();
    assert!(matches!(refused, RenewError::Waiting), "{refused}");
    assert!(restored.folder.shares_left().unwrap().is_empty());
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_renewals_at_one_time_one_counts() {
    let world = world().await;
    let shares = world.instance.folder.recovery_shares().map(|path| read_share(&path));
    let size_before = world.instance.read().unwrap().log_size().unwrap();
    let instance = world.instance.as_ref();
    let outcomes: Vec<Result<_, RenewError>> = std::thread::scope(|scope| {
        let both = [(); 4].map(|()| scope.spawn(|| renew(instance, Some(&shares), "Қызметкер ауысты")));
        both.map(|one| one.join().unwrap()).into_iter().collect()
    });
    let (made, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!((made.len(), refused.len()), (1, 3));
    for outcome in refused {
        let said = outcome.unwrap_err();
        assert!(matches!(said, RenewError::Approval(ApprovalError::OtherKey { .. })), "{said}");
    }
    assert_eq!(instance.read().unwrap().log_size().unwrap(), size_before + 1);
    assert_eq!(made[0].as_ref().unwrap().recovery_key, stated(instance).recovery_key);
    world.server.stop().await.unwrap();
}
