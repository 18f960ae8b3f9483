//! A keyring where the desktop offers none: a private session bus with gnome-keyring, its files beside the profile.

use super::{folder, tied};
use crate::process::{Failure, Outcome, Step, on_path, program};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Opens the keyring of the demo. It protects synthetic people only.
const PASSWORD: &str = "demo";
const READY_WITHIN: Duration = Duration::from_secs(10);
const SECRETS: &str = "string:org.freedesktop.secrets";
/// What a path may have so that a socket below it still has a lawful name (108 bytes on Linux).
const LONGEST_PATH_BYTES: usize = 90;

/// A private bus and the keyring on it; both end with this value.
pub(super) struct Keyring {
    bus: Child,
    daemon: Child,
    address: String,
}

/// Whether no Secret Service answers on the session bus, even when asked to start.
pub(super) fn is_missing() -> bool {
    cfg!(target_os = "linux")
        && !ask_bus("--session", &["org.freedesktop.DBus.StartServiceByName", SECRETS, "uint32:0"])
}

impl Keyring {
    /// Starts an unlocked keyring that keeps its secrets from one run to the next, as a person's own would.
    pub(super) fn start(role: &str) -> Outcome<Self> {
        let home = folder().join(format!("{role}-keyring"));
        on_path(&home, fs::create_dir_all(home.join("share")))?;
        let (bus, address) = start_bus()?;
        let mut daemon = tied(&["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"])
            .env("DBUS_SESSION_BUS_ADDRESS", &address)
            .env("HOME", &home)
            .env("XDG_DATA_HOME", home.join("share"))
            .env("XDG_RUNTIME_DIR", folder_of_sockets(role)?)
            .start(|command| {
                command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
            })?;
        // The password ends where the pipe ends.
        let told = daemon.stdin.take().map(|mut pipe| pipe.write_all(PASSWORD.as_bytes()));
        let keyring = Self { bus, daemon, address };
        let began = Instant::now();
        while !keyring.answers() {
            if !matches!(told, Some(Ok(()))) || began.elapsed() > READY_WITHIN {
                return Err(Failure::new(
                    "the private keyring did not start",
                    format!("remove {} and try again", home.display()),
                ));
            }
            sleep(Duration::from_millis(50));
        }
        Ok(keyring)
    }

    pub(super) fn offer_to(&self, step: Step) -> Step {
        step.env("DBUS_SESSION_BUS_ADDRESS", &self.address)
    }

    fn answers(&self) -> bool {
        ask_bus(&format!("--bus={}", self.address), &["org.freedesktop.DBus.GetNameOwner", SECRETS])
    }
}

impl Drop for Keyring {
    fn drop(&mut self) {
        for child in [&mut self.daemon, &mut self.bus] {
            if child.kill().is_ok() {
                drop(child.wait());
            }
        }
    }
}

fn start_bus() -> Outcome<(Child, String)> {
    let mut bus = tied(&["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1"]).start(
        |command| {
            command.stdout(Stdio::piped()).stderr(Stdio::null());
        },
    )?;
    let mut address = String::new();
    if let Some(output) = bus.stdout.take() {
        drop(BufReader::new(output).read_line(&mut address));
    }
    if address.trim().is_empty() {
        drop(bus.kill());
        return Err(Failure::new(
            "the private session bus did not start",
            "try `dbus-run-session true` by hand",
        ));
    }
    Ok((bus, address.trim().to_owned()))
}

fn folder_of_sockets(role: &str) -> Outcome<PathBuf> {
    let near = folder().join(format!("{role}-run"));
    if near.as_os_str().len() > LONGEST_PATH_BYTES {
        return Ok(program("mktemp").args(["-d"]).read()?.trim().into());
    }
    on_path(&near, fs::create_dir_all(&near))?;
    Ok(near)
}

fn ask_bus(bus: &str, question: &[&str]) -> bool {
    program("dbus-send")
        .args([
            bus,
            "--print-reply",
            "--reply-timeout=5000",
            "--dest=org.freedesktop.DBus",
            "/org/freedesktop/DBus",
        ])
        .args(question)
        .quiet_succeeds()
}
