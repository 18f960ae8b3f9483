//! What comes in front of a page: statements behind the reader's cursor that had no audience, or no content, when the
//! reader passed them.

use std::collections::{BTreeMap, BTreeSet};

use domain::scope::Scope;
use wire::pull::{Behind, PullItem};

use super::{Leaves, PAGE_BYTES, Page, Reader, bytes_of};
use crate::store::{Delivery, Entry, StoreError};

impl Reader<'_> {
    /// A page with what comes in front of it. When both are more than one answer holds, the answer has the beginning of
    /// what comes in front, no cursor moves, and the reader asks again from where it broke off.
    ///
    /// What comes in front of a page that ends inside of the log never changes. At the end of the log it may: then it
    /// comes once more with the next page, so nothing is lost when the reader has passed a leaf already.
    pub(super) fn whole_page(
        &self,
        wanted: &BTreeSet<Scope>,
        (from, to): (u64, u64),
        limit: u32,
        asked: Option<Behind>,
    ) -> Result<Page, StoreError> {
        let asked = asked.filter(|asked| (from..=to).contains(&asked.to));
        let (start, to) = asked.map_or((0, to), |asked| (asked.cursor, asked.to));
        let page = self.page(wanted, (from, to), limit, false)?;
        // A content that came back and that nothing followed yet comes with every page until something does.
        let behind_to = if page.cursor == to { to.saturating_add(1) } else { page.cursor };
        let mut behind = self.behind(from, behind_to, page.cursor)?;
        let mut behind = behind.split_off(&start);
        let (mut items, mut size_bytes) = (Vec::new(), 0);
        while let Some((leaf_index, entry)) = behind.pop_first() {
            let Some(item) = self.behind_item(wanted, entry)? else { continue };
            let is_full = size_bytes + bytes_of(&item) > PAGE_BYTES || items.len() >= limit as usize;
            if is_full && !items.is_empty() {
                return Ok(page.after(items, (from, leaf_index), 1 + behind.len()));
            }
            size_bytes += bytes_of(&item);
            items.push(item);
        }
        let is_full =
            size_bytes + page.size_bytes > PAGE_BYTES || items.len() + page.items.len() > limit as usize;
        if is_full && !items.is_empty() && !page.items.is_empty() {
            return Ok(page.after(items, (from, from), 0));
        }
        items.extend(page.items);
        Ok(Page { items, ..page })
    }

    /// Whether the page that goes on to the end of the log has something in front of it, though it may be empty itself.
    pub(super) fn is_any_behind(&self, (from, end): (u64, u64)) -> Result<bool, StoreError> {
        Ok(!self.behind(from, end.saturating_add(1), end)?.is_empty())
    }

    /// Statements below `from` that a page from there to `cursor` brings along: what was said about visits that were
    /// registered on the way before they came, also by the reader, who is not sent that; and what is about a content that
    /// came back while the log had a size below `to`.
    fn behind(&self, from: u64, to: u64, cursor: u64) -> Result<BTreeMap<u64, Entry>, StoreError> {
        let (mut behind, mut visits) = (Vec::new(), BTreeSet::new());
        for leaf_index in self.read.contents_back(from, to)? {
            let Some(back) = self.read.entry(leaf_index)? else { continue };
            if !back.kind.is_about_visit() {
                behind.push(back);
            } else if visits.insert(back.subject) {
                // What was said about a visit that nobody knew reached nobody either.
                behind.extend(self.read.entries_before(back.subject, from)?);
            }
        }
        if from > 0 {
            behind.extend(self.read.overtakers(from, cursor)?);
        }
        let is_for_reader = |entry: &Entry| entry.leaf_index < from && entry.key != self.key;
        Ok(behind.into_iter().filter(is_for_reader).map(|entry| (entry.leaf_index, entry)).collect())
    }

    /// What is sent of such a statement, if one of the wanted scopes holds it.
    fn behind_item(&self, wanted: &BTreeSet<Scope>, entry: Entry) -> Result<Option<PullItem>, StoreError> {
        let leaf_index = entry.leaf_index;
        let held = self.read.audiences(leaf_index)?;
        let held: Vec<_> = held.into_iter().filter(|(scope, _)| wanted.contains(scope)).collect();
        let Some(sight) = held.iter().map(|(_, sight)| *sight).max() else { return Ok(None) };
        let scopes = held.into_iter().map(|(scope, _)| scope).collect();
        let mut leaves = Leaves { of_all_scopes: wanted.len() == self.scopes.len(), ..Leaves::default() };
        leaves.entries.push_back(entry);
        Ok(Some(self.item(Delivery { leaf_index, sight, scopes }, &mut leaves)?))
    }
}

impl Page {
    /// The answer that holds only some of what comes in front of this page: the reader goes on from a leaf, and then has
    /// this page before it.
    fn after(self, items: Vec<PullItem>, (from, cursor): (u64, u64), left_count: usize) -> Page {
        Page {
            behind: Some(Behind { cursor, to: self.cursor }),
            cursor: from,
            remaining: self.remaining + (self.items.len() + left_count) as u64,
            items,
            ..self
        }
    }
}
