//! An answer that is in the log before its visit, on the device of the visit's author: its own registration never comes
//! to it, and its cursor lies behind the answer.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use std::sync::Arc;

use client::testing::ManualClock;
use domain::Content;
use domain::content::{VisitConfirmed, VisitOutcome, VisitRegistered};
use domain::id::VisitId;
use domain::visit::Confirmation;
use esep_simulation::chance::Chance;
use esep_simulation::device::Device;
use esep_simulation::server::Server;
use esep_simulation::template::{NOW_MS, Template, Who, device_folder, operator_folder};
use journal::{Draft, Sealed, VisitIds};
use sync::Outbox as _;

/// Pulls what there is, in pages of this size.
fn pull(server: &mut Server, device: &Device, limit: u32) {
    let store = device.store();
    loop {
        let request = store.pull_request(limit).unwrap();
        let response = server.pull(device.key, &request).unwrap();
        let more = response.more || response.scopes.is_some();
        let applied = store.apply_pull(&request, response.into()).unwrap();
        assert_eq!(applied.rejected_count, 0);
        if !more {
            return;
        }
    }
}

async fn push(server: &mut Server, device: &Device) {
    let request = device.store().next_batch(None, 100, usize::MAX).unwrap();
    let response = server.push(device.key, request.clone()).await.unwrap();
    device.store().apply_push(&request, &response).unwrap();
    assert_eq!(device.store().waiting().unwrap().waiting_count, 0);
}

fn seal(device: &Device, visit: VisitId, content: impl Into<Content>) -> Sealed {
    let draft = Draft::new(visit, content);
    let appended = device.append(None, |appending| appending.seal(&draft).map(drop)).unwrap();
    appended.statements.into_iter().next().unwrap()
}

#[tokio::test]
async fn an_early_answer_reaches_the_author_of_its_visit_whose_cursor_has_passed_it() {
    for limit in [1, 3, 500] {
        let run = tempfile::tempdir().unwrap();
        let template = Template::get();
        template.copy_to(run.path()).unwrap();
        let mut chance = Chance::new(7);
        let mut server = Server::start(&operator_folder(run.path()), NOW_MS, chance.split(), None);
        let [author, second, parent] = [0, 1, 3].map(|number| {
            // Devices of their own: no two have an epoch in common.
            let clock = Arc::new(ManualClock::of_device(NOW_MS, number as u8));
            Device::start("device", &device_folder(run.path(), number), clock, chance.split())
        });
        for device in [&author, &second, &parent] {
            pull(&mut server, device, limit);
        }
        let visit =
            VisitIds::new(author.store().account().unwrap().unwrap().key.id(), NOW_MS, author.rng()).fresh();
        let cast = &template.cast;
        let registered = seal(
            &author,
            visit,
            VisitRegistered {
                child: cast.children[0],
                specialist: cast.person(Who::Specialist),
                organisation: cast.organisation,
                place: Some(cast.place),
                service: "speech-therapy".into(),
                outcome: VisitOutcome::Held,
                started_at_ms: NOW_MS,
                finished_at_ms: None,
                offset_min: 300,
                late: None,
                capture: None,
                warned: None,
            },
        );
        let confirmed = VisitConfirmed {
            basis: registered.id,
            representative: parent.person,
            answered_at_ms: NOW_MS,
            capture: None,
        };
        seal(&parent, visit, confirmed);
        push(&mut server, &parent).await;
        // The answer is there; whom it concerns nobody knows, and both cursors pass it.
        pull(&mut server, &author, limit);
        pull(&mut server, &second, limit);
        push(&mut server, &author).await;
        for device in [&author, &second] {
            pull(&mut server, device, limit);
            let row =
                device.store().read::<_, store::StoreError>(|reader| reader.visit(visit)).unwrap().unwrap();
            assert_eq!(row.confirmation, Confirmation::Confirmed, "pages of {limit}");
        }
    }
}
