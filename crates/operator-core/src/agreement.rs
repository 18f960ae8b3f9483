//! Versions of the agreements as they stand in the log: which is in force, who accepted it.

use domain::agreement::{AgreementKind, AgreementText};
use domain::content::{AgreementAccepted, AgreementPublished, Content, Locale};
use domain::id::{PersonId, RecordId};

use crate::fact::{Class, FactQuery, version_qualifier};
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

/// Whether an acceptance names a published text and ticks all that must be ticked.
///
/// # Errors
/// Those of the store.
pub fn is_complete_acceptance(
    read: &dyn StoreRead,
    accepted: &AgreementAccepted,
) -> Result<bool, StoreError> {
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
