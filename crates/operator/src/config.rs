//! Settings: `esep-operator.toml` in the data folder, then the environment, then the command line; the later wins.
//!
//! | Setting | Environment | Default |
//! |---|---|---|
//! | `listen` | `ESEP_OPERATOR_LISTEN` | `127.0.0.1:7543` |
//! | `address` | `ESEP_OPERATOR_ADDRESS` | `http://` and `listen`, if that is this computer |
//! | `tls_cert`, `tls_key` | `ESEP_OPERATOR_TLS_CERT`, `ESEP_OPERATOR_TLS_KEY` | none: http on this computer only |
//! | `enrol_failures` | `ESEP_OPERATOR_ENROL_FAILURES` | 10 wrong activation codes from one address... |
//! | `enrol_window_s` | `ESEP_OPERATOR_ENROL_WINDOW_S` | ...within 600 seconds |
//! | `device_day_mib` | `ESEP_OPERATOR_DEVICE_DAY_MIB` | 2048: what one device may send in 24 hours |
//! | `recovery_total_mib` | `ESEP_OPERATOR_RECOVERY_TOTAL_MIB` | 20480: what all recovery files hold together |
//! | `connections` | `ESEP_OPERATOR_CONNECTIONS` | 800 open at once |
//! | `trusted_proxies` | `ESEP_OPERATOR_TRUSTED_PROXIES`, with commas | none: `X-Forwarded-For` is not believed |
//! | `request_timeout_s` | `ESEP_OPERATOR_REQUEST_TIMEOUT_S` | 60 |
//! | `silence_s` | `ESEP_OPERATOR_SILENCE_S` | 60: a connection without a request ends after that |
//! | `log` | `ESEP_OPERATOR_LOG` | `info` |
//! | `log_format` | `ESEP_OPERATOR_LOG_FORMAT` | `text`; or `json` |

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use serde::Deserialize;

use crate::Folder;

/// What `init` writes: every setting as a comment.
pub const TEMPLATE: &str = include_str!("../esep-operator.toml");

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds something else.
    #[error("{path}: {source}")]
    Toml {
        /// Which.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// A variable of the environment cannot be read.
    #[error("{name} is set to a value that cannot be used")]
    Environment {
        /// Which.
        name: String,
    },
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines, one object a line.
    Json,
}

/// Settings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// How devices reach this server, as it stands in links.
    pub address: Option<String>,
    /// Certificate chain, PEM.
    pub tls_cert: Option<PathBuf>,
    /// Its private key, PEM.
    pub tls_key: Option<PathBuf>,
    /// Wrong activation codes that one address may try within the window.
    pub enrol_failures: u32,
    /// Length of that window.
    pub enrol_window_s: u64,
    /// What one device may send in 24 hours, MiB. A day of visits is a few hundred KiB, a recovery file at most 1 GiB.
    pub device_day_mib: u32,
    /// What all recovery files may hold together, MiB.
    pub recovery_total_mib: u32,
    /// Connections that are open at once; each needs one of the descriptors that the system allows the process.
    pub connections: u32,
    /// Proxies whose `X-Forwarded-For` says from which address a request comes.
    pub trusted_proxies: Vec<IpAddr>,
    /// How long one request may take.
    pub request_timeout_s: u64,
    /// How long a connection may be silent between two requests: descriptors are few, and opening one is cheap.
    pub silence_s: u64,
    /// Filter of the log, as `tracing` reads it.
    pub log: String,
    /// How logs are written.
    pub log_format: LogFormat,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7543)),
            address: None,
            tls_cert: None,
            tls_key: None,
            enrol_failures: 10,
            enrol_window_s: 600,
            device_day_mib: 2_048,
            recovery_total_mib: 20_480,
            connections: 800,
            trusted_proxies: Vec::new(),
            request_timeout_s: 60,
            silence_s: 60,
            log: "info".into(),
            log_format: LogFormat::Text,
        }
    }
}

