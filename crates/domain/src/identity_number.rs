//! What IIN and BIN share: twelve digits, of which the last controls the others.
//!
//! The control digit is a hint against typing errors, not a proof of identity: the eleventh digit has weight 11
//! in the first pass, so most changes of it go unnoticed. Show the birth date and the name back to the person.

/// Twelve digits whose control digit fits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct IdentityNumber([u8; 12]);

/// What is wrong with the twelve digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NumberError {
    /// Not twelve characters, white space aside.
    Length,
    /// A character that is not an ASCII digit.
    NotDigit,
    /// The control digit does not fit, or none exists for these eleven digits.
    Checksum,
}

const FIRST_PASS: [u32; 11] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const SECOND_PASS: [u32; 11] = [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2];

impl IdentityNumber {
    /// Reads what a person typed or pasted: white space anywhere is dropped.
    pub(crate) fn parse(text: &str) -> Result<Self, NumberError> {
        let mut digits = [0u8; 12];
        let mut count = 0;
        let mut all_digits = true;
        for c in text.chars().filter(|c| !c.is_whitespace()) {
            match c {
                '0'..='9' if count < 12 => digits[count] = c as u8 - b'0',
                '0'..='9' => {}
                _ => all_digits = false,
            }
            count += 1;
        }
        if !all_digits {
            return Err(NumberError::NotDigit);
        }
        if count != 12 {
            return Err(NumberError::Length);
        }
        if control_digit(&digits) == Some(digits[11]) { Ok(Self(digits)) } else { Err(NumberError::Checksum) }
    }

    /// The digit at a place, counted from 1 as the rules count.
    pub(crate) const fn digit(&self, place: usize) -> u8 {
        self.0[place - 1]
    }

    /// Two neighbouring digits as a number; the place of the first is counted from 1.
    pub(crate) const fn pair(&self, place: usize) -> u8 {
        self.0[place - 1] * 10 + self.0[place]
    }

    /// The twelve digits, leading zeros included.
    pub(crate) fn as_digits(&self) -> String {
        self.0.iter().map(|&digit| char::from(b'0' + digit)).collect()
    }

    /// The form for lists: `1807••••9993`.
    pub(crate) fn masked(&self) -> String {
        let digits = self.as_digits();
        format!("{}••••{}", &digits[..4], &digits[8..])
    }
}

/// The control digit of the first eleven; none exists when both passes give 10, and such numbers are not issued.
fn control_digit(digits: &[u8; 12]) -> Option<u8> {
    [FIRST_PASS, SECOND_PASS].iter().find_map(|weights| {
        let sum: u32 = digits.iter().zip(weights).map(|(&digit, weight)| u32::from(digit) * weight).sum();
        // Below 11, so it fits.
        Some((sum % 11) as u8).filter(|&control| control != 10)
    })
}

#[cfg(test)]
pub(crate) mod testing {
    /// Twelve digits with the right control digit, or nothing where none exists.
    pub(crate) fn complete(first_eleven: [u8; 11]) -> Option<String> {
        let mut digits = [0; 12];
        digits[..11].copy_from_slice(&first_eleven);
        digits[11] = super::control_digit(&digits)?;
        Some(digits.iter().map(|&digit| char::from(b'0' + digit)).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn second_pass_decides_where_the_first_gives_ten() {
        // The operator named in the agreements: a validator of one pass refuses it.
        assert!(IdentityNumber::parse("110640022582").is_ok());
    }

    #[test]
    fn eleven_digits_without_a_control_digit_are_never_a_number() {
        for first_eleven in ["99123119900", "00010129929", "85061539819", "26014099922", "26016099911"] {
            for last in '0'..='9' {
                let number = format!("{first_eleven}{last}");
                assert_eq!(IdentityNumber::parse(&number), Err(NumberError::Checksum), "{number}");
            }
        }
    }

    #[test]
    fn a_changed_eleventh_digit_may_pass() {
        // Why the control digit is only a hint.
        assert!(IdentityNumber::parse("850615499997").is_ok());
        assert!(IdentityNumber::parse("850615499907").is_ok());
    }

    #[test]
    fn what_is_not_twelve_digits_says_which_rule_it_breaks() {
        for (text, error) in [
            ("", NumberError::Length),
            ("18070959999", NumberError::Length),
            ("1807095999930", NumberError::Length),
            ("18070959999x", NumberError::NotDigit),
            ("180709-599993", NumberError::NotDigit),
            ("１80709599993", NumberError::NotDigit),
            ("180709599994", NumberError::Checksum),
        ] {
            assert_eq!(IdentityNumber::parse(text), Err(error), "{text}");
        }
    }

    impl std::fmt::Debug for IdentityNumber {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("IdentityNumber")
        }
    }

    proptest! {
        #[test]
        fn one_control_digit_at_most(first_eleven in prop::array::uniform11(0u8..10)) {
            let valid: Vec<String> = (0..10)
                .map(|last| first_eleven.iter().chain([&last]).map(u8::to_string).collect::<String>())
                .filter(|number| IdentityNumber::parse(number).is_ok())
                .collect();
            prop_assert_eq!(valid.first().cloned(), testing::complete(first_eleven));
            prop_assert!(valid.len() <= 1);
        }

        #[test]
        fn spaces_on_paste_do_not_matter(first_eleven in prop::array::uniform11(0u8..10), at in 0usize..12) {
            if let Some(number) = testing::complete(first_eleven) {
                let spaced = format!(" {}\u{a0}{}\n", &number[..at], &number[at..]);
                let parsed = IdentityNumber::parse(&spaced).map(|parsed| parsed.as_digits());
                prop_assert_eq!(parsed, Ok(number));
            }
        }

        #[test]
        fn any_text_is_answered(text in any::<String>()) {
            if let Ok(number) = IdentityNumber::parse(&text) {
                let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
                prop_assert_eq!(number.as_digits(), digits);
            }
        }
    }
}
