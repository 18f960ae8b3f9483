//! `export`, `verify`, `doctor`, `rebuild`.

use std::path::PathBuf;

use clap::Args;
use domain::content::Locale;
use domain::id::{PersonId, VisitId};
use operator_core::audit::{Finding, Signatures};
use operator_core::package::Reader;
use operator_core::project;
use operator_core::store::Store as _;

use super::{Failure, Outcome, Place, output};
use crate::doctor::examine;
use crate::export::export;
use crate::package::export_visit;
use crate::verify::{Extent, Verification, verify};

#[derive(Debug, Args)]
pub(super) struct ExportOptions {
    #[command(flatten)]
    place: Place,
    /// A folder that is empty or not there yet; it will hold personal data
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Only this visit, with all that makes it believable and a page to read
    #[arg(long, value_name = "ID")]
    visit: Option<VisitId>,
    /// What this person may see of the visit; without it, what the organisation's coordinators see
    #[arg(long = "for", value_name = "PERSON", requires = "visit")]
    reader: Option<PersonId>,
    /// Everything about the visit, also what only the care team may know: for a court
    #[arg(long, requires = "visit", conflicts_with = "reader")]
    everything: bool,
    /// Language of the page: kk, ru or en
    #[arg(long, default_value = "kk", value_parser = parse_locale)]
    locale: Locale,
}

fn parse_locale(name: &str) -> Result<Locale, String> {
    Locale::parse(name).ok_or_else(|| "one of kk, ru, en".to_owned())
}

fn run_export_of(visit: VisitId, options: &ExportOptions) -> Outcome {
    let instance = options.place.open()?;
    let reader = match options.reader {
        Some(person) => Some(Reader::Person(person)),
        None => options.everything.then_some(Reader::Everything),
    };
    let manifest = export_visit(&instance, visit, reader, options.locale, &options.out)?;
    if options.place.json {
        return output::json(&manifest);
    }
    let (statements, out) = (manifest.statements, options.out.display());
    output::line(&format!(
        "{statements} statements for {} in {out}; visit.html is for reading",
        manifest.reader
    ))
}

pub(super) fn run_export(options: &ExportOptions) -> Outcome {
    if let Some(visit) = options.visit {
        return run_export_of(visit, options);
    }
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

#[derive(Debug, Args)]
pub(super) struct VerifyOptions {
    #[command(flatten)]
    place: Place,
    /// Leaves the signatures out: much faster, and a changed signature is found by the tree only
    #[arg(long)]
    no_signatures: bool,
    /// Leaves out whether the lists that are made from the log are what it gives: needs no room for a copy
    #[arg(long)]
    no_projections: bool,
}

/// Leaves between two words about how far it is.
const PROGRESS: u64 = 50_000;

pub(super) fn run_verify(options: &VerifyOptions) -> Outcome {
    let instance = options.place.open()?;
    let extent = Extent {
        signatures: if options.no_signatures { Signatures::Skip } else { Signatures::Check },
        projections: !options.no_projections,
    };
    let (size, mut told) = (instance.read()?.log_size()?, 0);
    let mut progress = |done: u64| {
        if done / PROGRESS > told {
            told = done / PROGRESS;
            eprintln!("{done} of {size} statements");
        }
    };
    let operator = instance.key.verifying_key();
    let found = verify(&instance.store, &instance.folder, operator, extent, &mut progress)?;
    if options.place.json {
        output::json(&found)?;
    } else {
        show(&found, extent)?;
    }
    match found.log.findings.len() {
        0 => Ok(()),
        count => Err(Failure::from(format!("the log does NOT hold, findings: {count}"))),
    }
}

fn show(found: &Verification, extent: Extent) -> Outcome {
    let log = &found.log;
    if !log.findings.is_empty() {
        let cells = |finding: &Finding| {
            let leaf = finding.leaf_index.map(|leaf| leaf.to_string()).unwrap_or_default();
            let id = finding.statement.map(|id| id.to_string()).unwrap_or_default();
            [finding.code.to_owned(), leaf, id, finding.detail.clone()]
        };
        let rows: Vec<_> = log.findings.iter().map(cells).collect();
        output::table(["CODE", "LEAF", "STATEMENT", "WHAT IS WRONG"], &rows)?;
    }
    output::line(&format!(
        "looked at: {} statements, {} signatures, {} contents and {} erased, {} series of {} keys with {} forks, \
         {} refused items, {} nodes, {} heads, {} texts",
        log.statements,
        log.signatures,
        log.contents,
        log.erased,
        log.series,
        log.keys,
        log.forks,
        log.refusals,
        log.nodes,
        log.heads,
        log.agreements
    ))?;
    match found.projections {
        Some(rows) => output::line(&format!("{rows} rows of the lists made from the log were compared"))?,
        None => output::line("the lists made from the log were NOT compared")?,
    }
    if extent.signatures == Signatures::Skip {
        output::line("signatures were NOT checked")?;
    }
    if log.findings.is_empty() {
        output::line("the log holds: no rule that was checked is broken")
    } else {
        Ok(())
    }
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
