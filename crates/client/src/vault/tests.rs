use recovery::{Opener, Share};

use super::*;
use crate::ipc::AsideCause;
use crate::testing::{ManualClock, MemorySecrets, SeededRng};

struct Setting {
    profile: tempfile::TempDir,
    secrets: Arc<MemorySecrets>,
    clock: Arc<ManualClock>,
    vault: Vault,
}

fn setting() -> Setting {
    let profile = tempfile::tempdir().unwrap();
    let (secrets, clock) = (Arc::new(MemorySecrets::default()), Arc::new(ManualClock::at(1_795_000_000_000)));
    let mut vault = Vault::new(profile.path(), secrets.clone(), clock.clone(), Arc::new(SeededRng::new(7)));
    // The rules around the PIN do not depend on its price; one test below pays the product's.
    vault.cost = Argon2Cost { memory_kib: 8, passes: 1, lanes: 1 };
    Setting { profile, secrets, clock, vault }
}

fn recovery_pair() -> (Opener, Vec<u8>) {
    let [first, second] = Share::make(&NextChance);
    (Opener::of(&first, &second).unwrap(), first.recovery_key().to_vec())
}

/// A pair of its own each time.
struct NextChance;

impl Rng for NextChance {
    fn fill(&self, bytes: &mut [u8]) {
        static SEED: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1_000);
        SeededRng::new(SEED.fetch_add(1, std::sync::atomic::Ordering::SeqCst)).fill(bytes);
    }
}

fn pin(text: &str) -> Pin {
    Pin::typed(text.into())
}

fn enrol(setting: &Setting, label: &str) -> (AccountId, [u8; 32]) {
    let pending = setting.vault.begin(label).unwrap();
    setting.vault.complete(&pending, &pin("271828"), label, &recovery_pair().1, None).unwrap();
    (pending.id, *pending.key.expose())
}

#[test]
fn the_pin_opens_the_key_and_a_wrong_one_does_not() {
    let setting = setting();
    let (id, key) = enrol(&setting, "");
    assert_eq!(setting.vault.open(&id, &pin("271828")).unwrap().expose(), &key);
    assert!(matches!(setting.vault.open(&id, &pin("271829")), Err(Failure::WrongPin { wait_s: 0 })));
    assert_eq!(setting.vault.open(&id, &pin("271828")).unwrap().expose(), &key);
}

#[test]
fn the_products_price_of_a_guess_is_the_one_of_the_rules() {
    let mut setting = setting();
    setting.vault.cost = Argon2Cost::PRODUCT;
    assert_eq!(Argon2Cost::PRODUCT, Argon2Cost { memory_kib: 65_536, passes: 3, lanes: 1 });
    let (id, key) = enrol(&setting, "");
    assert_eq!(setting.vault.open(&id, &pin("271828")).unwrap().expose(), &key);
}

#[test]
fn delays_grow_are_kept_and_lock_at_ten() {
    let setting = setting();
    let (id, _) = enrol(&setting, "");
    for wrong in 1..attempts::MAX_WRONG {
        let answer = setting.vault.open(&id, &pin("000000"));
        let delay_s = attempts::delay_s(wrong);
        assert!(matches!(answer, Err(Failure::WrongPin { wait_s }) if wait_s == delay_s), "try {wrong}");
        if delay_s > 0 {
            let again = setting.vault.open(&id, &pin("271828"));
            assert!(matches!(again, Err(Failure::TooManyTries { .. })), "the right PIN waits as well");
            setting.clock.advance_wall_ms(86_400_000);
            assert_eq!(
                setting.vault.list().unwrap()[0].wait_s,
                delay_s,
                "turning the wall clock helps nobody"
            );
        }
        setting.clock.advance_ms(u64::from(delay_s) * 1_000);
    }
    assert!(matches!(setting.vault.open(&id, &pin("000000")), Err(Failure::PinLocked)));
    setting.clock.advance_ms(1_000_000_000);
    assert!(matches!(setting.vault.open(&id, &pin("271828")), Err(Failure::PinLocked)), "for good");
    assert!(setting.vault.list().unwrap()[0].is_locked);
    assert!(
        setting.profile.path().join("accounts").join(id.as_str()).join(ACCOUNT).exists(),
        "nothing is erased"
    );
}

#[test]
fn a_restart_begins_the_delay_anew() {
    let setting = setting();
    let (id, _) = enrol(&setting, "");
    for _ in 0..4 {
        let _ = setting.vault.open(&id, &pin("000000"));
        setting.clock.advance_ms(10_000);
    }
    assert_eq!(setting.vault.list().unwrap()[0].wait_s, 5);
    setting.clock.restart();
    assert_eq!(setting.vault.list().unwrap()[0].wait_s, 15);
}

