//! Contents that no device had handed back when the log went on, and that somebody brings later.

use std::collections::BTreeSet;

use domain::flag::Flag;
use domain::id::StatementId;
use operator_core::erase;
use wire::pull::PullRequest;
use wire::push::Outcome;

use super::*;

/// A log that went on without some contents, and its server.
async fn gone_on(lost: &mut Lost, bare: &[StatementId]) -> Server {
    let collecting = Collecting::open(&lost.restored).unwrap();
    let mut leaves = lost.all();
    for leaf in &mut leaves {
        if bare.contains(&Statement::decode(&leaf.statement).unwrap().id()) {
            leaf.content = None;
        }
    }
    collecting.receive(lost.late.key.id(), &lost.giving(leaves)).unwrap();
    let assembled = collecting.assemble(true).unwrap();
    assert_eq!(assembled.without_content, bare.len() as u64);
    drop(collecting);
    lost.restored.restored.exclusively().unwrap().unwrap().finish().unwrap();
    let server = Server::start(Arc::clone(&lost.restored)).await.unwrap();
    lost.specialist.moved_to(&server);
    lost.late.moved_to(&server);
    lost.parent.moved_to(&server);
    server
}

fn flags_of(response: &PushResponse) -> Vec<(bool, Vec<Flag>)> {
    let flags = |outcome: &Outcome| match outcome {
        Outcome::Registered { flags, .. } => (false, flags.clone()),
        Outcome::AlreadyHave { flags, .. } => (true, flags.clone()),
        other => panic!("not registered: {other:?}"),
    };
    response.outcomes.iter().map(flags).collect()
}

fn is_there(lost: &Lost, id: StatementId) -> bool {
    let read = lost.restored.read().unwrap();
    read.content(read.entry_by_id(id).unwrap().unwrap().leaf_index).unwrap().is_some()
}

fn findings(lost: &Lost) -> usize {
    lost.world.audit(lost.restored.read().unwrap().as_ref()).findings.len()
}

/// I1: a visit whose content nobody had is not lost for good while its author's device has it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_visit_whose_content_was_lost_is_whole_again_when_its_author_pushes_it() {
    for bare in [&[0][..], &[1], &[0, 1, 2], &[0, 2]] {
        let mut lost = lost().await;
        let mine = [lost.told.registered.clone(), lost.told.located.clone(), lost.told.note.clone()];
        let ids: Vec<_> = bare.iter().map(|at: &usize| mine[*at].id).collect();
        let server = gone_on(&mut lost, &ids).await;
        assert_eq!(findings(&lost), bare.len(), "what is gone without an erasure is named");
        let damaged = Sealed { content: vec![0xff], ..mine[bare[0]].clone() };
        lost.specialist.push(&[damaged]).await.unwrap();
        assert!(!is_there(&lost, mine[bare[0]].id), "another content fills nothing");

        let was: Vec<_> = flags_of(&lost.pushed).into_iter().map(|(_, flags)| (true, flags)).collect();
        // One after the other, and each in an order of its own.
        for sealed in mine.iter().rev() {
            lost.specialist.push(std::slice::from_ref(sealed)).await.unwrap();
        }
        assert_eq!(flags_of(&lost.specialist.push(&mine).await.unwrap()), was, "flagged as the first time");
        assert_eq!(projections(&lost.world.instance), projections(&lost.restored), "{bare:?}");
        assert_eq!(findings(&lost), 0);
        server.stop().await.unwrap();
    }
}

