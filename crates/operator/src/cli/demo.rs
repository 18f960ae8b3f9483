//! `demo`.

use std::net::SocketAddr;

use clap::Args;

use super::{Outcome, Place, output};
use crate::demo::{Demo, prepare};

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    place: Place,
    /// How devices reach the server, as it stands in the links
    #[arg(long, value_name = "URL")]
    address: Option<String>,
    /// Where the server will listen on this computer: the address in the links is then http:// and this
    #[arg(long, value_name = "ADDRESS", conflicts_with = "address")]
    listen: Option<SocketAddr>,
    /// Fresh codes also for people who have a device
    #[arg(long)]
    renew: bool,
}

pub(super) fn run(options: &Options) -> Outcome {
    let address = options.address.clone().or_else(|| options.listen.map(|listen| format!("http://{listen}")));
    let demo = prepare(options.place.folder(), address.as_deref(), options.renew)?;
    if options.place.json { output::json(&demo) } else { print(&demo) }
}

fn print(demo: &Demo) -> Outcome {
    output::line(&format!("operator {}", demo.operator.address))?;
    output::line(&format!("fingerprint: {}\n", demo.operator.fingerprint_words.join(" ")))?;
    let rows: Vec<[String; 3]> = demo
        .people
        .iter()
        .map(|person| {
            let code = person.code.clone().unwrap_or_else(|| "has a device (--renew)".into());
            [person.name.clone(), person.roles.join(", "), code]
        })
        .collect();
    output::table(["NAME", "ROLES", "ACTIVATION CODE"], &rows)?;
    output::line(&format!("\n{} children; links: add --json", demo.children.len()))
}
