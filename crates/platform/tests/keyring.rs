//! [`platform::SystemKeyring`] beside a real key store, in each state that a desktop may have it in.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod support {
    pub(crate) mod keyring;
}

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use client::ports::{SecretError, SecretStore};
use domain::sensitive::Sensitive;
use platform::SystemKeyring;
use support::keyring::{beside_a_store, restart};

const NAME: &str = "database";

fn secret(fill: u8) -> Sensitive<Vec<u8>> {
    // Not text in any encoding: stores that hold only text must cope with it.
    Sensitive::new([&[0, 0xff, 0xc3, 0x28], [fill; 28].as_slice()].concat())
}

fn store() -> SystemKeyring {
    SystemKeyring::for_profile("7f3a")
}

#[test]
fn an_unlocked_store_keeps_changes_and_removes_a_secret() {
    beside_a_store("unlocked", "an_unlocked_store_keeps_changes_and_removes_a_secret", || {
        let store = store();
        assert_eq!(store.get(NAME), Ok(None));
        assert_eq!(store.set(NAME, &secret(1)), Ok(()));
        assert_eq!(store.get(NAME), Ok(Some(secret(1))));
        assert_eq!(store.set(NAME, &secret(2)), Ok(()));
        assert_eq!(store.get(NAME), Ok(Some(secret(2))));
        assert_eq!(store.remove(NAME), Ok(()));
        assert_eq!(store.get(NAME), Ok(None));
        assert_eq!(store.remove(NAME), Ok(()), "absent is fine");
    });
}

#[test]
fn profiles_and_names_do_not_see_each_other() {
    beside_a_store("unlocked", "profiles_and_names_do_not_see_each_other", || {
        let (mine, other) = (store(), SystemKeyring::for_profile("7f3b"));
        mine.set(NAME, &secret(1)).unwrap();
        assert_eq!(other.get(NAME), Ok(None));
        assert_eq!(mine.get("recovery"), Ok(None));
        other.set(NAME, &secret(2)).unwrap();
        other.remove(NAME).unwrap();
        assert_eq!(store().get(NAME), Ok(Some(secret(1))), "also through a store opened anew");
    });
}

#[test]
fn a_secret_survives_a_restart_of_the_store() {
    beside_a_store("unlocked", "a_secret_survives_a_restart_of_the_store", || {
        let store = store();
        store.set(NAME, &secret(1)).unwrap();
        restart("unlocked");
        assert_eq!(store.get(NAME), Ok(Some(secret(1))), "over the connection that was open before");
        restart("locked");
        assert_eq!(store.get(NAME), Err(SecretError::Unavailable), "it is there and nobody opens it");
        assert_eq!(store.set(NAME, &secret(2)), Err(SecretError::Unavailable));
        restart("unlocked");
        assert_eq!(store.get(NAME), Ok(Some(secret(1))), "the refused change has changed nothing");
    });
}

#[test]
fn a_locked_store_is_unavailable_for_writing() {
    beside_a_store("locked", "a_locked_store_is_unavailable_for_writing", || {
        assert_eq!(store().set(NAME, &secret(1)), Err(SecretError::Unavailable));
    });
}

#[test]
fn a_store_that_was_never_unlocked_has_nothing_and_takes_nothing() {
    beside_a_store("fresh", "a_store_that_was_never_unlocked_has_nothing_and_takes_nothing", || {
        let store = store();
        assert_eq!(store.get(NAME), Ok(None));
        assert_eq!(store.set(NAME, &secret(1)), Err(SecretError::Unavailable));
        assert_eq!(store.get(NAME), Ok(None));
    });
}

#[test]
fn without_a_bus_every_request_is_refused_at_once() {
    beside_a_store("nobus", "without_a_bus_every_request_is_refused_at_once", || {
        let (store, began) = (store(), Instant::now());
        assert_eq!(store.get(NAME), Err(SecretError::Unavailable));
        assert_eq!(store.set(NAME, &secret(1)), Err(SecretError::Unavailable));
        assert_eq!(store.remove(NAME), Err(SecretError::Unavailable));
        assert!(began.elapsed() < Duration::from_secs(30));
    });
}

#[test]
fn asynchronous_code_may_ask() {
    beside_a_store("unlocked", "asynchronous_code_may_ask", || {
        let one_thread = tokio::runtime::Builder::new_current_thread().build().unwrap();
        one_thread.block_on(async { store().set(NAME, &secret(1)).unwrap() });
        let many_threads = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        let read = many_threads.block_on(async { tokio::spawn(async { store().get(NAME) }).await.unwrap() });
        assert_eq!(read, Ok(Some(secret(1))));
    });
}

#[test]
fn threads_may_ask_at_the_same_time() {
    beside_a_store("unlocked", "threads_may_ask_at_the_same_time", || {
        let store = store();
        std::thread::scope(|scope| {
            for number in 0..8 {
                let store = &store;
                scope.spawn(move || {
                    let name = format!("secret {number}");
                    store.set(&name, &secret(number)).unwrap();
                    assert_eq!(store.get(&name), Ok(Some(secret(number))));
                });
            }
        });
    });
}

#[test]
fn the_files_of_the_store_do_not_show_the_secret() {
    beside_a_store("unlocked", "the_files_of_the_store_do_not_show_the_secret", || {
        store().set(NAME, &secret(7)).unwrap();
        let folder = Path::new(&std::env::var("HOME").unwrap()).join(".local/share/keyrings");
        let written: Vec<u8> = fs::read_dir(folder)
            .unwrap()
            .flat_map(|entry| fs::read(entry.unwrap().path()).unwrap())
            .collect();
        assert!(!written.is_empty());
        for shape in [secret(7).into_inner(), b"00ffc3280707".to_vec()] {
            assert!(!written.windows(shape.len()).any(|window| window == shape));
        }
    });
}
