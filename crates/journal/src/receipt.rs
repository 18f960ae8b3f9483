//! Signed tree heads and COSE receipts (RFC 9942) with the RFC 9162 tree.
//!
//! One signature covers a whole push: a signed tree head is a COSE_Sign1 whose detached payload is the root. A receipt
//! of one statement is the same COSE_Sign1 with that statement's inclusion proof in the unprotected header.

use ciborium::Value;
use coset::{
    CoseSign1, CoseSign1Builder, HeaderBuilder, Label, RegisteredLabelWithPrivate, SignatureContext,
    TaggedCborSerializable, iana, sig_structure_data,
};
use domain::id::{Digest, KeyId};

use crate::cbor::{self, CborError};
use crate::header::Beacon;
use crate::key::{KeyError, SigningKey, VerifyingKey};
use crate::merkle::{self, ProofError};

/// vds (RFC 9942).
const VDS: i64 = 395;
/// vdp (RFC 9942).
const VDP: i64 = 396;
/// RFC9162_SHA256 in the registry of verifiable data structures.
const RFC9162_SHA256: i64 = 1;
/// Inclusion proofs within vdp.
const INCLUSION: i64 = -1;
/// CWT claims.
const CWT_CLAIMS: i64 = 15;
/// Our private label: the size of the tree, so that the signature covers it too.
const TREE_SIZE: i64 = -75_002;

/// Why a tree head or a receipt is refused.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// Another shape.
    #[error("not a tree head of ours: {0}")]
    Shape(#[from] CborError),
    /// Another key.
    #[error("signed by another key")]
    WrongKey,
    /// The signature does not verify.
    #[error(transparent)]
    Signature(#[from] KeyError),
    /// The proof does not lead to the signed root.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

/// A tree head whose signature verified or was made here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeHead {
    /// Leaves in the tree.
    pub tree_size: u64,
    /// Its root.
    pub root: Digest,
    /// When the operator signed it, UTC seconds.
    pub signed_at_s: i64,
    /// The operator's key.
    pub key: KeyId,
    /// The COSE_Sign1 with the detached payload and an empty unprotected header.
    pub bytes: Vec<u8>,
}

fn protected(tree_size: u64, signed_at_s: i64, key: KeyId) -> coset::Header {
    HeaderBuilder::new()
        .algorithm(iana::Algorithm::ES256)
        .key_id(key.as_bytes().to_vec())
        .value(CWT_CLAIMS, Value::Map(vec![(6.into(), signed_at_s.into())]))
        .value(VDS, RFC9162_SHA256.into())
        .value(TREE_SIZE, tree_size.into())
        .build()
}

fn to_be_signed(header: &coset::Header, root: &Digest) -> Vec<u8> {
    let protected = coset::ProtectedHeader { original_data: None, header: header.clone() };
    sig_structure_data(SignatureContext::CoseSign1, protected, None, &[], root.as_bytes())
}

impl TreeHead {
    /// Signs the head of a log.
    pub fn sign(tree_size: u64, root: Digest, signed_at_s: i64, key: &SigningKey) -> Self {
        let header = protected(tree_size, signed_at_s, key.id());
        let signature = key.sign(&to_be_signed(&header, &root));
        let sign1 = CoseSign1Builder::new().protected(header).signature(signature.to_vec()).build();
        let bytes = sign1.to_tagged_vec().expect("a header of our own making is always encodable");
        Self { tree_size, root, signed_at_s, key: key.id(), bytes }
    }

    /// Reads a signed tree head, checks that it is about this root and verifies its signature.
    ///
    /// # Errors
    /// [`ReceiptError`], all but `Proof`.
    pub fn verify(bytes: &[u8], root: Digest, key: &VerifyingKey) -> Result<Self, ReceiptError> {
        let sign1 = CoseSign1::from_tagged_slice(bytes).map_err(|_| CborError::Malformed)?;
        if !sign1.unprotected.is_empty() {
            return Err(CborError::NotDeterministic.into());
        }
        let head = Self::check(&sign1, root, key)?;
        if head.bytes == bytes { Ok(head) } else { Err(CborError::NotDeterministic.into()) }
    }

    fn check(sign1: &CoseSign1, root: Digest, key: &VerifyingKey) -> Result<Self, ReceiptError> {
        let header = &sign1.protected.header;
        let value = |label: i64| {
            let found = header.rest.iter().find(|(key, _)| *key == Label::Int(label));
            found.map(|(_, value)| value).ok_or(CborError::Shape("a label is missing"))
        };
        if header.alg != Some(RegisteredLabelWithPrivate::Assigned(iana::Algorithm::ES256)) {
            return Err(CborError::Shape("alg ES256 was expected").into());
        }
        if value(VDS)?.as_integer() != Some(RFC9162_SHA256.into()) || sign1.payload.is_some() {
            return Err(CborError::Shape("vds RFC9162_SHA256 and a detached payload were expected").into());
        }
        let tree_size = cbor::uint(value(TREE_SIZE)?)?;
        let claims = cbor::int_map(value(CWT_CLAIMS)?.clone())?;
        let [(6, iat)] = claims.as_slice() else { return Err(CborError::Shape("iat was expected").into()) };
        let signed_at_s = iat
            .as_integer()
            .and_then(|iat| i64::try_from(iat).ok())
            .ok_or(CborError::Shape("iat in seconds was expected"))?;
        if header.key_id != key.id().as_bytes() {
            return Err(ReceiptError::WrongKey);
        }
        let signature: [u8; 64] = sign1
            .signature
            .as_slice()
            .try_into()
            .map_err(|_| CborError::Shape("a signature of 64 bytes was expected"))?;
        let header = protected(tree_size, signed_at_s, key.id());
        key.verify(&to_be_signed(&header, &root), &signature)?;
        let bare = CoseSign1Builder::new().protected(header).signature(signature.to_vec()).build();
        let bytes = bare.to_tagged_vec().expect("a header of our own making is always encodable");
        Ok(Self { tree_size, root, signed_at_s, key: key.id(), bytes })
    }

    /// What statements that are sealed after it carry.
    pub fn beacon(&self) -> Beacon {
        Beacon { tree_size: self.tree_size, root: self.root }
    }

    /// The receipt of one leaf: this head with that leaf's inclusion proof.
    ///
    /// # Errors
    /// [`ReceiptError::Shape`] when the head's bytes are not those of a head.
    pub fn receipt(&self, leaf_index: u64, path: &[Digest]) -> Result<Vec<u8>, ReceiptError> {
        let hashes = path.iter().map(|hash| Value::Bytes(hash.as_bytes().to_vec())).collect();
        let proof = Value::Array(vec![self.tree_size.into(), leaf_index.into(), Value::Array(hashes)]);
        let proofs = Value::Array(vec![Value::Bytes(cbor::encode(proof)?)]);
        let mut sign1 = CoseSign1::from_tagged_slice(&self.bytes).map_err(|_| CborError::Malformed)?;
        sign1.unprotected =
            HeaderBuilder::new().value(VDP, Value::Map(vec![(INCLUSION.into(), proofs)])).build();
        Ok(sign1.to_tagged_vec().map_err(|_| CborError::Malformed)?)
    }
}

/// What a verified receipt proves: this statement is leaf `leaf_index` of the log whose head is `head`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Position in the log.
    pub leaf_index: u64,
    /// The signed head.
    pub head: TreeHead,
}

