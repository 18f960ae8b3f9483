//! How far a person has read one version: kept until it is accepted, also over a restart.

use std::collections::BTreeMap;

use domain::agreement::AgreementKind;
use domain::content::Locale;
use domain::id::{PersonId, StatementId};
use serde::{Deserialize, Serialize};
use store::Reader;

use crate::errors::{Failure, Result};

/// The evidence so far. Times are UTC ms by this device's clock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    opened: BTreeMap<Locale, i64>,
    end_reached: BTreeMap<Locale, i64>,
    ticks: BTreeMap<u8, (bool, i64)>,
}

impl Progress {
    /// Name of the small value that holds it. Reading begins anew after what ended an acceptance: who comes back to an
    /// agreement reads and ticks it again.
    pub(crate) fn name(document: AgreementKind, version: u32, after: Option<StatementId>) -> String {
        let after = after.map(|ended| format!("/{ended}")).unwrap_or_default();
        format!("reading/{}/{version}{after}", document.as_str())
    }

    /// As it was kept; nothing for a version that was never opened.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) fn read(
        reader: &Reader<'_>,
        person: PersonId,
        document: AgreementKind,
        version: u32,
    ) -> Result<Self> {
        let after = reader.ended_by(person, document)?;
        let kept = reader.get(&Self::name(document, version, after))?;
        Ok(kept.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
    }

    /// For the store.
    ///
    /// # Errors
    /// [`Failure::Bug`].
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(|_| Failure::Bug("reading progress"))
    }

    /// The text in that language is on screen; only the first time counts.
    pub(crate) fn opened(&mut self, locale: Locale, now_ms: i64) {
        self.opened.entry(locale).or_insert(now_ms);
    }

    /// Its end was on screen; only the first time counts, and only for a text that was opened.
    pub(crate) fn end_reached(&mut self, locale: Locale, now_ms: i64) {
        if self.opened.contains_key(&locale) {
            self.end_reached.entry(locale).or_insert(now_ms);
        }
    }

    /// A confirmation was changed; the last time counts.
    pub(crate) fn ticked(&mut self, number: u8, accepted: bool, now_ms: i64) {
        self.ticks.insert(number, (accepted, now_ms));
    }

    /// A confirmation and when it was last changed.
    pub(crate) fn tick(&self, number: u8) -> Option<(bool, i64)> {
        self.ticks.get(&number).copied()
    }

    /// Numbers that are ticked.
    pub(crate) fn ticked_numbers(&self) -> Vec<u8> {
        self.ticks.iter().filter(|(_, (accepted, _))| *accepted).map(|(number, _)| *number).collect()
    }

    /// Whether the end of the text in that language was on screen.
    pub(crate) fn has_reached_end(&self, locale: Locale) -> bool {
        self.end_reached.contains_key(&locale)
    }

    /// When the text in that language was opened and when its end was on screen.
    pub(crate) fn evidence(&self, locale: Locale) -> Option<(i64, i64)> {
        Some((*self.opened.get(&locale)?, *self.end_reached.get(&locale)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_times_stay_and_ticks_follow_the_person() {
        let mut progress = Progress::default();
        progress.end_reached(Locale::Kk, 5);
        assert_eq!(progress.evidence(Locale::Kk), None, "no end without opening");
        progress.opened(Locale::Kk, 10);
        progress.opened(Locale::Kk, 20);
        progress.end_reached(Locale::Kk, 30);
        progress.end_reached(Locale::Kk, 40);
        assert_eq!(progress.evidence(Locale::Kk), Some((10, 30)));
        assert_eq!(progress.evidence(Locale::Ru), None, "another text was not read");
        progress.ticked(1, true, 50);
        progress.ticked(2, true, 51);
        progress.ticked(1, false, 60);
        assert_eq!((progress.ticked_numbers(), progress.tick(1)), (vec![2], Some((false, 60))));
        let kept: Progress = serde_json::from_slice(&progress.to_bytes().unwrap()).unwrap();
        assert_eq!(kept, progress, "kept over a restart");
    }
}
