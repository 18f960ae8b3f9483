//! A statement: COSE_Sign1 (RFC 9052) in hash-envelope form (RFC 9995), as SCITT signs it (RFC 9943).
//!
//! # Invariants
//! Its id is the SHA-256 of its Sig_structure, so it does not depend on the signature. A [`Statement`] is decoded but
//! not believed; only [`Verified`] is, and only [`Statement::verify`] makes it. [`Attributed`] says less: who made it is sure,
//! whether the own signature is right is not.

use coset::{CoseSign1, TaggedCborSerializable};
use domain::id::{Digest, StatementId};
use sha2::{Digest as _, Sha256};

use crate::cbor::{CborError, Writer};
use crate::header::Header;
use crate::key::{KeyError, VerifyingKey};

mod quick;

/// Largest statement that is accepted, in bytes; ours have about 500.
pub const MAX_STATEMENT_BYTES: usize = 2_048;

/// Why bytes are not a statement of ours.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// Larger than [`MAX_STATEMENT_BYTES`].
    #[error("statement too large")]
    TooLarge,
    /// Not a tagged COSE_Sign1.
    #[error("not a tagged COSE_Sign1")]
    NotCose,
    /// The header, the payload or the signature has another shape.
    #[error("not a statement: {0}")]
    Shape(#[source] CborError),
    /// The same meaning in other bytes.
    #[error("not in deterministic form")]
    NotDeterministic,
    /// The key named in the header is another one.
    #[error("signed by another key than the one given")]
    WrongKey,
    /// The signature does not verify.
    #[error(transparent)]
    Signature(#[from] KeyError),
}

/// A decoded statement whose signature nobody has checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    bytes: Vec<u8>,
    header: Header,
    payload: Digest,
    signature: [u8; 64],
    to_be_signed: Vec<u8>,
    id: StatementId,
}

pub(crate) struct Parts {
    protected: Vec<u8>,
    pub(crate) to_be_signed: Vec<u8>,
    pub(crate) id: StatementId,
}

pub(crate) fn parts<K: AsRef<str>>(header: &Header<K>, payload: Digest) -> Parts {
    let protected = header.encode();
    let to_be_signed = sig_structure(&protected, payload);
    let id = StatementId::from_bytes(Sha256::digest(&to_be_signed).into());
    Parts { protected, to_be_signed, id }
}

/// The Sig_structure of RFC 9052 section 4.4.
fn sig_structure(protected: &[u8], payload: Digest) -> Vec<u8> {
    Writer::with_capacity(protected.len() + 64)
        .array(4)
        .text("Signature1")
        .bytes(protected)
        .bytes(&[])
        .bytes(payload.as_bytes())
        .into_bytes()
}

pub(crate) fn assemble(parts: &Parts, payload: Digest, signature: [u8; 64]) -> Vec<u8> {
    Writer::with_capacity(parts.protected.len() + 128)
        .tag(CoseSign1::TAG)
        .array(4)
        .bytes(&parts.protected)
        .map(0)
        .bytes(payload.as_bytes())
        .bytes(&signature)
        .into_bytes()
}

/// Puts a statement together whose parts came apart, and gives its id and bytes. Nothing is checked, so nothing is
/// believed: whoever reads the bytes decodes and verifies them.
pub fn compose<K: AsRef<str>>(
    header: &Header<K>,
    payload: Digest,
    signature: [u8; 64],
) -> (StatementId, Vec<u8>) {
    let parts = parts(header, payload);
    (parts.id, assemble(&parts, payload, signature))
}

/// What bytes say when they are read as a statement. Whether they are one in its one form is not checked: whoever puts it
/// together again ([`compose`]) and compares knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// The header.
    pub header: Header,
    /// SHA-256 of the content.
    pub payload: Digest,
    /// r and s.
    pub signature: [u8; 64],
    /// The id that they have if they are a statement.
    pub id: StatementId,
}

impl Claimed {
    /// Reads bytes; `None` when they are of another shape.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let quick::Read { header, protected, payload, signature } = quick::read(bytes)?;
        let id = StatementId::from_bytes(Sha256::digest(sig_structure(protected, payload)).into());
        Some(Self { header, payload, signature, id })
    }
}

