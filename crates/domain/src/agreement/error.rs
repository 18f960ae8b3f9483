//! What is refused, and where.

use super::line::Line;

/// A text that cannot be structured: the line to look at and what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct ParseError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong.
    #[source]
    pub reason: Reason,
}

/// The rules that a text can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Larger than [`super::MAX_TEXT_BYTES`].
    #[error("the text is larger than 1 MiB")]
    TooLarge,
    /// Another encoding, or a damaged file.
    #[error("not UTF-8 at byte {byte}, counted from 0")]
    NotUtf8 {
        /// Offset of the first bad byte.
        byte: usize,
    },
    /// A character that shows nothing or changes how others show: control, zero-width, direction, soft hyphen.
    #[error("an invisible character U+{:04X} would make the shown text differ from the written one", *.character as u32)]
    StrayCharacter {
        /// The character.
        character: char,
    },
    /// Nothing but white space.
    #[error("the text is empty")]
    Empty,
    /// The body begins at once.
    #[error("the text has no title")]
    NoTitle,
    /// Nothing after the title, or a heading of confirmations at once.
    #[error("nothing follows the title")]
    NoBody,
    /// Sentences between the title and section 1.
    #[error("a sentence before section 1 belongs to no clause")]
    TextBeforeSections,
    /// A subject's or specialist's text without a single `1.1.`.
    #[error("no clause is numbered as 1.1.")]
    NoClauses,
    /// A section number that is not the next.
    #[error("section {found}. where {expected}. should follow")]
    SectionOutOfOrder {
        /// The number that would be the next.
        expected: u16,
        /// The number that was read.
        found: u16,
    },
    /// A section without heading.
    #[error("the section has no heading")]
    SectionWithoutHeading,
    /// A section without clauses.
    #[error("the section has no clause")]
    SectionWithoutClauses,
    /// A clause number that is not the next of its section.
    #[error("clause {}.{}. where {}.{}. should follow", .found.0, .found.1, .expected.0, .expected.1)]
    ClauseOutOfOrder {
        /// Section and clause that would be the next.
        expected: (u16, u16),
        /// Section and clause that were read.
        found: (u16, u16),
    },
    /// `2.1 text`: could be the next clause or a wrapped reference to it.
    #[error("the number of a clause ends with a full stop")]
    ClauseNumberWithoutStop,
    /// `2.1.1.`: a third level is not known.
    #[error("clauses have two numbers at most")]
    NumberTooDeep,
    /// A clause that is only its number.
    #[error("the clause has no text")]
    ClauseWithoutText,
    /// Text after a heading that is neither heading nor clause.
    #[error("this text belongs to no clause")]
    TextOutsideClause,
    /// An item before any text that it could belong to.
    #[error("a list without a clause that leads it")]
    ListWithoutLead,
    /// `3)` where `2)` should follow.
    #[error("item {found} where {expected} should follow")]
    ItemOutOfOrder {
        /// The number that would be the next.
        expected: u16,
        /// The number that was read.
        found: u16,
    },
    /// An item that is only its marker.
    #[error("the item has no text")]
    ItemWithoutText,
    /// A dash at the beginning of a line, after a line that does not end: the next item, or a dash of the sentence.
    #[error(
        "this dash could begin an item or go on with the line before: end that line with a ; or join the lines"
    )]
    AmbiguousDash,
    /// A subject's or specialist's text without the block.
    #[error("the confirmations are missing: a line \"Растау:\", then 1., 2., ...")]
    ConfirmationsMissing,
    /// The block is there, its list is not.
    #[error("the confirmations are headed but not listed as 1., 2., ...")]
    ConfirmationsEmpty,
    /// The block a second time.
    #[error("the confirmations are headed a second time")]
    ConfirmationsTwice,
    /// A number that is not the next.
    #[error("confirmation {found}. where {expected}. should follow")]
    ConfirmationOutOfOrder {
        /// The number that would be the next.
        expected: u16,
        /// The number that was read.
        found: u16,
    },
    /// A confirmation that is only its number.
    #[error("the confirmation has no text")]
    ConfirmationWithoutText,
    /// A new paragraph after a confirmation that had ended.
    #[error("this text after a confirmation belongs to nothing")]
    TextAfterConfirmations,
}

impl ParseError {
    /// The error at a line, or at line 1 of a text without lines.
    pub(super) fn at(line: Option<&Line<'_>>, reason: Reason) -> Self {
        Self { line: line.map_or(1, |line| line.number), reason }
    }
}
