//! The block at the end: «Растау:», what pressing the button means, and the boxes to tick.

use super::Confirmation;
use super::error::{ParseError, Reason};
use super::line::{Line, append, ends_in_split_word, ends_sentence, tidy};
use super::marker;

/// The lines before the block, and the block with its heading if there is one.
pub(super) fn divide<'l, 'a>(lines: &'l [Line<'a>]) -> (&'l [Line<'a>], Option<&'l [Line<'a>]>) {
    match lines.iter().position(|line| marker::is_confirmation_heading(line.text)) {
        Some(at) => (&lines[..at], Some(&lines[at..])),
        None => (lines, None),
    }
}

/// Heading, lead and confirmations of the block.
pub(super) fn read(block: &[Line<'_>]) -> Result<(String, Option<String>, Vec<Confirmation>), ParseError> {
    let Some((heading, rest)) = block.split_first() else {
        return Err(ParseError::at(None, Reason::ConfirmationsMissing));
    };
    let mut lead = String::new();
    let mut confirmations: Vec<(usize, Confirmation)> = Vec::new();
    for line in rest {
        let fail = |reason| Err(ParseError { line: line.number, reason });
        if marker::is_confirmation_heading(line.text) {
            return fail(Reason::ConfirmationsTwice);
        }
        let splits_word =
            ends_in_split_word(confirmations.last().map_or(lead.as_str(), |(_, last)| last.text.as_str()));
        if let Some((found, text)) = marker::plain_number(line.text).filter(|_| !splits_word) {
            let expected = confirmations.last().map_or(1, |(_, last)| u16::from(last.number) + 1);
            match u8::try_from(found) {
                Ok(number) if found == expected => {
                    confirmations.push((line.number, Confirmation { number, text: tidy(text) }));
                }
                _ => return fail(Reason::ConfirmationOutOfOrder { expected, found }),
            }
            continue;
        }
        match confirmations.last_mut() {
            None => append(&mut lead, line.text),
            Some((_, last)) => {
                let is_new = line.after_blank && ends_sentence(&last.text);
                if is_new || marker::bullet(line.text).is_some() {
                    return fail(Reason::TextAfterConfirmations);
                }
                append(&mut last.text, line.text);
            }
        }
    }
    if confirmations.is_empty() {
        return Err(ParseError::at(Some(heading), Reason::ConfirmationsEmpty));
    }
    if let Some(&(line, _)) = confirmations.iter().find(|(_, confirmation)| confirmation.text.is_empty()) {
        return Err(ParseError { line, reason: Reason::ConfirmationWithoutText });
    }
    let lead = Some(lead).filter(|lead| !lead.is_empty());
    Ok((tidy(heading.text), lead, confirmations.into_iter().map(|(_, confirmation)| confirmation).collect()))
}