impl Statement {
    /// Decodes bytes strictly: they are encoded again and compared, so exactly one byte form is accepted.
    ///
    /// # Errors
    /// [`StatementError`], all but `WrongKey` and `Signature`.
    pub fn decode(bytes: &[u8]) -> Result<Self, StatementError> {
        if bytes.len() > MAX_STATEMENT_BYTES {
            return Err(StatementError::TooLarge);
        }
        let quickly = quick::read(bytes)
            .and_then(|read| Self::of_one_form(bytes, read.header, read.payload, read.signature));
        match quickly {
            Some(statement) => Ok(statement),
            None => Self::decode_with_library(bytes),
        }
    }

    /// The statement of these parts, when it is written as these bytes.
    fn of_one_form(bytes: &[u8], header: Header, payload: Digest, signature: [u8; 64]) -> Option<Self> {
        let parts = parts(&header, payload);
        let is_same = assemble(&parts, payload, signature) == bytes;
        let Parts { to_be_signed, id, .. } = parts;
        is_same.then(|| Self { bytes: bytes.to_vec(), header, payload, signature, to_be_signed, id })
    }

    fn decode_with_library(bytes: &[u8]) -> Result<Self, StatementError> {
        let sign1 = CoseSign1::from_tagged_slice(bytes).map_err(|_| StatementError::NotCose)?;
        let header = Header::from_cose(&sign1.protected.header).map_err(StatementError::Shape)?;
        let payload = sign1
            .payload
            .as_deref()
            .and_then(|payload| Digest::from_slice(payload).ok())
            .ok_or(StatementError::Shape(CborError::Shape("a payload of 32 bytes was expected")))?;
        let signature: [u8; 64] =
            sign1.signature.as_slice().try_into().map_err(|_| {
                StatementError::Shape(CborError::Shape("a signature of 64 bytes was expected"))
            })?;
        Self::of_one_form(bytes, header, payload, signature).ok_or(StatementError::NotDeterministic)
    }

    /// Puts a statement together from what its reader has. Its signature is as unchecked as that of decoded bytes.
    ///
    /// # Errors
    /// [`StatementError::TooLarge`].
    pub(crate) fn assembled(
        header: Header,
        payload: Digest,
        signature: [u8; 64],
    ) -> Result<Self, StatementError> {
        let parts = parts(&header, payload);
        let bytes = assemble(&parts, payload, signature);
        if bytes.len() > MAX_STATEMENT_BYTES {
            return Err(StatementError::TooLarge);
        }
        Ok(Self { bytes, header, payload, signature, to_be_signed: parts.to_be_signed, id: parts.id })
    }

    /// Checks the signature.
    ///
    /// # Errors
    /// [`StatementError::WrongKey`], [`StatementError::Signature`].
    pub fn verify(self, key: &VerifyingKey) -> Result<Verified, StatementError> {
        if self.header.key != key.id() {
            return Err(StatementError::WrongKey);
        }
        key.verify(&self.to_be_signed, &self.signature)?;
        Ok(Verified(self))
    }

    /// Attributes it for the sake of the statement after it in its series: whoever made that one named this one by its id,
    /// and the id is a hash of all that is signed here (docs/PROTOCOL.md, section 7). For readers only: whoever keeps
    /// statements for strangers checks each signature ([`Statement::verify`]).
    ///
    /// # Errors
    /// The statement itself, when the other one is not of the same key or does not name it.
    pub fn vouched_by(self, after: &Attributed) -> Result<Attributed, Box<Self>> {
        let is_named = self.header.key == after.header.key && after.header.prev == Some(self.id);
        if is_named { Ok(Attributed(self)) } else { Err(Box::new(self)) }
    }

    /// What the signer claims. Believe it only behind [`Verified`].
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// SHA-256 of the Sig_structure.
    pub fn id(&self) -> StatementId {
        self.id
    }

    /// SHA-256 of the content.
    pub fn payload(&self) -> Digest {
        self.payload
    }

    /// r and s, whether they are right or not.
    pub fn signature(&self) -> [u8; 64] {
        self.signature
    }

    /// The exact bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// A statement whose signature verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified(Statement);

impl std::ops::Deref for Verified {
    type Target = Statement;

    fn deref(&self) -> &Statement {
        &self.0
    }
}

/// A statement that the holder of its key made: its signature verified, or another attributed one vouches for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attributed(Statement);

impl From<Verified> for Attributed {
    fn from(Verified(statement): Verified) -> Self {
        Self(statement)
    }
}

impl std::ops::Deref for Attributed {
    type Target = Statement;

    fn deref(&self) -> &Statement {
        &self.0
    }
}

#[cfg(test)]
mod tests;
