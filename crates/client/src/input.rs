//! What people type, within its limits.

use std::ops::RangeInclusive;

use crate::errors::{Failure, Result};

/// Longest note, in characters (docs/PROTOCOL.md, `visit-noted`).
const MAX_NOTE_CHARS: usize = 4_000;
/// Longest name of an account.
const MAX_LABEL_CHARS: usize = 40;

/// A text that may be missing; white space around it goes, and nothing but white space is nothing.
///
/// # Errors
/// [`Failure::BadInput`] when it is too long.
pub(crate) fn text(text: Option<String>, field: &'static str) -> Result<Option<String>> {
    let Some(text) = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if text.chars().count() > MAX_NOTE_CHARS { Err(Failure::BadInput(field)) } else { Ok(Some(text)) }
}

/// A text that must be there when `needed`.
///
/// # Errors
/// [`Failure::BadInput`] when it is missing or too long.
pub(crate) fn text_if(needed: bool, given: Option<String>, field: &'static str) -> Result<Option<String>> {
    match text(given, field)? {
        None if needed => Err(Failure::BadInput(field)),
        text => Ok(text),
    }
}

/// How an account is called on the unlock screen.
///
/// # Errors
/// [`Failure::BadInput`] when it is too long.
pub(crate) fn label(text: &str) -> Result<String> {
    let text = text.trim();
    if text.chars().count() > MAX_LABEL_CHARS { Err(Failure::BadInput("label")) } else { Ok(text.to_owned()) }
}

/// A service of the coded list.
///
/// # Errors
/// [`Failure::BadInput`].
pub(crate) fn service(code: String) -> Result<String> {
    match domain::service_catalogue::find(&code) {
        Some(_) => Ok(code),
        None => Err(Failure::BadInput("service")),
    }
}

const DAY_MS: i64 = 86_400_000;
/// The oldest visit that can still be entered: later it is a matter of papers, not of this app.
const OLDEST_MS: i64 = 366 * DAY_MS;

/// The times that a person can mean: not the future, and not too long ago. The device's clock may be wrong either way,
/// and then what the operator signed last (`operator_time_ms`) widens them, because the person knows the time better.
pub(crate) fn possible(now_ms: i64, operator_time_ms: i64) -> RangeInclusive<i64> {
    let latest_ms =
        if now_ms < operator_time_ms { operator_time_ms.saturating_add(OLDEST_MS) } else { now_ms };
    now_ms.min(operator_time_ms).saturating_sub(OLDEST_MS)..=latest_ms
}

/// The start of a visit.
///
/// # Errors
/// [`Failure::BadInput`].
pub(crate) fn start(started_at_ms: i64, possible: &RangeInclusive<i64>) -> Result<()> {
    if possible.contains(&started_at_ms) { Ok(()) } else { Err(Failure::BadInput("started_at_ms")) }
}

/// The end of a visit: after its start, by a day at most, and not in the future. A start that stands already is taken
/// as it is, also when the clock was turned back behind it.
///
/// # Errors
/// [`Failure::BadInput`].
pub(crate) fn end(started_at_ms: i64, finished_at_ms: i64, possible: &RangeInclusive<i64>) -> Result<()> {
    let latest_ms = started_at_ms.saturating_add(DAY_MS).min(started_at_ms.max(*possible.end()));
    if (started_at_ms..=latest_ms).contains(&finished_at_ms) {
        Ok(())
    } else {
        Err(Failure::BadInput("finished_at_ms"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_trimmed_and_bounded() {
        assert_eq!(text(Some("  сөз \n".into()), "note").unwrap().as_deref(), Some("сөз"));
        assert_eq!(text(Some(" \n".into()), "note").unwrap(), None);
        assert!(text(Some("ә".repeat(4_000)), "note").is_ok());
        assert!(matches!(text(Some("ә".repeat(4_001)), "note"), Err(Failure::BadInput("note"))));
        assert!(matches!(text_if(true, Some(" ".into()), "text"), Err(Failure::BadInput("text"))));
        assert!(text_if(false, None, "text").unwrap().is_none());
        assert!(label(&"x".repeat(41)).is_err());
        assert!(service("speech-therapy".into()).is_ok() && service("magic".into()).is_err());
    }

    #[test]
    fn a_visit_is_in_the_past_and_ends_after_it_began() {
        let now_ms = 1_795_000_000_000;
        let hour = 3_600_000;
        let times = possible(now_ms, now_ms - hour);
        assert!(start(now_ms - hour, &times).is_ok() && start(now_ms, &times).is_ok());
        for wrong_ms in [now_ms + 1, now_ms - 400 * 24 * hour] {
            assert!(matches!(start(wrong_ms, &times), Err(Failure::BadInput("started_at_ms"))));
        }
        assert!(end(now_ms - hour, now_ms, &times).is_ok() && end(now_ms, now_ms, &times).is_ok());
        for (started_ms, wrong_ms) in
            [(now_ms - hour, now_ms - 2 * hour), (now_ms - hour, now_ms + 1), (now_ms - 30 * hour, now_ms)]
        {
            let answer = end(started_ms, wrong_ms, &times);
            assert!(matches!(answer, Err(Failure::BadInput("finished_at_ms"))), "{started_ms} {wrong_ms}");
        }
    }

    #[test]
    fn a_wrong_clock_does_not_forbid_the_true_time() {
        let (true_ms, hour) = (1_795_000_000_000_i64, 3_600_000_i64);
        let synced_ms = true_ms - 5 * hour;
        for wrong_ms in [1_420_070_400_000, 2_100_000_000_000] {
            let times = possible(wrong_ms, synced_ms);
            assert!(start(true_ms - hour, &times).is_ok(), "{wrong_ms}");
            assert!(end(true_ms - hour, true_ms, &times).is_ok(), "{wrong_ms}");
        }
        let turned_back = possible(true_ms - hour, synced_ms);
        assert!(end(true_ms, true_ms, &turned_back).is_ok(), "a start behind the clock can still end");
    }
}
