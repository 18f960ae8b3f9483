//! One line of a case: `[dN] HH:MM[:SS] WHO VERB [WORD...] [name:value...]`, times by the clock on the wall, five hours
//! east of Greenwich.

use std::collections::BTreeMap;

use domain::content::UnavailableReason;

/// A line, taken apart.
#[derive(Debug)]
pub(super) struct Line<'a> {
    /// Milliseconds since the midnight with which the case begins.
    pub(super) at_ms: i64,
    pub(super) who: &'a str,
    pub(super) verb: &'a str,
    pub(super) words: Vec<&'a str>,
    pub(super) named: BTreeMap<&'a str, &'a str>,
    pub(super) day: i64,
}

impl<'a> Line<'a> {
    /// Reads a line; without a day it is the day of the line before.
    pub(super) fn parse(text: &'a str, day: i64) -> Self {
        let mut parts = text.split_whitespace().peekable();
        let day = match parts.peek().and_then(|first| first.strip_prefix('d')).map(str::parse::<i64>) {
            Some(Ok(day)) => {
                parts.next();
                day
            }
            _ => day,
        };
        let mut next = || parts.next().unwrap_or_else(|| panic!("a word is missing: {text}"));
        let (at, who, verb) = (next(), next(), next());
        let (mut words, mut named) = (Vec::new(), BTreeMap::new());
        for part in parts {
            match part.split_once(':') {
                Some((name, value)) => drop(named.insert(name, value)),
                None => words.push(part),
            }
        }
        Self { at_ms: day * 86_400_000 + clock_ms(at), who, verb, words, named, day }
    }

    pub(super) fn word(&self, at: usize) -> &'a str {
        self.words.get(at).unwrap_or_else(|| panic!("word {at} is missing: {self:?}"))
    }

    /// A moment of this line's day, or of the day named before a slash: `08:30`, `d-1/08:30`.
    pub(super) fn moment(&self, name: &str) -> Option<i64> {
        self.named.get(name).map(|text| match text.split_once('/') {
            Some((day, at)) => {
                let day: i64 = day.trim_start_matches('d').parse().unwrap();
                day * 86_400_000 + clock_ms(at)
            }
            None => self.day * 86_400_000 + clock_ms(text),
        })
    }
}

/// `HH:MM` or `HH:MM:SS` in milliseconds.
pub(super) fn clock_ms(text: &str) -> i64 {
    let parts: Vec<i64> =
        text.split(':').map(|part| part.parse().unwrap_or_else(|_| panic!("{text}"))).collect();
    let (hours, minutes) = (parts[0], parts[1]);
    ((hours * 60 + minutes) * 60 + parts.get(2).copied().unwrap_or(0)) * 1_000
}

/// `+2h`, `-40min`, `90s`, `3d` in milliseconds.
pub(super) fn span_ms(text: &str) -> i64 {
    let digits = text.trim_end_matches(char::is_alphabetic);
    let number: i64 = digits.parse().unwrap_or_else(|_| panic!("{text}"));
    number
        * match &text[digits.len()..] {
            "s" => 1_000,
            "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            unit => panic!("{unit} of {text}"),
        }
}

/// `1500m`, `84km`, `-3km` in metres.
pub(super) fn metres(text: &str) -> i64 {
    match text.strip_suffix("km") {
        Some(km) => km.parse::<i64>().unwrap() * 1_000,
        None => text.strip_suffix('m').unwrap_or(text).parse().unwrap_or_else(|_| panic!("{text}")),
    }
}

/// The reason of that code.
pub(super) fn unavailable(code: &str) -> UnavailableReason {
    UnavailableReason::ALL
        .into_iter()
        .find(|reason| serde_json::to_string(reason).unwrap() == format!("\"{code}\""))
        .unwrap_or_else(|| panic!("{code}"))
}
