//! One visit with all that makes it believable: what was said about it, the keys that said it, and why these people might
//! say it. Who reads it sees what a pull would show (docs/PROTOCOL.md, 8 and 10), by the same rules.

use std::collections::{BTreeMap, BTreeSet};

use domain::Kind;
use domain::content::{AgreementAccepted, Content};
use domain::id::{Digest, KeyId, OrganisationId, PersonId, StatementId, SubjectId, VisitId};
use domain::scope::{Scope, Sight};
use journal::merkle;
use journal::receipt::TreeHead;

use crate::authorise::told;
use crate::fact::{Class, FactQuery, version_qualifier};
use crate::register::Tree;
use crate::scopes;
use crate::store::{BoundKey, Entry, PageQuery, StoreError, StoreRead, StoredHead, VisitRow};

/// For whom a package is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// A person: what that person's devices show now.
    Person(PersonId),
    /// Whoever coordinates visits for an organisation.
    Organisation(OrganisationId),
    /// A court: everything, also what only the care team may know.
    Everything,
}

/// Why there is no package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PackageRefusal {
    /// No such visit.
    #[error("no visit has this id")]
    UnknownVisit,
    /// The reader may not even know of it.
    #[error("this reader may not see this visit: --for names another person, --everything is for a court")]
    NotForReader,
}

/// A statement of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The statement as it was registered.
    pub entry: Entry,
    /// What it says; `None` when it was erased or the reader may not see it.
    pub content: Option<Vec<u8>>,
    /// Its receipt under the package's head.
    pub receipt: Vec<u8>,
}

/// A visit with its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// The visit.
    pub visit: VisitRow,
    /// For whom.
    pub reader: Reader,
    /// The head under which everything is proven.
    pub head: StoredHead,
    /// Statements in the order of the log.
    pub items: Vec<Item>,
    /// The texts that the people concerned accepted.
    pub texts: BTreeMap<Digest, Vec<u8>>,
}

/// Gathers a visit for a reader from a snapshot.
///
/// # Errors
/// Those of the store. A refusal is a value.
pub fn package(
    read: &dyn StoreRead,
    visit: VisitId,
    reader: Option<Reader>,
    operator: &journal::VerifyingKey,
    now_ms: i64,
) -> Result<Result<Package, PackageRefusal>, StoreError> {
    let (Some(visit), Some(head)) = (read.visit(visit)?, read.latest_head()?) else {
        return Ok(Err(PackageRefusal::UnknownVisit));
    };
    let reader = reader.unwrap_or(Reader::Organisation(visit.parties.organisation));
    let scopes = match reader {
        Reader::Person(person) => Some(scopes::scopes_of(read, person, now_ms)?),
        Reader::Organisation(id) => Some(scopes::scopes_of_organisation(read, id, now_ms)?),
        Reader::Everything => None,
    };
    let (leaves, texts) = <(BTreeMap<_, _>, BTreeMap<_, _>)>::default();
    let mut gathering = Gathering { read, scopes, operator: operator.id(), visit, leaves, texts };
    let people = gathering.visit_statements()?;
    if !gathering.leaves.contains_key(&visit.leaf_index) {
        return Ok(Err(PackageRefusal::NotForReader));
    }
    gathering.authority(people)?;
    gathering.erasures()?;
    gathering.bindings()?;
    let signed = TreeHead::verify(&head.bytes, head.root, operator)
        .map_err(|_| StoreError::Damaged("the last head does not verify"))?;
    let items = gathering.items(&signed)?;
    Ok(Ok(Package { visit, reader, head, items, texts: gathering.texts }))
}

struct Gathering<'a> {
    read: &'a dyn StoreRead,
    /// `None`: everything.
    scopes: Option<BTreeSet<Scope>>,
    operator: KeyId,
    visit: VisitRow,
    leaves: BTreeMap<u64, (Entry, Sight)>,
    texts: BTreeMap<Digest, Vec<u8>>,
}

