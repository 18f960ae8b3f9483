//! Room for visits that is kept while the disk fills: a file beside the database that is given up when a commit finds no
//! room. Others may fill the disk; what was promised at the door is kept all the same.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Size of the file. A visit at one child with note and position, its indexes and the log of the transaction need about
/// 200 KiB of it.
pub(crate) const RESERVE_BYTES: usize = 1024 * 1024;

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
    /// Those of the file system; then nothing of it stays.
    pub(crate) fn ensure(&self) -> io::Result<()> {
        if fs::metadata(&self.0).is_ok_and(|facts| facts.len() == RESERVE_BYTES as u64) {
            return Ok(());
        }
        let made = self.make();
        if made.is_err() {
            self.release();
        }
        made
    }

    fn make(&self) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file: File = options.open(&self.0)?;
        file.write_all(&incompressible())?;
        file.sync_all()
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
        assert!(reserve.release() && !file.exists());
    }
}
