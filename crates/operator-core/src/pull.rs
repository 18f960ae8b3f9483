//! Statements down, by scope (docs/PROTOCOL.md, "Pull").

mod behind;

use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;

use domain::id::{KeyId, PersonId};
use domain::scope::{Scope, Sight};
use wire::pull::{Behind, Content, MAX_ITEMS, PullItem, PullRequest, PullResponse};

use crate::authorise::told;
use crate::head;
use crate::scopes;
use crate::store::{Delivery, Entry, PageQuery, StoreError, StoreRead};

/// Contents and statements of one answer, in bytes; a page ends early rather than be too large for a phone.
const PAGE_BYTES: usize = 3 * 1024 * 1024;
/// Up to so many leaves what is left is counted; beyond, it is estimated from how densely the page's own items stand.
/// It is shown as progress and decides nothing, and counting the whole rest for each page is work that grows with the
/// square of the log.
const COUNTED_LEAVES: u64 = 4_000;
/// A page whose leaves are at least every so manieth of their stretch is read as a stretch, not leaf by leaf.
const DENSE: u64 = 2;
/// So many contents are read in one go.
const CONTENTS: u64 = 128;

/// Answers a pull of a person's device from a snapshot.
///
/// # Errors
/// Those of the store.
pub fn pull(
    read: &dyn StoreRead,
    person: PersonId,
    key: KeyId,
    request: &PullRequest,
    now_ms: i64,
) -> Result<PullResponse, StoreError> {
    let scopes = scopes::scopes_of(read, person, now_ms)?;
    let scopes_version = scopes::version(&scopes);
    let checkpoint = head::checkpoint(read, request.known_tree_size)?;
    let end = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.tree_size);
    let limit = request.limit.clamp(1, MAX_ITEMS);
    let reader = Reader { read, key, scopes: &scopes };

    let urgent = reader.page(&scopes, (request.urgent_cursor, end), limit, true)?;
    let mut response = PullResponse {
        scopes_version,
        scopes: None,
        urgent: urgent.items,
        urgent_cursor: urgent.cursor.max(request.urgent_cursor),
        items: Vec::new(),
        cursor: request.cursor,
        backfill_cursor: None,
        behind: None,
        more: true,
        remaining: 0,
        checkpoint,
        lacks_contents: !read.lost_contents(0, 1)?.is_empty(),
    };
    if request.scopes_version != Some(scopes_version) {
        response.scopes = Some(scopes.iter().copied().collect());
        return Ok(response);
    }
    if let Some(backfill) = request.backfill.as_ref().filter(|backfill| backfill.cursor < request.cursor) {
        let gained: BTreeSet<Scope> =
            backfill.scopes.iter().copied().filter(|scope| scopes.contains(scope)).collect();
        let page = reader.whole_page(&gained, (backfill.cursor, request.cursor), limit, request.behind)?;
        let ahead = (request.cursor, end);
        response.backfill_cursor = Some(page.cursor);
        response.remaining = page.remaining + reader.left(&scopes, ahead, page.density)?;
        response.more =
            page.cursor < request.cursor || reader.is_any(&scopes, ahead)? || reader.is_any_behind(ahead)?;
        response.behind = page.behind;
        response.items = page.items;
        return Ok(response);
    }
    let page = reader.whole_page(&scopes, (request.cursor, end), limit, request.behind)?;
    // A cursor beyond the log is that of another history; it stays where it is and the checkpoint tells the rest.
    response.cursor = page.cursor.max(request.cursor);
    // Gained scopes that had caught up move on with all others.
    response.backfill_cursor = request.backfill.as_ref().map(|_| response.cursor);
    response.remaining = page.remaining;
    response.more = page.cursor < end || response.urgent_cursor < end || page.behind.is_some();
    response.behind = page.behind;
    response.items = page.items;
    Ok(response)
}

struct Page {
    items: Vec<PullItem>,
    size_bytes: usize,
    /// What comes in front of it is not at its end.
    behind: Option<Behind>,
    /// Leaves below this one were delivered.
    cursor: u64,
    remaining: u64,
    density: Density,
}

/// What an item counts for in [`PAGE_BYTES`].
fn bytes_of(item: &PullItem) -> usize {
    item.statement.len() + item.content.as_ref().map_or(0, |content| content.0.len())
}

