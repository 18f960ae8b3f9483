use std::collections::BTreeSet;

use domain::content::{VisitFinished, VisitOutcome};
use domain::id::{ChildId, OrganisationId, PlaceId, VisitId};
use domain::scope::{Scope, Sight, VisitParties};
use domain::{Content, Kind};
use journal::SeriesHead;
use operator_core::fact::{Class, FactQuery};
use operator_core::store::{Activation, BoundKey, Entry, PageQuery, Store, StoreError, VisitRow, VisitSaid};

use crate::rows::{
    activation, bound_key, digest, entry, fact, fill, head, key, person, refused, statement_id, subject,
    write,
};

pub(crate) fn an_empty_store_is_empty(store: &dyn Store) {
    let read = store.read().unwrap();
    assert_eq!(read.log_size().unwrap(), 0);
    assert_eq!(read.series_head(key(1)).unwrap(), SeriesHead::EMPTY);
    assert!(read.latest_head().unwrap().is_none() && read.head_covering(0).unwrap().is_none());
    assert!(read.entry(0).unwrap().is_none() && read.entry_by_id(statement_id(1)).unwrap().is_none());
    assert!(matches!(read.node(0, 0), Err(StoreError::Damaged(_))));
}

pub(crate) fn a_dropped_transaction_leaves_nothing(store: &dyn Store) {
    let mut txn = store.write().unwrap();
    txn.append(&entry(0, 1, 0), Some(b"content")).unwrap();
    txn.put_fact(&fact(Class::Lives, 1, Some(2), "", 0)).unwrap();
    drop(txn);
    let read = store.read().unwrap();
    assert_eq!(read.log_size().unwrap(), 0);
    assert!(read.facts(&FactQuery::default()).unwrap().is_empty());
}

pub(crate) fn a_transaction_sees_its_own_writes_and_a_snapshot_does_not(store: &dyn Store) {
    let before = store.read().unwrap();
    assert_eq!(before.log_size().unwrap(), 0);
    let mut txn = store.write().unwrap();
    txn.append(&entry(0, 1, 0), Some(b"content")).unwrap();
    assert_eq!(txn.log_size().unwrap(), 1);
    assert_eq!(txn.as_read().content(0).unwrap().unwrap(), b"content");
    let during = store.read().unwrap();
    assert_eq!(during.log_size().unwrap(), 0, "a reader is not held up and sees nothing half done");
    txn.commit().unwrap();
    assert_eq!((before.log_size().unwrap(), during.log_size().unwrap()), (0, 0), "snapshots stand still");
    assert_eq!(store.read().unwrap().log_size().unwrap(), 1);
}

