//! `erase`: contents go, statements stay.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use domain::id::{StatementId, SubjectId};
use operator_core::erase::{self, EraseError};
use operator_core::store::Entry;
use serde::Serialize;

use super::recovery::share;
use super::{Failure, Outcome, Place, output};
use crate::approval::Approved;
use crate::erasures;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    place: Place,
    /// Erases what this statement says
    #[arg(long, value_name = "ID")]
    statement: Vec<StatementId>,
    /// Erases all that was said about this visit, person, child or place
    #[arg(long, value_name = "ID")]
    about: Vec<SubjectId>,
    /// The law and the decision behind it, in words; everybody can read it, so no name
    #[arg(long, value_name = "TEXT")]
    basis: Option<String>,
    /// An officer's share: give it twice, one of each officer
    #[arg(long = "share", value_name = "FILE")]
    shares: Vec<PathBuf>,
    /// Only shows what would be erased
    #[arg(long)]
    look: bool,
}

#[derive(Debug, Serialize)]
struct Row {
    leaf_index: u64,
    statement: StatementId,
    kind: &'static str,
    subject: SubjectId,
}

fn show(place: &Place, entries: &[Entry]) -> Outcome {
    let rows: Vec<Row> = entries
        .iter()
        .map(|entry| Row {
            leaf_index: entry.leaf_index,
            statement: entry.id,
            kind: entry.kind.as_str(),
            subject: entry.subject,
        })
        .collect();
    if place.json {
        return output::json(&rows);
    }
    let cells = |row: &Row| {
        [row.leaf_index.to_string(), row.statement.to_string(), row.kind.to_owned(), row.subject.to_string()]
    };
    output::table(["LEAF", "STATEMENT", "KIND", "ABOUT"], &rows.iter().map(cells).collect::<Vec<_>>())
}

/// To the minute in which it is allowed: never one too early.
fn paused(until_s: i64) -> Failure {
    let from = output::moment(until_s.saturating_add(59).saturating_mul(1_000));
    Failure::from(
        [
            format!(
                "recovery-pause: ескі екі үлес болмай жаңартылған кілт {from} уақытына дейін ештеңе өшірмейді: адамдар \
                 көріп, қарсылық айта алуы үшін. Ескі екі үлес табылса, `recovery renew` кілтті қайтарады"
            ),
            format!(
                "recovery-pause: ключ, обновлённый без обеих прежних долей, ничего не стирает до {from}: люди должны \
                 успеть увидеть это и возразить. Если обе прежние доли есть, `recovery renew` вернёт всё сразу"
            ),
            format!(
                "recovery-pause: a recovery key that was renewed without both old shares erases nothing before {from}, \
                 so that people can see it and object. If both old shares are there, `recovery renew` with them ends \
                 this at once"
            ),
        ]
        .join("\n"),
    )
}

pub(super) fn run(options: &Options) -> Outcome {
    let instance = options.place.open()?;
    let read = instance.read()?;
    let mut statements: BTreeSet<StatementId> = options.statement.iter().copied().collect();
    for subject in &options.about {
        statements.extend(erase::about(read.as_ref(), *subject)?.iter().map(|entry| entry.id));
    }
    if options.look {
        let mut entries = Vec::new();
        for id in &statements {
            entries.push(read.entry_by_id(*id)?.ok_or(EraseError::Unknown(*id))?);
        }
        return show(&options.place, &entries);
    }
    let shares = options.shares.iter().map(|path| share(path)).collect::<Result<Vec<_>, _>>()?;
    let approved = Approved::by(read.as_ref(), &shares)?;
    drop(read);
    let basis = options.basis.as_deref().unwrap_or_default();
    let gone = match erasures::erase(&instance, &approved, &statements, basis)? {
        Err(EraseError::Paused { until_s }) => return Err(paused(until_s)),
        outcome => outcome?,
    };
    let is_settled = instance.store.settle()?;
    show(&options.place, &gone)?;
    if !is_settled {
        return Err(Failure::from(
            "erased, but the write-ahead log still holds it, because somebody reads without an end: \
             restart the server",
        ));
    }
    if options.place.json {
        return Ok(());
    }
    output::line(
        "erased here, and on each device with its next sync; older backups hold it still: see docs/RESTORE.md",
    )
}