/// How many items there were in how many leaves.
#[derive(Clone, Copy)]
struct Density {
    items: u64,
    leaves: u64,
}

impl Density {
    /// How many items there are about in so many more leaves; one at least, because something is left.
    fn expect(self, leaves: u64) -> u64 {
        let items = u128::from(leaves) * u128::from(self.items) / u128::from(self.leaves.max(1));
        u64::try_from(items).unwrap_or(u64::MAX).max(1)
    }
}

struct Reader<'a> {
    read: &'a dyn StoreRead,
    key: KeyId,
    scopes: &'a BTreeSet<Scope>,
}

impl Reader<'_> {
    fn query<'q>(
        &self,
        scopes: &'q BTreeSet<Scope>,
        (from, to): (u64, u64),
        urgent_only: bool,
    ) -> PageQuery<'q> {
        PageQuery { scopes, from, to, without_key: self.key, urgent_only }
    }

    /// How many items are about left in a stretch of the log.
    fn left(
        &self,
        scopes: &BTreeSet<Scope>,
        (from, to): (u64, u64),
        density: Density,
    ) -> Result<u64, StoreError> {
        let leaves = to.saturating_sub(from);
        if leaves <= COUNTED_LEAVES {
            return self.read.count(&self.query(scopes, (from, to), false));
        }
        Ok(density.expect(leaves))
    }

    fn is_any(&self, scopes: &BTreeSet<Scope>, range: (u64, u64)) -> Result<bool, StoreError> {
        Ok(!self.read.page(&self.query(scopes, range, false), 1)?.is_empty())
    }

    fn page(
        &self,
        wanted: &BTreeSet<Scope>,
        (from, to): (u64, u64),
        limit: u32,
        urgent_only: bool,
    ) -> Result<Page, StoreError> {
        let Found { deliveries, of_all_scopes, end } = self.find(wanted, (from, to), limit, urgent_only)?;
        let mut leaves = Leaves::of(self, &deliveries, of_all_scopes)?;
        let (mut items, mut size_bytes) = (Vec::with_capacity(deliveries.len()), 0);
        let mut cut = false;
        for delivery in deliveries {
            let item = self.item(delivery, &mut leaves)?;
            if size_bytes + bytes_of(&item) > PAGE_BYTES && !items.is_empty() {
                cut = true;
                break;
            }
            size_bytes += bytes_of(&item);
            items.push(item);
        }
        let after_last = items.last().map_or(from, |item: &PullItem| item.leaf_index + 1);
        let cursor = if cut { after_last } else { end };
        let density = Density { items: items.len() as u64, leaves: cursor.saturating_sub(from) };
        let remaining = match cursor < to && !urgent_only {
            true => self.left(wanted, (cursor, to), density)?,
            false => 0,
        };
        Ok(Page { items, size_bytes, behind: None, cursor, remaining, density })
    }

    /// What is addressed to the wanted scopes, at most so much. A backfill asks for some scopes only, but what the reader
    /// may see follows from all of them. So it is looked for in all of them; where others hold most of it, each leaf is
    /// asked about by itself.
    fn find(
        &self,
        wanted: &BTreeSet<Scope>,
        (from, to): (u64, u64),
        limit: u32,
        urgent_only: bool,
    ) -> Result<Found, StoreError> {
        let find = |scopes| {
            let deliveries = self.read.page(&self.query(scopes, (from, to), urgent_only), limit)?;
            let is_last = deliveries.len() < limit as usize;
            let after_last = deliveries.last().map_or(from, |delivery: &Delivery| delivery.leaf_index + 1);
            let end = if is_last { to } else { after_last };
            Ok::<_, StoreError>(Found { deliveries, of_all_scopes: scopes.len() == self.scopes.len(), end })
        };
        if wanted.len() == self.scopes.len() {
            return find(wanted);
        }
        let mut found = find(self.scopes)?;
        let all_count = found.deliveries.len() as u64;
        found.deliveries.retain(|delivery| delivery.scopes.iter().any(|scope| wanted.contains(scope)));
        if all_count > DENSE * found.deliveries.len() as u64 { find(wanted) } else { Ok(found) }
    }

    /// What is sent of a leaf.
    fn item(&self, delivery: Delivery, leaves: &mut Leaves) -> Result<PullItem, StoreError> {
        let leaf_index = delivery.leaf_index;
        let entry = match take(&mut leaves.entries, leaf_index, |entry| entry.leaf_index) {
            Some(entry) => entry,
            None => {
                self.read.entry(leaf_index)?.ok_or(StoreError::Damaged("an audience points past the log"))?
            }
        };
        let (scopes, sight) = match leaves.of_all_scopes {
            true => (delivery.scopes, delivery.sight),
            false => {
                let mut held = self.read.audiences(leaf_index)?;
                held.retain(|(scope, _)| self.scopes.contains(scope));
                let best = held.iter().map(|(_, sight)| *sight).max();
                (held.into_iter().map(|(scope, _)| scope).collect(), best.unwrap_or(delivery.sight))
            }
        };
        let content = match sight {
            Sight::Whole => leaves.content(self.read, leaf_index)?,
            Sight::Envelope => None,
        };
        let (content, flags) = (content.map(Content), told::to(self.read, self.scopes, &entry)?);
        Ok(PullItem { leaf_index, statement: entry.statement, content, scopes, flags })
    }
}