pub(crate) fn what_was_read_before_a_write_is_read_anew_after_it(store: &dyn Store) {
    let said = Content::from(VisitFinished { finished_at_ms: 1 });
    let bytes = journal::codec::encode(&said, [1; 16]).unwrap();
    let visit = |leaf_index| VisitRow {
        visit: VisitId::from_bytes([1; 16]),
        parties: VisitParties {
            child: ChildId::from_bytes([2; 16]),
            specialist: person(1),
            organisation: OrganisationId::from_bytes([3; 16]),
        },
        said: Some(VisitSaid {
            place: None,
            capture: None,
            outcome: VisitOutcome::Held,
            started_at_ms: 1,
            finished_at_ms: None,
            cancelled: false,
        }),
        basis: entry(leaf_index, 1, leaf_index).id,
        leaf_index,
    };
    let home = FactQuery::of(Class::Lives);
    let mut txn = store.write().unwrap();
    for leaf in 0..2 {
        assert_eq!(txn.log_size().unwrap(), leaf);
        assert_eq!(txn.series_head(key(1)).unwrap().next_seq, leaf);
        assert!(txn.entry(leaf).unwrap().is_none());
        assert!(txn.entry_by_id(entry(leaf, 1, leaf).id).unwrap().is_none());
        txn.append(&entry(leaf, 1, leaf), Some(&bytes)).unwrap();
        assert_eq!(txn.entry(leaf).unwrap().unwrap(), entry(leaf, 1, leaf));
        assert_eq!(txn.entry_by_id(entry(leaf, 1, leaf).id).unwrap().unwrap(), entry(leaf, 1, leaf));
    }
    txn.append(&Entry { branch: true, ..entry(2, 1, 2) }, None).unwrap();
    assert_eq!(txn.series_head(key(1)).unwrap().next_seq, 2, "a branch moves nothing");
    txn.put_refusal(&refused(1, 2, true)).unwrap();
    let after = SeriesHead { next_seq: 3, prev: Some(refused(1, 2, true).id) };
    assert_eq!(txn.series_head(key(1)).unwrap(), after);

    assert!(txn.node(0, 0).is_err());
    txn.put_node(0, 0, digest(1)).unwrap();
    assert_eq!(txn.node(0, 0).unwrap(), digest(1));
    assert!(txn.head_covering(0).unwrap().is_none() && txn.head_covering(2).unwrap().is_none());
    txn.put_head(&head(2)).unwrap();
    assert_eq!(txn.head_covering(0).unwrap().unwrap(), head(2));
    assert!(txn.head_covering(2).unwrap().is_none());
    txn.put_head(&head(3)).unwrap();
    assert_eq!(txn.head_covering(2).unwrap().unwrap(), head(3));

    assert!(txn.visit(visit(0).visit).unwrap().is_none());
    txn.put_visit(&visit(0)).unwrap();
    assert_eq!(txn.visit(visit(0).visit).unwrap().unwrap(), visit(0));
    let said_of = visit(0).said.map(|said| VisitSaid { finished_at_ms: Some(2), ..said });
    let finished = VisitRow { said: said_of, ..visit(0) };
    txn.change_visit(&finished).unwrap();
    assert_eq!(txn.visit(visit(0).visit).unwrap().unwrap(), finished);
    for leaf in 0..2 {
        let lives = fact(Class::Lives, 1, Some(2), "", leaf);
        txn.put_fact(&lives).unwrap();
        assert_eq!(txn.facts(&home).unwrap(), [lives]);
    }
    txn.put_audiences(0, &[(Scope::Operator, Sight::Whole)]).unwrap();
    assert_eq!(txn.audiences(0).unwrap(), [(Scope::Operator, Sight::Whole)]);

    assert_eq!(txn.said(0).unwrap().unwrap(), said);
    txn.erase_content(0).unwrap();
    assert!(txn.said(0).unwrap().is_none() && txn.said(1).unwrap().is_some());
    txn.clear_projections().unwrap();
    assert!(txn.facts(&home).unwrap().is_empty() && txn.visit(visit(0).visit).unwrap().is_none());
    txn.put_audiences(1, &[(Scope::Operator, Sight::Whole)]).unwrap();
    assert_eq!(txn.audiences(1).unwrap(), [(Scope::Operator, Sight::Whole)], "the scope has a number again");
    txn.commit().unwrap();
}

pub(crate) fn a_page_finds_what_stands_far_apart(store: &dyn Store) {
    fill(store, 200);
    write(store, |txn| {
        for leaf in [3, 90, 91, 199] {
            txn.put_audiences(leaf, &[(Scope::Operator, Sight::Whole)]).unwrap();
        }
        txn.put_audiences(4, &[(Scope::Person(person(1)), Sight::Whole)]).unwrap();
    });
    let read = store.read().unwrap();
    let scopes = BTreeSet::from([Scope::Operator]);
    let page = |from, to, limit| {
        let query = PageQuery { scopes: &scopes, from, to, without_key: key(2), urgent_only: false };
        read.page(&query, limit).unwrap().iter().map(|delivery| delivery.leaf_index).collect::<Vec<_>>()
    };
    assert_eq!(page(0, 200, 2), [3, 90]);
    assert_eq!(page(91, 200, 2), [91, 199]);
    assert_eq!(page(0, 199, 10), [3, 90, 91]);
    assert_eq!(page(92, 199, 1), [0; 0]);
}

