//! `organisation`, `person`.

use clap::{Args, Subcommand};
use domain::content::{Engagement, Role};
use domain::date::Date;
use domain::id::{OrganisationId, PersonId};
use operator_core::directory;
use operator_core::fact::{parse_role, role_name};
use operator_core::publish::begins_at_ms;
use serde::Serialize;

use super::{Outcome, Place, output};
use crate::change::{self, Name, NewMember, NewPerson};

#[derive(Debug, Subcommand)]
pub(super) enum OrganisationCommand {
    /// Adds an organisation
    Add(OrganisationOptions),
    /// Lists organisations
    List(Place),
}

#[derive(Debug, Args)]
pub(super) struct OrganisationOptions {
    #[command(flatten)]
    place: Place,
    /// Name in Kazakh
    #[arg(long)]
    name_kk: String,
    /// Name in Russian
    #[arg(long)]
    name_ru: String,
    /// Business identification number
    #[arg(long)]
    bin: String,
}

#[derive(Serialize)]
struct Added {
    id: String,
}

/// Prints the id of what was added.
pub(super) fn added(place: &Place, what: &str, id: impl ToString) -> Outcome {
    let id = id.to_string();
    if place.json { output::json(&Added { id }) } else { output::line(&format!("{what} {id}")) }
}

