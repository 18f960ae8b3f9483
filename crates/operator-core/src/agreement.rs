//! Versions of the agreements as they stand in the log: which is in force, who accepted it.

use std::collections::BTreeSet;

use domain::agreement::{AgreementKind, AgreementText};
use domain::consent::{Consent, Ends};
use domain::content::{AgreementAccepted, AgreementPublished, Content, EvidenceLevel, Locale};
use domain::id::{PersonId, RecordId};
use journal::{Header, Statement};

use crate::fact::{Class, Fact, FactQuery, geolocation_qualifier, version_qualifier};
use crate::store::{StoreError, StoreRead};

/// A published version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its id: the `sub` of its statements.
    pub id: RecordId,
    /// What the latest statement about it says.
    pub published: AgreementPublished,
}

/// All versions of an agreement, rising.
///
/// # Errors
/// Those of the store.
pub fn versions(read: &dyn StoreRead, document: AgreementKind) -> Result<Vec<Version>, StoreError> {
    let mut versions = Vec::new();
    for fact in read.facts(&FactQuery::of(Class::Agreement))? {
        if let Some(Content::AgreementPublished(published)) = fact.content(read)?
            && published.document == document
        {
            versions.push(Version { id: fact.subject.into(), published });
        }
    }
    versions.sort_by_key(|version| version.published.version);
    Ok(versions)
}

/// The version that binds at a moment.
///
/// # Errors
/// Those of the store.
pub fn in_force(
    read: &dyn StoreRead,
    document: AgreementKind,
    at_ms: i64,
) -> Result<Option<AgreementPublished>, StoreError> {
    let versions = versions(read, document)?;
    Ok(versions.into_iter().map(|v| v.published).rfind(|published| published.effective_from_ms <= at_ms))
}

/// What of an agreement a person accepts, after what was withdrawn as far as `counts` takes it.
fn consent(
    read: &dyn StoreRead,
    person: PersonId,
    document: AgreementKind,
    counts: impl Fn(&Fact) -> Result<bool, StoreError>,
) -> Result<Consent<Fact>, StoreError> {
    let prefix = version_qualifier(document, 0);
    let prefix = prefix.trim_end_matches('0');
    let mut declared = read.facts(&FactQuery::of(Class::Acceptance).about(person))?;
    declared.retain(|fact| fact.qualifier.starts_with(prefix));
    let withdrawals = FactQuery::of(Class::Withdrawal).about(person);
    for qualifier in [document.as_str().to_owned(), geolocation_qualifier(document)] {
        for fact in read.facts(&withdrawals.clone().qualified(qualifier))? {
            if counts(&fact)? {
                declared.push(fact);
            }
        }
    }
    declared.sort_by_key(|fact| fact.leaf_index);
    let mut consent = Consent::default();
    for fact in declared {
        if fact.class == Class::Withdrawal {
            let is_of_all = fact.qualifier == document.as_str();
            consent.withdraw(if is_of_all { Ends::All } else { Ends::Geolocation });
        } else if let Some(version) =
            fact.qualifier.strip_prefix(prefix).and_then(|number| number.parse().ok())
        {
            consent.accept(version, fact);
        }
    }
    Ok(consent)
}

/// Whether a person accepted any version of an agreement and did not withdraw from it.
///
/// # Errors
/// Those of the store.
pub fn has_accepted(
    read: &dyn StoreRead,
    person: PersonId,
    document: AgreementKind,
) -> Result<bool, StoreError> {
    Ok(consent(read, person, document, |_| Ok(true))?.version().is_some())
}

/// Whether a person accepted the version that binds at a moment, or a later one. True while none binds.
///
/// # Errors
/// Those of the store.
pub fn has_accepted_in_force(
    read: &dyn StoreRead,
    person: PersonId,
    document: AgreementKind,
    at_ms: i64,
) -> Result<bool, StoreError> {
    let Some(binding) = in_force(read, document, at_ms)? else { return Ok(true) };
    let accepted = consent(read, person, document, |_| Ok(true))?.version();
    Ok(accepted.is_some_and(|version| version >= binding.version))
}

