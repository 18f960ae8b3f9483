use domain::agreement::AgreementKind;
use domain::content::{
    AgreementAccepted, AgreementPublished, CareTeamChanged, ConfirmationAnswer, Locale, PublishedText,
    RecordData, RecordKind, Role, VisitChange, VisitCorrected, VisitFinished,
};
use domain::id::{ChildId, Digest, PersonId, PlaceId, RecordId};
use domain::scope::Scope;
use journal::Draft;

use super::child::{ChildrenOf, LATEST, PLACE, Question};
use super::transport::Transport;
use super::visit::{VisitFilter, VisitOrder, VisitSort};
use crate::StoreError;
use crate::testing::{
    CHILD, COORDINATOR, NOW_MS, ORGANISATION, PARENT, SPECIALIST, TestDevice, TestOperator,
    agreement_accepted, visit,
};

mod consent;

const ORDER: VisitOrder = VisitOrder { sort: VisitSort::Started, descending: true, offset: 0, limit: 100 };

/// Five more children, in the order of the Kazakh alphabet: child n has the nth name.
const NAMES: [&str; 5] = ["Абай", "Әлия", "Бану", "Қанат", "Кәмила"];

fn child(n: usize) -> ChildId {
    ChildId::from_bytes([0xc0 + n as u8; 16])
}

fn scene() -> (TestOperator, TestDevice) {
    let mut operator = TestOperator::new();
    for (n, name) in NAMES.iter().enumerate() {
        operator.name(RecordKind::Child, child(n), "Сейтқали", name);
        operator.change(
            RecordKind::Child,
            child(n),
            RecordData::Lives { place: PlaceId::from_bytes([n as u8; 16]) },
        );
        let team = CareTeamChanged {
            person: SPECIALIST,
            organisation: ORGANISATION,
            function: "massage".into(),
            from_ms: 0,
            to_ms: (n == 4).then_some(NOW_MS),
        };
        operator.state(child(n), team);
        operator.grant(SPECIALIST, [Scope::Child(child(n))]);
    }
    let device = TestDevice::bound(&mut operator, SPECIALIST, 0x81);
    device.pull(&operator);
    (operator, device)
}

fn given(device: &TestDevice, of: ChildrenOf, search: &str) -> Vec<String> {
    let rows = device.store.read(|reader| reader.children(of, search, NOW_MS, 0, 100)).unwrap();
    assert_eq!(rows.total_count, rows.children.len() as u64);
    rows.children.into_iter().map(|child| child.name.unwrap().given).collect()
}

#[test]
fn children_come_most_recent_first_and_then_by_name() {
    let (_, device) = scene();
    let mine = ChildrenOf::Specialist(SPECIALIST);
    assert_eq!(
        given(&device, mine, ""),
        ["Нұрлан", "Абай", "Әлия", "Бану", "Қанат"],
        "Кәмила has left the team"
    );
    let (id, draft) = visit(5, SPECIALIST, child(2));
    device.state(&[visit(1, SPECIALIST, child(3)).1, draft]);
    assert_eq!(given(&device, mine, ""), ["Бану", "Қанат", "Нұрлан", "Абай", "Әлия"]);
    assert_eq!(given(&device, mine, "алия"), ["Әлия"], "without a Kazakh layout");
    assert_eq!(given(&device, mine, "сейткали канат"), ["Қанат"]);
    assert_eq!(given(&device, mine, "абай"), ["Нұрлан", "Абай"], "by name or by street");
    let rows = device.store.read(|reader| reader.children(mine, "", NOW_MS, 0, 1)).unwrap();
    let first = &rows.children[0];
    assert_eq!((rows.total_count, first.id), (5, child(2)));
    assert_eq!((first.last_visit_ms, first.open_visit), (Some(NOW_MS + 300_000), Some(id)));
    assert_eq!(first.last_service.as_deref(), Some("speech-therapy"));
    device.state(&[Draft::new(id, VisitFinished { finished_at_ms: NOW_MS })]);
    let again = device.store.read(|reader| reader.child(mine, child(2))).unwrap().unwrap();
    assert_eq!((again.open_visit, again.last_visit_ms), (None, Some(NOW_MS + 300_000)));
}

