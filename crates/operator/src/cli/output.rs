//! Tables for people, JSON for programs.

use std::io::{self, Write as _};

use domain::date::{Date, DateError};
use serde::Serialize;

use super::Outcome;

/// Prints a value as JSON.
pub(super) fn json<T: Serialize>(value: &T) -> Outcome {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value)?;
    Ok(writeln!(out)?)
}

/// Prints one line.
pub(super) fn line(text: &str) -> Outcome {
    Ok(writeln!(io::stdout().lock(), "{text}")?)
}

/// Prints rows under a heading, each column as wide as its widest cell.
pub(super) fn table<const N: usize>(heading: [&str; N], rows: &[[String; N]]) -> Outcome {
    let mut out = io::stdout().lock();
    write!(out, "{}", render(heading, rows))?;
    Ok(())
}

fn render<const N: usize>(heading: [&str; N], rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([heading[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut text = String::new();
    let mut add = |cells: [&str; N]| {
        let padded: Vec<String> =
            cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        text.push_str(padded.join("  ").trim_end());
        text.push('\n');
    };
    add(heading);
    rows.iter().for_each(|row| add(std::array::from_fn(|column| row[column].as_str())));
    text
}

/// A moment as people in Kazakhstan read it: `2026-11-23 09:30`, UTC+5.
pub(super) fn moment(at_ms: i64) -> String {
    let local = chrono::DateTime::from_timestamp_millis(at_ms.saturating_add(5 * 3_600_000));
    local.map_or_else(|| at_ms.to_string(), |time| time.format("%Y-%m-%d %H:%M").to_string())
}

/// The day in Kazakhstan at a moment.
pub(super) fn day(at_ms: i64) -> Result<Date, DateError> {
    moment(at_ms).get(..10).unwrap_or_default().parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_by_letters_not_bytes() {
        let rows = [["Әлия".to_owned(), "1".to_owned()], ["Bo".to_owned(), "22".to_owned()]];
        assert_eq!(render(["name", "n"], &rows), "name  n\nӘлия  1\nBo    22\n");
    }

    #[test]
    fn moments_are_those_of_kazakhstan() {
        assert_eq!(moment(0), "1970-01-01 05:00");
        assert_eq!(day(-5 * 3_600_000).unwrap().to_string(), "1970-01-01");
        assert_eq!(day(-5 * 3_600_000 - 1).unwrap().to_string(), "1969-12-31");
    }
}
