//! A server that gives prepared answers, one a connection, and keeps what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use wire::auth::{self, SignedHeaders};

/// A prepared answer.
pub(super) struct Answer {
    status: Vec<u8>,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Byte by byte, each so late that no pause between two is long.
    drips: bool,
}

impl Answer {
    pub(super) fn new(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        let headers = vec![
            ("content-type".into(), content_type.into()),
            ("content-length".into(), body.len().to_string()),
            ("connection".into(), "close".into()),
        ];
        let status = format!("HTTP/1.1 {status} Test\r\n").into_bytes();
        Self { status, headers, body, drips: false }
    }

    /// Bytes as they are, then the connection ends.
    pub(super) fn cut(bytes: &[u8]) -> Self {
        Self { status: bytes.to_vec(), headers: Vec::new(), body: Vec::new(), drips: false }
    }

    pub(super) fn dripping(mut self) -> Self {
        self.drips = true;
        self
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(super) fn replace(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.header(name, value)
    }

    fn bytes(self) -> Vec<u8> {
        let Self { status: mut bytes, headers, body, .. } = self;
        if !headers.is_empty() {
            for (name, value) in headers {
                bytes.extend(format!("{name}: {value}\r\n").bytes());
            }
            bytes.extend(b"\r\n");
        }
        bytes.extend(body);
        bytes
    }
}

/// A request as it came.
#[derive(Clone)]
pub(super) struct Seen {
    pub(super) method: String,
    pub(super) path: String,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub(super) fn signature(&self) -> SignedHeaders {
        SignedHeaders {
            signature: self.header(auth::SIGNATURE).into(),
            signature_input: self.header(auth::SIGNATURE_INPUT).into(),
            content_digest: self.header(auth::CONTENT_DIGEST).into(),
        }
    }
}

/// A server on a free port of this computer.
pub(super) struct Server {
    address: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    pub(super) fn plain(answers: Vec<Answer>) -> Self {
        Self::start("http", answers, serve)
    }

    /// With a certificate of its own; gives the certificate to trust.
    pub(super) fn tls(answers: Vec<Answer>) -> (Self, Vec<u8>) {
        super::install_crypto_provider();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let config = Arc::new(config);
        let server = Self::start("https", answers, move |stream, answer, seen| {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            serve(rustls::StreamOwned::new(connection, stream), answer, seen);
        });
        (server, made.cert.pem().into_bytes())
    }

    fn start(
        scheme: &str,
        answers: Vec<Answer>,
        serve: impl Fn(TcpStream, Answer, &Mutex<Vec<Seen>>) + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = if scheme == "https" { "localhost" } else { "127.0.0.1" };
        let address = format!("{scheme}://{host}:{}", listener.local_addr().unwrap().port());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        std::thread::spawn(move || {
            for answer in answers {
                let (stream, _) = listener.accept().unwrap();
                serve(stream, answer, &kept);
            }
        });
        Self { address, seen }
    }

    pub(super) fn address(&self) -> String {
        self.address.clone()
    }

    pub(super) fn requests(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

/// Reads one request and answers it. A handshake that the client breaks off is no request.
fn serve(mut stream: impl Read + Write, answer: Answer, seen: &Mutex<Vec<Seen>>) {
    let mut reader = BufReader::new(&mut stream);
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|&length| length > 0).map(|_| line.trim_end().to_owned())
    };
    let Some(first) = line() else { return };
    let mut parts = first.split(' ').map(str::to_owned);
    let (method, path) = (parts.next().unwrap(), parts.next().unwrap());
    let mut headers = Vec::new();
    while let Some(header) = line().filter(|header| !header.is_empty()) {
        let (name, value) = header.split_once(':').unwrap();
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut request = Seen { method, path, headers, body: Vec::new() };
    let length = request.header("content-length").parse().unwrap_or(0);
    request.body.resize(length, 0);
    reader.read_exact(&mut request.body).unwrap();
    seen.lock().unwrap().push(request);
    let (drips, bytes) = (answer.drips, answer.bytes());
    for part in bytes.chunks(if drips { 1 } else { bytes.len() }) {
        // A client that has seen enough may hang up first.
        if stream.write_all(part).and_then(|()| stream.flush()).is_err() {
            return;
        }
        if drips {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}