#[test]
fn a_lost_key_store_entry_is_said_and_never_replaced() {
    let setting = setting();
    let (id, _) = enrol(&setting, "");
    setting.secrets.forget_all();
    assert!(matches!(setting.vault.open(&id, &pin("271828")), Err(Failure::KeyLost)));
    assert!(setting.secrets.is_empty(), "no new secret was made");
    assert_eq!(setting.vault.list().unwrap()[0].wait_s, 0, "not the person's mistake");
    setting.secrets.close();
    assert!(matches!(setting.vault.open(&id, &pin("271828")), Err(Failure::Secret(_))));
}

#[test]
fn a_new_pin_opens_the_same_key_and_the_old_one_nothing() {
    let setting = setting();
    let (id, key) = enrol(&setting, "");
    assert!(matches!(
        setting.vault.change_pin(&id, &pin("000000"), &pin("314159")),
        Err(Failure::WrongPin { .. })
    ));
    setting.vault.change_pin(&id, &pin("271828"), &pin("314159")).unwrap();
    assert!(matches!(setting.vault.open(&id, &pin("271828")), Err(Failure::WrongPin { .. })));
    assert_eq!(setting.vault.open(&id, &pin("314159")).unwrap().expose(), &key);
}

#[test]
fn a_folder_copied_under_another_name_does_not_open() {
    let setting = setting();
    let (id, _) = enrol(&setting, "");
    let (other, _) = enrol(&setting, "2");
    let folder = |id: &AccountId| setting.profile.path().join("accounts").join(id.as_str()).join(ACCOUNT);
    fs::copy(folder(&id), folder(&other)).unwrap();
    assert!(setting.vault.open(&other, &pin("271828")).is_err());
}

#[test]
fn only_the_operators_recovery_key_opens_the_sealed_copy() {
    let setting = setting();
    let (secret, public) = recovery_pair();
    let pending = setting.vault.begin("x").unwrap();
    setting.vault.complete(&pending, &pin("271828"), "", &public, None).unwrap();
    let recovery = setting.vault.read(&pending.id).unwrap().recovery;
    assert_eq!(&*secret.open(&recovery, pending.id.as_str()).unwrap(), pending.key.expose());
    assert!(secret.open(&recovery, "0000000000000000").is_none(), "bound to the account");
    assert!(recovery_pair().0.open(&recovery, pending.id.as_str()).is_none());
}

#[test]
fn an_interrupted_enrolment_is_taken_up_and_a_given_up_one_leaves_nothing() {
    let setting = setting();
    let first = setting.vault.begin("a").unwrap();
    assert!(setting.vault.list().unwrap().is_empty(), "not an account yet");
    let again = setting.vault.begin("a").unwrap();
    assert_eq!((&again.id, again.key.expose()), (&first.id, first.key.expose()));
    assert_ne!(setting.vault.begin("b").unwrap().id, first.id);
    setting.vault.sweep().unwrap();
    assert_eq!(setting.vault.begin("a").unwrap().id, first.id, "sweeping keeps what may still be answered");
    setting.vault.discard(&first.id).unwrap();
    assert_ne!(setting.vault.begin("a").unwrap().id, first.id, "nothing of it is left");
    setting.clock.advance_ms(200 * 3_600_000);
    setting.vault.sweep().unwrap();
    assert_eq!(fs::read_dir(setting.profile.path().join("accounts")).unwrap().count(), 0);
    assert!(setting.secrets.is_empty());
}

#[test]
fn what_an_enrolment_leaves_when_it_is_cut_off_at_its_end_opens_nothing_without_the_pin() {
    let setting = setting();
    let pending = setting.vault.begin("a").unwrap();
    let folder = setting.profile.path().join("accounts").join(pending.id.as_str());
    let names = [pending.id.secret_name(), pending.id.pending_secret_name()];
    let opens_without_pin = || {
        let file = setting.vault.read_pending(&pending.id);
        let secrets = names.iter().filter_map(|name| setting.vault.secret(name).ok());
        file.is_some_and(|file| {
            secrets.clone().any(|secret| file.key.open(&secret, pending.id.as_str()).is_some())
        })
    };
    let (file, secret) =
        (fs::read(folder.join("pending.json")).unwrap(), setting.secrets.get(&names[1]).unwrap());
    assert!(opens_without_pin(), "an enrolment that is under way can be taken up");
    setting.vault.complete(&pending, &pin("271828"), "", &recovery_pair().1, None).unwrap();
    // The power went after the account was written and before the file was gone.
    fs::write(folder.join("pending.json"), &file).unwrap();
    assert!(!opens_without_pin(), "the account's own secret does not open it");
    // Or even before the entry of the key store was gone.
    setting.secrets.set(&names[1], &secret.unwrap()).unwrap();
    setting.secrets.close();
    setting.vault.sweep().unwrap();
    setting.secrets.open();
    assert!(folder.join("pending.json").exists(), "with a closed key store the next start tries again");
    setting.vault.sweep().unwrap();
    assert!(!folder.join("pending.json").exists());
    assert!(setting.secrets.get(&names[1]).unwrap().is_none());
    assert_eq!(setting.vault.open(&pending.id, &pin("271828")).unwrap().expose(), pending.key.expose());
}

