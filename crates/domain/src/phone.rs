//! Phone numbers: one stored form (E.164), one shown form, whatever the person typed.
//!
//! # Source
//! Numbering plan of Kazakhstan: country code 7 (shared with Russia), national prefix 8, international prefix 8 10;
//! mobile 700-702, 705-708, 747, 760-764, 771, 775-778, 785; voice over IP 751; fixed 71x and 72x; toll-free 800.
//! Operators change prefixes, so an unknown one is a warning ([`PhoneKind::Unknown`]) and never an error.

use std::fmt;

/// A number in E.164: `+` and 8 to 15 digits. Personal data: `Debug` prints a placeholder, there is no `Serialize`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(String);

/// What the prefix says about the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneKind {
    /// A mobile number of Kazakhstan: can receive a message with a code.
    Mobile,
    /// A fixed line of Kazakhstan.
    Fixed,
    /// Voice over IP.
    Voip,
    /// Toll-free.
    TollFree,
    /// Another country's, or a prefix that this table does not know: worth a second look.
    Unknown,
}

/// Why something is not a phone number. The texts hold nothing of what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// Something else than digits, a leading plus, spaces, hyphens, brackets and dots.
    #[error("a phone number has only digits and a leading plus")]
    NotDigit,
    /// A digit is missing.
    #[error("the phone number is too short")]
    TooShort,
    /// A digit too many.
    #[error("the phone number is too long")]
    TooLong,
}

impl Phone {
    /// Reads a number as a person writes it: `8 701 123 45 67`, `+7 (701) 123-45-67`, `7011234567`.
    ///
    /// # Errors
    /// [`PhoneError`]; a prefix that nobody knows is no error.
    pub fn parse(text: &str) -> Result<Self, PhoneError> {
        let text = text.trim();
        let (international, rest) = match text.strip_prefix('+') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut digits = String::with_capacity(15);
        for c in rest.chars() {
            match c {
                '0'..='9' => digits.push(c),
                '(' | ')' | '.' | '-' | '\u{2010}'..='\u{2013}' => {}
                c if c.is_whitespace() => {}
                _ => return Err(PhoneError::NotDigit),
            }
        }
        let digits = if international { digits } else { to_international(&digits)? };
        let wanted = if digits.starts_with('7') { 11..=11 } else { 8..=15 };
        match digits.len() {
            count if count < *wanted.start() => Err(PhoneError::TooShort),
            count if count > *wanted.end() => Err(PhoneError::TooLong),
            _ => Ok(Self(format!("+{digits}"))),
        }
    }

    /// The stored form, `+77011234567`.
    pub fn as_e164(&self) -> &str {
        &self.0
    }

    /// The shown form, `+7 701 123 45 67`; another country's number is shown as stored, its groups are not known.
    pub fn display(&self) -> String {
        match self.0.strip_prefix("+7") {
            Some(national) => {
                format!("+7 {} {} {} {}", &national[..3], &national[3..6], &national[6..8], &national[8..])
            }
            None => self.0.clone(),
        }
    }

    /// What the prefix says.
    pub fn kind(&self) -> PhoneKind {
        let Some(national) = self.0.strip_prefix("+7") else {
            return PhoneKind::Unknown;
        };
        match &national.as_bytes()[..3] {
            [b'7', b'0', b'0'..=b'2' | b'5'..=b'8']
            | [b'7', b'4', b'7']
            | [b'7', b'6', b'0'..=b'4']
            | [b'7', b'7', b'1' | b'5'..=b'8']
            | [b'7', b'8', b'5'] => PhoneKind::Mobile,
            b"751" => PhoneKind::Voip,
            [b'7', b'1' | b'2', _] => PhoneKind::Fixed,
            b"800" => PhoneKind::TollFree,
            _ => PhoneKind::Unknown,
        }
    }
}

