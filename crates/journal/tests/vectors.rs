//! The vectors of `tests/vectors`, which were written from docs/PROTOCOL.md by independent COSE and CBOR libraries.
//!
//! What they accept is accepted here with the same meaning and sealed again to the same bytes; what they refuse is
//! refused here by the same rule. The last test writes statements and proofs for drawn inputs, which
//! `tests/vectors/vectors.py check` verifies.

#[path = "vectors/draw.rs"]
mod draw;
#[path = "vectors/file.rs"]
mod file;
#[path = "vectors/log.rs"]
mod log;
#[path = "vectors/made.rs"]
mod made;

use std::collections::BTreeSet;

use domain::id::{KeyId, SubjectId};
use domain::scope::Scope;
use domain::{Content, ContinuousTime, Kind};
use journal::code::{self, Shown};
use journal::seal::Stamp;
use journal::statement::StatementError;
use journal::{Draft, SeriesHead, SigningKey, Statement, VerifyingKey, cbor, codec, seal};
use sha2::{Digest as _, Sha256};

use file::{CodeVector, KeyVector, RefusedStatement, StatedVector, Statements, read};

fn signer(name: &str) -> SigningKey {
    SigningKey::from_secret(&file::keys()[name].secret.array()).expect("the secret of a vector")
}

/// Reads a statement with its content, and names the rule that refuses it.
fn open(statement: &[u8], key: &VerifyingKey, content: &[u8]) -> Result<(Statement, Content), &'static str> {
    let statement = Statement::decode(statement).map_err(|_| "form")?;
    let verified = statement.verify(key).map_err(|error| match error {
        StatementError::WrongKey => "key",
        StatementError::Signature(_) => "signature",
        _ => "form",
    })?;
    if codec::hash(content) != verified.payload() {
        return Err("content-hash");
    }
    let meaning = codec::decode(verified.header().kind, content).map_err(|_| "content")?;
    Ok(((*verified).clone(), meaning))
}

#[test]
fn keys_have_the_same_bytes_and_thumbprints() {
    for (name, vector) in file::keys() {
        let KeyVector { secret, cose_key, thumbprint, issuer, fingerprint, visit_id } = vector;
        let key = SigningKey::from_secret(&secret.array()).unwrap();
        assert_eq!(key.verifying_key().to_cose_key(), cose_key.0, "{name}");
        assert_eq!(key.id(), thumbprint, "{name}");
        assert_eq!(VerifyingKey::from_cose_key(&cose_key.0).unwrap().id(), thumbprint, "{name}");
        assert_eq!(data_encoding::BASE64URL_NOPAD.encode(key.id().as_bytes()), fingerprint, "{name}");
        assert_eq!(issuer, format!("urn:ietf:params:oauth:ckt:sha-256:{fingerprint}"), "{name}");
        for (other, vector) in file::keys() {
            assert_eq!(journal::visit::is_of(vector.visit_id, key.id()), other == name, "{name} {other}");
        }
        assert!(journal::visit::is_of(visit_id, thumbprint), "{name}");
    }
}

#[test]
fn statements_are_accepted_and_sealed_again_to_the_same_bytes() {
    let Statements { sealed, .. } = read("statements.json");
    let kinds: BTreeSet<Kind> = sealed.iter().map(|vector| vector.kind.parse().unwrap()).collect();
    assert_eq!(kinds.len(), Kind::ALL.len(), "each kind has its vectors");
    for (number, vector) in sealed.iter().enumerate() {
        let at = format!("statement {number}, {}", vector.kind);
        let key = signer(&vector.signer);
        let content = accept(vector, &key, &at);
        let draft = Draft { subject: vector.subject, content };
        let head = SeriesHead { next_seq: vector.seq, prev: vector.prev };
        let again = seal(&draft, &head, stamp(vector), vector.salt.array(), &key).unwrap();
        assert_eq!(again.content, vector.content_bytes.0, "{at}: content");
        assert_eq!(again.id, vector.id, "{at}: id");
        assert_eq!(again.bytes, vector.statement.0, "{at}: bytes");
    }
}

#[test]
fn codes_hold_the_same_statements_and_are_written_again_to_the_same_text() {
    let operator = signer("operator").id();
    let codes: Vec<CodeVector> = read("codes.json");
    assert!(!codes.is_empty());
    for CodeVector { name, text, items } in codes {
        let shown: Vec<Shown> = items
            .into_iter()
            .map(|item| Shown {
                statement: Statement::decode(&item.statement.0).unwrap(),
                content: item.content_bytes.0,
            })
            .collect();
        let again = code::encode(operator, &shown).unwrap();
        assert_eq!(format!("ESEP:{}", base45::encode(&again)), text, "{name}");
        let bytes = base45::decode(text.strip_prefix("ESEP:").unwrap()).unwrap();
        assert_eq!(code::decode(operator, &bytes).unwrap(), shown, "{name}");
    }
}

#[test]
fn members_of_a_later_edition_are_read_over() {
    let Statements { newer, .. } = read("statements.json");
    assert!(!newer.is_empty());
    for vector in &newer {
        accept(vector, &signer(&vector.signer), &vector.kind);
    }
}

