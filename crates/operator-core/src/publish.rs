//! Publishing agreements: plain text in, a signed version out. What cannot be structured is refused with its line.

use domain::Clock;
use domain::agreement::{AgreementKind, AgreementText, ParseError};
use domain::content::{AgreementPublished, Locale, PublishedText};
use domain::date::Date;
use domain::id::{Digest, RecordId};
use sha2::{Digest as _, Sha256};

use crate::Operator;
use crate::agreement::{self, versions};
use crate::operator::Stated;
use crate::store::{StoreError, StoreTxn};

/// What publishing itself may take: "from now on" is not yet the past.
const GRACE_MS: i64 = 60_000;

/// What is to be published.
#[derive(Debug, Clone, Copy)]
pub struct Publication<'a> {
    /// Which agreement.
    pub document: AgreementKind,
    /// Language of the text.
    pub locale: Locale,
    /// Which version.
    pub version: u32,
    /// From when it binds.
    pub effective_from_ms: i64,
    /// The exact bytes.
    pub bytes: &'a [u8],
    /// The confirmation on geolocation need not be ticked.
    pub geolocation_optional: bool,
}

/// Why a text is not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// It cannot be structured.
    #[error("the text cannot be structured: {0}")]
    Unstructured(#[from] ParseError),
    /// Versions rise.
    #[error("version {version} does not rise above the published version {latest}")]
    NotRising {
        /// That was asked for.
        version: u32,
        /// That is there.
        latest: u32,
    },
    /// A new version begins with Kazakh.
    #[error("the Kazakh text is authoritative and is published first")]
    KazakhFirst,
    /// A version that binds is announced, never given after the fact.
    #[error("the effective date lies in the past")]
    EffectiveInPast,
    /// A later version binds later.
    #[error("the version before it takes effect later")]
    EffectiveBeforeFormer,
    /// A translation belongs to the version as it was published.
    #[error("this version was published with another effective date")]
    OtherEffectiveDate,
    /// What was published stays as it is.
    #[error("another text was published in this language for this version; a change needs a new version")]
    AlreadyPublished,
    /// A translation has the same clauses and confirmations.
    #[error("the translation has {found} {what}, the Kazakh text {expected}")]
    OtherStructure {
        /// Sections, clauses or confirmations.
        what: &'static str,
        /// Of the Kazakh text.
        expected: usize,
        /// Of this text.
        found: usize,
    },
    /// Optional geolocation needs a confirmation on it.
    #[error("no single confirmation speaks of geolocation, so none can be made optional")]
    NoGeolocation,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// A new version, or a new language of one.
    Now(Stated),
    /// The same bytes were published before; nothing happened.
    Already,
}

/// Midnight in Kazakhstan (UTC+5, one zone since 1 March 2024) at which a day begins, UTC ms.
pub const fn begins_at_ms(day: Date) -> i64 {
    day.days_since_epoch() as i64 * 86_400_000 - 5 * 3_600_000
}

/// From when a version binds that is to take effect on a day: from that day's beginning, or from now on if it is today.
///
/// # Errors
/// [`PublishError::EffectiveInPast`].
pub fn effective_from_ms(day: Date, clock: &dyn Clock) -> Result<i64, PublishError> {
    let (begins_ms, now_ms) = (begins_at_ms(day), clock.utc_ms());
    if begins_ms + 86_400_000 <= now_ms {
        return Err(PublishError::EffectiveInPast);
    }
    Ok(begins_ms.max(now_ms))
}

/// How a Kazakh text names geolocation; only the Kazakh one decides.
const GEOLOCATION: [&str; 3] = ["геолокация", "орналасқан жер", "координат"];

/// Number of the one confirmation that speaks of geolocation.
fn geolocation_confirmation(text: &AgreementText) -> Option<u8> {
    let mut found = text.confirmations.iter().filter(|confirmation| {
        let folded = domain::text::fold(&confirmation.text);
        GEOLOCATION.iter().any(|words| folded.contains(&domain::text::fold(words)))
    });
    match (found.next(), found.next()) {
        (Some(only), None) => Some(only.number),
        _ => None,
    }
}

