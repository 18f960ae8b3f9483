//! The disk itself, under plain SQLite and under SQLCipher.

use rusqlite::{Connection, ErrorCode};

use super::*;

struct Machine {
    disk: Arc<Disk>,
    folder: tempfile::TempDir,
    is_encrypted: bool,
}

impl Machine {
    /// A database with one row that is synced for sure.
    fn new(is_encrypted: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let machine = Self { disk: Disk::under(folder.path()).unwrap(), folder, is_encrypted };
        let conn = machine.open("FULL");
        conn.execute_batch("CREATE TABLE said (word TEXT); INSERT INTO said VALUES ('first')").unwrap();
        machine
    }

    fn open(&self, synchronous: &str) -> Connection {
        let conn = Connection::open(self.folder.path().join("a.db")).unwrap();
        if self.is_encrypted {
            conn.execute_batch(&format!("PRAGMA key = \"x'{}'\"", "5a".repeat(32))).unwrap();
        }
        conn.execute_batch(&format!("PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}"))
            .unwrap();
        conn
    }

    /// Ends the process, takes away what a power cut takes, and reads what is left.
    fn left(&self, conn: Connection, cut: Cut, seed: u64) -> Vec<String> {
        self.disk.die();
        drop(conn);
        self.disk.cut_power(cut, &mut Chance::new(seed)).unwrap();
        self.disk.revive();
        let conn = self.open("FULL");
        let check: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(check, "ok");
        let mut select = conn.prepare("SELECT word FROM said ORDER BY rowid").unwrap();
        select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        Disk::forget(self.folder.path());
    }
}

fn say(conn: &Connection, word: &str) -> rusqlite::Result<usize> {
    conn.execute("INSERT INTO said VALUES (?1)", [word])
}

#[test]
fn a_power_cut_takes_what_was_not_synced_and_nothing_else() {
    for is_encrypted in [false, true] {
        for seed in 0..20 {
            let machine = Machine::new(is_encrypted);
            let conn = machine.open("FULL");
            say(&conn, "kept").unwrap();
            assert_eq!(machine.left(conn, Cut::Some, seed), ["first", "kept"]);
        }
        let machine = Machine::new(is_encrypted);
        let conn = machine.open("OFF");
        say(&conn, "gone").unwrap();
        assert_eq!(machine.left(conn, Cut::Everything, 1), ["first"], "without sync it is not there");
    }
}

#[test]
fn a_process_that_ends_at_any_write_leaves_all_or_nothing() {
    for is_encrypted in [false, true] {
        let (mut was_kept, mut was_gone) = (false, false);
        for steps in 1..60 {
            let machine = Machine::new(is_encrypted);
            let conn = machine.open("FULL");
            machine.disk.die_after(steps);
            let saved = say(&conn, "second");
            let cut = [Cut::Everything, Cut::Some][steps as usize % 2];
            let left = machine.left(conn, cut, steps);
            let is_there = left == ["first", "second"];
            assert!(is_there || left == ["first"]);
            assert!(saved.is_err() || is_there, "called saved, and gone at step {steps}");
            was_kept |= is_there;
            was_gone |= !is_there;
        }
        assert!(was_kept && was_gone);
    }
}

#[test]
fn a_full_disk_refuses_and_what_is_there_stays() {
    for is_encrypted in [false, true] {
        let machine = Machine::new(is_encrypted);
        let conn = machine.open("FULL");
        machine.disk.set_full(true);
        let refused = say(&conn, "second").unwrap_err();
        assert_eq!(refused.sqlite_error_code(), Some(ErrorCode::DiskFull));
        machine.disk.set_full(false);
        say(&conn, "third").unwrap();
        assert_eq!(machine.left(conn, Cut::Everything, 1), ["first", "third"]);
    }
}

#[test]
fn a_disk_that_lies_about_syncing_is_told_apart() {
    let machine = Machine::new(true);
    machine.disk.lie();
    let conn = machine.open("FULL");
    say(&conn, "gone").unwrap();
    assert_eq!(machine.left(conn, Cut::Everything, 1), ["first"]);
}
