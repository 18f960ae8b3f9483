//! `backup`, `restore`, `resume`.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use domain::id::KeyId;

use super::{Failure, Outcome, Place, output};
use crate::Instance;
use crate::backup::{Manifest, backup, restore};
use crate::clock::{SystemClock, SystemRng};

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
    /// A device whose word on the size of the log is known to be false, by the thumbprint of its key
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
    let manifest =
        restore(&options.from, folder.clone(), Arc::new(SystemClock::begin()), Arc::new(SystemRng))?;
    if options.place.json {
        return output::json(&manifest);
    }
    tell(&manifest, &format!("restored to {}", folder.path().display()))?;
    output::line("all activation codes are cancelled: issue new ones")?;
    if folder.restored().is_waiting() {
        output::line(
            "nothing here shows whether the log is whole, so nothing is signed yet: run `serve`, let devices ask, \
             then `resume`",
        )?;
    }
    Ok(())
}

pub(super) fn run_resume(options: &ResumeOptions) -> Outcome {
    let instance: Instance = options.place.open()?;
    let restored = instance.folder.restored();
    if !restored.is_waiting() {
        return output::line("nothing waits: the log goes on");
    }
    let mut standing = restored.standing(instance.read()?.as_ref())?;
    for key in &options.disbelieve {
        standing.longer.remove(&key.to_string());
    }
    if options.place.json {
        output::json(&standing)?;
    } else {
        output::line(&format!(
            "{} statements; {} of {} devices have asked since the restore",
            standing.log_size, standing.heard_count, standing.devices_count
        ))?;
        for (key, size) in &standing.longer {
            output::line(&format!("device {key} saw {size} statements: this backup is too old"))?;
        }
    }
    if options.look {
        return Ok(());
    }
    if !standing.longer.is_empty() {
        return Err(Failure::from(
            "the log lost its end: restore a newer backup; nothing is signed until then",
        ));
    }
    if standing.heard_count < standing.devices_count && !options.do_not_wait {
        return Err(Failure::from(
            "not every device has asked yet: wait, or take the risk with --do-not-wait",
        ));
    }
    restored.finish()?;
    output::line("the log goes on")
}
