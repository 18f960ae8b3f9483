//! An `esep-operator` process: started, killed and started again as an operator's machine would.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::binaries;

/// What `esep-operator demo --json` prints.
#[derive(Debug, Clone, Deserialize)]
pub struct Demo {
    /// Who answers.
    pub operator: DemoOperator,
    /// The demo's people with their activation codes.
    pub people: Vec<DemoPerson>,
    /// The demo's children.
    pub children: Vec<serde_json::Value>,
}

/// The operator of the demo.
#[derive(Debug, Clone, Deserialize)]
pub struct DemoOperator {
    /// Id of its organisation.
    pub organisation: String,
}

/// A person of the demo.
#[derive(Debug, Clone, Deserialize)]
pub struct DemoPerson {
    /// Random id in hexadecimal.
    pub person: String,
    /// `specialist`, `representative`, `coordinator`.
    pub roles: Vec<String>,
    /// Full name.
    pub name: String,
    /// `ABCD-...`.
    pub code: String,
    /// `esep://enrol?...`.
    pub link: String,
}

impl Demo {
    /// The first person who has exactly this role.
    ///
    /// # Panics
    /// When the demo has none.
    pub fn person(&self, role: &str) -> &DemoPerson {
        self.people
            .iter()
            .find(|person| person.roles == [role])
            .unwrap_or_else(|| panic!("the demo has no {role}"))
    }

    /// The specialist who visits the most children, siblings among them.
    ///
    /// # Panics
    /// When the demo has none.
    pub fn busiest_specialist(&self) -> &DemoPerson {
        let visits = |person: &DemoPerson| {
            let is_in_team = |child: &&serde_json::Value| {
                let team = child["care_team"].as_array().map(Vec::as_slice).unwrap_or_default();
                team.iter().any(|member| member.as_str() == Some(&person.person))
            };
            self.children.iter().filter(is_in_team).count()
        };
        self.people("specialist").max_by_key(|person| visits(person)).expect("the demo has specialists")
    }

    /// Everybody who has exactly this role.
    pub fn people<'a>(&'a self, role: &'a str) -> impl Iterator<Item = &'a DemoPerson> {
        self.people.iter().filter(move |person| person.roles == [role])
    }
}

/// A running operator; killed when dropped.
#[derive(Debug)]
pub struct Operator {
    dir: PathBuf,
    port: u16,
    child: Option<Child>,
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}

impl Operator {
    /// Runs one command of `esep-operator` to its end and gives what it printed.
    ///
    /// # Panics
    /// When it fails; the message holds what it said.
    pub fn command(dir: &Path, arguments: &[&str]) -> String {
        let output = Self::try_command(dir, arguments);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "esep-operator {arguments:?} failed:\n{out}\n{err}");
        out.into_owned()
    }

    /// Runs one command and gives its whole output, failed or not.
    pub fn try_command(dir: &Path, arguments: &[&str]) -> std::process::Output {
        Command::new(binaries::path("esep-operator"))
            .args(arguments)
            .arg("--dir")
            .arg(dir)
            .output()
            .expect("esep-operator can be started")
    }

    /// Makes the demo organisation in an empty folder, without starting the server.
    pub fn demo(dir: &Path, port: u16) -> Demo {
        let address = format!("http://127.0.0.1:{port}");
        let json = Self::command(dir, &["demo", "--json", "--address", &address]);
        serde_json::from_str(&json).unwrap_or_else(|error| panic!("demo printed no JSON ({error}): {json}"))
    }

    /// Starts the server and waits until it answers.
    pub fn start(dir: &Path, port: u16) -> Self {
        let mut operator = Self { dir: dir.into(), port, child: None };
        operator.restart();
        operator
    }

    /// A fresh demo organisation in `dir` with a running server.
    pub fn start_demo(dir: &Path) -> (Self, Demo) {
        let port = free_port();
        let demo = Self::demo(dir, port);
        (Self::start(dir, port), demo)
    }

    /// Runs one command on this operator's folder.
    pub fn run(&self, arguments: &[&str]) -> std::process::Output {
        Self::try_command(&self.dir, arguments)
    }

    /// `http://127.0.0.1:...`.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The data folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// SIGKILL, no goodbye.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Either it runs and is killed, or it is gone already: both are what was asked for.
            drop(child.kill());
            drop(child.wait());
        }
    }

    /// Starts it again on the same folder and port; kills it first when it runs.
    ///
    /// # Panics
    /// When it does not answer within 20 s.
    pub fn restart(&mut self) {
        self.kill();
        let listen = format!("127.0.0.1:{}", self.port);
        let mut child = Command::new(binaries::path("esep-operator"))
            .args(["serve", "--listen", &listen, "--dir"])
            .arg(&self.dir)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("esep-operator can be started");
        let stderr = child.stderr.take().expect("stderr is piped");
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if std::env::var_os("ESEP_TEST_LOG").is_some() {
                    eprintln!("operator: {line}");
                }
            }
        });
        let deadline = Instant::now() + Duration::from_secs(20);
        while !self.answers() {
            assert!(Instant::now() < deadline, "esep-operator does not answer on {listen}");
            if let Ok(Some(status)) = child.try_wait() {
                panic!("esep-operator ended at once: {status}; run it by hand on {}", self.dir.display());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.child = Some(child);
    }

    fn answers(&self) -> bool {
        use std::io::{Read, Write};
        let Ok(mut socket) = std::net::TcpStream::connect(("127.0.0.1", self.port)) else { return false };
        let request = b"GET /v1/health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        let mut answer = [0; 12];
        socket.write_all(request).is_ok() && socket.read_exact(&mut answer).is_ok() && &answer[9..] == b"200"
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.kill();
    }
}
