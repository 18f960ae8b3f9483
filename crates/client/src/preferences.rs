//! Language and look, kept beside the accounts because they are needed before one is open. Nothing personal.

use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use crate::errors::{Failure, Result};
use crate::file;
use crate::ipc::{LocaleCode, Preferences, Theme};

const FILE: &str = "preferences.json";
/// Sizes of text that are offered, in percent.
const TEXT_SCALES: [u16; 4] = [100, 125, 150, 200];

/// The preferences of a profile.
pub(crate) struct Kept {
    path: PathBuf,
    now: Mutex<Preferences>,
}

impl Kept {
    /// Reads them; what is missing or unreadable is Kazakh and the system's look.
    pub(crate) fn open(profile: &Path) -> Self {
        let path = profile.join(FILE);
        let read = file::read(&path).ok().flatten().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let now = read.unwrap_or(Preferences {
            locale: LocaleCode::Kk,
            theme: Theme::System,
            text_scale: TEXT_SCALES[0],
        });
        Self { path, now: Mutex::new(now) }
    }

    /// As they are.
    pub(crate) fn get(&self) -> Preferences {
        self.now.lock().clone()
    }

    /// Keeps others.
    ///
    /// # Errors
    /// [`Failure::BadInput`] for a size of text that is not offered, and those of the file system.
    pub(crate) fn set(&self, preferences: Preferences) -> Result<()> {
        if !TEXT_SCALES.contains(&preferences.text_scale) {
            return Err(Failure::BadInput("text_scale"));
        }
        let bytes = serde_json::to_vec(&preferences).map_err(|_| Failure::Bug("preferences"))?;
        file::replace(&self.path, &bytes)?;
        *self.now.lock() = preferences;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kazakh_until_somebody_chooses_and_then_for_good() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::open(folder.path());
        assert_eq!(kept.get().locale, LocaleCode::Kk);
        let chosen = Preferences { locale: LocaleCode::Ru, theme: Theme::Contrast, text_scale: 150 };
        kept.set(chosen.clone()).unwrap();
        assert_eq!(Kept::open(folder.path()).get(), chosen);
        let huge = kept.set(Preferences { text_scale: 900, ..chosen });
        assert!(matches!(huge, Err(Failure::BadInput("text_scale"))), "a size that no screen was drawn for");
        std::fs::write(folder.path().join(FILE), br#"{"locale":"ru","theme":"light"}"#).unwrap();
        let before = Kept::open(folder.path()).get();
        assert_eq!((before.locale, before.text_scale), (LocaleCode::Ru, 100), "kept before it held a size");
        std::fs::write(folder.path().join(FILE), b"{").unwrap();
        assert_eq!(
            Kept::open(folder.path()).get().locale,
            LocaleCode::Kk,
            "a broken file is no reason to stop"
        );
    }
}
