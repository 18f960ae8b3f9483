//! `esep-operator`: sets up and runs an operator. Works beside a running server on the same folder.

mod agreement;
mod backup;
mod care;
mod child;
mod courier;
mod demo;
mod device;
mod erase;
mod flagged;
mod init;
mod output;
mod people;
mod recovery;
mod renew;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::instance::OpenError;
use crate::{Folder, Instance};

/// Anything that ends a command: its text is for the person at the keyboard.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What a command gives.
pub(crate) type Outcome = Result<(), Failure>;

#[derive(Debug, Parser)]
#[command(
    name = "esep-operator",
    version,
    about = "Operator of ESEP.OTAN-MEKTEP: registers visits so that nobody can later doubt, falsify or lose them"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// Where the operator lives, and how answers are printed.
#[derive(Debug, Clone, Args)]
pub(crate) struct Place {
    /// Data folder: database, keys, settings
    #[arg(long, env = "ESEP_OPERATOR_DIR", value_name = "FOLDER")]
    dir: PathBuf,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

impl Place {
    pub(crate) fn folder(&self) -> Folder {
        Folder::at(&self.dir)
    }

    pub(crate) fn open(&self) -> Result<Instance, OpenError> {
        Instance::open(self.folder())
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes the keys and publishes the default edition of the agreements
    Init(init::Options),
    /// Answers devices
    Serve(serve::Options),
    /// Makes a synthetic organisation and prints activation codes
    Demo(demo::Options),
    /// Publishes and lists agreements
    #[command(subcommand)]
    Agreement(agreement::Command),
    /// Adds and lists organisations
    #[command(subcommand)]
    Organisation(people::OrganisationCommand),
    /// Adds, lists and ends people
    #[command(subcommand)]
    Person(people::PersonCommand),
    /// Adds and lists children
    #[command(subcommand)]
    Child(child::ChildCommand),
    /// Adds and lists places
    #[command(subcommand)]
    Place(child::PlaceCommand),
    /// Who accompanies a child
    #[command(subcommand)]
    CareTeam(child::CareTeamCommand),
    /// Who represents a child by law
    #[command(subcommand)]
    Representation(child::RepresentationCommand),
    /// Issues and cancels activation codes
    #[command(subcommand)]
    Activation(device::ActivationCommand),
    /// Lists and revokes devices
    #[command(subcommand)]
    Device(device::DeviceCommand),
    /// Lists and opens files of people who cannot open them: with two officers' shares
    #[command(subcommand)]
    Recovery(recovery::Command),
    /// Erases contents by law: the statements stay, devices delete their copies, no backup brings them back
    Erase(erase::Options),
    /// Takes parcels of devices that somebody brought as files
    Courier(courier::Options),
    /// Lists what a person should look at
    Flagged(flagged::Options),
    /// Writes the whole log, or one visit with its evidence, into a folder
    Export(care::ExportOptions),
    /// Checks the whole log against itself, and the lists made from it; fails when anything was changed or lost
    Verify(care::VerifyOptions),
    /// Copies everything into a folder, beside a running server
    Backup(backup::BackupOptions),
    /// Puts a backup back
    Restore(backup::RestoreOptions),
    /// Lets a restored log go on, once devices have said what they know
    Resume(backup::ResumeOptions),
    /// Examines the installation: files, settings, database, key, and all that `verify` does
    Doctor(Place),
    /// Makes the projections anew from the log
    Rebuild(Place),
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    run_with(Cli::parse())
}

/// Runs a command line; the first word is the program's name.
pub fn run<I, T>(words: I) -> ExitCode
where
    I: IntoIterator<Item = T>,
    T: Into<std::ffi::OsString> + Clone,
{
    match Cli::try_parse_from(words) {
        Ok(cli) => run_with(cli),
        Err(error) => {
            drop(error.print());
            ExitCode::from(2)
        }
    }
}

fn run_with(cli: Cli) -> ExitCode {
    let outcome = match cli.command {
        Command::Init(options) => init::run(&options),
        Command::Serve(options) => serve::run(&options),
        Command::Demo(options) => demo::run(&options),
        Command::Agreement(command) => agreement::run(&command),
        Command::Organisation(command) => people::run_organisation(&command),
        Command::Person(command) => people::run_person(&command),
        Command::Child(command) => child::run_child(&command),
        Command::Place(command) => child::run_place(&command),
        Command::CareTeam(command) => child::run_care_team(&command),
        Command::Representation(command) => child::run_representation(&command),
        Command::Activation(command) => device::run_activation(&command),
        Command::Device(command) => device::run_device(&command),
        Command::Recovery(command) => recovery::run(&command),
        Command::Erase(options) => erase::run(&options),
        Command::Courier(options) => courier::run(&options),
        Command::Flagged(options) => flagged::run(&options),
        Command::Export(options) => care::run_export(&options),
        Command::Verify(options) => care::run_verify(&options),
        Command::Backup(options) => backup::run_backup(&options),
        Command::Restore(options) => backup::run_restore(&options),
        Command::Resume(options) => backup::run_resume(&options),
        Command::Doctor(place) => care::run_doctor(&place),
        Command::Rebuild(place) => care::run_rebuild(&place),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("esep-operator: {failure}");
            ExitCode::FAILURE
        }
    }
}
