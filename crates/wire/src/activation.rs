//! Activation codes and the links that carry them.
//!
//! A code is 16 characters of Crockford's base 32, shown as four groups: the first four are the lookup id, the other
//! twelve are 60 secret bits. Letters that look like digits are read as the digits.

use std::fmt;
use std::str::FromStr;

use domain::Rng;
use domain::id::KeyId;
use domain::sensitive::Sensitive;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LOOKUP_CHARS: usize = 4;
const CODE_CHARS: usize = 16;

/// Hours that a code lives.
pub const LIFETIME_H: i64 = 72;
/// Wrong secrets after which a code dies.
pub const MAX_ERRORS: u32 = 5;

/// Not a code or not a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ActivationError {
    /// Not 16 characters of the alphabet.
    #[error("an activation code has 16 letters and digits")]
    BadCode,
    /// Not an activation link.
    #[error("not an activation link")]
    BadLink,
}

/// An activation code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivationCode {
    lookup: String,
    secret: Sensitive<String>,
}

impl ActivationCode {
    /// A fresh random code.
    pub fn random(rng: &dyn Rng) -> Self {
        let letters: String =
            rng.array::<CODE_CHARS>().iter().map(|byte| ALPHABET[(byte & 31) as usize] as char).collect();
        let (lookup, secret) = letters.split_at(LOOKUP_CHARS);
        Self { lookup: lookup.into(), secret: Sensitive::new(secret.into()) }
    }

    /// Not secret: names the code in statements and tables.
    pub fn lookup(&self) -> &str {
        &self.lookup
    }

    /// 60 bits.
    pub fn secret(&self) -> &Sensitive<String> {
        &self.secret
    }

    /// `ABCD-EFGH-JKMN-PQRS`, for the sheet that is handed over.
    pub fn reveal(&self) -> String {
        let letters = format!("{}{}", self.lookup, self.secret.expose());
        let groups: Vec<&str> = (0..CODE_CHARS / 4).map(|group| &letters[group * 4..group * 4 + 4]).collect();
        groups.join("-")
    }
}

impl FromStr for ActivationCode {
    type Err = ActivationError;

    fn from_str(text: &str) -> Result<Self, ActivationError> {
        let mut letters = String::with_capacity(CODE_CHARS);
        for letter in text.chars().filter(|letter| !letter.is_whitespace() && *letter != '-') {
            let letter = match letter.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                // Cyrillic letters that look the same, from a keyboard left in Kazakh or Russian.
                'А' | 'а' => 'A',
                'В' | 'в' => 'B',
                'С' | 'с' => 'C',
                'Е' | 'е' => 'E',
                'Н' | 'н' => 'H',
                'К' | 'к' => 'K',
                'М' | 'м' => 'M',
                'Р' | 'р' => 'P',
                'Т' | 'т' => 'T',
                'Х' | 'х' => 'X',
                'О' | 'о' => '0',
                other => other,
            };
            if !letter.is_ascii() || !ALPHABET.contains(&(letter as u8)) {
                return Err(ActivationError::BadCode);
            }
            letters.push(letter);
        }
        if letters.len() != CODE_CHARS {
            return Err(ActivationError::BadCode);
        }
        let (lookup, secret) = letters.split_at(LOOKUP_CHARS);
        Ok(Self { lookup: lookup.into(), secret: Sensitive::new(secret.into()) })
    }
}

/// What a QR code or a link carries: `esep://enrol?a=<address>&c=<code>&f=<fingerprint>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivationLink {
    /// `https://...`, or `http://127.0.0.1:...` on this computer.
    pub address: String,
    /// The code.
    pub code: ActivationCode,
    /// Thumbprint of the operator's key.
    pub fingerprint: KeyId,
}

const PREFIX: &str = "esep://enrol?";

impl fmt::Display for ActivationLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fingerprint = data_encoding::BASE64URL_NOPAD.encode(self.fingerprint.as_bytes());
        let address = data_encoding::BASE64URL_NOPAD.encode(self.address.as_bytes());
        write!(f, "{PREFIX}a={address}&c={}&f={fingerprint}", self.code.reveal())
    }
}

