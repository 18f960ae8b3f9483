//! Listening, TLS, and an end that loses nothing.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;

use crate::sequencer::Sequencer;
use crate::{Instance, http};

/// How long open requests may take to end.
const GRACE: Duration = Duration::from_secs(10);

/// How long a connection may take to its first request.
const FIRST_REQUEST: Duration = Duration::from_secs(20);

/// Why the server cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Plain http beyond this computer.
    #[error(
        "{0} is not this computer, and without TLS everybody on the way could read along: \
         set tls_cert and tls_key, or listen on 127.0.0.1 behind a proxy that has TLS"
    )]
    PlainHttp(SocketAddr),
    /// One of the two is missing.
    #[error("tls_cert and tls_key belong together: set both or none")]
    HalfTls,
    /// Certificate or key cannot be read.
    #[error("certificate {cert} or key {key}: {source}")]
    Tls {
        /// The certificate.
        cert: PathBuf,
        /// The key.
        key: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] operator_core::StoreError),
    /// The server stopped by itself.
    #[error("the server stopped: {0}")]
    Run(#[from] std::io::Error),
}

/// Requests at once on one connection. Each body is read whole before anybody knows whose it is, so what one connection
/// may ask for is bounded as connections are; a device asks for two or three things at once.
const REQUESTS_AT_ONCE: u32 = 8;

/// A server that listens.
pub struct Server {
    address: SocketAddr,
    handle: Handle<SocketAddr>,
    running: tokio::task::JoinHandle<std::io::Result<()>>,
    writer: JoinHandle<()>,
    is_tls: bool,
}

impl Server {
    /// Starts to listen where the settings say; port 0 takes a free one.
    ///
    /// # Errors
    /// [`ServeError`].
    pub async fn start(instance: Arc<Instance>) -> Result<Self, ServeError> {
        let config = instance.config.clone();
        let tls = match (&config.tls_cert, &config.tls_key) {
            (Some(cert), Some(key)) => Some(load_tls(cert, key).await?),
            (None, None) if config.listen.ip().is_loopback() => None,
            (None, None) => return Err(ServeError::PlainHttp(config.listen)),
            _ => return Err(ServeError::HalfTls),
        };
        let listen = |source| ServeError::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        instance.want_back()?;
        let (sequencer, writer) = Sequencer::start(Arc::clone(&instance))?;
        let (routes, places) = (http::router(instance, sequencer), http::Places::new(config.connections));
        let service = tower::service_fn(move |peer| {
            std::future::ready(Ok::<_, std::convert::Infallible>(places.enter(&routes, peer)))
        });
        let handle = Handle::new();
        let is_tls = tls.is_some();
        let silence = Duration::from_secs(config.silence_s);
        let running = match tls {
            Some(tls) => {
                let server = axum_server::from_tcp_rustls(listener, tls)?.handle(handle.clone());
                tokio::spawn(impatient(server, silence).serve(service))
            }
            None => {
                let server = axum_server::from_tcp(listener)?.handle(handle.clone());
                tokio::spawn(impatient(server, silence).serve(service))
            }
        };
        Ok(Self { address, handle, running, writer, is_tls })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How a client on this computer reaches it.
    pub fn url(&self) -> String {
        format!("{}://{}", if self.is_tls { "https" } else { "http" }, self.address)
    }

    /// Ends open requests, writes what they began, and stops.
    ///
    /// # Errors
    /// [`ServeError::Run`] when it had stopped by itself.
    pub async fn stop(self) -> Result<(), ServeError> {
        self.handle.graceful_shutdown(Some(GRACE));
        let ended = self.running.await.map_err(std::io::Error::other);
        // The routes are gone, and with them the last sequencer: the writer empties its queue and ends.
        let writer = tokio::task::spawn_blocking(move || self.writer.join());
        if writer.await.map_err(std::io::Error::other)?.is_err() {
            return Err(std::io::Error::other("the writer ended by a panic").into());
        }
        Ok(ended??)
    }

    /// Waits until it is asked to stop (SIGTERM, Ctrl-C), then stops.
    ///
    /// # Errors
    /// [`ServeError::Run`].
    pub async fn run_until_asked(mut self) -> Result<(), ServeError> {
        tokio::select! {
            ended = &mut self.running => Ok(ended.map_err(std::io::Error::other)??),
            asked = asked_to_stop() => {
                asked?;
                tracing::info!("stopping");
                self.stop().await
            }
        }
    }
}

/// Ends connections on which nobody says anything.
fn impatient<T>(
    server: axum_server::Server<SocketAddr, T>,
    silence: Duration,
) -> axum_server::Server<SocketAddr, T> {
    let mut server = server.first_request_timeout(FIRST_REQUEST);
    let builder = server.http_builder();
    builder.http1().header_read_timeout(silence);
    builder
        .http2()
        .keep_alive_interval(silence)
        .keep_alive_timeout(FIRST_REQUEST)
        .max_concurrent_streams(REQUESTS_AT_ONCE);
    server
}

async fn load_tls(cert: &Path, key: &Path) -> Result<RustlsConfig, ServeError> {
    // A second server in the same process finds the provider installed already.
    drop(rustls::crypto::ring::default_provider().install_default());
    RustlsConfig::from_pem_file(cert, key).await.map_err(|source| ServeError::Tls {
        cert: cert.to_owned(),
        key: key.to_owned(),
        source,
    })
}

#[cfg(unix)]
async fn asked_to_stop() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => interrupted,
    }
}

#[cfg(not(unix))]
async fn asked_to_stop() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}