/// Whether a person lets the location be read when a statement is made: the acceptance of the largest version ticked
/// it, and it was not withdrawn before that statement.
///
/// # Errors
/// Those of the store.
pub fn consents_to_geolocation(
    read: &dyn StoreRead,
    person: PersonId,
    document: AgreementKind,
    header: &Header,
    at_ms: i64,
) -> Result<bool, StoreError> {
    let consent = consent(read, person, document, |fact| is_withdrawn_before(read, fact, header, at_ms))?;
    let Some((version, acceptance)) = consent.for_geolocation() else { return Ok(false) };
    let versions = versions(read, document)?;
    // Where nobody can say what was ticked there is a doubt, and a doubt is no consent.
    let Some(version) = versions.into_iter().find(|other| other.published.version == version) else {
        return Ok(false);
    };
    let Some(Content::AgreementAccepted(accepted)) = acceptance.content(read)? else { return Ok(false) };
    Ok(accepted.lets_locate(version.published.geolocation_confirmation))
}

/// Whether a withdrawal stands before a statement: within one series by its number; of another key at the moment that
/// it claims, at the latest when it was registered.
fn is_withdrawn_before(
    read: &dyn StoreRead,
    withdrawal: &Fact,
    header: &Header,
    at_ms: i64,
) -> Result<bool, StoreError> {
    let unknown = StoreError::Damaged("a withdrawal is of a leaf that is not in the log");
    let entry = read.entry(withdrawal.leaf_index)?.ok_or(unknown)?;
    if entry.key == header.key {
        let statement = Statement::decode(&entry.statement)
            .map_err(|_| StoreError::Damaged("a registered statement is no longer readable"))?;
        return Ok(statement.header().seq < header.seq);
    }
    Ok(withdrawal.from_ms.min(entry.registered_at_ms) <= at_ms)
}

/// A published text, structured.
///
/// # Errors
/// Those of the store; [`StoreError::Damaged`] when a published text is missing or cannot be structured.
pub fn text(
    read: &dyn StoreRead,
    published: &AgreementPublished,
    locale: Locale,
) -> Result<Option<AgreementText>, StoreError> {
    let Some(text) = published.texts.iter().find(|text| text.locale == locale) else { return Ok(None) };
    let bytes = read
        .document(text.sha256)?
        .ok_or(StoreError::Damaged("the text of a published agreement is missing"))?;
    domain::agreement::parse(published.document, &bytes)
        .map(Some)
        .map_err(|_| StoreError::Damaged("a published agreement cannot be structured"))
}

/// Whether an acceptance names a published text, answers each confirmation once, ticks all that must be ticked, and
/// claims no evidence that it does not carry: the proofs of the higher levels have no place in a statement yet.
///
/// # Errors
/// Those of the store.
pub fn is_complete_acceptance(
    read: &dyn StoreRead,
    accepted: &AgreementAccepted,
) -> Result<bool, StoreError> {
    let numbers: BTreeSet<u8> = accepted.confirmations.iter().map(|tick| tick.number).collect();
    if numbers.len() != accepted.confirmations.len() || accepted.evidence_level != EvidenceLevel::L0 {
        return Ok(false);
    }
    let versions = versions(read, accepted.document)?;
    let Some(version) = versions.iter().find(|version| version.published.version == accepted.version) else {
        return Ok(false);
    };
    let published = &version.published;
    if !published.texts.iter().any(|text| text.locale == accepted.locale && text.sha256 == accepted.sha256) {
        return Ok(false);
    }
    let Some(text) = text(read, published, accepted.locale)? else { return Ok(false) };
    Ok(text
        .confirmations
        .iter()
        .filter(|confirmation| !published.optional_confirmations.contains(&confirmation.number))
        .all(|needed| {
            accepted.confirmations.iter().any(|tick| tick.number == needed.number && tick.accepted)
        }))
}
