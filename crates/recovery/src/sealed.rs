//! The data key of an account, sealed to the operator's recovery key.
//!
//! # Source
//! HPKE base mode with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305: RFC 9180.

use hpke::{Deserializable as _, Serializable as _};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub(crate) type Kem = hpke::kem::X25519HkdfSha256;
pub(crate) type Kdf = hpke::kdf::HkdfSha256;
pub(crate) type Aead = hpke::aead::ChaCha20Poly1305;

const INFO: &[u8] = b"esep account recovery 1";

/// The recovery key, or the courier key, is not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an X25519 key")]
pub struct NotAKey;

/// A data key that two officers can open and this device cannot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedKey {
    /// To which recovery key (X25519, 32 bytes).
    #[serde(with = "base64")]
    pub recovery_key: Vec<u8>,
    #[serde(with = "base64")]
    encapsulated: Vec<u8>,
    #[serde(with = "base64")]
    sealed: Vec<u8>,
}

impl SealedKey {
    /// Seals a key to a recovery key, bound to the account's name.
    ///
    /// # Errors
    /// [`NotAKey`].
    pub fn seal(key: &[u8; 32], recovery_key: &[u8], account: &str) -> Result<Self, NotAKey> {
        let recipient = <Kem as hpke::Kem>::PublicKey::from_bytes(recovery_key).map_err(|_| NotAKey)?;
        let (encapsulated, sealed) = hpke::single_shot_seal::<Aead, Kdf, Kem>(
            &hpke::OpModeS::Base,
            &recipient,
            INFO,
            key,
            account.as_bytes(),
        )
        .map_err(|_| NotAKey)?;
        Ok(Self {
            recovery_key: recovery_key.to_vec(),
            encapsulated: encapsulated.to_bytes().to_vec(),
            sealed,
        })
    }

    /// The key; nothing with another secret, another account or changed bytes.
    pub(crate) fn open(
        &self,
        secret: &<Kem as hpke::Kem>::PrivateKey,
        account: &str,
    ) -> Option<Zeroizing<[u8; 32]>> {
        let encapsulated = <Kem as hpke::Kem>::EncappedKey::from_bytes(&self.encapsulated).ok()?;
        let plain = hpke::single_shot_open::<Aead, Kdf, Kem>(
            &hpke::OpModeR::Base,
            secret,
            &encapsulated,
            INFO,
            &self.sealed,
            account.as_bytes(),
        );
        let plain = Zeroizing::new(plain.ok()?);
        Some(Zeroizing::new(plain.as_slice().try_into().ok()?))
    }
}

/// Byte strings in JSON.
mod base64 {
    use data_encoding::BASE64;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        BASE64.decode(String::deserialize(deserializer)?.as_bytes()).map_err(D::Error::custom)
    }
}
