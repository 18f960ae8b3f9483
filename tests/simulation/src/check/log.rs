//! The operator's log.

use std::collections::{BTreeMap, BTreeSet};

use domain::Content;
use domain::content::{VisitConfirmed, VisitDisputed};
use domain::flag::Flag;
use domain::id::{CaptureId, StatementId, SubjectId, VisitId};
use operator_core::store::{Entry, Projections, StoreError};
use operator_core::{audit, project};
use store::StoreError as DeviceError;
use store::read::transport::Transport;

use super::entries;
use crate::server::Server;
use crate::world::World;

pub(super) fn check(world: &World, server: &mut Server, wrong: &mut Vec<String>) {
    let log = entries(server.instance());
    registered(world, &log, wrong);
    once(world, server, &log, wrong);
    whole(world, server, wrong);
    rebuilt(server, wrong);
    erased(world, server, &log, wrong);
}

/// I1: what was called saved is in the log, or, when the operator has lost its own, still on its device.
fn registered(world: &World, log: &[Entry], wrong: &mut Vec<String>) {
    let mut count: BTreeMap<StatementId, u64> = BTreeMap::new();
    for entry in log {
        *count.entry(entry.id).or_default() += 1;
    }
    for (id, count) in &count {
        if *count > 1 {
            wrong.push(format!("I2: {id} is in the log {count} times"));
        }
    }
    for said in world.said.iter().filter(|said| !said.went_with_the_file && !count.contains_key(&said.id)) {
        let device = &world.devices[said.device];
        let there = device.store().read::<_, DeviceError>(|reader| reader.transport(said.id));
        // An operator that lost its log, or one that lied, may leave it where it was written.
        let is_kept = match there {
            Ok(Some(Transport::Registered)) => world.lost_log.is_some(),
            Ok(Some(_)) => world.lost_log.is_some() || world.network.lock().lied_to.contains(&device.key),
            _ => false,
        };
        if !is_kept {
            wrong.push(format!(
                "I1: {} called a {:?} saved, and it is not in the log (on the device: {is_kept})",
                device.name, said.kind
            ));
        }
    }
}

/// I2: one tap is one visit. I6: each reading of the location has exactly one outcome for each visit that names it.
fn once(world: &World, server: &Server, log: &[Entry], wrong: &mut Vec<String>) {
    let read = server.instance().read().expect("the operator can be read");
    let mut taps: BTreeMap<i64, BTreeSet<VisitId>> = BTreeMap::new();
    let (mut begun, mut ended) = (BTreeSet::new(), BTreeMap::<(CaptureId, SubjectId), u64>::new());
    for entry in log {
        let Ok(Some(bytes)) = read.content(entry.leaf_index) else { continue };
        match journal::codec::decode(entry.kind, &bytes) {
            Ok(Content::VisitRegistered(visit)) => {
                taps.entry(visit.started_at_ms).or_default().insert(entry.subject.into());
                begun.extend(visit.capture.map(|capture| (capture, entry.subject)));
            }
            Ok(
                Content::VisitConfirmed(VisitConfirmed { capture, .. })
                | Content::VisitDisputed(VisitDisputed { capture, .. }),
            ) => begun.extend(capture.map(|capture| (capture, entry.subject))),
            Ok(Content::VisitLocated(located)) => {
                *ended.entry((located.capture, entry.subject)).or_default() += 1;
            }
            _ => {}
        }
    }
    for tap in &world.taps {
        let count = taps.get(&tap.started_at_ms).map_or(0, BTreeSet::len);
        if count > 1 {
            wrong.push(format!("I2: {} is {count} visits", tap.request));
        }
    }
    // With a thrown away file goes a reading that was not sent; with a lost log, whatever was in it.
    if world.restored.is_empty() && world.lost_log.is_none() {
        for (capture, visit) in &begun {
            let count = ended.get(&(*capture, *visit)).copied().unwrap_or_default();
            if count != 1 {
                wrong.push(format!(
                    "I6: the reading {capture} of the location at {visit} has {count} outcomes"
                ));
            }
        }
    }
}

