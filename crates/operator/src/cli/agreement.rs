//! `agreement publish`, `agreement list`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use domain::agreement::AgreementKind;
use domain::content::Locale;
use domain::date::Date;
use operator_core::publish::Published;
use serde::Serialize;

use super::{Failure, Outcome, Place, output};
use crate::change;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Publishes a text: a new version begins with Kazakh, other languages of the same version follow
    Publish(PublishOptions),
    /// Lists what was published
    List(Place),
}

fn parse_kind(name: &str) -> Result<AgreementKind, String> {
    AgreementKind::parse(name).ok_or_else(|| "one of subject, specialist, certifying-centre".into())
}

fn parse_locale(name: &str) -> Result<Locale, String> {
    Locale::parse(name).ok_or_else(|| "one of kk, ru, en".into())
}

#[derive(Debug, Clone, Copy)]
enum Day {
    Today,
    On(Date),
}

fn parse_day(text: &str) -> Result<Day, String> {
    if text == "today" {
        Ok(Day::Today)
    } else {
        text.parse().map(Day::On).map_err(|error| format!("{error}"))
    }
}

#[derive(Debug, Args)]
pub(super) struct PublishOptions {
    #[command(flatten)]
    place: Place,
    /// Which agreement: subject, specialist, certifying-centre
    #[arg(long, value_parser = parse_kind)]
    kind: AgreementKind,
    /// Language: kk, ru, en
    #[arg(long, value_parser = parse_locale)]
    locale: Locale,
    /// Number of the version; versions rise
    #[arg(long)]
    version: u32,
    /// First day on which it binds, 2026-12-01; or the word `today`
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    effective: Day,
    /// The confirmation on geolocation need not be ticked
    #[arg(long)]
    geolocation_optional: bool,
    /// Plain text, UTF-8
    file: PathBuf,
}

#[derive(Serialize)]
struct Row {
    kind: &'static str,
    version: u32,
    effective_from_ms: i64,
    in_force: bool,
    texts: Vec<(Locale, String)>,
    optional_confirmations: Vec<u8>,
}

pub(super) fn run(command: &Command) -> Outcome {
    match command {
        Command::Publish(options) => publish(options),
        Command::List(place) => list(place),
    }
}

fn publish(options: &PublishOptions) -> Outcome {
    let file = options.file.display();
    let bytes = std::fs::read(&options.file).map_err(|error| Failure::from(format!("{file}: {error}")))?;
    let instance = options.place.open()?;
    let effective = match options.effective {
        Day::On(day) => day,
        Day::Today => output::day(instance.now_ms())?,
    };
    let which = (options.kind, options.locale, options.version);
    let published = instance
        .transact(|txn, operator| {
            change::publish(txn, operator, which, effective, options.geolocation_optional, &bytes)
        })
        .map_err(|error| Failure::from(format!("{file}: {error}")))?;
    let name = format!("{} {} {}", options.kind.as_str(), options.version, options.locale.as_str());
    output::line(&match published {
        Published::Now(stated) => format!("published {name}: statement {}", stated.id),
        Published::Already => format!("{name} was published before with the same bytes; nothing changed"),
    })
}

fn list(place: &Place) -> Outcome {
    let instance = place.open()?;
    let (read, now_ms) = (instance.read()?, instance.now_ms());
    let mut rows = Vec::new();
    for document in AgreementKind::ALL {
        let binding = operator_core::agreement::in_force(read.as_ref(), document, now_ms)?;
        for version in operator_core::agreement::versions(read.as_ref(), document)? {
            let published = version.published;
            rows.push(Row {
                kind: document.as_str(),
                version: published.version,
                effective_from_ms: published.effective_from_ms,
                in_force: binding.as_ref().is_some_and(|binding| binding.version == published.version),
                texts: published.texts.iter().map(|text| (text.locale, text.sha256.to_string())).collect(),
                optional_confirmations: published.optional_confirmations,
            });
        }
    }
    if place.json {
        return output::json(&rows);
    }
    let cells = |row: &Row| {
        let texts = row.texts.iter().map(|(locale, sha256)| format!("{} {}", locale.as_str(), &sha256[..12]));
        [
            row.kind.to_owned(),
            row.version.to_string(),
            output::moment(row.effective_from_ms),
            if row.in_force { "yes".into() } else { String::new() },
            texts.collect::<Vec<_>>().join(", "),
        ]
    };
    let rows: Vec<_> = rows.iter().map(cells).collect();
    output::table(["KIND", "VERSION", "EFFECTIVE", "IN FORCE", "TEXTS"], &rows)
}
