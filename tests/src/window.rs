//! The real window, driven through WebDriver as a person would: pressing, typing, looking.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

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
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut number).expect("Xvfb tells its display");
        Self { server, display: format!(":{}", number.trim()) }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

/// One running app with its window.
#[derive(Debug)]
pub struct Window {
    driver: Child,
    client: Client,
    profile: PathBuf,
}

/// How long a screen may take to show what is expected.
const PATIENCE: Duration = Duration::from_secs(40);

impl Window {
    /// Opens the app on a profile folder, in a window of that size.
    ///
    /// # Panics
    /// When the app or the driver does not start.
    pub async fn open(screen: &Screen, profile: &Path, size: (u32, u32), environment: &[(&str, &str)]) -> Self {
        let port = free_port();
        let log = profile.with_extension("log");
        std::fs::create_dir_all(profile).expect("the profile folder can be made");
        let log = std::fs::File::create(log).expect("a log file");
        let mut driver = Command::new("WebKitWebDriver")
            .arg(format!("--port={port}"))
            .env("DISPLAY", &screen.display)
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env("ESEP_PROFILE", profile)
            .env("ESEP_WINDOW", format!("{}x{}", size.0, size.1))
            .envs(environment.iter().copied())
            .stdout(log.try_clone().expect("a log file"))
            .stderr(log)
            .spawn()
            .expect("WebKitWebDriver is installed by `cargo xtask test`");
        let app = binaries::path("esep");
        let capabilities: Capabilities = serde_json::from_value(json!({
            "webkitgtk:browserOptions": { "binary": app, "args": [] }
        }))
        .expect("an object");
        let deadline = Instant::now() + PATIENCE;
        let address = format!("http://127.0.0.1:{port}");
        let client = loop {
            let connector = HttpConnector::new();
            match ClientBuilder::new(connector).capabilities(capabilities.clone()).connect(&address).await {
                Ok(client) => break client,
                Err(error) if Instant::now() > deadline => {
                    drop(driver.kill());
                    panic!("the window does not open: {error}")
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        };
        Self { driver, client, profile: profile.to_owned() }
    }

    /// The profile folder.
    pub fn profile(&self) -> &Path {
        &self.profile
    }

    fn css(testid: &str) -> String {
        format!("[data-testid=\"{testid}\"]")
    }

    /// Waits until an element is on screen.
    ///
    /// # Panics
    /// With the visible text of the page when it does not come.
    pub async fn wait(&self, testid: &str) {
        let css = Self::css(testid);
        let wait = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(&css)).await;
        if let Err(error) = wait {
            panic!("{testid} does not appear ({error}); on screen:\n{}", self.page_text().await);
        }
    }

    /// Whether an element is there now.
    pub async fn has(&self, testid: &str) -> bool {
        self.count(testid).await > 0
    }

    /// How many elements of that name are there.
    pub async fn count(&self, testid: &str) -> usize {
        self.client.find_all(Locator::Css(&Self::css(testid))).await.map_or(0, |found| found.len())
    }

    /// Waits for an element and presses it; waits until it is enabled.
    ///
    /// # Panics
    /// When it cannot be pressed.
    pub async fn press(&self, testid: &str) {
        self.wait(testid).await;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let script = "const e = document.querySelector(arguments[0]);\
                 if (!e || e.disabled || e.getAttribute('aria-disabled') === 'true') return false;\
                 e.scrollIntoView({block: 'center'}); return true;";
            let ready = self.script(script, vec![json!(Self::css(testid))]).await == json!(true);
            if ready {
                let element = self.client.find(Locator::Css(&Self::css(testid))).await;
                if let Ok(element) = element
                    && element.click().await.is_ok()
                {
                    return;
                }
            }
            assert!(Instant::now() < deadline, "{testid} cannot be pressed; on screen:\n{}", self.page_text().await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Types into a field, replacing what stands there.
    ///
    /// # Panics
    /// When the field is missing.
    pub async fn fill(&self, testid: &str, text: &str) {
        self.wait(testid).await;
        let css = format!("input{0}, textarea{0}, {0} input, {0} textarea", Self::css(testid));
        let field = self.client.find(Locator::Css(&css)).await.expect("a field");
        drop(field.clear().await);
        field.send_keys(text).await.expect("the field takes text");
    }

    /// Presses keys into the page.
    ///
    /// # Panics
    /// When the page does not take them.
    pub async fn keys(&self, keys: &str) {
        let body = self.client.find(Locator::Css("body")).await.expect("a page");
        body.send_keys(keys).await.expect("the page takes keys");
    }

    /// Visible text of an element.
    ///
    /// # Panics
    /// When it does not appear.
    pub async fn text(&self, testid: &str) -> String {
        self.wait(testid).await;
        let element = self.client.find(Locator::Css(&Self::css(testid))).await.expect("an element");
        element.text().await.expect("a text")
    }

    /// Waits until the element's text satisfies a condition.
    ///
    /// # Panics
    /// With the last text when it never does.
    pub async fn wait_text(&self, testid: &str, condition: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = self.text(testid).await;
            if condition(&text) {
                return text;
            }
            assert!(Instant::now() < deadline, "{testid} still says {text:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Everything that can be read on the page.
    pub async fn page_text(&self) -> String {
        let text = self.script("return document.body ? document.body.innerText : ''", Vec::new()).await;
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Runs a script in the page.
    ///
    /// # Panics
    /// When it throws.
    pub async fn script(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.client.execute(script, arguments).await.expect("the script runs")
    }

    /// Size of the page in CSS pixels.
    pub async fn size(&self) -> (u64, u64) {
        let size = self.script("return [innerWidth, innerHeight]", Vec::new()).await;
        (size[0].as_u64().unwrap_or(0), size[1].as_u64().unwrap_or(0))
    }

    /// Keeps a picture of the window under docs/screens.
    ///
    /// # Panics
    /// When no picture can be taken.
    pub async fn picture(&self, name: &str) {
        let png = self.client.screenshot().await.expect("a picture");
        let folder = binaries::root().join("docs/screens");
        std::fs::create_dir_all(&folder).expect("the folder can be made");
        std::fs::write(folder.join(format!("{name}.png")), png).expect("the picture can be written");
    }

    /// Lets axe look at the page and fails on any violation.
    ///
    /// # Panics
    /// With what axe found.
    pub async fn axe(&self, name: &str) {
        let path = binaries::root().join("node_modules/axe-core/axe.min.js");
        let source = std::fs::read_to_string(path).expect("axe-core is installed by npm");
        // Defined through a function's scope: the page's policy allows no inline scripts and needs none.
        self.script(&format!("{source}; window.axe = window.axe || axe; return true"), Vec::new()).await;
        let run = "const done = arguments[arguments.length - 1];\
             axe.run(document, {resultTypes: ['violations']}).then(r => done(r.violations.map(v => \
             v.id + ': ' + v.nodes.map(n => n.html + ' ' + (n.any[0] ? n.any[0].message : '')).join(' | '))), e => done([String(e)]))";
        let found = self.client.execute_async(run, Vec::new()).await.expect("axe runs");
        assert_eq!(found, json!([]), "axe on {name}");
    }

    /// SIGKILL to the app and its driver.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let profile = self.profile.to_string_lossy().into_owned();
        drop(self.driver.kill());
        drop(self.driver.wait());
        kill_apps(&profile);
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.end();
    }
}

/// Kills every app process of that profile: the driver's death does not take its app along.
fn kill_apps(profile: &str) {
    let Ok(processes) = std::fs::read_dir("/proc") else { return };
    for process in processes.flatten() {
        let Some(pid) = process.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        let is_app = std::fs::read_link(process.path().join("exe")).is_ok_and(|exe| exe.ends_with("esep"));
        let environment = std::fs::read(process.path().join("environ")).unwrap_or_default();
        let wanted = format!("ESEP_PROFILE={profile}");
        let is_ours = environment.split(|byte| *byte == 0).any(|entry| entry == wanted.as_bytes());
        if is_app
            && is_ours
            && let Some(pid) = rustix::process::Pid::from_raw(pid)
        {
            drop(rustix::process::kill_process(pid, rustix::process::Signal::KILL));
        }
    }
}
