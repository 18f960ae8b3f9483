//! Days of the calendar, without a clock: births, effective dates, terms.
//!
//! # Source
//! The proleptic Gregorian calendar of ISO 8601; serialised as `2026-11-05`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A real day between the years 1 and 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Date {
    // The order of the fields is the order of days: `Ord` is derived.
    year: u16,
    month: u8,
    day: u8,
}

/// Why something is not a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Not of the form `2026-11-05`.
    #[error("a date is written as 2026-11-05")]
    Form,
    /// The form is right, the calendar has no such day.
    #[error("the calendar has no such day")]
    NoSuchDay,
}

/// Whether a year has 29 February.
pub const fn is_leap_year(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn days_in_month(year: u16, month: u8) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap_year(year) => 29,
        2 => 28,
        _ => 0,
    }
}

impl Date {
    /// A day of the calendar.
    ///
    /// # Errors
    /// [`DateError::NoSuchDay`].
    pub const fn new(year: u16, month: u8, day: u8) -> Result<Self, DateError> {
        if year == 0 || year > 9999 || day == 0 || day > days_in_month(year, month) {
            return Err(DateError::NoSuchDay);
        }
        Ok(Self { year, month, day })
    }

    /// Year, 1 to 9999.
    pub const fn year(self) -> u16 {
        self.year
    }

    /// Month, 1 to 12.
    pub const fn month(self) -> u8 {
        self.month
    }

    /// Day of the month, 1 to 31.
    pub const fn day(self) -> u8 {
        self.day
    }

    /// The same day a number of years later; 29 February becomes 1 March where the year has none, so that no term
    /// ends a day early. Nothing past the year 9999.
    pub fn plus_years(self, years: u16) -> Option<Self> {
        let year = self.year.checked_add(years).filter(|&year| year <= 9999)?;
        Some(Self::new(year, self.month, self.day).unwrap_or(Self { year, month: 3, day: 1 }))
    }

    /// Days since 1 January 1970, negative before it.
    pub const fn days_since_epoch(self) -> i32 {
        // Years are counted from 1 March, so that the leap day is the last of its year.
        let shifted = (self.month as i32 + 9) % 12;
        let year = self.year as i32 - (self.month <= 2) as i32;
        let of_year = (153 * shifted + 2) / 5 + self.day as i32 - 1;
        365 * year + year / 4 - year / 100 + year / 400 + of_year - 719_468
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Date {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let bytes = text.as_bytes();
        if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
            return Err(DateError::Form);
        }
        let number = |from: usize, to: usize| {
            bytes[from..to].iter().try_fold(0u16, |sum, byte| {
                byte.is_ascii_digit().then(|| sum * 10 + u16::from(byte - b'0')).ok_or(DateError::Form)
            })
        };
        // Two digits fit a byte.
        Date::new(number(0, 4)?, number(5, 7)? as u8, number(8, 10)? as u8)
    }
}

impl TryFrom<String> for Date {
    type Error = DateError;

    fn try_from(text: String) -> Result<Self, DateError> {
        text.parse()
    }
}

impl From<Date> for String {
    fn from(date: Date) -> Self {
        date.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> Date {
        text.parse().expect("a date of the test")
    }

    #[test]
    fn only_real_days_are_dates() {
        for real in ["2000-02-29", "2024-02-29", "1899-12-31", "0001-01-01", "9999-12-31"] {
            assert_eq!(date(real).to_string(), real);
        }
        for unreal in
            ["1900-02-29", "2025-02-29", "2026-04-31", "2026-13-01", "2026-00-10", "2026-01-00", "0000-01-01"]
        {
            assert_eq!(unreal.parse::<Date>(), Err(DateError::NoSuchDay), "{unreal}");
        }
        for malformed in
            ["", "2026-1-05", "05.11.2026", "2026-11-5 ", "+026-11-05", "2026-11-055", "２026-11"]
        {
            assert_eq!(malformed.parse::<Date>(), Err(DateError::Form), "{malformed}");
        }
    }

    #[test]
    fn days_are_counted_from_1970() {
        assert_eq!(date("1970-01-01").days_since_epoch(), 0);
        assert_eq!(date("1969-12-31").days_since_epoch(), -1);
        assert_eq!(date("2000-03-01").days_since_epoch(), 11_017);
        assert_eq!(date("2026-11-05").days_since_epoch(), 20_762);
    }

    #[test]
    fn terms_of_years_keep_the_leap_day_honest() {
        assert_eq!(date("2024-02-29").plus_years(4), Some(date("2028-02-29")));
        assert_eq!(date("2024-02-29").plus_years(5), Some(date("2029-03-01")));
        assert_eq!(date("2026-11-05").plus_years(75), Some(date("2101-11-05")));
        assert_eq!(date("2026-11-05").plus_years(9_000), None);
        assert_eq!(date("2026-11-05").plus_years(u16::MAX), None);
    }

    #[test]
    fn serialised_as_iso() {
        assert_eq!(serde_json::to_string(&date("2026-11-05")).expect("json"), "\"2026-11-05\"");
        assert!(serde_json::from_str::<Date>("\"2026-02-30\"").is_err());
    }

    proptest! {
        #[test]
        fn text_and_count_agree_with_the_order(
            a in (1u16..=9999, 1u8..=12, 1u8..=31), b in (1u16..=9999, 1u8..=12, 1u8..=31),
        ) {
            if let (Ok(a), Ok(b)) = (Date::new(a.0, a.1, a.2), Date::new(b.0, b.1, b.2)) {
                prop_assert_eq!(a.to_string().parse::<Date>(), Ok(a));
                prop_assert_eq!(a.cmp(&b), a.days_since_epoch().cmp(&b.days_since_epoch()));
                prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
            }
        }
    }
}
