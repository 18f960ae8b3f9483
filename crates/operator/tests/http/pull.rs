use domain::content::{CareTeamChanged, NotePurpose, VisitNoted, VisitOutcome, VisitRegistered};
use domain::scope::Scope;
use domain::{Clock as _, Content};

use crate::device::world;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_device_gets_the_own_history() {
    let world = world().await;
    let person = world.named("Сәрсенбаева");
    let mut old = world.ready_device_of(person).await;
    let child = world.demo.children.iter().find(|child| child.care_team.contains(&person.person)).unwrap();
    let visit = old.visit_id();
    let registered = VisitRegistered {
        child: child.child.parse().unwrap(),
        specialist: old.person,
        organisation: world.demo.operator.organisation.parse().unwrap(),
        place: None,
        service: "massage".into(),
        outcome: VisitOutcome::Held,
        started_at_ms: world.clock.utc_ms(),
        finished_at_ms: None,
        offset_min: 300,
        late: None,
        capture: None,
        warned: None,
    };
    let registered = old.seal(visit, registered);
    let note = VisitNoted { purpose: NotePurpose::Care, text: "Жазба".into(), about: None };
    let note = old.seal(visit, note);
    old.push(&[registered.clone(), note.clone()]).await.unwrap();

    let issued = operator::issue::issue(&world.instance, old.person, Some("http://127.0.0.1:1")).unwrap();
    let mut new = crate::device::Device::new(&world, person);
    new.link = issued.link;
    new.enrol().await.unwrap();
    let pulled = new.pull_all().await;
    for sealed in [&registered, &note] {
        let item = pulled.find(sealed.id).expect("the own history");
        assert_eq!(item.content.as_ref().unwrap().0, sealed.content);
    }
    assert!(pulled.contents().iter().any(|content| matches!(content, Content::AgreementAccepted(_))));
    assert!(pulled.scopes.contains(&Scope::Team(child.child.parse().unwrap())), "accepted on the old device");
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_a_care_team_gets_nothing_more_of_the_child() {
    let world = world().await;
    let specialist = world.ready_device_of(world.named("Сәрсенбаева")).await;
    let before = specialist.pull_all().await;
    let child =
        world.demo.children.iter().find(|c| c.care_team.contains(&specialist.person.to_string())).unwrap();
    let id: domain::id::ChildId = child.child.parse().unwrap();
    assert!(before.scopes.contains(&Scope::Child(id)));
    let left = CareTeamChanged {
        person: specialist.person,
        organisation: world.demo.operator.organisation.parse().unwrap(),
        function: "speech-therapy".into(),
        from_ms: 0,
        to_ms: Some(world.clock.utc_ms()),
    };
    world
        .instance
        .transact(|txn, operator| operator::change::set_care_team(txn, operator, id, left))
        .unwrap();
    let after = specialist.pull_all().await;
    assert!(!after.scopes.contains(&Scope::Child(id)) && !after.scopes.contains(&Scope::Team(id)));
    let about_child = |item: &wire::pull::PullItem| item.scopes.contains(&Scope::Child(id));
    assert!(before.items.iter().any(about_child) && !after.items.iter().any(about_child));
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_others_may_have_gets_nothing_more() {
    let world = world().await;
    let person = world.named("Сәрсенбаева");
    let stolen = world.ready_device_of(person).await;
    stolen.pull_all().await;
    let issued = operator::issue::issue(&world.instance, stolen.person, Some("http://127.0.0.1:1")).unwrap();
    let mut own = crate::device::Device::new(&world, person);
    own.link = issued.link;
    own.enrol().await.unwrap();
    let key = stolen.key.id();
    let device = world.instance.read().unwrap().bound_key(key).unwrap().unwrap().device;
    let compromised = domain::content::KeyCompromised { key, since_ms: world.clock.utc_ms() };
    let sealed = own.seal(device, compromised);
    own.push(&[sealed]).await.unwrap();
    let request = wire::pull::PullRequest {
        scopes_version: None,
        cursor: 0,
        backfill: None,
        known_tree_size: 0,
        urgent_cursor: 0,
        behind: None,
        limit: 50,
    };
    assert_eq!(stolen.pull(&request).await.unwrap_err().problem.code, wire::problem::ProblemCode::Revoked);
    own.pull_all().await;
    world.server.stop().await.unwrap();
}
