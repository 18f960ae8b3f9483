//! After a restore nobody here knows whether the log is whole: only devices do. Until an officer has seen what they know
//! nothing is signed. Devices are told to come again, and the size of the log that each of them saw is written down.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use domain::id::KeyId;
use operator_core::store::{BoundKey, StoreError, StoreRead};
use parking_lot::{Mutex, MutexGuard};
use serde::{Deserialize, Serialize};

/// What devices said, by the thumbprint of their key: leaves in the last head that each of them verified.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Heard {
    known_tree_size: BTreeMap<String, u64>,
}

/// How far the question is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Statements in the restored log.
    pub log_size: u64,
    /// Devices in force whose keys the restored log knows.
    pub devices_count: u64,
    /// Those of them that have asked since, or are disbelieved.
    pub heard_count: u64,
    /// Devices that are revoked and have not asked: they may push and hand back, and a late push may have been answered
    /// since the backup.
    pub revoked_unheard: BTreeSet<String>,
    /// Devices that saw a longer log, and its size.
    pub longer: BTreeMap<String, u64>,
    /// Devices that an officer left out.
    pub disbelieved: BTreeSet<String>,
}

/// The file that says so.
#[derive(Debug)]
pub struct Restored {
    path: PathBuf,
    working: Mutex<()>,
}

/// Held by whoever takes in what devices say, or puts it together: one thread of one process. Without it a server could
/// begin the waiting anew that `resume` has just ended, with what was erased in it.
#[derive(Debug)]
pub struct Exclusive<'a> {
    restored: &'a Restored,
    _thread: MutexGuard<'a, ()>,
    _process: File,
}

impl Restored {
    /// The file at a path, whether it is there or not.
    pub fn at(path: PathBuf) -> Self {
        Self { path, working: Mutex::new(()) }
    }

    /// Begins the waiting.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn begin(&self) -> io::Result<()> {
        self.write(&Heard::default())
    }

    /// Whether the log still waits. A file that cannot be looked at counts as one.
    pub fn is_waiting(&self) -> bool {
        self.path.try_exists().unwrap_or(true)
    }

    /// Waits for the other threads of this process; `None` when another process is at it.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn exclusively(&self) -> io::Result<Option<Exclusive<'_>>> {
        let thread = self.working.lock();
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let process = options.open(self.path.with_extension("lock"))?;
        match process.try_lock() {
            Ok(()) => Ok(Some(Exclusive { restored: self, _thread: thread, _process: process })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Writes down what a device knows, unless another process is about to end the waiting: it asks again.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn hear(&self, key: KeyId, known_tree_size: u64) -> io::Result<()> {
        match self.exclusively()? {
            Some(exclusive) => exclusive.hear(key, known_tree_size),
            None => Ok(()),
        }
    }

    fn write(&self, heard: &Heard) -> io::Result<()> {
        let fresh = self.path.with_extension("new");
        drop(fs::remove_file(&fresh));
        let mut file = crate::folder::private_file(&fresh)?;
        serde_json::to_writer_pretty(&mut file, heard)?;
        file.sync_all()?;
        fs::rename(&fresh, &self.path)
    }

    /// What is known by now. Nobody waits for a device that is disbelieved, and its word counts nothing.
    ///
    /// # Errors
    /// [`StoreError`], also when the file cannot be read.
    pub fn standing(&self, read_log: &dyn StoreRead, disbelieved: &[KeyId]) -> Result<Standing, StoreError> {
        let heard = read(&self.path).map_err(|error| StoreError::Unavailable(error.into()))?.known_tree_size;
        let log_size = read_log.log_size()?;
        let (in_force, revoked): (Vec<_>, Vec<_>) =
            read_log.bound_keys(None)?.into_iter().partition(BoundKey::is_in_force);
        let name = |bound: BoundKey| bound.key.id().to_string();
        let keys: Vec<String> = in_force.into_iter().map(name).collect();
        let disbelieved: BTreeSet<String> = disbelieved.iter().map(ToString::to_string).collect();
        let is_waited_for = |key: &&String| !heard.contains_key(*key) && !disbelieved.contains(*key);
        let heard_count = (keys.len() - keys.iter().filter(is_waited_for).count()) as u64;
        let revoked_unheard = revoked.into_iter().map(name).filter(|key| is_waited_for(&key)).collect();
        let is_longer = |(key, size): &(String, u64)| *size > log_size && !disbelieved.contains(key);
        let longer = heard.into_iter().filter(is_longer).collect();
        let devices_count = keys.len() as u64;
        Ok(Standing { log_size, devices_count, heard_count, revoked_unheard, longer, disbelieved })
    }
}

impl Exclusive<'_> {
    /// Whether the log still waits: somebody else may have ended it before this was held.
    pub fn is_waiting(&self) -> bool {
        self.restored.is_waiting()
    }

    /// Writes down what a device knows; only the largest size counts. Nothing when the waiting is over.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn hear(&self, key: KeyId, known_tree_size: u64) -> io::Result<()> {
        if !self.is_waiting() {
            return Ok(());
        }
        let mut heard = read(&self.restored.path)?;
        let name = key.to_string();
        if heard.known_tree_size.get(&name).is_some_and(|said| *said >= known_tree_size) {
            return Ok(());
        }
        heard.known_tree_size.insert(name, known_tree_size);
        self.restored.write(&heard)
    }

    /// Ends the waiting.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn finish(self) -> io::Result<()> {
        fs::remove_file(&self.restored.path)
    }
}

fn read(path: &Path) -> io::Result<Heard> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}
