//! Moving a file aside with what SQLite keeps beside it, as one thing.
//!
//! A rename is one step for the system, four are not. The database goes first, under a name that says so: from then on
//! nobody opens it without its log (which would show an older state as the whole) and nobody begins a new one beside the
//! old log. Its final name comes last, when all is together. Whoever comes after a crash goes on where it stopped.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What SQLite keeps beside a database.
const COMPANIONS: [&str; 2] = ["-wal", "-shm"];
/// Ends the name of a database whose companions are not beside it yet.
const MOVING: &str = ".moving";

/// What lies beside a file under its name and a suffix.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The renames in their order.
fn steps(path: &Path, target: &Path) -> Vec<(PathBuf, PathBuf)> {
    let moving = beside(target, MOVING);
    let companions = COMPANIONS.map(|suffix| (beside(path, suffix), beside(target, suffix)));
    let mut steps = vec![(path.to_owned(), moving.clone())];
    steps.extend(companions);
    steps.push((moving, target.to_owned()));
    steps
}

fn run(steps: &[(PathBuf, PathBuf)]) -> io::Result<()> {
    for (from, to) in steps {
        if from.try_exists()? {
            fs::rename(from, to)?;
            sync_folder(to)?;
        }
    }
    Ok(())
}

/// Renames reach the disk in their order.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        fs::File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Ends a move that a crash interrupted.
pub(super) fn finish(path: &Path) -> io::Result<()> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Ok(()) };
    let mut begin = OsString::from(name);
    begin.push(".damaged-");
    let begin = begin.to_string_lossy().into_owned();
    for entry in fs::read_dir(folder)? {
        let found = entry?.file_name().to_string_lossy().into_owned();
        if let Some(target) = found.strip_suffix(MOVING).filter(|target| target.starts_with(&begin)) {
            // The database itself is moved already: what has its name now is another one.
            run(&steps(path, &folder.join(target))[1..])?;
        }
    }
    Ok(())
}

/// Renames a file and what SQLite keeps beside it, so that nothing is deleted: `<name>.damaged-<stamp>`. The store
/// must be closed. Returns the new path. After a crash in between, [`Store::create`](super::Store::create) or the next
/// call ends it.
///
/// # Errors
/// Those of the file system; also when there is such a file already.
pub fn move_aside(path: &Path, stamp: &str) -> io::Result<PathBuf> {
    finish(path)?;
    let target = beside(path, &format!(".damaged-{stamp}"));
    let steps = steps(path, &target);
    for (_, to) in &steps {
        if to.try_exists()? {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
    }
    run(&steps)?;
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{CHILD, SPECIALIST, TestDevice, TestOperator, key, visit};
    use crate::{OpenError, Store};

    /// What is in an account: its first statement, and one that is in the write-ahead log alone.
    const COUNT: u64 = 2;

    /// The files of an account as a killed process leaves them.
    fn killed(folder: &Path) -> PathBuf {
        let mut operator = TestOperator::new();
        let device = TestDevice::bound(&mut operator, SPECIALIST, 0x81);
        let checkpoint = |conn: &rusqlite::Connection| {
            Ok::<_, crate::StoreError>(conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
        };
        device.store.with_reader(checkpoint).unwrap();
        device.state(&[visit(1, SPECIALIST, CHILD).1]);
        let path = folder.join("a.db");
        for suffix in ["", "-wal", "-shm"] {
            fs::copy(beside(device.path(), suffix), beside(&path, suffix)).unwrap();
        }
        let alone = folder.join("alone.db");
        fs::copy(&path, &alone).unwrap();
        assert_eq!(saved(&alone), COUNT - 1, "without its log it looks whole, and is not");
        path
    }

    fn saved(path: &Path) -> u64 {
        let store = Store::open(path, &key()).unwrap();
        store.check_integrity().unwrap();
        store
            .with_reader(|conn| {
                conn.query_row("SELECT count(*) FROM own_statement", [], |row| row.get(0))
                    .map_err(crate::StoreError::from)
            })
            .unwrap()
    }

    #[test]
    fn a_crash_between_any_two_renames_loses_nothing_and_all_opens_afterwards() {
        for done in 0..=4 {
            let folder = tempfile::tempdir().unwrap();
            let path = killed(folder.path());
            let target = beside(&path, ".damaged-1");
            let steps = steps(&path, &target);
            assert_eq!(steps.len(), 4);
            run(&steps[..done]).unwrap();
            // Here the machine stops.
            if done == 0 {
                assert_eq!(saved(&path), COUNT, "as it was");
                continue;
            }
            let opened = Store::open(&path, &key());
            assert!(
                matches!(opened, Err(OpenError::Missing)),
                "after {done}: never without its log: {opened:?}"
            );
            assert_eq!(target.exists(), done == 4, "nor under its new name before all is together");
            drop(Store::create(&path, &key()).unwrap());
            assert_eq!(saved(&path), 0, "a new one");
            assert_eq!(saved(&target), COUNT, "after {done}");
            let left = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
            let left: Vec<_> = left.filter(|name| name.to_string_lossy().ends_with(MOVING)).collect();
            assert!(left.is_empty(), "{left:?}");
        }
    }

    #[test]
    fn the_next_move_ends_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = killed(folder.path());
        run(&steps(&path, &beside(&path, ".damaged-1"))[..1]).unwrap();
        assert!(move_aside(&path, "1").is_err(), "its name is taken");
        assert_eq!(saved(&beside(&path, ".damaged-1")), COUNT);
        let other = folder.path().join("a.db-other.damaged-2.moving");
        fs::write(&other, "of another database").unwrap();
        drop(Store::create(&path, &key()).unwrap());
        assert_eq!(move_aside(&path, "2").unwrap(), beside(&path, ".damaged-2"));
        assert!(other.exists(), "is not this one's");
    }

    #[test]
    fn no_database_is_begun_beside_a_log_that_is_somebodys() {
        let folder = tempfile::tempdir().unwrap();
        let path = killed(folder.path());
        fs::rename(&path, folder.path().join("elsewhere.db")).unwrap();
        let begun = Store::create(&path, &key());
        assert!(matches!(begun, Err(OpenError::Exists)), "{begun:?}");
        assert!(fs::metadata(beside(&path, "-wal")).unwrap().len() > 0, "and the log is there still");
    }
}
