//! Room for visits that is kept while the disk fills: a file beside the database that is given up when a commit finds no
//! room. Others may fill the disk; what was promised at the door is kept all the same.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Size of the file. A visit at one child with note and position, its indexes and the log of the transaction need about
/// 200 KiB of it.
pub(crate) const RESERVE_BYTES: usize = 1024 * 1024;

/// What opening needs where nothing is left: the index beside the log, up to 32 KiB for each 4,000 pages of it, and the few
/// pages that it writes.
const OPENING_BYTES: u64 = 256 * 1024;

/// The file.
#[derive(Debug)]
pub(crate) struct Reserve(PathBuf);

impl Reserve {
    pub(crate) fn beside(database: &Path) -> Self {
        let mut name = database.as_os_str().to_owned();
        name.push("-reserve");
        Self(name.into())
    }

    /// Makes it unless it is there whole.
    ///
    /// # Errors
    /// Those of the file system; then what was there of it stays.
    pub(crate) fn ensure(&self) -> io::Result<()> {
        let there_bytes = fs::metadata(&self.0).map_or(0, |facts| facts.len());
        if there_bytes == RESERVE_BYTES as u64 {
            return Ok(());
        }
        let made = self.make(there_bytes);
        if made.is_err() {
            self.cut_to(there_bytes);
        }
        made
    }

    fn make(&self, there_bytes: u64) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file: File = options.open(&self.0)?;
        let bytes = incompressible();
        let missing = usize::try_from(there_bytes).ok().and_then(|there| bytes.get(there..));
        match missing {
            Some(missing) => file.write_all(missing)?,
            // Not by this handle: Windows lets one that only appends change no length.
            None => return self.shortened_to(RESERVE_BYTES as u64)?.sync_all(),
        }
        file.sync_all()
    }

    fn shortened_to(&self, length_bytes: u64) -> io::Result<File> {
        let file = OpenOptions::new().write(true).open(&self.0)?;
        file.set_len(length_bytes)?;
        Ok(file)
    }

    fn cut_to(&self, length_bytes: u64) -> bool {
        match length_bytes {
            0 => self.release(),
            _ => self.shortened_to(length_bytes).is_ok(),
        }
    }

    /// Gives up as much of it as opening needs; the rest stays for a visit. Returns whether there was any.
    pub(crate) fn lend(&self) -> bool {
        fs::metadata(&self.0).is_ok_and(|facts| self.cut_to(facts.len().saturating_sub(OPENING_BYTES)))
    }

    /// Gives it up. Returns whether there was anything to give.
    pub(crate) fn release(&self) -> bool {
        fs::remove_file(&self.0).is_ok()
    }
}

/// Bytes that a compressing file system stores as they are; they mean nothing and hide nothing.
fn incompressible() -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(RESERVE_BYTES);
    while bytes.len() < RESERVE_BYTES {
        // xorshift64.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_room_and_gives_it_back() {
        let folder = tempfile::tempdir().unwrap();
        let reserve = Reserve::beside(&folder.path().join("journal.db"));
        assert!(!reserve.release(), "nothing is there yet");
        reserve.ensure().unwrap();
        let file = folder.path().join("journal.db-reserve");
        assert_eq!(fs::metadata(&file).unwrap().len(), RESERVE_BYTES as u64);
        fs::write(&file, b"half of it").unwrap();
        reserve.ensure().unwrap();
        assert_eq!(fs::metadata(&file).unwrap().len(), RESERVE_BYTES as u64, "a half one is made whole");
        assert!(reserve.lend());
        assert_eq!(
            fs::metadata(&file).unwrap().len(),
            RESERVE_BYTES as u64 - OPENING_BYTES,
            "the rest stays"
        );
        reserve.ensure().unwrap();
        assert_eq!(fs::metadata(&file).unwrap().len(), RESERVE_BYTES as u64, "and is made whole again");
        fs::write(&file, vec![0; 2 * RESERVE_BYTES]).unwrap();
        reserve.ensure().unwrap();
        assert_eq!(fs::metadata(&file).unwrap().len(), RESERVE_BYTES as u64, "one that is too long is cut");
        assert!(reserve.release() && !file.exists());
        assert!(!reserve.lend(), "there is none any more");
    }
}