#[test]
fn a_disk_that_takes_no_new_file_keeps_nobody_out_and_forgets_no_wrong_pin() {
    let setting = setting();
    let (id, key) = enrol(&setting, "");
    let folder = setting.profile.path().join("accounts").join(id.as_str());
    // Nothing can be written beside the files that are there.
    for name in ["attempts.new", "account.new"] {
        fs::create_dir(folder.join(name)).unwrap();
    }
    for _ in 0..3 {
        assert!(matches!(setting.vault.open(&id, &pin("000000")), Err(Failure::WrongPin { .. })));
    }
    assert_eq!(setting.vault.list().unwrap()[0].wait_s, 5);
    setting.clock.advance_ms(5_000);
    assert_eq!(setting.vault.open(&id, &pin("271828")).unwrap().expose(), &key);
    assert_eq!(setting.vault.list().unwrap()[0].wait_s, 0);
    setting.clock.restart();
    assert_eq!(setting.vault.open(&id, &pin("271828")).unwrap().expose(), &key);
}

#[test]
fn accounts_keep_their_order_and_a_removed_one_is_gone_for_good() {
    let setting = setting();
    let (first, _) = enrol(&setting, "");
    let (second, _) = enrol(&setting, "жұмыс");
    let listed: Vec<_> = setting.vault.list().unwrap().into_iter().map(|account| account.label).collect();
    assert_eq!(listed, ["1", "жұмыс"]);
    setting.vault.remove(&first).unwrap();
    assert!(!setting.profile.path().join("accounts").join(first.as_str()).exists());
    assert!(matches!(setting.vault.open(&first, &pin("271828")), Err(Failure::NotFound)));
    assert_eq!(setting.vault.list().unwrap()[0].id, second);
}

#[test]
fn no_foreign_text_becomes_a_path() {
    for text in ["..", "../../../../etc", "0123456789abcde", "0123456789ABCDEF", "0123456789abcde/"] {
        assert_eq!(AccountId::parse(text), None, "{text}");
    }
}

#[test]
fn an_interrupted_removal_is_finished_and_a_folder_without_a_name_is_left_alone() {
    let setting = setting();
    let (id, _) = enrol(&setting, "");
    let (kept, _) = enrol(&setting, "");
    let folder = |id: &AccountId| setting.profile.path().join("accounts").join(id.as_str());
    setting.secrets.close();
    assert!(setting.vault.remove(&id).is_err(), "the key store was closed in between");
    fs::remove_file(folder(&kept).join(ACCOUNT)).unwrap();
    setting.vault.sweep().unwrap();
    assert!(setting.vault.list().unwrap().is_empty());
    setting.secrets.open();
    setting.vault.sweep().unwrap();
    assert!(!folder(&id).exists());
    assert!(folder(&kept).exists(), "its database may hold what was not sent");
}

