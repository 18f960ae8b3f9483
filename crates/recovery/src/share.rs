//! The recovery secret in two halves: a random pad, and the secret under that pad. Both together are the secret; one
//! alone is 32 random bytes, whoever holds it and however long it is looked at (a one-time pad, secret sharing 2 of 2).
//!
//! ```text
//! esep recovery share 1 of 2
//! key 5f1c...   the public recovery key: tells which two belong together
//! half 9a40...  the half
//! check 7be2... a digest of the lines above, against slips of the pen
//! ```
//!
//! # Source
//! The secret is the input of `DeriveKeyPair` (RFC 9180 section 7.1.3). The check is cut from SHA-256.

use domain::Rng;
use hpke::{Kem as _, Serializable as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::sealed::{Kem, SealedKey};

const TITLE: &str = "esep recovery share";
const CHECK_BYTES: usize = 8;
/// Digits of a recovery key that people compare.
const NAME_DIGITS: usize = 12;

/// What people call a recovery key: the first digits of the second line of each of its shares.
pub fn key_name(recovery_key: &[u8]) -> String {
    let mut name = data_encoding::HEXLOWER.encode(recovery_key);
    name.truncate(NAME_DIGITS);
    name
}

/// Why two shares do not open anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ShareError {
    /// The text is not a share, or a sign in it is wrong.
    #[error("this is not a recovery share, or it was damaged when it was copied")]
    NotAShare,
    /// The same half twice.
    #[error("both are share {0}: the other officer's share is needed as well")]
    SameShare(u8),
    /// Halves of two secrets.
    #[error("the two shares belong to different recovery keys")]
    Strangers,
}

/// One officer's half.
#[derive(Clone)]
pub struct Share {
    number: u8,
    recovery_key: [u8; 32],
    half: Zeroizing<[u8; 32]>,
}

impl Share {
    /// A fresh secret in two halves.
    pub fn make(rng: &dyn Rng) -> [Self; 2] {
        let (mut secret, mut pad) = (Zeroizing::new([0; 32]), Zeroizing::new([0; 32]));
        rng.fill(&mut *secret);
        rng.fill(&mut *pad);
        let recovery_key = public(&secret);
        let masked = xor(&secret, &pad);
        [(1, pad), (2, masked)].map(|(number, half)| Self { number, recovery_key, half })
    }

    /// The public recovery key.
    pub fn recovery_key(&self) -> &[u8; 32] {
        &self.recovery_key
    }

    /// What is kept in the officer's file.
    pub fn to_text(&self) -> Zeroizing<String> {
        let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
        Zeroizing::new(format!(
            "{TITLE} {} of 2\nkey {}\nhalf {}\ncheck {}\n",
            self.number,
            hex(&self.recovery_key),
            hex(&*self.half),
            hex(&self.check()),
        ))
    }

    /// Reads an officer's file.
    ///
    /// # Errors
    /// [`ShareError::NotAShare`].
    pub fn parse(text: &str) -> Result<Self, ShareError> {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let title = lines.next().and_then(|line| line.strip_prefix(TITLE));
        let number = match title.map(str::trim) {
            Some("1 of 2") => 1,
            Some("2 of 2") => 2,
            _ => return Err(ShareError::NotAShare),
        };
        let mut field = |name: &str| {
            let text = lines.next().and_then(|line| line.strip_prefix(name)).ok_or(ShareError::NotAShare)?;
            let bytes = data_encoding::HEXLOWER.decode(text.trim().as_bytes());
            bytes.map(Zeroizing::new).map_err(|_| ShareError::NotAShare)
        };
        let (key, half, check) = (field("key")?, field("half")?, field("check")?);
        let array = |bytes: &[u8]| <[u8; 32]>::try_from(bytes).map_err(|_| ShareError::NotAShare);
        let share = Self { number, recovery_key: array(&key)?, half: Zeroizing::new(array(&half)?) };
        if share.check().as_slice() == check.as_slice() { Ok(share) } else { Err(ShareError::NotAShare) }
    }