fn stamp(vector: &StatedVector) -> Stamp {
    let continuous = ContinuousTime { epoch: vector.epoch.array(), elapsed_ms: vector.elapsed_ms };
    Stamp { utc_ms: vector.wall_ms, continuous, beacon: vector.beacon }
}

/// Reads a vector and compares each value with the one that it states beside the bytes.
fn accept(vector: &StatedVector, key: &SigningKey, at: &str) -> Content {
    let (statement, content) = open(&vector.statement.0, key.verifying_key(), &vector.content_bytes.0)
        .unwrap_or_else(|rule| {
            panic!("{at}: refused by {rule}");
        });
    let header = statement.header();
    assert_eq!(statement.id(), vector.id, "{at}");
    assert_eq!(header.key, key.id(), "{at}");
    assert_eq!(header.kind.as_str(), vector.kind, "{at}");
    assert_eq!(header.subject, vector.subject, "{at}");
    assert_eq!(header.issued_at_s, vector.wall_ms.div_euclid(1_000), "{at}");
    assert_eq!((header.seq, header.prev), (vector.seq, vector.prev), "{at}");
    assert_eq!(header.beacon, vector.beacon, "{at}");
    assert_eq!(header.continuous, stamp(vector).continuous, "{at}");
    assert_eq!(content, file::meaning(header.kind, &vector.content), "{at}");
    content
}

#[test]
fn each_flaw_is_refused_by_its_rule() {
    let refused: Vec<RefusedStatement> = read("refused.json");
    let wrong: Vec<String> = refused
        .iter()
        .filter_map(|vector| {
            let key = signer(&vector.signer);
            let taken = open(&vector.statement.0, key.verifying_key(), &vector.content_bytes.0);
            let rule = taken.err().unwrap_or("nothing");
            (rule != vector.rule).then(|| format!("{}: by {rule}, not by {}", vector.name, vector.rule))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let rules: BTreeSet<&str> = refused.iter().map(|vector| vector.rule.as_str()).collect();
    assert_eq!(rules, BTreeSet::from(["content", "content-hash", "form", "key", "signature"]));
}

#[test]
fn one_encoding_of_a_value_is_accepted_and_no_other() {
    let forms: file::Forms = read("cbor.json");
    assert!(!forms.accepted.is_empty() && !forms.refused.is_empty());
    for bytes in forms.accepted {
        let value = cbor::decode(&bytes.0).unwrap_or_else(|error| panic!("{bytes:?}: {error}"));
        assert_eq!(cbor::encode(value).unwrap(), bytes.0);
    }
    let taken: Vec<_> = forms.refused.iter().filter(|bytes| cbor::decode(&bytes.0).is_ok()).collect();
    assert!(taken.is_empty(), "{taken:?}");
}

#[test]
fn scope_lists_have_the_same_names_and_versions() {
    let lists: Vec<file::ScopeList> = read("scopes.json");
    assert!(!lists.is_empty());
    for list in lists {
        let names: BTreeSet<String> =
            list.names.iter().map(|name| name.parse::<Scope>().unwrap().to_string()).collect();
        assert_eq!(names, list.names.iter().cloned().collect(), "a name is written as it was read");
        let joined = names.into_iter().collect::<Vec<_>>().join("\n");
        assert_eq!(Sha256::digest(joined)[..], list.version.0);
    }
}

#[test]
fn a_content_of_the_largest_size_is_sealed_and_one_byte_more_is_not() {
    let content = |length: usize| {
        Content::from(domain::content::VisitNoted {
            purpose: domain::content::NotePurpose::Care,
            text: "x".repeat(length),
            about: None,
        })
    };
    let (key, at) = (signer("specialist"), SubjectId::from_bytes([7; 16]));
    let stamp =
        Stamp { utc_ms: 0, continuous: ContinuousTime { epoch: [1; 8], elapsed_ms: 0 }, beacon: None };
    let seal = |length| seal(&Draft::new(at, content(length)), &SeriesHead::EMPTY, stamp, [5; 16], &key);
    // Each text between 256 and 65,535 bytes has the same overhead.
    let room = 65_536 - (seal(1_000).unwrap().content.len() - 1_000);
    let largest = seal(room).unwrap();
    assert_eq!(largest.content.len(), 65_536);
    assert!(open(&largest.bytes, key.verifying_key(), &largest.content).is_ok());
    assert!(seal(room + 1).is_err());
    let larger = codec::encode(&content(room + 1), [5; 16]).unwrap();
    assert!(codec::decode(Kind::VisitNoted, &larger).is_err());
}

#[test]
fn another_key_is_not_taken_for_the_signer() {
    let Statements { sealed, .. } = read("statements.json");
    let other: KeyId = signer("coordinator").id();
    for vector in sealed.iter().filter(|vector| signer(&vector.signer).id() != other) {
        let taken = open(&vector.statement.0, signer("coordinator").verifying_key(), &vector.content_bytes.0);
        assert_eq!(taken.err(), Some("key"));
    }
}
