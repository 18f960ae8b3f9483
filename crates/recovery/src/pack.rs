//! The files of one account as one file: a head that says what follows, then the files as they lie on the disk. They
//! are encrypted, so compressing would gain nothing, and a pack is read from them as it is sent: it needs no room of
//! its own on a full disk.
//!
//! ```text
//! esep-recovery-1\n | length of the head, 4 bytes big-endian | head, JSON | the files, one after the other
//! ```

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use domain::id::Digest;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::sealed::SealedKey;

const MAGIC: &[u8; 16] = b"esep-recovery-1\n";
const MAX_HEAD_BYTES: u32 = 16 * 1024;
/// Largest pack that is taken: an account of ten years has a tenth of it.
pub const MAX_PACK_BYTES: u64 = 1024 * 1024 * 1024;
/// The database.
pub const DATABASE: &str = "journal.db";
/// What a pack may hold, in its order.
const NAMES: [&str; 2] = [DATABASE, "journal.db-wal"];
const BLOCK_BYTES: usize = 64 * 1024;

/// Why something is not a pack.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The files.
    #[error("file: {}", .0.kind())]
    Io(#[from] io::Error),
    /// Something else.
    #[error("this is not a recovery file of this program")]
    NotAPack,
    /// Larger than [`MAX_PACK_BYTES`].
    #[error("the file is larger than 1 GiB")]
    TooLarge,
}

/// What a pack says of itself; nothing personal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Name of the account on its device.
    pub account: String,
    /// When it was set aside, UTC ms by the device's clock.
    pub set_aside_at_ms: i64,
    /// What opens the database.
    pub key: SealedKey,
    /// What follows.
    pub files: Vec<Packed>,
}

/// One file in a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    /// Its name.
    pub name: String,
    /// Its length.
    pub length_bytes: u64,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

/// A pack that is read from the files themselves.
#[derive(Debug)]
pub struct Pack {
    head: Vec<u8>,
    files: Vec<(PathBuf, u64)>,
}

impl Pack {
    /// Over the files of a folder that nobody writes to any more.
    ///
    /// # Errors
    /// [`PackError`]; [`PackError::NotAPack`] when there is no database.
    pub fn of(folder: &Path, account: &str, set_aside_at_ms: i64, key: SealedKey) -> Result<Self, PackError> {
        let (mut packed, mut files) = (Vec::new(), Vec::new());
        for name in NAMES {
            let path = folder.join(name);
            if !path.try_exists()? {
                continue;
            }
            let mut file = File::open(&path)?;
            let length_bytes = file.metadata()?.len();
            let sha256 = hash(&mut file)?.to_string();
            packed.push(Packed { name: name.to_owned(), length_bytes, sha256 });
            files.push((path, length_bytes));
        }
        if packed.first().is_none_or(|file| file.name != DATABASE) {
            return Err(PackError::NotAPack);
        }
        let head = Head { account: account.to_owned(), set_aside_at_ms, key, files: packed };
        let json = serde_json::to_vec(&head).map_err(|_| PackError::NotAPack)?;
        let length = u32::try_from(json.len()).map_err(|_| PackError::TooLarge)?;
        let mut head = MAGIC.to_vec();
        head.extend(length.to_be_bytes());
        head.extend(json);
        let pack = Self { head, files };
        if pack.length_bytes() > MAX_PACK_BYTES { Err(PackError::TooLarge) } else { Ok(pack) }
    }

    /// How long the pack is.
    pub fn length_bytes(&self) -> u64 {
        self.head.len() as u64 + self.files.iter().map(|(_, length)| length).sum::<u64>()
    }

    /// SHA-256 of the pack: its name everywhere.
    ///
    /// # Errors
    /// [`PackError::Io`].
    pub fn digest(&self) -> Result<Digest, PackError> {
        let mut hasher = Sha256::new();
        let mut from = 0;
        loop {
            let part = self.part(from, BLOCK_BYTES)?;
            if part.is_empty() {
                return Ok(Digest::from_bytes(hasher.finalize().into()));
            }
            from += part.len() as u64;
            hasher.update(&part);
        }
    }

    /// Some bytes of the pack, at most so many; none at its end.
    ///
    /// # Errors
    /// [`PackError::Io`], also when a file became shorter.
    pub fn part(&self, from: u64, max_bytes: usize) -> Result<Vec<u8>, PackError> {
        let mut start = self.head.len() as u64;
        if from < start {
            let at = usize::try_from(from).map_err(|_| PackError::NotAPack)?;
            let end = self.head.len().min(at + max_bytes);
            return Ok(self.head[at..end].to_vec());
        }
        for (path, length) in &self.files {
            if from < start + length {
                let mut file = File::open(path)?;
                file.seek(SeekFrom::Start(from - start))?;
                let left = start + length - from;
                let mut bytes = vec![0; usize::try_from(left).unwrap_or(max_bytes).min(max_bytes)];
                file.read_exact(&mut bytes)?;
                return Ok(bytes);
            }
            start += length;
        }
        Ok(Vec::new())
    }

    /// Writes the whole pack.
    ///
    /// # Errors
    /// [`PackError::Io`].
    pub fn write_to(&self, out: &mut dyn Write) -> Result<(), PackError> {
        let mut from = 0;
        loop {
            let part = self.part(from, BLOCK_BYTES)?;
            if part.is_empty() {
                return Ok(());
            }
            from += part.len() as u64;
            out.write_all(&part)?;
        }
    }
}

/// What came out of a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unpacked {
    /// What it says of itself.
    pub head: Head,
    /// Whether each file is what the device packed. If not, what verifies is good all the same.
    pub is_whole: bool,
}

