//! A content that a restored log lacks, brought by whoever still has it (docs/PROTOCOL.md, "Collecting"). The statement
//! is in the log and names its hash, so nobody has to be believed. It counts from now on as if it had never been lost:
//! the statement is judged as of its registration, and its visit is made anew.
//!
//! What was erased is not lost, and does not come back.

use domain::Kind;
use domain::content::{Content, RecordData};
use domain::flag::Flag;
use domain::id::VisitId;
use journal::codec::{self, MAX_CONTENT_BYTES};
use journal::{Header, Statement};
use wire::collect::{Leaf, Stretch};

use crate::authorise::{self, Author};
use crate::fact::{Fact, FactQuery, fact_of};
use crate::project::{self, Overtakers};
use crate::store::lost::is_lost;
use crate::store::{BoundKey, Entry, StoreError, StoreRead, StoreTxn};

/// Lost contents that are looked for at once.
const PAGE: u32 = 1_000;

/// Flags that follow from the log alone.
const OF_THE_LOG: [Flag; 2] = [Flag::Fork, Flag::SplitView];

/// Takes the content of a registered statement, if it is lost and these are its bytes, and gives the flags that the
/// statement has with it. Some of what the operator states decides about what came after it: whoever filled all that is
/// there calls [`project::rebuild`] then.
///
/// # Errors
/// Those of the store.
pub fn take_back(
    txn: &mut dyn StoreTxn,
    entry: &Entry,
    content: &[u8],
) -> Result<Option<Vec<Flag>>, StoreError> {
    if content.len() > MAX_CONTENT_BYTES || !is_lost(txn.as_read(), entry.leaf_index)? {
        return Ok(None);
    }
    let mut said = Said::of(txn.as_read(), entry.clone())?;
    if codec::hash(content) != said.payload {
        return Ok(None);
    }
    txn.fill_content(entry.leaf_index, content)?;
    said.content = codec::decode(entry.kind, content).ok();
    match entry.kind.is_about_visit() {
        true => visit_again(txn, entry)?,
        false => alone(txn, said)?,
    }
    Ok(txn.entry(entry.leaf_index)?.map(|entry| entry.flags))
}

/// Takes what a device hands back of contents that are lost; anything else changes nothing.
///
/// # Errors
/// Those of the store.
pub fn take_all(txn: &mut dyn StoreTxn, leaves: &[Leaf]) -> Result<(), StoreError> {
    let mut changes_others = false;
    for leaf in leaves {
        let Some(content) = &leaf.content else { continue };
        if let Some(entry) = txn.entry(leaf.leaf_index)?
            && take_back(txn, &entry, &content.0)?.is_some()
        {
            changes_others |= changes_what_followed(txn.as_read(), &entry)?;
        }
    }
    if changes_others { project::rebuild(txn) } else { Ok(()) }
}

/// Whether a statement decides about those behind it: by whose key they are, and whom they reach. Names, numbers, places
/// and organisations decide about nothing but themselves, and they are most of what an operator states: for these nobody
/// waits until everything is made anew.
fn changes_what_followed(read: &dyn StoreRead, entry: &Entry) -> Result<bool, StoreError> {
    Ok(match read.said(entry.leaf_index)? {
        Some(
            Content::MemberChanged(_)
            | Content::CareTeamChanged(_)
            | Content::RepresentationChanged(_)
            | Content::AgreementPublished(_)
            | Content::DeviceBound(_)
            | Content::DeviceRevoked(_)
            | Content::KeyCompromised(_),
        ) => true,
        Some(Content::RecordChanged(changed)) => {
            matches!(changed.data, RecordData::Birth { .. } | RecordData::Served { .. })
        }
        _ => false,
    })
}

