//! The signature over the manifest of a visit's package (docs/PROTOCOL.md, 10): a COSE_Sign1 in hash-envelope form
//! (RFC 9995), which can be taken neither for a statement, which has a series, nor for a tree head, whose payload is
//! detached.

use ciborium::Value;
use coset::{
    CoseSign1Builder, HeaderBuilder, SignatureContext, TaggedCborSerializable, iana, sig_structure_data,
};
use sha2::{Digest as _, Sha256};

use crate::key::SigningKey;

/// What the signed bytes are a hash of.
const CONTENT_TYPE: &str = "application/vnd.esep.package+json";

/// Signs a manifest: all files that it names with their hashes are from this operator, at this time (UTC seconds).
pub fn sign(manifest: &[u8], signed_at_s: i64, key: &SigningKey) -> Vec<u8> {
    let header = HeaderBuilder::new()
        .algorithm(iana::Algorithm::ES256)
        .key_id(key.id().as_bytes().to_vec())
        .value(15, Value::Map(vec![(6.into(), signed_at_s.into())]))
        .value(258, (-16).into())
        .value(259, CONTENT_TYPE.into())
        .build();
    let payload = Sha256::digest(manifest).to_vec();
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
