//! Audiences: which statement reaches whom, whole or as an envelope whose content is withheld.
//!
//! # Invariants
//! A statement's audiences follow from its kind, its content and the facts of the visit that it is about; they never
//! shrink afterwards. A person's scopes follow from roles, care teams and representations; they grow and shrink, and
//! a device deletes what a lost scope held before it does anything else (docs/PROTOCOL.md, "Scopes").

use std::fmt;
use std::str::FromStr;

use crate::content::{Content, LocationMoment, NotePurpose, RecordData, RecordKind};
use crate::id::{ChildId, IdError, OrganisationId, PersonId, PlaceId, SubjectId};

/// An audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everybody: the operator's key, agreements, organisations.
    Operator,
    /// One person's own statements and what is about that person alone.
    Person(PersonId),
    /// Name, position and keys of a person, as parents and colleagues see them (clause B3.3).
    Card(PersonId),
    /// Telephone and e-mail.
    Contact(PersonId),
    /// Identification number of a person.
    Identity(PersonId),
    /// Name, birth date, place and accompanying people of a child.
    Child(ChildId),
    /// Identification number of a child.
    ChildIdentity(ChildId),
    /// What only the care team may know (clause A4.2).
    Team(ChildId),
    /// What the legal representatives see.
    Family(ChildId),
    /// Address and coordinates of a place.
    Place(PlaceId),
    /// What the coordinators of an organisation see.
    Organisation(OrganisationId),
}

