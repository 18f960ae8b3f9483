//! How a line begins: the number of a section, clause, item or confirmation, a bullet, or the heading of the block of
//! confirmations. These functions look at one line only; the readers decide by what stands around it.

/// The marks that always begin an item.
const BULLETS: [char; 8] = ['•', '·', '‣', '▪', '●', '○', '◦', '\u{f0b7}'];

/// The marks that begin an item in a list and are ordinary dashes elsewhere.
const DASHES: [char; 4] = ['-', '–', '—', '*'];

/// The headings of the block of confirmations, in small letters and without the colon.
const CONFIRMATION_HEADINGS: [&str; 8] = [
    "растау",
    "растаулар",
    "растаймын",
    "подтверждение",
    "подтверждения",
    "подтверждаю",
    "confirmation",
    "confirmations",
];

/// A number of one or two digits that does not begin with 0, and what follows it.
fn small_number(text: &str) -> Option<(u16, &str)> {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    if !(1..=2).contains(&end) || text.starts_with('0') {
        return None;
    }
    let (digits, rest) = text.split_at(end);
    Some((digits.parse().ok()?, rest))
}

/// `3. TEXT`: number and text. Years and dates are too long or have no white space.
pub(super) fn plain_number(text: &str) -> Option<(u16, &str)> {
    let (number, rest) = small_number(text)?;
    let rest = rest.strip_prefix('.')?;
    (rest.is_empty() || rest.starts_with(char::is_whitespace)).then(|| (number, rest.trim_start()))
}

/// `2.1. text`: section, clause and text. The white space after it may be missing, a digit may not follow.
pub(super) fn clause_number(text: &str) -> Option<((u16, u16), &str)> {
    let (section, rest) = small_number(text)?;
    let (clause, rest) = small_number(rest.strip_prefix('.')?)?;
    let rest = rest.strip_prefix('.')?;
    (!rest.starts_with(|c: char| c.is_ascii_digit())).then(|| ((section, clause), rest.trim_start()))
}

/// `2.1 text`: section and clause of a number that lacks its last full stop.
pub(super) fn clause_number_without_stop(text: &str) -> Option<(u16, u16)> {
    let (section, rest) = small_number(text)?;
    let (clause, rest) = small_number(rest.strip_prefix('.')?)?;
    (rest.is_empty() || rest.starts_with(char::is_whitespace)).then_some((section, clause))
}

/// Whether it begins as `2.1.1.` does.
pub(super) fn is_three_numbers(text: &str) -> bool {
    let mut rest = text;
    for _ in 0..3 {
        match small_number(rest).and_then(|(_, rest)| rest.strip_prefix('.')) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    true
}

/// `• text` or `·text`: the bullet and the text.
pub(super) fn bullet(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix(BULLETS)?;
    Some((&text[..text.len() - rest.len()], rest.trim_start()))
}

/// `– text`: the dash and the text; the white space is what tells it from a hyphen.
pub(super) fn dash(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix(DASHES)?;
    let is_item = rest.is_empty() || rest.starts_with(char::is_whitespace);
    is_item.then(|| (&text[..text.len() - rest.len()], rest.trim_start()))
}

/// `2) text`: the number, its marker and the text.
pub(super) fn bracket_number(text: &str) -> Option<(u16, &str, &str)> {
    let (number, rest) = small_number(text)?;
    let rest = rest.strip_prefix(')')?;
    Some((number, &text[..text.len() - rest.len()], rest.trim_start()))
}

/// `б) text`: the marker and the text.
pub(super) fn bracket_letter(text: &str) -> Option<(&str, &str)> {
    let rest = text.strip_prefix(char::is_alphabetic)?.strip_prefix(')')?;
    Some((&text[..text.len() - rest.len()], rest.trim_start()))
}

/// Whether the line is the heading of the block of confirmations: «Растау:» and nothing else. In small letters it is
/// the last word of a wrapped sentence.
pub(super) fn is_confirmation_heading(text: &str) -> bool {
    text.starts_with(char::is_uppercase)
        && text
            .strip_suffix(':')
            .is_some_and(|word| CONFIRMATION_HEADINGS.contains(&word.trim_end().to_lowercase().as_str()))
}