impl Gathering<'_> {
    fn sight(&self, leaf_index: u64) -> Result<Option<Sight>, StoreError> {
        match &self.scopes {
            Some(scopes) => scopes::sight(self.read, leaf_index, scopes),
            None => Ok(Some(Sight::Whole)),
        }
    }

    /// Takes a statement, if the reader may see it; tells whether it may be seen whole.
    fn take(&mut self, mut entry: Entry) -> Result<bool, StoreError> {
        let Some(sight) = self.sight(entry.leaf_index)? else { return Ok(false) };
        if let Some(scopes) = &self.scopes {
            entry.flags = told::to(self.read, scopes, &entry)?;
        }
        self.leaves.insert(entry.leaf_index, (entry, sight));
        Ok(sight == Sight::Whole)
    }

    fn take_all(&mut self, subject: impl Into<SubjectId>, kind: Kind) -> Result<(), StoreError> {
        for entry in self.read.entries_about(subject.into(), kind)? {
            self.take(entry)?;
        }
        Ok(())
    }

    /// Those whose content passes.
    fn take_some(
        &mut self,
        subject: impl Into<SubjectId>,
        kind: Kind,
        is_wanted: impl Fn(&Content) -> bool,
    ) -> Result<(), StoreError> {
        for entry in self.read.entries_about(subject.into(), kind)? {
            if content_of(self.read, &entry).is_some_and(|content| is_wanted(&content)) {
                self.take(entry)?;
            }
        }
        Ok(())
    }

    fn take_fact(&mut self, class: Class, subject: impl Into<SubjectId>) -> Result<(), StoreError> {
        for fact in self.read.facts(&FactQuery::of(class).about(subject))? {
            if let Some(entry) = self.read.entry(fact.leaf_index)? {
                self.take(entry)?;
            }
        }
        Ok(())
    }

    /// Whether the reader may know who signs with a key: what a stranger said could not be verified. As on the reader's
    /// device, it is not there.
    fn sees(&self, key: &BoundKey) -> Result<bool, StoreError> {
        for bound in self.read.entries_about(key.device.into(), Kind::DeviceBound)? {
            let binds_it = || match content_of(self.read, &bound) {
                Some(Content::DeviceBound(said)) => said.key == key.key.to_cose_key(),
                _ => false,
            };
            if bound.key == self.operator && self.sight(bound.leaf_index)? == Some(Sight::Whole) && binds_it()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What was said about the visit; gives who said it.
    fn visit_statements(&mut self) -> Result<BTreeSet<PersonId>, StoreError> {
        let mut people = BTreeSet::new();
        for kind in Kind::ALL.iter().copied().filter(|kind| kind.is_about_visit()) {
            for entry in self.read.entries_about(self.visit.visit.into(), kind)? {
                if entry.key == self.operator {
                    self.take(entry)?;
                    continue;
                }
                let Some(key) = self.read.bound_key(entry.key)? else { continue };
                if self.sees(&key)? && self.sight(entry.leaf_index)?.is_some() {
                    self.take(entry)?;
                    people.insert(key.person);
                }
            }
        }
        Ok(people)
    }

    /// What binds and revokes each key that signed something of the package, the keys that signed that among them: a
    /// person accepts on one device and registers on another. What the reader could not verify goes.
    fn bindings(&mut self) -> Result<(), StoreError> {
        let kinds = [Kind::DeviceEnrolled, Kind::DeviceBound, Kind::DeviceRevoked, Kind::KeyCompromised];
        let (mut known, mut unseen) = (BTreeSet::from([self.operator]), BTreeSet::new());
        loop {
            let keys: BTreeSet<KeyId> = self.leaves.values().map(|(entry, _)| entry.key).collect();
            let Some(&id) = keys.difference(&known).next() else { break };
            known.insert(id);
            let key = self.read.bound_key(id)?;
            match key {
                Some(key) if self.sees(&key)? => {
                    kinds.iter().try_for_each(|kind| self.take_all(key.device, *kind))?;
                }
                _ => drop(unseen.insert(id)),
            }
        }
        self.leaves.retain(|_, (entry, _)| !unseen.contains(&entry.key));
        Ok(())
    }

    fn authority(&mut self, mut people: BTreeSet<PersonId>) -> Result<(), StoreError> {
        let parties = self.visit.parties;
        if let Some(first) = self.read.entry(0)? {
            // The operator's key is what everything hangs on, and everybody's to see.
            self.leaves.insert(0, (first, Sight::Whole));
        }
        people.insert(parties.specialist);
        for &person in &people {
            self.take_all(person, Kind::MemberChanged)?;
            self.take_all(person, Kind::ConsentWithdrawn)?;
            self.take_fact(Class::PersonName, person)?;
            self.take_fact(Class::Acceptance, person)?;
        }
        self.take_all(parties.organisation, Kind::OrganisationChanged)?;
        self.take_some(
            parties.child,
            Kind::CareTeamChanged,
            |content| matches!(content, Content::CareTeamChanged(team) if team.person == parties.specialist),
        )?;
        self.take_some(parties.child, Kind::RepresentationChanged, |content| {
            matches!(content, Content::RepresentationChanged(stated) if people.contains(&stated.representative))
        })?;
        self.take_fact(Class::ChildName, parties.child)?;
        if let Some(place) = self.visit.place() {
            self.take_fact(Class::PlaceAddress, place)?;
            self.take_fact(Class::PlacePosition, place)?;
        }
        self.agreements()
    }

    /// The versions that the acceptances name, and the texts that were on screen.
    fn agreements(&mut self) -> Result<(), StoreError> {
        let accepted: Vec<AgreementAccepted> = self
            .leaves
            .values()
            .filter(|(entry, sight)| entry.kind == Kind::AgreementAccepted && *sight == Sight::Whole)
            .filter_map(|(entry, _)| match content_of(self.read, entry) {
                Some(Content::AgreementAccepted(accepted)) => Some(accepted),
                _ => None,
            })
            .collect();
        for accepted in accepted {
            let version = version_qualifier(accepted.document, accepted.version);
            for fact in self.read.facts(&FactQuery::of(Class::Agreement).qualified(version))? {
                if let Some(entry) = self.read.entry(fact.leaf_index)?
                    && self.take(entry)?
                    && let Some(text) = self.read.document(accepted.sha256)?
                {
                    self.texts.insert(accepted.sha256, text);
                }
            }
        }
        Ok(())
    }

    /// Why a content is gone: the operator's word for it, and its keys.
    fn erasures(&mut self) -> Result<(), StoreError> {
        let mut gone: BTreeSet<StatementId> = BTreeSet::new();
        for (leaf_index, (entry, _)) in &self.leaves {
            if self.read.content(*leaf_index)?.is_none() {
                gone.insert(entry.id);
            }
        }
        if gone.is_empty() {
            return Ok(());
        }
        let scopes = BTreeSet::from([Scope::Operator]);
        let to = self.read.log_size()?;
        let without_key = KeyId::from_bytes([0; 32]);
        let query = PageQuery { scopes: &scopes, from: 0, to, without_key, urgent_only: true };
        for delivery in self.read.page(&query, u32::MAX)? {
            let Some(Content::ContentErased(erased)) = self.read.said(delivery.leaf_index)? else {
                continue;
            };
            if erased.statements.iter().any(|id| gone.contains(id))
                && let Some(entry) = self.read.entry(delivery.leaf_index)?
            {
                self.take(entry)?;
            }
        }
        // By these a reader judges whether it counts.
        match self.read.entry(0)? {
            Some(first) => self.take_all(first.subject, Kind::OperatorKey),
            None => Ok(()),
        }
    }

    fn items(&mut self, head: &TreeHead) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::with_capacity(self.leaves.len());
        for (leaf_index, (entry, sight)) in std::mem::take(&mut self.leaves) {
            let content = match sight {
                Sight::Whole => self.read.content(leaf_index)?,
                Sight::Envelope => None,
            };
            let path = merkle::inclusion_path(&Tree(self.read), leaf_index, head.tree_size)?;
            let receipt = head
                .receipt(leaf_index, &path)
                .map_err(|_| StoreError::Damaged("the last head cannot be read"))?;
            items.push(Item { entry, content, receipt });
        }
        Ok(items)
    }
}

fn content_of(read: &dyn StoreRead, entry: &Entry) -> Option<Content> {
    let bytes = read.content(entry.leaf_index).ok()??;
    journal::codec::decode(entry.kind, &bytes).ok()
}