pub(crate) fn the_journal_takes_each_leaf_and_each_statement_once(store: &dyn Store) {
    fill(store, 2);
    for wrong in [entry(1, 2, 0), entry(5, 2, 0), Entry { id: statement_id(1_000), ..entry(2, 2, 0) }] {
        assert!(store.write().unwrap().append(&wrong, None).is_err(), "{wrong:?}");
    }
    let read = store.read().unwrap();
    assert_eq!(read.entry(1).unwrap().unwrap(), entry(1, 1, 1));
    assert_eq!(read.entry_by_id(statement_id(1_001)).unwrap().unwrap(), entry(1, 1, 1));
}

pub(crate) fn entries_come_in_the_order_of_the_log(store: &dyn Store) {
    fill(store, 10);
    let read = store.read().unwrap();
    let leaves: Vec<u64> = read.entries(3, 4).unwrap().iter().map(|entry| entry.leaf_index).collect();
    assert_eq!(leaves, [3, 4, 5, 6]);
    assert!(read.entries(10, 4).unwrap().is_empty());
    let wanted = read.entry(4).unwrap().unwrap();
    let about = read.entries_about(wanted.subject, wanted.kind).unwrap();
    assert!(about.contains(&wanted));
    assert!(about.iter().all(|entry| (entry.subject, entry.kind) == (wanted.subject, wanted.kind)));
    assert!(about.is_sorted_by_key(|entry| entry.leaf_index));
    assert!(read.entries_about(wanted.subject, Kind::ContentErased).unwrap().is_empty());
    let all = read.entries(0, 10).unwrap();
    for leaf_index in [4, 5, 10] {
        let before = read.entries_before(wanted.subject, leaf_index).unwrap();
        let expected =
            all.iter().filter(|entry| entry.subject == wanted.subject && entry.leaf_index < leaf_index);
        assert!(before.iter().eq(expected), "whatever was said about it before leaf {leaf_index}");
    }
}

pub(crate) fn the_series_follows_registered_and_refused_but_no_branches(store: &dyn Store) {
    write(store, |txn| {
        txn.append(&entry(0, 1, 0), None).unwrap();
        txn.append(&Entry { branch: true, seq: 7, ..entry(1, 1, 0) }, None).unwrap();
        txn.append(&entry(2, 2, 0), None).unwrap();
    });
    let at = |signer| store.read().unwrap().series_head(key(signer)).unwrap();
    assert_eq!(at(1), SeriesHead { next_seq: 1, prev: Some(statement_id(1_000)) });
    write(store, |txn| txn.put_refusal(&refused(1, 1, true)).unwrap());
    assert_eq!(at(1), SeriesHead { next_seq: 2, prev: Some(statement_id(9_001)) });
    write(store, |txn| txn.put_refusal(&refused(1, 0, false)).unwrap());
    assert_eq!(at(1).next_seq, 2, "a refusal that took no place moves nothing");
    write(store, |txn| txn.append(&entry(3, 1, 2), None).unwrap());
    assert_eq!(at(1), SeriesHead { next_seq: 3, prev: Some(statement_id(1_003)) });
    assert_eq!(at(2).next_seq, 1);
    let read = store.read().unwrap();
    assert_eq!(read.refusal(key(1), statement_id(9_001)).unwrap().unwrap(), refused(1, 1, true));
    assert!(read.refusal(key(2), statement_id(9_001)).unwrap().is_none());
    assert_eq!(read.refusals().unwrap(), [refused(1, 0, false), refused(1, 1, true)]);
    assert!(store.write().unwrap().put_refusal(&refused(1, 1, true)).is_err(), "once");
}

