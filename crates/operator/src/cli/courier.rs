//! `courier`: a parcel that somebody brought as a file, and the key that devices seal to.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use wire::courier::{CourierOutcome, CourierRefusal, MAX_PARCEL_BYTES};

use super::{Failure, Outcome, Place, output};
use crate::courier;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    place: Place,
    /// Parcels of devices that could not reach the operator, in any order
    #[arg(value_name = "FILE", required_unless_present = "renew_key")]
    files: Vec<PathBuf>,
    /// Makes a new key for devices to seal to; what was sealed before still opens
    #[arg(long, conflicts_with = "files")]
    renew_key: bool,
}

pub(super) fn run(options: &Options) -> Outcome {
    if !options.renew_key {
        return take_files(options);
    }
    courier::renew(&options.place.open()?)?;
    output::line("devices seal to the new key from their next sync on; the older ones stay in courier.keys")
}

#[derive(Serialize)]
struct Row {
    file: String,
    outcome: &'static str,
    reason: Option<CourierRefusal>,
}

fn take_files(options: &Options) -> Outcome {
    let instance = options.place.open()?;
    let mut waiting: Vec<&PathBuf> = options.files.iter().collect();
    let mut rows: Vec<Row> = Vec::new();
    // A parcel that is early may follow on another of the same hand: again until none of them gets further.
    loop {
        let count = waiting.len();
        let mut early = Vec::new();
        for file in waiting {
            let parcel = read(file)?;
            let outcome = courier::take(&instance, &parcel)?;
            courier::log(None, &parcel, outcome);
            let name = || file.display().to_string();
            match outcome {
                CourierOutcome::Early => early.push(file),
                CourierOutcome::Taken => rows.push(Row { file: name(), outcome: "taken", reason: None }),
                CourierOutcome::Refused { reason } => {
                    rows.push(Row { file: name(), outcome: "refused", reason: Some(reason) });
                }
            }
        }
        if early.is_empty() || early.len() == count {
            let row =
                |file: &PathBuf| Row { file: file.display().to_string(), outcome: "early", reason: None };
            rows.extend(early.into_iter().map(row));
            break;
        }
        waiting = early;
    }
    show(options, &rows)?;
    match rows.iter().filter(|row| row.outcome != "taken").count() {
        0 => Ok(()),
        count => Err(Failure::from(format!("{count} of {} parcels were not taken", rows.len()))),
    }
}

fn read(file: &PathBuf) -> Result<Vec<u8>, Failure> {
    let io = |error| format!("{}: {error}", file.display());
    let length_bytes = std::fs::metadata(file).map_err(io)?.len();
    if length_bytes > MAX_PARCEL_BYTES as u64 {
        return Err(format!("{}: {} bytes are more than any parcel has", file.display(), length_bytes).into());
    }
    Ok(std::fs::read(file).map_err(io)?)
}

fn show(options: &Options, rows: &[Row]) -> Outcome {
    if options.place.json {
        return output::json(&rows);
    }
    let cells = |row: &Row| {
        let words = row.reason.map(explain).unwrap_or(match row.outcome {
            "early" => "an earlier parcel of the same device is missing; bring it, then this one again",
            _ => "all of it is in the log",
        });
        [row.file.clone(), row.outcome.to_owned(), words.to_owned()]
    };
    output::table(["FILE", "RESULT", "WHY"], &rows.iter().map(cells).collect::<Vec<_>>())
}

const fn explain(reason: CourierRefusal) -> &'static str {
    match reason {
        CourierRefusal::NotAParcel => "this is not a parcel of a device, or one of a newer version",
        CourierRefusal::TooLarge => "it is larger than a parcel may be",
        CourierRefusal::OtherOperator => "it is for another operator",
        CourierRefusal::UnknownKey => "it is sealed to a key that this operator never had",
        CourierRefusal::TooOld => "it is sealed to a key that was removed from courier.keys",
        CourierRefusal::Altered => "it was changed or damaged on its way; ask for it again",
        CourierRefusal::UnknownAuthor => "no device that is known here wrote it",
        CourierRefusal::BadSignature => "it is not signed by the device that it names",
    }
}
