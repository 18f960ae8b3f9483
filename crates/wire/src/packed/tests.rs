use domain::content::{NotePurpose, VisitNoted};
use domain::flag::Flag;
use domain::scope::Scope;
use journal::cbor;
use proptest::prelude::*;

use super::*;
use crate::pull::{Content, PullItem};
use crate::push::{PushItem, PushRequest};

/// What the rows of a run differ in.
#[derive(Debug, Clone)]
struct Row {
    key: u8,
    seq: u64,
    kind: usize,
    issued_at_s: i64,
    elapsed_ms: u64,
    beacon: u64,
    epoch: u8,
    text: String,
    /// What somebody did to it on the way here.
    damage: u8,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let number = prop_oneof![4 => 0_u64..6, 1 => any::<u64>()];
    let row = (
        0_u8..3,
        number.clone(),
        0..Kind::ALL.len(),
        any::<i64>(),
        number,
        0_u64..3,
        0_u8..2,
        ".{0,9}",
        0_u8..40,
    );
    let row = row.prop_map(|(key, seq, kind, issued_at_s, elapsed_ms, beacon, epoch, text, damage)| Row {
        key,
        seq,
        kind,
        issued_at_s,
        elapsed_ms,
        beacon,
        epoch,
        text,
        damage,
    });
    proptest::collection::vec(row, 0..12)
}

fn header(row: &Row, prev: Option<StatementId>) -> Header {
    let root = Digest::from_bytes([9; 32]);
    Header {
        key: KeyId::from_bytes([row.key; 32]),
        kind: Kind::ALL[row.kind],
        subject: SubjectId::from_bytes([row.seq as u8; 16]),
        issued_at_s: row.issued_at_s,
        seq: row.seq,
        prev,
        beacon: (row.beacon > 0).then_some(Beacon { tree_size: row.beacon, root }),
        continuous: ContinuousTime { epoch: [row.epoch; 8], elapsed_ms: row.elapsed_ms },
    }
}

/// Statements that often follow each other and sometimes do not, and of which some are none.
fn items(rows: &[Row]) -> Vec<PushItem> {
    let mut last: HashMap<u8, (u64, StatementId)> = HashMap::new();
    let item = |row: &Row| {
        let mut row = row.clone();
        // Most of them are the next one of their key.
        let follows = last.get(&row.key).copied().filter(|_| row.damage > 5);
        if let Some((seq, _)) = follows {
            row.seq = seq.saturating_add(1);
        }
        let prev = follows.map_or(StatementId::from_bytes([3; 32]), |(_, id)| id);
        let header = header(&row, (row.seq > 0).then_some(prev));
        let note = VisitNoted { purpose: NotePurpose::Care, text: row.text.clone(), about: None };
        let mut content = codec::encode(&note.into(), [row.damage; 16]).unwrap();
        let (mut id, mut statement) = statement::compose(&header, codec::hash(&content), [row.key; 64]);
        last.insert(row.key, (row.seq, id));
        match row.damage {
            0 => statement[40] ^= 1,
            1 => content.push(0),
            2 => id = StatementId::from_bytes([1; 32]),
            3 => row.seq ^= 1,
            4 => statement = vec![0; 3_000],
            _ => {}
        }
        PushItem { id, seq: row.seq, statement, content }
    };
    rows.iter().map(item).collect()
}

fn pulled(rows: &[Row]) -> Vec<PullItem> {
    let item = |(item, row): (PushItem, &Row)| PullItem {
        leaf_index: row.elapsed_ms,
        statement: item.statement,
        content: (row.damage % 3 > 0).then_some(Content(item.content)),
        scopes: if row.kind.is_multiple_of(2) { vec![Scope::Operator] } else { Vec::new() },
        flags: if row.kind.is_multiple_of(3) { vec![Flag::LateEntry] } else { Vec::new() },
    };
    items(rows).into_iter().zip(rows).map(item).collect()
}

/// Statements of one key that follow each other.
fn run(count: u64) -> Vec<PushItem> {
    let row = |seq| Row {
        key: 1,
        seq,
        kind: 3,
        issued_at_s: 1_795_000_000,
        elapsed_ms: 7,
        beacon: 1,
        epoch: 1,
        text: "ж".into(),
        damage: 39,
    };
    items(&(0..count).map(row).collect::<Vec<_>>())
}

#[test]
fn a_run_is_one_part_without_hashes_and_links() {
    let items = run(50);
    let parts = pack(&items);
    let [Part::Packed(columns)] = parts.as_slice() else { panic!("{} parts", parts.len()) };
    let bytes = cbor::to_vec(columns).unwrap();
    for item in &items {
        let holds = |hash: &[u8]| bytes.windows(32).any(|window| window == hash);
        assert!(!holds(item.id.as_bytes()) && !holds(codec::hash(&item.content).as_bytes()));
    }
    assert_eq!(unpack(parts).unwrap(), items);
}

