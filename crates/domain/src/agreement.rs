//! The text of an agreement: from the bytes that the operator publishes to clauses that a screen can show.
//!
//! The bytes are the agreement; what is made here is only its display. Therefore [`parse`] neither loses nor adds a
//! character (white space aside), and refuses with the line and the reason what it cannot structure, so that
//! nobody ever accepts a text that was shown differently from how it was written.
//!
//! Two shapes are known, both as word processors and PDF extraction leave them:
//! * **numbered** (subject, specialist): a title, sections `1. HEADING`, clauses `1.1. text` wrapped over several
//!   lines, lists by `•` or `1)`, blank lines at page breaks, at the end a block of confirmations headed «Растау:»;
//! * **unnumbered** (certifying centre): a title, a blank line, paragraphs and lists; usually no confirmations.
//!
//! | Module | Holds |
//! |---|---|
//! | `error` | what is refused, and where |
//! | `line` | bytes to lines, and how wrapped lines are joined |
//! | `marker` | how a line begins: number, bullet, heading of the confirmations |
//! | `clause` | the clause that is being read, with its list |
//! | `numbered`, `unnumbered` | the body of each shape |
//! | `confirmation` | the block at the end |
//!
//! Its tests, with texts of both shapes, are in `tests/agreement`.

mod clause;
mod confirmation;
mod error;
mod line;
mod marker;
mod numbered;
mod unnumbered;

use serde::{Deserialize, Serialize};

pub use error::{ParseError, Reason};

/// The largest text that is accepted: 1 MiB, a hundred times an ordinary agreement.
pub const MAX_TEXT_BYTES: usize = 1024 * 1024;

/// Which agreement a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgreementKind {
    /// The parent's or other legal representative's.
    Subject,
    /// The specialist's, with the confidentiality undertaking.
    Specialist,
    /// The certifying centre's, for registration certificates.
    CertifyingCentre,
}

impl AgreementKind {
    /// All of them.
    pub const ALL: [AgreementKind; 3] =
        [AgreementKind::Subject, AgreementKind::Specialist, AgreementKind::CertifyingCentre];

    /// `subject`, `specialist` or `certifying-centre`.
    pub const fn as_str(self) -> &'static str {
        match self {
            AgreementKind::Subject => "subject",
            AgreementKind::Specialist => "specialist",
            AgreementKind::CertifyingCentre => "certifying-centre",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// Whether the text must be numbered and end with confirmations.
    const fn is_accepted_by_confirmations(self) -> bool {
        matches!(self, AgreementKind::Subject | AgreementKind::Specialist)
    }
}

/// A whole text, structured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreementText {
    /// The lines of the title, at least one.
    pub title: Vec<String>,
    /// The body; an unnumbered text has one section without number and heading.
    pub sections: Vec<Section>,
    /// The heading of the confirmations with its colon, «Растау:».
    pub confirmations_heading: Option<String>,
    /// The sentence before them: what pressing «Кіру» means.
    pub confirmations_lead: Option<String>,
    /// The boxes to tick, numbered from 1 without gap; empty only for the certifying centre's.
    pub confirmations: Vec<Confirmation>,
}

/// A part of the text under one heading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// `2`, as written but without the full stop.
    pub number: Option<String>,
    /// The heading.
    pub heading: Option<String>,
    /// Its clauses, at least one.
    pub clauses: Vec<Clause>,
}

/// One clause or paragraph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clause {
    /// `2.1`, as written but without the last full stop.
    pub number: Option<String>,
    /// A name to link to, stable within one version: `2.1`, or `p3` for the third unnumbered paragraph.
    pub anchor: String,
    /// The text up to the list, if there is one.
    pub text: String,
    /// The list.
    pub items: Vec<Item>,
    /// The rest of the sentence or clause after the list.
    pub tail: Option<String>,
}

/// One item of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// `•`, `1)`, ..., or empty where lines ended by `;` are the items.
    pub marker: String,
    /// The text.
    pub text: String,
}

/// One box to tick.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// From 1.
    pub number: u8,
    /// What is confirmed.
    pub text: String,
}

/// Structures the bytes of an agreement.
///
/// # Errors
/// [`ParseError`] with the first line that breaks a rule, and which rule.
pub fn parse(kind: AgreementKind, bytes: &[u8]) -> Result<AgreementText, ParseError> {
    let lines = line::split(bytes)?;
    let (body, block) = confirmation::divide(&lines);
    let is_numbered = body.iter().any(|line| marker::clause_number(line.text).is_some());
    let (title, sections) = if is_numbered {
        numbered::read(body)?
    } else if kind.is_accepted_by_confirmations() {
        return Err(ParseError::at(lines.last(), Reason::NoClauses));
    } else {
        unnumbered::read(body)?
    };
    let Some(block) = block else {
        if kind.is_accepted_by_confirmations() {
            return Err(ParseError::at(lines.last(), Reason::ConfirmationsMissing));
        }
        return Ok(AgreementText {
            title,
            sections,
            confirmations_heading: None,
            confirmations_lead: None,
            confirmations: Vec::new(),
        });
    };
    let (heading, lead, confirmations) = confirmation::read(block)?;
    Ok(AgreementText {
        title,
        sections,
        confirmations_heading: Some(heading),
        confirmations_lead: lead,
        confirmations,
    })
}
