//! A disk that can lose power, run full, and take its process with it at any write.
//!
//! Real SQLite and real SQLCipher write through it to real files. It keeps what was not yet synced, so that a power cut
//! takes exactly that away again. Each device and the operator has one.

mod vfs;

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use parking_lot::{Mutex, MutexGuard};

use crate::chance::Chance;

/// What a power cut leaves of one write that was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Nothing that was not synced is there.
    Everything,
    /// The disk had written some of it by itself, in any order, and one sector may be all that came of a write.
    Some,
}

/// One change of a file that was not synced yet.
struct Change {
    file: PathBuf,
    offset: u64,
    /// What was there before.
    before: Vec<u8>,
    before_len: u64,
    /// What was written; `None` for a truncation to `offset`.
    after: Option<Vec<u8>>,
}

#[derive(Default)]
struct State {
    unsynced: Vec<Change>,
    steps_count: u64,
    dies_at: Option<u64>,
    fills_at: Option<u64>,
    is_dead: bool,
    is_full: bool,
    lies: bool,
}

/// One machine's disk: all databases in one folder.
#[derive(Default)]
pub struct Disk {
    state: Mutex<State>,
}

fn disks() -> MutexGuard<'static, BTreeMap<PathBuf, Arc<Disk>>> {
    static DISKS: OnceLock<Mutex<BTreeMap<PathBuf, Arc<Disk>>>> = OnceLock::new();
    DISKS.get_or_init(Mutex::default).lock()
}

/// Bytes that reach a disk at once or not at all.
const SECTOR: usize = 512;

impl Disk {
    /// Puts everything that SQLite does in a folder on a disk of its own.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn under(folder: &Path) -> std::io::Result<Arc<Self>> {
        vfs::install();
        let disk = Arc::<Self>::default();
        disks().insert(folder.canonicalize()?, Arc::clone(&disk));
        Ok(disk)
    }

    /// Takes the folder off the list.
    pub fn forget(folder: &Path) {
        if let Ok(folder) = folder.canonicalize() {
            disks().remove(&folder);
        }
    }

    fn of(file: &Path) -> Option<Arc<Self>> {
        disks().get(file.parent()?).cloned()
    }

    /// The process ends at the `steps`-th write, sync, truncation or deletion from now on.
    pub fn die_after(&self, steps: u64) {
        let mut state = self.state.lock();
        state.dies_at = Some(state.steps_count + steps);
    }

    /// The disk is full from the `steps`-th of these on.
    pub fn fill_after(&self, steps: u64) {
        let mut state = self.state.lock();
        state.fills_at = Some(state.steps_count + steps);
    }

    /// The process ends now: from here on nothing of what it does reaches the disk.
    pub fn die(&self) {
        self.state.lock().is_dead = true;
    }

    /// The process goes on after all, and nobody takes the room that is left.
    pub fn spare(&self) {
        let mut state = self.state.lock();
        (state.dies_at, state.fills_at) = (None, None);
    }

    /// Whether the process ended.
    pub fn is_dead(&self) -> bool {
        self.state.lock().is_dead
    }

    /// No file can grow, or they can again.
    pub fn set_full(&self, is_full: bool) {
        self.state.lock().is_full = is_full;
    }

    /// Whether no file can grow.
    pub fn is_full(&self) -> bool {
        self.state.lock().is_full
    }

    /// Syncing answers and does nothing, as with `synchronous = OFF`.
    pub fn lie(&self) {
        self.state.lock().lies = true;
    }

    /// Counts one step of the process that would reach the disk; `false`: it ended before.
    fn step(&self) -> bool {
        let mut state = self.state.lock();
        state.steps_count += 1;
        if state.dies_at.is_some_and(|at| state.steps_count >= at) {
            state.is_dead = true;
        }
        state.is_full |= state.fills_at.is_some_and(|at| state.steps_count >= at);
        !state.is_dead
    }

    fn changed(&self, change: Change) {
        self.state.lock().unsynced.push(change);
    }

    fn synced(&self, file: &Path) {
        let mut state = self.state.lock();
        if !state.lies {
            state.unsynced.retain(|change| change.file != file);
        }
    }

    fn deleted(&self, file: &Path) {
        self.state.lock().unsynced.retain(|change| change.file != file);
    }

    /// A new process may begin. Every connection of the one before must be closed.
    pub fn revive(&self) {
        let mut state = self.state.lock();
        state.is_dead = false;
        state.dies_at = None;
    }

    /// Another set of files was put in place: nothing of the one before is pending.
    pub fn replaced(&self) {
        self.state.lock().unsynced.clear();
    }

    /// Takes away what was not synced. Every connection must be closed.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn cut_power(&self, cut: Cut, chance: &mut Chance) -> std::io::Result<()> {
        let mut unsynced = std::mem::take(&mut self.state.lock().unsynced);
        // What was removed as a whole needs nothing of this.
        unsynced.retain(|change| change.file.exists());
        for change in unsynced.iter().rev() {
            let file = OpenOptions::new().write(true).open(&change.file)?;
            file.write_all_at(&change.before, change.offset)?;
            file.set_len(change.before_len)?;
        }
        if cut == Cut::Some {
            unsynced.retain(|_| chance.one_in(2));
            for change in &unsynced {
                let file = OpenOptions::new().write(true).open(&change.file)?;
                match &change.after {
                    Some(bytes) => {
                        let sectors = bytes.len().div_ceil(SECTOR).max(1);
                        let kept = (chance.below(sectors as u64 + 1) as usize * SECTOR).min(bytes.len());
                        file.write_all_at(&bytes[..kept], change.offset)?;
                    }
                    None => file.set_len(change.offset)?,
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
