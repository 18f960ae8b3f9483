//! A signature over bytes that lie beside it: a COSE_Sign1 in hash-envelope form (RFC 9995). It can be taken neither for
//! a statement, which has a series, nor for a tree head, whose payload is detached; and the content type in its header
//! keeps what is signed for one purpose from being shown for another.

use ciborium::Value;
use coset::{
    CoseSign1, CoseSign1Builder, HeaderBuilder, Label, SignatureContext, TaggedCborSerializable, iana,
    sig_structure_data,
};
use domain::id::KeyId;
use sha2::{Digest as _, Sha256};

use crate::key::{SigningKey, VerifyingKey};

/// CWT claims.
const CWT_CLAIMS: i64 = 15;

/// Why a signature is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashedError {
    /// Another shape, or other bytes than the one form of it.
    #[error("not a signature of this form")]
    Shape,
    /// Over other bytes, by another key, or wrong.
    #[error("the signature does not verify")]
    Signature,
}

fn protected(content_type: &str, signed_at_s: i64, key: KeyId) -> coset::Header {
    HeaderBuilder::new()
        .algorithm(iana::Algorithm::ES256)
        .key_id(key.as_bytes().to_vec())
        .value(CWT_CLAIMS, Value::Map(vec![(6.into(), signed_at_s.into())]))
        .value(258, (-16).into())
        .value(259, content_type.into())
        .build()
}

fn to_be_signed(header: &coset::Header, payload: &[u8]) -> Vec<u8> {
    let protected = coset::ProtectedHeader { original_data: None, header: header.clone() };
    sig_structure_data(SignatureContext::CoseSign1, protected, None, &[], payload)
}

fn compose(header: coset::Header, payload: Vec<u8>, signature: Vec<u8>) -> Vec<u8> {
    let sign1 = CoseSign1Builder::new().protected(header).payload(payload).signature(signature).build();
    sign1.to_tagged_vec().expect("a header of our own making is always encodable")
}

/// Signs bytes of that content type, at a time (UTC seconds).
pub fn sign(bytes: &[u8], content_type: &str, signed_at_s: i64, key: &SigningKey) -> Vec<u8> {
    let header = protected(content_type, signed_at_s, key.id());
    let payload = Sha256::digest(bytes).to_vec();
    let signature = key.sign(&to_be_signed(&header, &payload)).to_vec();
    compose(header, payload, signature)
}

/// Whose signature it claims to be.
///
/// # Errors
/// [`HashedError::Shape`].
pub fn signer(signed: &[u8]) -> Result<KeyId, HashedError> {
    let sign1 = CoseSign1::from_tagged_slice(signed).map_err(|_| HashedError::Shape)?;
    KeyId::from_slice(&sign1.protected.header.key_id).map_err(|_| HashedError::Shape)
}

/// Checks a signature over bytes of that content type and gives its time (UTC seconds).
///
/// # Errors
/// [`HashedError`].
pub fn verify(
    signed: &[u8],
    bytes: &[u8],
    content_type: &str,
    key: &VerifyingKey,
) -> Result<i64, HashedError> {
    let sign1 = CoseSign1::from_tagged_slice(signed).map_err(|_| HashedError::Shape)?;
    let claims = sign1.protected.header.rest.iter().find(|(label, _)| *label == Label::Int(CWT_CLAIMS));
    let signed_at_s = match claims {
        Some((_, Value::Map(claims))) => match claims.as_slice() {
            [(_, at_s)] => at_s.as_integer().and_then(|at_s| i64::try_from(at_s).ok()),
            _ => None,
        },
        _ => None,
    };
    let signed_at_s = signed_at_s.ok_or(HashedError::Shape)?;
    let header = protected(content_type, signed_at_s, key.id());
    let payload = Sha256::digest(bytes).to_vec();
    let signature: [u8; 64] = sign1.signature.as_slice().try_into().map_err(|_| HashedError::Shape)?;
    key.verify(&to_be_signed(&header, &payload), &signature).map_err(|_| HashedError::Signature)?;
    // What was checked is what would be made here: other bytes are another form of it.
    match compose(header, payload, signature.to_vec()) == signed {
        true => Ok(signed_at_s),
        false => Err(HashedError::Shape),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "application/vnd.esep.sample+cbor";

    #[test]
    fn every_changed_byte_another_purpose_and_another_key_are_refused() {
        let (key, other) =
            (SigningKey::from_secret(&[7; 32]).unwrap(), SigningKey::from_secret(&[8; 32]).unwrap());
        let signed = sign(b"bytes", TYPE, 1_795_000_000, &key);
        assert_eq!(signer(&signed), Ok(key.id()));
        let read = |signed: &[u8], bytes: &[u8], content_type| {
            verify(signed, bytes, content_type, key.verifying_key())
        };
        assert_eq!(read(&signed, b"bytes", TYPE), Ok(1_795_000_000));
        assert_eq!(read(&signed, b"bites", TYPE), Err(HashedError::Signature));
        assert_eq!(read(&signed, b"bytes", "application/vnd.esep.other"), Err(HashedError::Signature));
        let foreign = verify(&signed, b"bytes", TYPE, other.verifying_key());
        assert_eq!(foreign, Err(HashedError::Signature));
        for at in 0..signed.len() {
            let mut changed = signed.clone();
            changed[at] ^= 1;
            assert!(read(&changed, b"bytes", TYPE).is_err(), "byte {at}");
        }
    }
}
