//! `recovery renew` and `recovery keys`.

use std::path::PathBuf;

use clap::Args;
use domain::content::OldShares;
use recovery::share::key_name;
use serde::Serialize;

use super::recovery::{sealed_to, share};
use super::{Outcome, Place, output};
use crate::inbox::Inbox;
use crate::renew;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    place: Place,
    /// A share of the key in force: give it twice, one of each officer
    #[arg(long = "share", value_name = "FILE", required_unless_present = "share_lost")]
    shares: Vec<PathBuf>,
    /// A share of the key in force is lost: renews without them, and the log says so to everybody
    #[arg(long, conflicts_with = "shares")]
    share_lost: bool,
    /// Why, in words; everybody can read it, so no name
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(Serialize)]
struct Answer {
    recovery_key: String,
    shares: [String; 2],
    before: String,
    waiting_for_old_shares: usize,
    erases_from_ms: Option<i64>,
}

pub(super) fn run(options: &Options) -> Outcome {
    let shares = options.shares.iter().map(|path| share(path)).collect::<Result<Vec<_>, _>>()?;
    let shares = (!options.share_lost).then_some(shares.as_slice());
    let instance = options.place.open()?;
    let renewed = renew::renew(&instance, shares, &options.reason)?;
    let inbox = Inbox::of(&instance.folder);
    let waiting = inbox.list()?.into_iter().filter(|received| {
        received.opened_at_ms.is_none() && sealed_to(&inbox, received).as_ref() == Some(&renewed.before)
    });
    let answer = Answer {
        recovery_key: data_encoding::HEXLOWER.encode(&renewed.recovery_key),
        shares: renewed.shares.each_ref().map(|path| path.display().to_string()),
        before: data_encoding::HEXLOWER.encode(&renewed.before),
        waiting_for_old_shares: waiting.count(),
        erases_from_ms: renewed.erases_from_ms,
    };
    if options.place.json {
        return output::json(&answer);
    }
    let (new, old) = (key_name(&renewed.recovery_key), key_name(&renewed.before));
    let [first, second] = &answer.shares;
    output::line(&format!("the recovery key is {new} from now on; it was {old}"))?;
    output::line(&format!("give {first} to one officer and {second} to another,"))?;
    output::line("then remove both from here: opening a file and erasing need both of them together")?;
    output::line(
        "each device seals to the new key when it hears of it: with its next sync in an open account",
    )?;
    if let Some(from_ms) = answer.erases_from_ms {
        let from = output::moment(from_ms.saturating_add(59_000));
        output::line(&format!("it opens files at once, and erases nothing before {from}; until then"))?;
        output::line("both shares of the key before can take it back: `recovery renew` with them")?;
    }
    let count = answer.waiting_for_old_shares;
    if options.share_lost {
        output::line(&format!(
            "what is sealed to {old} stays closed while one of its shares is lost: {count} files"
        ))?;
        output::line(
            "that wait here, and every account that is set aside before its device heard of the new key;",
        )?;
        output::line("the log says to everybody that the old shares were not there")
    } else {
        output::line(&format!(
            "keep the shares of {old}: {count} files that wait here open with them alone, and so"
        ))?;
        output::line("does every account that is set aside before its device heard of the new key")
    }
}

/// Every recovery key of this operator.
pub(super) fn keys(place: &Place) -> Outcome {
    #[derive(Serialize)]
    struct Row {
        name: String,
        recovery_key: String,
        since_ms: i64,
        is_in_force: bool,
        old_shares: Option<OldShares>,
        is_objection: bool,
        erases_from_ms: Option<i64>,
        reason: Option<String>,
    }
    let instance = place.open()?;
    let keys = renew::keys(instance.read()?.as_ref())?;
    let last = keys.len().saturating_sub(1);
    let row = |(at, key): (usize, renew::KeyOfTime)| {
        let is_objection = key.renewed.as_ref().is_some_and(|renewed| renewed.shares_of.is_some());
        let erases_from_ms = key.erases_from_ms;
        let (old_shares, reason) = key.renewed.map(|renewed| (renewed.shares, renewed.reason)).unzip();
        let recovery_key = data_encoding::HEXLOWER.encode(&key.recovery_key);
        let (name, since_ms) = (key_name(&key.recovery_key), key.since_ms);
        let is_in_force = at == last;
        Row { name, recovery_key, since_ms, is_in_force, old_shares, is_objection, erases_from_ms, reason }
    };
    let rows: Vec<Row> = keys.into_iter().enumerate().map(row).collect();
    if place.json {
        return output::json(&rows);
    }
    let cells = |row: Row| {
        let came = match row.old_shares {
            None => "made with the operator",
            Some(OldShares::Both) if row.is_objection => "an objection with both shares of an earlier key",
            Some(OldShares::Both) => "both old shares were there",
            Some(OldShares::Lost) => "an old share was lost",
        };
        let state = if row.is_in_force { "in force" } else { "replaced" };
        let erases = row
            .erases_from_ms
            .map_or_else(|| "at once".to_owned(), |from_ms| output::moment(from_ms.saturating_add(59_000)));
        let since = output::moment(row.since_ms);
        [row.name, since, state.into(), came.into(), erases, row.reason.unwrap_or_default()]
    };
    output::table(
        ["KEY", "SINCE", "STATE", "HOW", "ERASES FROM", "WHY"],
        &rows.into_iter().map(cells).collect::<Vec<_>>(),
    )
}
