//! `serve`.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use tracing_subscriber::EnvFilter;

use super::{Outcome, output};
use crate::config::LogFormat;
use crate::{Config, Folder, Instance, Server};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Data folder: database, keys, settings
    #[arg(long, env = "ESEP_OPERATOR_DIR", value_name = "FOLDER")]
    dir: PathBuf,
    /// Address and port; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Certificate chain in PEM; needed to listen beyond this computer
    #[arg(long, value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// Private key of the certificate in PEM
    #[arg(long, value_name = "FILE")]
    tls_key: Option<PathBuf>,
}

fn log(config: &Config) {
    let filter = EnvFilter::try_new(&config.log).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let lines = lines.with_ansi(std::io::stderr().is_terminal()).with_target(false);
    // Somebody who embeds the command line may log already.
    drop(match config.log_format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().try_init(),
    });
}

pub(super) fn run(options: &Options) -> Outcome {
    let mut instance = Instance::open(Folder::at(&options.dir))?;
    let config = &mut instance.config;
    config.listen = options.listen.unwrap_or(config.listen);
    config.tls_cert = options.tls_cert.clone().or(config.tls_cert.take());
    config.tls_key = options.tls_key.clone().or(config.tls_key.take());
    log(config);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = Server::start(Arc::new(instance)).await?;
        // One line on stdout, so that whoever started the server with port 0 learns where it is.
        output::line(&format!("listening on {}", server.url()))?;
        Ok(server.run_until_asked().await?)
    })
}