/// What a page consists of.
struct Found {
    deliveries: Vec<Delivery>,
    /// They name all scopes of the reader that hold them.
    of_all_scopes: bool,
    /// Leaves below this one were looked at.
    end: u64,
}

/// Leaves of a page that were read in one go, because they lie close to each other.
#[derive(Default)]
struct Leaves {
    /// Their deliveries name all scopes of the reader that hold them.
    of_all_scopes: bool,
    stretch: Range<u64>,
    /// In the order of the log, as they are asked for.
    entries: VecDeque<Entry>,
    /// Of a part of the stretch only: each may be large, and others' lie between them.
    contents: VecDeque<(u64, Vec<u8>)>,
    contents_of: Range<u64>,
}

impl Leaves {
    fn of(reader: &Reader<'_>, deliveries: &[Delivery], of_all_scopes: bool) -> Result<Self, StoreError> {
        let mut leaves = Self { of_all_scopes, ..Self::default() };
        let (Some(first), Some(last)) = (deliveries.first(), deliveries.last()) else { return Ok(leaves) };
        let (from, to) = (first.leaf_index, last.leaf_index + 1);
        let Ok(count) = u32::try_from(to - from) else { return Ok(leaves) };
        if u64::from(count) > DENSE * deliveries.len() as u64 {
            return Ok(leaves);
        }
        leaves.stretch = from..to;
        leaves.entries = reader.read.entries(from, count)?.into();
        Ok(leaves)
    }

    fn content(&mut self, read: &dyn StoreRead, leaf_index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        if !self.stretch.contains(&leaf_index) {
            return read.content(leaf_index);
        }
        if !self.contents_of.contains(&leaf_index) {
            self.contents_of = leaf_index..self.stretch.end.min(leaf_index + CONTENTS);
            self.contents = read.contents(self.contents_of.start, self.contents_of.end)?.into();
        }
        Ok(take(&mut self.contents, leaf_index, |(leaf_index, _)| *leaf_index).map(|(_, content)| content))
    }
}

/// Takes what belongs to a leaf out of what is in the order of the log; what is before it is asked for no more.
fn take<T>(ordered: &mut VecDeque<T>, leaf_index: u64, leaf_of: impl Fn(&T) -> u64) -> Option<T> {
    while ordered.front().is_some_and(|first| leaf_of(first) < leaf_index) {
        ordered.pop_front();
    }
    ordered.pop_front_if(|first| leaf_of(first) == leaf_index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_estimated_by_how_densely_it_stood() {
        let density = |items, leaves| Density { items, leaves };
        assert_eq!(density(1_000, 2_000).expect(10_000), 5_000);
        assert_eq!(
            density(1, u64::MAX).expect(10_000),
            1,
            "there may be nothing, but the end is not reached"
        );
        assert_eq!(density(u64::MAX, 1).expect(u64::MAX), u64::MAX);
        assert_eq!(density(0, 0).expect(7), 1);
    }
}