pub(crate) fn heads_grow_and_the_first_over_a_leaf_is_found(store: &dyn Store) {
    write(store, |txn| {
        for size in [3, 4, 9] {
            txn.put_head(&head(size)).unwrap();
        }
    });
    let read = store.read().unwrap();
    assert_eq!(read.latest_head().unwrap().unwrap(), head(9));
    for (leaf, size) in [(0, 3), (2, 3), (3, 4), (4, 9), (8, 9)] {
        assert_eq!(read.head_covering(leaf).unwrap().unwrap(), head(size), "leaf {leaf}");
    }
    assert!(read.head_covering(9).unwrap().is_none());
    assert_eq!(read.heads().unwrap(), [head(3), head(4), head(9)]);
    for size in [9, 5] {
        assert!(store.write().unwrap().put_head(&head(size)).is_err(), "{size} does not grow");
    }
}

pub(crate) fn a_node_is_written_once(store: &dyn Store) {
    write(store, |txn| txn.put_node(3, 5, digest(1)).unwrap());
    assert_eq!(store.read().unwrap().node(3, 5).unwrap(), digest(1));
    assert!(store.write().unwrap().put_node(3, 5, digest(2)).is_err());
}

pub(crate) fn a_content_can_be_erased_and_its_statement_stays(store: &dyn Store) {
    fill(store, 3);
    write(store, |txn| txn.erase_content(1).unwrap());
    let read = store.read().unwrap();
    assert_eq!(read.content(1).unwrap(), None);
    assert_eq!(read.content(2).unwrap().unwrap(), [2]);
    assert!(read.entry(1).unwrap().is_some());
}

pub(crate) fn the_latest_fact_of_a_slot_holds(store: &dyn Store) {
    let (home, team) = (Class::Lives, Class::CareTeam);
    write(store, |txn| {
        txn.put_fact(&fact(home, 1, Some(2), "", 0)).unwrap();
        txn.put_fact(&fact(home, 1, Some(3), "", 1)).unwrap();
        txn.put_fact(&fact(team, 1, Some(2), "a", 2)).unwrap();
        txn.put_fact(&fact(team, 1, Some(3), "a", 3)).unwrap();
        txn.put_fact(&fact(team, 1, Some(3), "b", 4)).unwrap();
        txn.put_fact(&fact(team, 1, Some(3), "b", 5)).unwrap();
    });
    let facts = store.read().unwrap().facts(&FactQuery::default()).unwrap();
    let leaves: Vec<u64> = facts.iter().map(|fact| fact.leaf_index).collect();
    assert_eq!(leaves, [1, 2, 3, 5], "a child lives at one place, and has many in its team");
    assert_eq!(facts[0], fact(home, 1, Some(3), "", 1));
}

pub(crate) fn facts_are_found_by_every_side(store: &dyn Store) {
    write(store, |txn| {
        txn.put_fact(&fact(Class::CareTeam, 1, Some(2), "a", 4)).unwrap();
        txn.put_fact(&fact(Class::CareTeam, 3, Some(2), "b", 1)).unwrap();
        txn.put_fact(&fact(Class::Representation, 1, Some(2), "", 2)).unwrap();
        txn.put_fact(&fact(Class::PersonName, 2, None, "", 3)).unwrap();
    });
    let read = store.read().unwrap();
    let leaves = |query| read.facts(&query).unwrap().iter().map(|fact| fact.leaf_index).collect::<Vec<_>>();
    assert_eq!(leaves(FactQuery::of(Class::CareTeam)), [1, 4], "in the order of the log");
    assert_eq!(leaves(FactQuery::of(Class::CareTeam).about(subject(1))), [4]);
    assert_eq!(leaves(FactQuery::of(Class::CareTeam).with(subject(2))), [1, 4]);
    assert_eq!(leaves(FactQuery::of(Class::CareTeam).qualified("b")), [1]);
    assert_eq!(leaves(FactQuery::default().with(subject(2))), [1, 2, 4]);
    assert_eq!(leaves(FactQuery::of(Class::PersonName).with(subject(2))), [] as [u64; 0]);
}

