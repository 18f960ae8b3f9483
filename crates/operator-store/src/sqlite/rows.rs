//! Rows to values and back.

use domain::Kind;
use domain::content::VisitOutcome;
use domain::flag::Flag;
use domain::id::{
    CaptureId, ChildId, DeviceId, Digest, KeyId, OrganisationId, PersonId, PlaceId, StatementId, SubjectId,
    VisitId,
};
use domain::scope::{Sight, VisitParties};
use journal::VerifyingKey;
use operator_core::fact::{Class, Fact};
use operator_core::store::{
    Activation, BoundKey, Entry, Refusal, RefusedItem, StoredHead, VisitRow, VisitSaid,
};
use rusqlite::Row;
use rusqlite::types::Type;

type Outcome<T> = rusqlite::Result<T>;

/// An unsigned number for SQL. Numbers above 2^63 exist only in foreign requests, where they mean "beyond the end".
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(row: &Row<'_>, column: usize) -> Outcome<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

pub(super) fn code<T>(row: &Row<'_>, column: usize, parse: impl Fn(&str) -> Option<T>) -> Outcome<T> {
    let text: String = row.get(column)?;
    parse(&text).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, "a code that nobody knows".into())
    })
}

pub(super) const ENTRY: &str =
    "leaf_index, id, key, seq, kind, subject, registered_at_ms, branch, flags, statement";

pub(super) fn entry(row: &Row<'_>) -> Outcome<Entry> {
    Ok(Entry {
        leaf_index: unsigned(row, 0)?,
        id: StatementId::from_bytes(row.get(1)?),
        key: KeyId::from_bytes(row.get(2)?),
        seq: unsigned(row, 3)?,
        kind: code(row, 4, |name| name.parse::<Kind>().ok())?,
        subject: SubjectId::from_bytes(row.get(5)?),
        registered_at_ms: row.get(6)?,
        branch: row.get(7)?,
        flags: code(row, 8, |codes| codes.split_whitespace().map(Flag::parse).collect())?,
        statement: row.get(9)?,
    })
}

pub(super) fn flags(flags: &[Flag]) -> String {
    flags.iter().map(|flag| flag.as_str()).collect::<Vec<_>>().join(" ")
}

pub(super) const HEAD: &str = "tree_size, root, signed_at_ms, bytes";

pub(super) fn head(row: &Row<'_>) -> Outcome<StoredHead> {
    Ok(StoredHead {
        tree_size: unsigned(row, 0)?,
        root: Digest::from_bytes(row.get(1)?),
        signed_at_ms: row.get(2)?,
        bytes: row.get(3)?,
    })
}

pub(super) const REFUSAL: &str = "key, id, seq, took_place, reason, refused_at_ms, sha256, statement";

pub(super) fn refusal(row: &Row<'_>) -> Outcome<RefusedItem> {
    Ok(RefusedItem {
        key: KeyId::from_bytes(row.get(0)?),
        id: StatementId::from_bytes(row.get(1)?),
        seq: unsigned(row, 2)?,
        took_place: row.get(3)?,
        reason: code(row, 4, Refusal::parse)?,
        refused_at_ms: row.get(5)?,
        sha256: Digest::from_bytes(row.get(6)?),
        statement: row.get(7)?,
    })
}

pub(super) const FACT: &str = "class, subject, object, qualifier, from_ms, to_ms, leaf_index";

pub(super) fn fact(row: &Row<'_>) -> Outcome<Fact> {
    Ok(Fact {
        class: code(row, 0, Class::parse)?,
        subject: SubjectId::from_bytes(row.get(1)?),
        object: row.get::<_, Option<[u8; 16]>>(2)?.map(SubjectId::from_bytes),
        qualifier: row.get(3)?,
        from_ms: row.get(4)?,
        to_ms: row.get(5)?,
        leaf_index: unsigned(row, 6)?,
    })
}

pub(super) const KEY: &str =
    "cose_key, person, device, bound_at_ms, revoked_at_ms, compromised_since_ms, host";

pub(super) fn key(row: &Row<'_>) -> Outcome<BoundKey> {
    let cose_key: Vec<u8> = row.get(0)?;
    let key = VerifyingKey::from_cose_key(&cose_key)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Blob, Box::new(error)))?;
    Ok(BoundKey {
        key,
        person: PersonId::from_bytes(row.get(1)?),
        device: DeviceId::from_bytes(row.get(2)?),
        bound_at_ms: row.get(3)?,
        revoked_at_ms: row.get(4)?,
        compromised_since_ms: row.get(5)?,
        host: row.get::<_, Option<[u8; 16]>>(6)?.map(PersonId::from_bytes),
    })
}

pub(super) const VISIT: &str =
    "visit, child, specialist, organisation, place, capture, outcome, started_at_ms,
    finished_at_ms, cancelled, basis, leaf_index";

pub(super) fn visit(row: &Row<'_>) -> Outcome<VisitRow> {
    Ok(VisitRow {
        visit: VisitId::from_bytes(row.get(0)?),
        parties: VisitParties {
            child: ChildId::from_bytes(row.get(1)?),
            specialist: PersonId::from_bytes(row.get(2)?),
            organisation: OrganisationId::from_bytes(row.get(3)?),
        },
        said: match row.get::<_, Option<String>>(6)? {
            Some(_) => Some(said(row)?),
            None => None,
        },
        basis: StatementId::from_bytes(row.get(10)?),
        leaf_index: unsigned(row, 11)?,
    })
}

fn said(row: &Row<'_>) -> Outcome<VisitSaid> {
    Ok(VisitSaid {
        place: row.get::<_, Option<[u8; 16]>>(4)?.map(PlaceId::from_bytes),
        capture: row.get::<_, Option<[u8; 16]>>(5)?.map(CaptureId::from_bytes),
        outcome: code(row, 6, VisitOutcome::parse)?,
        started_at_ms: row.get(7)?,
        finished_at_ms: row.get(8)?,
        cancelled: row.get(9)?,
    })
}

pub(super) const ACTIVATION: &str =
    "lookup, person, salt, hash, issued_at_ms, expires_at_ms, errors, used_by, host";

pub(super) fn activation(row: &Row<'_>) -> Outcome<Activation> {
    Ok(Activation {
        lookup: row.get(0)?,
        person: PersonId::from_bytes(row.get(1)?),
        salt: row.get(2)?,
        hash: row.get(3)?,
        issued_at_ms: row.get(4)?,
        expires_at_ms: row.get(5)?,
        errors: row.get(6)?,
        used_by: row.get::<_, Option<[u8; 32]>>(7)?.map(StatementId::from_bytes),
        host: row.get::<_, Option<[u8; 16]>>(8)?.map(PersonId::from_bytes),
    })
}

pub(super) fn sight(row: &Row<'_>, column: usize) -> Outcome<Sight> {
    Ok(if row.get(column)? { Sight::Whole } else { Sight::Envelope })
}
