//! `run`: an operator with a demo organisation, and the window of one of its people.
//!
//! The first run starts the operator; further ones, with another `--as`, join it. Each role has its own folder, so
//! that three people can be played side by side. Everything lies below target/demo and ends with this program.
//!
//! - [`operator`]: the demo organisation and its server.
//! - [`people`]: who they are, and who among them meet.
//! - [`screen`]: a screen where there is none, and its picture.
//! - [`keyring`]: a keyring where the desktop offers none.
//! - [`window`]: which windows are open, so that the last one may end the operator.

mod keyring;
mod operator;
mod people;
mod screen;
mod window;

use crate::process::{Outcome, Step, cargo, on_path, program, target};
use crate::{install, suite};
use std::fs;
use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long to rest between two looks at the children.
const LOOK_EVERY: Duration = Duration::from_millis(300);
const PICTURE_EVERY: Duration = Duration::from_secs(3);

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Whose window: each role keeps its own profile, so that several run side by side
    #[arg(long = "as", value_enum, default_value_t = Role::Specialist)]
    role: Role,
    /// Goes on with the organisation and the profiles of the last run, instead of beginning anew
    #[arg(long)]
    keep: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Role {
    Specialist,
    Parent,
    Coordinator,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Specialist => "specialist",
            Self::Parent => "parent",
            Self::Coordinator => "coordinator",
        }
    }

    /// The device that such a person holds.
    fn window(self) -> &'static str {
        match self {
            Self::Specialist | Self::Parent => "390x844",
            Self::Coordinator => "1366x768",
        }
    }
}

/// Where the demo lives.
fn folder() -> PathBuf {
    target().join("demo")
}

pub(crate) fn run(options: &Options) -> Outcome {
    let no_screen = screen::is_missing();
    let no_keyring = install_missing(no_screen)?;
    install::build_page()?;
    // The whole workspace as in the tests, though two programs are wanted: chosen by themselves they would get other
    // features of their dependencies, and Tauri would be compiled once more.
    cargo(["build", "--bins"])
        .args(suite::WORKSPACE)
        .mend("mend what the compiler names first; a missing system library is installed by apt")
        .run()?;

    let operator = operator::join_or_start(options.keep)?;
    let role = options.role.name();
    println!("\n{}", operator.people.describe(role));
    println!("Its address, for who types a code: http://{}\n", operator.address);

    let profile = folder().join(role);
    on_path(&profile, fs::create_dir_all(&profile))?;
    let screen = no_screen.then(screen::Screen::start).transpose()?;
    let binary = target().join("debug").join(format!("esep{}", std::env::consts::EXE_SUFFIX));
    let keyring = no_keyring.then(|| keyring::Keyring::start(role)).transpose()?;
    // Nobody but a test drives the window.
    let mut app = tied(&[&binary])
        .env("ESEP_PROFILE", &profile)
        .env("ESEP_WINDOW", options.role.window())
        .without_env("TAURI_WEBVIEW_AUTOMATION");
    if let Some(screen) = &screen {
        app = screen.show_on(app);
    }
    if let Some(keyring) = &keyring {
        println!(
            "no Secret Service answers here: the window gets a private session bus with its own keyring"
        );
        app = keyring.offer_to(app);
    }
    let open = window::Open::register(role)?;
    let mut app = app.mend("see its words above").start(|_| {})?;
    println!("the window of the {role} is open; Ctrl-C ends everything that was started here");
    let picture = folder().join(format!("{role}.png"));
    if screen.is_some() {
        println!("there is no display here; the window's picture is {}", picture.display());
    }

    let mut pictured = Instant::now();
    let status = loop {
        if let Some(status) = on_path(&binary, app.try_wait())? {
            break status;
        }
        if let Some(screen) = screen.as_ref().filter(|_| pictured.elapsed() > PICTURE_EVERY) {
            screen.take_picture(&picture);
            pictured = Instant::now();
        }
        sleep(LOOK_EVERY);
    };
    println!("the window was closed ({status})");
    drop(open);
    if operator.is_ours() && window::any_open() {
        println!("other windows use this operator: it goes on until they are closed, or until Ctrl-C");
        while window::any_open() {
            sleep(LOOK_EVERY);
        }
    }
    Ok(())
}

/// Installs what this run needs, and says whether the desktop lacks a keyring.
fn install_missing(no_screen: bool) -> Outcome<bool> {
    let no_keyring = keyring::is_missing();
    let mut groups = vec![install::BUILD, install::LOCATION];
    if no_screen {
        groups.push(install::VIRTUAL_SCREEN);
    }
    if no_keyring {
        groups.push(install::KEYRING);
    }
    if cfg!(target_os = "linux") {
        install::system_packages(&groups)?;
    }
    install::npm_packages()?;
    Ok(no_keyring)
}

/// A command that ends when this program ends, however it ends.
///
/// A terminal's Ctrl-C reaches all of them by itself; this is for every other way to go.
fn tied<S: AsRef<std::ffi::OsStr>>(words: &[S]) -> Step {
    if cfg!(target_os = "linux") {
        program("setpriv").args(["--pdeathsig", "TERM"]).args(words)
    } else {
        program(&words[0]).args(&words[1..])
    }
}
