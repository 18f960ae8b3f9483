//! `child`, `place`, `care-team`, `representation`.

use clap::{Args, Subcommand};
use domain::content::{CareTeamChanged, RepresentationBasis, RepresentationChanged};
use domain::date::Date;
use domain::geo::{DEFAULT_RADIUS_M, Position};
use domain::id::{ChildId, OrganisationId, PersonId, PlaceId};
use operator_core::directory;
use operator_core::fact::{Class, FactQuery};
use operator_core::publish::begins_at_ms;
use operator_core::store::StoreError;
use serde::Serialize;

use super::people::{NameOptions, added};
use super::{Outcome, Place, output};
use crate::Instance;
use crate::change::{self, NewChild, NewPlace};

#[derive(Debug, Subcommand)]
pub(super) enum ChildCommand {
    /// Adds a child
    Add(ChildOptions),
    /// Lists children
    List(Place),
}

#[derive(Debug, Args)]
pub(super) struct ChildOptions {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    name: NameOptions,
    /// Birth date, 2018-07-09
    #[arg(long, value_name = "DATE")]
    birth: Date,
    /// Identification number
    #[arg(long)]
    iin: Option<String>,
    /// Where the child is visited
    #[arg(long, value_name = "PLACE")]
    lives: Option<PlaceId>,
    /// The organisation that serves the child
    #[arg(long)]
    organisation: OrganisationId,
}

