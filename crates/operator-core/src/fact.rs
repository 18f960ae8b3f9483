//! Facts: pointers to the statements in force.
//!
//! The latest statement of a class about the same thing holds. A fact says which one that is, and since when and until
//! when it is valid; what it says is read from the content. So a personal value lies in exactly one place, and erasing
//! a content takes it from everywhere.

use domain::consent::Ends;
use domain::content::{Content, RecordData, RecordKind};
use domain::id::SubjectId;

use crate::store::{StoreError, StoreRead};

macro_rules! classes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// What a fact is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Class { $($(#[$doc])* $variant),+ }

        impl Class {
            /// Every class.
            pub const ALL: &'static [Class] = &[$(Class::$variant),+];

            /// The name in SQL.
            pub const fn as_str(self) -> &'static str {
                match self { $(Class::$variant => $name),+ }
            }

            /// The class of that name.
            pub fn parse(name: &str) -> Option<Self> {
                match name { $($name => Some(Class::$variant),)+ _ => None }
            }
        }
    };
}

classes! {
    /// The operator's key and name.
    Operator = "operator",
    /// An organisation.
    Organisation = "organisation",
    /// Subject: person; object: organisation; qualifier: role.
    Member = "member",
    /// Subject: person.
    PersonName = "person-name",
    /// Subject: person.
    PersonContact = "person-contact",
    /// Subject: person.
    PersonIdentifier = "person-identifier",
    /// Subject: child.
    ChildName = "child-name",
    /// Subject: child.
    ChildBirth = "child-birth",
    /// Subject: child.
    ChildIdentifier = "child-identifier",
    /// Subject: child; object: organisation.
    Served = "served",
    /// Subject: child; object: place.
    Lives = "lives",
    /// Subject: place.
    PlaceAddress = "place-address",
    /// Subject: place.
    PlacePosition = "place-position",
    /// Subject: child; object: person; qualifier: organisation.
    CareTeam = "care-team",
    /// Subject: child; object: person.
    Representation = "representation",
    /// Subject: the version; qualifier: document and version; valid from its effective date.
    Agreement = "agreement",
    /// Subject: person; qualifier: document and version.
    Acceptance = "acceptance",
    /// Subject: person; qualifier: document for a withdrawal of everything, document and purpose for one of geolocation.
    Withdrawal = "withdrawal",
}

/// Which statement is in force.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    /// What it is about.
    pub class: Class,
    /// Of whom or what.
    pub subject: SubjectId,
    /// In relation to whom or what.
    pub object: Option<SubjectId>,
    /// What else tells slots apart.
    pub qualifier: String,
    /// Since when it is valid; 0 when that has no meaning.
    pub from_ms: i64,
    /// Until when, exclusive.
    pub to_ms: Option<i64>,
    /// The statement.
    pub leaf_index: u64,
}

impl Fact {
    /// Whether it is valid at a moment.
    pub fn is_valid_at(&self, at_ms: i64) -> bool {
        self.from_ms <= at_ms && self.to_ms.is_none_or(|to_ms| at_ms < to_ms)
    }

    /// The object as far as it tells slots apart: a child lives at one place, so a new place takes the slot.
    pub fn slot_object(&self) -> Option<SubjectId> {
        self.object.filter(|_| self.class != Class::Lives)
    }

    /// What the statement says; `None` when its content was erased.
    ///
    /// # Errors
    /// Those of the store; [`StoreError::Damaged`] when a content that was readable no longer is.
    pub fn content(&self, read: &dyn StoreRead) -> Result<Option<Content>, StoreError> {
        read.said(self.leaf_index)
    }
}

/// Which facts are wanted; absent fields mean any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct FactQuery {
    /// Of this class.
    pub class: Option<Class>,
    /// Of this subject.
    pub subject: Option<SubjectId>,
    /// In relation to this.
    pub object: Option<SubjectId>,
    /// With this qualifier.
    pub qualifier: Option<String>,
}

impl FactQuery {
    /// All of a class.
    pub fn of(class: Class) -> Self {
        Self { class: Some(class), ..Self::default() }
    }

    /// Only about this.
    pub fn about(self, subject: impl Into<SubjectId>) -> Self {
        Self { subject: Some(subject.into()), ..self }
    }

    /// Only in relation to this.
    pub fn with(self, object: impl Into<SubjectId>) -> Self {
        Self { object: Some(object.into()), ..self }
    }

    /// Only with this qualifier.
    pub fn qualified(self, qualifier: impl Into<String>) -> Self {
        Self { qualifier: Some(qualifier.into()), ..self }
    }

