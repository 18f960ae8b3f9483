//! How far this log was ever signed: a file beside the database that only grows. A database from an older backup is
//! found by it before the key signs a second head of one size.
//!
//! It is raised after the transaction and before the answer: a crash in between leaves it low, never high.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use domain::id::Digest;
use journal::merkle::{self, Nodes};
use operator_core::store::{StoreError, StoreRead};

/// Size and root of a signed head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed {
    /// Leaves.
    pub tree_size: u64,
    /// Root over them.
    pub root: Digest,
}

/// Why a log cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum MarkError {
    /// The log ends before what was signed, or goes another way.
    #[error(
        "this log has {found} statements, but heads over {signed} were signed ({path}): it comes from a backup that is \
         older. Going on would contradict what devices hold, and they would be right not to believe it. Restore the \
         newest backup; docs/adr/0006-restored-operator.md says what else there is"
    )]
    Behind {
        /// Leaves in the log.
        found: u64,
        /// Leaves under the last head that was signed.
        signed: u64,
        /// The mark.
        path: PathBuf,
    },
    /// The file holds something else.
    #[error("{0} is not what this program writes: restore it, or look up the last head with a device")]
    Unreadable(PathBuf),
    /// A file.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

struct Tree<'a>(&'a dyn StoreRead);

impl Nodes for Tree<'_> {
    type Error = StoreError;

    fn node(&self, level: u8, index: u64) -> Result<Digest, StoreError> {
        self.0.node(level, index)
    }
}

/// The file.
#[derive(Debug, Clone)]
pub struct Mark(PathBuf);

impl Mark {
    /// The mark at a path, whether it is there or not.
    pub fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    fn io(&self, source: io::Error) -> MarkError {
        MarkError::Io { path: self.0.clone(), source }
    }

    fn parse(&self, text: &str) -> Result<Signed, MarkError> {
        let parts = text.strip_suffix('\n').and_then(|line| line.split_once(' '));
        let signed = parts.and_then(|(size, root)| {
            let root = data_encoding::HEXLOWER.decode(root.as_bytes()).ok()?;
            Some(Signed { tree_size: size.parse().ok()?, root: Digest::from_slice(&root).ok()? })
        });
        signed.ok_or_else(|| MarkError::Unreadable(self.0.clone()))
    }

    /// What was signed last; `None` when the file is not there.
    ///
    /// # Errors
    /// [`MarkError::Unreadable`], [`MarkError::Io`].
    pub fn read(&self) -> Result<Option<Signed>, MarkError> {
        match std::fs::read_to_string(&self.0) {
            Ok(text) => self.parse(&text).map(Some),
            // A link to a disk that is not there is not the same as no mark.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !self.0.is_symlink() => Ok(None),
            Err(error) => Err(self.io(error)),
        }
    }

    /// Raises it to a head that is in the database; a smaller one changes nothing. On the disk when it returns.
    ///
    /// # Errors
    /// [`MarkError::Unreadable`], [`MarkError::Io`].
    pub fn raise(&self, signed: Signed) -> Result<(), MarkError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file: File = options.open(&self.0).map_err(|error| self.io(error))?;
        // The command line may run beside the server.
        file.lock().map_err(|error| self.io(error))?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|error| self.io(error))?;
        if !text.is_empty() && self.parse(&text)?.tree_size >= signed.tree_size {
            return Ok(());
        }
        // One length and less than a sector: written over in place it is the old line or the new one.
        let line =
            format!("{:020} {}\n", signed.tree_size, data_encoding::HEXLOWER.encode(signed.root.as_bytes()));
        file.seek(SeekFrom::Start(0))
            .and_then(|_| file.write_all(line.as_bytes()))
            .and_then(|()| file.sync_data())
            .map_err(|error| self.io(error))
    }

    /// Whether a log that waits for its lost end goes no other way than what was signed, as far as it reaches.
    ///
    /// # Errors
    /// [`MarkError`].
    pub fn check_begun(&self, read: &dyn StoreRead) -> Result<(), MarkError> {
        match self.read()? {
            Some(signed) if read.log_size()? >= signed.tree_size => self.check(read),
            _ => Ok(()),
        }
    }

    /// Whether a log holds all that was signed. Without a mark it is taken as it is.
    ///
    /// # Errors
    /// [`MarkError`].
    pub fn check(&self, read: &dyn StoreRead) -> Result<(), MarkError> {
        let Some(signed) = self.read()? else { return Ok(()) };
        let found = read.log_size()?;
        if found < signed.tree_size || merkle::root(&Tree(read), signed.tree_size)? != signed.root {
            return Err(MarkError::Behind { found, signed: signed.tree_size, path: self.0.clone() });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(tree_size: u64) -> Signed {
        Signed { tree_size, root: Digest::from_bytes([tree_size as u8; 32]) }
    }

    #[test]
    fn it_only_grows_and_a_spoilt_one_stops_everything() {
        let folder = tempfile::tempdir().unwrap();
        let mark = Mark::at(folder.path().join("signed-head"));
        assert_eq!(mark.read().unwrap(), None);
        for (raised, expected) in [(3, 3), (9, 9), (4, 9), (120, 120)] {
            mark.raise(signed(raised)).unwrap();
            assert_eq!(mark.read().unwrap(), Some(signed(expected)));
        }
        std::fs::write(mark.path(), "0").unwrap();
        assert!(matches!(mark.read(), Err(MarkError::Unreadable(_))));
        assert!(matches!(mark.raise(signed(121)), Err(MarkError::Unreadable(_))));
    }
}