impl Scope {
    fn parts(&self) -> (&'static str, Option<SubjectId>) {
        match *self {
            Scope::Operator => ("operator", None),
            Scope::Person(id) => ("person", Some(id.into())),
            Scope::Card(id) => ("card", Some(id.into())),
            Scope::Contact(id) => ("contact", Some(id.into())),
            Scope::Identity(id) => ("identity", Some(id.into())),
            Scope::Child(id) => ("child", Some(id.into())),
            Scope::ChildIdentity(id) => ("child-identity", Some(id.into())),
            Scope::Team(id) => ("team", Some(id.into())),
            Scope::Family(id) => ("family", Some(id.into())),
            Scope::Place(id) => ("place", Some(id.into())),
            Scope::Organisation(id) => ("organisation", Some(id.into())),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.parts() {
            (name, None) => f.write_str(name),
            (name, Some(id)) => write!(f, "{name}:{id}"),
        }
    }
}

/// A text that is not a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a scope")]
pub struct ScopeError;

impl From<IdError> for ScopeError {
    fn from(_: IdError) -> Self {
        ScopeError
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        if text == "operator" {
            return Ok(Scope::Operator);
        }
        let (name, id) = text.split_once(':').ok_or(ScopeError)?;
        Ok(match name {
            "person" => Scope::Person(id.parse()?),
            "card" => Scope::Card(id.parse()?),
            "contact" => Scope::Contact(id.parse()?),
            "identity" => Scope::Identity(id.parse()?),
            "child" => Scope::Child(id.parse()?),
            "child-identity" => Scope::ChildIdentity(id.parse()?),
            "team" => Scope::Team(id.parse()?),
            "family" => Scope::Family(id.parse()?),
            "place" => Scope::Place(id.parse()?),
            "organisation" => Scope::Organisation(id.parse()?),
            _ => return Err(ScopeError),
        })
    }
}

impl serde::Serialize for Scope {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Scope {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// How much of a statement an audience sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sight {
    /// The signed statement without its content.
    Envelope,
    /// Statement and content.
    Whole,
}

/// What must be known about a visit to address a statement about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisitParties {
    /// Whom.
    pub child: ChildId,
    /// Who registered it.
    pub specialist: PersonId,
    /// For which organisation.
    pub organisation: OrganisationId,
}

/// What the sequencer knows when it addresses a statement.
#[derive(Debug, Clone, Default)]
pub struct Addressing {
    /// Person to whom the signing key is bound; `None` for the operator.
    pub author: Option<PersonId>,
    /// The visit, when the statement is about one that is known.
    pub visit: Option<VisitParties>,
    /// Organisations whose coordinators follow the author's consents.
    pub organisations: Vec<OrganisationId>,
}

/// The audiences of a statement. The author always sees the own statement.
pub fn audiences(subject: SubjectId, content: &Content, addressing: &Addressing) -> Vec<(Scope, Sight)> {
    let mut audiences = Vec::new();
    let mut whole = |scope: Scope| audiences.push((scope, Sight::Whole));
    let visit_circle = |visit: &VisitParties| {
        [Scope::Person(visit.specialist), Scope::Family(visit.child), Scope::Organisation(visit.organisation)]
    };
    if let Some(author) = addressing.author {
        whole(Scope::Person(author));
    }
    match content {
        Content::OperatorKey(_)
        | Content::AgreementPublished(_)
        | Content::OrganisationChanged(_)
        | Content::ContentErased(_) => whole(Scope::Operator),
        // Whose file it was, is known only to who addresses it: that person alone, as the author above.
        Content::RecoveryOpened(_) => {}
        Content::AgreementAccepted(_) | Content::ConsentWithdrawn(_) => {
            whole(Scope::Person(subject.into()));
            addressing.organisations.iter().for_each(|&o| whole(Scope::Organisation(o)));
        }
        Content::VisitRegistered(visit) => {
            let parties = VisitParties {
                child: visit.child,
                specialist: addressing.author.unwrap_or(visit.specialist),
                organisation: visit.organisation,
            };
            visit_circle(&parties).into_iter().for_each(&mut whole);
            whole(Scope::Team(visit.child));
        }
        Content::VisitFinished(_) | Content::VisitCorrected(_) => {
            if let Some(visit) = &addressing.visit {
                visit_circle(visit).into_iter().for_each(&mut whole);
                whole(Scope::Team(visit.child));
            }
        }
        Content::VisitLocated(located) => {
            if let Some(visit) = &addressing.visit {
                whole(Scope::Organisation(visit.organisation));
                if located.moment != LocationMoment::Confirmed {
                    whole(Scope::Family(visit.child));
                }
            }
        }
        Content::VisitNoted(note) => {
            if let Some(visit) = &addressing.visit {
                if note.purpose == NotePurpose::Care {
                    whole(Scope::Team(visit.child));
                    whole(Scope::Family(visit.child));
                    audiences.push((Scope::Organisation(visit.organisation), Sight::Envelope));
                } else {
                    visit_circle(visit).into_iter().for_each(&mut whole);
                }
            }
        }
        Content::VisitConfirmed(_) | Content::VisitDisputed(_) | Content::VisitReviewed(_) => {
            if let Some(visit) = &addressing.visit {
                visit_circle(visit).into_iter().for_each(&mut whole);
            }
        }
        Content::RecordViewed(viewed) => match viewed.record {
            RecordKind::Child => whole(Scope::Family(subject.into())),
            RecordKind::Person => whole(Scope::Person(subject.into())),
            RecordKind::Place => {}
        },
        Content::MemberChanged(_) => whole(Scope::Card(subject.into())),
        Content::DeviceBound(bound) => whole(Scope::Card(bound.person)),
        Content::DeviceEnrolled(_) | Content::DeviceRevoked(_) | Content::KeyCompromised(_) => {
            // Whose device it is, is known only to who addresses it.
            if let Some(author) = addressing.author {
                whole(Scope::Card(author));
            }
        }
        Content::RecordChanged(changed) => whole(match (changed.record, &changed.data) {
            (RecordKind::Person, RecordData::Contact { .. }) => Scope::Contact(subject.into()),
            (RecordKind::Person, RecordData::Identifier { .. }) => Scope::Identity(subject.into()),
            (RecordKind::Person, _) => Scope::Card(subject.into()),
            (RecordKind::Child, RecordData::Identifier { .. }) => Scope::ChildIdentity(subject.into()),
            (RecordKind::Child, _) => Scope::Child(subject.into()),
            (RecordKind::Place, _) => Scope::Place(subject.into()),
        }),
        Content::CareTeamChanged(_) => whole(Scope::Child(subject.into())),
        Content::RepresentationChanged(representation) => {
            whole(Scope::Child(subject.into()));
            // It is the representative's own role: known before the agreement is accepted, when the child is not.
            whole(Scope::Person(representation.representative));
        }
    }
    audiences.sort_unstable();
    audiences.dedup();
    audiences
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::{VisitLocated, VisitNoted};

    const CHILD: ChildId = ChildId::from_bytes([1; 16]);
    const SPECIALIST: PersonId = PersonId::from_bytes([2; 16]);
    const PARENT: PersonId = PersonId::from_bytes([3; 16]);
    const ORGANISATION: OrganisationId = OrganisationId::from_bytes([4; 16]);
    const VISIT: SubjectId = SubjectId::from_bytes([5; 16]);

    fn addressing(author: PersonId) -> Addressing {
        Addressing {
            author: Some(author),
            visit: Some(VisitParties { child: CHILD, specialist: SPECIALIST, organisation: ORGANISATION }),
            organisations: vec![ORGANISATION],
        }
    }

    #[test]
    fn names_go_there_and_back() {
        for scope in [Scope::Operator, Scope::ChildIdentity(CHILD), Scope::Organisation(ORGANISATION)] {
            assert_eq!(scope.to_string().parse(), Ok(scope));
        }
        assert_eq!("child:zz".parse::<Scope>(), Err(ScopeError));
    }

    #[test]
    fn a_care_note_reaches_the_coordinator_only_as_an_envelope() {
        let note =
            Content::VisitNoted(VisitNoted { purpose: NotePurpose::Care, text: "x".into(), about: None });
        let audiences = audiences(VISIT, &note, &addressing(SPECIALIST));
        assert!(audiences.contains(&(Scope::Organisation(ORGANISATION), Sight::Envelope)));
        assert!(!audiences.contains(&(Scope::Organisation(ORGANISATION), Sight::Whole)));
        assert!(audiences.contains(&(Scope::Team(CHILD), Sight::Whole)));
    }

    #[test]
    fn representatives_learn_their_role_before_they_learn_anything_of_the_child() {
        let representation = Content::RepresentationChanged(crate::content::RepresentationChanged {
            representative: PARENT,
            basis: crate::content::RepresentationBasis::Parent,
            from_ms: 0,
            to_ms: None,
        });
        let audiences = audiences(CHILD.into(), &representation, &Addressing::default());
        assert_eq!(audiences, [(Scope::Person(PARENT), Sight::Whole), (Scope::Child(CHILD), Sight::Whole)]);
    }

    #[test]
    fn a_parents_position_is_not_shown_to_the_specialist() {
        let located = Content::VisitLocated(VisitLocated {
            capture: crate::id::CaptureId::from_bytes([6; 16]),
            moment: LocationMoment::Confirmed,
            outcome: crate::content::LocationOutcome::Unavailable(crate::content::UnavailableReason::Off),
            began_at_ms: 0,
            ended_at_ms: 0,
            ended_by: crate::content::CaptureEnd::Failed,
        });
        let audiences = audiences(VISIT, &located, &addressing(PARENT));
        assert_eq!(
            audiences,
            [(Scope::Person(PARENT), Sight::Whole), (Scope::Organisation(ORGANISATION), Sight::Whole)]
        );
    }
}
