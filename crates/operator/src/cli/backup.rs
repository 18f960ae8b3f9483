//! `backup`, `restore`, `resume`.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use domain::id::KeyId;
use operator_store::Collected;
use serde::Serialize;

use super::{Failure, Outcome, Place, output};
use crate::Instance;
use crate::backup::{Manifest, backup, restore};
use crate::clock::{SystemClock, SystemRng};
use crate::collect::{AssembleError, Collecting, Progress};
use crate::restored::{Exclusive, Restored, Standing};

/// How often and with what pauses `resume` waits for a server that takes something in.
const ALONE_TRIES: u32 = 100;
const ALONE_PAUSE: Duration = Duration::from_millis(100);

#[derive(Debug, Args)]
pub(super) struct BackupOptions {
    #[command(flatten)]
    place: Place,
    /// A folder that is empty or not there yet; it will hold the operator's key and personal data
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct RestoreOptions {
    #[command(flatten)]
    place: Place,
    /// The folder of a backup
    #[arg(long, value_name = "FOLDER")]
    from: PathBuf,
    /// Puts a backup back that is older than signed-head says: devices are asked for what it lacks
    #[arg(long)]
    collect: bool,
}

#[derive(Debug, Args)]
pub(super) struct ResumeOptions {
    #[command(flatten)]
    place: Place,
    /// Only shows what devices know so far
    #[arg(long)]
    look: bool,
    /// Goes on although not every device has asked: one that saw more will find a contradiction and be right
    #[arg(long)]
    do_not_wait: bool,
    /// Writes a signed notice of what is lost for ever, and what came back, into a new folder; the log stays as it is
    #[arg(long, value_name = "FOLDER", conflicts_with = "look")]
    give_up: Option<PathBuf>,
    /// Goes on although statements came back of which nobody holds what they say
    #[arg(long)]
    without_contents: bool,
    /// A device whose word is known to be false, by the thumbprint of its key
    #[arg(long, value_name = "KEY")]
    disbelieve: Vec<KeyId>,
}

fn tell(manifest: &Manifest, what: &str) -> Outcome {
    output::line(&format!(
        "{what}: {} statements, {} contents, root {}",
        manifest.statements, manifest.contents, manifest.root
    ))?;
    output::line("it holds operator.key, which signs the log: keep it where nobody else can read it")
}

pub(super) fn run_backup(options: &BackupOptions) -> Outcome {
    let instance = options.place.open()?;
    let manifest = backup(&instance, &options.out)?;
    if options.place.json {
        return output::json(&manifest);
    }
    tell(&manifest, &format!("backup in {}", options.out.display()))
}

pub(super) fn run_restore(options: &RestoreOptions) -> Outcome {
    let folder = options.place.folder();
    let manifest = restore(
        &options.from,
        folder.clone(),
        options.collect,
        Arc::new(SystemClock::begin()),
        Arc::new(SystemRng),
    )?;
    if options.place.json {
        return output::json(&manifest);
    }
    tell(&manifest, &format!("restored to {}", folder.path().display()))?;
    output::line("all activation codes are cancelled: issue new ones")?;
    if folder.restored().is_waiting() {
        output::line(
            "only devices know whether the log is whole, so nothing is signed yet: run `serve`, let them hand back \
             what it lacks, then `resume`",
        )?;
    }
    Ok(())
}

/// What an officer sees before the log goes on.
#[derive(Debug, Serialize)]
struct Seen {
    #[serde(flatten)]
    standing: Standing,
    #[serde(flatten)]
    progress: Progress,
}

fn show(seen: &Seen) -> Outcome {
    let Seen { standing, progress } = seen;
    output::line(&format!(
        "{} statements of {} that were signed; {} of {} devices have asked since the restore",
        standing.log_size, progress.signed_size, standing.heard_count, standing.devices_count
    ))?;
    let back = progress.signed_size - standing.log_size - progress.missing_count;
    if progress.signed_size > standing.log_size {
        output::line(&format!(
            "{back} statements were handed back, {} are missing still",
            progress.missing_count
        ))?;
    }
    for key in &standing.revoked_unheard {
        output::line(&format!(
            "device {key} is revoked and has not asked: it may have pushed late statements"
        ))?;
    }
    for (key, size) in &standing.longer {
        output::line(&format!("device {key} says that it saw {size} statements"))?;
    }
    for key in &standing.disbelieved {
        output::line(&format!("device {key} is disbelieved until the log goes on"))?;
    }
    Ok(())
}

/// Keeps the server from taking in what devices hand back until this command ends.
fn alone(restored: &Restored) -> Result<Exclusive<'_>, Failure> {
    for _ in 0..ALONE_TRIES {
        if let Some(exclusive) = restored.exclusively()? {
            return Ok(exclusive);
        }
        std::thread::sleep(ALONE_PAUSE);
    }
    Err(Failure::from(
        "collecting-in-use: another `resume` is at work on this folder, or devices hand back without a pause: try \
         again in a minute",
    ))
}

