//! Small files that must survive a power cut: the old text or the new one, never half of either.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

/// Writes beside the file, waits until the disk has it, renames over it and waits for the folder as well.
///
/// # Errors
/// Those of the file system; the old file is untouched then.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let fresh = path.with_extension("new");
    let mut file = File::create(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&fresh, path)?;
    sync_folder(folder)
}

/// Writes over a file where it stands and waits until the disk has it: needs no room on a full disk. For texts of one
/// size within a sector only, because nothing keeps the old one.
///
/// # Errors
/// Those of the file system.
pub(crate) fn overwrite(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::options().write(true).create(true).truncate(false).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Waits until the disk knows the names in a folder.
///
/// # Errors
/// Those of the file system.
#[cfg(unix)]
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Windows keeps names in order by itself and cannot open a folder as a file.
#[cfg(not(unix))]
pub(crate) fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// The bytes of a file, or nothing when there is none.
///
/// # Errors
/// Those of the file system but "not found".
pub(crate) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Removes a file; absent is fine.
///
/// # Errors
/// Those of the file system but "not found".
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    absent_is_fine(fs::remove_file(path))
}

/// Removes a folder with all that it holds; absent is fine.
///
/// # Errors
/// Those of the file system but "not found".
pub(crate) fn remove_folder(path: &Path) -> io::Result<()> {
    absent_is_fine(fs::remove_dir_all(path))
}

fn absent_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        assert_eq!(read(&path).unwrap(), None);
        replace(&path, b"old").unwrap();
        replace(&path, b"new").unwrap();
        assert_eq!(read(&path).unwrap().as_deref(), Some(&b"new"[..]));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        remove(&path).unwrap();
        remove(&path).unwrap();
        remove_folder(&folder.path().join("absent")).unwrap();
    }
}
