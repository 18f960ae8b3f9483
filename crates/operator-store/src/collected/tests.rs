//! What is kept of what devices hand back.

use super::*;

fn given(byte: u8, content: Option<&[u8]>) -> Given {
    Given {
        leaf_index: 7,
        hash: Digest::from_bytes([byte; 32]),
        statement: vec![byte],
        content: content.map(<[u8]>::to_vec),
        proven: false,
    }
}

fn key(byte: u8) -> KeyId {
    KeyId::from_bytes([byte; 32])
}

#[test]
fn a_leaf_is_asked_for_until_its_content_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = Collected::open(&folder.path().join("collected.sqlite")).unwrap();
    file.reach(0, 10).unwrap();
    for giver in 1..=4 {
        file.put(key(giver), &[given(1, None)]).unwrap();
    }
    assert_eq!(file.wanted(0, 9).unwrap(), [(0, 10)], "many gave it, and nobody what it says");
    file.put(key(5), &[given(1, Some(b"said"))]).unwrap();
    assert_eq!(file.wanted(0, 9).unwrap(), [(0, 7), (8, 10)]);
}

#[test]
fn one_device_fills_no_leaf_with_inventions() {
    let folder = tempfile::tempdir().unwrap();
    let file = Collected::open(&folder.path().join("collected.sqlite")).unwrap();
    for invented in 1..=20 {
        file.put(key(1), &[given(invented, None)]).unwrap();
    }
    for honest in [2, 3] {
        file.put(key(honest), &[given(99, Some(b"said"))]).unwrap();
    }
    assert_eq!(file.best(7).unwrap().unwrap().statement, [99]);
}

fn file_in(folder: &tempfile::TempDir) -> Collected {
    Collected::open(&folder.path().join("collected.sqlite")).unwrap()
}

fn head(tree_size: u64) -> ShownHead {
    ShownHead { tree_size, root: Digest::from_bytes([9; 32]), bytes: vec![1; 300] }
}

#[test]
fn what_is_wanted_is_what_was_signed_less_what_is_settled() {
    let folder = tempfile::tempdir().unwrap();
    let file = file_in(&folder);
    let proven = |leaf_index| Given { leaf_index, proven: true, ..given(1, Some(b"said")) };
    file.reach(5, 10).unwrap();
    file.reach(5, 8).unwrap();
    assert_eq!(file.wanted(0, 9).unwrap(), [(5, 10)], "it only grows");
    for leaf_index in [5, 9, 7, 7] {
        file.put(key(1), &[proven(leaf_index)]).unwrap();
    }
    assert_eq!(file.wanted(0, 9).unwrap(), [(6, 7), (8, 9)]);
    file.reach(5, 12).unwrap();
    file.reach(5, 15).unwrap();
    assert_eq!(file.wanted(0, 9).unwrap(), [(6, 7), (8, 9), (10, 15)], "one stretch, however it grew");
    assert_eq!(file.wanted(0, 2).unwrap(), [(6, 7), (8, 9)]);
    assert_eq!(file.wanted(12, 9).unwrap(), [(12, 15)], "from the middle of a stretch on");
    assert_eq!(file.wanted(9, 9).unwrap(), [(10, 15)]);
    assert_eq!(file.wanted(15, 9).unwrap(), []);
}

#[test]
fn who_is_disbelieved_stays_so_and_proofs_count_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = file_in(&folder);
    file.reach(0, 10).unwrap();
    for liar in 1..=3 {
        file.put(key(liar), &[given(1, Some(b"said"))]).unwrap();
    }
    assert_eq!(file.wanted(0, 9).unwrap(), [(0, 7), (8, 10)], "three say so");
    for liar in 1..=3 {
        file.disbelieve(key(liar)).unwrap();
    }
    assert_eq!(file.best(7).unwrap(), None);
    assert_eq!(file.wanted(0, 9).unwrap(), [(0, 10)], "and it is asked for again");
    drop(file);
    let file = file_in(&folder);
    assert!(file.is_disbelieved(key(1)).unwrap() && !file.is_disbelieved(key(4)).unwrap());
    assert_eq!(file.disbelieved().unwrap(), [key(1), key(2), key(3)]);
    file.put(key(1), &[given(2, Some(b"said again"))]).unwrap();
    assert_eq!(file.best(7).unwrap(), None, "a second time changes nothing");
    file.put(key(1), &[Given { proven: true, ..given(3, Some(b"signed for")) }]).unwrap();
    assert_eq!(file.best(7).unwrap().unwrap().statement, [3], "a receipt is nobody's word");
}

