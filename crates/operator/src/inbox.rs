//! Recovery files that devices handed over: received in parts, kept sealed until two officers open them.
//!
//! ```text
//! recovery/<sha256>.part            what came so far
//!         /<sha256>.esep-recovery   whole, its digest checked
//!         /<sha256>.json            who handed it over and when
//! ```

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use domain::id::{Digest, PersonId};
use recovery::pack::{self, MAX_PACK_BYTES};
use serde::{Deserialize, Serialize};
use wire::recovery::{MAX_PART_BYTES, RecoveryPart};

use crate::Folder;

/// Files of one person that are kept at a time: somebody who forgets the PIN that often needs another kind of help.
const MAX_FILES_OF_PERSON: usize = 8;

/// So much may the files of one person have together, as announced.
const MAX_BYTES_OF_PERSON: u64 = 2 * MAX_PACK_BYTES;

/// Why a part is not taken.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// Too long: the part or the file.
    #[error("a part holds at most 1 MiB and a recovery file 1 GiB")]
    TooLarge,
    /// Too many files of this person.
    #[error("too many or too large recovery files of this person: have the operator open or remove some")]
    TooMany,
    /// All recovery files together fill what the settings give them.
    #[error("the room for recovery files is full: have the operator remove some or give them more")]
    Full,
    /// The whole does not have its digest, or is no recovery file, and what came was thrown away; or it has another length
    /// than was announced first.
    #[error("what came is not the recovery file that was announced")]
    NotThatFile,
    /// The disk.
    #[error("recovery files cannot be kept: {0}")]
    Io(#[from] io::Error),
}

/// What stands beside a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// SHA-256 of the file.
    pub file: String,
    /// Whose device handed it over.
    pub person: String,
    /// Length of the whole file.
    pub length_bytes: u64,
    /// When its first part came, UTC ms.
    pub begun_at_ms: i64,
    /// When officers opened it last, UTC ms.
    pub opened_at_ms: Option<i64>,
}

/// The folder of recovery files.
#[derive(Debug, Clone)]
pub struct Inbox(PathBuf);

impl Inbox {
    /// Of an operator's folder.
    pub fn of(folder: &Folder) -> Self {
        Self(folder.recovery_files())
    }

    fn path(&self, file: &str, suffix: &str) -> PathBuf {
        self.0.join(format!("{file}.{suffix}"))
    }

    /// The whole file of that digest.
    pub fn whole(&self, file: &str) -> PathBuf {
        self.path(file, "esep-recovery")
    }

    /// Keeps a part and says how much is there. A part that does not begin where the last one ended changes nothing.
    /// All files together hold at most `total_bytes`.
    ///
    /// # Errors
    /// [`InboxError`].
    pub fn receive(
        &self,
        person: PersonId,
        part: &RecoveryPart,
        total_bytes: u64,
        now_ms: i64,
    ) -> Result<u64, InboxError> {
        if part.length_bytes > MAX_PACK_BYTES || part.part.len() > MAX_PART_BYTES {
            return Err(InboxError::TooLarge);
        }
        let file = part.file.to_string();
        if self.whole(&file).exists() {
            return Ok(part.length_bytes);
        }
        private_folder(&self.0)?;
        self.note(&file, person, part.length_bytes, now_ms)?;
        let path = self.path(&file, "part");
        let have_bytes = length(&path)?;
        let end = have_bytes.saturating_add(part.part.len() as u64);
        if part.from_bytes != have_bytes || part.part.is_empty() {
            return Ok(have_bytes);
        }
        if end > part.length_bytes {
            return self.throw_away(&file);
        }
        if self.held_bytes()?.saturating_add(part.part.len() as u64) > total_bytes {
            return Err(InboxError::Full);
        }
        let mut out = append(&path)?;
        out.write_all(&part.part)?;
        out.sync_all()?;
        if end == part.length_bytes {
            self.complete(&file, part.file)?;
        }
        Ok(end)
    }

    /// What is really there, whole or begun: what is only announced takes no room from others.
    fn held_bytes(&self) -> io::Result<u64> {
        fs::read_dir(&self.0)?.try_fold(0, |sum: u64, entry| Ok(sum.saturating_add(entry?.metadata()?.len())))
    }

    /// Notes who hands it over, once.
    fn note(&self, file: &str, person: PersonId, length_bytes: u64, now_ms: i64) -> Result<(), InboxError> {
        let known = self.list()?;
        if let Some(noted) = known.iter().find(|received| received.file == file) {
            // What the person's files have together is counted by what was announced first.
            let is_same = noted.length_bytes == length_bytes;
            return if is_same { Ok(()) } else { Err(InboxError::NotThatFile) };
        }
        let person = person.to_string();
        let of_person: Vec<&Received> = known.iter().filter(|received| received.person == person).collect();
        let bytes = of_person.iter().fold(length_bytes, |sum, file| sum.saturating_add(file.length_bytes));
        if of_person.len() >= MAX_FILES_OF_PERSON || bytes > MAX_BYTES_OF_PERSON {
            return Err(InboxError::TooMany);
        }
        let file = file.to_owned();
        self.write(&Received { file, person, length_bytes, begun_at_ms: now_ms, opened_at_ms: None })
    }

    fn write(&self, received: &Received) -> Result<(), InboxError> {
        let path = self.path(&received.file, "json");
        let fresh = self.path(&received.file, "json.new");
        fs::remove_file(&fresh).or_else(absent_is_fine)?;
        let mut out = crate::folder::private_file(&fresh)?;
        out.write_all(&serde_json::to_vec_pretty(received).map_err(io::Error::other)?)?;
        out.sync_all()?;
        Ok(fs::rename(fresh, path)?)
    }

    fn complete(&self, file: &str, digest: Digest) -> Result<(), InboxError> {
        let path = self.path(file, "part");
        let is_right = pack::hash(&mut File::open(&path)?)? == digest
            && pack::read_head(&mut File::open(&path)?).is_ok();
        if !is_right {
            return self.throw_away(file);
        }
        fs::rename(&path, self.whole(file))?;
        Ok(sync(&self.0)?)
    }

    /// What came is not what was announced.
    fn throw_away<T>(&self, file: &str) -> Result<T, InboxError> {
        for suffix in ["part", "json"] {
            fs::remove_file(self.path(file, suffix)).or_else(absent_is_fine)?;
        }
        Err(InboxError::NotThatFile)
    }

    /// What was handed over, in the order in which it came; also what did not come to its end.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn list(&self) -> Result<Vec<Received>, InboxError> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut received = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                let read: Result<Received, _> = serde_json::from_slice(&fs::read(&path)?);
                received.push(read.map_err(io::Error::other)?);
            }
        }
        received.sort_by(|a, b| (a.begun_at_ms, &a.file).cmp(&(b.begun_at_ms, &b.file)));
        Ok(received)
    }

    /// Notes that officers opened it.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn opened(&self, received: &Received, now_ms: i64) -> Result<(), InboxError> {
        self.write(&Received { opened_at_ms: Some(now_ms), ..received.clone() })
    }
}

fn length(path: &Path) -> io::Result<u64> {
    match fs::metadata(path) {
        Ok(facts) => Ok(facts.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error),
    }
}

fn append(path: &Path) -> io::Result<File> {
    match crate::folder::private_file(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            OpenOptions::new().append(true).open(path)
        }
        opened => opened,
    }
}

pub(crate) fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn absent_is_fine(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}