#[test]
fn a_visit_that_was_taken_back_is_not_the_last_one() {
    let (_, device) = scene();
    let (id, draft) = visit(1, SPECIALIST, CHILD);
    let basis = device.state(&[draft])[0].id;
    let change = VisitChange {
        cancelled: true,
        service: None,
        outcome: None,
        started_at_ms: None,
        finished_at_ms: None,
    };
    let reason = domain::content::CorrectionReason::Undone;
    device.state(&[Draft::new(id, VisitCorrected { basis, reason, change, corrected_at_ms: 1 })]);
    let (row, child) = device
        .store
        .read(|reader| {
            Ok::<_, StoreError>((reader.visit(id)?, reader.child(ChildrenOf::Specialist(SPECIALIST), CHILD)?))
        })
        .unwrap();
    assert_eq!(row.unwrap().cancelled, Some(reason));
    assert_eq!((child.as_ref().unwrap().last_visit_ms, child.unwrap().open_visit), (None, None));
}

/// Otherwise each row of a list would read 100,000 visits.
#[test]
fn a_child_without_visits_has_nobody_elses_read() {
    let (_, device) = scene();
    let plan = |sql: &str| {
        let read = device.store.read(|reader| {
            let mut explain = reader.conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
            let rows = explain.query_map([SPECIALIST.as_bytes()], |row| row.get("detail"))?;
            Ok::<_, StoreError>(rows.collect::<Result<Vec<String>, _>>()?)
        });
        read.unwrap()
    };
    let latest = plan(&format!("SELECT c.id, {LATEST} FROM child c"));
    assert!(latest.contains(&"SEARCH v USING COVERING INDEX visit_child (child=?)".to_owned()), "{latest:?}");
    let columns = Question::of(ChildrenOf::Specialist(SPECIALIST), NOW_MS).columns();
    let shown = plan(&format!("{columns} FROM child c {PLACE}"));
    let of_visits: Vec<_> = shown.iter().filter(|step| step.starts_with("SEARCH v ")).collect();
    assert_eq!(of_visits.len(), 3, "{shown:?}");
    assert!(of_visits.iter().all(|step| step.contains("INDEX visit_child (child=?)")), "{shown:?}");
}

#[test]
fn lists_of_children_by_whose_they_are() {
    let (operator, device) = scene();
    assert_eq!(given(&device, ChildrenOf::Organisation(ORGANISATION), "").len(), 5);
    assert_eq!(given(&device, ChildrenOf::Anybody, "").len(), 6);
    assert_eq!(given(&device, ChildrenOf::Representative(PARENT), ""), ["Нұрлан"]);
    drop(operator);
    let rows = device
        .store
        .read(|reader| {
            Ok::<_, StoreError>((
                reader.care_team(CHILD)?,
                reader.representations(CHILD)?,
                reader.served_by(CHILD, NOW_MS)?,
            ))
        })
        .unwrap();
    assert_eq!((rows.0.len(), rows.1[0].representative, rows.2.len()), (1, PARENT, 0));
}

#[test]
fn visits_are_sorted_in_kazakh_order_filtered_and_paged() {
    let (mut operator, device) = scene();
    let drafts: Vec<Draft> = (0..5).map(|n| visit(n as u8, SPECIALIST, child((n * 3) % 5)).1).collect();
    device.state(&drafts);
    let by = |filter: VisitFilter, order: VisitOrder| {
        let rows = device.store.read(|reader| reader.visits(&filter, order)).unwrap();
        let names =
            rows.visits.iter().map(|visit| visit.child_name.clone().unwrap().given).collect::<Vec<_>>();
        (names, rows.total_count)
    };
    let child_order = VisitOrder { sort: VisitSort::Child, descending: false, ..ORDER };
    assert_eq!(by(VisitFilter::default(), child_order).0, ["Абай", "Әлия", "Бану", "Кәмила", "Қанат"]);
    let page = VisitOrder { offset: 1, limit: 2, ..child_order };
    assert_eq!(by(VisitFilter::default(), page), (vec!["Әлия".into(), "Бану".into()], 5));
    let search = |text: &str| VisitFilter { search: text.into(), ..VisitFilter::default() };
    assert_eq!(by(search("БАНУ асел"), ORDER).0, ["Бану"], "child and specialist");
    assert_eq!(by(search("логопед"), ORDER).1, 5, "the service by its name");
    assert_eq!(by(search("speech"), ORDER).1, 5);
    assert_eq!(by(search("жоқ"), ORDER).1, 0);
    let one = VisitFilter { child: Some(child(2)), ..VisitFilter::default() };
    assert_eq!(by(one, ORDER).1, 1);
    let some = VisitFilter { children: Some(vec![child(2), child(3)]), ..VisitFilter::default() };
    assert_eq!(by(some, ORDER).1, 2);
    assert_eq!(by(VisitFilter { children: Some(Vec::new()), ..VisitFilter::default() }, ORDER).1, 0);
    let times = VisitFilter {
        from_ms: Some(NOW_MS + 60_000),
        to_ms: Some(NOW_MS + 180_000),
        ..VisitFilter::default()
    };
    assert_eq!(by(times, ORDER).1, 2);
    let saved = super::visit::TransportFilter::Saved;
    let registered = super::visit::TransportFilter::Registered;
    let on_the_way = |transport| VisitFilter { transport: Some(transport), ..VisitFilter::default() };
    assert_eq!((by(on_the_way(saved), ORDER).1, by(on_the_way(registered), ORDER).1), (5, 0));
    device.push(&mut operator);
    assert_eq!((by(on_the_way(saved), ORDER).1, by(on_the_way(registered), ORDER).1), (0, 5));
    let unfinished = VisitFilter { unfinished: true, ..VisitFilter::default() };
    assert_eq!(by(unfinished, ORDER).1, 5);
    assert_eq!(by(VisitFilter { flagged: true, ..VisitFilter::default() }, ORDER).1, 0);
    for sort in [
        VisitSort::Started,
        VisitSort::Child,
        VisitSort::Specialist,
        VisitSort::Service,
        VisitSort::Distance,
        VisitSort::Review,
        VisitSort::Confirmation,
    ] {
        for descending in [false, true] {
            assert_eq!(by(VisitFilter::default(), VisitOrder { sort, descending, ..ORDER }).0.len(), 5);
        }
    }
}

