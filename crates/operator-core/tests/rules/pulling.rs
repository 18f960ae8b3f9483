use domain::Clock as _;
use domain::agreement::AgreementKind;
use domain::content::{DeviceRevoked, NotePurpose, RevocationReason, VisitNoted};
use domain::scope::Scope;
use journal::Statement;
use journal::merkle::check_consistency;
use journal::receipt::TreeHead;
use operator_core::pull::pull;
use operator_core::store::Store as _;
use wire::pull::{Backfill, PullRequest, PullResponse};

use crate::world::{Device, World};

pub(crate) fn ask(device: &Device<'_>, request: &PullRequest) -> PullResponse {
    let world = device.world;
    let read = world.store.read().unwrap();
    pull(read.as_ref(), device.person, device.key.id(), request, world.clock.utc_ms()).unwrap()
}

pub(crate) fn fresh() -> PullRequest {
    PullRequest {
        scopes_version: None,
        cursor: 0,
        backfill: None,
        known_tree_size: 0,
        urgent_cursor: 0,
        behind: None,
        limit: 7,
    }
}

/// A device's side of the conversation.
struct Reader {
    request: PullRequest,
    scopes: Vec<Scope>,
    leaves: Vec<u64>,
    last: Option<PullResponse>,
}

impl Reader {
    fn new() -> Self {
        Self { request: fresh(), scopes: Vec::new(), leaves: Vec::new(), last: None }
    }

    fn catch_up(&mut self, device: &Device<'_>) {
        loop {
            let answer = ask(device, &self.request);
            self.request.urgent_cursor = answer.urgent_cursor;
            if let Some(scopes) = &answer.scopes {
                assert!(answer.items.is_empty(), "nothing before the list is applied");
                let gained: Vec<Scope> =
                    scopes.iter().filter(|scope| !self.scopes.contains(scope)).copied().collect();
                self.scopes = scopes.clone();
                self.request.scopes_version = Some(answer.scopes_version);
                self.request.backfill = Some(Backfill { scopes: gained, cursor: 0 });
            } else {
                assert_eq!(self.request.scopes_version, Some(answer.scopes_version));
                self.leaves.extend(answer.items.iter().map(|item| item.leaf_index));
                self.request.cursor = answer.cursor;
                if let (Some(backfill), Some(cursor)) = (&mut self.request.backfill, answer.backfill_cursor) {
                    backfill.cursor = cursor;
                    if cursor >= self.request.cursor {
                        self.request.backfill = None;
                    }
                }
            }
            let more = answer.more;
            self.last = Some(answer);
            if !more {
                return;
            }
        }
    }
}

