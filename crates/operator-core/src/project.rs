//! What follows from the log: facts, keys, visits, audiences. Disposable: [`rebuild`] makes them again from the journal
//! and its contents alone.

use domain::Kind;
use domain::consent;
use domain::content::Content;
use domain::flag::Flag;
use domain::id::{DeviceId, SubjectId, VisitId};
use domain::scope::{Scope, Sight, VisitParties};
use journal::{Header, Statement, VerifyingKey};

use crate::authorise::{self, Author, neighbour};
use crate::fact::fact_of;
use crate::store::trace::{ReadingRow, TraceRow};
use crate::store::{BoundKey, Entry, Projections, StoreError, StoreRead, StoreTxn, VisitRow, VisitSaid};

/// Journal rows that a rebuild reads at once.
const BATCH: u32 = 500;

/// Which statements that came before their visit are judged when it is projected. Each is judged once; from then on its
/// flags stand, whatever is registered behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overtakers {
    /// All: the visit came just now.
    Judge,
    /// The one at this leaf: its content came back just now.
    JudgeOnly(u64),
    /// None: they were, when the visit came.
    AsJudged,
}

/// Projects one registered statement. Its author must be the one to whom its key was bound then.
///
/// # Errors
/// Those of the store.
pub(crate) fn apply(
    txn: &mut dyn StoreTxn,
    entry: &Entry,
    header: &Header,
    author: &Author,
    content: Option<&Content>,
    overtakers: Overtakers,
) -> Result<(), StoreError> {
    let mut is_new_visit = false;
    if let Some(content) = content {
        let is_effective =
            ![Flag::NoAuthority, Flag::KeyRevoked].iter().any(|flag| entry.flags.contains(flag));
        if is_effective {
            put_facts(txn, entry, content)?;
            put_keys(txn, entry, author, content)?;
        }
        is_new_visit = put_visit(txn, entry, author, content)?;
        change_visit(txn, entry, author, content)?;
        put_reading(txn, entry, header, author, content)?;
    }
    put_trace(txn, entry, header, author, content)?;
    address(txn, author, entry, content)?;
    // Last: the device of a registration must have left its trace before an answer is held beside it.
    if is_new_visit { follow_overtakers(txn, entry, overtakers) } else { Ok(()) }
}

fn put_facts(txn: &mut dyn StoreTxn, entry: &Entry, content: &Content) -> Result<(), StoreError> {
    // An acceptance of a text that was never published accepts nothing.
    let accepts_nothing =
        matches!(content, Content::AgreementAccepted(_)) && !consent::is_acceptance(&entry.flags);
    match fact_of(entry.subject, content, entry.leaf_index) {
        Some(fact) if !accepts_nothing => txn.put_fact(&fact),
        _ => Ok(()),
    }
}

