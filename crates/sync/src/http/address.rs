//! Which addresses may be used: https, or plain http to this computer alone.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use reqwest::Url;

use crate::transport::TransportError;

/// The address of an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(Url);

impl FromStr for Address {
    type Err = TransportError;

    /// Reads an address as a person types it; without a scheme it is https.
    ///
    /// # Errors
    /// [`TransportError::BadAddress`], [`TransportError::InsecureAddress`].
    fn from_str(text: &str) -> Result<Self, TransportError> {
        let text = text.trim();
        let full = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let mut url = Url::parse(&full).map_err(|_| TransportError::BadAddress)?;
        let secure = match url.scheme() {
            "https" => true,
            "http" => is_loopback(&url),
            _ => return Err(TransportError::BadAddress),
        };
        if !secure {
            return Err(TransportError::InsecureAddress);
        }
        if url.host_str().is_none_or(str::is_empty) || !url.username().is_empty() || url.password().is_some()
        {
            return Err(TransportError::BadAddress);
        }
        url.set_query(None);
        url.set_fragment(None);
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

impl Address {
    /// Whether TLS protects it.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The address of one route. Routes stand at the root of the address's path.
    pub(super) fn join(&self, path: &str) -> Result<Url, TransportError> {
        let base = self.0.as_str().trim_end_matches('/');
        Url::parse(&format!("{base}{path}")).map_err(|_| TransportError::BadAddress)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_or_this_computer() {
        for (text, expected) in [
            ("https://esep.example.kz", Ok("https://esep.example.kz")),
            (" esep.example.kz/ ", Ok("https://esep.example.kz")),
            ("esep.example.kz:8443/a/", Ok("https://esep.example.kz:8443/a")),
            ("http://127.0.0.1:8080", Ok("http://127.0.0.1:8080")),
            ("http://[::1]:8080/", Ok("http://[::1]:8080")),
            ("http://localhost:8080", Ok("http://localhost:8080")),
            ("http://esep.example.kz", Err(TransportError::InsecureAddress)),
            ("http://192.168.0.4", Err(TransportError::InsecureAddress)),
            ("http://localhost.example.kz", Err(TransportError::InsecureAddress)),
            ("ftp://esep.example.kz", Err(TransportError::BadAddress)),
            ("https://user:secret@esep.example.kz", Err(TransportError::BadAddress)),
            ("https://", Err(TransportError::BadAddress)),
            ("", Err(TransportError::BadAddress)),
        ] {
            let parsed = text.parse::<Address>().map(|address| address.to_string());
            assert_eq!(parsed.as_deref(), expected.as_ref().copied(), "{text}");
        }
    }

    #[test]
    fn routes_are_added_to_the_path() {
        let address: Address = "https://esep.example.kz/a".parse().unwrap();
        assert_eq!(address.join("/v1/push").unwrap().as_str(), "https://esep.example.kz/a/v1/push");
    }
}
