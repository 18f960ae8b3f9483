//! Versions of the agreements as they stand in the log: which is in force, who accepted it.

use std::collections::BTreeSet;

use domain::agreement::{AgreementKind, AgreementText};
use domain::content::{AgreementAccepted, AgreementPublished, Content, EvidenceLevel, Locale};
use domain::id::{PersonId, RecordId};

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

/// Numbers of the versions of an agreement that a person accepted and did not withdraw from since.
fn accepted_versions(
    read: &dyn StoreRead,
    person: PersonId,
    document: AgreementKind,
) -> Result<Vec<u32>, StoreError> {
    let withdrawal = FactQuery::of(Class::Withdrawal).about(person).qualified(document.as_str());
    let withdrawn_at = read.facts(&withdrawal)?.last().map(|fact| fact.leaf_index);
    let prefix = version_qualifier(document, 0);
    let prefix = prefix.trim_end_matches('0');
    let acceptances = read.facts(&FactQuery::of(Class::Acceptance).about(person))?;
    Ok(acceptances
        .iter()
        .filter(|fact| withdrawn_at.is_none_or(|withdrawn_at| withdrawn_at < fact.leaf_index))
        .filter_map(|fact| fact.qualifier.strip_prefix(prefix)?.parse().ok())
        .collect())
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
    Ok(!accepted_versions(read, person, document)?.is_empty())
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
    let accepted = accepted_versions(read, person, document)?;
    Ok(accepted.into_iter().any(|version| version >= binding.version))
}

/// Whether a person lets the location be read at a moment: the latest acceptance ticked it, and it was not withdrawn
/// between that and the moment.
///
/// # Errors
/// Those of the store.
pub fn consents_to_geolocation(
    read: &dyn StoreRead,
    person: PersonId,
    document: AgreementKind,
    at_ms: i64,
) -> Result<bool, StoreError> {
    let mut latest: Option<(u32, Fact, AgreementAccepted)> = None;
    for fact in read.facts(&FactQuery::of(Class::Acceptance).about(person))? {
        if let Some(Content::AgreementAccepted(accepted)) = fact.content(read)?
            && accepted.document == document
            && latest.as_ref().is_none_or(|(version, ..)| *version <= accepted.version)
        {
            latest = Some((accepted.version, fact, accepted));
        }
    }
    let Some((version, acceptance, accepted)) = latest else { return Ok(false) };
    let published = versions(read, document)?.into_iter().find(|other| other.published.version == version);
    let is_ticked = match published.and_then(|version| version.published.geolocation_confirmation) {
        // The text accepts as a whole.
        None => true,
        Some(number) => accepted.confirmations.iter().any(|tick| tick.number == number && tick.accepted),
    };
    let withdrawals = FactQuery::of(Class::Withdrawal).about(person);
    for qualifier in [document.as_str().to_owned(), geolocation_qualifier(document)] {
        let withdrawn = read.facts(&withdrawals.clone().qualified(qualifier))?;
        if withdrawn.iter().any(|fact| acceptance.leaf_index < fact.leaf_index && fact.from_ms <= at_ms) {
            return Ok(false);
        }
    }
    Ok(is_ticked)
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