/// Verifies the receipt of a statement.
///
/// # Errors
/// Every variant of [`ReceiptError`].
pub fn verify_receipt(receipt: &[u8], statement: &[u8], key: &VerifyingKey) -> Result<Receipt, ReceiptError> {
    let sign1 = CoseSign1::from_tagged_slice(receipt).map_err(|_| CborError::Malformed)?;
    let [(Label::Int(VDP), proofs)] = sign1.unprotected.rest.as_slice() else {
        return Err(CborError::Shape("one inclusion proof was expected").into());
    };
    let proofs = cbor::int_map(proofs.clone())?;
    let [(INCLUSION, Value::Array(proofs))] = proofs.as_slice() else {
        return Err(CborError::Shape("one inclusion proof was expected").into());
    };
    let [Value::Bytes(proof)] = proofs.as_slice() else {
        return Err(CborError::Shape("one inclusion proof was expected").into());
    };
    let Value::Array(proof) = cbor::decode(proof)? else {
        return Err(CborError::Shape("size, index, path were expected").into());
    };
    let [size, index, Value::Array(path)] = proof.as_slice() else {
        return Err(CborError::Shape("size, index, path were expected").into());
    };
    let (size, leaf_index) = (cbor::uint(size)?, cbor::uint(index)?);
    let path = path.iter().map(|hash| Ok(Digest::from_bytes(cbor::array(hash)?)));
    let path = path.collect::<Result<Vec<_>, CborError>>()?;
    let root = merkle::root_from_path(merkle::leaf_hash(statement), leaf_index, size, &path)?;
    let head = TreeHead::check(&sign1, root, key)?;
    if head.tree_size != size {
        return Err(ProofError::OutOfRange.into());
    }
    if head.receipt(leaf_index, &path)? != receipt {
        return Err(CborError::NotDeterministic.into());
    }
    Ok(Receipt { leaf_index, head })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::tests::test_key;

    fn two_leaves() -> (TreeHead, Vec<u8>) {
        let (a, b) = (merkle::leaf_hash(b"a"), merkle::leaf_hash(b"b"));
        let head = TreeHead::sign(2, merkle::node_hash(&a, &b), 1_795_000_000, &test_key(8));
        let receipt = head.receipt(1, &[a]).unwrap();
        (head, receipt)
    }

    #[test]
    fn a_receipt_proves_its_statement_and_no_other() {
        let (head, receipt) = two_leaves();
        let key = test_key(8);
        let proven = verify_receipt(&receipt, b"b", key.verifying_key()).unwrap();
        assert_eq!((proven.leaf_index, proven.head), (1, head));
        assert!(verify_receipt(&receipt, b"a", key.verifying_key()).is_err());
        assert!(verify_receipt(&receipt, b"b", test_key(9).verifying_key()).is_err());
    }

    #[test]
    fn a_head_is_bound_to_its_root_and_size() {
        let (head, _) = two_leaves();
        let key = test_key(8);
        TreeHead::verify(&head.bytes, head.root, key.verifying_key()).unwrap();
        assert!(TreeHead::verify(&head.bytes, merkle::empty_root(), key.verifying_key()).is_err());
    }

    #[test]
    fn every_changed_byte_of_a_receipt_is_refused() {
        let (_, receipt) = two_leaves();
        let key = test_key(8);
        for at in 0..receipt.len() {
            let mut changed = receipt.clone();
            changed[at] ^= 1;
            assert!(verify_receipt(&changed, b"b", key.verifying_key()).is_err(), "byte {at}");
        }
    }

    proptest! {
        #[test]
        fn foreign_bytes_never_crash(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = verify_receipt(&bytes, b"b", test_key(8).verifying_key());
            let _ = TreeHead::verify(&bytes, merkle::empty_root(), test_key(8).verifying_key());
        }
    }
}
