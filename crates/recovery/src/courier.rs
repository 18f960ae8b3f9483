//! Sealing what somebody else carries to the operator, and opening it there.
//!
//! The same suite as [`crate::sealed`] under another info, so that nothing that is sealed for one purpose opens for the
//! other. What is sealed, and what it is bound to, is the caller's matter (docs/PROTOCOL.md, "The courier").
//!
//! # Source
//! HPKE base mode with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305: RFC 9180.

use domain::Rng;
use hpke::{Deserializable as _, Kem as _, Serializable as _};
use zeroize::Zeroizing;

use crate::sealed::{Aead, Kdf, Kem, NotAKey};

const INFO: &[u8] = b"esep courier 1";

/// What HPKE makes of a plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The encapsulated key, 32 bytes.
    pub encapsulated: Vec<u8>,
    /// Ciphertext and tag.
    pub sealed: Vec<u8>,
}

/// Seals to an operator's courier key.
///
/// # Errors
/// [`NotAKey`].
pub fn seal(plain: &[u8], courier_key: &[u8], associated_data: &[u8]) -> Result<Sealed, NotAKey> {
    let recipient = <Kem as hpke::Kem>::PublicKey::from_bytes(courier_key).map_err(|_| NotAKey)?;
    let (encapsulated, sealed) = hpke::single_shot_seal::<Aead, Kdf, Kem>(
        &hpke::OpModeS::Base,
        &recipient,
        INFO,
        plain,
        associated_data,
    )
    .map_err(|_| NotAKey)?;
    Ok(Sealed { encapsulated: encapsulated.to_bytes().to_vec(), sealed })
}

/// A secret courier key: the operator's.
pub struct CourierSecret {
    seed: Zeroizing<[u8; 32]>,
    private: <Kem as hpke::Kem>::PrivateKey,
    public: [u8; 32],
}

impl CourierSecret {
    /// A fresh one.
    pub fn make(rng: &dyn Rng) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill(&mut *seed);
        Self::from_seed(seed)
    }

    /// The one that was made from a seed: the input of `DeriveKeyPair` (RFC 9180 section 7.1.3).
    pub fn from_seed(seed: Zeroizing<[u8; 32]>) -> Self {
        let (private, public) = Kem::derive_keypair(&*seed);
        Self { seed, private, public: public.to_bytes().into() }
    }

    /// What [`Self::from_seed`] makes it of.
    pub fn seed(&self) -> &[u8; 32] {
        &self.seed
    }

    /// The public key (X25519).
    pub fn public(&self) -> &[u8; 32] {
        &self.public
    }

    /// Opens what was sealed to it; nothing with other associated data or changed bytes.
    pub fn open(
        &self,
        encapsulated: &[u8],
        sealed: &[u8],
        associated_data: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let encapsulated = <Kem as hpke::Kem>::EncappedKey::from_bytes(encapsulated).ok()?;
        let plain = hpke::single_shot_open::<Aead, Kdf, Kem>(
            &hpke::OpModeR::Base,
            &self.private,
            &encapsulated,
            INFO,
            sealed,
            associated_data,
        );
        plain.ok().map(Zeroizing::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(seed: u8) -> CourierSecret {
        CourierSecret::from_seed(Zeroizing::new([seed; 32]))
    }

    #[test]
    fn only_its_secret_opens_and_only_what_was_sealed_for_it() {
        let operator = secret(1);
        let Sealed { encapsulated, sealed } = seal(b"visits", operator.public(), b"bound").unwrap();
        let open = |secret: &CourierSecret, sealed: &[u8], data: &[u8]| {
            secret.open(&encapsulated, sealed, data).map(|plain| plain.to_vec())
        };
        assert_eq!(open(&operator, &sealed, b"bound").as_deref(), Some(&b"visits"[..]));
        assert_eq!(open(&secret(2), &sealed, b"bound"), None, "another operator's secret");
        assert_eq!(open(&operator, &sealed, b"other"), None, "the outside was changed");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(open(&operator, &changed, b"bound"), None, "byte {at}");
        }
        let again = CourierSecret::from_seed(Zeroizing::new(*operator.seed()));
        assert_eq!(open(&again, &sealed, b"bound").as_deref(), Some(&b"visits"[..]), "out of its file");
        assert_eq!(seal(b"visits", &[1; 31], b"bound"), Err(NotAKey));
    }
}
