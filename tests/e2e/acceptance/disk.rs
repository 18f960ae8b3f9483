use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use client::ipc::{BeginVisit, ErrorCode, RoomCode};
use esep_tests::operator::Operator;
use esep_tests::person::Person;

use super::folder;
use super::kill::registrations;

/// A small file system of its own; unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path) -> Self {
        fs::create_dir_all(at).expect("a folder");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"]).arg(at).status();
        assert!(
            mounted.is_ok_and(|status| status.success()),
            "a file system of 16 MB cannot be mounted: this test needs root, as installing the packages does"
        );
        Self(at.to_owned())
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }

    /// Takes every byte that is left.
    fn fill(&self) {
        let mut file = fs::File::create(self.filler()).expect("a file");
        for size in [64 * 1024, 4 * 1024, 1] {
            while file.write_all(&vec![7; size]).is_ok() {}
        }
    }

    fn free(&self) {
        fs::remove_file(self.filler()).expect("the filler is there");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

async fn room(person: &Person, child: &str) -> RoomCode {
    let draft = person.app.begin_visit(BeginVisit { children: vec![child.to_owned()] }).await;
    draft.expect("the sheet opens on a full disk").room
}

/// On a really full disk: it is said before the tap, the app still starts, one visit more is kept, what finds no room is
/// never called saved, and with room again everything goes on.
pub(super) async fn a_full_disk_is_said_before_the_tap_and_room_for_a_visit_is_kept() {
    let dir = folder();
    let (operator, demo) = Operator::start_demo(&dir.path().join("operator"));
    let disk = SmallDisk::mount(&dir.path().join("disk"));
    let person = Person::ready(&disk.0.join("specialist"), &demo.person("specialist").link).await;
    let child = person.children().await.remove(0).id;
    assert_eq!(room(&person, &child).await, RoomCode::Low, "16 MB are little");

    // Closing takes the files beside the database away, and others take their room.
    drop(person.app.lock().await.expect("it is closed"));
    disk.fill();
    person.unlock().await.expect("a full disk keeps nobody out");

    let mut saved_count = 0;
    disk.fill();
    person.visit(&[&child], Some("Диск толы")).await.expect("room for a visit was kept");
    saved_count += 1;
    let refused = loop {
        match person.visit(&[&child], None).await {
            Ok(_) => saved_count += 1,
            Err(error) => break error,
        }
        assert!(saved_count < 400, "the disk is not full");
        disk.fill();
    };
    assert_eq!(refused.code, ErrorCode::DiskFull);
    assert_eq!(room(&person, &child).await, RoomCode::None, "and the next one is warned before");
    assert_eq!(person.visits().await.len(), saved_count, "what was not saved is not shown");

    disk.free();
    assert_eq!(room(&person, &child).await, RoomCode::Low, "room is set aside again");
    person.visit(&[&child], None).await.expect("a visit");
    saved_count += 1;
    person.sync().await;
    assert_eq!(registrations(&operator), saved_count, "each exactly once");
    drop(person);
}
