//! Statements from one device to another without a network: what fits one QR code (docs/PROTOCOL.md, "Two devices
//! without a network").
//!
//! Nothing is written that the reader can recompute: hashes, header constants, names of members, thumbprints. So the
//! reader rebuilds each statement byte for byte, and only its signature says whether it is the one that was signed.

mod content;
mod item;

use ciborium::Value;
use domain::id::KeyId;

use crate::cbor::{self, CborError};
use crate::statement::{Statement, StatementError};

/// First member of every code: another number is a form that this version does not know.
const FORM: u64 = 1;
/// How much of the operator's thumbprint tells operators apart; the signatures prove which it is.
const OPERATOR_BYTES: usize = 8;
/// Most statements in a code; more would not fit a picture that an old phone reads.
const MAX_ITEMS: usize = 16;

/// Why bytes are not a code, or statements do not make one.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// Not a code of this form, or changed on its way.
    #[error("not a code")]
    Shape(#[from] CborError),
    /// Of a form that this version does not know.
    #[error("a code of a form that is not known")]
    UnknownForm,
    /// Of another operator.
    #[error("a code of another operator")]
    OtherOperator,
    /// A statement in it is none.
    #[error(transparent)]
    Statement(#[from] StatementError),
}

/// A statement in a code, with its content. Nobody has checked its signature yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The statement.
    pub statement: Statement,
    /// Its content: the bytes whose SHA-256 is the payload.
    pub content: Vec<u8>,
}

/// Writes a code: bindings of keys first, then what these keys signed.
///
/// # Errors
/// [`CodeError::Shape`] when a statement is of a kind that no code holds, or its signer is bound by none before it.
pub fn encode(operator: KeyId, shown: &[Shown]) -> Result<Vec<u8>, CodeError> {
    if shown.is_empty() || shown.len() > MAX_ITEMS {
        return Err(CborError::Shape("too few or too many statements").into());
    }
    let mut items = Vec::with_capacity(shown.len());
    for at in 0..shown.len() {
        items.push(item::write(operator, &shown[..at], &shown[at])?);
    }
    let prefix = operator.as_bytes()[..OPERATOR_BYTES].to_vec();
    Ok(cbor::encode(Value::Array(vec![FORM.into(), Value::Bytes(prefix), Value::Array(items)]))?)
}

/// Reads a code of that operator. There is one form for the same statements; every other is refused.
///
/// # Errors
/// [`CodeError`].
pub fn decode(operator: KeyId, bytes: &[u8]) -> Result<Vec<Shown>, CodeError> {
    let not_a_code = CborError::Shape("form, operator and statements were expected");
    let Value::Array(members) = cbor::decode(bytes)? else { return Err(not_a_code.into()) };
    if members.first().and_then(Value::as_integer).is_some_and(|form| form != FORM.into()) {
        return Err(CodeError::UnknownForm);
    }
    let [_, Value::Bytes(prefix), Value::Array(items)] = members.as_slice() else {
        return Err(not_a_code.into());
    };
    if *prefix != operator.as_bytes()[..OPERATOR_BYTES] {
        return Err(CodeError::OtherOperator);
    }
    if items.len() > MAX_ITEMS {
        return Err(CborError::Shape("too many statements").into());
    }
    let mut shown: Vec<Shown> = Vec::with_capacity(items.len());
    for value in items {
        shown.push(item::read(operator, &shown, value)?);
    }
    if encode(operator, &shown)? != bytes {
        return Err(CborError::NotDeterministic.into());
    }
    Ok(shown)
}

#[cfg(test)]
mod tests;
