//! Of a stretch of a series one signature is checked.

use sync::wire::pull::PullResponse;

use super::*;

/// What the specialist registered as visits 2, 3 and 4 in one stretch, on its way to the parent.
fn registered() -> (TestOperator, TestDevice, PullResponse) {
    let (mut operator, specialist, parent, _) = scene();
    specialist.state(&[2, 3, 4].map(|n| visit(n, SPECIALIST, CHILD).1));
    specialist.push(&mut operator);
    let request = parent.store.pull_request(100).unwrap();
    let page = operator.pull(&request, PARENT);
    assert_eq!(page.items.len(), 3);
    (operator, parent, page)
}

fn page() -> (TestDevice, PullResponse) {
    let (_, parent, page) = registered();
    (parent, page)
}

fn judge(device: &TestDevice, page: PullResponse) -> Vec<Verdict> {
    device.store.judge_pull(page).unwrap().verdicts.unwrap()
}

fn is_believed(verdicts: &[Verdict]) -> Vec<bool> {
    verdicts.iter().map(|verdict| matches!(verdict, Verdict::Believed(_))).collect()
}

fn break_signature(page: &mut PullResponse, at: usize) {
    *page.items[at].statement.last_mut().unwrap() ^= 1;
}

#[test]
fn the_last_signature_vouches_for_the_statements_before_it() {
    let (parent, mut page) = page();
    break_signature(&mut page, 0);
    break_signature(&mut page, 1);
    assert_eq!(is_believed(&judge(&parent, page)), [true, true, true]);
}

#[test]
fn where_the_last_does_not_verify_each_stands_for_itself() {
    let (parent, mut page) = page();
    break_signature(&mut page, 2);
    assert_eq!(is_believed(&judge(&parent, page.clone())), [true, true, false]);
    break_signature(&mut page, 0);
    assert_eq!(is_believed(&judge(&parent, page)), [false, true, false]);
}

#[test]
fn a_statement_that_is_missing_ends_the_stretch() {
    let (parent, mut page) = page();
    break_signature(&mut page, 0);
    page.items.remove(1);
    assert_eq!(is_believed(&judge(&parent, page)), [false, true]);
}

#[test]
fn what_comes_twice_is_judged_twice() {
    let (parent, mut page) = page();
    page.items.push(page.items[0].clone());
    assert_eq!(is_believed(&judge(&parent, page.clone())), [true; 4]);
    break_signature(&mut page, 0);
    break_signature(&mut page, 3);
    let believed = is_believed(&judge(&parent, page));
    assert_eq!(believed[1..3], [true, true]);
    assert!(believed[0] != believed[3], "one of the two is vouched for, the other stands for itself");
}

#[test]
fn each_signature_of_the_operator_is_checked() {
    let (mut operator, ..) = scene();
    let fresh = TestDevice::bound(&mut operator, COORDINATOR, 0x84);
    let lists = fresh.store.pull_request(100).unwrap();
    fresh.store.apply_pull(&lists, operator.pull(&lists, COORDINATOR).into()).unwrap();
    let request = fresh.store.pull_request(100).unwrap();
    let page = operator.pull(&request, COORDINATOR);
    let verdicts = judge(&fresh, page.clone());
    let by_operator = |verdict: &Verdict| matches!(verdict, Verdict::Believed(statement) if statement.header().key == operator.key.id());
    let places: Vec<usize> = (0..verdicts.len()).filter(|&at| by_operator(&verdicts[at])).collect();
    assert!(places.len() > 5, "{places:?}");
    for at in places {
        let mut broken = page.clone();
        break_signature(&mut broken, at);
        assert!(matches!(judge(&fresh, broken)[at], Verdict::Rejected("bad-signature")), "{at}");
    }
}

#[test]
fn whatever_byte_is_changed_nothing_is_believed_that_nobody_signed() {
    let (parent, page) = page();
    let ids = |verdicts: &[Verdict]| -> Vec<_> {
        let id = |verdict: &Verdict| match verdict {
            Verdict::Believed(statement) => Some(statement.id()),
            Verdict::Held(_) | Verdict::Rejected(_) => None,
        };
        verdicts.iter().map(id).collect()
    };
    let signed = ids(&judge(&parent, page.clone()));
    for at in 0..page.items.len() {
        for byte in 0..page.items[at].statement.len() {
            let mut changed = page.clone();
            changed.items[at].statement[byte] ^= 1;
            let believed = ids(&judge(&parent, changed));
            for (place, id) in believed.iter().enumerate() {
                assert!(
                    *id == signed[place] || place == at && id.is_none(),
                    "item {at}, byte {byte}, {place}"
                );
            }
        }
    }
}

fn bytes_at(device: &TestDevice, leaf_index: u64) -> Vec<u8> {
    let sql = "SELECT bytes FROM foreign_statement WHERE leaf_index = ?1";
    let read = |conn: &Connection| Ok::<_, StoreError>(conn.query_row(sql, [leaf_index], |row| row.get(0))?);
    device.store.with_reader(read).unwrap()
}

/// Pulls as if the scopes had been gained anew; the signature at that leaf comes right or spoiled.
fn pull_anew(device: &TestDevice, operator: &TestOperator, leaf_index: u64, is_right: bool) {
    let rewind = |transaction: &Transaction<'_>| {
        Ok::<_, StoreError>(transaction.execute("UPDATE log_position SET cursor = 0", [])?)
    };
    device.store.write(rewind).unwrap();
    let request = device.store.pull_request(100).unwrap();
    let mut page = operator.pull(&request, device.person());
    let at = page.items.iter().position(|item| item.leaf_index == leaf_index).unwrap();
    if !is_right {
        break_signature(&mut page, at);
    }
    let applied = device.store.apply_pull(&request, page.into()).unwrap();
    assert_eq!(applied.rejected_count, 0);
}

#[test]
fn a_right_signature_takes_the_place_of_a_spoiled_one_and_never_the_other_way_round() {
    let (operator, parent, page) = registered();
    let leaf_index = page.items[0].leaf_index;
    for (is_right, stays_right) in [(false, false), (true, true), (false, true)] {
        pull_anew(&parent, &operator, leaf_index, is_right);
        assert_eq!(bytes_at(&parent, leaf_index) == page.items[0].statement, stays_right);
        assert!(shown(&parent, 2).is_some(), "what was signed is shown");
    }
}

#[test]
fn nothing_but_the_signature_of_a_statement_can_be_changed() {
    let (operator, parent, page) = registered();
    parent.pull(&operator);
    let (leaf, right) = (page.items[0].leaf_index, &page.items[0].statement);
    let set = |bytes: &[u8]| {
        parent.store.write(|transaction| {
            let sql = "UPDATE foreign_statement SET bytes = ?2 WHERE leaf_index = ?1";
            Ok::<_, StoreError>(transaction.execute(sql, (leaf, bytes))?)
        })
    };
    let mut changed = right.clone();
    changed[right.len() - 65] ^= 1;
    for bytes in [&changed[..], &right[1..], &[], &[right.as_slice(), &[0]].concat()] {
        let refused = format!("{:?}", set(bytes).unwrap_err());
        assert!(refused.contains("statements are never changed"), "{refused}");
    }
    changed.clone_from(right);
    changed[right.len() - 64] ^= 1;
    set(&changed).unwrap();
}