    /// Whether a fact is wanted.
    pub fn matches(&self, fact: &Fact) -> bool {
        self.class.is_none_or(|class| class == fact.class)
            && self.subject.is_none_or(|subject| subject == fact.subject)
            && self.object.is_none_or(|object| Some(object) == fact.object)
            && self.qualifier.as_ref().is_none_or(|qualifier| *qualifier == fact.qualifier)
    }
}

/// Qualifier of a version of an agreement.
pub fn version_qualifier(document: domain::agreement::AgreementKind, version: u32) -> String {
    format!("{}/{version}", document.as_str())
}

/// Qualifier of a withdrawal from geolocation alone.
pub fn geolocation_qualifier(document: domain::agreement::AgreementKind) -> String {
    format!("{}/{}", document.as_str(), domain::consent::GEOLOCATION)
}

/// Name of a role in qualifiers and tables.
pub const fn role_name(role: domain::content::Role) -> &'static str {
    match role {
        domain::content::Role::Specialist => "specialist",
        domain::content::Role::Representative => "representative",
        domain::content::Role::Coordinator => "coordinator",
    }
}

/// The role of that name.
pub fn parse_role(name: &str) -> Option<domain::content::Role> {
    use domain::content::Role;
    [Role::Specialist, Role::Representative, Role::Coordinator]
        .into_iter()
        .find(|&role| role_name(role) == name)
}

/// The fact that a statement makes, if its kind makes one.
pub fn fact_of(subject: SubjectId, content: &Content, leaf_index: u64) -> Option<Fact> {
    let fact = |class, object: Option<SubjectId>, qualifier: String, from_ms, to_ms| {
        Some(Fact { class, subject, object, qualifier, from_ms, to_ms, leaf_index })
    };
    let plain = |class| fact(class, None, String::new(), 0, None);
    match content {
        Content::OperatorKey(_) => plain(Class::Operator),
        Content::OrganisationChanged(_) => plain(Class::Organisation),
        Content::MemberChanged(member) => fact(
            Class::Member,
            Some(member.organisation.into()),
            role_name(member.role).into(),
            member.from_ms,
            member.to_ms,
        ),
        Content::RecordChanged(changed) => match (changed.record, &changed.data) {
            (RecordKind::Person, RecordData::Name { .. }) => plain(Class::PersonName),
            (RecordKind::Person, RecordData::Contact { .. }) => plain(Class::PersonContact),
            (RecordKind::Person, RecordData::Identifier { .. }) => plain(Class::PersonIdentifier),
            (RecordKind::Child, RecordData::Name { .. }) => plain(Class::ChildName),
            (RecordKind::Child, RecordData::Birth { .. }) => plain(Class::ChildBirth),
            (RecordKind::Child, RecordData::Identifier { .. }) => plain(Class::ChildIdentifier),
            (RecordKind::Child, RecordData::Served { organisation, from_ms, to_ms }) => {
                fact(Class::Served, Some((*organisation).into()), String::new(), *from_ms, *to_ms)
            }
            (RecordKind::Child, RecordData::Lives { place }) => {
                Some(Fact { object: Some((*place).into()), ..plain(Class::Lives)? })
            }
            (RecordKind::Place, RecordData::Address { .. }) => plain(Class::PlaceAddress),
            (RecordKind::Place, RecordData::Position { .. }) => plain(Class::PlacePosition),
            _ => None,
        },
        Content::CareTeamChanged(team) => fact(
            Class::CareTeam,
            Some(team.person.into()),
            team.organisation.to_string(),
            team.from_ms,
            team.to_ms,
        ),
        Content::RepresentationChanged(representation) => fact(
            Class::Representation,
            Some(representation.representative.into()),
            String::new(),
            representation.from_ms,
            representation.to_ms,
        ),
        Content::AgreementPublished(published) => fact(
            Class::Agreement,
            None,
            version_qualifier(published.document, published.version),
            published.effective_from_ms,
            None,
        ),
        Content::AgreementAccepted(accepted) => fact(
            Class::Acceptance,
            None,
            version_qualifier(accepted.document, accepted.version),
            accepted.accepted_at_ms,
            None,
        ),
        Content::ConsentWithdrawn(withdrawn) => {
            let document = withdrawn.document;
            let qualifier = match withdrawn.ends()? {
                Ends::All => document.as_str().to_owned(),
                Ends::Geolocation => geolocation_qualifier(document),
            };
            fact(Class::Withdrawal, None, qualifier, withdrawn.withdrawn_at_ms, None)
        }
        _ => None,
    }
}