    fn check(&self) -> [u8; CHECK_BYTES] {
        let digest = Sha256::new()
            .chain_update(TITLE)
            .chain_update([self.number])
            .chain_update(self.recovery_key)
            .chain_update(self.half.as_slice())
            .finalize();
        std::array::from_fn(|at| digest[at])
    }
}

/// Both halves together.
pub struct Opener(<Kem as hpke::Kem>::PrivateKey, [u8; 32]);

impl Opener {
    /// Puts two halves together, in any order.
    ///
    /// # Errors
    /// [`ShareError::SameShare`], [`ShareError::Strangers`].
    pub fn of(one: &Share, other: &Share) -> Result<Self, ShareError> {
        if one.recovery_key != other.recovery_key {
            return Err(ShareError::Strangers);
        }
        if one.number == other.number {
            return Err(ShareError::SameShare(one.number));
        }
        let secret = xor(&one.half, &other.half);
        let (private, public) = Kem::derive_keypair(&*secret);
        // The check of each file was right, so a difference means that somebody put together what never was one.
        if public.to_bytes().as_slice() != one.recovery_key {
            return Err(ShareError::Strangers);
        }
        Ok(Self(private, one.recovery_key))
    }

    /// The public recovery key.
    pub fn recovery_key(&self) -> &[u8; 32] {
        &self.1
    }

    /// The data key of an account; nothing when it was sealed to another recovery key, or changed.
    pub fn open(&self, sealed: &SealedKey, account: &str) -> Option<Zeroizing<[u8; 32]>> {
        sealed.open(&self.0, account)
    }
}

fn public(secret: &[u8; 32]) -> [u8; 32] {
    let (_, public) = Kem::derive_keypair(secret);
    public.to_bytes().into()
}

fn xor(one: &[u8; 32], other: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(std::array::from_fn(|at| one[at] ^ other[at]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts, so that nothing repeats.
    struct Counting(std::sync::atomic::AtomicU8);

    impl Rng for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            let n = self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            for (at, byte) in bytes.iter_mut().enumerate() {
                *byte = Sha256::digest([n, u8::try_from(at).unwrap()])[0];
            }
        }
    }

    fn shares() -> ([Share; 2], [Share; 2]) {
        let rng = Counting(0.into());
        (Share::make(&rng), Share::make(&rng))
    }

    #[test]
    fn both_halves_open_and_one_alone_does_not() {
        let ([first, second], [stranger, _]) = shares();
        let sealed = SealedKey::seal(&[7; 32], first.recovery_key(), "account").unwrap();
        let opener = Opener::of(&second, &first).unwrap();
        assert_eq!(*opener.open(&sealed, "account").unwrap(), [7; 32]);
        assert!(opener.open(&sealed, "another account").is_none(), "bound to its account");
        assert_eq!(Opener::of(&first, &first).err(), Some(ShareError::SameShare(1)));
        assert_eq!(Opener::of(&stranger, &second).err(), Some(ShareError::Strangers));
        // What one officer alone could try: to take the own half for the secret.
        for half in [&first.half, &second.half] {
            let (private, _) = Kem::derive_keypair(&**half);
            assert!(sealed.open(&private, "account").is_none(), "a half is not the secret");
        }
    }

    #[test]
    fn a_share_survives_its_file_and_a_slip_of_the_pen_is_noticed() {
        let ([first, second], _) = shares();
        let read = Share::parse(&first.to_text().replace('\n', "\r\n")).unwrap();
        assert!(Opener::of(&read, &second).is_ok());
        let text = first.to_text();
        for at in (0..text.len()).filter(|&at| text.is_char_boundary(at)) {
            let mut changed = text.as_bytes().to_vec();
            changed[at] = if changed[at] == b'7' { b'8' } else { b'7' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(Share::parse(&changed).is_err(), "a wrong sign at {at}");
        }
    }
}
