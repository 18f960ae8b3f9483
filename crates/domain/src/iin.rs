//! The individual identification number (ЖСН, ИИН) of a person.
//!
//! Restricted data: it never appears in a log, an address, a file name or a notification. `Debug` prints a
//! placeholder and there is no `Serialize`; whoever needs the digits says so with [`Iin::as_digits`].
//!
//! # Source
//! Digits 1 to 6 are the birth date YYMMDD, digit 7 the century and sex, 8 to 11 a serial number, 12 the control
//! digit (Government Resolution No. 565 of 11 June 2003).

use std::fmt;

use crate::date::Date;
use crate::identity_number::{IdentityNumber, NumberError};

/// A number that keeps every rule.
///
/// # Invariants
/// Twelve digits, a fitting control digit, a day that the calendar has. Digit 7 is 1 to 6, or 0 where a person
/// confirmed the number by hand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Iin(IdentityNumber);

/// Why something is not an IIN. The texts hold nothing of what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IinError {
    /// Not twelve digits.
    #[error("an IIN has twelve digits")]
    Length,
    /// Something else than digits and spaces.
    #[error("an IIN has only digits")]
    NotDigit,
    /// A digit was mistyped.
    #[error("the control digit does not fit")]
    Checksum,
    /// The first six digits are not a day of the calendar.
    #[error("the first six digits are not a day of the calendar")]
    ImpossibleDate,
    /// Digit 7 is 7, 8 or 9, which no century has.
    #[error("the seventh digit belongs to no century")]
    UnassignedCentury,
    /// Digit 7 is 0: some foreigners are said to have such numbers, so a person must confirm it by hand, with a
    /// reason ([`Iin::parse_confirmed`]).
    #[error("a number with 0 as its seventh digit must be confirmed by hand")]
    NeedsManualConfirmation,
    /// The confirmation by hand came without a reason.
    #[error("the confirmation by hand needs a reason")]
    ReasonMissing,
}

impl From<NumberError> for IinError {
    fn from(error: NumberError) -> Self {
        match error {
            NumberError::Length => IinError::Length,
            NumberError::NotDigit => IinError::NotDigit,
            NumberError::Checksum => IinError::Checksum,
        }
    }
}

impl Iin {
    /// Reads a number as typed or pasted; white space is dropped.
    ///
    /// # Errors
    /// [`IinError`] by the first broken rule, in the order of its variants.
    pub fn parse(text: &str) -> Result<Self, IinError> {
        let number = IdentityNumber::parse(text)?;
        check_day(&number)?;
        match number.digit(7) {
            0 => Err(IinError::NeedsManualConfirmation),
            1..=6 => Ok(Self(number)),
            _ => Err(IinError::UnassignedCentury),
        }
    }

    /// Reads a number that a person compared with the document, giving the reason why it may have 0 as digit 7.
    /// The caller keeps the reason beside the number.
    ///
    /// # Errors
    /// As [`Iin::parse`], and [`IinError::ReasonMissing`] for a blank reason.
    pub fn parse_confirmed(text: &str, reason: &str) -> Result<Self, IinError> {
        match Self::parse(text) {
            Err(IinError::NeedsManualConfirmation) if reason.trim().is_empty() => {
                Err(IinError::ReasonMissing)
            }
            Err(IinError::NeedsManualConfirmation) => Ok(Self(IdentityNumber::parse(text)?)),
            parsed => parsed,
        }
    }

    /// The birth date to show back to who typed the number; unknown where digit 7 names no century.
    pub fn birth_date(&self) -> Option<Date> {
        let century = century(self.0.digit(7))?;
        Date::new(century + u16::from(self.0.pair(1)), self.0.pair(3), self.0.pair(5)).ok()
    }

    /// The twelve digits, leading zeros included: for storage and for the forms that demand them.
    pub fn as_digits(&self) -> String {
        self.0.as_digits()
    }

    /// The form for lists: `1807••••9993`.
    pub fn masked(&self) -> String {
        self.0.masked()
    }
}

/// The first year of the century that digit 7 names: 1 and 2 the 1800s, 3 and 4 the 1900s, 5 and 6 the 2000s.
const fn century(digit: u8) -> Option<u16> {
    match digit {
        1 | 2 => Some(1800),
        3 | 4 => Some(1900),
        5 | 6 => Some(2000),
        _ => None,
    }
}

/// Checks the day in the century of digit 7; without a century, 29 February gets the benefit of the doubt.
fn check_day(number: &IdentityNumber) -> Result<(), IinError> {
    let year = century(number.digit(7)).map_or(2000, |century| century + u16::from(number.pair(1)));
    Date::new(year, number.pair(3), number.pair(5)).map(|_| ()).map_err(|_| IinError::ImpossibleDate)
}