pub(super) fn run_organisation(command: &OrganisationCommand) -> Outcome {
    match command {
        OrganisationCommand::Add(options) => {
            let id = options.place.open()?.transact(|txn, operator| {
                change::add_organisation(txn, operator, &options.name_kk, &options.name_ru, &options.bin)
            })?;
            added(&options.place, "organisation", id)
        }
        OrganisationCommand::List(place) => {
            #[derive(Serialize)]
            struct Row {
                id: String,
                name_kk: String,
                name_ru: String,
                bin: String,
            }
            let instance = place.open()?;
            let rows = directory::organisations(instance.read()?.as_ref())?.into_iter().map(|(id, row)| {
                Row { id: id.to_string(), name_kk: row.name_kk, name_ru: row.name_ru, bin: row.bin }
            });
            let rows: Vec<Row> = rows.collect();
            if place.json {
                return output::json(&rows);
            }
            let rows: Vec<_> =
                rows.into_iter().map(|row| [row.id, row.name_kk, row.name_ru, row.bin]).collect();
            output::table(["ID", "KAZAKH", "RUSSIAN", "BIN"], &rows)
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum PersonCommand {
    /// Adds a person; a role needs --organisation and positions
    Add(Box<PersonOptions>),
    /// Lists people
    List(Place),
    /// Gives a person who is there another role
    Role(RoleOptions),
    /// Ends roles, care teams, representations, codes and devices of a person
    End(EndOptions),
}

#[derive(Debug, Clone, Args)]
pub(super) struct NameOptions {
    /// Тегі
    #[arg(long)]
    surname: String,
    /// Аты
    #[arg(long)]
    given: String,
    /// Әкесінің аты
    #[arg(long)]
    patronymic: Option<String>,
}

impl NameOptions {
    pub(super) fn name(&self) -> Name {
        Name { surname: self.surname.clone(), given: self.given.clone(), patronymic: self.patronymic.clone() }
    }
}

fn parse_member_role(name: &str) -> Result<Role, String> {
    parse_role(name).filter(|role| *role != Role::Representative).ok_or_else(|| {
        "one of specialist, coordinator; representatives come from `representation set`".into()
    })
}

fn parse_engagement(name: &str) -> Result<Engagement, String> {
    match name {
        "employee" => Ok(Engagement::Employee),
        "civil-contract" => Ok(Engagement::CivilContract),
        _ => Err("one of employee, civil-contract".into()),
    }
}

#[derive(Debug, Args)]
pub(super) struct MemberOptions {
    /// Role: specialist, coordinator; may be repeated
    #[arg(long = "role", value_parser = parse_member_role, requires = "organisation")]
    roles: Vec<Role>,
    /// In which organisation
    #[arg(long)]
    organisation: Option<OrganisationId>,
    /// How engaged: employee, civil-contract
    #[arg(long, value_parser = parse_engagement, default_value = "employee")]
    engagement: Engagement,
    /// Position in Kazakh
    #[arg(long, default_value = "")]
    position_kk: String,
    /// Position in Russian
    #[arg(long, default_value = "")]
    position_ru: String,
    /// First day of the engagement; left out: from now on
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
}

impl MemberOptions {
    fn members(&self) -> Vec<NewMember> {
        let Some(organisation) = self.organisation else { return Vec::new() };
        let member = |&role: &Role| NewMember {
            organisation,
            role,
            engagement: self.engagement,
            position_kk: self.position_kk.clone(),
            position_ru: self.position_ru.clone(),
            from_ms: self.from.map(begins_at_ms),
        };
        self.roles.iter().map(member).collect()
    }
}

#[derive(Debug, Args)]
pub(super) struct PersonOptions {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    name: NameOptions,
    /// Telephone
    #[arg(long)]
    phone: Option<String>,
    /// E-mail
    #[arg(long)]
    email: Option<String>,
    /// Identification number
    #[arg(long)]
    iin: Option<String>,
    #[command(flatten)]
    member: MemberOptions,
}

#[derive(Debug, Args)]
pub(super) struct RoleOptions {
    #[command(flatten)]
    place: Place,
    /// Id of the person
    #[arg(long)]
    person: PersonId,
    #[command(flatten)]
    member: MemberOptions,
}

#[derive(Debug, Args)]
pub(super) struct EndOptions {
    #[command(flatten)]
    place: Place,
    /// Id of the person
    #[arg(long)]
    person: PersonId,
}

pub(super) fn run_person(command: &PersonCommand) -> Outcome {
    match command {
        PersonCommand::Add(options) => {
            let new = NewPerson {
                name: options.name.name(),
                phone: options.phone.clone(),
                email: options.email.clone(),
                iin: options.iin.clone(),
            };
            let id = options.place.open()?.transact(|txn, operator| {
                let id = change::add_person(txn, operator, &new)?;
                options.member.members().iter().try_for_each(|m| change::add_member(txn, operator, id, m))?;
                Ok::<_, change::ChangeError>(id)
            })?;
            added(&options.place, "person", id)
        }
        PersonCommand::Role(options) => {
            options.place.open()?.transact(|txn, operator| {
                options
                    .member
                    .members()
                    .iter()
                    .try_for_each(|member| change::add_member(txn, operator, options.person, member))
            })?;
            added(&options.place, "person", options.person)
        }
        PersonCommand::List(place) => list_people(place),
        PersonCommand::End(options) => {
            let instance = options.place.open()?;
            instance.transact(|txn, operator| change::end_person(txn, operator, options.person))?;
            output::line(&format!(
                "ended {}: late statements of the devices are still registered",
                options.person
            ))
        }
    }
}

fn list_people(place: &Place) -> Outcome {
    #[derive(Serialize)]
    struct Row {
        id: String,
        name: String,
        roles: Vec<&'static str>,
        devices: usize,
    }
    let instance = place.open()?;
    let now_ms = instance.now_ms();
    let row = |person: directory::PersonRow| Row {
        id: person.id.to_string(),
        roles: person.roles(now_ms).into_iter().map(role_name).collect(),
        devices: person.keys.iter().filter(|key| key.revoked_at_ms.is_none()).count(),
        name: person.name,
    };
    let rows: Vec<Row> = directory::people(instance.read()?.as_ref(), now_ms)?.into_iter().map(row).collect();
    if place.json {
        return output::json(&rows);
    }
    let cells = |row: Row| [row.id, row.name, row.roles.join(", "), row.devices.to_string()];
    let rows: Vec<_> = rows.into_iter().map(cells).collect();
    output::table(["ID", "NAME", "ROLES", "DEVICES"], &rows)
}
