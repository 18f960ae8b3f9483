//! Structured texts for the reader, and what was accepted.

use domain::agreement::{self, AgreementText, Clause, Section};
use domain::content::{EvidenceLevel, Locale};
use store::Reader;
use store::read::agreement::{AcceptanceRow, AgreementRow};

use super::visit::transport;
use crate::agreement::progress::Progress;
use crate::agreement::texts;
use crate::errors::Result;
use crate::ipc::{
    AcceptanceView, AgreementDue, AgreementView, ClauseView, ConfirmationView, ItemView, SectionView,
};

/// How a version is shown, and why.
pub(crate) struct Shown {
    /// In this language.
    pub(crate) locale: Locale,
    /// Which is not the wanted one.
    pub(crate) locale_missing: bool,
    /// It does not bind yet.
    pub(crate) announced: bool,
    /// The person withdrew all that was accepted of this agreement, UTC ms.
    pub(crate) withdrawn_at_ms: Option<i64>,
}

/// A version to read.
pub(crate) fn due(
    version: &AgreementRow,
    shown: &Shown,
    text: &AgreementText,
    progress: &Progress,
) -> AgreementDue {
    let published = version.texts.iter().find(|published| published.locale == shown.locale);
    let sha256 = published.map(|published| published.sha256);
    let numbers = text.confirmations.iter().map(|confirmation| confirmation.number);
    let optional = &version.optional_confirmations;
    AgreementDue {
        document: version.document.as_str().to_owned(),
        version: version.version,
        locale: shown.locale.into(),
        locale_missing: shown.locale_missing,
        locales: version.texts.iter().map(|published| published.locale.into()).collect(),
        sha256: sha256.map(|sha256| sha256.to_string()).unwrap_or_default(),
        effective_from_ms: version.effective_from_ms,
        announced: shown.announced,
        text: structured(text),
        required_confirmations: numbers.filter(|number| !optional.contains(number)).collect(),
        optional_geolocation: version.geolocation_confirmation.filter(|number| optional.contains(number)),
        ticked: progress.ticked_numbers(),
        end_reached: progress.has_reached_end(shown.locale),
        withdrawn_at_ms: shown.withdrawn_at_ms,
    }
}

/// What was accepted, with the very text. While the text is not on this device (accepted on another one, not fetched
/// yet) it is empty; the digest tells all the same which one it was.
///
/// # Errors
/// Those of the store.
pub(crate) fn acceptance(reader: &Reader<'_>, row: &AcceptanceRow) -> Result<AcceptanceView> {
    let accepted = &row.accepted;
    let bytes = texts::kept(reader, accepted.sha256)?;
    let text = bytes.and_then(|bytes| agreement::parse(accepted.document, &bytes).ok());
    let ticked = accepted.confirmations.iter().filter(|answer| answer.accepted).map(|answer| answer.number);
    let gave_it = reader.lets_locate(accepted)?;
    let geolocation_withdrawn =
        row.geolocation_withdrawn.as_ref().filter(|_| gave_it && row.withdrawn.is_none());
    Ok(AcceptanceView {
        document: accepted.document.as_str().to_owned(),
        version: accepted.version,
        locale: accepted.locale.into(),
        sha256: accepted.sha256.to_string(),
        accepted_at_ms: accepted.accepted_at_ms,
        evidence_level: match accepted.evidence_level {
            EvidenceLevel::L0 => "L0",
            EvidenceLevel::L1 => "L1",
            EvidenceLevel::L2 => "L2",
        }
        .to_owned(),
        transport: transport(row.transport),
        text: text.as_ref().map_or_else(nothing, structured),
        ticked: ticked.collect(),
        statement: row.statement.to_string(),
        counts: row.counts,
        withdrawn_at_ms: row.withdrawn.as_ref().map(|withdrawn| withdrawn.withdrawn_at_ms),
        geolocation_withdrawn_at_ms: geolocation_withdrawn.map(|withdrawn| withdrawn.withdrawn_at_ms),
    })
}

fn nothing() -> AgreementView {
    AgreementView {
        title: Vec::new(),
        sections: Vec::new(),
        confirmations_lead: None,
        confirmations: Vec::new(),
    }
}

fn structured(text: &AgreementText) -> AgreementView {
    let confirmations = text.confirmations.iter();
    AgreementView {
        title: text.title.clone(),
        sections: text.sections.iter().map(section).collect(),
        confirmations_lead: text.confirmations_lead.clone(),
        confirmations: confirmations
            .map(|confirmation| ConfirmationView {
                number: confirmation.number,
                text: confirmation.text.clone(),
            })
            .collect(),
    }
}

fn section(section: &Section) -> SectionView {
    SectionView {
        number: section.number.clone(),
        heading: section.heading.clone(),
        clauses: section.clauses.iter().map(clause).collect(),
    }
}

fn clause(clause: &Clause) -> ClauseView {
    let items = clause.items.iter();
    ClauseView {
        number: clause.number.clone(),
        anchor: clause.anchor.clone(),
        text: clause.text.clone(),
        items: items.map(|item| ItemView { marker: item.marker.clone(), text: item.text.clone() }).collect(),
        tail: clause.tail.clone(),
    }
}
