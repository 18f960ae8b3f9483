//! What is erased goes from the device, now or once it was sent.

use domain::content::ContentErased;

use super::*;

#[test]
fn erased_content_goes_and_never_comes_back() {
    let (mut operator, specialist, parent, _) = scene();
    let id = visit(1, SPECIALIST, CHILD).0;
    let story = parent.store.read(|reader| reader.story(id)).unwrap();
    let note = story.iter().find(|entry| entry.kind == Kind::VisitNoted).unwrap().id;
    let unsent = specialist.state(&[visit(2, SPECIALIST, CHILD).1])[0].id;
    let erased = ContentErased { statements: vec![note, unsent], basis: "Заң".into(), erased_at_ms: 1 };
    operator.state(RecordId::from_bytes([0x71; 16]), erased);
    for device in [&parent, &specialist] {
        device.pull(&operator);
        assert_eq!(shown(device, 1).unwrap().note, None);
        device.store.rebuild().unwrap();
        assert_eq!(shown(device, 1).unwrap().note, None);
    }
    assert!(shown(&specialist, 2).is_some(), "what is not registered is nobody's to erase");
    // An operator that sends it again, as after a restored backup.
    operator.revoke(PARENT, Scope::Family(CHILD));
    parent.pull(&operator);
    operator.grant(PARENT, [Scope::Family(CHILD)]);
    parent.pull(&operator);
    assert!(shown(&parent, 1).is_some());
    assert_eq!(shown(&parent, 1).unwrap().note, None);
    let story = parent.store.read(|reader| reader.story(id)).unwrap();
    let of_note = story.iter().find(|entry| entry.id == note).expect("the statement stays");
    assert!(of_note.content.is_none() && of_note.erased, "and says that it was erased");
    assert!(story.iter().all(|entry| entry.id == note || !entry.erased));
    assert_eq!(parent.store.read(|reader| reader.erased_visits_count()).unwrap(), 0);
}

#[test]
fn an_erased_visit_is_in_no_list_and_is_said_to_be_erased() {
    let (mut operator, specialist, parent, coordinator) = scene();
    let count = |device: &TestDevice| device.store.read(|reader| reader.erased_visits_count()).unwrap();
    let story = parent.store.read(|reader| reader.story(visit(1, SPECIALIST, CHILD).0)).unwrap();
    let registered = story.iter().find(|entry| entry.kind == Kind::VisitRegistered).unwrap().id;
    let erased = ContentErased { statements: vec![registered], basis: "Заң".into(), erased_at_ms: 1 };
    operator.state(RecordId::from_bytes([0x73; 16]), erased);
    for device in [&specialist, &parent, &coordinator] {
        assert_eq!(count(device), 0);
        device.pull(&operator);
        assert_eq!((count(device), shown(device, 1)), (1, None));
        device.store.rebuild().unwrap();
        assert_eq!((count(device), shown(device, 1)), (1, None));
        let story = device.store.read(|reader| reader.story(visit(1, SPECIALIST, CHILD).0)).unwrap();
        let entry = story.iter().find(|entry| entry.id == registered).unwrap();
        assert!(entry.erased && entry.content.is_none());
    }
}

#[test]
fn what_was_erased_before_its_receipt_came_goes_with_it() {
    let (mut operator, mut specialist, ..) = scene();
    let (second, registered) = visit(2, SPECIALIST, CHILD);
    let secret = VisitNoted { purpose: NotePurpose::Care, text: "Құпия жазба".into(), about: None };
    let unsent = specialist.state(&[registered, Draft::new(second, secret), visit(3, SPECIALIST, CHILD).1]);
    // The operator has it, and the answer was lost on the way.
    let lost = specialist.store.next_batch(None, 5, usize::MAX).unwrap();
    assert_eq!(operator.push(&lost, specialist.key()).outcomes.len(), 3);
    let statements = unsent[..2].iter().map(|sealed| sealed.id).collect();
    let erased = ContentErased { statements, basis: "Заң".into(), erased_at_ms: 1 };
    operator.state(RecordId::from_bytes([0x72; 16]), erased);
    specialist.pull(&operator);
    let kept =
        |device: &TestDevice| count(device, "SELECT count(*) FROM own_content JOIN outbox USING (seq)");
    assert_eq!(kept(&specialist), 3, "it may have to be sent still");
    specialist.restart();
    specialist.push(&mut operator);
    assert_eq!(count(&specialist, "SELECT count(*) FROM outbox"), 0);
    for _ in 0..2 {
        assert_eq!(shown(&specialist, 2).and_then(|visit| visit.note), None);
        assert!(shown(&specialist, 3).is_some(), "what was not erased stays");
        specialist.store.rebuild().unwrap();
    }
    let left = "SELECT count(*) FROM own_content c JOIN own_statement o ON o.seq = c.seq WHERE o.id IN
        (SELECT statement FROM erased)";
    assert_eq!(count(&specialist, left), 0);
    assert_eq!(count(&specialist, "SELECT count(*) FROM erased"), 2);
}
