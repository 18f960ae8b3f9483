//! How much room the disk has.

use std::path::Path;

use client::ports::Disk;

/// The file system's own answer.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemDisk;

impl Disk for SystemDisk {
    fn free_bytes(&self, folder: &Path) -> Option<u64> {
        fs4::available_space(folder).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_room_and_a_missing_one_none_that_is_known() {
        let folder = tempfile::tempdir().unwrap();
        assert!(SystemDisk.free_bytes(folder.path()).is_some_and(|bytes| bytes > 0));
        assert_eq!(SystemDisk.free_bytes(&folder.path().join("absent")), None);
    }
}