#[test]
fn heads_fill_neither_the_file_nor_the_place_of_the_largest() {
    let folder = tempfile::tempdir().unwrap();
    let file = file_in(&folder);
    file.connection.lock().execute_batch("PRAGMA synchronous = OFF").unwrap();
    let most = u64::from(heads::MAX_HEADS_OF_ONE);
    file.put_head(key(2), &head(most), false).unwrap();
    for tree_size in (1..=most + 9).map(|size| size * 2) {
        file.put_head(key(1), &head(tree_size), false).unwrap();
    }
    let kept = || file.heads().unwrap().len() as u64;
    assert_eq!(kept(), most + 1, "the one that both showed is kept once");
    file.put_head(key(1), &head(most + 1), false).unwrap();
    assert_eq!(kept(), most + 1, "nothing more of this device");
    assert_eq!(file.largest_heads().unwrap(), [head(2 * (most + 9))]);
    file.put_head(key(2), &head(most + 1), false).unwrap();
    assert_eq!(kept(), most + 2, "others have room");
    file.connection.lock().execute("UPDATE heads_count SET value = ?1", [heads::MAX_HEADS]).unwrap();
    file.put_head(key(2), &head(most + 3), false).unwrap();
    assert_eq!(kept(), most + 2, "nor of all together");
    file.put_head(key(2), &head(9 * most), false).unwrap();
    assert_eq!(file.largest_heads().unwrap(), [head(9 * most)], "how much is lost is known all the same");
    assert_eq!(kept(), most + 2);
    let other = ShownHead { root: Digest::from_bytes([8; 32]), ..head(9 * most) };
    file.put_head(key(3), &head(1), false).unwrap();
    file.connection.lock().execute("UPDATE heads_count SET value = 0", []).unwrap();
    file.put_head(key(3), &other, false).unwrap();
    assert_eq!(file.largest_heads().unwrap().len(), 2, "two that contradict each other are both there");
}

/// Two logs under one key: what proves it is never given up for what proves nothing.
#[test]
fn heads_that_contradict_are_kept_whatever_comes() {
    let folder = tempfile::tempdir().unwrap();
    let file = file_in(&folder);
    file.connection.lock().execute_batch("PRAGMA synchronous = OFF").unwrap();
    let most = u64::from(heads::MAX_HEADS_OF_ONE);
    let other = |tree_size| ShownHead { root: Digest::from_bytes([8; 32]), ..head(tree_size) };
    file.put_head(key(1), &head(7), false).unwrap();
    file.put_head(key(1), &head(8), false).unwrap();
    file.put_head(key(1), &other(3), true).unwrap();
    file.put_head(key(2), &other(8), false).unwrap();
    for tree_size in 100..100 + most {
        file.put_head(key(1), &head(tree_size), false).unwrap();
    }
    file.connection.lock().execute("UPDATE heads_count SET value = ?1", [heads::MAX_HEADS]).unwrap();
    // The file is full, and one comes that the log contradicts.
    file.put_head(key(1), &other(4), true).unwrap();
    for tree_size in 9_000..9_000 + 2 * most {
        file.put_head(key(1), &head(tree_size), false).unwrap();
    }
    let kept = file.heads().unwrap();
    for evidence in [other(3), other(4), head(8), other(8)] {
        assert!(kept.contains(&evidence), "{evidence:?}");
    }
    assert!(!kept.contains(&head(7)), "one that says nothing new makes room");
}

/// Steps of SQLite's machine that something takes.
fn steps(file: &Collected, work: impl FnOnce(&Collected)) -> u64 {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    let count = Arc::new(AtomicU64::new(0));
    let counting = Arc::clone(&count);
    let each = move || {
        counting.fetch_add(1, Ordering::Relaxed);
        false
    };
    file.connection.lock().progress_handler(1, Some(each)).unwrap();
    work(file);
    file.connection.lock().progress_handler(0, None::<fn() -> bool>).unwrap();
    count.load(Ordering::Relaxed)
}

#[test]
fn a_request_costs_as_much_as_is_in_it_however_much_others_gave() {
    let folder = tempfile::tempdir().unwrap();
    let file = file_in(&folder);
    file.connection.lock().execute_batch("PRAGMA synchronous = OFF").unwrap();
    let lost = 1 << 20;
    let proven = |leaf_index| Given { leaf_index, proven: true, ..given(1, Some(b"said")) };
    // What each request does: show a head, ask, give a leaf.
    let request = |at: u64| {
        steps(&file, |file| {
            file.put_head(key(1), &head(at), false).unwrap();
            assert_eq!(file.largest_heads().unwrap().len(), 1);
            file.reach(0, lost).unwrap();
            assert!(!file.is_disbelieved(key(1)).unwrap());
            assert!(file.wanted(at, 1).unwrap().len() <= 1);
            file.put(key(1), &[proven(at)]).unwrap();
        })
    };
    request(1);
    let first = request(2);
    for round in 2..6 {
        let filler: Vec<Given> = (0..1_000).map(|at| proven(round * 10_000 + 2 * at)).collect();
        file.put(key(2), &filler).unwrap();
        for at in 0..900 {
            file.put_head(key(round as u8), &head(round * 10_000 + at), false).unwrap();
        }
    }
    let late = request(70_000);
    assert!(late <= 2 * first, "{late} steps, and {first} when nothing was there");
}
