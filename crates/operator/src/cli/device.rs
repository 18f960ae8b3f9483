//! `activation`, `device`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use domain::content::RevocationReason;
use domain::id::{KeyId, PersonId};
use operator_core::directory;
use serde::Serialize;

use super::{Outcome, Place, output};
use crate::change;
use crate::issue::{issue, issue_for_guest};
use crate::qr;

#[derive(Debug, Subcommand)]
pub(super) enum ActivationCommand {
    /// Issues an activation code: single use, 72 hours
    Issue(IssueOptions),
    /// Ends the codes of a person that are still alive
    Cancel(CancelOptions),
}

#[derive(Debug, Args)]
pub(super) struct CancelOptions {
    #[command(flatten)]
    place: Place,
    /// Whose
    #[arg(long)]
    person: PersonId,
}

pub(super) fn run_activation(command: &ActivationCommand) -> Outcome {
    match command {
        ActivationCommand::Issue(options) => run_issue(options),
        ActivationCommand::Cancel(options) => {
            let instance = options.place.open()?;
            let count = instance
                .transact(|txn, operator| change::cancel_activations(txn, operator, options.person))?;
            output::line(&format!("cancelled {count}"))
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct IssueOptions {
    #[command(flatten)]
    place: Place,
    /// For whom
    #[arg(long)]
    person: PersonId,
    /// The specialist on whose device a representative without a phone will answer, shown everywhere as weaker
    #[arg(long, value_name = "SPECIALIST")]
    host: Option<PersonId>,
    /// How devices reach the server, as it stands in the link
    #[arg(long, value_name = "URL")]
    address: Option<String>,
    /// Writes the link as a QR code, .svg or .png
    #[arg(long, value_name = "FILE")]
    qr: Option<PathBuf>,
}

fn run_issue(options: &IssueOptions) -> Outcome {
    #[derive(Serialize)]
    struct Row {
        person: String,
        code: String,
        link: String,
        fingerprint: String,
        fingerprint_words: Vec<String>,
    }
    let instance = options.place.open()?;
    if let Some(file) = &options.qr {
        qr::check_name(file)?;
    }
    let address = options.address.as_deref();
    let issued = match options.host {
        Some(host) => issue_for_guest(&instance, options.person, host, address)?,
        None => issue(&instance, options.person, address)?,
    };
    let id = instance.key.id();
    let row = Row {
        person: issued.person.to_string(),
        code: issued.code.reveal(),
        link: issued.link.to_string(),
        fingerprint: id.to_string(),
        fingerprint_words: wire::activation::fingerprint_words(&id),
    };
    if let Some(file) = &options.qr {
        qr::write(&row.link, file)?;
    }
    if options.place.json {
        return output::json(&row);
    }
    output::line(&format!("code:        {}", row.code))?;
    output::line(&format!("address:     {}", issued.link.address))?;
    output::line(&format!("fingerprint: {}", row.fingerprint_words.join(" ")))?;
    output::line(&format!("link:        {}", row.link))
}

#[derive(Debug, Subcommand)]
pub(super) enum DeviceCommand {
    /// Lists devices
    List(Place),
    /// Takes a device's key out of force; its late statements are still registered, with a flag
    Revoke(RevokeOptions),
}

fn parse_reason(name: &str) -> Result<RevocationReason, String> {
    Ok(match name {
        "lost" => RevocationReason::Lost,
        "key-compromise" => RevocationReason::KeyCompromise,
        "ended" => RevocationReason::Ended,
        "replaced" => RevocationReason::Replaced,
        _ => return Err("one of lost, key-compromise, ended, replaced".into()),
    })
}

#[derive(Debug, Args)]
pub(super) struct RevokeOptions {
    #[command(flatten)]
    place: Place,
    /// Thumbprint of the device's key
    #[arg(long)]
    key: KeyId,
    /// Why: lost, key-compromise, ended, replaced
    #[arg(long, value_parser = parse_reason)]
    reason: RevocationReason,
}

pub(super) fn run_device(command: &DeviceCommand) -> Outcome {
    match command {
        DeviceCommand::Revoke(options) => {
            let instance = options.place.open()?;
            instance.transact(|txn, operator| {
                change::revoke_device(txn, operator, options.key, options.reason)
            })?;
            output::line(&format!("revoked {}", options.key))
        }
        DeviceCommand::List(place) => {
            #[derive(Serialize)]
            struct Row {
                key: String,
                device: String,
                person: String,
                name: String,
                /// Whose device the key lies on, when not the person's own.
                host: Option<String>,
                bound_at_ms: i64,
                revoked_at_ms: Option<i64>,
            }
            let instance = place.open()?;
            let read = instance.read()?;
            let people = directory::people(read.as_ref(), instance.now_ms())?;
            let names: BTreeMap<PersonId, String> =
                people.into_iter().map(|person| (person.id, person.name)).collect();
            let row = |key: operator_core::store::BoundKey| Row {
                key: key.key.id().to_string(),
                device: key.device.to_string(),
                person: key.person.to_string(),
                name: names.get(&key.person).cloned().unwrap_or_default(),
                host: key.host.map(|host| names.get(&host).cloned().unwrap_or_else(|| host.to_string())),
                bound_at_ms: key.bound_at_ms,
                revoked_at_ms: key.revoked_at_ms,
            };
            let rows: Vec<Row> = read.bound_keys(None)?.into_iter().map(row).collect();
            if place.json {
                return output::json(&rows);
            }
            let cells = |row: Row| {
                let revoked = row.revoked_at_ms.map_or(String::new(), output::moment);
                [row.key, row.name, row.host.unwrap_or_default(), output::moment(row.bound_at_ms), revoked]
            };
            output::table(
                ["KEY", "NAME", "GUEST OF", "BOUND", "REVOKED"],
                &rows.into_iter().map(cells).collect::<Vec<_>>(),
            )
        }
    }
}