/// I3: bytes, signatures, contents, series, tree and heads, by the operator's own audit.
fn whole(world: &World, server: &Server, wrong: &mut Vec<String>) {
    let instance = server.instance();
    let read = instance.read().expect("the operator can be read");
    let audit =
        audit::audit(read.as_ref(), instance.key.verifying_key(), audit::Signatures::Check, &mut |_| {});
    let findings = audit.expect("the log can be read").findings;
    // What names an erasure may be among the leaves that the operator waits for; the erasure is kept beside its mark.
    let is_known = |finding: &audit::Finding| {
        let is_erased = finding.statement.is_some_and(|id| world.erased.contains_key(&id));
        let is_waited_for = world.lost_log.is_some() && is_erased;
        finding.code == "content" && (is_waited_for || !world.hands.without_content.is_empty())
    };
    let findings = findings.into_iter().filter(|finding| !is_known(finding));
    wrong.extend(findings.map(|finding| format!("I3: {}: {}", finding.code, finding.detail)));
    let complaints = instance.store.check_file().expect("the file can be read");
    wrong.extend(complaints.into_iter().map(|complaint| format!("I1: the operator's file: {complaint}")));
}

/// I5: what follows from the log follows from it again.
fn rebuilt(server: &mut Server, wrong: &mut Vec<String>) {
    /// Ends the transaction without keeping it.
    enum End {
        Compared(Vec<String>),
        Store(StoreError),
    }
    impl From<StoreError> for End {
        fn from(error: StoreError) -> Self {
            End::Store(error)
        }
    }
    // While it waits for its lost end nothing is written, so nothing can be rolled back either.
    if server.instance().restored.is_waiting() {
        return;
    }
    let compared = server.instance().transact::<(), End>(|txn, _| {
        let before = txn.projections()?;
        project::rebuild(txn)?;
        Err(End::Compared(differing(&before, &txn.projections()?)))
    });
    match compared {
        Err(End::Compared(differing)) => wrong.extend(
            differing.iter().map(|row| format!("I5: the operator's projections differ when rebuilt: {row}")),
        ),
        Err(End::Store(error)) => wrong.push(format!("I5: the operator cannot rebuild: {error:?}")),
        Ok(()) => wrong.push("I5: the rebuild was kept".into()),
    }
}

/// I5: what was erased is nowhere in the operator's files.
fn erased(world: &World, server: &mut Server, log: &[Entry], wrong: &mut Vec<String>) {
    let read = server.instance().read().expect("the operator can be read");
    for entry in log.iter().filter(|entry| world.erased.contains_key(&entry.id)) {
        assert!(!entry.flags.contains(&Flag::UnreadableContent));
        if !matches!(read.content(entry.leaf_index), Ok(None)) {
            wrong.push(format!("I5: an erased content is at leaf {} again", entry.leaf_index));
        }
    }
    drop(read);
    // The operator's own restore from an older copy is another matter: that copy held it lawfully.
    if world.lost_log.is_some() || world.erased.is_empty() {
        return;
    }
    server.between(|folder| {
        for file in std::fs::read_dir(folder).expect("it is there").flatten() {
            let bytes = std::fs::read(file.path()).expect("it can be read");
            for said in world.erased.values().filter(|said| !said.is_empty()) {
                if bytes.windows(said.len()).any(|window| window == said) {
                    wrong.push(format!("I5: an erased text still stands in {:?}", file.file_name()));
                }
            }
        }
    });
}

/// Rows that only one of the two has.
fn differing(before: &Projections, after: &Projections) -> Vec<String> {
    fn of<T: std::fmt::Debug + PartialEq>(before: &[T], after: &[T]) -> Vec<String> {
        let gone = before.iter().filter(|row| !after.contains(row)).map(|row| format!("gone {row:?}"));
        let new = after.iter().filter(|row| !before.contains(row)).map(|row| format!("new {row:?}"));
        gone.chain(new).collect()
    }
    [
        of(&before.facts, &after.facts),
        of(&before.keys, &after.keys),
        of(&before.visits, &after.visits),
        of(&before.audiences, &after.audiences),
        of(&before.readings, &after.readings),
        of(&before.traces, &after.traces),
    ]
    .concat()
}