#[test]
fn who_is_what() {
    let (_, device) = scene();
    let rows = device
        .store
        .read(|reader| {
            Ok::<_, StoreError>((
                reader.person(COORDINATOR)?.unwrap(),
                reader.roles(PARENT, NOW_MS)?,
                reader.members(&[ORGANISATION])?,
                reader.organisation(ORGANISATION)?.unwrap(),
                reader.person(PersonId::from_bytes([0; 16]))?,
            ))
        })
        .unwrap();
    assert_eq!(rows.0.name.unwrap().surname, "Ғалиева");
    assert_eq!(rows.0.memberships[0].role, Role::Coordinator);
    assert_eq!(rows.1, [Role::Representative]);
    let names: Vec<_> = rows.2.iter().map(|person| person.name.clone().unwrap().surname).collect();
    assert_eq!(names, ["Болатов", "Ғалиева", "Қайратова"], "in Kazakh order");
    assert_eq!(rows.3.name_kk, "Қамқорлық орталығы");
    assert_eq!(rows.4, None);
}

#[test]
fn who_was_in_a_care_team_once_was_a_specialist() {
    let (mut operator, device) = scene();
    let was =
        |device: &TestDevice, person| device.store.read(|reader| reader.was_specialist(person)).unwrap();
    assert_eq!([SPECIALIST, COORDINATOR, PARENT].map(|person| was(&device, person)), [true, false, false]);
    let team = CareTeamChanged {
        person: COORDINATOR,
        organisation: ORGANISATION,
        function: "massage".into(),
        from_ms: 0,
        to_ms: Some(1),
    };
    operator.state(CHILD, team);
    device.pull(&operator);
    assert!(was(&device, COORDINATOR), "past, and no role in an organisation says so");
}

