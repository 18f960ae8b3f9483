//! One statement of a code.

use ciborium::Value;
use domain::content::Content;
use domain::id::{Digest, KeyId, StatementId, SubjectId};
use domain::{ContinuousTime, Kind};

use super::{CodeError, Shown, content};
use crate::cbor::{self, CborError};
use crate::codec;
use crate::header::{Beacon, Header};
use crate::key::VerifyingKey;
use crate::statement::Statement;

/// The kinds that travel in codes; their places here are their numbers.
const KINDS: [Kind; 6] = [
    Kind::DeviceBound,
    Kind::VisitRegistered,
    Kind::VisitFinished,
    Kind::VisitCorrected,
    Kind::VisitConfirmed,
    Kind::VisitDisputed,
];

/// Stands where a member is the same as in the statement before it.
const SAME: Value = Value::Bool(true);

fn bytes(bytes: &[u8]) -> Value {
    Value::Bytes(bytes.to_vec())
}

pub(super) fn write(operator: KeyId, before: &[Shown], shown: &Shown) -> Result<Value, CodeError> {
    let header = shown.statement.header();
    let last = before.last().map(|last| &last.statement);
    let number = KINDS.iter().position(|kind| *kind == header.kind);
    let number = number.ok_or(CborError::Shape("a kind that no code holds"))?;
    let signer = match header.key == operator {
        true => Value::Null,
        false => {
            let place = before.iter().position(|binding| bound(operator, binding) == Some(header.key));
            let place = place.ok_or(CborError::Shape("nothing before it binds its key"))?;
            Value::from(place as u64)
        }
    };
    let same = |is_same: bool, value: Value| if is_same { SAME } else { value };
    let prev = match header.prev {
        None => Value::Null,
        Some(prev) => same(last.is_some_and(|last| last.id() == prev), bytes(prev.as_bytes())),
    };
    let beacon = match header.beacon {
        None => Value::Null,
        Some(beacon) => {
            let pair = vec![beacon.tree_size.into(), bytes(beacon.root.as_bytes())];
            same(last.is_some_and(|last| last.header().beacon == Some(beacon)), Value::Array(pair))
        }
    };
    let is_about_same = last.is_some_and(|last| last.header().subject == header.subject);
    let epoch = header.continuous.epoch;
    let is_same_epoch = last.is_some_and(|last| last.header().continuous.epoch == epoch);
    Ok(Value::Array(vec![
        (number as u64).into(),
        signer,
        same(is_about_same, bytes(header.subject.as_bytes())),
        header.issued_at_s.into(),
        header.seq.into(),
        prev,
        beacon,
        same(is_same_epoch, bytes(&epoch)),
        header.continuous.elapsed_ms.into(),
        bytes(&shown.statement.signature()),
        content::shrink(header.kind, operator, &shown.content)?,
    ]))
}

pub(super) fn read(operator: KeyId, before: &[Shown], value: &Value) -> Result<Shown, CodeError> {
    let Some([number, signer, subject, iat, seq, prev, beacon, epoch, elapsed_ms, signature, content]) =
        value.as_array().and_then(|members| <&[Value; 11]>::try_from(members.as_slice()).ok())
    else {
        return Err(CborError::Shape("eleven members were expected").into());
    };
    let last = before.last().map(|last| &last.statement);
    let last = || last.ok_or(CborError::Shape("nothing stands before it"));
    let number = usize::try_from(cbor::uint(number)?).ok();
    let kind = number.and_then(|number| KINDS.get(number)).copied();
    let kind = kind.ok_or(CborError::Shape("a kind that no code holds"))?;
    let key = match signer {
        Value::Null => operator,
        place => usize::try_from(cbor::uint(place)?)
            .ok()
            .and_then(|place| bound(operator, before.get(place)?))
            .ok_or(CborError::Shape("nothing before it binds its key"))?,
    };
    let header = Header {
        key,
        kind,
        subject: match subject {
            Value::Bool(true) => last()?.header().subject,
            other => SubjectId::from_bytes(cbor::array(other)?),
        },
        issued_at_s: iat
            .as_integer()
            .and_then(|iat| i64::try_from(iat).ok())
            .ok_or(CborError::Shape("iat in seconds was expected"))?,
        seq: cbor::uint(seq)?,
        prev: match prev {
            Value::Null => None,
            Value::Bool(true) => Some(last()?.id()),
            other => Some(StatementId::from_bytes(cbor::array(other)?)),
        },
        beacon: match beacon {
            Value::Null => None,
            Value::Bool(true) => last()?.header().beacon,
            other => Some(read_beacon(other)?),
        },
        continuous: ContinuousTime {
            epoch: match epoch {
                Value::Bool(true) => last()?.header().continuous.epoch,
                other => cbor::array(other)?,
            },
            elapsed_ms: cbor::uint(elapsed_ms)?,
        },
    };
    if (header.seq == 0) != header.prev.is_none() {
        return Err(CborError::Shape("prev is absent exactly at seq 0").into());
    }
    let content = content::grow(kind, operator, content)?;
    let statement = Statement::assembled(header, codec::hash(&content), cbor::array(signature)?)?;
    Ok(Shown { statement, content })
}

fn read_beacon(value: &Value) -> Result<Beacon, CborError> {
    let Some([size, root]) = value.as_array().map(Vec::as_slice) else {
        return Err(CborError::Shape("beacon: size and root were expected"));
    };
    Ok(Beacon { tree_size: cbor::uint(size)?, root: Digest::from_bytes(cbor::array(root)?) })
}

/// The key that a statement claims to bind; whether the operator signed that is for the reader to check.
fn bound(operator: KeyId, binding: &Shown) -> Option<KeyId> {
    let header = binding.statement.header();
    if header.kind != Kind::DeviceBound || header.key != operator {
        return None;
    }
    match codec::decode(header.kind, &binding.content).ok()? {
        Content::DeviceBound(bound) => VerifyingKey::from_cose_key(&bound.key).ok().map(|key| key.id()),
        _ => None,
    }
}
