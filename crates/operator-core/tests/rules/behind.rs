//! What comes in front of a page: never more than one answer holds, and never less than the reader lacks.

use std::collections::BTreeSet;

use domain::Clock as _;
use domain::agreement::AgreementKind;
use domain::content::{ConsentWithdrawn, Content, NotePurpose, VisitNoted};
use journal::Sealed;
use operator_core::collect::{Candidate, CollectError, replay};
use operator_core::pull::pull;
use operator_core::store::Store as _;
use wire::pull::{PullItem, PullRequest, PullResponse};
use wire::push::Outcome;

use crate::world::{Device, World, item};

/// What one answer may hold (docs/PROTOCOL.md, "Pull").
const PAGE_BYTES: usize = 3 * 1024 * 1024;
const LIMIT: u32 = 500;

/// Readable, without effect, and nearly as large as a content may be.
fn large(n: u64) -> Content {
    let purposes = vec![format!("{n} {}", "x".repeat(60_000))];
    ConsentWithdrawn { document: AgreementKind::Specialist, purposes, withdrawn_at_ms: 0 }.into()
}

/// The longest note.
fn note(purpose: NotePurpose) -> VisitNoted {
    VisitNoted { purpose, text: "\u{10348}".repeat(4_000), about: None }
}

/// A device that has read a log to its end.
struct Reader<'a, 'w> {
    device: &'a Device<'w>,
    request: PullRequest,
    came: BTreeSet<u64>,
}

impl<'a, 'w> Reader<'a, 'w> {
    fn at_the_end(device: &'a Device<'w>) -> Self {
        let cursor = device.world.store.read().unwrap().log_size().unwrap();
        let request = PullRequest {
            scopes_version: None,
            cursor,
            backfill: None,
            known_tree_size: 0,
            urgent_cursor: cursor,
            behind: None,
            limit: LIMIT,
        };
        let mut reader = Self { device, request, came: BTreeSet::new() };
        reader.request.scopes_version = Some(reader.ask().scopes_version);
        reader
    }

    fn ask(&self) -> PullResponse {
        let (world, device) = (self.device.world, self.device);
        let read = world.store.read().unwrap();
        pull(read.as_ref(), device.person, device.key.id(), &self.request, world.clock.utc_ms()).unwrap()
    }

    /// One answer, applied; whether there is more.
    fn next(&mut self) -> bool {
        let answer = self.ask();
        assert_eq!(answer.scopes, None);
        let bytes = |item: &PullItem| {
            item.statement.len() + item.content.as_ref().map_or(0, |content| content.0.len())
        };
        let size_bytes: usize = answer.items.iter().map(bytes).sum();
        assert!(size_bytes <= PAGE_BYTES, "{size_bytes} in one answer");
        assert!(answer.items.len() <= LIMIT as usize);
        let leaves: Vec<u64> = answer.items.iter().map(|item| item.leaf_index).collect();
        assert!(leaves.is_sorted(), "in the order of the log");
        if let Some(behind) = answer.behind {
            assert_eq!(answer.cursor, self.request.cursor, "no cursor moves over what did not fit");
            assert!(answer.more && self.request.behind.is_none_or(|before| before.cursor < behind.cursor));
        }
        assert!(answer.items.iter().all(|item| item.content.is_some()));
        self.came.extend(leaves);
        self.request.cursor = answer.cursor;
        self.request.urgent_cursor = answer.urgent_cursor;
        self.request.behind = answer.behind;
        answer.more
    }

    /// To the end; how many answers that took.
    fn catch_up(&mut self) -> usize {
        for answers in 1..1_000 {
            if !self.next() {
                return answers;
            }
        }
        panic!("asking again never ends")
    }
}

/// Registers statements as a restored log has them whose contents nobody handed back.
pub(crate) fn lose(world: &World, statements: &[Sealed]) -> Vec<u64> {
    let operator = world.operator();
    let mut leaves = Vec::new();
    for sealed in statements {
        let candidate = Candidate {
            statement: sealed.bytes.clone(),
            content: None,
            erased_visit: None,
            registered_at_ms: world.clock.utc_ms(),
        };
        let lost = operator.transact(&world.store, |txn| {
            let leaf_index = txn.log_size()?;
            replay(txn, world.key.verifying_key(), &candidate)?;
            txn.put_lost_content(leaf_index)?;
            Ok::<_, CollectError>(leaf_index)
        });
        leaves.push(lost.unwrap());
    }
    leaves
}

