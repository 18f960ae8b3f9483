//! What people type, within its limits.

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

/// Start and end of a visit: in the past, in this order, and not longer than a day.
///
/// # Errors
/// [`Failure::BadInput`] with the field that is wrong.
pub(crate) fn period(started_at_ms: i64, finished_at_ms: Option<i64>, now_ms: i64) -> Result<()> {
    const DAY_MS: i64 = 86_400_000;
    /// The oldest visit that can still be entered: later it is a matter of papers, not of this app.
    const OLDEST_MS: i64 = 366 * DAY_MS;
    if started_at_ms > now_ms || started_at_ms < now_ms - OLDEST_MS {
        return Err(Failure::BadInput("started_at_ms"));
    }
    match finished_at_ms {
        Some(end_ms) if end_ms < started_at_ms || end_ms > now_ms || end_ms - started_at_ms > DAY_MS => {
            Err(Failure::BadInput("finished_at_ms"))
        }
        _ => Ok(()),
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
        assert!(period(now_ms - hour, Some(now_ms), now_ms).is_ok());
        assert!(period(now_ms, None, now_ms).is_ok());
        for (start, end, field) in [
            (now_ms + 1, None, "started_at_ms"),
            (now_ms - 400 * 24 * hour, None, "started_at_ms"),
            (now_ms - hour, Some(now_ms - 2 * hour), "finished_at_ms"),
            (now_ms - hour, Some(now_ms + 1), "finished_at_ms"),
            (now_ms - 30 * hour, Some(now_ms), "finished_at_ms"),
        ] {
            assert!(matches!(period(start, end, now_ms), Err(Failure::BadInput(named)) if named == field));
        }
    }
}