/// Publishes a text inside a transaction.
///
/// # Errors
/// [`PublishError`] by the first rule that is broken.
pub fn publish(
    txn: &mut dyn StoreTxn,
    operator: &Operator<'_>,
    publication: &Publication<'_>,
) -> Result<Published, PublishError> {
    let text = domain::agreement::parse(publication.document, publication.bytes)?;
    let sha256 = Digest::from_bytes(Sha256::digest(publication.bytes).into());
    let published_text = PublishedText {
        locale: publication.locale,
        sha256,
        // The parser refuses texts above 1 MiB.
        length_bytes: publication.bytes.len() as u32,
    };
    let versions = versions(txn.as_read(), publication.document)?;
    let same = versions.iter().find(|version| version.published.version == publication.version);
    let (id, content) = match same {
        None => {
            (RecordId::random(operator.rng), begin(&versions, operator, publication, &text, published_text)?)
        }
        Some(version) => {
            let mut published = version.published.clone();
            if let Some(before) = published.texts.iter().find(|text| text.locale == publication.locale) {
                return if before.sha256 == sha256 {
                    Ok(Published::Already)
                } else {
                    Err(PublishError::AlreadyPublished)
                };
            }
            if published.effective_from_ms != publication.effective_from_ms {
                return Err(PublishError::OtherEffectiveDate);
            }
            let kazakh = agreement::text(txn.as_read(), &published, Locale::Kk)?
                .ok_or(StoreError::Damaged("a published agreement has no Kazakh text"))?;
            check_structure(&kazakh, &text)?;
            published.texts.push(published_text);
            (version.id, published)
        }
    };
    txn.put_document(sha256, publication.bytes)?;
    Ok(Published::Now(operator.state(txn, id, content)?))
}

fn begin(
    versions: &[agreement::Version],
    operator: &Operator<'_>,
    publication: &Publication<'_>,
    text: &AgreementText,
    published_text: PublishedText,
) -> Result<AgreementPublished, PublishError> {
    let version = publication.version;
    let former = versions.last().map(|version| &version.published);
    let latest = former.map_or(0, |published| published.version);
    if version <= latest {
        return Err(PublishError::NotRising { version, latest });
    }
    if publication.locale != Locale::Kk {
        return Err(PublishError::KazakhFirst);
    }
    if publication.effective_from_ms < operator.clock.utc_ms() - GRACE_MS {
        return Err(PublishError::EffectiveInPast);
    }
    if former.is_some_and(|former| publication.effective_from_ms < former.effective_from_ms) {
        return Err(PublishError::EffectiveBeforeFormer);
    }
    let geolocation_confirmation = geolocation_confirmation(text);
    let optional_confirmations = match (publication.geolocation_optional, geolocation_confirmation) {
        (false, _) => Vec::new(),
        (true, Some(number)) => vec![number],
        (true, None) => return Err(PublishError::NoGeolocation),
    };
    Ok(AgreementPublished {
        document: publication.document,
        version,
        effective_from_ms: publication.effective_from_ms,
        texts: vec![published_text],
        optional_confirmations,
        geolocation_confirmation,
    })
}

fn check_structure(kazakh: &AgreementText, text: &AgreementText) -> Result<(), PublishError> {
    let clauses = |text: &AgreementText| text.sections.iter().map(|section| section.clauses.len()).sum();
    for (what, expected, found) in [
        ("sections", kazakh.sections.len(), text.sections.len()),
        ("clauses", clauses(kazakh), clauses(text)),
        ("confirmations", kazakh.confirmations.len(), text.confirmations.len()),
    ] {
        if expected != found {
            return Err(PublishError::OtherStructure { what, expected, found });
        }
    }
    Ok(())
}