pub(crate) fn keys_change_and_stay_in_the_order_of_binding(store: &dyn Store) {
    let (late, early) = (bound_key(1, 1, 9), bound_key(2, 1, 3));
    write(store, |txn| {
        [&late, &early, &bound_key(3, 2, 5)].into_iter().for_each(|key| txn.put_bound_key(key).unwrap());
    });
    let revoked = BoundKey { revoked_at_ms: Some(4), compromised_since_ms: Some(2), ..late.clone() };
    write(store, |txn| txn.put_bound_key(&revoked).unwrap());
    let read = store.read().unwrap();
    assert_eq!(read.bound_keys(Some(person(1))).unwrap(), [early, revoked.clone()]);
    assert_eq!(read.bound_keys(None).unwrap().len(), 3);
    assert_eq!(read.bound_key(late.key.id()).unwrap(), Some(revoked));
    assert_eq!(read.bound_key(key(1)).unwrap(), None);
}

pub(crate) fn visits_name_their_specialists(store: &dyn Store) {
    let row = |n: u8, child: u8, specialist: u8, place: Option<u8>| VisitRow {
        visit: VisitId::from_bytes([n; 16]),
        parties: VisitParties {
            child: ChildId::from_bytes([child; 16]),
            specialist: person(specialist),
            organisation: OrganisationId::from_bytes([9; 16]),
        },
        said: Some(VisitSaid {
            place: place.map(|n| PlaceId::from_bytes([n; 16])),
            capture: None,
            outcome: VisitOutcome::Held,
            started_at_ms: i64::from(n),
            finished_at_ms: None,
            cancelled: false,
        }),
        basis: statement_id(u64::from(n)),
        leaf_index: 0,
    };
    let rows = [row(1, 1, 1, Some(3)), row(2, 1, 2, None), row(3, 1, 2, None), row(4, 2, 3, None)];
    write(store, |txn| rows.iter().for_each(|row| txn.put_visit(row).unwrap()));
    let read = store.read().unwrap();
    assert_eq!(read.visit(rows[0].visit).unwrap(), Some(rows[0]));
    assert_eq!(read.visit(rows[1].visit).unwrap(), Some(rows[1]));
    let of_child = read.specialists_of_child(ChildId::from_bytes([1; 16])).unwrap();
    assert_eq!(of_child, BTreeSet::from([person(1), person(2)]));
    let of_organisation = read.specialists_of_organisation(OrganisationId::from_bytes([9; 16])).unwrap();
    assert_eq!(of_organisation, BTreeSet::from([person(1), person(2), person(3)]));
    let of_another = read.specialists_of_organisation(OrganisationId::from_bytes([8; 16])).unwrap();
    assert_eq!(of_another, BTreeSet::new());
    assert!(store.write().unwrap().put_visit(&rows[0]).is_err(), "once");
}

fn child(n: u8) -> Scope {
    Scope::Child(ChildId::from_bytes([n; 16]))
}

