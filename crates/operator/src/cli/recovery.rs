//! `recovery`: counts, kinds of trouble and times; never what a statement says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use operator_core::directory;
use recovery::share::key_name;
use recovery::{Opener, Share, pack};
use serde::Serialize;

use super::{Failure, Outcome, Place, output, renew};
use crate::Instance;
use crate::inbox::{Inbox, Received};
use crate::recover::{self, Opening};

/// Letters of a digest that are shown, and that are enough to name a file.
const SHORT: usize = 12;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Lists the files that devices handed over
    List(Place),
    /// Opens a file with the shares of two officers and registers what verifies; its device's key ends with that
    Open(OpenOptions),
    /// Makes a new recovery key with two new shares: an officer leaves, or a share is lost
    Renew(renew::Options),
    /// Lists the recovery keys of this operator, the one in force last
    Keys(Place),
}

#[derive(Debug, Args)]
pub(super) struct OpenOptions {
    #[command(flatten)]
    place: Place,
    /// Which of the list
    #[arg(long, value_name = "ID", required_unless_present = "file", conflicts_with = "file")]
    id: Option<String>,
    /// A file that was brought by hand
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// An officer's share: give it twice
    #[arg(long = "share", value_name = "FILE", required = true)]
    shares: Vec<PathBuf>,
    /// An officer's name: give it twice
    #[arg(long = "officer", value_name = "NAME", required = true)]
    officers: Vec<String>,
    /// Why, in words; the person whose file it is will read it
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub(super) fn run(command: &Command) -> Outcome {
    match command {
        Command::List(place) => list(place),
        Command::Open(options) => open(options),
        Command::Renew(options) => renew::run(options),
        Command::Keys(place) => renew::keys(place),
    }
}

#[derive(Serialize)]
struct Row {
    id: String,
    person: String,
    name: String,
    length_bytes: u64,
    is_whole: bool,
    sealed_to: Option<String>,
    begun_at_ms: i64,
    opened_at_ms: Option<i64>,
}

fn list(place: &Place) -> Outcome {
    let instance = place.open()?;
    let names = names(&instance)?;
    let inbox = Inbox::of(&instance.folder);
    let row = |received: Received| Row {
        name: names.get(&received.person).cloned().unwrap_or_default(),
        is_whole: inbox.whole(&received.file).exists(),
        sealed_to: sealed_to(&inbox, &received).map(|key| key_name(&key)),
        id: received.file,
        person: received.person,
        length_bytes: received.length_bytes,
        begun_at_ms: received.begun_at_ms,
        opened_at_ms: received.opened_at_ms,
    };
    let rows: Vec<Row> = inbox.list()?.into_iter().map(row).collect();
    if place.json {
        return output::json(&rows);
    }
    let cells = |row: Row| {
        let opened = match row.opened_at_ms {
            Some(at_ms) => output::moment(at_ms),
            None if row.is_whole => "not yet".into(),
            None => "still coming".into(),
        };
        let id = row.id.get(..SHORT).unwrap_or_default().to_owned();
        let key = row.sealed_to.unwrap_or_default();
        [id, row.name, row.length_bytes.to_string(), output::moment(row.begun_at_ms), key, opened]
    };
    output::table(
        ["ID", "HANDED OVER BY", "BYTES", "SINCE", "SEALED TO", "OPENED"],
        &rows.into_iter().map(cells).collect::<Vec<_>>(),
    )
}

/// The recovery key whose shares open a file that came to its end, by the file's own word.
pub(super) fn sealed_to(inbox: &Inbox, received: &Received) -> Option<Vec<u8>> {
    let mut file = std::fs::File::open(inbox.whole(&received.file)).ok()?;
    Some(pack::read_head(&mut file).ok()?.key.recovery_key)
}

fn names(instance: &Instance) -> Result<BTreeMap<String, String>, Failure> {
    let people = directory::people(instance.read()?.as_ref(), instance.now_ms())?;
    Ok(people.into_iter().map(|person| (person.id.to_string(), person.name)).collect())
}

pub(super) fn share(path: &Path) -> Result<Share, Failure> {
    let text = zeroize::Zeroizing::new(
        std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?,
    );
    Ok(Share::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?)
}

/// A file of the list, by its id or the beginning of it.
fn find(inbox: &Inbox, id: &str) -> Result<Received, Failure> {
    let id = id.trim().to_lowercase();
    let mut found = inbox.list()?.into_iter().filter(|received| received.file.starts_with(&id));
    match (found.next(), found.next()) {
        (Some(received), None) if id.len() >= SHORT && inbox.whole(&received.file).exists() => Ok(received),
        (Some(_), None) if id.len() >= SHORT => Err("this file has not come to its end yet".into()),
        _ => Err("there is no file with this id: see `recovery list`".into()),
    }
}

fn open(options: &OpenOptions) -> Outcome {
    #[derive(Serialize)]
    struct Answer {
        device_key: String,
        person: String,
        name: String,
        taken_count: u32,
        known_count: u32,
        missing: Vec<u64>,
        is_whole: bool,
    }
    let opening = Opening::new(&options.officers, &options.reason)?;
    let [first, second] = options.shares.as_slice() else {
        return Err("two shares open a file: --share twice, one of each officer".into());
    };
    let opener = Opener::of(&share(first)?, &share(second)?)?;
    let instance = options.place.open()?;
    let inbox = Inbox::of(&instance.folder);
    let received = options.id.as_deref().map(|id| find(&inbox, id)).transpose()?;
    let file = match (&received, &options.file) {
        (Some(received), _) => inbox.whole(&received.file),
        (None, Some(file)) => file.clone(),
        (None, None) => return Err("name a file: --id or --file".into()),
    };
    let person = received.as_ref().map(|received| received.person.parse()).transpose()?;
    let opened = recover::open(&instance, &file, person, &opener, &opening)?;
    if let Some(received) = &received {
        inbox.opened(received, instance.now_ms())?;
    }
    let answer = Answer {
        device_key: opened.key.to_string(),
        person: opened.person.to_string(),
        name: names(&instance)?.remove(&opened.person.to_string()).unwrap_or_default(),
        taken_count: opened.taken.taken_count,
        known_count: opened.taken.known_count,
        missing: opened.taken.missing,
        is_whole: opened.is_whole,
    };
    if options.place.json {
        return output::json(&answer);
    }
    output::line(&format!("a device of:  {}", answer.name))?;
    output::line(&format!("registered:   {} statements, each once", answer.taken_count))?;
    output::line(&format!("known before: {}", answer.known_count))?;
    output::line(&format!("missing:      {}", numbers(&answer.missing)))?;
    if !answer.is_whole {
        output::line("the file is not what the device packed: it was damaged or changed on its way")?;
    }
    output::line("the key of that device is revoked; the opening stands in the log, and the person sees it")
}

/// Numbers of the series as runs: `none`, `17, 20-24`.
fn numbers(missing: &[u64]) -> String {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for &seq in missing {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == seq => *last = seq,
            _ => runs.push((seq, seq)),
        }
    }
    if runs.is_empty() {
        return "none".into();
    }
    let run = |(first, last): &(u64, u64)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    let total = missing.len();
    format!("{total}, numbers {} of the device's series", runs.iter().map(run).collect::<Vec<_>>().join(", "))
}
