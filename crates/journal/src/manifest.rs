//! The operator's signature over a file outside of its log, the manifest of a visit's package (docs/PROTOCOL.md, 10) or the
//! notice of a lost end (6.2): a COSE_Sign1 in hash-envelope form
//! (RFC 9995), which can be taken neither for a statement, which has a series, nor for a tree head, whose payload is
//! detached.

use ciborium::Value;
use coset::{
    CoseSign1Builder, HeaderBuilder, SignatureContext, TaggedCborSerializable, iana, sig_structure_data,
};
use sha2::{Digest as _, Sha256};

use crate::key::SigningKey;

/// What the signed bytes are a hash of: one signature can never be taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentType {
    /// The manifest of a package: all files that it names with their hashes are from this operator.
    Package,
    /// What of a log is lost for ever.
    LostEnd,
}

impl ContentType {
    const fn as_str(self) -> &'static str {
        match self {
            ContentType::Package => "application/vnd.esep.package+json",
            ContentType::LostEnd => "application/vnd.esep.lost-end+json",
        }
    }
}

/// Signs a file: it is from this operator, at this time (UTC seconds).
pub fn sign(file: &[u8], content_type: ContentType, signed_at_s: i64, key: &SigningKey) -> Vec<u8> {
    let header = HeaderBuilder::new()
        .algorithm(iana::Algorithm::ES256)
        .key_id(key.id().as_bytes().to_vec())
        .value(15, Value::Map(vec![(6.into(), signed_at_s.into())]))
        .value(258, (-16).into())
        .value(259, content_type.as_str().into())
        .build();
    let payload = Sha256::digest(file).to_vec();
    let protected = coset::ProtectedHeader { original_data: None, header: header.clone() };
    let signed = sig_structure_data(SignatureContext::CoseSign1, protected, None, &[], &payload);
    let signature = key.sign(&signed).to_vec();
    CoseSign1Builder::new()
        .protected(header)
        .payload(payload)
        .signature(signature)
        .build()
        .to_tagged_vec()
        .expect("a header of our own making is always encodable")
}
