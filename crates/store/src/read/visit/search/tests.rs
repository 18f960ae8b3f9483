use domain::content::{CorrectionReason, VisitChange, VisitCorrected};
use domain::id::{ChildId, OrganisationId, PersonId, VisitId};
use domain::service_catalogue::SERVICES;
use domain::text::{SortKey, fold};
use journal::Draft;

use super::*;
use crate::read::visit::select::page_sql;
use crate::read::visit::{ReviewState, VisitFilter, VisitOrder, VisitSort};
use crate::testing::{CHILD, NOW_MS, ORGANISATION, SPECIALIST, TestDevice, TestOperator, TestRng, visit};

const VISITS: usize = 240;
const CHILDREN: [&str; 4] = ["Сынақов Бала", "Әлімова Айша", "Массажов Ұлан", ""];
const PEOPLE: [&str; 3] = ["Сынақ Маман", "Логопедова Әсел", ""];
const PLACES: [&str; 3] = ["Сынақ көшесі 1", "Абай даңғылы 7", ""];
const WORDS: [&str; 12] = [
    "",
    "сынақ",
    "ал",
    "с",
    "массаж",
    "логопед",
    "айша",
    "бала логопед",
    "сынақ массаж",
    "абай ал с",
    "жоқ",
    "сынақ жоқ",
];

/// A visit as the naive search sees it.
struct Plain {
    id: VisitId,
    started_at_ms: i64,
    child: [u8; 16],
    specialist: [u8; 16],
    organisation: [u8; 16],
    texts: Vec<String>,
}

impl Plain {
    fn is_wanted(&self, filter: &VisitFilter) -> bool {
        let words = fold(&filter.search);
        words.split(' ').all(|word| self.texts.iter().any(|text| text.contains(word)))
            && filter.child.is_none_or(|child| *child.as_bytes() == self.child)
            && filter.specialist.is_none_or(|specialist| *specialist.as_bytes() == self.specialist)
            && filter
                .organisations
                .as_ref()
                .is_none_or(|of| of.iter().any(|organisation| *organisation.as_bytes() == self.organisation))
    }
}

/// An id by number; the last of each list has no record here.
fn numbered(list: u8, n: usize) -> [u8; 16] {
    [list + n as u8; 16]
}