/// Stretches of leaves from one on whose contents are lost, at most so many.
///
/// # Errors
/// Those of the store.
pub fn wanted(read: &dyn StoreRead, from: u64, most: usize) -> Result<Vec<Stretch>, StoreError> {
    let (mut wanted, mut next): (Vec<Stretch>, u64) = (Vec::new(), from);
    loop {
        let page = read.lost_contents(next, PAGE)?;
        let Some(last) = page.last() else { return Ok(wanted) };
        next = last + 1;
        for leaf_index in page {
            let count = wanted.len();
            match wanted.last_mut() {
                Some(stretch) if stretch.to == leaf_index => stretch.to += 1,
                _ if count == most => return Ok(wanted),
                _ => wanted.push(Stretch { from: leaf_index, to: leaf_index + 1 }),
            }
        }
    }
}

/// A registered statement with all that judging it needs.
struct Said {
    entry: Entry,
    header: Header,
    payload: domain::id::Digest,
    author: Author,
    content: Option<Content>,
}

impl Said {
    fn of(read: &dyn StoreRead, entry: Entry) -> Result<Self, StoreError> {
        let statement = Statement::decode(&entry.statement)
            .map_err(|_| StoreError::Damaged("a registered statement is no longer readable"))?;
        let author = match read.bound_key(entry.key)? {
            Some(key) => Author::Device(Box::new(key)),
            None => Author::Operator,
        };
        let content = read.content(entry.leaf_index)?;
        let content = content.and_then(|bytes| codec::decode(entry.kind, &bytes).ok());
        Ok(Self { header: statement.header().clone(), payload: statement.payload(), entry, author, content })
    }

    /// Whether it is about a visit that is known now and came after it.
    fn came_before_visit(&self, read: &dyn StoreRead) -> Result<bool, StoreError> {
        let Entry { kind, subject, leaf_index, .. } = self.entry;
        let follows_visit = kind.is_about_visit() && kind != Kind::VisitRegistered;
        Ok(follows_visit && read.visit(subject.into())?.is_some_and(|visit| visit.leaf_index > leaf_index))
    }

    /// Judges it as of its registration.
    fn judge(mut self, txn: &mut dyn StoreTxn) -> Result<Self, StoreError> {
        let mut flags: Vec<Flag> =
            self.entry.flags.iter().copied().filter(|flag| OF_THE_LOG.contains(flag)).collect();
        if self.came_before_visit(txn.as_read())? {
            flags.push(Flag::UnknownSubject);
        }
        match &self.content {
            Some(content) => {
                let author = author_then(txn.as_read(), &self.author, self.entry.leaf_index)?;
                let at_ms = self.entry.registered_at_ms;
                flags.extend(authorise::flags(txn.as_read(), &author, &self.header, content, at_ms)?);
            }
            None => flags.extend(authorise::flags_of_unreadable(&self.header)),
        }
        flags.sort_unstable();
        flags.dedup();
        txn.judge_again(self.entry.leaf_index, &flags)?;
        self.entry.flags = flags;
        Ok(self)
    }

    /// Addresses it without its content, now that its visit is known.
    fn address_bare(self, txn: &mut dyn StoreTxn) -> Result<(), StoreError> {
        let mut flags = self.entry.flags.clone();
        flags.retain(|flag| *flag != Flag::UnknownSubject);
        txn.judge_again(self.entry.leaf_index, &flags)?;
        project::address(txn, &self.author, &Entry { flags, ..self.entry }, None)
    }

    fn project(&self, txn: &mut dyn StoreTxn, overtakers: Overtakers) -> Result<(), StoreError> {
        project::apply(txn, &self.entry, &self.header, &self.author, self.content.as_ref(), overtakers)
    }
}

/// The author with the key as it stood before a leaf: a key that was revoked later spoke for its person then.
fn author_then(read: &dyn StoreRead, author: &Author, leaf_index: u64) -> Result<Author, StoreError> {
    let Author::Device(key) = author else { return Ok(Author::Operator) };
    let was_in_force = key.is_in_force() || !is_ended_before(read, key, leaf_index)?;
    let (revoked_at_ms, compromised_since_ms) = match was_in_force {
        true => (None, None),
        false => (key.revoked_at_ms, key.compromised_since_ms),
    };
    let key = BoundKey { revoked_at_ms, compromised_since_ms, ..BoundKey::clone(key) };
    Ok(Author::Device(Box::new(key)))
}

