//! What the page tells, gathered from the package alone: so it can show nothing that the reader may not see.

use std::collections::{BTreeMap, BTreeSet};

use domain::Kind;
use domain::content::{Content, MemberChanged, OrganisationChanged, RecordData, Role};
use domain::flag::Flag;
use domain::id::{ChildId, KeyId, PersonId, StatementId};
use domain::scope::VisitParties;
use domain::visit::{Visit, VisitStatement};
use journal::Statement;
use operator_core::package::{Package, Reader};

/// Between which moments a statement was made, UTC seconds by the operator's signed clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::package) struct Span {
    /// The head that it names was signed then.
    pub(in crate::package) not_before_s: Option<i64>,
    /// The first head over it was signed then.
    pub(in crate::package) not_after_s: Option<i64>,
}

/// One thing that was said about the visit.
#[derive(Debug, Clone)]
pub(in crate::package) struct Line {
    pub(in crate::package) id: StatementId,
    pub(in crate::package) leaf_index: u64,
    pub(in crate::package) kind: Kind,
    pub(in crate::package) claimed_s: i64,
    pub(in crate::package) author: Option<PersonId>,
    /// An answer that was given on a specialist's device.
    pub(in crate::package) by_guest: bool,
    pub(in crate::package) content: Option<Content>,
    pub(in crate::package) flags: Vec<Flag>,
    pub(in crate::package) span: Span,
}

/// Whose a key is.
struct Bound {
    person: PersonId,
    /// It lies on the device of somebody else.
    has_host: bool,
}

/// A visit for its reader.
#[derive(Debug)]
pub(in crate::package) struct Story {
    /// As it stands; absent when the content of its registration was erased.
    pub(in crate::package) visit: Option<Visit>,
    /// Whom it concerns.
    parties: VisitParties,
    pub(in crate::package) lines: Vec<Line>,
    pub(in crate::package) names: BTreeMap<[u8; 16], RecordData>,
    pub(in crate::package) members: Vec<(PersonId, MemberChanged)>,
    /// Who is or was a representative of which child.
    representatives: BTreeSet<(ChildId, PersonId)>,
    pub(in crate::package) organisation: Option<OrganisationChanged>,
    pub(in crate::package) operator: Option<(String, String)>,
    pub(in crate::package) operator_key: KeyId,
    pub(in crate::package) tree_size: u64,
    pub(in crate::package) statements: usize,
    pub(in crate::package) reader: Reader,
    pub(in crate::package) visit_id: String,
    pub(in crate::package) made_at_ms: i64,
}

impl Story {
    pub(in crate::package) fn of(
        made: &Package,
        spans: &BTreeMap<u64, Span>,
        operator_key: KeyId,
        made_at_ms: i64,
    ) -> Self {
        let mut story = Self {
            visit: None,
            parties: made.visit.parties,
            lines: Vec::new(),
            names: BTreeMap::new(),
            members: Vec::new(),
            representatives: BTreeSet::new(),
            organisation: None,
            operator: None,
            operator_key,
            tree_size: made.head.tree_size,
            statements: made.items.len(),
            reader: made.reader,
            visit_id: made.visit.visit.to_string(),
            made_at_ms,
        };
        let mut keys: BTreeMap<KeyId, Bound> = BTreeMap::new();
        for item in &made.items {
            let Ok(statement) = Statement::decode(&item.entry.statement) else { continue };
            let header = statement.header();
            let read = |bytes: &Vec<u8>| journal::codec::decode(header.kind, bytes).ok();
            let content = item.content.as_ref().and_then(read);
            if !header.kind.is_about_visit() {
                // Who is who follows from the operator's word alone: a device can sign the same, and it counts for nothing.
                if item.entry.key == operator_key {
                    story.learn(*item.entry.subject.as_bytes(), content, &mut keys);
                }
                continue;
            }
            let bound = keys.get(&header.key);
            let is_answer = matches!(header.kind, Kind::VisitConfirmed | Kind::VisitDisputed);
            story.lines.push(Line {
                id: statement.id(),
                leaf_index: item.entry.leaf_index,
                kind: header.kind,
                claimed_s: header.issued_at_s,
                author: bound.map(|bound| bound.person),
                by_guest: is_answer
                    && (bound.is_some_and(|bound| bound.has_host)
                        || item.entry.flags.contains(&Flag::OneDevice)),
                content,
                flags: item.entry.flags.clone(),
                span: spans.get(&item.entry.leaf_index).copied().unwrap_or_default(),
            });
        }
        story.visit = Visit::fold(made.visit.visit, &story.statements_of_visit());
        story.lines.sort_by_key(|line| line.claimed_s);
        story
    }