pub(super) fn run_child(command: &ChildCommand) -> Outcome {
    match command {
        ChildCommand::Add(options) => {
            let new = NewChild {
                name: options.name.name(),
                birth: options.birth,
                iin: options.iin.clone(),
                place: options.lives,
                organisation: options.organisation,
            };
            let id =
                options.place.open()?.transact(|txn, operator| change::add_child(txn, operator, &new))?;
            added(&options.place, "child", id)
        }
        ChildCommand::List(place) => {
            #[derive(Serialize)]
            struct Row {
                id: String,
                name: String,
                birth_date: Option<String>,
                place: Option<String>,
            }
            let instance = place.open()?;
            let children = directory::children(instance.read()?.as_ref(), instance.now_ms())?;
            let rows: Vec<Row> = children
                .into_iter()
                .map(|child| Row {
                    id: child.id.to_string(),
                    name: child.name,
                    birth_date: child.birth_date,
                    place: child.place.map(|place| place.to_string()),
                })
                .collect();
            if place.json {
                return output::json(&rows);
            }
            let cells = |row: Row| {
                [row.id, row.name, row.birth_date.unwrap_or_default(), row.place.unwrap_or_default()]
            };
            output::table(["ID", "NAME", "BORN", "PLACE"], &rows.into_iter().map(cells).collect::<Vec<_>>())
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum PlaceCommand {
    /// Adds a place; without coordinates a coordinator can adopt those of an accepted visit
    Add(PlaceOptions),
    /// Lists places
    List(Place),
}

#[derive(Debug, Args)]
pub(super) struct PlaceOptions {
    #[command(flatten)]
    place: Place,
    /// Address as people say it
    #[arg(long)]
    label: String,
    /// Region by ISO 3166-2, KZ-71
    #[arg(long)]
    region: String,
    /// Latitude in degrees
    #[arg(long, requires = "lon", allow_negative_numbers = true)]
    lat: Option<f64>,
    /// Longitude in degrees
    #[arg(long, requires = "lat", allow_negative_numbers = true)]
    lon: Option<f64>,
    /// Within how many metres a visit counts as being there
    #[arg(long, default_value_t = DEFAULT_RADIUS_M)]
    radius_m: u32,
}

pub(super) fn run_place(command: &PlaceCommand) -> Outcome {
    match command {
        PlaceCommand::Add(options) => {
            let position = match options.lat.zip(options.lon) {
                Some((lat, lon)) => Some(Position::from_degrees(lat, lon)?),
                None => None,
            };
            let new = NewPlace {
                label: options.label.clone(),
                region: options.region.clone(),
                position,
                radius_m: options.radius_m,
            };
            let id =
                options.place.open()?.transact(|txn, operator| change::add_place(txn, operator, &new))?;
            added(&options.place, "place", id)
        }
        PlaceCommand::List(place) => {
            #[derive(Serialize)]
            struct Row {
                id: String,
                label: String,
                region: String,
                has_position: bool,
            }
            let places = directory::places(place.open()?.read()?.as_ref())?;
            let rows: Vec<Row> = places
                .into_iter()
                .map(|place| Row {
                    id: place.id.to_string(),
                    label: place.label,
                    region: place.region,
                    has_position: place.has_position,
                })
                .collect();
            if place.json {
                return output::json(&rows);
            }
            let cells = |row: Row| {
                let position = if row.has_position { "known" } else { "unknown" };
                [row.id, row.label, row.region, position.to_owned()]
            };
            output::table(
                ["ID", "ADDRESS", "REGION", "COORDINATES"],
                &rows.into_iter().map(cells).collect::<Vec<_>>(),
            )
        }
    }
}

/// From when until when; days of Kazakhstan.
#[derive(Debug, Args)]
pub(super) struct Period {
    /// First day; left out: as it was, or from now on
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// First day on which it is over; left out: open; before the first day: it never held
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
}

impl Period {
    /// `same`: the slot that this change goes into.
    fn resolve(&self, instance: &Instance, same: &FactQuery) -> Result<(i64, Option<i64>), StoreError> {
        let before = instance.read()?.facts(same)?.last().map(|fact| fact.from_ms);
        let from_ms = self.from.map(begins_at_ms).or(before).unwrap_or_else(|| instance.now_ms());
        Ok((from_ms, self.to.map(begins_at_ms)))
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum CareTeamCommand {
    /// Takes a person into a child's care team, or with --to out of it
    Set(CareTeamOptions),
}

#[derive(Debug, Args)]
pub(super) struct CareTeamOptions {
    #[command(flatten)]
    place: Place,
    /// Id of the child
    #[arg(long)]
    child: ChildId,
    /// Id of the person
    #[arg(long)]
    person: PersonId,
    /// For which organisation
    #[arg(long)]
    organisation: OrganisationId,
    /// As what: a code of the list of services, speech-therapy
    #[arg(long)]
    function: String,
    #[command(flatten)]
    period: Period,
}

pub(super) fn run_care_team(CareTeamCommand::Set(options): &CareTeamCommand) -> Outcome {
    let instance = options.place.open()?;
    let same = FactQuery::of(Class::CareTeam).about(options.child).with(options.person);
    let same = same.qualified(options.organisation.to_string());
    let (from_ms, to_ms) = options.period.resolve(&instance, &same)?;
    let team = CareTeamChanged {
        person: options.person,
        organisation: options.organisation,
        function: options.function.clone(),
        from_ms,
        to_ms,
    };
    instance.transact(|txn, operator| change::set_care_team(txn, operator, options.child, team))?;
    added(&options.place, "child", options.child)
}

#[derive(Debug, Subcommand)]
pub(super) enum RepresentationCommand {
    /// Makes a person a child's legal representative, or with --to ends it
    Set(RepresentationOptions),
}

fn parse_basis(name: &str) -> Result<RepresentationBasis, String> {
    change::parse_basis(name).ok_or_else(|| "one of parent, adopter, guardian, trustee, foster, other".into())
}

#[derive(Debug, Args)]
pub(super) struct RepresentationOptions {
    #[command(flatten)]
    place: Place,
    /// Id of the child
    #[arg(long)]
    child: ChildId,
    /// Id of the person
    #[arg(long)]
    person: PersonId,
    /// On what basis: parent, adopter, guardian, trustee, foster, other
    #[arg(long, value_parser = parse_basis)]
    basis: RepresentationBasis,
    #[command(flatten)]
    period: Period,
}

pub(super) fn run_representation(RepresentationCommand::Set(options): &RepresentationCommand) -> Outcome {
    let instance = options.place.open()?;
    let same = FactQuery::of(Class::Representation).about(options.child).with(options.person);
    let (from_ms, to_ms) = options.period.resolve(&instance, &same)?;
    let (representative, basis) = (options.person, options.basis);
    let representation = RepresentationChanged { representative, basis, from_ms, to_ms };
    instance
        .transact(|txn, operator| change::set_representation(txn, operator, options.child, representation))?;
    added(&options.place, "child", options.child)
}