#[test]
fn versions_of_an_agreement_and_who_accepted_them() {
    let (mut operator, device) = scene();
    let version = |version, locales: &[Locale]| AgreementPublished {
        document: AgreementKind::Specialist,
        version,
        effective_from_ms: NOW_MS,
        texts: locales
            .iter()
            .map(|&locale| PublishedText {
                locale,
                sha256: Digest::from_bytes([version as u8; 32]),
                length_bytes: 9,
            })
            .collect(),
        optional_confirmations: vec![3],
        geolocation_confirmation: Some(3),
    };
    let first = RecordId::from_bytes([1; 16]);
    operator.state(first, version(1, &[Locale::Kk]));
    operator.state(RecordId::from_bytes([2; 16]), version(2, &[Locale::Kk]));
    operator.state(first, version(1, &[Locale::Kk, Locale::Ru]));
    device.pull(&operator);
    let versions = device.store.read(|reader| reader.agreements(AgreementKind::Specialist)).unwrap();
    assert_eq!(versions.iter().map(|row| row.version).collect::<Vec<_>>(), [2, 1]);
    let locales: Vec<Locale> = versions[1].texts.iter().map(|text| text.locale).collect();
    assert_eq!(locales, [Locale::Kk, Locale::Ru], "a later statement adds a language");
    assert_eq!(versions[1].optional_confirmations, [3]);
    assert!(device.store.read(|reader| reader.agreements(AgreementKind::Subject)).unwrap().is_empty());
    device.state(&[agreement_accepted(SPECIALIST), agreement_accepted(PARENT)]);
    let acceptances = |person| device.store.read(|reader| reader.acceptances(person)).unwrap();
    assert_eq!(acceptances(SPECIALIST).len(), 1);
    assert_eq!(acceptances(SPECIALIST)[0].transport, Transport::Saved);
    assert!(acceptances(PARENT).is_empty(), "nobody accepts for another");
    let ticks = |version, ticked: &[u8]| AgreementAccepted {
        version,
        confirmations: ticked
            .iter()
            .map(|&number| ConfirmationAnswer { number, accepted: true, at_ms: 0 })
            .collect(),
        ..acceptances(SPECIALIST)[0].accepted.clone()
    };
    for (version, ticked, lets) in [(2, &[3][..], true), (2, &[2], false), (1, &[3], true), (9, &[3], false)]
    {
        let found = device.store.read(|reader| reader.lets_locate(&ticks(version, ticked))).unwrap();
        assert_eq!(
            found, lets,
            "{ticked:?} of version {version}; 3 is the location, and 9 is not known here"
        );
    }
    device.push(&mut operator);
    assert_eq!(acceptances(SPECIALIST)[0].transport, Transport::Registered);
}

#[test]
fn small_values_and_the_address_outlive_a_restart() {
    let (_, mut device) = scene();
    device.store.set("theme", Some(b"dark")).unwrap();
    device.store.set("gone", Some(b"x")).unwrap();
    device.store.set("gone", None).unwrap();
    device.store.set_address("https://other.example.kz").unwrap();
    device.restart();
    let values =
        device.store.read(|reader| Ok::<_, StoreError>((reader.get("theme")?, reader.get("gone")?))).unwrap();
    assert_eq!(values, (Some(b"dark".to_vec()), None));
    assert_eq!(device.store.account().unwrap().unwrap().address, "https://other.example.kz");
}

#[test]
fn a_reader_sees_one_moment_while_others_write() {
    let (_, device) = scene();
    device
        .store
        .read(|reader| {
            let before = reader.visits(&VisitFilter::default(), ORDER)?.total_count;
            device.state(&[visit(1, SPECIALIST, CHILD).1]);
            assert_eq!(reader.visits(&VisitFilter::default(), ORDER)?.total_count, before);
            assert_eq!(reader.visit(visit(1, SPECIALIST, CHILD).0)?, None);
            Ok::<_, StoreError>(())
        })
        .unwrap();
    assert!(device.store.read(|reader| reader.visit(visit(1, SPECIALIST, CHILD).0)).unwrap().is_some());
}

#[test]
fn a_refused_record_needs_its_specialist_and_organisations_are_told_apart() {
    let (mut operator, device) = scene();
    let drafts: Vec<Draft> = (0..2).map(|n| visit(n as u8, SPECIALIST, child(n)).1).collect();
    let sealed = device.state(&drafts);
    let total =
        |filter: VisitFilter| device.store.read(|reader| reader.visits(&filter, ORDER)).unwrap().total_count;
    let needed = || total(VisitFilter { needs_specialist: true, ..VisitFilter::default() });
    assert_eq!(needed(), 0);
    operator.refuse.insert(sealed[0].id);
    device.push(&mut operator);
    assert_eq!(needed(), 1, "nobody else will send it again");
    let of = |organisations: Vec<_>| {
        total(VisitFilter { organisations: Some(organisations), ..VisitFilter::default() })
    };
    let other = domain::id::OrganisationId::from_bytes([0xee; 16]);
    assert_eq!([of(vec![other, ORGANISATION]), of(vec![other]), of(Vec::new())], [2, 0, 0]);
}

#[test]
fn the_operators_time_is_the_latest_that_it_signed_and_no_devices() {
    let (mut operator, device) = scene();
    let known = || device.store.read(|reader| reader.operator_time_ms()).unwrap();
    let before_ms = known();
    assert!((NOW_MS..NOW_MS + 3_600_000).contains(&before_ms), "{before_ms}");
    device.state(&[visit(1, SPECIALIST, child(1)).1]);
    assert_eq!(known(), before_ms, "the own clock says nothing about it");
    operator.name(RecordKind::Child, child(1), "Сейтқали", "Айша");
    device.pull(&operator);
    assert!(known() > before_ms, "what came last was signed last");
}
