//! The clause that is being read, with its list: which line begins an item, which goes on with what stands before.

use super::error::{ParseError, Reason};
use super::line::{Line, append, ends_in_split_word, ends_sentence, tidy};
use super::marker;
use super::{Clause, Item};

/// How the lines of a text end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Wrapped to the width of a page: a line ends anywhere.
    Wrapped,
    /// A line for each paragraph and item, however long.
    WholeLines,
}

/// A clause until the next one begins.
#[derive(Debug)]
pub(super) struct OpenClause {
    line: usize,
    number: Option<String>,
    anchor: String,
    layout: Layout,
    text: String,
    items: Vec<OpenItem>,
    tail: Option<String>,
}

#[derive(Debug)]
struct OpenItem {
    line: usize,
    kind: ItemKind,
    item: Item,
}

/// How an item is marked; the same kind goes on with the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ItemKind {
    Bullet,
    Dash,
    Number(u16),
    Letter,
    Unmarked,
}

/// The beginning of an item: its kind, marker and first words.
type ItemStart<'a> = (ItemKind, &'a str, &'a str);

impl OpenClause {
    /// A clause that begins at a line, with the text after its number.
    pub(super) fn new(
        line: usize,
        number: Option<String>,
        anchor: String,
        text: &str,
        layout: Layout,
    ) -> Self {
        Self { line, number, anchor, layout, text: tidy(text), items: Vec::new(), tail: None }
    }

    /// What was read last: the tail, the last item or the text.
    pub(super) fn current(&self) -> &str {
        match (&self.tail, self.items.last()) {
            (Some(tail), _) => tail,
            (None, Some(last)) => &last.item.text,
            (None, None) => &self.text,
        }
    }

    /// Whether there is a list.
    pub(super) fn has_items(&self) -> bool {
        !self.items.is_empty()
    }

    /// Whether there is text after the list.
    pub(super) fn has_tail(&self) -> bool {
        self.tail.is_some()
    }

    /// Takes a line if it begins an item; says whether it did.
    pub(super) fn take_item(&mut self, line: &Line<'_>) -> Result<bool, ParseError> {
        let Some((kind, marker, text)) = self.item_start(line)? else {
            return Ok(false);
        };
        // What looked like text after the list was inside its item, since the list goes on.
        if let Some(tail) = self.tail.take()
            && let Some(last) = self.items.last_mut()
        {
            append(&mut last.item.text, &tail);
        }
        let item = Item { marker: marker.to_owned(), text: tidy(text) };
        self.items.push(OpenItem { line: line.number, kind, item });
        Ok(true)
    }

    /// Takes a line of a wrapped text: an item, or the continuation of what stands before.
    pub(super) fn take_line(&mut self, line: &Line<'_>) -> Result<(), ParseError> {
        if self.take_item(line)? {
            return Ok(());
        }
        if self.tail.is_none() && self.ends_list(line) {
            self.tail = Some(tidy(line.text));
        } else {
            self.continue_with(line);
        }
        Ok(())
    }

    /// Goes on with what was read last.
    pub(super) fn continue_with(&mut self, line: &Line<'_>) {
        let target = match (&mut self.tail, self.items.last_mut()) {
            (Some(tail), _) => tail,
            (None, Some(last)) => &mut last.item.text,
            (None, None) => &mut self.text,
        };
        append(target, line.text);
    }

    /// Takes a line as the rest of the sentence after the list.
    pub(super) fn take_tail(&mut self, line: &Line<'_>) {
        append(self.tail.get_or_insert_default(), line.text);
    }

    /// Whether a line without marker stands after the list and not inside its last item.
    fn ends_list(&self, line: &Line<'_>) -> bool {
        let Some(last) = self.items.last() else {
            return false;
        };
        let text = last.item.text.as_str();
        // An abbreviation may end a line with a full stop; then the next line begins with a small letter.
        text.ends_with(';') || ends_sentence(text) && !line.text.starts_with(char::is_lowercase)
    }

    fn item_start<'a>(&self, line: &Line<'a>) -> Result<Option<ItemStart<'a>>, ParseError> {
        let fail = |reason| Err(ParseError { line: line.number, reason });
        let current = self.current();
        if let Some((marker, text)) = marker::bullet(line.text) {
            return Ok(Some((ItemKind::Bullet, marker, text)));
        }
        if ends_in_split_word(current) {
            return Ok(None);
        }
        let leads = current.ends_with(':');
        let last = self.items.last().map(|last| last.kind);
        let ends_item = current.ends_with([';', ',', ':']) || ends_sentence(current);
        if let Some((marker, text)) = marker::dash(line.text) {
            let goes_on = last == Some(ItemKind::Dash);
            if goes_on && !ends_item && self.layout == Layout::Wrapped {
                return fail(Reason::AmbiguousDash);
            }
            return Ok((leads || goes_on).then_some((ItemKind::Dash, marker, text)));
        }
        if let Some((found, marker, text)) = self.item_number(line.text) {
            let earlier = self.items.iter().rev().find_map(|item| match item.kind {
                ItemKind::Number(number) => Some(number),
                _ => None,
            });
            let expected = earlier.map_or(1, |number| number + 1);
            let may_begin =
                earlier.is_some() || leads || line.after_blank || self.layout == Layout::WholeLines;
            if found == expected && may_begin {
                return Ok(Some((ItemKind::Number(found), marker, text)));
            }
            // After a finished item only the next number makes sense; otherwise «2-тармағының / 12) тармақшасы» was
            // wrapped here.
            if leads || earlier.is_some() && (current.ends_with(';') || ends_sentence(current)) {
                return fail(Reason::ItemOutOfOrder { expected, found });
            }
            return Ok(None);
        }
        if let Some((marker, text)) = marker::bracket_letter(line.text)
            && (leads || last == Some(ItemKind::Letter) && ends_item)
        {
            return Ok(Some((ItemKind::Letter, marker, text)));
        }
        Ok(self.starts_unmarked_item(line).then_some((ItemKind::Unmarked, "", line.text)))
    }

    /// `2)`, and in a text without numbered sections `2.` as well.
    fn item_number<'a>(&self, text: &'a str) -> Option<(u16, &'a str, &'a str)> {
        marker::bracket_number(text).or_else(|| {
            let (number, rest) = marker::plain_number(text).filter(|_| self.number.is_none())?;
            Some((number, text[..text.len() - rest.len()].trim_end(), rest))
        })
    }

    /// «Мен:» and then lines that end with a semicolon are a list too, up to the first that does not.
    fn starts_unmarked_item(&self, line: &Line<'_>) -> bool {
        self.layout == Layout::WholeLines
            && match self.items.last() {
                None => self.text.ends_with(':') && line.text.ends_with(';'),
                Some(last) => last.kind == ItemKind::Unmarked && last.item.text.ends_with(';'),
            }
    }

    /// The finished clause.
    pub(super) fn close(self) -> Result<Clause, ParseError> {
        if self.text.is_empty() {
            return Err(ParseError { line: self.line, reason: Reason::ClauseWithoutText });
        }
        if let Some(empty) = self.items.iter().find(|open| open.item.text.is_empty()) {
            return Err(ParseError { line: empty.line, reason: Reason::ItemWithoutText });
        }
        Ok(Clause {
            number: self.number,
            anchor: self.anchor,
            text: self.text,
            items: self.items.into_iter().map(|open| open.item).collect(),
            tail: self.tail,
        })
    }
}
