//! P-256 keys: COSE_Key (RFC 9052 section 7), thumbprints (RFC 9679), ES256 (RFC 9053) with low S only.

use ciborium::Value;
use domain::Rng;
use domain::id::KeyId;
use p256::ecdsa::signature::Signer as _;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use sha2::{Digest as _, Sha256};

use crate::cbor::{self, CborError};

/// Why a key or a signature is refused.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Not a COSE_Key of ours.
    #[error("not a COSE_Key for ES256 on P-256")]
    Shape(#[from] CborError),
    /// The coordinates are not a point of the curve.
    #[error("not a point of P-256")]
    NotOnCurve,
    /// The secret is zero or too large.
    #[error("not a P-256 secret")]
    BadSecret,
    /// The signature is wrong, or not in its low-S form.
    #[error("the signature does not verify")]
    BadSignature,
}

/// Half of the order of P-256, rounded down: the largest S that is accepted.
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xde,
    0x73, 0x7d, 0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8,
];

/// A public key, together with its thumbprint.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    point: [u8; 65],
    id: KeyId,
}

impl std::fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VerifyingKey({})", self.id)
    }
}

impl VerifyingKey {
    fn from_point(point: [u8; 65]) -> Self {
        let encoded = cose_key(&point);
        Self { point, id: KeyId::from_bytes(Sha256::digest(encoded).into()) }
    }

    /// Reads a COSE_Key with exactly the four required labels, in deterministic form.
    ///
    /// # Errors
    /// [`KeyError::Shape`], [`KeyError::NotOnCurve`].
    pub fn from_cose_key(bytes: &[u8]) -> Result<Self, KeyError> {
        let map = cbor::int_map(cbor::decode(bytes)?)?;
        let [(1, kty), (-1, crv), (-2, x), (-3, y)] = map.as_slice() else {
            return Err(CborError::Shape("labels 1, -1, -2, -3 were expected").into());
        };
        if cbor::uint(kty)? != 2 || cbor::uint(crv)? != 1 {
            return Err(CborError::Shape("kty EC2 and crv P-256 were expected").into());
        }
        let mut point = [4; 65];
        point[1..33].copy_from_slice(&cbor::array::<32>(x)?);
        point[33..].copy_from_slice(&cbor::array::<32>(y)?);
        p256::PublicKey::from_sec1_bytes(&point).map_err(|_| KeyError::NotOnCurve)?;
        Ok(Self::from_point(point))
    }

    /// The COSE_Key in deterministic form: exactly the bytes whose SHA-256 is the thumbprint.
    pub fn to_cose_key(&self) -> Vec<u8> {
        cose_key(&self.point)
    }

    /// The point with the sign of y in place of y (SEC 1 section 2.3.3).
    pub(crate) fn compressed(&self) -> [u8; 33] {
        let mut point = [2 | (self.point[64] & 1); 33];
        point[1..].copy_from_slice(&self.point[1..33]);
        point
    }

    /// Reads [`Self::compressed`].
    ///
    /// # Errors
    /// [`KeyError::NotOnCurve`].
    pub(crate) fn from_compressed(point: &[u8; 33]) -> Result<Self, KeyError> {
        let key = p256::PublicKey::from_sec1_bytes(point).map_err(|_| KeyError::NotOnCurve)?;
        let point = key.to_sec1_point(false).as_bytes().try_into().map_err(|_| KeyError::NotOnCurve)?;
        Ok(Self::from_point(point))
    }

    /// SubjectPublicKeyInfo-free form for other libraries: 0x04, x, y.
    pub fn as_sec1(&self) -> &[u8; 65] {
        &self.point
    }

    /// The thumbprint (RFC 9679, SHA-256).
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// Checks an ES256 signature (r, s as 64 bytes) over a message.
    ///
    /// # Errors
    /// [`KeyError::BadSignature`], also for a signature whose S is in the upper half: (r, n-s) verifies as well, so
    /// accepting it would give one statement two byte forms.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), KeyError> {
        if signature[32..] > HALF_ORDER[..] {
            return Err(KeyError::BadSignature);
        }
        ring::signature::UnparsedPublicKey::new(&ring::signature::ECDSA_P256_SHA256_FIXED, &self.point)
            .verify(message, signature)
            .map_err(|_| KeyError::BadSignature)
    }
}