#[test]
fn an_account_that_is_set_aside_keeps_every_byte_and_is_packed_with_its_sealed_key() {
    let setting = setting();
    let pending = setting.vault.begin("a").unwrap();
    let (opener, recovery_key) = recovery_pair();
    setting.vault.complete(&pending, &pin("271828"), "Үй", &recovery_key, None).unwrap();
    fs::write(setting.vault.database(&pending.id), b"sealed rows").unwrap();
    fs::write(setting.vault.path(&pending.id).join("journal.db-wal"), b"later rows").unwrap();
    setting.vault.set_aside(&pending.id, AsideCause::PinForgotten).unwrap();
    assert!(setting.vault.list().unwrap().is_empty(), "not an account any more");
    let aside = setting.vault.asides().unwrap().remove(0);
    assert_eq!((aside.label.as_str(), aside.cause, aside.sha256), ("Үй", AsideCause::PinForgotten, None));
    assert!(setting.secrets.get(&pending.id.secret_name()).unwrap().is_some(), "nothing is thrown away");
    let (pack, sha256, sealed_to) = setting.vault.pack(&pending.id).unwrap();
    assert_eq!(sealed_to, recovery_key);
    let mut bytes = Vec::new();
    pack.write_to(&mut bytes).unwrap();
    let out = tempfile::tempdir().unwrap();
    let unpacked = recovery::pack::unpack(&mut &bytes[..], out.path()).unwrap();
    let key = opener.open(&unpacked.head.key, &unpacked.head.account).unwrap();
    assert_eq!(&*key, pending.key.expose());
    assert_eq!(fs::read(out.path().join("journal.db-wal")).unwrap(), b"later rows");
    setting.vault.handed_over(&pending.id).unwrap();
    let aside = setting.vault.asides().unwrap().remove(0);
    assert_eq!((aside.sha256, aside.handed_over_at_ms.is_some()), (Some(sha256), true));
    setting.vault.sweep().unwrap();
    assert_eq!(setting.vault.asides().unwrap().len(), 1, "a start removes nothing of it");
    setting.vault.remove_aside(&pending.id).unwrap();
    assert!(setting.vault.asides().unwrap().is_empty());
    assert!(setting.secrets.get(&pending.id.secret_name()).unwrap().is_none());
}

#[test]
fn an_account_is_sealed_anew_to_the_next_recovery_key_and_its_pin_stays() {
    let setting = setting();
    let ([first, second], pending) = ([recovery_pair(), recovery_pair()], setting.vault.begin("a").unwrap());
    setting.vault.complete(&pending, &pin("271828"), "Үй", &first.1, None).unwrap();
    let (id, key) = (&pending.id, &pending.key);
    let opened_by = |pair: &(Opener, Vec<u8>)| {
        let sealed = setting.vault.read(id).unwrap().recovery;
        assert_eq!(sealed.recovery_key == pair.1, pair.0.open(&sealed, id.as_str()).is_some());
        pair.0.open(&sealed, id.as_str()).is_some_and(|opened| &*opened == key.expose())
    };
    assert_eq!((opened_by(&first), opened_by(&second)), (true, false));
    let file = || fs::read(setting.vault.path(id).join(ACCOUNT)).unwrap();
    let before = file();
    assert!(!setting.vault.reseal(id, key, &first.1).unwrap(), "it is sealed to this one");
    assert!(setting.vault.reseal(id, key, &[7; 31]).is_err(), "no key");
    fs::create_dir(setting.vault.path(id).join("account.new")).unwrap();
    assert!(setting.vault.reseal(id, key, &second.1).is_err(), "nothing can be written");
    assert_eq!(file(), before, "the old seal stays whole until the new one is on the disk");
    fs::remove_dir(setting.vault.path(id).join("account.new")).unwrap();

    assert!(setting.vault.reseal(id, key, &second.1).unwrap());
    assert_eq!((opened_by(&first), opened_by(&second)), (false, true));
    assert_eq!(setting.vault.open(id, &pin("271828")).unwrap().expose(), key.expose());
    setting.vault.change_pin(id, &pin("271828"), &pin("314159")).unwrap();
    assert!(opened_by(&second), "a new PIN changes nothing of it");
    assert_eq!(setting.vault.label(id).unwrap(), "Үй");
    fs::write(setting.vault.database(id), b"sealed rows").unwrap();
    setting.vault.set_aside(id, AsideCause::PinForgotten).unwrap();
    assert!(matches!(setting.vault.reseal(id, key, &first.1), Err(Failure::NotFound)));
    assert_eq!(setting.vault.pack(id).unwrap().2, second.1, "what was set aside stays as it is");
}

#[test]
fn a_new_seal_and_a_new_pin_at_one_time_do_not_undo_each_other() {
    let setting = setting();
    let (pair, pending) = (recovery_pair(), setting.vault.begin("a").unwrap());
    setting.vault.complete(&pending, &pin("100000"), "", &pair.1, None).unwrap();
    let (id, key, vault) = (&pending.id, &pending.key, &setting.vault);
    let keys: Vec<Vec<u8>> = (0..100).map(|_| recovery_pair().1).collect();
    std::thread::scope(|scope| {
        scope.spawn(|| keys.iter().for_each(|to| assert!(vault.reseal(id, key, to).unwrap())));
        for n in 0..100 {
            let (old, new) = (pin(&(100_000 + n).to_string()), pin(&(100_001 + n).to_string()));
            vault.change_pin(id, &old, &new).unwrap();
        }
    });
    assert_eq!(vault.open(id, &pin("100100")).unwrap().expose(), key.expose());
    assert_eq!(vault.read(id).unwrap().recovery.recovery_key, keys[99]);
}
