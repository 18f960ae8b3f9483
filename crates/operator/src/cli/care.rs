//! `export`, `doctor`, `rebuild`.

use std::path::PathBuf;

use clap::Args;
use operator_core::project;
use operator_core::store::Store as _;

use super::{Failure, Outcome, Place, output};
use crate::doctor::examine;
use crate::export::export;

#[derive(Debug, Args)]
pub(super) struct ExportOptions {
    #[command(flatten)]
    place: Place,
    /// A folder that is empty or not there yet; it will hold personal data
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

pub(super) fn run_export(options: &ExportOptions) -> Outcome {
    let instance = options.place.open()?;
    let manifest = export(instance.read()?.as_ref(), instance.key.id(), &options.out)?;
    if options.place.json {
        return output::json(&manifest);
    }
    output::line(&format!(
        "{} statements, {} heads, {} refusals, {} texts in {}",
        manifest.statements,
        manifest.heads,
        manifest.refusals,
        manifest.agreements,
        options.out.display()
    ))
}

pub(super) fn run_doctor(place: &Place) -> Outcome {
    let checks = examine(&place.folder())?;
    if place.json {
        output::json(&checks)?;
    } else {
        let cells = |check: &crate::doctor::Check| {
            let verdict = if check.ok { "ok" } else { "WRONG" };
            [check.name.to_owned(), verdict.to_owned(), check.detail.join("; ")]
        };
        output::table(["CHECK", "RESULT", "DETAIL"], &checks.iter().map(cells).collect::<Vec<_>>())?;
    }
    match checks.iter().filter(|check| !check.ok).count() {
        0 => Ok(()),
        count => Err(Failure::from(format!("{count} of {} checks found something wrong", checks.len()))),
    }
}

pub(super) fn run_rebuild(place: &Place) -> Outcome {
    let instance = place.open()?;
    let mut txn = instance.store.write()?;
    project::rebuild(txn.as_mut())?;
    txn.commit()?;
    output::line("projections made anew from the log")
}
