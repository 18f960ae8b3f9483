//! The body of a text without numbers: a title, a blank line, paragraphs with lists.

use super::clause::{Layout, OpenClause};
use super::error::{ParseError, Reason};
use super::line::{Line, append, ends_in_split_word, ends_sentence, tidy};
use super::marker;
use super::{Clause, Section};

/// Longer than any page is wide: such a line can only be a whole paragraph.
const WRAPPED_LINE_CHARS_MAX: usize = 200;

/// Title and the one section of the lines before the confirmations.
pub(super) fn read(body: &[Line<'_>]) -> Result<(Vec<String>, Vec<Section>), ParseError> {
    let title_end = body.iter().skip(1).position(|line| line.after_blank).map_or(body.len(), |at| at + 1);
    let (title, rest) = body.split_at(title_end);
    let title = read_title(title)?;
    if rest.is_empty() {
        return Err(ParseError::at(body.last(), Reason::NoBody));
    }
    let layout = if rest.iter().any(is_long) { Layout::WholeLines } else { Layout::Wrapped };
    let mut clauses: Vec<Clause> = Vec::new();
    let mut open: Option<OpenClause> = None;
    for line in rest {
        if let Some(clause) = &mut open {
            if clause.take_item(line)? {
                continue;
            }
            if goes_on(clause, line, layout) {
                match layout {
                    Layout::WholeLines if clause.has_items() && !ends_in_split_word(clause.current()) => {
                        clause.take_tail(line);
                    }
                    Layout::WholeLines => clause.continue_with(line),
                    Layout::Wrapped => clause.take_line(line)?,
                }
                continue;
            }
        }
        if marker::bullet(line.text).is_some() {
            return Err(ParseError { line: line.number, reason: Reason::ListWithoutLead });
        }
        if let Some(clause) = open.take() {
            clauses.push(clause.close()?);
        }
        let anchor = format!("p{}", clauses.len() + 1);
        open = Some(OpenClause::new(line.number, None, anchor, line.text, layout));
    }
    if let Some(clause) = open {
        clauses.push(clause.close()?);
    }
    Ok((title, vec![Section { number: None, heading: None, clauses }]))
}

fn is_long(line: &Line<'_>) -> bool {
    line.text.chars().count() > WRAPPED_LINE_CHARS_MAX
}

fn read_title(lines: &[Line<'_>]) -> Result<Vec<String>, ParseError> {
    let is_body = |line: &Line<'_>| {
        ends_sentence(line.text)
            || is_long(line)
            || marker::bullet(line.text).is_some()
            || line.text.ends_with(':')
    };
    if lines.is_empty() || lines.iter().any(is_body) {
        return Err(ParseError::at(lines.first(), Reason::NoTitle));
    }
    let mut title: Vec<String> = Vec::new();
    for line in lines {
        match title.last_mut() {
            Some(last) if ends_in_split_word(last) => append(last, line.text),
            _ => title.push(tidy(line.text)),
        }
    }
    Ok(title)
}

/// Whether a line that begins no item belongs to the open paragraph.
fn goes_on(clause: &OpenClause, line: &Line<'_>, layout: Layout) -> bool {
    let current = clause.current();
    if ends_in_split_word(current) {
        return true;
    }
    match layout {
        // Only the sentence of a list can go on after it: «...қаласы жатады, / субъектінің келісімімен...».
        Layout::WholeLines => clause.has_items() && !clause.has_tail() && !ends_sentence(current),
        // A blank line in the middle of a sentence is a page break.
        Layout::Wrapped => {
            let is_finished = ends_sentence(current) || !clause.has_items() && current.ends_with([':', ';']);
            !(line.after_blank && is_finished)
        }
    }
}
