//! A profile folder: its name, by which the system's key store keeps the secrets of two of them apart, and that one
//! app at a time has it open, because two writers of one account would fork its series.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use domain::Rng;
use parking_lot::Mutex;

use crate::errors::{Failure, Result};
use crate::file;

const FILE: &str = "profile.id";
const LOCK: &str = "profile.lock";

/// The lock of a profile folder. The system takes it away with the process, however that ends.
pub(crate) struct Hold {
    path: PathBuf,
    held: Mutex<Option<File>>,
}

impl Hold {
    /// Not taken yet.
    pub(crate) fn of(profile: &Path) -> Self {
        Self { path: profile.join(LOCK), held: Mutex::new(None) }
    }

    /// Takes it, or goes on having it: asked again with each look at the state, so that closing the other app helps.
    ///
    /// # Errors
    /// [`Failure::AlreadyOpen`], and those of the file system.
    pub(crate) fn take(&self) -> Result<()> {
        let mut held = self.held.lock();
        if held.is_some() {
            return Ok(());
        }
        let file = open_lock(&self.path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Failure::AlreadyOpen),
            Err(TryLockError::Error(error)) => {
                // A file system without locks: better one app without this help than none.
                tracing::warn!(kind = ?error.kind(), "the profile folder cannot be locked");
            }
        }
        *held = Some(file);
        Ok(())
    }
}

/// The random id of the profile folder, made at the first call. It stays when the folder is moved or renamed.
///
/// # Errors
/// Those of the file system; an id that was damaged is [`io::ErrorKind::InvalidData`], because another one would
/// lose the way to every secret.
pub fn profile_id(profile: &Path, rng: &dyn Rng) -> io::Result<String> {
    std::fs::create_dir_all(profile)?;
    let path = profile.join(FILE);
    if let Some(bytes) = file::read(&path)? {
        let id = String::from_utf8(bytes).ok().map(|id| id.trim().to_owned());
        return id
            .filter(|id| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()))
            .ok_or_else(|| io::ErrorKind::InvalidData.into());
    }
    // Two apps may be started at the same moment: the later one waits and takes the id of the other.
    let lock = open_lock(&profile.join(LOCK))?;
    if let Err(error) = lock.lock() {
        tracing::warn!(kind = ?error.kind(), "the profile folder cannot be locked");
    }
    if path.exists() {
        drop(lock);
        return profile_id(profile, rng);
    }
    let id = data_encoding::HEXLOWER.encode(&rng.array::<16>());
    file::replace(&path, id.as_bytes())?;
    Ok(id)
}

fn open_lock(path: &Path) -> io::Result<File> {
    File::options().write(true).create(true).truncate(false).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::SeededRng;

    #[test]
    fn an_id_stays_and_a_damaged_one_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let rng = SeededRng::new(1);
        let id = profile_id(folder.path(), &rng).unwrap();
        assert_eq!(profile_id(folder.path(), &rng).unwrap(), id);
        std::fs::write(folder.path().join(FILE), b"?").unwrap();
        assert_eq!(profile_id(folder.path(), &rng).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn two_apps_that_start_at_once_go_by_one_id() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let ids: Vec<String> = std::thread::scope(|scope| {
                let start = |seed| {
                    let folder = folder.path();
                    scope.spawn(move || profile_id(folder, &SeededRng::new(seed)).unwrap())
                };
                let starting: Vec<_> = (0..4).map(start).collect();
                starting.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        }
    }

    #[test]
    fn a_profile_is_open_once_until_it_is_let_go() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (Hold::of(folder.path()), Hold::of(folder.path()));
        first.take().unwrap();
        first.take().unwrap();
        assert!(matches!(second.take(), Err(Failure::AlreadyOpen)));
        drop(first);
        second.take().unwrap();
    }
}
