//! Bytes to lines, and how wrapped lines are joined again.

use super::MAX_TEXT_BYTES;
use super::error::{ParseError, Reason};

/// A line that is not blank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Counted from 1, as an editor counts.
    pub(super) number: usize,
    /// Without white space at both ends.
    pub(super) text: &'a str,
    /// Whether a blank line or a page break stands before it.
    pub(super) after_blank: bool,
}

/// The lines of a text; at least one.
pub(super) fn split(bytes: &[u8]) -> Result<Vec<Line<'_>>, ParseError> {
    if bytes.len() > MAX_TEXT_BYTES {
        return Err(ParseError { line: 1, reason: Reason::TooLarge });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let byte = error.valid_up_to();
        let line = 1 + bytes[..byte].iter().filter(|&&b| b == b'\n').count();
        ParseError { line, reason: Reason::NotUtf8 { byte } }
    })?;
    // Editors of one system write a mark at the beginning; it is no part of the text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = Vec::new();
    let mut after_blank = true;
    for (index, raw) in text.split('\n').enumerate() {
        let raw = raw.strip_suffix('\r').unwrap_or(raw);
        if let Some(character) = raw.chars().find(|&c| is_stray(c)) {
            return Err(ParseError { line: index + 1, reason: Reason::StrayCharacter { character } });
        }
        let text = raw.trim();
        // A form feed is a page break wherever it stands in the line.
        after_blank |= text.is_empty() || raw.trim_end().contains('\u{c}');
        if !text.is_empty() {
            lines.push(Line { number: index + 1, text, after_blank });
            after_blank = raw.trim_start().contains('\u{c}');
        }
    }
    if lines.is_empty() { Err(ParseError { line: 1, reason: Reason::Empty }) } else { Ok(lines) }
}

/// Characters that show nothing, or change how their neighbours show.
fn is_stray(c: char) -> bool {
    match c {
        '\t' | '\u{c}' => false,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' => true,
        '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffd}' => true,
        '\u{e0000}'..='\u{e0fff}' => true,
        c => c.is_control(),
    }
}

/// Adds the next piece to a text: runs of white space are one space, and so is the line break, except after a hyphen
/// that belongs to the word («ата-» + «аналарға»).
pub(super) fn append(text: &mut String, piece: &str) {
    let mut is_first = true;
    for word in piece.split_whitespace() {
        if !(text.is_empty() || is_first && ends_in_split_word(text)) {
            text.push(' ');
        }
        text.push_str(word);
        is_first = false;
    }
}

/// One piece of text with its white space in order.
pub(super) fn tidy(piece: &str) -> String {
    let mut text = String::with_capacity(piece.len());
    append(&mut text, piece);
    text
}

/// Whether the line broke inside a hyphenated word, so that the next line goes on with it.
pub(super) fn ends_in_split_word(text: &str) -> bool {
    text.strip_suffix(['-', '\u{2010}', '\u{2011}'])
        .and_then(|before| before.chars().next_back())
        .is_some_and(char::is_alphanumeric)
}

/// Whether a sentence ends here.
pub(super) fn ends_sentence(text: &str) -> bool {
    text.trim_end_matches(['»', '"', '”', ')']).ends_with(['.', '!', '?', '…'])
}
