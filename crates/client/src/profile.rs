//! The name of a profile folder, by which the system's key store keeps the secrets of two of them apart.

use std::io;
use std::path::Path;

use domain::Rng;

use crate::file;

const FILE: &str = "profile.id";

/// The random id of the profile folder, made at the first call. It stays when the folder is moved or renamed.
///
/// # Errors
/// Those of the file system; an id that was damaged is [`io::ErrorKind::InvalidData`], because another one would
/// lose the way to every secret.
pub fn profile_id(profile: &Path, rng: &dyn Rng) -> io::Result<String> {
    std::fs::create_dir_all(profile)?;
    let path = profile.join(FILE);
    if let Some(bytes) = file::read(&path)? {
        let id = String::from_utf8(bytes).ok().map(|id| id.trim().to_owned());
        return id
            .filter(|id| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()))
            .ok_or_else(|| io::ErrorKind::InvalidData.into());
    }
    let id = data_encoding::HEXLOWER.encode(&rng.array::<16>());
    file::replace(&path, id.as_bytes())?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::SeededRng;

    #[test]
    fn an_id_stays_and_a_damaged_one_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let rng = SeededRng::new(1);
        let id = profile_id(folder.path(), &rng).unwrap();
        assert_eq!(profile_id(folder.path(), &rng).unwrap(), id);
        std::fs::write(folder.path().join(FILE), b"?").unwrap();
        assert_eq!(profile_id(folder.path(), &rng).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
