//! A folder that lost something says so, and nothing takes its place.

use std::fs;
use std::sync::Arc;

use operator::backup::{BackupError, backup, restore};
use operator::clock::SystemRng;
use operator::folder::FolderError;
use operator::instance::OpenError;
use operator::setup::{SetupError, init};
use operator::{Folder, Instance};

use crate::device::world;
use crate::main_job::{child_of, visit};

fn identity() -> operator::setup::Identity {
    operator::demo::default_identity()
}

fn set_up() -> (tempfile::TempDir, Folder) {
    let temporary = tempfile::tempdir().unwrap();
    let folder = Folder::at(temporary.path());
    drop(init(folder.clone(), &identity()).unwrap());
    (temporary, folder)
}

#[test]
fn a_lost_key_is_not_replaced() {
    let (_kept, folder) = set_up();
    let elsewhere = folder.path().join("operator.key.bak");
    fs::rename(folder.signing_key(), &elsewhere).unwrap();
    let opened = Instance::open(folder.clone()).map(drop).unwrap_err();
    assert!(matches!(opened, OpenError::Folder(FolderError::NoKey { .. })), "{opened}");
    assert!(opened.to_string().contains("restore the key from a backup"), "{opened}");
    let refused = init(folder.clone(), &identity()).map(drop).unwrap_err();
    assert!(matches!(refused, SetupError::Open(OpenError::Folder(FolderError::NoKey { .. }))), "{refused}");
    assert!(!folder.signing_key().exists(), "a new key would not be this operator's");
    fs::rename(&elsewhere, folder.signing_key()).unwrap();
    Instance::open(folder).unwrap();
}

#[test]
fn a_lost_database_is_not_replaced() {
    let (_kept, folder) = set_up();
    fs::remove_file(folder.database()).unwrap();
    let opened = Instance::open(folder.clone()).map(drop).unwrap_err();
    assert!(matches!(opened, OpenError::Folder(FolderError::NoDatabase { .. })), "{opened}");
    let refused = init(folder.clone(), &identity()).map(drop).unwrap_err();
    assert!(matches!(refused, SetupError::Folder(FolderError::NoDatabase { .. })), "{refused}");
    assert!(!folder.database().exists(), "an empty log would deny the lost one");
}

#[test]
fn a_key_of_another_operator_opens_nothing() {
    let ((_kept, folder), (_kept_too, other)) = (set_up(), set_up());
    fs::copy(other.signing_key(), folder.signing_key()).unwrap();
    let opened = Instance::open(folder.clone()).map(drop).unwrap_err();
    assert!(matches!(opened, OpenError::OtherKey { .. }), "{opened}");
    assert!(init(folder, &identity()).is_err());
}

#[test]
fn a_setup_that_was_interrupted_goes_on() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = Folder::at(temporary.path());
    folder.ensure_database().unwrap();
    let opened = Instance::open(folder.clone()).map(drop).unwrap_err();
    assert!(matches!(opened, OpenError::Folder(FolderError::NoKey { .. })), "{opened}");
    drop(init(folder.clone(), &identity()).unwrap());
    // The shares go to the officers: setting up again makes no other ones.
    folder.recovery_shares().iter().for_each(|share| fs::remove_file(share).unwrap());
    assert!(matches!(init(folder.clone(), &identity()).map(drop), Err(SetupError::Already)));
    assert!(folder.recovery_shares().iter().all(|share| !share.exists()));
}

#[test]
fn a_folder_of_somebody_else_stays_as_it_is() {
    let temporary = tempfile::tempdir().unwrap();
    fs::write(temporary.path().join("letter.txt"), "x").unwrap();
    let mode = || fs::metadata(temporary.path()).unwrap().permissions();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(temporary.path(), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let before = mode();
    let refused = init(Folder::at(temporary.path()), &identity()).map(drop).unwrap_err();
    assert!(matches!(refused, SetupError::Folder(FolderError::Foreign(_))), "{refused}");
    let (_kept, folder) = set_up();
    let instance = Instance::open(folder).unwrap();
    let exported =
        operator::export::export(instance.read().unwrap().as_ref(), instance.key.id(), temporary.path());
    assert!(exported.is_err());
    assert_eq!(mode(), before, "nobody is shut out of the own folder");
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 1);
}

#[cfg(unix)]
#[test]
fn what_is_secret_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let temporary = tempfile::tempdir().unwrap();
    let folder = Folder::at(temporary.path().join("operator"));
    drop(init(folder.clone(), &identity()).unwrap());
    let picture = folder.path().join("link.svg");
    fs::write(&picture, "open to all").unwrap();
    let png = folder.path().join("link.png");
    for file in [&picture, &png] {
        operator::qr::write("esep://enrol?a=x", file).unwrap();
    }
    for (path, mode) in [
        (folder.path().to_owned(), 0o700),
        (folder.signing_key(), 0o600),
        (folder.recovery_shares()[0].clone(), 0o600),
        (folder.recovery_shares()[1].clone(), 0o600),
        (folder.database(), 0o600),
        (picture, 0o600),
        (png, 0o600),
    ] {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode, "{}", path.display());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_not_restored_beside_the_log_of_another_database() {
    let world = world().await;
    let mut specialist = world.ready_device_of(world.named("Сәрсенбаева")).await;
    let child = child_of(&world, &specialist);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("backup");
    backup(&world.instance, &out).unwrap();
    let told = visit(&world, &mut specialist, child);
    specialist.push(&[told.registered, told.located, told.note]).await.unwrap();
    let to = Folder::at(folder.path().join("data"));
    fs::create_dir(to.path()).unwrap();
    let clock: Arc<dyn domain::Clock> = world.clock.clone();
    let restored = || restore(&out, to.clone(), true, clock.clone(), Arc::new(SystemRng));
    // What is left where somebody moved the database and the key away, and nothing else.
    fs::copy(world.instance.folder.mark().path(), to.mark().path()).unwrap();
    fs::copy(world.instance.folder.database_log(), to.database_log()).unwrap();
    let refused = restored();
    assert!(matches!(refused, Err(BackupError::InUse(_))), "{refused:?}");
    assert!(
        !to.database().exists() && fs::metadata(to.database_log()).unwrap().len() > 0,
        "all is as it was"
    );
    fs::rename(to.database_log(), folder.path().join("moved-wal")).unwrap();
    restored().unwrap();
    assert!(Instance::open(to).unwrap().store.check_file().unwrap().is_empty());
}