fn bring_back(device: &Device<'_>, statements: &[Sealed]) {
    for sealed in statements {
        let outcome = device.push(&[item(sealed)]).outcomes.remove(0);
        assert!(matches!(outcome, Outcome::AlreadyHave { .. }), "{outcome:?}");
    }
}

#[test]
fn many_large_contents_come_back_in_many_answers_and_none_is_lost() {
    let world = World::new();
    let mut author = world.ready(world.specialist, AgreementKind::Specialist);
    let (other, another) = (world.device(world.specialist), world.device(world.specialist));
    let said: Vec<Sealed> = (0..150).map(|n| author.seal(world.specialist, large(n))).collect();
    let lost = lose(&world, &said);
    let all: BTreeSet<u64> = lost.iter().copied().collect();
    let mut whole = Reader::at_the_end(&other);
    let mut broken = Reader::at_the_end(&another);
    // What lies later in the log comes back first, and the log goes on between two answers.
    bring_back(&author, &said[75..]);
    assert!(whole.next() && whole.request.behind.is_some(), "one answer does not hold them");
    author.say(world.specialist, large(1_000));
    bring_back(&author, &said[..75]);
    assert!(whole.next());
    author.say(world.specialist, large(1_001));
    let answers = whole.catch_up();
    assert!(whole.came.is_superset(&all), "{:?}", all.difference(&whole.came));
    assert!((3..12).contains(&answers), "{answers}");
    assert_eq!(whole.catch_up(), 1);

    // A reader that forgets where it broke off begins that page anew.
    for _ in 0..3 {
        assert!(broken.next());
        broken.request.behind = None;
    }
    broken.catch_up();
    assert!(broken.came.is_superset(&all));
    let mut late = Reader::at_the_end(&another);
    late.catch_up();
    assert!(late.came.is_empty(), "something followed: they do not come again");
}

#[test]
fn contents_at_the_end_of_the_log_come_until_something_follows() {
    let world = World::new();
    let mut author = world.ready(world.specialist, AgreementKind::Specialist);
    let other = world.device(world.specialist);
    let said: Vec<Sealed> = (0..120).map(|n| author.seal(world.specialist, large(n))).collect();
    let all: BTreeSet<u64> = lose(&world, &said).into_iter().collect();
    let mut reader = Reader::at_the_end(&other);
    bring_back(&author, &said[60..]);
    assert!(reader.next() && reader.request.behind.is_some());
    // Behind where the reader is, at the same size of the log: no answer of this run has them.
    bring_back(&author, &said[..60]);
    reader.catch_up();
    reader.catch_up();
    assert!(reader.came.is_superset(&all));
}

#[test]
fn all_that_is_said_about_one_visit_is_cut_as_well() {
    let world = World::new();
    let coordinator = world.ready(world.coordinator, AgreementKind::Specialist);
    let mut author = world.ready(world.specialist, AgreementKind::Specialist);
    let (back, overtaken) = (author.visit_id(), author.visit_id());
    let registered = author.seal(back, world.visit_by(world.specialist, world.child));
    let lost = lose(&world, std::slice::from_ref(&registered));
    let mut expected: BTreeSet<u64> = lost.into_iter().collect();
    let mut first = world.store.read().unwrap().log_size().unwrap();
    for _ in 0..300 {
        author.say(back, note(NotePurpose::Correction));
    }
    expected.extend(first..first + 300);
    // On another device: what is said of a visit before it comes.
    let mut second = world.device(world.specialist);
    first = world.store.read().unwrap().log_size().unwrap();
    for _ in 0..300 {
        second.say(overtaken, note(NotePurpose::Correction));
    }
    expected.extend(first..first + 300);
    let mut reader = Reader::at_the_end(&coordinator);
    bring_back(&author, &[registered]);
    author.say(overtaken, world.visit_by(world.specialist, world.child));
    expected.insert(world.store.read().unwrap().log_size().unwrap() - 1);
    assert!(reader.catch_up() > 3);
    assert!(reader.came.is_superset(&expected), "{:?}", expected.difference(&reader.came));
}
