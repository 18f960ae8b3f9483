use client::ipc::{
    CodeImage, ConfirmVisit, ConfirmationState, ErrorCode, FinishVisit, ReadCode, VisitRef, VisitView,
};
use esep_tests::operator::Operator;
use esep_tests::person::{Person, code};
use esep_tests::picture;

use super::{exported, folder};

/// Who comes to a network first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    /// The specialist brings the parent's answer along.
    Specialist,
    /// The parent brings the visit along.
    Parent,
    /// The parent, while another visit of the specialist waits that comes before: the operator cannot take this one
    /// yet, and the answer is in the log before its visit.
    ParentBeforeAnEarlierVisit,
}

/// Looks at the other's screen: at a picture of it, as a camera does.
async fn scan(reader: &Person, shower: &Person, visit: &str) -> VisitView {
    let shown = shower.app.show_code(VisitRef { visit: visit.into() }).await.expect("a code");
    assert!(shown.version <= 25, "old phones read it: version {}", shown.version);
    let request = CodeImage { image_base64: picture::of_code(&shown) };
    let text = reader.app.read_code_image(request).await.expect("the picture is readable");
    reader.app.read_code(ReadCode { text }).await.expect("the code is good").visit
}

async fn row(person: &Person, visit: &str) -> VisitView {
    let mut rows: Vec<_> = person.visits().await.into_iter().filter(|row| row.id == visit).collect();
    assert_eq!(rows.len(), 1, "one visit, wherever it came from");
    rows.remove(0)
}

/// How often each kind stands in the operator's log.
fn count(operator: &Operator, kind: &str) -> usize {
    let target = folder();
    let to = target.path().join("log");
    Operator::command(operator.dir(), &["export", "--out", &to.to_string_lossy()]);
    exported(&to).iter().filter(|found| *found == kind).count()
}

/// Two phones and no network: the visit is shown, read, confirmed and shown back. Then one side alone reaches the
/// operator, later the other: there is one answer, and everybody sees it.
pub(super) async fn answered_without_network(first: First) {
    let dir = folder();
    let (mut operator, demo) = Operator::start_demo(&dir.path().join("operator"));
    let specialist = Person::ready(&dir.path().join("specialist"), &demo.busiest_specialist().link).await;
    let coordinator = Person::ready(&dir.path().join("coordinator"), &demo.person("coordinator").link).await;
    let children = specialist.children().await;
    let (mut found, mut stranger) = (None, None);
    for (index, person) in demo.people("representative").enumerate() {
        let parent = Person::ready(&dir.path().join(format!("parent-{index}")), &person.link).await;
        let own =
            parent.children().await.into_iter().find(|own| children.iter().any(|known| known.id == own.id));
        match own {
            Some(child) if found.is_none() => found = Some((parent, child.id)),
            _ => stranger = Some(parent),
        }
        if found.is_some() && stranger.is_some() {
            break;
        }
    }
    let (parent, child) = found.expect("the demo has a parent whose child this specialist visits");
    let stranger = stranger.expect("the demo has more than one family");

    operator.kill();
    if first == First::ParentBeforeAnEarlierVisit {
        specialist.visit(&[&child], None).await.expect("an earlier visit that waits");
    }
    let visit = specialist.visit(&[&child], None).await.expect("offline is fine").visits[0].id.clone();
    let finish = FinishVisit { visit: visit.clone(), finished_at_ms: None };
    specialist.app.finish_visit(finish).await.expect("a begun visit can be finished");

    let shown = specialist.app.show_code(VisitRef { visit: visit.clone() }).await.expect("a code");
    if !stranger.children().await.iter().any(|known| known.id == child) {
        let read = stranger.app.read_code(ReadCode { text: shown.text }).await;
        assert_eq!(code(read), ErrorCode::CodeOfOtherFamily);
    }
    let seen = scan(&parent, &specialist, &visit).await;
    assert!(seen.can_answer && !seen.specialist.name.is_empty(), "who came is known here: {seen:?}");
    let confirm = ConfirmVisit { visit: visit.clone(), basis: Some(seen.basis) };
    let confirmed = parent.app.confirm_visit(confirm).await.expect("confirmed before the visit came by pull");
    assert_eq!(confirmed.confirmation, ConfirmationState::Confirmed);
    let stands = scan(&specialist, &parent, &visit).await;
    assert_eq!(stands.confirmation, ConfirmationState::Confirmed);

    let (now, later) = match first {
        First::Specialist => (&specialist, &parent),
        First::Parent | First::ParentBeforeAnEarlierVisit => (&parent, &specialist),
    };
    // A closed account sends nothing by itself.
    later.app.lock().await.expect("locked");
    operator.restart();
    now.sync().await;
    assert_eq!(count(&operator, "visit-confirmed"), 1, "the side that has a network brought it");
    let visits = count(&operator, "visit-registered");
    assert_eq!(visits, usize::from(first != First::ParentBeforeAnEarlierVisit));
    // A reader whose cursor has passed the answer still gets it with the visit.
    coordinator.sync().await;

    later.unlock().await.expect("the PIN is right");
    later.sync().await;
    now.sync().await;
    coordinator.sync().await;
    assert_eq!(count(&operator, "visit-confirmed"), 1, "once, whoever brought it");
    for person in [&specialist, &parent, &coordinator] {
        let row = row(person, &visit).await;
        assert_eq!(row.confirmation, ConfirmationState::Confirmed);
        assert_eq!(row.answers.len(), 1);
        assert!(
            !row.flags.iter().any(|flag| flag == "unknown-subject" || flag == "no-authority"),
            "{:?}",
            row.flags
        );
    }
    Operator::command(operator.dir(), &["doctor"]);
}
