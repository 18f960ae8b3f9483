//! After a restore nobody here knows whether the log is whole: only devices do. Until an officer has seen what they know
//! nothing is signed. Devices are told to come again, and the size of the log that each of them saw is written down.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use domain::id::KeyId;
use operator_core::store::{StoreError, StoreRead};
use parking_lot::Mutex;
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
    /// Those of them that have asked since.
    pub heard_count: u64,
    /// Devices that saw a longer log, and its size.
    pub longer: BTreeMap<String, u64>,
}

/// The file that says so.
#[derive(Debug)]
pub struct Restored {
    path: PathBuf,
    writing: Mutex<()>,
}

impl Restored {
    /// The file at a path, whether it is there or not.
    pub fn at(path: PathBuf) -> Self {
        Self { path, writing: Mutex::new(()) }
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

    /// Writes down what a device knows; only the largest size counts.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn hear(&self, key: KeyId, known_tree_size: u64) -> io::Result<()> {
        let _writing = self.writing.lock();
        let mut heard = read(&self.path)?;
        let name = key.to_string();
        if heard.known_tree_size.get(&name).is_some_and(|said| *said >= known_tree_size) {
            return Ok(());
        }
        heard.known_tree_size.insert(name, known_tree_size);
        self.write(&heard)
    }

    fn write(&self, heard: &Heard) -> io::Result<()> {
        let fresh = self.path.with_extension("new");
        drop(fs::remove_file(&fresh));
        let mut file = crate::folder::private_file(&fresh)?;
        serde_json::to_writer_pretty(&mut file, heard)?;
        file.sync_all()?;
        fs::rename(&fresh, &self.path)
    }

    /// What is known by now.
    ///
    /// # Errors
    /// [`StoreError`], also when the file cannot be read.
    pub fn standing(&self, read_log: &dyn StoreRead) -> Result<Standing, StoreError> {
        let heard = read(&self.path).map_err(|error| StoreError::Unavailable(error.into()))?.known_tree_size;
        let log_size = read_log.log_size()?;
        let in_force = read_log.bound_keys(None)?.into_iter().filter(|bound| bound.is_in_force());
        let keys: Vec<String> = in_force.map(|bound| bound.key.id().to_string()).collect();
        let heard_count = keys.iter().filter(|key| heard.contains_key(*key)).count() as u64;
        let longer = heard.into_iter().filter(|(_, size)| *size > log_size).collect();
        Ok(Standing { log_size, devices_count: keys.len() as u64, heard_count, longer })
    }

    /// Ends the waiting.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn finish(&self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }
}

fn read(path: &Path) -> io::Result<Heard> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}
