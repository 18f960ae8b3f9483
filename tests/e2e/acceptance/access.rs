use client::ipc::{ErrorCode, VisitRef};
use esep_tests::operator::Operator;
use esep_tests::person::{Person, code, is_registered};

use super::folder;

/// A new care team brings the whole past of the child; leaving it takes everything away but the own statements.
pub(super) async fn access_gained_backfills_lost_forgets() {
    let dir = folder();
    let (operator, demo) = Operator::start_demo(&dir.path().join("operator"));
    let mut people = demo.people("specialist");
    let (first, second) = (people.next().expect("one"), people.next().expect("two"));
    let first_app = Person::ready(&dir.path().join("first"), &first.link).await;
    let second_app = Person::ready(&dir.path().join("second"), &second.link).await;

    let theirs: Vec<String> = second_app.children().await.into_iter().map(|child| child.id).collect();
    let child = first_app
        .children()
        .await
        .into_iter()
        .find(|child| !theirs.contains(&child.id))
        .expect("a child that only the first specialist visits");
    let past = first_app.visit(&[&child.id], None).await.expect("a visit").visits[0].id.clone();
    first_app.sync().await;
    second_app.sync().await;
    let hidden = second_app.app.visit(VisitRef { visit: past.clone() }).await;
    assert_eq!(code(hidden), ErrorCode::NotFound, "not for who is not in the team");

    let set = |person: &str, to: Option<&str>| {
        let mut arguments = vec!["care-team", "set", "--child", &child.id, "--person", person];
        arguments.extend(["--organisation", &demo.operator.organisation, "--function", "speech-therapy"]);
        arguments.extend(to.iter().flat_map(|to| ["--to", to]));
        Operator::command(operator.dir(), &arguments);
    };
    set(&second.person, None);
    second_app.sync().await;
    assert!(second_app.children().await.iter().any(|known| known.id == child.id), "the child came");
    let seen = second_app.app.visit(VisitRef { visit: past.clone() }).await.expect("with its past").visit;
    assert!(!seen.specialist.name.is_empty(), "a colleague is known by name");
    let own = second_app.visit(&[&child.id], None).await.expect("a visit").visits[0].id.clone();
    second_app.sync().await;

    set(&second.person, Some("2026-01-01"));
    second_app.sync().await;
    assert!(second_app.children().await.iter().all(|known| known.id != child.id), "the child is forgotten");
    let left = second_app.visits().await;
    let hidden = second_app.app.visit(VisitRef { visit: past.clone() }).await;
    assert_eq!(code(hidden), ErrorCode::NotFound, "and so is the colleague's visit");
    let mine = left.iter().find(|visit| visit.id == own).expect("the own visit stays");
    assert!(is_registered(mine));
    assert_ne!(mine.child.name, child.name, "without the child's name");
}
