//! The data key and what it is wrapped in.
//!
//! # Source
//! Argon2id: RFC 9106, version 0x13. HKDF-SHA256: RFC 5869. ChaCha20-Poly1305: RFC 8439. What
//! is sealed to the operator is in the crate `recovery`.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use domain::Rng;
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::pin::Pin;

const KEK_INFO: &[u8] = b"esep account key 1";
const PENDING_INFO: &[u8] = b"esep pending account key 1";

/// The key of an account's database.
#[derive(Clone)]
pub(crate) struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// A fresh one.
    pub(crate) fn random(rng: &dyn Rng) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        rng.fill(&mut *key);
        Self(key)
    }

    fn from_plain(plain: Vec<u8>) -> Option<Self> {
        let plain = Zeroizing::new(plain);
        let mut key = Zeroizing::new([0; 32]);
        if plain.len() != key.len() {
            return None;
        }
        key.copy_from_slice(&plain);
        Some(Self(key))
    }

    /// The bytes, for the database.
    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The half that lies in the system's key store.
pub(crate) struct KeyringSecret(Zeroizing<[u8; 32]>);

impl KeyringSecret {
    /// A fresh one.
    pub(crate) fn random(rng: &dyn Rng) -> Self {
        let mut secret = Zeroizing::new([0; 32]);
        rng.fill(&mut *secret);
        Self(secret)
    }

    /// Takes exactly 32 bytes.
    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        let mut secret = Zeroizing::new([0; 32]);
        if bytes.len() != secret.len() {
            return None;
        }
        secret.copy_from_slice(bytes);
        Some(Self(secret))
    }

    /// The bytes, for the key store.
    pub(crate) fn to_vec(&self) -> Vec<u8> {
        self.0.to_vec()
    }
}

/// What one guess of a PIN costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Argon2Cost {
    /// Memory in KiB.
    pub(crate) memory_kib: u32,
    /// Passes.
    pub(crate) passes: u32,
    /// Lanes.
    pub(crate) lanes: u32,
}

impl Argon2Cost {
    /// 64 MiB, three passes: under a second on an old phone.
    pub(crate) const PRODUCT: Argon2Cost = Argon2Cost { memory_kib: 64 * 1024, passes: 3, lanes: 1 };
}

/// A key wrapped under the key store's secret and a PIN.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Wrapped {
    #[serde(with = "base64")]
    salt: Vec<u8>,
    #[serde(with = "base64")]
    nonce: Vec<u8>,
    #[serde(with = "base64")]
    sealed: Vec<u8>,
}

impl Wrapped {
    /// Wraps a key; salt and nonce are fresh each time.
    pub(crate) fn seal(
        key: &DataKey,
        secret: &KeyringSecret,
        pin: &Pin,
        cost: Argon2Cost,
        account: &str,
        rng: &dyn Rng,
    ) -> Self {
        let (salt, nonce) = (rng.array::<16>(), rng.array::<12>());
        let kek = kek(secret, pin, cost, &salt, account).expect("the product's own cost is a possible one");
        Self { salt: salt.to_vec(), nonce: nonce.to_vec(), sealed: encrypt(&kek, &nonce, account, key) }
    }

    /// The key; nothing with a wrong PIN, another secret or changed bytes: they cannot be told apart.
    pub(crate) fn open(
        &self,
        secret: &KeyringSecret,
        pin: &Pin,
        cost: Argon2Cost,
        account: &str,
    ) -> Option<DataKey> {
        let kek = kek(secret, pin, cost, &self.salt, account)?;
        decrypt(&kek, &self.nonce, account, &self.sealed)
    }
}

/// A key wrapped under the key store's secret alone: while an enrolment is under way its database holds nothing but
/// a key that speaks for nobody yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PendingWrapped {
    #[serde(with = "base64")]
    nonce: Vec<u8>,
    #[serde(with = "base64")]
    sealed: Vec<u8>,
}

impl PendingWrapped {
    /// Wraps a key.
    pub(crate) fn seal(key: &DataKey, secret: &KeyringSecret, account: &str, rng: &dyn Rng) -> Self {
        let nonce = rng.array::<12>();
        Self { nonce: nonce.to_vec(), sealed: encrypt(&pending_kek(secret, account), &nonce, account, key) }
    }

    /// The key; nothing with another secret or changed bytes.
    pub(crate) fn open(&self, secret: &KeyringSecret, account: &str) -> Option<DataKey> {
        decrypt(&pending_kek(secret, account), &self.nonce, account, &self.sealed)
    }
}

fn kek(
    secret: &KeyringSecret,
    pin: &Pin,
    cost: Argon2Cost,
    salt: &[u8],
    account: &str,
) -> Option<Zeroizing<[u8; 32]>> {
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).ok()?;
    let mut halves = Zeroizing::new([0; 64]);
    halves[..32].copy_from_slice(&*secret.0);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(pin.as_bytes(), salt, &mut halves[32..])
        .ok()?;
    Some(expand(&*halves, KEK_INFO, account))
}

fn pending_kek(secret: &KeyringSecret, account: &str) -> Zeroizing<[u8; 32]> {
    expand(&*secret.0, PENDING_INFO, account)
}

fn expand(material: &[u8], info: &[u8], account: &str) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, material)
        .expand_multi_info(&[info, account.as_bytes()], &mut *key)
        .expect("32 bytes are a possible length");
    key
}

fn encrypt(kek: &[u8; 32], nonce: &[u8; 12], account: &str, key: &DataKey) -> Vec<u8> {
    ChaCha20Poly1305::new(&Key::from(*kek))
        .encrypt(&Nonce::from(*nonce), Payload { msg: key.expose(), aad: account.as_bytes() })
        .expect("32 bytes are a possible length")
}

fn decrypt(kek: &[u8; 32], nonce: &[u8], account: &str, sealed: &[u8]) -> Option<DataKey> {
    let nonce: [u8; 12] = nonce.try_into().ok()?;
    let payload = Payload { msg: sealed, aad: account.as_bytes() };
    let plain = ChaCha20Poly1305::new(&Key::from(*kek)).decrypt(&Nonce::from(nonce), payload).ok()?;
    DataKey::from_plain(plain)
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
