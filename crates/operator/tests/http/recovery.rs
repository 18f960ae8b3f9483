use domain::content::RevocationReason;
use domain::id::Digest;
use operator::inbox::Inbox;
use recovery::pack::{DATABASE, MAX_PACK_BYTES};
use recovery::{Pack, SealedKey};
use wire::problem::ProblemCode;
use wire::recovery::{MAX_PART_BYTES, RecoveryHave, RecoveryPart};

use crate::device::{Device, Refused, world};

/// A file of two parts and a bit.
fn pack(folder: &std::path::Path) -> Pack {
    let basepoint: [u8; 32] = std::array::from_fn(|at| if at == 0 { 9 } else { 0 });
    let key = SealedKey::seal(&[1; 32], &basepoint, "0123456789abcdef").unwrap();
    std::fs::write(folder.join(DATABASE), vec![7; 2 * MAX_PART_BYTES + 1_000]).unwrap();
    Pack::of(folder, "0123456789abcdef", 1, key).unwrap()
}

async fn send(device: &Device, part: &RecoveryPart) -> Result<u64, Refused> {
    let have: RecoveryHave = device.send(wire::path::RECOVERY, part, true).await?;
    Ok(have.have_bytes)
}

fn part(pack: &Pack, from_bytes: u64) -> RecoveryPart {
    RecoveryPart {
        file: pack.digest().unwrap(),
        length_bytes: pack.length_bytes(),
        from_bytes,
        part: pack.part(from_bytes, MAX_PART_BYTES).unwrap(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_comes_in_parts_goes_on_where_it_was_cut_off_and_is_kept_once() {
    let world = world().await;
    let device = world.device_of(world.named("Сәрсенбаева")).await;
    let folder = tempfile::tempdir().unwrap();
    let pack = pack(folder.path());
    let ask = RecoveryPart { part: Vec::new(), ..part(&pack, 0) };
    assert_eq!(send(&device, &ask).await.unwrap(), 0);
    let mut have = send(&device, &part(&pack, 0)).await.unwrap();
    assert_eq!(send(&device, &part(&pack, 0)).await.unwrap(), have, "a repeated part adds nothing");
    assert_eq!(send(&device, &part(&pack, have + 5)).await.unwrap(), have, "nor does one from elsewhere");
    assert_eq!(send(&device, &ask).await.unwrap(), have, "this is where it goes on");
    while have < pack.length_bytes() {
        have = send(&device, &part(&pack, have)).await.unwrap();
    }
    assert_eq!(send(&device, &ask).await.unwrap(), pack.length_bytes());
    let inbox = Inbox::of(&world.instance.folder);
    let received = inbox.list().unwrap();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].person, device.person.to_string());
    let mut whole = Vec::new();
    pack.write_to(&mut whole).unwrap();
    assert_eq!(std::fs::read(inbox.whole(&received[0].file)).unwrap(), whole);
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_files_together_take_no_more_room_than_they_are_given() {
    let world = crate::device::world_with(|config| config.recovery_total_mib = 2).await;
    let device = world.device_of(world.named("Сәрсенбаева")).await;
    let folder = tempfile::tempdir().unwrap();
    let pack = pack(folder.path());
    let mut have = 0;
    let full = loop {
        match send(&device, &part(&pack, have)).await {
            Ok(more) if more < pack.length_bytes() => have = more,
            Ok(_) => panic!("all of it was taken"),
            Err(full) => break full,
        }
    };
    assert!((1..=2 << 20).contains(&have), "{have} bytes of {}", pack.length_bytes());
    assert_eq!(full.problem.code, ProblemCode::StorageFull);
    assert!(full.headers.contains_key("retry-after"), "it may pass");
    let ask = RecoveryPart { part: Vec::new(), ..part(&pack, 0) };
    assert_eq!(send(&device, &ask).await.unwrap(), have, "what came before is kept");

    let half = RecoveryPart { length_bytes: MAX_PACK_BYTES, ..ask };
    let named = |n: u8| RecoveryPart { file: Digest::from_bytes([n; 32]), ..half.clone() };
    assert_eq!(send(&device, &named(1)).await.unwrap(), 0);
    let too_many = send(&device, &named(2)).await.unwrap_err().problem.code;
    assert_eq!(
        too_many,
        ProblemCode::TooManyRequests,
        "three files of this person are more than two largest"
    );
    // Announced as small, it does not come as large: the first word is what counts among the person's files.
    let other = world.device_of(world.person(&["coordinator"])).await;
    let small = RecoveryPart { length_bytes: 4, ..named(3) };
    assert_eq!(send(&other, &small).await.unwrap(), 0);
    let grown = RecoveryPart { part: vec![7; 5], ..named(3) };
    assert_eq!(send(&other, &grown).await.unwrap_err().problem.code, ProblemCode::BadRequest);
    assert_eq!(send(&other, &small).await.unwrap(), 0, "nothing of it was kept");
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_the_announced_file_or_too_much_is_not_kept() {
    let world = world().await;
    let device = world.device_of(world.named("Сәрсенбаева")).await;
    let code = |refused: Result<u64, Refused>| refused.unwrap_err().problem.code;
    let other = RecoveryPart {
        file: Digest::from_bytes([9; 32]),
        length_bytes: 4,
        from_bytes: 0,
        part: b"else".to_vec(),
    };
    assert_eq!(code(send(&device, &other).await), ProblemCode::BadRequest);
    assert!(Inbox::of(&world.instance.folder).list().unwrap().is_empty(), "nothing of it is left");
    let large = RecoveryPart { length_bytes: MAX_PACK_BYTES + 1, ..other.clone() };
    assert_eq!(code(send(&device, &large).await), ProblemCode::TooLarge);
    let unsigned: Result<RecoveryHave, Refused> = device.send(wire::path::RECOVERY, &other, false).await;
    assert_eq!(unsigned.unwrap_err().problem.code, ProblemCode::Unsigned);
    for file in 0..8 {
        let ask = RecoveryPart { file: Digest::from_bytes([file; 32]), part: Vec::new(), ..other.clone() };
        assert_eq!(send(&device, &ask).await.unwrap(), 0);
    }
    assert_eq!(code(send(&device, &other).await), ProblemCode::TooManyRequests);
    let key = device.key.verifying_key().id();
    let instance = &world.instance;
    instance
        .transact(|txn, operator| operator::change::revoke_device(txn, operator, key, RevocationReason::Lost))
        .unwrap();
    assert_eq!(code(send(&device, &other).await), ProblemCode::Revoked);
    world.server.stop().await.unwrap();
}
