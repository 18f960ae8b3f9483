//! `flagged`: what a person should look at, also what reached nobody.

use clap::Args;
use domain::flag::Flag;
use serde::Serialize;

use super::{Outcome, Place, output};

/// Statements that are read at once.
const BATCH: u32 = 500;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    place: Place,
    /// Only statements with this flag, such as no-authority
    #[arg(long, value_parser = parse_flag)]
    flag: Option<Flag>,
}

fn parse_flag(code: &str) -> Result<Flag, String> {
    let known = || Flag::ALL.iter().map(|flag| flag.as_str()).collect::<Vec<_>>().join(", ");
    Flag::parse(code).ok_or_else(|| format!("one of {}", known()))
}

#[derive(Serialize)]
struct Row {
    leaf: u64,
    registered_at_ms: i64,
    kind: &'static str,
    subject: String,
    person: Option<String>,
    flags: Vec<&'static str>,
}

pub(super) fn run(options: &Options) -> Outcome {
    let instance = options.place.open()?;
    let read = instance.read()?;
    let is_wanted = |flags: &[Flag]| match options.flag {
        Some(flag) => flags.contains(&flag),
        None => !flags.is_empty(),
    };
    let (mut rows, mut from) = (Vec::new(), 0);
    loop {
        let entries = read.entries(from, BATCH)?;
        let Some(last) = entries.last() else { break };
        from = last.leaf_index + 1;
        for entry in entries.iter().filter(|entry| is_wanted(&entry.flags)) {
            rows.push(Row {
                leaf: entry.leaf_index,
                registered_at_ms: entry.registered_at_ms,
                kind: entry.kind.as_str(),
                subject: entry.subject.to_string(),
                person: read.bound_key(entry.key)?.map(|key| key.person.to_string()),
                flags: entry.flags.iter().map(|flag| flag.as_str()).collect(),
            });
        }
    }
    if options.place.json {
        return output::json(&rows);
    }
    let cells = |row: Row| {
        let (moment, person) = (output::moment(row.registered_at_ms), row.person.unwrap_or_default());
        [row.leaf.to_string(), moment, row.kind.to_owned(), row.subject, person, row.flags.join(" ")]
    };
    output::table(
        ["LEAF", "REGISTERED", "KIND", "SUBJECT", "PERSON", "FLAGS"],
        &rows.into_iter().map(cells).collect::<Vec<_>>(),
    )
}
