//! People, their roles, organisations.

use domain::content::{Engagement, Role};
use domain::id::{OrganisationId, PersonId};

use crate::{Reader, StoreError};

/// A name as the register writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Тегі.
    pub surname: String,
    /// Аты.
    pub given: String,
    /// Әкесінің аты.
    pub patronymic: Option<String>,
}

/// A person as far as known here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// Who.
    pub id: PersonId,
    /// Name.
    pub name: Option<Name>,
    /// E.164.
    pub phone: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// Identification number; only of oneself.
    pub iin: Option<String>,
    /// Roles in organisations, the latest of each.
    pub memberships: Vec<Membership>,
}

/// A role in an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Who.
    pub person: PersonId,
    /// Where.
    pub organisation: OrganisationId,
    /// As what.
    pub role: Role,
    /// How engaged.
    pub engagement: Engagement,
    /// Position in Kazakh.
    pub position_kk: String,
    /// Position in Russian.
    pub position_ru: String,
    /// From, UTC ms.
    pub from_ms: i64,
    /// Until, exclusive, UTC ms.
    pub to_ms: Option<i64>,
}

impl Membership {
    /// Whether it holds at that moment.
    pub fn holds(&self, at_ms: i64) -> bool {
        self.from_ms <= at_ms && self.to_ms.is_none_or(|to_ms| at_ms < to_ms)
    }
}

/// An organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationRow {
    /// Which.
    pub id: OrganisationId,
    /// Name in Kazakh.
    pub name_kk: String,
    /// Name in Russian.
    pub name_ru: String,
    /// 12 digits.
    pub bin: String,
    /// Still works with the operator.
    pub active: bool,
}

impl Reader<'_> {
    /// One person; `None` when nothing is known here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn person(&self, id: PersonId) -> Result<Option<PersonRow>, StoreError> { todo!() }

    /// Roles of a person in organisations, also past and coming ones.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn memberships(&self, person: PersonId) -> Result<Vec<Membership>, StoreError> { todo!() }

    /// Roles that a person has at that moment: from organisations, and as a representative of a child.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn roles(&self, person: PersonId, at_ms: i64) -> Result<Vec<Role>, StoreError> { todo!() }

    /// Everybody who has or had a role in one of these organisations, by name in Kazakh order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn members(&self, organisations: &[OrganisationId]) -> Result<Vec<PersonRow>, StoreError> { todo!() }

    /// One organisation.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn organisation(&self, id: OrganisationId) -> Result<Option<OrganisationRow>, StoreError> { todo!() }
}