/// Digits with country code from digits that were typed without a plus.
fn to_international(digits: &str) -> Result<String, PhoneError> {
    if let Some(abroad) = digits.strip_prefix("810").filter(|_| digits.len() > 11) {
        return Ok(abroad.to_owned());
    }
    match (digits.len(), digits.as_bytes().first()) {
        // 8 and nine digits are a domestic call with a digit missing, except that 800 is itself an area code.
        (10, Some(b'8')) if !digits.starts_with("800") => Err(PhoneError::TooShort),
        (10, _) => Ok(format!("7{digits}")),
        (11, Some(b'8')) => Ok(format!("7{}", &digits[1..])),
        (11, Some(b'7')) => Ok(digits.to_owned()),
        (count, _) if count < 10 => Err(PhoneError::TooShort),
        (_, Some(b'7' | b'8')) => Err(PhoneError::TooLong),
        // More digits than any number of Kazakhstan: a country code typed without its plus.
        _ => Ok(digits.to_owned()),
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone([sensitive])")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_number_however_it_is_typed() {
        for typed in [
            "+77011234567",
            "87011234567",
            "77011234567",
            "7011234567",
            "8 701 123 45 67",
            "+7 (701) 123-45-67",
            "  8(701)123.45.67 ",
            "+7\u{a0}701\u{2013}123\u{2011}45\u{2011}67",
        ] {
            let phone = Phone::parse(typed).expect(typed);
            assert_eq!(phone.as_e164(), "+77011234567", "{typed}");
            assert_eq!(phone.display(), "+7 701 123 45 67");
        }
    }

    #[test]
    fn prefixes_by_kind() {
        let kind = |prefix: &str| Phone::parse(&format!("+7{prefix}1234567")).expect(prefix).kind();
        for mobile in [
            "700", "701", "702", "705", "706", "707", "708", "747", "760", "761", "762", "763", "764", "771",
            "775", "776", "777", "778", "785",
        ] {
            assert_eq!(kind(mobile), PhoneKind::Mobile, "{mobile}");
        }
        assert_eq!(kind("751"), PhoneKind::Voip);
        assert_eq!(kind("717"), PhoneKind::Fixed);
        assert_eq!(kind("727"), PhoneKind::Fixed);
        assert_eq!(kind("800"), PhoneKind::TollFree);
        for unknown in ["703", "704", "709", "748", "765", "770", "772", "779", "784", "901", "999"] {
            assert_eq!(kind(unknown), PhoneKind::Unknown, "{unknown}: a warning, not an error");
        }
    }

    #[test]
    fn numbers_of_other_countries_are_kept() {
        for typed in ["+998 90 123 45 67", "8 10 998 90 123 45 67", "998901234567"] {
            let phone = Phone::parse(typed).expect(typed);
            assert_eq!((phone.as_e164(), phone.kind()), ("+998901234567", PhoneKind::Unknown), "{typed}");
            assert_eq!(phone.display(), "+998901234567");
        }
    }

    #[test]
    fn what_cannot_be_dialled_is_refused() {
        for (typed, error) in [
            ("", PhoneError::TooShort),
            ("+", PhoneError::TooShort),
            ("701 123 45 6", PhoneError::TooShort),
            ("8 701 123 45 6", PhoneError::TooShort),
            ("+7 701 123 45 6", PhoneError::TooShort),
            ("8 701 123 45 678", PhoneError::TooLong),
            ("+7 701 123 45 678", PhoneError::TooLong),
            ("+9989012345678901", PhoneError::TooLong),
            ("8 701 abc 45 67", PhoneError::NotDigit),
            ("+7 701 +123 45 67", PhoneError::NotDigit),
        ] {
            assert_eq!(Phone::parse(typed), Err(error), "{typed}");
        }
    }

    #[test]
    fn debug_shows_no_digit() {
        let shown = format!("{:?}", Phone::parse("+77011234567").expect("valid"));
        assert!(!shown.chars().any(|c| c.is_ascii_digit()), "{shown}");
    }

    proptest! {
        #[test]
        fn the_stored_and_the_shown_form_read_back(text in "[+0-9 ()-]{0,20}") {
            if let Ok(phone) = Phone::parse(&text) {
                prop_assert_eq!(Phone::parse(phone.as_e164()), Ok(phone.clone()));
                prop_assert_eq!(Phone::parse(&phone.display()), Ok(phone.clone()));
                prop_assert!((9..=16).contains(&phone.as_e164().len()));
            }
        }

        #[test]
        fn any_text_is_answered(text in any::<String>()) {
            let _ = Phone::parse(&text).map(|phone| (phone.kind(), phone.display()));
        }
    }
}