#[test]
fn what_cannot_be_made_again_goes_as_it_is_and_its_neighbours_do_not_mind() {
    for damage in [
        |item: &mut PushItem| item.statement[60] ^= 1,
        |item: &mut PushItem| item.statement[0] = 0,
        |item: &mut PushItem| item.content.push(0),
        |item: &mut PushItem| item.id = StatementId::from_bytes([9; 32]),
    ] {
        let mut items = run(5);
        damage(&mut items[2]);
        let parts = pack(&items);
        assert!(matches!(parts.as_slice(), [Part::Packed(_), Part::Raw(_), Part::Packed(_)]), "{parts:?}");
        assert_eq!(unpack(parts).unwrap(), items);
    }
}

#[test]
fn a_kind_of_a_newer_version_has_its_bytes_all_the_same() {
    let item = &run(1)[0];
    let mut packer = Packer::default();
    packer.push(&item.statement, true, |_| true).unwrap();
    let mut columns = packer.finish();
    columns.kind.values[0] = "visit-imagined".into();
    let unpacked = columns.unpack(&[Some(&item.content)], &mut Budget::new()).unwrap().remove(0);
    let Header { key, subject, issued_at_s, seq, prev, beacon, continuous, .. } =
        Claimed::read(&item.statement).unwrap().header;
    let newer = Header { kind: "visit-imagined", key, subject, issued_at_s, seq, prev, beacon, continuous };
    assert_eq!(unpacked.statement, statement::compose(&newer, codec::hash(&item.content), [1; 64]).1);
}

#[test]
fn columns_that_do_not_fit_each_other_are_refused() {
    let items = run(3);
    let contents: Vec<_> = items.iter().map(|item| Some(item.content.as_slice())).collect();
    let changed = |change: &dyn Fn(&mut Statements)| {
        let mut packer = Packer::default();
        items.iter().for_each(|item| packer.push(&item.statement, true, |_| true).unwrap());
        let mut columns = packer.finish();
        change(&mut columns);
        columns.unpack(&contents, &mut Budget::new()).map(|unpacked| unpacked.len())
    };
    assert_eq!(changed(&|_| ()), Ok(3));
    assert_eq!(changed(&|columns| columns.signature.truncate(100)), Err(PackedError::Length));
    assert_eq!(changed(&|columns| columns.signature.push(0)), Err(PackedError::Length));
    assert_eq!(changed(&|columns| columns.prev.extend([0; 32])), Err(PackedError::Length));
    assert_eq!(changed(&|columns| columns.skipped.truncate(2)), Err(PackedError::Length));
    assert_eq!(changed(&|columns| columns.key.rows[1] = 1), Err(PackedError::Range));
    assert_eq!(changed(&|columns| columns.skipped[0] = -1), Err(PackedError::Range));
    assert_eq!(changed(&|columns| columns.elapsed_ms[0] = -1), Err(PackedError::Range));
    assert_eq!(changed(&|columns| columns.epoch.values[0].0.push(0)), Err(PackedError::Range));
    assert_eq!(
        changed(&|columns| columns.kind.values[0] = "k".repeat(9_000_000)),
        Err(PackedError::TooLarge)
    );
}

#[test]
fn a_few_bytes_do_not_become_much_in_memory() {
    let scope = Scope::Operator;
    let mut items = pulled(&[]);
    let one = &run(1)[0];
    items.resize(
        1_500,
        PullItem {
            leaf_index: 0,
            statement: one.statement.clone(),
            content: Some(Content(one.content.clone())),
            scopes: vec![scope; 2_000],
            flags: Vec::new(),
        },
    );
    let (count, columns) = <PullItem as Item>::Columns::pack(&items);
    assert_eq!(count, items.len());
    assert!(cbor::to_vec(&columns).unwrap().len() < 1024 * 1024);
    assert_eq!(columns.unpack(&mut Budget::new()), Err(PackedError::TooLarge));
}

proptest! {
    #[test]
    fn any_items_go_there_and_back(rows in rows()) {
        let request = PushRequest { items: items(&rows), known_tree_size: 3 };
        let bytes = cbor::to_vec(&request).unwrap();
        prop_assert_eq!(cbor::from_slice::<PushRequest>(&bytes).unwrap(), request);
        let items = pulled(&rows);
        prop_assert_eq!(unpack(pack(&items)).unwrap(), items);
    }

    #[test]
    fn damaged_columns_never_crash(rows in rows(), at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
        let request = PushRequest { items: items(&rows), known_tree_size: 3 };
        let mut bytes = cbor::to_vec(&request).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = cbor::from_slice::<PushRequest>(&bytes);
        bytes.truncate(cut.index(bytes.len()));
        let _ = cbor::from_slice::<PushRequest>(&bytes);
    }
}