/// Readers who had read past the leaf while it was bare get the statement with the next page.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_read_past_a_visit_that_nobody_could_read_gets_it_when_it_is_back() {
    let mut lost = lost().await;
    let mine = [lost.told.registered.clone(), lost.told.located.clone(), lost.told.note.clone()];
    let server = gone_on(&mut lost, &[mine[0].id]).await;
    let before = lost.parent.pull_all().await;
    let last = before.last.clone().unwrap();
    assert!(mine.iter().all(|sealed| before.find(sealed.id).is_none()));
    assert!(last.lacks_contents, "a device learns that something is wanted");

    lost.specialist.push(&mine).await.unwrap();
    let next = PullRequest {
        scopes_version: Some(last.scopes_version),
        cursor: last.cursor,
        backfill: None,
        known_tree_size: 0,
        urgent_cursor: last.urgent_cursor,
        behind: None,
        limit: 50,
    };
    let back = mine.each_ref().map(|sealed| sealed.id);
    // With them comes all of the end that was put together: some of it may have been read bare before.
    let ids = |page: &wire::pull::PullResponse| -> Vec<StatementId> {
        let ids = page.items.iter().map(|item| Statement::decode(&item.statement).unwrap().id());
        ids.filter(|id| back.contains(id) || before.find(*id).is_none()).collect()
    };
    let at_once = lost.parent.pull(&next).await.unwrap();
    assert_eq!(ids(&at_once), back, "what was lost, and what nobody could place");
    let is_back =
        |item: &&wire::pull::PullItem| back.contains(&Statement::decode(&item.statement).unwrap().id());
    assert!(at_once.items.iter().filter(is_back).all(|item| item.content.is_some()));
    assert!(!at_once.lacks_contents);
    let note = lost.specialist.seal(
        lost.told.id,
        domain::content::VisitNoted {
            purpose: domain::content::NotePurpose::Care,
            text: "Кейін".into(),
            about: None,
        },
    );
    lost.specialist.push(std::slice::from_ref(&note)).await.unwrap();
    let page = lost.parent.pull(&next).await.unwrap();
    assert_eq!(ids(&page), [&back[..], &[note.id]].concat());
    let after = lost.parent.pull(&PullRequest { cursor: page.cursor, ..next }).await.unwrap();
    assert!(after.items.is_empty(), "and never again");
    server.stop().await.unwrap();
}

/// Any device that holds a content gives it back, of the operator as well: the statement names its hash.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contents_are_asked_for_until_somebody_gives_them_and_then_no_more() {
    let mut lost = lost().await;
    let mut bare: Vec<_> = lost.entries().iter().map(|entry| entry.id).collect();
    // What binds a key whose statements follow is needed to put the log together.
    let read = lost.world.instance.read().unwrap();
    bare.retain(|id| {
        let kind = read.entry_by_id(*id).unwrap().unwrap().kind;
        kind != domain::Kind::DeviceBound
    });
    drop(read);
    let server = gone_on(&mut lost, &bare).await;
    let asking = CollectRequest { from: 0, ..lost.asking() };
    let answer: CollectResponse = lost.parent.send(wire::path::COLLECT, &asking, true).await.unwrap();
    let wanted: u64 = answer.wanted.iter().map(|stretch| stretch.to - stretch.from).sum();
    assert_eq!(wanted, bare.len() as u64);
    let mut foul = lost.all();
    for leaf in &mut foul {
        leaf.content = Some(Content(vec![0xa0]));
    }
    for leaves in [foul, lost.all(), lost.all()] {
        let giving = lost.giving(leaves);
        let given: CollectResponse = lost.parent.send(wire::path::COLLECT, &giving, true).await.unwrap();
        assert!(given.wanted.is_empty());
    }
    let answer: CollectResponse = lost.parent.send(wire::path::COLLECT, &asking, true).await.unwrap();
    assert_eq!(answer.wanted, []);
    assert_eq!(projections(&lost.world.instance), projections(&lost.restored));
    assert_eq!(findings(&lost), 0);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_erased_while_it_was_lost_stays_erased() {
    let mut lost = lost().await;
    let mine = [lost.told.registered.clone(), lost.told.located.clone(), lost.told.note.clone()];
    let server = gone_on(&mut lost, &[mine[2].id]).await;
    let named = BTreeSet::from([mine[2].id]);
    lost.restored.transact(|txn, operator| erase::erase(txn, operator, &named, "8-бап")).unwrap();
    lost.specialist.push(&mine).await.unwrap();
    let place = lost.restored.read().unwrap().entry_by_id(mine[2].id).unwrap().unwrap().leaf_index;
    let given: CollectResponse =
        lost.specialist.send(wire::path::COLLECT, &lost.giving(vec![lost.leaf(place)]), true).await.unwrap();
    assert!(given.wanted.is_empty());
    assert!(!is_there(&lost, mine[2].id));
    assert_eq!(findings(&lost), 0, "the log says that it was erased");
    server.stop().await.unwrap();
}