fn is_ended_before(read: &dyn StoreRead, key: &BoundKey, leaf_index: u64) -> Result<bool, StoreError> {
    for kind in [Kind::DeviceRevoked, Kind::KeyCompromised] {
        for entry in read.entries_about(key.device.into(), kind)? {
            let is_about_it = match read.said(entry.leaf_index)? {
                Some(Content::DeviceRevoked(revoked)) => revoked.key == key.key.id(),
                Some(Content::KeyCompromised(compromised)) => compromised.key == key.key.id(),
                _ => false,
            };
            let has_effect =
                ![Flag::NoAuthority, Flag::KeyRevoked].iter().any(|flag| entry.flags.contains(flag));
            if entry.leaf_index < leaf_index && is_about_it && has_effect {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Makes a visit anew from all that is said about it. With the registration that it lacked everything behind that is judged
/// anew as well, and what is bare is addressed, because nobody knew then whom the visit concerns; other contents change no
/// judgement but that of their own statement.
fn visit_again(txn: &mut dyn StoreTxn, filled: &Entry) -> Result<(), StoreError> {
    let visit = VisitId::from(filled.subject);
    // With authority and before any other: what stood behind it was judged without the visit.
    let begins_visit = filled.kind == Kind::VisitRegistered
        && !filled.flags.contains(&Flag::NoAuthority)
        && txn.visit(visit)?.is_none_or(|row| row.leaf_index > filled.leaf_index);
    let overtakers = match begins_visit {
        true => Overtakers::Judge,
        false => Overtakers::JudgeOnly(filled.leaf_index),
    };
    let (mut said, mut bare) = (Vec::new(), Vec::new());
    let about = txn.entries_before(filled.subject, txn.log_size()?)?;
    for entry in about.into_iter().filter(|entry| entry.kind.is_about_visit()) {
        let follows = begins_visit && entry.leaf_index > filled.leaf_index;
        match txn.content(entry.leaf_index)? {
            Some(_) => said.push(Said::of(txn.as_read(), entry)?),
            None if follows => bare.push(Said::of(txn.as_read(), entry)?),
            None => {}
        }
    }
    for known in &said {
        txn.forget_projected(known.entry.leaf_index)?;
    }
    let is_there = |leaf_index| said.iter().any(|known| known.entry.leaf_index == leaf_index);
    // Of an erased visit nothing but whom to tell is left, and nothing could make that again.
    if txn.visit(visit)?.is_some_and(|row| is_there(row.leaf_index)) {
        txn.forget_visit(visit)?;
    }
    for known in said {
        let leaf_index = known.entry.leaf_index;
        let follows = begins_visit && leaf_index > filled.leaf_index;
        let judged = if leaf_index == filled.leaf_index || follows { known.judge(txn)? } else { known };
        judged.project(txn, overtakers)?;
    }
    bare.into_iter().try_for_each(|known| known.address_bare(txn))
}

/// Any other statement of a person: it changes nothing but what follows from itself.
fn alone(txn: &mut dyn StoreTxn, said: Said) -> Result<(), StoreError> {
    let judged = said.judge(txn)?;
    let later = match &judged.content {
        Some(content) => later_fact(txn.as_read(), &judged.entry, content)?,
        None => None,
    };
    txn.forget_projected(judged.entry.leaf_index)?;
    judged.project(txn, Overtakers::AsJudged)?;
    later.map_or(Ok(()), |later| txn.put_fact(&later))
}

/// What is in force since a later statement.
fn later_fact(read: &dyn StoreRead, entry: &Entry, content: &Content) -> Result<Option<Fact>, StoreError> {
    let Some(fact) = fact_of(entry.subject, content, entry.leaf_index) else { return Ok(None) };
    let slot = FactQuery::of(fact.class).about(fact.subject).qualified(fact.qualifier.clone());
    let known = read.facts(&slot)?;
    let is_later =
        |known: &Fact| known.slot_object() == fact.slot_object() && known.leaf_index > fact.leaf_index;
    Ok(known.into_iter().find(is_later))
}