impl FromStr for ActivationLink {
    type Err = ActivationError;

    fn from_str(text: &str) -> Result<Self, ActivationError> {
        let query = text.trim().strip_prefix(PREFIX).ok_or(ActivationError::BadLink)?;
        let field = |name: &str| {
            let mut values = query.split('&').filter_map(|pair| pair.split_once('='));
            values.find(|(key, _)| *key == name).map(|(_, value)| value).ok_or(ActivationError::BadLink)
        };
        let decode = |value: &str| {
            data_encoding::BASE64URL_NOPAD.decode(value.as_bytes()).map_err(|_| ActivationError::BadLink)
        };
        Ok(Self {
            address: String::from_utf8(decode(field("a")?)?).map_err(|_| ActivationError::BadLink)?,
            code: field("c")?.parse()?,
            fingerprint: KeyId::from_slice(&decode(field("f")?)?).map_err(|_| ActivationError::BadLink)?,
        })
    }
}

/// Words for comparing a fingerprint by eye or by telephone: six words for the first 72 bits of the thumbprint.
///
/// Every word is consonant-vowel-consonant-vowel, so it can be read out in Kazakh, Russian and English alike.
pub fn fingerprint_words(key: &KeyId) -> Vec<String> {
    const CONSONANTS: &[u8; 16] = b"bdfghjklmnprstvz";
    const VOWELS: &[u8; 4] = b"aiou";
    let syllable = |bits: u16| {
        let consonant = CONSONANTS[(bits >> 2 & 15) as usize] as char;
        [consonant, VOWELS[(bits & 3) as usize] as char]
    };
    let bits = key.as_bytes()[..9].iter().fold(0_u128, |bits, &byte| bits << 8 | u128::from(byte));
    (0..6)
        .map(|word| {
            let bits = (bits >> (60 - word * 12) & 0xfff) as u16;
            syllable(bits >> 6).into_iter().chain(syllable(bits & 63)).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code: ActivationCode = "ABCD-EFGH-JKMN-PQ01".parse().unwrap();
        assert_eq!(code.reveal(), "ABCD-EFGH-JKMN-PQ01");
        assert_eq!("abcd efgh jkmn pqOl".parse(), Ok(code.clone()));
        assert_eq!("АВСD-ЕFGН-JКМN-РQ01".parse(), Ok(code.clone()), "typed with Cyrillic look-alikes");
        assert_eq!(code.lookup(), "ABCD");
        assert!(!format!("{code:?}").contains("EFGH"), "the secret never prints");
        for wrong in ["", "ABCD", "ABCD-EFGH-JKMN-PQ0U", "ABCD-EFGH-JKMN-PQ012"] {
            assert_eq!(wrong.parse::<ActivationCode>(), Err(ActivationError::BadCode), "{wrong}");
        }
    }

    #[test]
    fn a_link_goes_there_and_back() {
        let link = ActivationLink {
            address: "https://esep.example.kz".into(),
            code: "ABCD-EFGH-JKMN-PQ01".parse().unwrap(),
            fingerprint: KeyId::from_bytes([0xa5; 32]),
        };
        assert_eq!(link.to_string().parse(), Ok(link));
        assert_eq!("https://esep.example.kz".parse::<ActivationLink>(), Err(ActivationError::BadLink));
    }

    #[test]
    fn words_differ_with_the_key() {
        let words = fingerprint_words(&KeyId::from_bytes([0; 32]));
        assert_eq!(words, ["baba"; 6]);
        assert_ne!(words, fingerprint_words(&KeyId::from_bytes([1; 32])));
    }

    proptest! {
        #[test]
        fn foreign_text_never_crashes(text in ".{0,80}") {
            let _ = text.parse::<ActivationCode>();
            let _ = text.parse::<ActivationLink>();
        }
    }
}
