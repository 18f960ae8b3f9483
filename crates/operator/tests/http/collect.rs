//! A log put together again from what devices hand back: the same log, or none.

mod guarded;
mod later;
mod witnesses;

use std::sync::Arc;

use domain::id::KeyId;
use journal::codec::{self, MAX_CONTENT_BYTES};
use journal::receipt::TreeHead;
use journal::statement::compose;
use journal::{Header, Sealed, SigningKey, Statement};
use operator::backup::{backup, restore};
use operator::clock::SystemRng;
use operator::collect::{AssembleError, Collecting, ReceiveError};
use operator::{Folder, Instance, Server};
use operator_core::store::{Entry, Projections};
use operator_store::Collected;
use wire::collect::{CollectRequest, CollectResponse, KnownHead, Leaf, RangeProof, Stretch};
use wire::enrol::{EnrolResponse, Pair};
use wire::problem::ProblemCode;
use wire::pull::Content;
use wire::push::{PushItem, PushResponse, Registration};

use crate::device::{Device, World, world};
use crate::main_job::{Visit, child_of, visit};

/// A world that went on after its backup, and what was restored from that.
struct Lost {
    world: World,
    restored: Arc<Instance>,
    /// Leaves in the backup.
    begun: u64,
    specialist: Device,
    told: Visit,
    pushed: PushResponse,
    /// Represents the child.
    parent: Device,
    late: Device,
    late_binding: Pair,
    late_registration: Registration,
    _folder: tempfile::TempDir,
}

async fn lost() -> Lost {
    let world = world().await;
    let mut specialist = world.ready_device_of(world.named("Сәрсенбаева")).await;
    let child = child_of(&world, &specialist);
    let parent =
        world.demo.people.iter().find(|person| child.representatives.contains(&person.person)).unwrap();
    let parent = world.ready_device_of(parent).await;
    let folder = tempfile::tempdir().unwrap();
    let begun = backup(&world.instance, &folder.path().join("backup")).unwrap().statements;
    world.clock.advance(5_000);
    let told = visit(&world, &mut specialist, child);
    let mine = [told.registered.clone(), told.located.clone(), told.note.clone()];
    let pushed = specialist.push(&mine).await.unwrap();
    world.clock.advance(5_000);
    let mut late = Device::new(&world, world.person(&["coordinator"]));
    let EnrolResponse { bound: late_binding, registration: late_registration } = late.enrol().await.unwrap();
    let clock: Arc<dyn domain::Clock> = world.clock.clone();
    let to = Folder::at(folder.path().join("restored"));
    restore(&folder.path().join("backup"), to.clone(), false, clock.clone(), Arc::new(SystemRng)).unwrap();
    let mut restored = Instance::open_with(to, clock, Arc::new(SystemRng)).unwrap();
    restored.config.listen = "127.0.0.1:0".parse().unwrap();
    Lost {
        world,
        restored: Arc::new(restored),
        begun,
        specialist,
        told,
        pushed,
        parent,
        late,
        late_binding,
        late_registration,
        _folder: folder,
    }
}

impl Lost {
    fn entries(&self) -> Vec<Entry> {
        self.world.instance.read().unwrap().entries(self.begun, 1_000).unwrap()
    }

    fn leaf(&self, leaf_index: u64) -> Leaf {
        let read = self.world.instance.read().unwrap();
        let statement = read.entry(leaf_index).unwrap().unwrap().statement;
        Leaf { leaf_index, statement, content: read.content(leaf_index).unwrap().map(Content) }
    }

    fn known(&self) -> KnownHead {
        let head = self.world.instance.read().unwrap().latest_head().unwrap().unwrap();
        KnownHead { tree_size: head.tree_size, root: head.root, head: head.bytes }
    }

    fn asking(&self) -> CollectRequest {
        CollectRequest { binding: None, known: Some(self.known()), from: 0, leaves: Vec::new(), proof: None }
    }

    fn giving(&self, leaves: Vec<Leaf>) -> CollectRequest {
        CollectRequest { leaves, ..self.asking() }
    }

    /// The registration of the specialist's push, with its receipt.
    fn proven(&self) -> CollectRequest {
        self.proven_by(&self.pushed.registrations[0])
    }

    fn proven_by(&self, registration: &Registration) -> CollectRequest {
        let leaves = registration.first_leaf..registration.first_leaf + registration.count;
        let proof = RangeProof {
            tree_size: registration.tree_size,
            head: registration.head.clone(),
            hashes: registration.proof.clone(),
        };
        CollectRequest { proof: Some(proof), ..self.giving(leaves.map(|leaf| self.leaf(leaf)).collect()) }
    }

    fn all(&self) -> Vec<Leaf> {
        self.entries().iter().map(|entry| self.leaf(entry.leaf_index)).collect()
    }
}