fn cose_key(point: &[u8; 65]) -> Vec<u8> {
    // {1: 2, -1: 1, -2: x, -3: y}: already in the order of their encoded keys.
    let map = Value::Map(vec![
        (1.into(), 2.into()),
        ((-1).into(), 1.into()),
        ((-2).into(), Value::Bytes(point[1..33].to_vec())),
        ((-3).into(), Value::Bytes(point[33..].to_vec())),
    ]);
    cbor::encode(map).expect("a map of integers and byte strings is always encodable")
}

/// A secret key. Signatures are deterministic (RFC 6979): signing the same bytes again gives the same bytes.
#[derive(Clone)]
pub struct SigningKey {
    secret: p256::ecdsa::SigningKey,
    public: VerifyingKey,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.public.id)
    }
}

impl SigningKey {
    /// Makes a new key.
    pub fn generate(rng: &dyn Rng) -> Self {
        loop {
            // A random number is at or above the order about once in 2^32 tries.
            if let Ok(key) = Self::from_secret(&rng.array()) {
                return key;
            }
        }
    }

    /// Takes the 32 secret bytes.
    ///
    /// # Errors
    /// [`KeyError::BadSecret`].
    pub fn from_secret(secret: &[u8; 32]) -> Result<Self, KeyError> {
        let secret = p256::ecdsa::SigningKey::from_slice(secret).map_err(|_| KeyError::BadSecret)?;
        let encoded = secret.verifying_key().as_affine().to_sec1_point(false);
        let point = encoded.as_bytes().try_into().map_err(|_| KeyError::BadSecret)?;
        Ok(Self { secret, public: VerifyingKey::from_point(point) })
    }

    /// The 32 secret bytes, for the encrypted database.
    pub fn to_secret(&self) -> [u8; 32] {
        self.secret.to_bytes().into()
    }

    /// The public half.
    pub fn verifying_key(&self) -> &VerifyingKey {
        &self.public
    }

    /// The thumbprint of the public half.
    pub fn id(&self) -> KeyId {
        self.public.id
    }

    /// Signs with ES256, low S: r and s as 64 bytes.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        let signature: p256::ecdsa::Signature = self.secret.sign(message);
        signature.normalize_s().to_bytes().into()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn test_key(n: u8) -> SigningKey {
        SigningKey::from_secret(&[n; 32]).unwrap()
    }

    #[test]
    fn a_signature_is_deterministic_low_s_and_bound_to_its_message() {
        let key = test_key(1);
        let signature = key.sign(b"message");
        assert_eq!(signature, key.sign(b"message"), "RFC 6979");
        key.verifying_key().verify(b"message", &signature).unwrap();
        assert!(key.verifying_key().verify(b"messagE", &signature).is_err());
        assert!(test_key(2).verifying_key().verify(b"message", &signature).is_err());
    }

    #[test]
    fn the_high_s_twin_of_a_good_signature_is_refused() {
        let key = test_key(3);
        let low = p256::ecdsa::Signature::from_slice(&key.sign(b"m")).unwrap();
        let (r, s) = low.split_scalars();
        let high = p256::ecdsa::Signature::from_scalars(r.to_bytes(), (-*s).to_bytes()).unwrap();
        let high: [u8; 64] = high.to_bytes().into();
        let plain = ring::signature::UnparsedPublicKey::new(
            &ring::signature::ECDSA_P256_SHA256_FIXED,
            key.verifying_key().as_sec1(),
        );
        plain.verify(b"m", &high).expect("without the rule the twin verifies");
        assert!(matches!(key.verifying_key().verify(b"m", &high), Err(KeyError::BadSignature)));
    }

    #[test]
    fn a_cose_key_goes_there_and_back_and_other_forms_are_refused() {
        let key = test_key(4);
        let bytes = key.verifying_key().to_cose_key();
        assert_eq!(VerifyingKey::from_cose_key(&bytes).unwrap(), *key.verifying_key());
        let mut off_curve = bytes.clone();
        *off_curve.last_mut().unwrap() ^= 1;
        assert!(matches!(VerifyingKey::from_cose_key(&off_curve), Err(KeyError::NotOnCurve)));
        assert!(matches!(VerifyingKey::from_cose_key(&bytes[..70]), Err(KeyError::Shape(_))));
    }
}
