//! What counts as a PIN: at least 6 digits on a phone, at least 8 characters on a laptop, and nothing that a thief
//! would try first.

use zeroize::Zeroizing;

use crate::errors::{Failure, Result};
use crate::ports::DeviceFacts;

/// Digits on phones.
const PHONE_MIN: usize = 6;
/// Characters on laptops.
const LAPTOP_MIN: usize = 8;
/// Longer than any that a person would type; bounds the work of a mistaken paste.
const MAX: usize = 128;

/// A PIN as typed, wiped from memory when it is dropped.
pub(crate) struct Pin(Zeroizing<String>);

impl Pin {
    /// Takes a PIN for an existing account: whatever was typed, because the rules may have been others then.
    pub(crate) fn typed(pin: String) -> Self {
        Self(Zeroizing::new(pin))
    }

    /// Takes a PIN that is being chosen.
    ///
    /// # Errors
    /// [`Failure::WeakPin`] when it is too short, of the wrong characters or too easily guessed.
    pub(crate) fn chosen(pin: String, facts: &DeviceFacts) -> Result<Self> {
        let pin = Self::typed(pin);
        let letters: Vec<char> = pin.0.chars().collect();
        let right_shape = if facts.is_phone {
            letters.len() >= PHONE_MIN && letters.iter().all(char::is_ascii_digit)
        } else {
            letters.len() >= LAPTOP_MIN
        };
        if !right_shape || letters.len() > MAX || is_simple(&letters) {
            return Err(Failure::WeakPin);
        }
        Ok(pin)
    }

    /// The bytes that go into the key.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Shortest PIN of a device.
pub(crate) const fn min_length(facts: &DeviceFacts) -> u32 {
    if facts.is_phone { PHONE_MIN as u32 } else { LAPTOP_MIN as u32 }
}

/// One step repeated all along (111111, 123456, 987654, 135791), one short piece repeated (121212, 123123), or white
/// space only.
fn is_simple(letters: &[char]) -> bool {
    let steps: Vec<i64> = letters
        .windows(2)
        .map(|pair| i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0])))
        .collect();
    let is_digits = letters.iter().all(char::is_ascii_digit);
    // A run of digits goes on after 9 with 0.
    let is_run = steps
        .windows(2)
        .all(|pair| pair[0] == pair[1] || (is_digits && (pair[0] - pair[1]).rem_euclid(10) == 0));
    let is_repeated = (1..=letters.len() / 2).any(|piece| {
        letters.len().is_multiple_of(piece) && letters.chunks(piece).all(|part| part == &letters[..piece])
    });
    is_run || is_repeated || letters.iter().all(|letter| letter.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(pin: &str, is_phone: bool) -> bool {
        let facts = DeviceFacts { platform: "linux", is_phone, app_version: "1" };
        Pin::chosen(pin.into(), &facts).is_ok()
    }

    #[test]
    fn phones_take_six_digits_and_laptops_eight_characters() {
        assert!(accepts("271828", true));
        assert!(!accepts("27182", true), "too short");
        assert!(!accepts("27182a", true), "a phone shows digits only");
        assert!(accepts("түлкі-қоян", false));
        assert!(accepts("27182845", false));
        assert!(!accepts("2718281", false), "too short");
        assert!(!accepts(&"ab3".repeat(60), false), "too long");
    }

    #[test]
    fn what_a_thief_tries_first_is_refused() {
        for weak in [
            "111111", "123456", "234567", "654321", "567890", "890123", "135791", "121212", "123123",
            "000000",
        ] {
            assert!(!accepts(weak, true), "{weak}");
        }
        for weak in ["aaaaaaaa", "abcdefgh", "        ", "12345678", "passpass"] {
            assert!(!accepts(weak, false), "{weak}");
        }
    }
}