fn projections(instance: &Instance) -> Projections {
    instance.read().unwrap().projections().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_that_comes_back_is_the_same_log() {
    let lost = lost().await;
    let collecting = Collecting::open(&lost.restored).unwrap();
    let size = lost.known().tree_size;
    let wanted = collecting.receive(lost.specialist.key.id(), &lost.asking()).unwrap();
    assert_eq!(wanted, [Stretch { from: lost.begun, to: size }]);

    // Own statements come with their receipt, the rest as somebody's word, twice and not in order.
    let registration = &lost.pushed.registrations[0];
    let own = lost.proven();
    for _ in 0..2 {
        assert!(collecting.receive(lost.specialist.key.id(), &own).unwrap().is_empty());
    }
    let wanted = collecting.receive(lost.specialist.key.id(), &lost.asking()).unwrap();
    let after = registration.first_leaf + registration.count;
    assert_eq!(wanted, [Stretch { from: after, to: size }], "what is proven is not asked for again");
    let incomplete = collecting.assemble(true).unwrap_err();
    assert!(matches!(&incomplete, AssembleError::Missing(missing) if *missing == wanted), "{incomplete}");
    let mut rest = lost.all();
    rest.reverse();
    collecting.receive(lost.late.key.id(), &lost.giving(rest)).unwrap();
    let assembled = collecting.assemble(false).unwrap();
    assert_eq!((assembled.tree_size, assembled.root), (size, lost.known().root));

    let (was, is) = (lost.world.instance.read().unwrap(), lost.restored.read().unwrap());
    let told = |entry: Entry| (entry.id, entry.flags, entry.branch);
    for leaf_index in 0..size {
        let (was, is) = (was.entry(leaf_index).unwrap().unwrap(), is.entry(leaf_index).unwrap().unwrap());
        assert_eq!(told(was), told(is), "flags follow from the log");
    }
    assert_eq!(projections(&lost.world.instance), projections(&lost.restored), "and so does all else");
    assert!(is.heads().unwrap().iter().any(|head| head.tree_size == registration.tree_size));
    assert_eq!(lost.world.audit(is.as_ref()).findings, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planted_leaf_keeps_the_log_waiting_and_never_gets_in() {
    let mut lost = lost().await;
    let collecting = Collecting::open(&lost.restored).unwrap();
    let (honest, liar): (KeyId, KeyId) = (lost.late.key.id(), lost.specialist.key.id());
    let place = lost.pushed.registrations[0].first_leaf + 1;
    let note = domain::content::VisitNoted {
        purpose: domain::content::NotePurpose::Care,
        text: "Мұндай жазба болған жоқ".into(),
        about: None,
    };
    // Good in itself: signed by a bound key, next in its series. Only its place is a lie.
    let forged = lost.specialist.seal(lost.told.id, note);
    let planted = Leaf {
        leaf_index: place,
        statement: forged.bytes.clone(),
        content: Some(Content(forged.content.clone())),
    };
    let others = |lost: &Lost| lost.all().into_iter().filter(move |leaf| leaf.leaf_index != place).collect();
    collecting.receive(liar, &lost.giving(vec![planted])).unwrap();
    collecting.receive(honest, &lost.giving(others(&lost))).unwrap();
    let refused = collecting.assemble(true).unwrap_err();
    assert!(matches!(refused, AssembleError::Collect { .. }), "{refused}");
    assert_eq!(lost.restored.read().unwrap().log_size().unwrap(), lost.begun, "nothing of it is kept");

    // It is asked for all the same, and whoever contradicts is named.
    let wanted = collecting.receive(honest, &lost.asking()).unwrap();
    assert!(wanted.iter().any(|stretch| stretch.from <= place && place < stretch.to));
    collecting.receive(honest, &lost.giving(vec![lost.leaf(place)])).unwrap();
    collecting.disbelieve(liar).unwrap();
    // It comes again, also after a restart: its word counts nothing, and what a receipt proves is nobody's word.
    let planted = Leaf { leaf_index: place, statement: forged.bytes, content: Some(Content(forged.content)) };
    let reopened = Collecting::open(&lost.restored).unwrap();
    let again = reopened.receive(liar, &lost.giving(vec![planted])).unwrap_err();
    assert!(matches!(again, ReceiveError::Disbelieved), "{again}");
    assert!(reopened.receive(liar, &lost.asking()).is_ok(), "it may ask");
    assert!(reopened.receive(liar, &lost.proven()).unwrap().is_empty());
    assert_eq!(reopened.disbelieved().unwrap(), [liar]);
    assert_eq!(collecting.assemble(false).unwrap().root, lost.known().root);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_and_receipts_of_another_key_are_refused() {
    let lost = lost().await;
    let collecting = Collecting::open(&lost.restored).unwrap();
    let giver = lost.specialist.key.id();
    let known = lost.known();
    let stranger = TreeHead::sign(known.tree_size + 9, known.root, 1, &SigningKey::generate(&SystemRng));
    let longer = KnownHead { tree_size: known.tree_size + 9, root: known.root, head: stranger.bytes.clone() };
    let request = CollectRequest { known: Some(longer), ..lost.asking() };
    assert!(matches!(collecting.receive(giver, &request).unwrap_err(), ReceiveError::Unproven));

    let CollectRequest { leaves, proof, .. } = lost.proven();
    let proof = proof.unwrap();
    let mut swapped = leaves.clone();
    swapped.swap(0, 1);
    swapped[0].leaf_index -= 1;
    swapped[1].leaf_index += 1;
    let foreign = RangeProof { head: stranger.bytes, ..proof.clone() };
    for (leaves, proof) in [(swapped, proof.clone()), (leaves, foreign)] {
        let request = CollectRequest { proof: Some(proof), ..lost.giving(leaves) };
        assert!(matches!(collecting.receive(giver, &request).unwrap_err(), ReceiveError::Unproven));
    }
    let progress = collecting.progress().unwrap();
    assert_eq!(progress.signed_size, known.tree_size, "the size is what this key signed");
    assert_eq!(progress.missing_count, known.tree_size - lost.begun, "and no leaf of it is kept");
}

/// I1: the answer to a push was lost, so its author has no receipt to hand the statement back with, and the others hold
/// envelopes only.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_content_that_only_its_author_holds_unsent_is_taken_from_the_push() {
    let mut lost = lost().await;
    let collecting = Collecting::open(&lost.restored).unwrap();
    let note = Statement::decode(&lost.told.note.bytes).unwrap().id();
    let mut bare = lost.all();
    for leaf in &mut bare {
        if Statement::decode(&leaf.statement).unwrap().id() == note {
            leaf.content = None;
        }
    }
    collecting.receive(lost.late.key.id(), &lost.giving(bare)).unwrap();
    assert!(matches!(collecting.assemble(false), Err(AssembleError::Bare { count: 1, .. })));

    let server = Server::start(Arc::clone(&lost.restored)).await.unwrap();
    lost.specialist.moved_to(&server);
    let damaged = Sealed { content: vec![0xff], ..lost.told.note.clone() };
    for (sealed, bare) in [(damaged, true), (lost.told.note.clone(), false)] {
        let waits = lost.specialist.push(&[sealed]).await.unwrap_err();
        assert_eq!(waits.problem.code, ProblemCode::Incomplete);
        assert_eq!(matches!(collecting.assemble(false), Err(AssembleError::Bare { .. })), bare);
    }
    assert_eq!(projections(&lost.world.instance), projections(&lost.restored));
    server.stop().await.unwrap();
}

/// A content that no log takes is not kept either, though it fits its statement: nobody fills the disk with it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_content_that_is_too_large_fills_nothing() {
    let lost = lost().await;
    let collecting = Collecting::open(&lost.restored).unwrap();
    let last = lost.known().tree_size - 1;
    for (leaf_index, length, bare) in
        [(last, MAX_CONTENT_BYTES + 1, true), (last - 1, MAX_CONTENT_BYTES, false)]
    {
        // Of a key that may be bound by what is lost.
        let unknown = SigningKey::generate(&SystemRng).id();
        let content = vec![0; length];
        let header = Header { key: unknown, ..lost.told.note.header.clone() };
        let (id, statement) = compose(&header, codec::hash(&content), [1; 64]);
        let leaf = Leaf { leaf_index, statement: statement.clone(), content: None };
        collecting.receive(unknown, &lost.giving(vec![leaf])).unwrap();
        collecting.fill(&[PushItem { id, seq: header.seq, statement, content }]).unwrap();
        let told = Collected::open(&lost.restored.folder.collected()).unwrap().best(leaf_index).unwrap();
        assert_eq!(told.unwrap().content.is_none(), bare, "{length}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_whose_binding_was_lost_is_known_by_the_operators_own_word() {
    let mut lost = lost().await;
    let server = Server::start(Arc::clone(&lost.restored)).await.unwrap();
    lost.late.moved_to(&server);
    let unknown = lost.late.send::<_, CollectResponse>(wire::path::COLLECT, &lost.asking(), true).await;
    assert_eq!(unknown.unwrap_err().problem.code, ProblemCode::UnknownKey);
    let asking = CollectRequest { binding: Some(lost.late_binding.clone()), ..lost.asking() };
    let answer: CollectResponse = lost.late.send(wire::path::COLLECT, &asking, true).await.unwrap();
    assert_eq!(answer.wanted.len(), 1);
    // Somebody else cannot use it.
    lost.specialist.moved_to(&server);
    lost.specialist.key = SigningKey::generate(&SystemRng);
    let foreign = lost.specialist.send::<_, CollectResponse>(wire::path::COLLECT, &asking, true).await;
    assert_eq!(foreign.unwrap_err().problem.code, ProblemCode::UnknownKey);
    server.stop().await.unwrap();
}
