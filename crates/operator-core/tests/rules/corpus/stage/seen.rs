//! What a case ends with.

use domain::Clock as _;
use domain::flag::{Flag, standing};
use domain::id::VisitId;
use domain::visit::{Visit, VisitStatement};
use operator_core::store::Store as _;

use super::Stage;

impl Stage<'_> {
    /// What a person would see at each visit in the end: `v1 late-entry no-location`, sorted; nothing for those without.
    pub(in crate::corpus) fn found(&self) -> Vec<String> {
        let found = self.visits.iter().map(|(label, made)| (label, self.flags_of(made.id)));
        found
            .filter(|(_, flags)| !flags.is_empty())
            .map(|(label, flags)| format!("{label} {flags}"))
            .collect()
    }

    fn flags_of(&self, visit: VisitId) -> String {
        let read = self.world.store.read().unwrap();
        let entries = read.entries(0, u32::MAX).unwrap();
        let about: Vec<_> = entries.iter().filter(|entry| entry.subject == visit.into()).collect();
        let mut flags: Vec<Flag> = about.iter().flat_map(|entry| entry.flags.clone()).collect();
        let statements: Vec<VisitStatement> = about
            .iter()
            .map(|entry| VisitStatement {
                id: entry.id,
                author: read.bound_key(entry.key).unwrap().map(|key| key.person),
                has_authority: !entry.flags.contains(&Flag::NoAuthority),
                by_guest: entry.flags.contains(&Flag::OneDevice),
                content: read.said(entry.leaf_index).unwrap(),
            })
            .collect();
        if let Some(visit) = Visit::fold(visit, &statements).filter(|visit| visit.cancelled.is_none()) {
            flags.extend(standing(visit.confirmation(), visit.started_at_ms, self.world.clock.utc_ms()));
        }
        let mut codes: Vec<&str> = flags.iter().map(|flag| flag.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        codes.join(" ")
    }
}
