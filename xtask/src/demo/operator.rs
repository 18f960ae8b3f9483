//! The operator of the demo: one for all windows, begun anew with each first run.

use super::people::People;
use super::{folder, tied};
use crate::process::{Failure, Outcome, on_path, program, target};
use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Where it listens when nobody else does: a fixed place, so that a profile finds it again.
const ADDRESS: &str = "127.0.0.1:7543";
const STARTS_WITHIN: Duration = Duration::from_secs(30);
const ENDS_WITHIN: Duration = Duration::from_secs(5);

/// The operator that the windows speak to.
pub(super) struct Operator {
    pub(super) people: People,
    /// Where it listens, for who types a code.
    pub(super) address: SocketAddr,
    /// Present when this run started it, and therefore ends it.
    server: Option<Child>,
}

/// Joins the operator of another run, or starts one: on a new organisation, unless `keep` goes on with the last.
pub(super) fn join_or_start(keep: bool) -> Outcome<Operator> {
    if let Some(address) = running() {
        println!("joining the operator on {address}");
        return Ok(Operator { people: People::parse(&read("people.json")?)?, address, server: None });
    }
    let begun = folder().join("operator").is_dir() && folder().join("people.json").is_file();
    if super::window::any_open() {
        return Err(Failure::new("a window of the last demo is still open", "close it, then run this again"));
    }
    if !(keep && begun) && folder().exists() {
        on_path(&folder(), fs::remove_dir_all(folder()))?;
    }
    on_path(&folder(), fs::create_dir_all(folder()))?;
    let address = if keep && begun { parse(&read("address.txt")?)? } else { free_address()? };
    write("address.txt", &address.to_string())?;
    // In a folder that is set up already this only gives codes to those who have no device yet.
    let people = program(binary())
        .args(["demo", "--json", "--dir"])
        .args([folder().join("operator")])
        .args(["--listen", &address.to_string()])
        .mend("remove target/demo and try again")
        .read()?;
    write("people.json", &people)?;
    Ok(Operator { people: People::parse(&people)?, address, server: Some(serve(address)?) })
}

impl Operator {
    pub(super) fn is_ours(&self) -> bool {
        self.server.is_some()
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        let Some(server) = &mut self.server else { return };
        program("kill").args(["-TERM", &server.id().to_string()]).quiet_succeeds();
        let asked = Instant::now();
        while asked.elapsed() < ENDS_WITHIN && matches!(server.try_wait(), Ok(None)) {
            sleep(super::LOOK_EVERY);
        }
        // Whoever did not go when asked is ended; it is built to survive that.
        if server.kill().is_ok() {
            drop(server.wait());
        }
        drop(fs::remove_file(folder().join("operator.pid")));
    }
}

fn serve(address: SocketAddr) -> Outcome<Child> {
    let log = folder().join("operator.log");
    let file = on_path(&log, fs::File::create(&log))?;
    let copy = on_path(&log, file.try_clone())?;
    let words = [binary().into_os_string(), "serve".into(), "--listen".into(), address.to_string().into()];
    let mut server = tied(&words).args(["--dir"]).args([folder().join("operator")]).start(|command| {
        command.stdout(file).stderr(copy);
    })?;
    write("operator.pid", &server.id().to_string())?;
    let began = Instant::now();
    loop {
        if TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok() {
            return Ok(server);
        }
        let ended = !matches!(server.try_wait(), Ok(None));
        if ended || began.elapsed() > STARTS_WITHIN {
            drop(server.kill());
            let words = fs::read_to_string(&log).unwrap_or_default();
            return Err(Failure::new(
                format!("the operator does not answer on {address}\n{}", words.trim_end()),
                "read its log in target/demo/operator.log; without --keep it begins anew",
            ));
        }
        sleep(Duration::from_millis(100));
    }
}

/// The address of an operator that another run started and that still lives.
fn running() -> Option<SocketAddr> {
    let pid = read("operator.pid").ok()?;
    super::window::is_alive(pid.trim(), "esep-operator")
        .then(|| parse(&read("address.txt").ok()?).ok())
        .flatten()
}

fn free_address() -> Outcome<SocketAddr> {
    let wished = TcpListener::bind(ADDRESS).or_else(|_| TcpListener::bind("127.0.0.1:0"));
    wished.and_then(|listener| listener.local_addr()).map_err(|error| {
        Failure::new(format!("no port is free: {error}"), "end a server that you do not need")
    })
}

fn parse(address: &str) -> Outcome<SocketAddr> {
    address
        .trim()
        .parse()
        .map_err(|_| Failure::new(format!("`{address}` is no address"), "run it without --keep"))
}

fn binary() -> PathBuf {
    target().join("debug").join(format!("esep-operator{}", std::env::consts::EXE_SUFFIX))
}

fn read(name: &str) -> Outcome<String> {
    on_path(&folder().join(name), fs::read_to_string(folder().join(name)))
}

fn write(name: &str, text: &str) -> Outcome {
    on_path(&folder().join(name), fs::write(folder().join(name), text))
}