fn put_keys(
    txn: &mut dyn StoreTxn,
    entry: &Entry,
    author: &Author,
    content: &Content,
) -> Result<(), StoreError> {
    match content {
        Content::DeviceBound(bound) if *author == Author::Operator => {
            let key = VerifyingKey::from_cose_key(&bound.key)
                .map_err(|_| StoreError::Damaged("a bound key is not a key"))?;
            txn.put_bound_key(&BoundKey {
                key,
                person: bound.person,
                device: DeviceId::from(entry.subject),
                bound_at_ms: bound.bound_at_ms,
                revoked_at_ms: None,
                compromised_since_ms: None,
                host: bound.host,
            })
        }
        Content::DeviceRevoked(revoked) => match txn.bound_key(revoked.key)? {
            Some(key) => txn.put_bound_key(&BoundKey { revoked_at_ms: Some(revoked.revoked_at_ms), ..key }),
            None => Ok(()),
        },
        Content::KeyCompromised(compromised) => match txn.bound_key(compromised.key)? {
            Some(key) => {
                txn.put_bound_key(&BoundKey { compromised_since_ms: Some(compromised.since_ms), ..key })
            }
            None => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Whether there is a visit now that was not there before.
fn put_visit(
    txn: &mut dyn StoreTxn,
    entry: &Entry,
    author: &Author,
    content: &Content,
) -> Result<bool, StoreError> {
    let (Content::VisitRegistered(registered), Some(specialist)) = (content, author.person()) else {
        return Ok(false);
    };
    let visit = VisitId::from(entry.subject);
    // The first registration of an id is the visit; a second one changes nothing.
    if entry.flags.contains(&Flag::NoAuthority) || txn.visit(visit)?.is_some() {
        return Ok(false);
    }
    let parties = VisitParties { child: registered.child, specialist, organisation: registered.organisation };
    txn.put_visit(&VisitRow {
        visit,
        parties,
        said: Some(VisitSaid::first(registered)),
        basis: entry.id,
        leaf_index: entry.leaf_index,
    })?;
    Ok(true)
}

/// Puts a visit into the list of which nothing is left but whom it concerns, and addresses it as before.
///
/// # Errors
/// Those of the store.
pub(crate) fn put_erased_visit(
    txn: &mut dyn StoreTxn,
    leaf_index: u64,
    parties: VisitParties,
) -> Result<(), StoreError> {
    let unknown = StoreError::Damaged("a visit is of a leaf that is not in the log");
    let entry = txn.entry(leaf_index)?.ok_or(unknown)?;
    let visit = VisitId::from(entry.subject);
    let registers = entry.kind == Kind::VisitRegistered && !entry.flags.contains(&Flag::NoAuthority);
    if !registers || txn.visit(visit)?.is_some() {
        return Ok(());
    }
    txn.put_visit(&VisitRow { visit, parties, said: None, basis: entry.id, leaf_index })?;
    let VisitParties { child, specialist, organisation: _ } = parties;
    let circle = [Scope::Person(specialist), Scope::Family(child), Scope::Team(child)];
    txn.put_audiences(leaf_index, &circle.map(|scope| (scope, Sight::Whole)))?;
    let author = author_of(txn.as_read(), &entry)?;
    address(txn, &author, &entry, None)?;
    follow_overtakers(txn, &entry, Overtakers::Judge)
}

/// Which device signed a registered statement about a visit.
fn author_of(read: &dyn StoreRead, entry: &Entry) -> Result<Author, StoreError> {
    let unbound = StoreError::Damaged("a key of a registered statement is not bound");
    Ok(Author::Device(Box::new(read.bound_key(entry.key)?.ok_or(unbound)?)))
}

/// What was said about a visit before it came reached its author alone, because nobody knew whom the visit concerns.
/// It is judged beside its visit, changes it as it would have, and is addressed. Its flags are kept with those that it
/// had, so that readers learn both: that it came first, and what is to be looked at.
fn follow_overtakers(
    txn: &mut dyn StoreTxn,
    registered: &Entry,
    which: Overtakers,
) -> Result<(), StoreError> {
    for earlier in overtakers(txn.as_read(), registered.subject, registered.leaf_index)? {
        let author = author_of(txn.as_read(), &earlier)?;
        let Some(bytes) = txn.content(earlier.leaf_index)? else {
            address(txn, &author, &earlier, None)?;
            continue;
        };
        let Ok(content) = journal::codec::decode(earlier.kind, &bytes) else { continue };
        let header = Statement::decode(&earlier.statement)
            .map_err(|_| StoreError::Damaged("a registered statement cannot be read"))?;
        let header = header.header();
        let judged = match which {
            Overtakers::AsJudged => earlier,
            Overtakers::JudgeOnly(leaf_index) if leaf_index != earlier.leaf_index => earlier,
            Overtakers::Judge | Overtakers::JudgeOnly(_) => {
                judge_overtaker(txn, earlier, header, &author, &content)?
            }
        };
        change_visit(txn, &judged, &author, &content)?;
        put_reading(txn, &judged, header, &author, &content)?;
        address(txn, &author, &judged, Some(&content))?;
    }
    Ok(())
}

fn judge_overtaker(
    txn: &mut dyn StoreTxn,
    earlier: Entry,
    header: &Header,
    author: &Author,
    content: &Content,
) -> Result<Entry, StoreError> {
    let at_ms = earlier.registered_at_ms;
    let mut flags = authorise::flags_beside_visit(txn.as_read(), author, header, content, at_ms)?;
    flags.extend(&earlier.flags);
    flags.sort_unstable();
    flags.dedup();
    if flags != earlier.flags {
        txn.judge_again(earlier.leaf_index, &flags)?;
    }
    Ok(Entry { flags, ..earlier })
}

/// Addresses a statement, besides those whom it reaches already.
///
/// # Errors
/// Those of the store.
pub(crate) fn address(
    txn: &mut dyn StoreTxn,
    author: &Author,
    entry: &Entry,
    content: Option<&Content>,
) -> Result<(), StoreError> {
    let audiences = authorise::audiences(txn.as_read(), author, entry, content)?;
    txn.put_audiences(entry.leaf_index, &audiences)
}

/// Statements about a visit that were registered before it, in the order of the log: answers that came by another device,
/// and what follows a registration that had to be sent again. In the usual order one look at an index finds nothing.
///
/// # Errors
/// Those of the store.
pub(crate) fn overtakers(
    read: &dyn StoreRead,
    visit: SubjectId,
    registered_at: u64,
) -> Result<Vec<Entry>, StoreError> {
    let mut earlier = read.entries_before(visit, registered_at)?;
    earlier.retain(is_overtaker);
    Ok(earlier)
}

/// Whether a statement is about a visit that was not known when it was registered.
pub fn is_overtaker(entry: &Entry) -> bool {
    let follows_visit = entry.kind.is_about_visit() && entry.kind != Kind::VisitRegistered;
    follows_visit && entry.flags.contains(&Flag::UnknownSubject)
}

/// A finish and a correction count only by the specialist.
fn change_visit(
    txn: &mut dyn StoreTxn,
    entry: &Entry,
    author: &Author,
    content: &Content,
) -> Result<(), StoreError> {
    if !matches!(content, Content::VisitFinished(_) | Content::VisitCorrected(_)) {
        return Ok(());
    }
    let visit = txn.visit(VisitId::from(entry.subject))?;
    let changed = visit
        .filter(|row| author.person() == Some(row.parties.specialist))
        .and_then(|row| row.changed_by(entry.id, content));
    changed.map_or(Ok(()), |row| txn.change_visit(&row))
}

/// Folds the row of a visit anew from the contents that are left, because one of them was erased.
///
/// # Errors
/// Those of the store.
pub(crate) fn fold_again(txn: &mut dyn StoreTxn, visit: VisitId) -> Result<(), StoreError> {
    let Some(row) = txn.visit(visit)? else { return Ok(()) };
    let missing = StoreError::Damaged("a visit is of a leaf that is not in the log");
    let registration = txn.entry(row.leaf_index)?.ok_or(missing)?;
    let mut folded = row.erased(registration.id);
    if let Some(Content::VisitRegistered(registered)) = txn.said(row.leaf_index)? {
        folded.said = Some(VisitSaid::first(&registered));
        for entry in changes(txn.as_read(), &registration)? {
            let by = txn.bound_key(entry.key)?.map(|key| key.person);
            if by == Some(row.parties.specialist)
                && let Some(content) = txn.said(entry.leaf_index)?
            {
                folded = folded.changed_by(entry.id, &content).unwrap_or(folded);
            }
        }
    }
    txn.change_visit(&folded)
}

/// Finishes and corrections of a visit in the order in which they changed it, as far as they can be read.
fn changes(read: &dyn StoreRead, registration: &Entry) -> Result<Vec<Entry>, StoreError> {
    let mut changes = overtakers(read, registration.subject, registration.leaf_index)?;
    for kind in [Kind::VisitFinished, Kind::VisitCorrected] {
        let later = read.entries_about(registration.subject, kind)?;
        changes.extend(later.into_iter().filter(|entry| entry.leaf_index > registration.leaf_index));
    }
    changes.retain(|entry| {
        let is_change = matches!(entry.kind, Kind::VisitFinished | Kind::VisitCorrected);
        is_change && !entry.flags.contains(&Flag::UnreadableContent)
    });
    changes.sort_by_key(|entry| entry.leaf_index);
    Ok(changes)
}

/// A reading of the visit's specialist that was taken with consent.
fn put_reading(
    txn: &mut dyn StoreTxn,
    entry: &Entry,
    header: &Header,
    author: &Author,
    content: &Content,
) -> Result<(), StoreError> {
    let (Content::VisitLocated(located), Some(person)) = (content, author.person()) else { return Ok(()) };
    if entry.flags.contains(&Flag::NoAuthority) || txn.visit(VisitId::from(entry.subject))?.is_none() {
        return Ok(());
    }
    match neighbour::reading(header, located) {
        Some(reading) => txn.put_reading(&ReadingRow { leaf_index: entry.leaf_index, person, reading }),
        None => Ok(()),
    }
}

fn put_trace(
    txn: &mut dyn StoreTxn,
    entry: &Entry,
    header: &Header,
    author: &Author,
    content: Option<&Content>,
) -> Result<(), StoreError> {
    let Some(person) = author.person().filter(|_| entry.kind.is_about_visit()) else { return Ok(()) };
    // Of an overtaker nothing was judged when it left its trace, and making it again must not differ: it counts beside
    // others of its author only, and only once its visit is known.
    let counts = (is_overtaker(entry) || !entry.flags.contains(&Flag::NoAuthority))
        && matches!(content, Some(Content::VisitConfirmed(_) | Content::VisitDisputed(_)));
    txn.put_trace(&TraceRow {
        leaf_index: entry.leaf_index,
        key: entry.key,
        tick: neighbour::tick(header),
        answer: counts.then(|| (person, VisitId::from(entry.subject))),
    })
}

/// What followed from contents that are erased now: nothing can make it again, so a rebuild keeps it as it was.
struct Kept(Projections);

impl Kept {
    /// Puts back what followed from one statement.
    fn put_back(&self, txn: &mut dyn StoreTxn, leaf_index: u64) -> Result<(), StoreError> {
        let Projections { facts, visits, audiences, traces, .. } = &self.0;
        facts.iter().filter(|fact| fact.leaf_index == leaf_index).try_for_each(|fact| txn.put_fact(fact))?;
        let mut registrations = Vec::new();
        for visit in visits.iter().filter(|visit| visit.leaf_index == leaf_index) {
            let unknown = StoreError::Damaged("a visit is of a leaf that is not in the log");
            let registration = txn.entry(leaf_index)?.ok_or(unknown)?;
            txn.put_visit(&visit.erased(registration.id))?;
            registrations.push(registration);
        }
        traces
            .iter()
            .filter(|trace| trace.leaf_index == leaf_index)
            .try_for_each(|trace| txn.put_trace(trace))?;
        let of_this = audiences.iter().filter(|(_, leaf, _)| *leaf == leaf_index);
        let audiences: Vec<_> = of_this.map(|(scope, _, sight)| (*scope, *sight)).collect();
        txn.put_audiences(leaf_index, &audiences)?;
        registrations
            .iter()
            .try_for_each(|registration| follow_overtakers(txn, registration, Overtakers::AsJudged))
    }
}

/// Drops all projections and makes them again, but for what followed from an erased content: that stays as it is, and of
/// an erased visit only whom to tell.
///
/// # Errors
/// Those of the store; [`StoreError::Damaged`] when a content that was readable no longer is.
pub fn rebuild(txn: &mut dyn StoreTxn) -> Result<(), StoreError> {
    let kept = Kept(txn.projections()?);
    txn.clear_projections()?;
    let mut from = 0;
    loop {
        let entries = txn.entries(from, BATCH)?;
        let Some(last) = entries.last() else { return Ok(()) };
        from = last.leaf_index + 1;
        for entry in &entries {
            let bytes = txn.content(entry.leaf_index)?;
            if bytes.is_none() {
                kept.put_back(txn, entry.leaf_index)?;
                continue;
            }
            let content = match bytes {
                Some(bytes) if !entry.flags.contains(&Flag::UnreadableContent) => Some(
                    journal::codec::decode(entry.kind, &bytes)
                        .map_err(|_| StoreError::Damaged("a content is no longer readable"))?,
                ),
                _ => None,
            };
            let author = match txn.bound_key(entry.key)? {
                Some(key) => Author::Device(Box::new(key)),
                None => Author::Operator,
            };
            let statement = Statement::decode(&entry.statement)
                .map_err(|_| StoreError::Damaged("a registered statement is no longer readable"))?;
            apply(txn, entry, statement.header(), &author, content.as_ref(), Overtakers::AsJudged)?;
        }
    }
}