impl Config {
    /// Reads file and environment.
    ///
    /// # Errors
    /// [`ConfigError`]; a file that is not there is no error.
    pub fn load(folder: &Folder) -> Result<Self, ConfigError> {
        let path = folder.config();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(ConfigError::Io { path, source }),
        };
        let mut config: Self =
            toml::from_str(&text).map_err(|source| ConfigError::Toml { path, source: Box::new(source) })?;
        config.override_from(|name| std::env::var(name).ok())?;
        Ok(config)
    }

    fn override_from(&mut self, variable: impl Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
        let value = |name: &str| variable(&format!("ESEP_OPERATOR_{name}")).filter(|value| !value.is_empty());
        fn set<T: std::str::FromStr>(
            target: &mut T,
            name: &str,
            value: Option<String>,
        ) -> Result<(), ConfigError> {
            if let Some(value) = value {
                let name = || format!("ESEP_OPERATOR_{name}");
                *target = value.parse().map_err(|_| ConfigError::Environment { name: name() })?;
            }
            Ok(())
        }
        set(&mut self.listen, "LISTEN", value("LISTEN"))?;
        set(&mut self.enrol_failures, "ENROL_FAILURES", value("ENROL_FAILURES"))?;
        set(&mut self.enrol_window_s, "ENROL_WINDOW_S", value("ENROL_WINDOW_S"))?;
        set(&mut self.device_day_mib, "DEVICE_DAY_MIB", value("DEVICE_DAY_MIB"))?;
        set(&mut self.recovery_total_mib, "RECOVERY_TOTAL_MIB", value("RECOVERY_TOTAL_MIB"))?;
        set(&mut self.connections, "CONNECTIONS", value("CONNECTIONS"))?;
        set(&mut self.request_timeout_s, "REQUEST_TIMEOUT_S", value("REQUEST_TIMEOUT_S"))?;
        set(&mut self.silence_s, "SILENCE_S", value("SILENCE_S"))?;
        set(&mut self.log, "LOG", value("LOG"))?;
        if let Some(list) = value("TRUSTED_PROXIES") {
            let addresses: Result<_, _> = list.split(',').map(|address| address.trim().parse()).collect();
            let name = || "ESEP_OPERATOR_TRUSTED_PROXIES".into();
            self.trusted_proxies = addresses.map_err(|_| ConfigError::Environment { name: name() })?;
        }
        self.address = value("ADDRESS").or(self.address.take());
        self.tls_cert = value("TLS_CERT").map(PathBuf::from).or(self.tls_cert.take());
        self.tls_key = value("TLS_KEY").map(PathBuf::from).or(self.tls_key.take());
        match value("LOG_FORMAT").as_deref() {
            None => {}
            Some("text") => self.log_format = LogFormat::Text,
            Some("json") => self.log_format = LogFormat::Json,
            Some(_) => return Err(ConfigError::Environment { name: "ESEP_OPERATOR_LOG_FORMAT".into() }),
        }
        Ok(())
    }

    /// How devices reach this server: as set, or this computer itself.
    pub fn public_address(&self) -> Option<String> {
        let local = || self.listen.ip().is_loopback().then(|| format!("http://{}", self.listen));
        self.address.clone().or_else(local)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(text: &str) -> (tempfile::TempDir, Folder) {
        let temporary = tempfile::tempdir().unwrap();
        let folder = Folder::at(temporary.path());
        std::fs::write(folder.config(), text).unwrap();
        (temporary, folder)
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
        let (_kept, folder) = folder_with("listen = \"127.0.0.1:1\"\nenrol_failures = 3\n");
        let mut config = Config::load(&folder).unwrap();
        assert_eq!((config.listen.port(), config.enrol_failures, config.enrol_window_s), (1, 3, 600));
        let set = |name: &str| (name == "ESEP_OPERATOR_LISTEN").then(|| "127.0.0.1:2".to_owned());
        config.override_from(set).unwrap();
        assert_eq!((config.listen.port(), config.enrol_failures), (2, 3));
        let bad = |name: &str| (name == "ESEP_OPERATOR_ENROL_FAILURES").then(|| "many".to_owned());
        assert!(matches!(config.override_from(bad), Err(ConfigError::Environment { .. })));
    }

    #[test]
    fn the_template_shows_the_defaults() {
        let (_kept, folder) = folder_with(TEMPLATE);
        assert_eq!(Config::load(&folder).unwrap(), Config::default());
        let set =
            TEMPLATE.lines().filter_map(|line| line.strip_prefix('#').filter(|rest| rest.contains(" = ")));
        let shown: Config = toml::from_str(&set.collect::<Vec<_>>().join("\n")).unwrap();
        let examples = Config { address: None, tls_cert: None, tls_key: None, ..shown };
        assert_eq!(examples, Config::default());
    }

    #[test]
    fn a_misspelt_setting_is_refused() {
        let (_kept, folder) = folder_with("lisen = \"127.0.0.1:1\"\n");
        assert!(matches!(Config::load(&folder), Err(ConfigError::Toml { .. })));
    }

    #[test]
    fn links_need_an_address_unless_the_server_is_this_computer() {
        assert_eq!(Config::default().public_address().as_deref(), Some("http://127.0.0.1:7543"));
        let public = Config { listen: "0.0.0.0:443".parse().unwrap(), ..Config::default() };
        assert_eq!(public.public_address(), None);
    }
}