    fn learn(&mut self, subject: [u8; 16], content: Option<Content>, keys: &mut BTreeMap<KeyId, Bound>) {
        match content {
            Some(Content::OperatorKey(stated)) => self.operator = Some((stated.name_kk, stated.name_ru)),
            Some(Content::DeviceBound(bound)) => {
                if let Ok(key) = journal::VerifyingKey::from_cose_key(&bound.key) {
                    keys.insert(key.id(), Bound { person: bound.person, has_host: bound.host.is_some() });
                }
            }
            Some(Content::MemberChanged(member)) => {
                self.members.push((PersonId::from_bytes(subject), member));
            }
            Some(Content::RepresentationChanged(stated)) => {
                self.representatives.insert((ChildId::from_bytes(subject), stated.representative));
            }
            Some(Content::OrganisationChanged(stated)) => self.organisation = Some(stated),
            Some(Content::RecordChanged(changed))
                if matches!(changed.data, RecordData::Name { .. } | RecordData::Address { .. }) =>
            {
                self.names.insert(subject, changed.data);
            }
            _ => {}
        }
    }

    fn statements_of_visit(&self) -> Vec<VisitStatement> {
        let statement = |line: &Line| VisitStatement {
            id: line.id,
            author: line.author,
            has_authority: self.has_authority(line),
            by_guest: line.by_guest,
            // A key that was revoked speaks for a visit all the same: honest late statements look alike (docs/PROTOCOL.md, 5.1).
            content: line.content.clone().filter(|_| !line.flags.contains(&Flag::NoAuthority)),
        };
        self.lines.iter().map(statement).collect()
    }

    /// Whether that person may answer or review, as readers judge (docs/PROTOCOL.md, 5).
    fn has_authority(&self, line: &Line) -> bool {
        if line.flags.contains(&Flag::NoAuthority) {
            return false;
        }
        // Of what came before its visit nobody had judged anything when it was flagged.
        let is_judged = !line.flags.contains(&Flag::UnknownSubject);
        is_judged || line.author.is_some_and(|author| self.is_known_for(author, line.content.as_ref()))
    }

    fn is_known_for(&self, author: PersonId, content: Option<&Content>) -> bool {
        match content {
            Some(Content::VisitConfirmed(_) | Content::VisitDisputed(_)) => {
                self.representatives.contains(&(self.parties.child, author))
            }
            Some(Content::VisitReviewed(_)) => self.members.iter().any(|(person, member)| {
                let is_coordinator = member.role == Role::Coordinator;
                *person == author && is_coordinator && member.organisation == self.parties.organisation
            }),
            _ => true,
        }
    }

    /// The name or the address of a record, as far as the reader may see it.
    pub(in crate::package) fn name(&self, id: [u8; 16]) -> Option<String> {
        match self.names.get(&id)? {
            RecordData::Name { surname, given, patronymic } => {
                let words = [surname.as_str(), given.as_str(), patronymic.as_deref().unwrap_or_default()];
                Some(words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
            }
            RecordData::Address { label, .. } => Some(label.clone()),
            _ => None,
        }
    }
}