/// Visits of three specialists at four children in two organisations; in fives at one moment.
fn filled(device: &TestDevice) -> Vec<Plain> {
    let rng = TestRng::new(5);
    let rng: &dyn domain::Rng = &rng;
    let mut all = Vec::new();
    device
        .store
        .write(|transaction| {
            for (list, table, names) in
                [(0x50, "child", &CHILDREN[..]), (0x60, "person", &PEOPLE), (0x70, "place", &PLACES)]
            {
                for (n, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
                    transaction.execute(
                        &format!("INSERT INTO {table} (id, search, sort_key) VALUES (?1, ?2, ?3)"),
                        (numbered(list, n), fold(name), SortKey::of(name).into_bytes()),
                    )?;
                }
            }
            for n in 0..VISITS {
                let [child, specialist, organisation, place, service] = rng.array::<5>().map(usize::from);
                let (child, specialist, place) =
                    (child % CHILDREN.len(), specialist % PEOPLE.len(), place % PLACES.len());
                let known = SERVICES.get(service % (SERVICES.len() + 1));
                let plain = Plain {
                    id: VisitId::from_bytes(rng.array()),
                    started_at_ms: NOW_MS + (n / 5 * 7 % 31) as i64,
                    child: numbered(0x50, child),
                    specialist: numbered(0x60, specialist),
                    organisation: numbered(0x80, organisation % 2),
                    texts: [CHILDREN[child], PEOPLE[specialist], PLACES[place]]
                        .into_iter()
                        .chain(known.iter().flat_map(|known| [known.kk, known.ru, known.en]))
                        .map(fold)
                        .collect(),
                };
                let place = (n % 3 > 0).then(|| numbered(0x70, place));
                let plain = match place {
                    Some(_) => plain,
                    None => Plain { texts: without(plain.texts, 2), ..plain },
                };
                transaction.execute(
                    "INSERT INTO visit (id, registered, basis, child, specialist, organisation, place, service,
                         service_sort_key, outcome, started_at_ms, offset_min, issued_at_s, review, review_reason,
                         confirmation, flags)
                     VALUES (?1, ?2, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'held', ?9, 300, 1, ?10, ?11, 'none', '')",
                    (
                        plain.id.as_bytes(),
                        [9; 32],
                        plain.child,
                        plain.specialist,
                        plain.organisation,
                        place,
                        known.map_or("of-a-newer-version", |known| known.code),
                        [service as u8 % 17],
                        plain.started_at_ms,
                        if n % 2 == 0 { "open" } else { "accepted" },
                        (n % 2 == 1).then_some("in-order"),
                    ),
                )?;
                all.push(plain);
            }
            transaction.execute_batch(
                "INSERT INTO visit_count (specialist, organisation, child, place, service, visits_count)
                 SELECT specialist, organisation, child, coalesce(place, x''), service, count(*) FROM visit
                  GROUP BY 1, 2, 3, 4, 5 ON CONFLICT DO UPDATE SET visits_count = excluded.visits_count",
            )?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
    all
}

fn without(mut texts: Vec<String>, at: usize) -> Vec<String> {
    texts.remove(at);
    texts
}

fn device() -> TestDevice {
    let mut operator = TestOperator::new();
    let device = TestDevice::bound(&mut operator, SPECIALIST, 0x81);
    device.pull(&operator);
    device
}

fn filters(search: &str) -> Vec<VisitFilter> {
    let search = VisitFilter { search: search.into(), ..VisitFilter::default() };
    let specialist = Some(PersonId::from_bytes(numbered(0x60, 0)));
    let organisations = Some(vec![OrganisationId::from_bytes(numbered(0x80, 1))]);
    let child = Some(ChildId::from_bytes(numbered(0x50, 2)));
    vec![
        VisitFilter { specialist, ..search.clone() },
        VisitFilter { organisations: organisations.clone(), ..search.clone() },
        VisitFilter { specialist, organisations, child, ..search.clone() },
        VisitFilter { organisations: Some(Vec::new()), ..search.clone() },
        search,
    ]
}

const ORDER: VisitOrder = VisitOrder { sort: VisitSort::Started, descending: true, offset: 0, limit: 20 };

#[test]
fn each_way_finds_what_a_look_at_every_visit_finds() {
    let device = device();
    let mut all = filled(&device);
    all.sort_by_key(|visit| (-visit.started_at_ms, visit.id));
    let mut found_counts = Vec::new();
    for filter in WORDS.iter().flat_map(|word| filters(word)) {
        let wanted: Vec<VisitId> =
            all.iter().filter(|visit| visit.is_wanted(&filter)).map(|visit| visit.id).collect();
        found_counts.push(wanted.len());
        for offset in [0, 130] {
            let order = VisitOrder { offset, ..ORDER };
            let page: Vec<VisitId> = wanted.iter().skip(offset as usize).take(20).copied().collect();
            let rows = device.store.read(|reader| reader.visits(&filter, order)).unwrap();
            let ids: Vec<VisitId> = rows.visits.iter().map(|visit| visit.id).collect();
            assert_eq!((rows.total_count, &ids), (wanted.len() as u64, &page), "{filter:?}");
            for way in [Way::Read, Way::LookUp, Way::Walk] {
                for tallied in [false, true] {
                    let read = device.store.read(|reader| {
                        let mut conditions = reader.conditions(&filter)?;
                        if tallied {
                            reader.tally(&mut conditions, order.sort)?;
                        }
                        let count = reader.count(&conditions, way)?;
                        Ok::<_, StoreError>((count, reader.page_of_visits(conditions, way, order)?))
                    });
                    let (count, visits) = read.unwrap();
                    let ids: Vec<VisitId> = visits.iter().map(|visit| visit.id).collect();
                    assert_eq!((count, &ids), (wanted.len() as u64, &page), "{way:?} {filter:?}");
                }
            }
        }
    }
    assert!(found_counts.contains(&0) && found_counts.contains(&VISITS) && found_counts.len() == 60);
}

#[test]
fn other_orders_and_states_are_the_same_by_each_way() {
    let device = device();
    filled(&device);
    let sorts = [VisitSort::Child, VisitSort::Specialist, VisitSort::Service, VisitSort::Review];
    for (search, sort) in WORDS.into_iter().flat_map(|word| sorts.map(|sort| (word, sort))) {
        for descending in [false, true] {
            let filter = VisitFilter {
                search: search.into(),
                review: Some(ReviewState::Open),
                cancelled: Some(false),
                from_ms: Some(NOW_MS + 3),
                ..VisitFilter::default()
            };
            let order = VisitOrder { sort, descending, offset: 3, limit: 50 };
            let by = |way| {
                let read = device.store.read(|reader| {
                    let mut conditions = reader.conditions(&filter)?;
                    reader.tally(&mut conditions, sort)?;
                    let count = reader.count(&conditions, way)?;
                    Ok::<_, StoreError>((count, reader.page_of_visits(conditions, way, order)?))
                });
                read.unwrap()
            };
            let read = by(Way::Read);
            assert_eq!(read, by(Way::LookUp), "{filter:?}");
            assert_eq!(read, by(Way::Walk), "{filter:?}");
            let rows = device.store.read(|reader| reader.visits(&filter, order)).unwrap();
            assert_eq!((rows.total_count, rows.visits), read);
        }
    }
}

#[test]
fn a_page_is_read_in_the_order_of_an_index() {
    let device = device();
    let plan = |filter: &VisitFilter, way| {
        let read = device.store.read(|reader| {
            let mut conditions = reader.conditions(filter)?;
            conditions.is_long = way == Way::Read;
            let sql = page_sql(&mut conditions, way, ORDER);
            let mut explain = reader.conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
            let rows = explain.query_map(params_from_iter(&conditions.values), |row| row.get("detail"))?;
            Ok::<_, StoreError>(rows.collect::<Result<Vec<String>, _>>()?.join("\n"))
        });
        read.unwrap()
    };
    let search = VisitFilter { search: "логопед".into(), ..VisitFilter::default() };
    let specialist = VisitFilter { specialist: Some(SPECIALIST), ..search.clone() };
    let coordinator = VisitFilter { organisations: Some(vec![ORGANISATION]), ..search };
    let last_term = "USE TEMP B-TREE FOR LAST TERM OF ORDER BY";
    for (filter, index) in [(specialist, "visit_specialist"), (coordinator, "visit_started")] {
        for way in [Way::Read, Way::Walk] {
            let plan = plan(&filter, way);
            assert!(plan.contains(&format!("v USING INDEX {index}")) && plan.contains(last_term), "{plan}");
        }
        let plan = plan(&filter, Way::LookUp);
        assert!(plan.contains("SEARCH v USING INTEGER PRIMARY KEY") && !plan.contains("SCAN v"), "{plan}");
        for index in ["visit_child (child=?)", "visit_specialist (specialist=?)", "visit_service (service=?)"]
        {
            assert!(plan.contains(&format!("SEARCH visit USING COVERING INDEX {index}")), "{plan}");
        }
        assert!(plan.contains("INDEX visit_count_place (place=?)") && !plan.contains("SCAN visit"), "{plan}");
    }
}

#[test]
fn what_is_found_often_is_read_and_what_is_rare_is_looked_up() {
    assert_eq!(way(FEW, 1, true), Way::Read, "few people's visits are few");
    assert_eq!([way(100_000, 25_000, true), way(100_000, 100_000, false)], [Way::Read; 2]);
    assert_eq!(way(100_000, FEW, true), Way::LookUp);
    assert_eq!(way(100_000, FEW + 1, true), Way::Walk);
    assert_eq!(
        way(100_000, FEW + 1, false),
        Way::LookUp,
        "no index has that order, or each is looked at anyway"
    );
}

fn counts(device: &TestDevice, sql: &str) -> Vec<(String, String, i64)> {
    device
        .store
        .with_reader(|conn| {
            let mut select = conn.prepare(sql)?;
            let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            Ok::<_, StoreError>(rows.collect::<Result<_, _>>()?)
        })
        .unwrap()
}

/// Asserts that each visit is counted where it belongs, and gives the rows.
fn counted(device: &TestDevice) -> Vec<(String, String, i64)> {
    let key = "hex(specialist) || hex(organisation) || hex(child) || hex(place)";
    let kept = counts(device, &format!("SELECT {key}, service, visits_count FROM visit_count ORDER BY 1, 2"));
    let visits = format!("SELECT {key}, service, count(*) FROM visit GROUP BY 1, 2 ORDER BY 1, 2");
    assert_eq!(kept, counts(device, &visits));
    kept
}

#[test]
fn counts_follow_the_visits() {
    let device = device();
    let drafts = [1, 2, 3].map(|n| visit(n, SPECIALIST, CHILD));
    let sealed = device.state(&drafts.each_ref().map(|(_, draft)| draft.clone()));
    assert_eq!(counted(&device)[0].2, 3);
    let change = VisitChange {
        cancelled: false,
        service: Some("massage".into()),
        outcome: None,
        started_at_ms: None,
        finished_at_ms: None,
    };
    let correct = |n: usize, change: VisitChange| {
        let reason = CorrectionReason::WrongService;
        let corrected = VisitCorrected { basis: sealed[n].id, reason, change, corrected_at_ms: NOW_MS };
        device.state(&[Draft::new(drafts[n].0, corrected)]);
    };
    correct(0, change.clone());
    assert_eq!(counted(&device).iter().map(|row| row.2).collect::<Vec<_>>(), [1, 2]);
    correct(1, VisitChange { cancelled: true, service: None, ..change });
    assert_eq!(counted(&device).len(), 2, "one that was taken back is shown, so it is counted");
    filled(&device);
    assert_eq!(counted(&device).iter().map(|row| row.2).sum::<i64>(), 3 + VISITS as i64);
    for sql in [
        "UPDATE visit SET place = NULL WHERE rowid % 5 = 0",
        "UPDATE visit SET place = x'01', child = x'02' WHERE rowid % 7 = 0",
        "UPDATE visit SET review = 'open', service = service",
        "DELETE FROM visit WHERE rowid % 2 = 0",
    ] {
        device.store.write(|transaction| Ok::<_, StoreError>(transaction.execute(sql, [])?)).unwrap();
        counted(&device);
    }
    device.store.rebuild().unwrap();
    assert_eq!(counted(&device).iter().map(|row| row.2).collect::<Vec<_>>(), [1, 2]);
}
