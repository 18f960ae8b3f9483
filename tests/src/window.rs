//! The real window, driven through WebDriver as a person would: pressing, typing, looking.
//!
//! | Module | Holds |
//! |---|---|
//! | `hands` | pressing, typing, pasting, scrolling |
//! | `eyes` | waiting for what is on screen, reading it, pictures, axe |

mod eyes;
mod hands;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

use crate::binaries;
use crate::operator::free_port;

/// A virtual screen of its own; ends with this value.
#[derive(Debug)]
pub struct Screen {
    server: Child,
    display: String,
}

impl Screen {
    /// Starts one that is larger than any window of the tests.
    ///
    /// # Panics
    /// When Xvfb is missing or does not come up.
    pub fn start() -> Self {
        // Xvfb chooses a free display and writes its number to the descriptor.
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1600x1200x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is installed by `cargo xtask test`");
        let mut number = String::new();
        let out = server.stdout.take().expect("stdout is piped");
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut number)
            .expect("Xvfb tells its display");
        Self { server, display: format!(":{}", number.trim()) }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

/// The two sizes at which every screen must be good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 390 x 844.
    Phone,
    /// 1366 x 768.
    Laptop,
}

impl Size {
    /// Width and height in CSS pixels.
    pub fn pixels(self) -> (u64, u64) {
        match self {
            Self::Phone => (390, 844),
            Self::Laptop => (1366, 768),
        }
    }

    /// As it stands in the name of a picture.
    pub fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Laptop => "laptop",
        }
    }
}

/// One running app with its window.
#[derive(Debug)]
pub struct Window {
    driver: Child,
    client: Client,
    profile: PathBuf,
    size: Size,
}

/// How long a screen may take to show what is expected.
const PATIENCE: Duration = Duration::from_secs(40);
/// How long the driver may take for one order. It waits for the page as long as the page likes: a page that hangs must
/// fail a test, not keep it for ever.
const ANSWER: Duration = Duration::from_secs(60);

impl Window {
    /// Opens the app on a profile folder, in a window of that size.
    ///
    /// The driver now and then waits for ever for an app that is there: then both are ended and started anew, twice at
    /// most and not unsaid. An app that does not come up fails each time.
    ///
    /// # Panics
    /// When the app or the driver does not start.
    pub async fn open(screen: &Screen, profile: &Path, size: Size, environment: &[(&str, &str)]) -> Self {
        std::fs::create_dir_all(profile).expect("the profile folder can be made");
        let mut refusals = Vec::new();
        for _ in 0..3 {
            let port = free_port();
            let mut driver = start_driver(screen, profile, size, port, environment);
            match connect(port).await {
                Ok(client) => return Self { driver, client, profile: profile.to_owned(), size },
                Err(refusal) => {
                    eprintln!("the window does not open: {refusal}");
                    refusals.push(refusal);
                    end(profile, &mut driver);
                }
            }
        }
        panic!("the window does not open: {}; {}", refusals.join("; "), what_was_said(profile));
    }

    /// The profile folder.
    pub fn profile(&self) -> &Path {
        &self.profile
    }

    /// The size that it was opened at.
    pub fn size(&self) -> Size {
        self.size
    }

    /// Gives one order to the driver.
    ///
    /// # Panics
    /// With what the app said, when the order is not carried out in time.
    async fn order<T>(&self, what: &str, order: impl Future<Output = T>) -> T {
        match tokio::time::timeout(ANSWER, order).await {
            Ok(answer) => answer,
            Err(_) => {
                let what: String = what.chars().take(200).collect();
                panic!("the window hangs at: {what}; {}", what_was_said(&self.profile))
            }
        }
    }

    /// SIGKILL to the app and its driver.
    pub fn kill(mut self) {
        end(&self.profile, &mut self.driver);
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        end(&self.profile, &mut self.driver);
    }
}

fn start_driver(
    screen: &Screen,
    profile: &Path,
    size: Size,
    port: u16,
    environment: &[(&str, &str)],
) -> Child {
    let said = std::fs::File::create(log_of(profile)).expect("a log file");
    Command::new("WebKitWebDriver")
        .arg(format!("--port={port}"))
        .env("DISPLAY", &screen.display)
        .env("TAURI_WEBVIEW_AUTOMATION", "true")
        // UTC+5 like all of Kazakhstan, also in tables of zones from before 2024.
        .env("TZ", "Asia/Aqtau")
        .env("ESEP_PROFILE", profile)
        .env("ESEP_WINDOW", format!("{}x{}", size.pixels().0, size.pixels().1))
        .envs(environment.iter().copied())
        .stdout(said.try_clone().expect("a log file"))
        .stderr(said)
        .spawn()
        .expect("WebKitWebDriver is installed by `cargo xtask test`")
}

/// Asks the driver, once it listens, to open the app.
async fn connect(port: u16) -> Result<Client, String> {
    let capabilities: Capabilities = serde_json::from_value(json!({
        "webkitgtk:browserOptions": { "binary": binaries::path("esep"), "args": [] }
    }))
    .expect("an object");
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let address = format!("http://127.0.0.1:{port}");
        let connecting = builder.capabilities(capabilities.clone()).connect(&address);
        match tokio::time::timeout(ANSWER, connecting).await {
            Ok(Ok(client)) => return Ok(client),
            Ok(Err(error)) if Instant::now() > deadline => return Err(error.to_string()),
            Ok(Err(_)) => tokio::time::sleep(Duration::from_millis(100)).await,
            Err(_) => return Err(format!("the driver does not answer within {} s", ANSWER.as_secs())),
        }
    }
}

fn end(profile: &Path, driver: &mut Child) {
    // The app first: it must meet its end unprepared, not because its driver has gone.
    kill_apps(&profile.to_string_lossy());
    drop(driver.kill());
    drop(driver.wait());
}

fn log_of(profile: &Path) -> PathBuf {
    profile.with_extension("log")
}

fn what_was_said(profile: &Path) -> String {
    let said = std::fs::read_to_string(log_of(profile)).unwrap_or_default();
    format!("the app and its driver said:\n{said}")
}

/// Kills every app process of that profile: the driver's death does not take its app along.
fn kill_apps(profile: &str) {
    let Ok(processes) = std::fs::read_dir("/proc") else { return };
    for process in processes.flatten() {
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        let is_app = std::fs::read_link(process.path().join("exe")).is_ok_and(|exe| exe.ends_with("esep"));
        let environment = std::fs::read(process.path().join("environ")).unwrap_or_default();
        let wanted = format!("ESEP_PROFILE={profile}");
        let is_ours = environment.split(|byte| *byte == 0).any(|entry| entry == wanted.as_bytes());
        if is_app
            && is_ours
            && let Some(pid) = rustix::process::Pid::from_raw(pid)
        {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
    }
}
