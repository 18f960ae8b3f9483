//! Rows of all kinds, made from small numbers.

use domain::Kind;
use domain::flag::Flag;
use domain::id::{DeviceId, Digest, KeyId, PersonId, StatementId, SubjectId};
use journal::SigningKey;
use operator_core::fact::{Class, Fact};
use operator_core::store::{Activation, BoundKey, Entry, Refusal, RefusedItem, Store, StoreTxn, StoredHead};

pub(crate) fn statement_id(n: u64) -> StatementId {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&n.to_be_bytes());
    StatementId::from_bytes(bytes)
}

pub(crate) fn digest(n: u64) -> Digest {
    Digest::from_bytes(*statement_id(n).as_bytes())
}

pub(crate) fn key(n: u8) -> KeyId {
    KeyId::from_bytes([n; 32])
}

pub(crate) fn subject(n: u8) -> SubjectId {
    SubjectId::from_bytes([n; 16])
}

pub(crate) fn person(n: u8) -> PersonId {
    PersonId::from_bytes([n; 16])
}

pub(crate) fn entry(leaf_index: u64, signer: u8, seq: u64) -> Entry {
    Entry {
        leaf_index,
        id: statement_id(1_000 + leaf_index),
        key: key(signer),
        seq,
        kind: Kind::VisitFinished,
        subject: subject(1),
        registered_at_ms: 1_795_000_000_000,
        branch: false,
        flags: vec![Flag::LateEntry, Flag::NoAuthority],
        statement: vec![leaf_index as u8; 10],
    }
}

pub(crate) fn head(tree_size: u64) -> StoredHead {
    StoredHead { tree_size, root: digest(tree_size), signed_at_ms: 5, bytes: vec![tree_size as u8; 4] }
}

pub(crate) fn refused(signer: u8, seq: u64, took_place: bool) -> RefusedItem {
    RefusedItem {
        key: key(signer),
        id: statement_id(9_000 + seq),
        seq,
        took_place,
        reason: Refusal::BadSignature,
        refused_at_ms: 7,
        sha256: digest(seq),
        statement: vec![1, 2, 3],
    }
}

pub(crate) fn fact(class: Class, about: u8, with: Option<u8>, qualifier: &str, leaf_index: u64) -> Fact {
    Fact {
        class,
        subject: subject(about),
        object: with.map(subject),
        qualifier: qualifier.into(),
        from_ms: 10,
        to_ms: Some(20),
        leaf_index,
    }
}

pub(crate) fn bound_key(n: u8, owner: u8, bound_at_ms: i64) -> BoundKey {
    let key = SigningKey::from_secret(&[n; 32]).unwrap().verifying_key().clone();
    BoundKey {
        key,
        person: person(owner),
        device: DeviceId::from_bytes([n; 16]),
        bound_at_ms,
        revoked_at_ms: None,
        compromised_since_ms: None,
        host: n.is_multiple_of(2).then(|| person(owner + 1)),
    }
}

pub(crate) fn activation(lookup: &str, issued_at_ms: i64) -> Activation {
    Activation {
        lookup: lookup.into(),
        person: person(1),
        salt: [1; 16],
        hash: [2; 32],
        issued_at_ms,
        expires_at_ms: issued_at_ms + 10,
        errors: 0,
        used_by: None,
        host: Some(person(2)),
    }
}

/// Writes and commits.
pub(crate) fn write(store: &dyn Store, change: impl FnOnce(&mut dyn StoreTxn)) {
    let mut txn = store.write().unwrap();
    change(txn.as_mut());
    txn.commit().unwrap();
}

/// A journal of `count` statements of key 1.
pub(crate) fn fill(store: &dyn Store, count: u64) {
    write(store, |txn| {
        for leaf in 0..count {
            txn.append(&entry(leaf, 1, leaf), Some(&[leaf as u8])).unwrap();
        }
    });
}
