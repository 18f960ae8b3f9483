//! The body of a numbered text: title, sections `1. HEADING`, clauses `1.1. text`.

use super::Section;
use super::clause::{Layout, OpenClause};
use super::error::{ParseError, Reason};
use super::line::{Line, append, ends_in_split_word, ends_sentence, tidy};
use super::marker;

/// Title and sections of the lines before the confirmations.
pub(super) fn read(body: &[Line<'_>]) -> Result<(Vec<String>, Vec<Section>), ParseError> {
    let first_section = body.iter().position(|line| begins_part(line.text)).unwrap_or(body.len());
    let (title, rest) = body.split_at(first_section);
    let title = read_title(title, body.first())?;
    let mut sections = Sections::default();
    for line in rest {
        sections.take(line)?;
    }
    Ok((title, sections.close()?))
}

/// Whether a line ends the title: any number that a part of the text can have.
fn begins_part(text: &str) -> bool {
    marker::plain_number(text).is_some()
        || marker::clause_number(text).is_some()
        || marker::is_three_numbers(text)
}

fn read_title(lines: &[Line<'_>], first: Option<&Line<'_>>) -> Result<Vec<String>, ParseError> {
    if lines.is_empty() {
        return Err(ParseError::at(first, Reason::NoTitle));
    }
    let mut title: Vec<String> = Vec::new();
    for line in lines {
        if ends_sentence(line.text) || line.text.ends_with([':', ';']) {
            return Err(ParseError::at(Some(line), Reason::TextBeforeSections));
        }
        match title.last_mut() {
            Some(last) if ends_in_split_word(last) => append(last, line.text),
            _ => title.push(tidy(line.text)),
        }
    }
    Ok(title)
}

/// The sections read so far; the last one is still open.
#[derive(Default)]
struct Sections {
    closed: Vec<Section>,
    open: Option<OpenSection>,
}

struct OpenSection {
    line: usize,
    number: u16,
    section: Section,
    clause: Option<OpenClause>,
    clause_count: u16,
}

impl Sections {
    fn take(&mut self, line: &Line<'_>) -> Result<(), ParseError> {
        let fail = |reason| Err(ParseError { line: line.number, reason });
        if marker::is_three_numbers(line.text) {
            return fail(Reason::NumberTooDeep);
        }
        if let Some((found, text)) = marker::clause_number(line.text) {
            let Some(open) = &mut self.open else {
                return fail(Reason::SectionWithoutHeading);
            };
            return open.begin_clause(found, text, line);
        }
        if let Some((found, heading)) = marker::plain_number(line.text) {
            let expected = self.open.as_ref().map_or(1, |open| open.number + 1);
            if found != expected {
                return fail(Reason::SectionOutOfOrder { expected, found });
            }
            self.close_open()?;
            self.open = Some(OpenSection::new(line.number, found, heading));
            return Ok(());
        }
        match &mut self.open {
            Some(open) => open.take_text(line),
            None => fail(Reason::TextBeforeSections),
        }
    }

    fn close_open(&mut self) -> Result<(), ParseError> {
        if let Some(open) = self.open.take() {
            self.closed.push(open.close()?);
        }
        Ok(())
    }

    fn close(mut self) -> Result<Vec<Section>, ParseError> {
        self.close_open()?;
        Ok(self.closed)
    }
}

impl OpenSection {
    fn new(line: usize, number: u16, heading: &str) -> Self {
        let section =
            Section { number: Some(number.to_string()), heading: Some(tidy(heading)), clauses: Vec::new() };
        Self { line, number, section, clause: None, clause_count: 0 }
    }

    fn heading(&mut self) -> &mut String {
        self.section.heading.get_or_insert_default()
    }

    fn begin_clause(&mut self, found: (u16, u16), text: &str, line: &Line<'_>) -> Result<(), ParseError> {
        if self.heading().is_empty() {
            return Err(ParseError { line: self.line, reason: Reason::SectionWithoutHeading });
        }
        let expected = (self.number, self.clause_count + 1);
        if found != expected {
            return Err(ParseError {
                line: line.number,
                reason: Reason::ClauseOutOfOrder { expected, found },
            });
        }
        self.close_clause()?;
        let number = format!("{}.{}", found.0, found.1);
        self.clause = Some(OpenClause::new(line.number, Some(number.clone()), number, text, Layout::Wrapped));
        self.clause_count += 1;
        Ok(())
    }

    fn take_text(&mut self, line: &Line<'_>) -> Result<(), ParseError> {
        let nexts = [(self.number, self.clause_count + 1), (self.number + 1, 1)];
        if marker::clause_number_without_stop(line.text).is_some_and(|number| nexts.contains(&number)) {
            return Err(ParseError { line: line.number, reason: Reason::ClauseNumberWithoutStop });
        }
        match &mut self.clause {
            Some(clause) => clause.take_line(line),
            None => self.take_heading(line),
        }
    }

    /// A heading may be wrapped, too; a paragraph under it is none.
    fn take_heading(&mut self, line: &Line<'_>) -> Result<(), ParseError> {
        if marker::bullet(line.text).is_some() {
            return Err(ParseError { line: line.number, reason: Reason::ListWithoutLead });
        }
        let has_small = |text: &str| text.chars().any(char::is_lowercase);
        let heading = self.heading();
        let is_paragraph = ends_sentence(line.text)
            || !heading.is_empty() && (line.after_blank || !has_small(heading) && has_small(line.text));
        if is_paragraph {
            return Err(ParseError { line: line.number, reason: Reason::TextOutsideClause });
        }
        append(heading, line.text);
        Ok(())
    }

    fn close_clause(&mut self) -> Result<(), ParseError> {
        if let Some(clause) = self.clause.take() {
            self.section.clauses.push(clause.close()?);
        }
        Ok(())
    }

    fn close(mut self) -> Result<Section, ParseError> {
        self.close_clause()?;
        if self.section.clauses.is_empty() {
            return Err(ParseError { line: self.line, reason: Reason::SectionWithoutClauses });
        }
        Ok(self.section)
    }
}
