//! People, their roles, organisations.

use domain::content::{Engagement, Role};
use domain::id::{OrganisationId, PersonId};
use rusqlite::{OptionalExtension, Row};

use crate::column::{Blob, Code};
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

impl Name {
    /// From three columns beginning at `first`; `None` when there is no name.
    pub(super) fn from_row(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Self>> {
        let (surname, given): (Option<String>, Option<String>) = (row.get(first)?, row.get(first + 1)?);
        let patronymic = row.get(first + 2)?;
        Ok(surname.zip(given).map(|(surname, given)| Self { surname, given, patronymic }))
    }
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
    pub fn person(&self, id: PersonId) -> Result<Option<PersonRow>, StoreError> {
        let mut select = self.conn.prepare_cached(
            "SELECT surname, given, patronymic, phone, email, iin FROM person WHERE id = ?1",
        )?;
        let row = select.query_row([id.as_bytes()], |row| {
            let name = Name::from_row(row, 0)?;
            let (phone, email, iin) = (row.get(3)?, row.get(4)?, row.get(5)?);
            Ok(PersonRow { id, name, phone, email, iin, memberships: Vec::new() })
        });
        let Some(person) = row.optional()? else { return Ok(None) };
        Ok(Some(PersonRow { memberships: self.memberships(id)?, ..person }))
    }

    /// Roles of a person in organisations, also past and coming ones.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn memberships(&self, person: PersonId) -> Result<Vec<Membership>, StoreError> {
        let mut select = self.conn.prepare_cached(
            "SELECT organisation, role, engagement, position_kk, position_ru, from_ms, to_ms FROM member
              WHERE person = ?1 ORDER BY from_ms, organisation, role",
        )?;
        let rows = select.query_map([person.as_bytes()], |row| {
            Ok(Membership {
                person,
                organisation: row.get::<_, Blob<OrganisationId>>(0)?.0,
                role: row.get::<_, Code<Role>>(1)?.0,
                engagement: row.get::<_, Code<Engagement>>(2)?.0,
                position_kk: row.get(3)?,
                position_ru: row.get(4)?,
                from_ms: row.get(5)?,
                to_ms: row.get(6)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Whether a person works as a specialist or ever did, in an organisation or in the care team of a child.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn was_specialist(&self, person: PersonId) -> Result<bool, StoreError> {
        let mut select = self.conn.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM member WHERE person = ?1 AND role = 'specialist')
                 OR EXISTS (SELECT 1 FROM care_team WHERE person = ?1)",
        )?;
        Ok(select.query_row([person.as_bytes()], |row| row.get(0))?)
    }

    /// Roles that a person has at that moment: from organisations, and as a representative of a child.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn roles(&self, person: PersonId, at_ms: i64) -> Result<Vec<Role>, StoreError> {
        let memberships = self.memberships(person)?;
        let mut roles: Vec<Role> = memberships
            .iter()
            .filter(|membership| membership.holds(at_ms))
            .map(|membership| membership.role)
            .collect();
        let mut select = self.conn.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM representation WHERE representative = ?1 AND from_ms <= ?2
                AND (to_ms IS NULL OR to_ms > ?2))",
        )?;
        if select.query_row((person.as_bytes(), at_ms), |row| row.get(0))? {
            roles.push(Role::Representative);
        }
        roles.sort_unstable();
        roles.dedup();
        Ok(roles)
    }

    /// Everybody who has or had a role in one of these organisations, by name in Kazakh order.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn members(&self, organisations: &[OrganisationId]) -> Result<Vec<PersonRow>, StoreError> {
        let mut select = self.conn.prepare_cached("SELECT id FROM person ORDER BY sort_key, id")?;
        let people = select
            .query_map([], |row| Ok(row.get::<_, Blob<PersonId>>(0)?.0))?
            .collect::<Result<Vec<_>, _>>()?;
        let mut members = Vec::new();
        for id in people {
            if let Some(person) = self.person(id)?
                && person
                    .memberships
                    .iter()
                    .any(|membership| organisations.contains(&membership.organisation))
            {
                members.push(person);
            }
        }
        Ok(members)
    }

    /// One organisation.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn organisation(&self, id: OrganisationId) -> Result<Option<OrganisationRow>, StoreError> {
        let mut select = self
            .conn
            .prepare_cached("SELECT name_kk, name_ru, bin, active FROM organisation WHERE id = ?1")?;
        let row = select.query_row([id.as_bytes()], |row| {
            Ok(OrganisationRow {
                id,
                name_kk: row.get(0)?,
                name_ru: row.get(1)?,
                bin: row.get(2)?,
                active: row.get(3)?,
            })
        });
        Ok(row.optional()?)
    }
}
