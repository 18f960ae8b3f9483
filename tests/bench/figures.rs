//! Figures and the page that they are written on.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// Durations of one thing that was done many times.
#[derive(Debug)]
pub(crate) struct Spread(Vec<Duration>);

impl Spread {
    pub(crate) fn of(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        Self(durations)
    }

    /// The value that `part` of all do not exceed; 0.5 is the median.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index into a few thousand values"
    )]
    pub(crate) fn at(&self, part: f64) -> Duration {
        let last = self.0.len().saturating_sub(1);
        self.0.get(((last as f64) * part).round() as usize).copied().unwrap_or_default()
    }
}

/// How often `part` goes into `whole`.
#[expect(clippy::cast_precision_loss, reason = "figures are read by people")]
pub(crate) fn ratio(whole: usize, part: usize) -> f64 {
    whole as f64 / part as f64
}

/// How much longer one duration is than another.
pub(crate) fn ratio_of(ours: Duration, other: Duration) -> String {
    format!("{:.2}", ours.as_secs_f64() / other.as_secs_f64())
}

/// `12 345`.
pub(crate) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| std::str::from_utf8(group).ok()).collect();
    groups.join(" ")
}

pub(crate) fn ms(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1_000.0)
}

/// The table of a run.
pub(crate) struct Page {
    began: Instant,
    rows: String,
}

impl Page {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), rows: String::new() }
    }

    /// Says where the run stands.
    pub(crate) fn note(&self, what: &str) {
        eprintln!("[{:>4.0} s] {what}", self.began.elapsed().as_secs_f64());
    }

    pub(crate) fn row(&mut self, what: &str, ours: &str, limit: &str, ratio: &str) {
        self.note(&format!("{what}: {ours}; limit {limit}; ratio {ratio}"));
        // Writing into a string cannot fail.
        let _ = writeln!(self.rows, "| {what} | {ours} | {limit} | {ratio} |");
    }

    /// Prints the page, and writes it to a file when there is one.
    pub(crate) fn print(&self, file: Option<&str>) {
        let page = format!("{HEAD}\n{}\n{FOOT}", self.rows);
        println!("{page}");
        if let Some(file) = file {
            std::fs::write(file, page).expect("the page can be written");
        }
    }
}

const HEAD: &str = "# Benchmarks

Written by `cargo xtask bench`: release build, the real core on a real SQLCipher file and a real key store, a real
`esep-operator` process on its SQLite, one machine, loopback. The limits are measured in the same run, in turns with
what they limit; compare the ratios, the milliseconds do not travel. A push and a first pull are measured several
times, and so is what limits them; the middle counts.

A visit here is two statements: the registration and its position. Those that are synced are registered as people do it:
one child a tap, spread over three years, no two positions the same, each service of the catalogue in turn. A full device
is filled with twenty children a tap. Both clocks of the device go together.

| What | Product | Limit in the same run | Ratio |
|---|---|---|---|";

const FOOT: &str = "What the limits are:

- **tap**: one SQLCipher file with the product's settings (WAL, synchronous FULL, HMAC-SHA256); one ES256 signature (RFC 6979, as the
  protocol asks for) and one row of the same size, committed. One raw round after each tap. The tap is measured from the
  call of the use case until its transaction is on disk, and until the screen has its answer; the operator is away and
  the app's own sync tries and fails meanwhile, once a second, as at a door without network. Between two taps of a person
  lie minutes, so what one leaves for the system to write is written before the next, here on both sides.
- **push**: the same statements in batches of 500, zstd both ways, each signature verified (ring), written to a plain
  SQLite file with synchronous FULL, one transaction a batch; no HTTP, no log, no rules.
- **first pull**: 2.5 times a pull without the product, and the time of the signature checks on all cores. Without the
  product an HTTP server has the same statements and contents in a plain file, and a client fetches pages as large as the
  product's, packed as tightly, one after the other, and writes them to an empty SQLCipher file in one transaction: no log,
  no rights, no proofs, no lists. The pull is the coordinator's: each visit of the organisation, from the acceptance of
  the agreement until the lists are ready. The product checks one signature for each stretch of a series on a page, which
  vouches for the others (ADR 13); here the stretches are as long as the pages.
- **2 Mbit/s, 300 ms**: first pull and push again, over a line of 2 Mbit/s each way and 300 ms there and back; the limit is
  the goal. Once more with all connections broken in the middle: what travelled more than without the cut, against one batch.
- **lists**: from the start of the app with a PIN to today's list, and what a page of 50 takes while the letters come.
- **inclusion proof**: what a device does with what it keeps of an answer: hashes the statements of that push, folds the
  range proof, verifies the head, makes the COSE receipt and verifies that.
- **whole log**: `esep-operator verify` as a process, from its start to its end, by its processor time: bytes, contents, series,
  flags, tree and heads; with `--no-signatures`, `--no-projections`, and whole.
- **bytes**: everything on the wire in both directions, HTTP headers included, for the push by the specialist's device
  and the first pull by the coordinator's.
";
