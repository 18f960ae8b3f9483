//! A virtual screen where the machine has none, and a picture of it for the person.

use super::tied;
use crate::process::{Failure, Outcome, Step, program};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

/// Room for a phone's height and a laptop's width.
const SIZE: &str = "1440x900x24";

pub(super) struct Screen {
    server: Child,
    number: String,
}

/// Whether neither X11 nor Wayland is offered here.
pub(super) fn is_missing() -> bool {
    let offered = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(target_os = "linux") && !offered("DISPLAY") && !offered("WAYLAND_DISPLAY")
}

impl Screen {
    /// Starts one with the first free number.
    pub(super) fn start() -> Outcome<Self> {
        let mut server = tied(&["Xvfb", "-displayfd", "1", "-screen", "0", SIZE, "-nolisten", "tcp"]).start(
            |command| {
                command.stdout(Stdio::piped()).stderr(Stdio::null());
            },
        )?;
        let mut number = String::new();
        if let Some(output) = server.stdout.take() {
            drop(BufReader::new(output).read_line(&mut number));
        }
        let number = number.trim().to_owned();
        if number.is_empty() {
            drop(server.kill());
            return Err(Failure::new(
                "the virtual screen did not start",
                "try `Xvfb :99` by hand and read its words",
            ));
        }
        Ok(Self { server, number })
    }

    pub(super) fn show_on(&self, step: Step) -> Step {
        step.env("DISPLAY", self.display())
    }

    /// Puts a picture of the screen where the last one was. A missed one is not worth a word: the next follows.
    pub(super) fn take_picture(&self, path: &Path) {
        let fresh = path.with_extension("new.png");
        let taken = program("import")
            .args(["-silent", "-window", "root"])
            .args([&fresh])
            .env("DISPLAY", self.display())
            .quiet_succeeds();
        if taken {
            drop(fs::rename(&fresh, path));
        }
    }

    fn display(&self) -> String {
        format!(":{}", self.number)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if self.server.kill().is_ok() {
            drop(self.server.wait());
        }
    }
}
