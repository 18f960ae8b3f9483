//! The device's clocks and its source of chance.

mod boot;
mod epoch;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Local};
use domain::{Clock, ContinuousTime, Rng};

use boot::Boot;
use epoch::{Epoch, Saved};

/// Name of the file that carries the epoch from one run of the program to the next.
const FILE: &str = "clock-epoch";

/// How long the clock may run on before its file is written again, milliseconds. The file only has to notice that
/// the counter went backwards between two runs; the restart of a device it knows by the name of the boot.
const SAVE_EVERY_MS: u64 = 60_000;

/// The system's clocks.
///
/// The wall clock is a claim of the device. The continuous clock counts sleep within an epoch that has a random name
/// and begins at zero, so that no statement tells when the device was started. The epoch outlives the program and is
/// renewed when the device was restarted, when its counter went backwards, and with every run of the program where
/// the system does not name its boots.
#[derive(Debug)]
pub struct SystemClock {
    file: PathBuf,
    boot: Boot,
    ticking: Mutex<Ticking>,
}

#[derive(Debug)]
struct Ticking {
    epoch: Epoch,
    saved_at_ms: u64,
}

impl SystemClock {
    /// Takes up the epoch kept in `folder`, or begins one.
    ///
    /// A file that cannot be read or written only means that the next run begins an epoch of its own.
    pub fn open(folder: &Path) -> Self {
        let (file, boot) = (folder.join(FILE), Boot::current());
        let now_ms = boot.elapsed_ms();
        let saved = fs::read_to_string(&file).ok().and_then(|text| Saved::parse(&text));
        let epoch = saved
            .and_then(|saved| saved.resume(boot.name(), now_ms))
            .unwrap_or_else(|| Epoch::begin(random_name(), now_ms));
        let clock = Self { file, boot, ticking: Mutex::new(Ticking { epoch, saved_at_ms: now_ms }) };
        clock.save(epoch);
        clock
    }

    fn save(&self, epoch: Epoch) {
        let Some(boot) = self.boot.name() else { return };
        let text = Saved { epoch, boot: boot.to_owned() }.to_text();
        if let Err(error) = replace(&self.file, &text) {
            tracing::warn!(kind = ?error.kind(), "the epoch of the clock could not be kept");
        }
    }
}

/// Writes beside the file and renames, so that a kill in between leaves the old or the new one.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    let fresh = file.with_extension("new");
    fs::write(&fresh, text)?;
    fs::rename(&fresh, file)
}

fn random_name() -> [u8; 8] {
    let chance: &dyn Rng = &SystemRng;
    chance.array()
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one clock that all others stand for")]
    fn utc_ms(&self) -> i64 {
        // A device whose clock stands before 1970 still gets its claim recorded.
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
        }
    }

    fn offset_min(&self) -> i16 {
        let seconds_east = DateTime::from_timestamp_millis(self.utc_ms())
            .map_or(0, |now| now.with_timezone(&Local).offset().local_minus_utc());
        i16::try_from(seconds_east / 60).unwrap_or(0)
    }

    fn continuous(&self) -> ContinuousTime {
        let mut ticking = self.ticking.lock().unwrap_or_else(PoisonError::into_inner);
        // Read under the lock: two callers must not see the counter go backwards by overtaking each other.
        let now_ms = self.boot.elapsed_ms();
        let before = ticking.epoch;
        let time = ticking.epoch.advance(now_ms, random_name);
        if !ticking.epoch.is_same(&before) || now_ms.saturating_sub(ticking.saved_at_ms) >= SAVE_EVERY_MS {
            ticking.saved_at_ms = now_ms;
            self.save(ticking.epoch);
        }
        time
    }
}

/// Chance from the operating system.
#[derive(Debug, Clone, Copy)]
pub struct SystemRng;

impl Rng for SystemRng {
    /// # Panics
    /// When the system has no randomness to give: no key may be made then, and nothing else could go on.
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }
}

#[cfg(test)]
mod tests;
