//! Wrong PINs: a growing delay, and after ten the account locks. Nothing is ever erased for it.
//!
//! The delay runs on the clock that counts sleep, so that turning the wall clock does not shorten it. After a restart
//! of the device that clock begins anew, and so does the delay.
//!
//! The file has one size from the first day and is overwritten in place, so that a full disk keeps nobody out.

use std::path::{Path, PathBuf};

use domain::{Clock, ContinuousTime};
use serde::{Deserialize, Serialize};

use crate::errors::{Failure, Result};
use crate::file;

/// Wrong PINs after which the account locks.
pub(crate) const MAX_WRONG: u32 = 10;
const FILE: &str = "attempts.json";
/// More than it ever needs and less than a sector of any disk, so that it is written whole or not at all.
const SIZE_BYTES: usize = 256;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Saved {
    wrong_count: u32,
    since: ContinuousTime,
}

/// The wrong PINs of one account.
pub(crate) struct Attempts {
    path: PathBuf,
    wrong_count: u32,
    waited_ms: u64,
    since: ContinuousTime,
}

/// Seconds to wait after so many wrong PINs in a row.
pub(crate) const fn delay_s(wrong_count: u32) -> u32 {
    match wrong_count {
        0..=2 => 0,
        3 => 5,
        4 => 15,
        5 => 30,
        6 => 60,
        7 => 300,
        8 => 900,
        _ => 1_800,
    }
}

impl Attempts {
    /// Reads them from the account's folder.
    ///
    /// # Errors
    /// Those of the file system. A file that cannot be read counts as the longest delay, not as none.
    pub(crate) fn read(folder: &Path, clock: &dyn Clock) -> Result<Self> {
        let path = folder.join(FILE);
        let now = clock.continuous();
        let Some(bytes) = file::read(&path)? else {
            return Ok(Self { path, wrong_count: 0, waited_ms: 0, since: now });
        };
        let saved = serde_json::from_slice(&bytes).unwrap_or(Saved {
            wrong_count: MAX_WRONG - 1,
            since: ContinuousTime { epoch: [0; 8], elapsed_ms: 0 },
        });
        let mut attempts = Self { path, wrong_count: saved.wrong_count, waited_ms: 0, since: now };
        if saved.since.epoch == now.epoch || saved.wrong_count == 0 {
            attempts.waited_ms = now.elapsed_ms.saturating_sub(saved.since.elapsed_ms);
        } else {
            attempts.save()?;
        }
        Ok(attempts)
    }

    /// Takes the place on the disk that counting needs, while an account is made.
    ///
    /// # Errors
    /// Those of the file system.
    pub(crate) fn make_room(folder: &Path, clock: &dyn Clock) -> Result<()> {
        let none = Self { path: folder.join(FILE), wrong_count: 0, waited_ms: 0, since: clock.continuous() };
        none.save()
    }

    fn save(&self) -> Result<()> {
        let saved = Saved { wrong_count: self.wrong_count, since: self.since };
        let mut bytes = serde_json::to_vec(&saved).map_err(|_| Failure::Bug("attempts file"))?;
        if bytes.len() > SIZE_BYTES {
            return Err(Failure::Bug("attempts size"));
        }
        bytes.resize(SIZE_BYTES, b' ');
        Ok(file::overwrite(&self.path, &bytes)?)
    }

    /// Seconds until a PIN is taken again, rounded up.
    pub(crate) fn wait_s(&self) -> u32 {
        let left_ms = (u64::from(delay_s(self.wrong_count)) * 1_000).saturating_sub(self.waited_ms);
        u32::try_from(left_ms.div_ceil(1_000)).unwrap_or(u32::MAX)
    }

    /// Ten wrong PINs.
    pub(crate) fn is_locked(&self) -> bool {
        self.wrong_count >= MAX_WRONG
    }

    /// Whether a PIN may be tried now.
    ///
    /// # Errors
    /// [`Failure::PinLocked`], [`Failure::TooManyTries`].
    pub(crate) fn may_try(&self) -> Result<()> {
        match self.wait_s() {
            _ if self.is_locked() => Err(Failure::PinLocked),
            0 => Ok(()),
            wait_s => Err(Failure::TooManyTries { wait_s }),
        }
    }

    /// Counts a try as wrong before it is made.
    ///
    /// # Errors
    /// Those of the file system; then the try must not be made.
    pub(crate) fn count(&mut self, clock: &dyn Clock) -> Result<()> {
        self.wrong_count += 1;
        self.waited_ms = 0;
        self.since = clock.continuous();
        self.save()
    }

    /// The try was right.
    ///
    /// # Errors
    /// Those of the file system.
    pub(crate) fn clear(&mut self) -> Result<()> {
        self.wrong_count = 0;
        self.save()
    }

    /// What a wrong try is answered with.
    pub(crate) fn failure(&self) -> Failure {
        if self.is_locked() { Failure::PinLocked } else { Failure::WrongPin { wait_s: self.wait_s() } }
    }
}
