//! A system bus with a location service, and the count of its clients' starts and stops.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Its own text says what it can do.
/// The harness, seen from this crate and from the acceptance tests alike.
pub(crate) fn harness() -> PathBuf {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let mut found =
        folders.map(|folder| folder.join("tests/harness/location.py")).filter(|path| path.exists());
    found.next().expect("the checkout has tests/harness")
}

/// One run of `tests/harness/location.py`; ends with this value.
pub(crate) struct LocationBus {
    harness: Child,
    pub(crate) address: String,
    calls: String,
    control: String,
}

impl LocationBus {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut harness = Command::new("/usr/bin/python3")
            .arg(harness())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the harness can be started");
        let lines =
            BufReader::new(harness.stdout.take().expect("stdout is piped")).lines().map_while(Result::ok);
        let said: Vec<String> = lines.take_while(|line| line != "READY").collect();
        let value = |name: &str| {
            let line = said.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.unwrap_or_else(|| panic!("the harness did not name its {name}: {said:?}")).to_owned()
        };
        Self {
            address: value("DBUS_SYSTEM_BUS_ADDRESS"),
            calls: value("ESEP_LOCATION_CALLS"),
            control: value("ESEP_LOCATION_CONTROL"),
            harness,
        }
    }

    /// Changes the place, or the scenario, while the service runs.
    pub(crate) fn control(&self, text: &str) {
        // Whole or not at all: the other side may be reading.
        let fresh = format!("{}.fresh", self.control);
        fs::write(&fresh, text).expect("the control file can be written");
        fs::rename(fresh, &self.control).expect("the control file can be put in place");
    }

    /// How many calls of `member` the monitor has seen on any client.
    pub(crate) fn count(&self, member: &str) -> usize {
        let calls = fs::read_to_string(&self.calls).expect("the monitor writes its file");
        let is_call = |line: &&str| line.starts_with("mc\t") && line.rsplit('\t').next() == Some(member);
        calls.lines().filter(is_call).count()
    }

    /// Starts and stops, once the monitor has written the stop that is owed, and a moment later.
    pub(crate) fn starts_and_stops(&self) -> (usize, usize) {
        let patience = Instant::now() + Duration::from_secs(5);
        while self.count("Stop") < self.count("Start") && Instant::now() < patience {
            sleep(Duration::from_millis(20));
        }
        sleep(Duration::from_millis(200));
        (self.count("Start"), self.count("Stop"))
    }
}

impl Drop for LocationBus {
    fn drop(&mut self) {
        drop(self.harness.stdin.take());
        let _ = self.harness.wait();
    }
}
