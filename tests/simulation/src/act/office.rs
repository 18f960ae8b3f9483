//! What officers of the operator do.

use domain::Kind;
use domain::content::{ContentErased, RevocationReason};
use domain::id::StatementId;
use operator::change;
use operator_core::erase;
use operator_core::store::StoreError;

use crate::template::{care_team, representation};
use crate::world::World;

fn sure<T>(changed: Result<T, change::ChangeError>) -> Result<T, StoreError> {
    changed.map_err(|error| match error {
        change::ChangeError::Store(error) => error,
        other => panic!("an officer may do this: {other}"),
    })
}

impl World {
    pub(super) async fn change_care_team(&mut self) {
        let keys: Vec<_> = self.teams.keys().copied().collect();
        let Some(&(child, person)) = self.chance.pick(&keys) else { return };
        let since = self.teams[&(child, person)];
        let mut server = self.server.lock().await;
        let now_ms = server.instance().now_ms();
        let team = match since {
            Some(from_ms) => care_team(&self.cast, person, from_ms, Some(now_ms)),
            None => care_team(&self.cast, person, now_ms, None),
        };
        let id = self.cast.children[child];
        let done = server.officer(|txn, operator| sure(change::set_care_team(txn, operator, id, team)));
        drop(server);
        if done.is_some() {
            self.teams.insert((child, person), since.is_none().then_some(now_ms));
        }
        let what = if since.is_some() { "ends" } else { "begins" };
        self.tell(format!("the office {what} a place in the care team of child {child}: {}", done.is_some()));
    }

    pub(super) async fn change_representation(&mut self) {
        let child = self.chance.below(2) as usize;
        let [_, _, parent, _] = self.cast.people;
        let is_over = self.chance.one_in(2);
        let mut server = self.server.lock().await;
        let now_ms = server.instance().now_ms();
        let changed = representation(parent, now_ms - 1_000, is_over.then_some(now_ms));
        let id = self.cast.children[child];
        let done =
            server.officer(|txn, operator| sure(change::set_representation(txn, operator, id, changed)));
        drop(server);
        let what = if is_over { "ends" } else { "begins" };
        self.tell(format!("the office {what} a representation of child {child}: {}", done.is_some()));
    }

    /// The content of a registered note is erased by law, or that of what registered a visit.
    pub(super) async fn erase(&mut self) {
        let visits = self.said.iter().filter(|said| said.kind == Kind::VisitRegistered).map(|said| said.id);
        let visits = visits.filter(|_| self.plan.erases_visits);
        let candidates = self.notes.keys().copied().chain(visits);
        let candidates: Vec<StatementId> = candidates.filter(|id| !self.erased.contains_key(id)).collect();
        let Some(&id) = self.chance.pick(&candidates) else { return };
        let mut server = self.server.lock().await;
        let registered = server.instance().read().and_then(|read| read.entry_by_id(id));
        let Ok(Some(entry)) = registered else { return };
        let what = if entry.kind == Kind::VisitNoted { "note" } else { "visit" };
        let said = match self.notes.get(&id) {
            Some(text) => text.clone().into_bytes(),
            None => {
                let read = server.instance().read().expect("the operator can be read");
                read.content(entry.leaf_index).expect("it can be read").unwrap_or_default()
            }
        };
        let done = server.officer(|txn, operator| {
            let erased_at_ms = operator.clock.utc_ms();
            let erased = ContentErased { statements: vec![id], basis: "сұрау".into(), erased_at_ms };
            operator.state(txn, entry.subject, erased)?;
            erase::take_away(txn, &[id])
        });
        let is_done = match done {
            Some(()) => true,
            // The process ended, or the log waits: what it says counts. What it lacks is not erased by that.
            None => {
                let is_lost = server.lost_contents().contains(&entry.leaf_index);
                let read = server.instance().read().expect("the operator can be read");
                !is_lost && read.content(entry.leaf_index).is_ok_and(|content| content.is_none())
            }
        };
        if is_done {
            let instance = server.instance();
            let read = instance.read().expect("the operator can be read");
            instance.folder.erasures().follow(read.as_ref()).expect("what was erased is written down");
            drop(read);
            self.erased.insert(id, said);
        }
        drop(server);
        self.tell(format!("the office erases a {what}: {is_done}"));
    }

    pub(super) async fn revoke(&mut self) {
        if !self.plan.revoked || !self.revoked.is_empty() {
            return;
        }
        // Never the first: somebody must go on.
        let number = 1 + self.chance.below(4) as usize;
        let key = self.devices[number].key;
        let mut server = self.server.lock().await;
        let _ = server.officer(|txn, operator| {
            sure(change::revoke_device(txn, operator, key, RevocationReason::Lost)).map(drop)
        });
        let is_done = server.instance().read().and_then(|read| read.bound_key(key));
        drop(server);
        if is_done.is_ok_and(|bound| bound.is_some_and(|bound| !bound.is_in_force())) {
            self.revoked.insert(number);
            self.tell(format!("the office revokes {}", self.name(number)));
        }
    }
}