impl fmt::Debug for Iin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Iin([sensitive])")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::identity_number::testing::complete;

    #[test]
    fn synthetic_persons_of_both_passes() {
        for (first_pass, second_pass, birth_date) in [
            ("991231199991", "991231199096", "1899-12-31"),
            ("000101299993", "000101299288", "1800-01-01"),
            ("850615399990", "850615398188", "1985-06-15"),
            ("850615499997", "850615499692", "1985-06-15"),
            ("000229599999", "000229599896", "2000-02-29"),
            ("191231699996", "191231699588", "2019-12-31"),
            ("180709599993", "180709599297", "2018-07-09"),
        ] {
            for digits in [first_pass, second_pass] {
                let iin = Iin::parse(digits).expect(digits);
                assert_eq!(
                    iin.birth_date().map(|date| date.to_string()).as_deref(),
                    Some(birth_date),
                    "{digits}"
                );
                assert_eq!(iin.as_digits(), digits);
            }
        }
    }

    #[test]
    fn numbers_that_are_not_issued_are_refused_with_any_last_digit() {
        for first_eleven in [
            "99123119900",
            "00010129929",
            "85061539819",
            "85061549962",
            "00022959980",
            "19123169959",
            "18070959925",
        ] {
            for last in 0..10 {
                assert_eq!(Iin::parse(&format!("{first_eleven}{last}")), Err(IinError::Checksum));
            }
        }
    }

    #[test]
    fn each_broken_rule_has_its_own_error() {
        for (text, error, why) in [
            ("000229399996", IinError::ImpossibleDate, "1900 was no leap year"),
            ("000229399999", IinError::Checksum, "a wrong control digit is found before the day"),
            ("850665499997", IinError::ImpossibleDate, "the control digit fits, day 65 does not"),
            ("123456789011", IinError::Checksum, "the number of a test certificate"),
            ("123456789021", IinError::Checksum, "the number of another"),
            ("85061549999", IinError::Length, "eleven digits"),
            ("8506154999977", IinError::Length, "thirteen digits"),
            ("85061549999О", IinError::NotDigit, "a letter for a zero"),
            ("110640022582", IinError::ImpossibleDate, "a business number is no person's"),
        ] {
            assert_eq!(Iin::parse(text), Err(error), "{why}");
        }
    }

    #[test]
    fn spaces_are_dropped_on_paste() {
        let iin = Iin::parse(" 180709 599993\u{a0}\n").expect("pasted with spaces");
        assert_eq!(iin.masked(), "1807••••9993");
    }

    #[test]
    fn debug_shows_no_digit() {
        let shown = format!("{:?}", Iin::parse("180709599993").expect("valid"));
        assert!(!shown.chars().any(|c| c.is_ascii_digit()), "{shown}");
    }

    #[test]
    fn zero_as_seventh_digit_takes_a_person_and_a_reason() {
        let number = complete([8, 5, 0, 6, 1, 5, 0, 9, 9, 9, 1]).expect("a control digit exists");
        assert_eq!(Iin::parse(&number), Err(IinError::NeedsManualConfirmation));
        assert_eq!(Iin::parse_confirmed(&number, "  "), Err(IinError::ReasonMissing));
        let iin = Iin::parse_confirmed(&number, "compared with the residence permit").expect("confirmed");
        assert_eq!(iin.birth_date(), None, "no century, no birth date");
        assert_eq!(Iin::parse_confirmed("850665499997", "typed so"), Err(IinError::ImpossibleDate));
        assert!(Iin::parse_confirmed("180709599993", "").is_ok(), "an ordinary number needs no reason");
    }

    proptest! {
        #[test]
        fn accepted_exactly_when_the_day_and_the_century_exist(
            serial in prop::array::uniform4(0u8..10), yy in 0u8..100, mm in 0u8..14, dd in 0u8..34, seventh in 0u8..10,
        ) {
            let eleven = [
                yy / 10, yy % 10, mm / 10, mm % 10, dd / 10, dd % 10, seventh,
                serial[0], serial[1], serial[2], serial[3],
            ];
            let Some(number) = complete(eleven) else { return Ok(()) };
            let parsed = Iin::parse(&number);
            match century(seventh) {
                Some(century) => {
                    let day = Date::new(century + u16::from(yy), mm, dd).ok();
                    prop_assert_eq!(parsed.ok().and_then(|iin| iin.birth_date()), day);
                    prop_assert_eq!(parsed.is_ok(), day.is_some());
                }
                None => prop_assert!(parsed.is_err()),
            }
        }
    }
}