#[test]
fn pages_give_each_statement_once_and_in_order() {
    let world = World::new();
    let coordinator = world.ready(world.coordinator, AgreementKind::Specialist);
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    for _ in 0..10 {
        specialist.say(specialist.visit_id(), world.visit_by(world.specialist, world.child));
    }
    let mut reader = Reader::new();
    reader.catch_up(&coordinator);
    assert!(reader.leaves.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", reader.leaves);
    let read = world.store.read().unwrap();
    for leaf in 0..read.log_size().unwrap() {
        let audiences = read.audiences(leaf).unwrap();
        let is_for_me = audiences.iter().any(|(scope, _)| reader.scopes.contains(scope));
        let is_mine = read.entry(leaf).unwrap().unwrap().key == coordinator.key.id();
        assert_eq!(reader.leaves.contains(&leaf), is_for_me && !is_mine, "leaf {leaf}");
    }
    assert_eq!(reader.last.unwrap().remaining, 0);
}

#[test]
fn a_gained_scope_is_filled_from_the_beginning_and_a_lost_one_gives_nothing_more() {
    let world = World::new();
    let mut colleague = world.ready(world.colleague, AgreementKind::Specialist);
    for _ in 0..5 {
        colleague.say(colleague.visit_id(), world.visit_by(world.colleague, world.other_child));
    }
    let specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let mut reader = Reader::new();
    reader.catch_up(&specialist);
    let team = Scope::Team(world.other_child);
    assert!(!reader.scopes.contains(&team));
    let known = reader.leaves.len();

    world.team(world.other_child, world.specialist, Some(world.clock.utc_ms() + 1_000));
    reader.catch_up(&specialist);
    assert!(reader.scopes.contains(&team));
    let read = world.store.read().unwrap();
    let visits: Vec<u64> = (0..read.log_size().unwrap())
        .filter(|&leaf| read.audiences(leaf).unwrap().iter().any(|(scope, _)| *scope == team))
        .collect();
    assert_eq!(visits.len(), 5);
    assert!(visits.iter().all(|leaf| reader.leaves[known..].contains(leaf)), "its past came");

    world.clock.advance(1_000);
    colleague.say(colleague.visit_id(), world.visit_by(world.colleague, world.other_child));
    let before = reader.leaves.len();
    reader.catch_up(&specialist);
    assert!(!reader.scopes.contains(&team), "the list without it comes first");
    assert_eq!(reader.leaves.len(), before, "and no statement of it");
}

#[test]
fn a_foreign_scope_in_a_backfill_gives_nothing() {
    let world = World::new();
    let mut colleague = world.ready(world.colleague, AgreementKind::Specialist);
    colleague.say(colleague.visit_id(), world.visit_by(world.colleague, world.other_child));
    let specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let version = ask(&specialist, &fresh()).scopes_version;
    let end = world.store.read().unwrap().log_size().unwrap();
    let scopes = vec![Scope::Team(world.other_child), Scope::Organisation(world.organisation)];
    let request = PullRequest {
        scopes_version: Some(version),
        cursor: end,
        backfill: Some(Backfill { scopes, cursor: 0 }),
        limit: 1_000,
        ..fresh()
    };
    let answer = ask(&specialist, &request);
    assert_eq!((answer.items.len(), answer.backfill_cursor), (0, Some(end)));
}

/// Whether others of the reader's scopes hold little or most of what lies there.
#[test]
fn a_backfill_gives_what_its_scope_holds_as_any_pull_gives_it_and_nothing_else() {
    let world = World::new();
    let mut colleague = world.ready(world.colleague, AgreementKind::Specialist);
    for _ in 0..5 {
        colleague.say(colleague.visit_id(), world.visit_by(world.colleague, world.other_child));
    }
    let coordinator = world.ready(world.coordinator, AgreementKind::Specialist);
    let first = ask(&coordinator, &fresh());
    let version = Some(first.scopes_version);
    let end = world.store.read().unwrap().log_size().unwrap();
    let all = ask(&coordinator, &PullRequest { scopes_version: version, limit: 1_000, ..fresh() }).items;
    for scope in first.scopes.expect("the list") {
        let held: Vec<_> = all.iter().filter(|item| item.scopes.contains(&scope)).cloned().collect();
        for limit in [1, 2, 3, 5, 1_000] {
            let (mut filled, mut cursor) = (Vec::new(), 0);
            while cursor < end {
                let backfill = Some(Backfill { scopes: vec![scope], cursor });
                let request =
                    PullRequest { scopes_version: version, cursor: end, backfill, limit, ..fresh() };
                let answer = ask(&coordinator, &request);
                assert!(answer.items.len() <= limit as usize);
                filled.extend(answer.items);
                cursor = answer.backfill_cursor.expect("it goes on");
            }
            assert_eq!(filled, held, "{scope} by {limit}");
        }
    }
}

#[test]
fn an_envelope_comes_without_its_content_on_every_path() {
    let world = World::new();
    let coordinator = world.ready(world.coordinator, AgreementKind::Specialist);
    let mut specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let id = specialist.visit_id();
    specialist.say(id, world.visit_by(world.specialist, world.child));
    let note = VisitNoted { purpose: NotePurpose::Care, text: "Құпия".into(), about: None };
    specialist.say(id, note);
    let version = ask(&coordinator, &fresh()).scopes_version;
    let end = world.store.read().unwrap().log_size().unwrap();
    let all = PullRequest { scopes_version: Some(version), limit: 1_000, ..fresh() };
    let scopes = vec![Scope::Organisation(world.organisation)];
    let backfill = PullRequest { cursor: end, backfill: Some(Backfill { scopes, cursor: 0 }), ..all.clone() };
    for request in [all, backfill] {
        let items = ask(&coordinator, &request).items;
        let note = items.iter().find(|item| {
            Statement::decode(&item.statement).unwrap().header().kind == domain::Kind::VisitNoted
        });
        assert_eq!(note.expect("the envelope is there").content, None);
    }
}

#[test]
fn revocations_travel_before_the_pages() {
    let world = World::new();
    let coordinator = world.ready(world.coordinator, AgreementKind::Specialist);
    let specialist = world.ready(world.specialist, AgreementKind::Specialist);
    let version = ask(&coordinator, &fresh()).scopes_version;
    let key = specialist.key.id();
    let revoked = DeviceRevoked { key, reason: RevocationReason::Lost, revoked_at_ms: 1 };
    let stated = world.state(specialist.id, revoked);
    let request = PullRequest { scopes_version: Some(version), limit: 2, ..fresh() };
    let answer = ask(&coordinator, &request);
    let first: Vec<u64> = answer.urgent.iter().map(|item| item.leaf_index).collect();
    assert_eq!(first, [0, stated.leaf_index], "behind the operator's keys");
    assert!(answer.items[0].leaf_index < stated.leaf_index, "far ahead of its page");
    let next = PullRequest { urgent_cursor: answer.urgent_cursor, cursor: answer.cursor, ..request };
    assert!(ask(&coordinator, &next).urgent.is_empty(), "once");
}

#[test]
fn each_answer_proves_that_the_log_only_grew() {
    let world = World::new();
    let mut device = world.ready(world.specialist, AgreementKind::Specialist);
    let before = ask(&device, &fresh()).checkpoint.unwrap();
    device.say(device.visit_id(), world.visit_by(world.specialist, world.child));
    let request = PullRequest { known_tree_size: before.tree_size, ..fresh() };
    let after = ask(&device, &request).checkpoint.unwrap();
    let (old, new) = ((before.tree_size, before.root), (after.tree_size, after.root));
    check_consistency(old, new, &after.consistency).unwrap();
    TreeHead::verify(&after.head, after.root, world.key.verifying_key()).unwrap();
    let beyond = PullRequest { known_tree_size: after.tree_size + 9, cursor: u64::MAX, ..fresh() };
    assert!(ask(&device, &beyond).checkpoint.unwrap().consistency.is_empty(), "a log that never was");
}
