//! `init`.

use clap::Args;
use serde::Serialize;

use super::{Outcome, Place, output};
use crate::demo::default_identity;
use crate::setup::{Identity, init};

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    place: Place,
    /// Name of the operator in Kazakh
    #[arg(long, default_value_t = default_identity().name_kk)]
    name_kk: String,
    /// Name of the operator in Russian
    #[arg(long, default_value_t = default_identity().name_ru)]
    name_ru: String,
    /// Business identification number of the operator
    #[arg(long, default_value_t = default_identity().bin)]
    bin: String,
}

#[derive(Serialize)]
struct Made {
    fingerprint: String,
    fingerprint_words: Vec<String>,
    folder: String,
}

pub(super) fn run(options: &Options) -> Outcome {
    let identity = Identity {
        name_kk: options.name_kk.clone(),
        name_ru: options.name_ru.clone(),
        bin: options.bin.clone(),
    };
    let instance = init(options.place.folder(), &identity)?;
    let id = instance.key.id();
    let made = Made {
        fingerprint: id.to_string(),
        fingerprint_words: wire::activation::fingerprint_words(&id),
        folder: instance.folder.path().display().to_string(),
    };
    if options.place.json {
        return output::json(&made);
    }
    output::line(&format!("operator set up in {}", made.folder))?;
    output::line(&format!("fingerprint: {}", made.fingerprint_words.join(" ")))?;
    let [first, second] = instance.folder.recovery_shares();
    output::line(&format!("give {} to one officer and {} to another,", first.display(), second.display()))?;
    output::line(
        "then remove both from here: together they open what devices seal for recovery, and the server never",
    )?;
    output::line("reads them; without them no file of a forgotten PIN can ever be opened")
}