pub(super) fn run_resume(options: &ResumeOptions) -> Outcome {
    let instance: Instance = options.place.open()?;
    let exclusive = alone(&instance.restored)?;
    if !exclusive.is_waiting() {
        return output::line("nothing waits: the log goes on");
    }
    let collecting = Collecting::open(&instance)?;
    for key in &options.disbelieve {
        collecting.disbelieve(*key)?;
    }
    let standing = instance.restored.standing(instance.read()?.as_ref(), &collecting.disbelieved()?)?;
    let seen = Seen { standing, progress: collecting.progress()? };
    match options.place.json {
        true => output::json(&seen)?,
        false => show(&seen)?,
    }
    if options.look {
        return Ok(());
    }
    let Seen { standing, progress } = seen;
    if standing.heard_count < standing.devices_count && !options.do_not_wait {
        return Err(Failure::from(
            "not every device has asked yet: wait, or take the risk with --do-not-wait",
        ));
    }
    // Without a mark that was kept only devices know how far the log was signed, and the last one that was answered may be
    // one that is revoked.
    let mark = instance.folder.mark().read()?;
    let is_marked = mark.is_some_and(|mark| mark.tree_size > standing.log_size);
    if !is_marked && !standing.revoked_unheard.is_empty() && !options.do_not_wait {
        return Err(Failure::from(
            "no signed-head was kept, and revoked devices that may have pushed since have not asked: call whoever has \
             them, or take the risk with --do-not-wait",
        ));
    }
    if let Some(out) = &options.give_up {
        let notice = collecting.give_up(out)?;
        return output::line(&format!(
            "{}: what is lost of {} statements, signed; publish it and give it to everybody concerned. This log signs \
             nothing any more unless what is missing turns up",
            out.join("lost.json").display(),
            notice.signed_size
        ));
    }
    if standing.longer.values().any(|size| *size > progress.signed_size) {
        return Err(Failure::from(
            "a device says that it saw more statements than any signed head shows: wait for it to show the head, or \
             leave it out with --disbelieve",
        ));
    }
    let assembled = collecting.assemble(options.without_contents).map_err(|error| match error {
        AssembleError::Missing(_) => Failure::from(format!(
            "the log lost its end: {error}. Wait for devices that were not here yet, or restore a newer backup; \
             nothing is signed until then. If what is missing is on no device any more, this key can never go on: \
             --give-up writes the signed notice of it, and docs/RESTORE.md says how to begin anew"
        )),
        error => Failure::from(error),
    })?;
    drop(collecting);
    Collected::remove(&instance.folder.collected())?;
    exclusive.finish()?;
    // What came back and is erased stood in the write-ahead log until here.
    if !instance.store.settle()? {
        output::line(
            "somebody reads without an end: restart the server, so that nothing erased is left in its files",
        )?;
    }
    if assembled.statements > 0 {
        output::line(&format!(
            "{} statements came back to their places; the root over {} is the signed one",
            assembled.statements, assembled.tree_size
        ))?;
    }
    output::line("the log goes on")
}