pub(crate) fn a_page_holds_what_is_addressed_to_any_of_the_scopes(store: &dyn Store) {
    write(store, |txn| {
        for leaf in 0..6 {
            let signer = if leaf == 4 { 2 } else { 1 };
            let kind = if leaf == 5 { Kind::DeviceRevoked } else { Kind::VisitFinished };
            let seq = if leaf == 4 { 0 } else { leaf };
            txn.append(&Entry { kind, ..entry(leaf, signer, seq) }, None).unwrap();
        }
        txn.put_audiences(0, &[(child(1), Sight::Whole)]).unwrap();
        txn.put_audiences(1, &[(child(1), Sight::Envelope), (child(2), Sight::Whole)]).unwrap();
        txn.put_audiences(2, &[(child(3), Sight::Whole)]).unwrap();
        txn.put_audiences(3, &[(child(1), Sight::Envelope), (child(1), Sight::Whole)]).unwrap();
        txn.put_audiences(4, &[(child(1), Sight::Whole)]).unwrap();
        txn.put_audiences(5, &[(child(2), Sight::Whole)]).unwrap();
    });
    let read = store.read().unwrap();
    let (one, both) = (BTreeSet::from([child(1)]), BTreeSet::from([child(1), child(2)]));
    let query = PageQuery { scopes: &both, from: 0, to: 6, without_key: key(9), urgent_only: false };
    let leaves = |query: &PageQuery<'_>, limit| {
        let page = read.page(query, limit).unwrap();
        page.iter().map(|delivery| delivery.leaf_index).collect::<Vec<_>>()
    };
    assert_eq!(leaves(&query, 9), [0, 1, 3, 4, 5]);
    assert_eq!(leaves(&query, 2), [0, 1]);
    assert_eq!(read.count(&query).unwrap(), 5, "each statement once, however many scopes hold it");
    assert_eq!(leaves(&PageQuery { from: 1, to: 4, ..query }, 9), [1, 3]);
    assert_eq!(leaves(&PageQuery { without_key: key(2), ..query }, 9), [0, 1, 3, 5]);
    assert_eq!(leaves(&PageQuery { urgent_only: true, ..query }, 9), [5]);
    assert_eq!(leaves(&PageQuery { scopes: &BTreeSet::new(), ..query }, 9), [] as [u64; 0]);
    let page = read.page(&query, 9).unwrap();
    assert_eq!((page[1].sight, page[1].scopes.as_slice()), (Sight::Whole, &[child(1), child(2)][..]));
    let page = read.page(&PageQuery { scopes: &one, ..query }, 9).unwrap();
    assert_eq!((page[1].sight, page[1].scopes.as_slice()), (Sight::Envelope, &[child(1)][..]));
    assert_eq!(page[2].sight, Sight::Whole, "the better sight of one scope");
    assert_eq!(read.audiences(1).unwrap(), [(child(1), Sight::Envelope), (child(2), Sight::Whole)]);
}

pub(crate) fn a_coordinator_may_have_thousands_of_scopes(store: &dyn Store) {
    fill(store, 1);
    write(store, |txn| txn.put_audiences(0, &[(child(7), Sight::Whole)]).unwrap());
    let number = |n: u32| {
        let mut bytes = [0xee; 16];
        bytes[..4].copy_from_slice(&n.to_be_bytes());
        Scope::Place(PlaceId::from_bytes(bytes))
    };
    let mut scopes: BTreeSet<Scope> = (0..40_000).map(number).collect();
    scopes.insert(child(7));
    let query = PageQuery { scopes: &scopes, from: 0, to: 1, without_key: key(9), urgent_only: false };
    let read = store.read().unwrap();
    assert_eq!((read.page(&query, 5).unwrap().len(), read.count(&query).unwrap()), (1, 1));
}

pub(crate) fn activations_are_kept_and_changed(store: &dyn Store) {
    write(store, |txn| {
        txn.put_activation(&activation("AAAA", 1)).unwrap();
        txn.put_activation(&activation("BBBB", 2)).unwrap();
    });
    let used = Activation { errors: 3, used_by: Some(statement_id(4)), ..activation("AAAA", 1) };
    write(store, |txn| txn.put_activation(&used).unwrap());
    let read = store.read().unwrap();
    assert_eq!(read.activation("AAAA").unwrap(), Some(used.clone()));
    assert_eq!(read.activation("CCCC").unwrap(), None);
    assert_eq!(read.activations().unwrap(), [activation("BBBB", 2), used], "the latest first");
}

pub(crate) fn a_document_is_kept_as_it_came(store: &dyn Store) {
    write(store, |txn| txn.put_document(digest(1), "Мәтін".as_bytes()).unwrap());
    write(store, |txn| txn.put_document(digest(1), "Мәтін".as_bytes()).unwrap());
    assert_eq!(store.read().unwrap().document(digest(1)).unwrap().unwrap(), "Мәтін".as_bytes());
    assert_eq!(store.read().unwrap().document(digest(2)).unwrap(), None);
}