/// Reads the head and leaves the reader at the first file.
///
/// # Errors
/// [`PackError::NotAPack`], [`PackError::Io`].
pub fn read_head(pack: &mut dyn Read) -> Result<Head, PackError> {
    let (mut magic, mut length) = ([0; 16], [0; 4]);
    pack.read_exact(&mut magic).map_err(short)?;
    pack.read_exact(&mut length).map_err(short)?;
    let length = u32::from_be_bytes(length);
    if &magic != MAGIC || length > MAX_HEAD_BYTES {
        return Err(PackError::NotAPack);
    }
    let mut json = vec![0; length as usize];
    pack.read_exact(&mut json).map_err(short)?;
    let head: Head = serde_json::from_slice(&json).map_err(|_| PackError::NotAPack)?;
    // Names become paths: only these, each once, the database first.
    let mut names = NAMES.iter();
    let is_known = head.files.iter().all(|file| names.any(|name| *name == file.name));
    if !is_known || head.files.first().is_none_or(|file| file.name != DATABASE) {
        return Err(PackError::NotAPack);
    }
    Ok(head)
}

fn short(error: io::Error) -> PackError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => PackError::NotAPack,
        _ => PackError::Io(error),
    }
}

/// Takes a pack apart into a folder. A pack that was cut off gives what there is.
///
/// # Errors
/// [`PackError`].
pub fn unpack(pack: &mut dyn Read, folder: &Path) -> Result<Unpacked, PackError> {
    let head = read_head(pack)?;
    let total = head.files.iter().try_fold(0_u64, |sum, file| sum.checked_add(file.length_bytes));
    if total.is_none_or(|total| total > MAX_PACK_BYTES) {
        return Err(PackError::TooLarge);
    }
    let mut is_whole = true;
    for packed in &head.files {
        let path = folder.join(&packed.name);
        let mut file = File::create_new(&path)?;
        io::copy(&mut pack.take(packed.length_bytes), &mut file)?;
        file.sync_all()?;
        is_whole &= hash(&mut File::open(&path)?)?.to_string() == packed.sha256;
    }
    let mut beyond = [0];
    is_whole &= pack.read(&mut beyond)? == 0;
    Ok(Unpacked { head, is_whole })
}

/// SHA-256 of everything that a reader gives.
///
/// # Errors
/// Those of the reader.
pub fn hash(reader: &mut dyn Read) -> io::Result<Digest> {
    let mut hasher = Sha256::new();
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        match reader.read(&mut block)? {
            0 => return Ok(Digest::from_bytes(hasher.finalize().into())),
            count => hasher.update(&block[..count]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed() -> SealedKey {
        let basepoint: [u8; 32] = std::array::from_fn(|at| if at == 0 { 9 } else { 0 });
        SealedKey::seal(&[1; 32], &basepoint, "a").unwrap()
    }

    fn packed() -> (tempfile::TempDir, Pack, Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(DATABASE), vec![7; 100_000]).unwrap();
        std::fs::write(folder.path().join("journal.db-wal"), b"wal").unwrap();
        std::fs::write(folder.path().join("account.json"), b"stays at home").unwrap();
        let pack = Pack::of(folder.path(), "a", 5, sealed()).unwrap();
        let mut bytes = Vec::new();
        pack.write_to(&mut bytes).unwrap();
        (folder, pack, bytes)
    }

    #[test]
    fn a_pack_comes_apart_as_it_was_and_needs_no_copy() {
        let (_folder, pack, bytes) = packed();
        assert_eq!(bytes.len() as u64, pack.length_bytes());
        assert_eq!(hash(&mut &bytes[..]).unwrap(), pack.digest().unwrap());
        assert_eq!(pack.part(99_000, 10).unwrap(), bytes[99_000..99_010]);
        let out = tempfile::tempdir().unwrap();
        let unpacked = unpack(&mut &bytes[..], out.path()).unwrap();
        assert!(unpacked.is_whole);
        assert_eq!((unpacked.head.account.as_str(), unpacked.head.set_aside_at_ms), ("a", 5));
        assert_eq!(std::fs::read(out.path().join("journal.db-wal")).unwrap(), b"wal");
        assert_eq!(std::fs::read(out.path().join(DATABASE)).unwrap(), vec![7; 100_000]);
    }

    #[test]
    fn a_changed_or_cut_pack_says_so_and_still_gives_what_there_is() {
        let (_folder, _, mut bytes) = packed();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        let out = tempfile::tempdir().unwrap();
        assert!(!unpack(&mut &bytes[..], out.path()).unwrap().is_whole);
        let out = tempfile::tempdir().unwrap();
        assert!(!unpack(&mut &bytes[..50_000], out.path()).unwrap().is_whole);
        assert!(out.path().join(DATABASE).exists());
    }

    #[test]
    fn a_foreign_file_and_a_name_that_leads_elsewhere_are_no_packs() {
        let out = tempfile::tempdir().unwrap();
        assert!(matches!(unpack(&mut &b"PK\x03\x04"[..], out.path()), Err(PackError::NotAPack)));
        for names in [vec!["../journal.db"], vec!["journal.db-wal"], vec![DATABASE, DATABASE], vec![]] {
            let file = |name: &&str| Packed { name: (*name).into(), length_bytes: 0, sha256: String::new() };
            let files = names.iter().map(file).collect();
            let head = Head { account: "a".into(), set_aside_at_ms: 0, key: sealed(), files };
            let json = serde_json::to_vec(&head).unwrap();
            let length = u32::try_from(json.len()).unwrap().to_be_bytes();
            let bytes = [&MAGIC[..], &length, &json].concat();
            assert!(matches!(unpack(&mut &bytes[..], out.path()), Err(PackError::NotAPack)), "{names:?}");
        }
    }
}