pub(crate) fn a_nonce_is_new_once_until_it_expires(store: &dyn Store) {
    let remember = |signer, nonce: &str, expires_s, now_s| {
        let mut is_new = false;
        write(store, |txn| is_new = txn.remember_nonce(key(signer), nonce, expires_s, now_s).unwrap());
        is_new
    };
    assert!(remember(1, "n", 100, 0));
    assert!(!remember(1, "n", 100, 100), "to its last second");
    assert!(remember(2, "n", 100, 50) && remember(1, "m", 100, 50), "by key and by nonce");
    assert!(remember(1, "n", 300, 101), "forgotten");
}

pub(crate) fn numbers_beyond_the_log_are_no_error(store: &dyn Store) {
    fill(store, 1);
    let read = store.read().unwrap();
    assert!(read.entry(u64::MAX).unwrap().is_none());
    assert!(read.entries(u64::MAX, 5).unwrap().is_empty());
    let scopes = BTreeSet::from([child(1)]);
    let query =
        PageQuery { scopes: &scopes, from: u64::MAX, to: u64::MAX, without_key: key(1), urgent_only: false };
    assert_eq!(read.count(&query).unwrap(), 0);
}

pub(crate) fn a_lost_content_is_wanted_until_it_comes_back_and_the_size_of_then_is_kept(store: &dyn Store) {
    fill(store, 4);
    let lost = |from, limit| store.read().unwrap().lost_contents(from, limit).unwrap();
    let back = |from, to| store.read().unwrap().contents_back(from, to).unwrap();
    let mut txn = store.write().unwrap();
    for leaf_index in [0, 2, 3] {
        txn.erase_content(leaf_index).unwrap();
        txn.put_lost_content(leaf_index).unwrap();
    }
    txn.commit().unwrap();
    assert_eq!(
        (lost(0, 9), lost(1, 1), lost(4, 9), back(0, u64::MAX)),
        (vec![0, 2, 3], vec![2], vec![], vec![])
    );
    let mut txn = store.write().unwrap();
    txn.fill_content(2, b"again").unwrap();
    assert!(matches!(txn.fill_content(1, b"there"), Err(StoreError::Damaged(_))), "it was never lost");
    txn.commit().unwrap();
    let mut txn = store.write().unwrap();
    assert!(matches!(txn.fill_content(2, b"twice"), Err(StoreError::Damaged(_))));
    drop(txn);
    let mut txn = store.write().unwrap();
    txn.append(&entry(4, 1, 4), None).unwrap();
    txn.fill_content(0, b"later").unwrap();
    txn.put_content_back(1).unwrap();
    txn.commit().unwrap();
    assert_eq!(
        (lost(0, 9), back(4, 5), back(5, 6), back(6, u64::MAX)),
        (vec![3], vec![2], vec![0, 1], vec![])
    );
    assert_eq!(store.read().unwrap().content(2).unwrap().unwrap(), b"again");
    let mut txn = store.write().unwrap();
    txn.erase_content(0).unwrap();
    txn.commit().unwrap();
    assert_eq!(back(5, 6), [1], "what was erased does not come back");
}

/// Two threads append to one log: no leaf is lost or taken twice.
pub(crate) fn two_writers_take_turns(store: &dyn Store) {
    const EACH: u64 = 40;
    std::thread::scope(|scope| {
        for signer in [1, 2] {
            scope.spawn(move || {
                for seq in 0..EACH {
                    let mut txn = store.write().unwrap();
                    let leaf = txn.log_size().unwrap();
                    assert_eq!(txn.series_head(key(signer)).unwrap().next_seq, seq);
                    // The other one gets its chance between reading the size and using it.
                    std::thread::yield_now();
                    txn.append(&entry(leaf, signer, seq), None).unwrap();
                    txn.commit().unwrap();
                }
            });
        }
    });
    let read = store.read().unwrap();
    assert_eq!(read.log_size().unwrap(), 2 * EACH);
    for signer in [1, 2] {
        let seqs: Vec<u64> = read
            .entries(0, 1_000)
            .unwrap()
            .iter()
            .filter(|entry| entry.key == key(signer))
            .map(|entry| entry.seq)
            .collect();
        assert_eq!(seqs, (0..EACH).collect::<Vec<_>>());
    }
}
