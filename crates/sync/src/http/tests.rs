//! The transport against small servers that answer what is written here, byte for byte.

mod server;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use domain::content::OperatorKey;
use domain::id::RecordId;
use domain::{Clock, ContinuousTime, Rng};
use journal::seal::Stamp;
use journal::{Draft, SeriesHead, SigningKey, seal};
use wire::problem::{Problem, ProblemCode};
use wire::push::{PushRequest, PushResponse};
use wire::{auth, problem};

use super::*;
use crate::transport::Transport as _;
use server::{Answer, Server};

const NOW_S: i64 = 1_795_410_000;

struct FixedClock(AtomicI64);

impl Clock for FixedClock {
    fn utc_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed) * 1_000
    }

    fn offset_min(&self) -> i16 {
        300
    }

    fn continuous(&self) -> ContinuousTime {
        ContinuousTime { epoch: [0; 8], elapsed_ms: 0 }
    }
}

struct CountingRng(std::sync::atomic::AtomicU8);

impl Rng for CountingRng {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
    }
}

fn key(n: u8) -> SigningKey {
    SigningKey::from_secret(&[n; 32]).unwrap()
}

fn client(server: &Server) -> Client {
    Client::new(server.address().parse().unwrap(), &[]).unwrap()
}

fn transport(server: &Server, now_s: i64) -> HttpTransport {
    transport_of(client(server), now_s)
}

fn transport_of(client: Client, now_s: i64) -> HttpTransport {
    let rng = CountingRng(std::sync::atomic::AtomicU8::new(0));
    HttpTransport::new(client, key(1), Arc::new(FixedClock(AtomicI64::new(now_s))), Arc::new(rng))
}

fn cbor<T: Serialize>(value: &T) -> Answer {
    let encoded = body::encode(value).unwrap();
    Answer::new(200, body::CONTENT_TYPE, encoded.bytes)
        .header("content-encoding", encoded.encoding.unwrap_or("identity"))
}

fn problem(code: ProblemCode) -> Answer {
    let body = serde_json::to_vec(&Problem::new(code, "test")).unwrap();
    Answer::new(code.status(), problem::CONTENT_TYPE, body)
}

fn info(system: &str) -> OperatorInfo {
    let operator = key(7);
    let facts = OperatorKey {
        key: operator.verifying_key().to_cose_key(),
        recovery_key: vec![1; 32],
        courier_key: vec![1; 32],
        name_kk: "Сынақ операторы".into(),
        name_ru: "Тестовый оператор".into(),
        bin: "000140000018".into(),
        valid_from_ms: 0,
        recovery_renewed: None,
    };
    let stamp =
        Stamp { utc_ms: 0, continuous: ContinuousTime { epoch: [0; 8], elapsed_ms: 0 }, beacon: None };
    let draft = Draft::new(RecordId::from_bytes([1; 16]), facts);
    let sealed = seal(&draft, &SeriesHead::EMPTY, stamp, [0; 16], &operator).unwrap();
    OperatorInfo {
        system: system.into(),
        version: 1,
        statement: sealed.bytes,
        content: sealed.content,
        now_ms: NOW_S * 1_000,
    }
}

fn empty_push() -> PushResponse {
    PushResponse { outcomes: Vec::new(), registrations: Vec::new(), next_seq: 3 }
}

async fn push_to(answers: Vec<Answer>) -> Result<PushResponse, TransportError> {
    let server = Server::plain(answers);
    transport(&server, NOW_S).push(&PushRequest { items: Vec::new(), known_tree_size: 0 }).await
}

#[tokio::test]
async fn an_operator_is_told_from_everything_else() {
    let found = client(&Server::plain(vec![cbor(&info(SYSTEM))])).fetch_operator().await.unwrap();
    assert_eq!(found.operator.fingerprint(), key(7).id());
    assert_eq!(found.now_ms, NOW_S * 1_000);
    let mut forged = info(SYSTEM);
    *forged.statement.last_mut().unwrap() ^= 1;
    let newer = OperatorInfo { version: 2, ..info(SYSTEM) };
    for (name, answer) in [
        ("another system", cbor(&info("another"))),
        ("another version", cbor(&newer)),
        ("a statement that nobody signed", cbor(&forged)),
        ("another server", Answer::new(404, "text/plain", b"not found".to_vec())),
        ("cbor of something else", cbor(&vec![1, 2, 3])),
        ("too much", Answer::new(200, body::CONTENT_TYPE, vec![0; body::MAX_BODY_BYTES + 1])),
        ("an unknown encoding", cbor(&info(SYSTEM)).replace("content-encoding", "br")),
    ] {
        let error = client(&Server::plain(vec![answer])).fetch_operator().await.unwrap_err();
        assert_eq!(error, TransportError::NotAnOperator, "{name}");
        assert!(error.can_retry(), "{name}: a portal goes away");
    }
}

#[tokio::test]
async fn a_network_that_wants_a_sign_in_is_told_apart() {
    let page = || b"<html>Sign in</html>".to_vec();
    for (name, answer) in [
        ("a page instead of the answer", Answer::new(200, "text/html; charset=utf-8", page())),
        ("a redirect", Answer::new(302, "text/html", Vec::new()).header("location", "http://127.0.0.1:1/")),
        (
            "a redirect without a type",
            Answer::new(307, "text/plain", Vec::new()).header("location", "/login"),
        ),
        ("as RFC 6585 says it", Answer::new(511, "text/html", page())),
    ] {
        let error = push_to(vec![answer]).await.unwrap_err();
        assert_eq!(error, TransportError::SignInNeeded, "{name}");
        assert!(error.can_retry(), "{name}: it goes away when somebody signs in");
    }
}

#[tokio::test]
async fn a_server_that_drips_does_not_hold_up_a_sync() {
    let server = Server::plain(vec![Answer::new(200, body::CONTENT_TYPE, vec![0; 4_000]).dripping()]);
    let mut client = client(&server);
    client.whole_timeout = Duration::from_millis(300);
    let begun = std::time::Instant::now();
    assert_eq!(client.fetch_operator().await.unwrap_err(), TransportError::Offline);
    assert!(begun.elapsed() < Duration::from_secs(10), "its answer would take a minute and more");
}

/// As a request that the HTTP library lost: nobody ever takes it, and nothing says so.
#[tokio::test]
async fn a_request_that_is_not_on_its_way_soon_is_given_up() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    // Of those who knock here nobody is let in, and soon nobody more may wait.
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = std::net::TcpStream::connect_timeout(&address, Duration::from_millis(100)) {
        waiting.push(stream);
    }
    let mut client = Client::new(format!("http://{address}").parse().unwrap(), &[]).unwrap();
    client.begin_timeout = Duration::from_millis(300);
    let begun = std::time::Instant::now();
    assert_eq!(client.fetch_operator().await.unwrap_err(), TransportError::Offline);
    let pushed =
        transport_of(client, NOW_S).push(&PushRequest { items: Vec::new(), known_tree_size: 0 }).await;
    assert_eq!(pushed.unwrap_err(), TransportError::Offline);
    assert!(begun.elapsed() < CONNECT_TIMEOUT, "a connection would be waited for as long");
}

#[tokio::test]
async fn an_operator_that_has_the_request_may_take_its_time() {
    let begin_timeout = Duration::from_millis(300);
    let impatient = || {
        let server = Server::plain(vec![cbor(&empty_push()).dripping()]);
        Client { begin_timeout, ..client(&server) }
    };
    let begun = std::time::Instant::now();
    let transport = transport_of(impatient(), NOW_S);
    assert!(transport.push(&PushRequest { items: Vec::new(), known_tree_size: 0 }).await.is_ok());
    assert!(begun.elapsed() > 2 * begin_timeout, "its head alone took longer");
    let client = impatient();
    assert_eq!(client.fetch_operator().await.unwrap_err(), TransportError::Offline, "nothing to think about");
}

#[tokio::test]
async fn nobody_there_is_offline() {
    let address = Server::plain(Vec::new()).address();
    let client = Client::new(address.parse().unwrap(), &[]).unwrap();
    assert_eq!(client.fetch_operator().await.unwrap_err(), TransportError::Offline);
    let cut = Server::plain(vec![Answer::cut(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhalf")]);
    let error = Client::new(cut.address().parse().unwrap(), &[]).unwrap().fetch_operator().await.unwrap_err();
    assert!(matches!(error, TransportError::Offline | TransportError::NotAnOperator), "{error}");
}

#[tokio::test]
async fn a_push_is_signed_over_its_compressed_body() {
    let server = Server::plain(vec![cbor(&empty_push())]);
    let item = wire::push::PushItem {
        id: domain::id::StatementId::from_bytes([1; 32]),
        seq: 0,
        statement: vec![7; 900],
        content: vec![8; 900],
    };
    let request = PushRequest { items: vec![item], known_tree_size: 7 };
    assert_eq!(transport(&server, NOW_S).push(&request).await.unwrap(), empty_push());
    let seen = server.requests().remove(0);
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", wire::path::PUSH));
    assert_eq!(seen.header("content-type"), body::CONTENT_TYPE);
    assert_eq!(seen.header("accept-encoding"), "zstd");
    assert_eq!(seen.header("content-encoding"), "zstd");
    assert!(seen.body.len() < 500, "compressed");
    let read: PushRequest = body::decode(&seen.body, Some("zstd")).unwrap();
    assert_eq!(read, request);
    let signed = auth::Request {
        method: "POST",
        path: wire::path::PUSH,
        query: "",
        body: &seen.body,
        encoding: "zstd",
    };
    let claim = auth::read(&signed, &seen.signature(), NOW_S).unwrap();
    assert_eq!(claim.key, key(1).id());
    claim.verify(key(1).verifying_key()).unwrap();
}

#[tokio::test]
async fn a_wrong_clock_is_put_right_for_requests_and_asked_once_more() {
    let date = "Mon, 23 Nov 2026 05:00:00 GMT";
    let date_s = chrono::DateTime::parse_from_rfc2822(date).unwrap().timestamp();
    let expired = || problem(ProblemCode::Expired).header("date", date);
    let server = Server::plain(vec![expired(), cbor(&empty_push())]);
    let transport = transport(&server, 1_000_000);
    transport.push(&PushRequest { items: Vec::new(), known_tree_size: 0 }).await.unwrap();
    let seen = server.requests();
    let signed = auth::Request {
        method: "POST",
        path: wire::path::PUSH,
        query: "",
        body: &seen[1].body,
        encoding: "identity",
    };
    assert!(auth::read(&signed, &seen[0].signature(), date_s).is_err(), "the first was out of time");
    assert!(auth::read(&signed, &seen[1].signature(), date_s).is_ok());
    assert_eq!(transport.clock_offset_s(), date_s - 1_000_000);
    let server = Server::plain(vec![expired(), expired(), cbor(&empty_push())]);
    let error = self::transport(&server, 1_000_000)
        .push(&PushRequest { items: Vec::new(), known_tree_size: 0 })
        .await;
    assert_eq!(
        error.unwrap_err(),
        TransportError::Problem { code: ProblemCode::Expired, retry_after_s: None }
    );
    assert_eq!(server.requests().len(), 2, "once more, not for ever");
}

#[tokio::test]
async fn a_replayed_request_is_signed_anew() {
    let server = Server::plain(vec![problem(ProblemCode::Replayed), cbor(&empty_push())]);
    transport(&server, NOW_S).push(&PushRequest { items: Vec::new(), known_tree_size: 0 }).await.unwrap();
    let seen = server.requests();
    assert_ne!(seen[0].header("signature-input"), seen[1].header("signature-input"), "another nonce");
}

#[tokio::test]
async fn every_problem_comes_as_it_is() {
    for &code in ProblemCode::ALL {
        if matches!(code, ProblemCode::Expired | ProblemCode::Replayed) {
            continue;
        }
        let error = push_to(vec![problem(code).header("retry-after", "30")]).await.unwrap_err();
        assert_eq!(error, TransportError::Problem { code, retry_after_s: Some(30) });
    }
}

#[tokio::test]
async fn what_stands_in_front_of_an_operator_speaks_in_status_codes() {
    for (status, expected) in [
        (413, Some(ProblemCode::TooLarge)),
        (429, Some(ProblemCode::TooManyRequests)),
        (500, Some(ProblemCode::Unavailable)),
        (502, Some(ProblemCode::Unavailable)),
        (503, Some(ProblemCode::Unavailable)),
        (504, Some(ProblemCode::Unavailable)),
        (403, None),
    ] {
        let error = push_to(vec![Answer::new(status, "text/html", b"<html>".to_vec())]).await.unwrap_err();
        let expected = expected.map_or(TransportError::NotAnOperator, |code| TransportError::Problem {
            code,
            retry_after_s: None,
        });
        assert_eq!(error, expected, "{status}");
    }
    let days = Answer::new(503, "text/html", Vec::new()).header("retry-after", "999999");
    let error = push_to(vec![days]).await.unwrap_err();
    assert!(error.retry_after_s().unwrap() <= 6 * 3_600, "a proxy's mistake silences nobody for days");
}

#[tokio::test]
async fn an_agreement_is_taken_only_with_its_digest() {
    let text = "1. ЖАЛПЫ ЕРЕЖЕЛЕР\n".as_bytes();
    let sha256 = codec::hash(text);
    let plain = |body: &[u8]| Answer::new(200, "text/plain; charset=utf-8", body.to_vec());
    let server = Server::plain(vec![plain(text)]);
    assert_eq!(client(&server).fetch_agreement(sha256).await.unwrap(), text);
    assert_eq!(server.requests()[0].path, format!("/v1/agreements/{sha256}"));
    let altered = client(&Server::plain(vec![plain(b"2.")])).fetch_agreement(sha256).await;
    assert_eq!(altered.unwrap_err(), TransportError::Altered);
    let portal = Server::plain(vec![Answer::new(200, "text/html", text.to_vec())]);
    assert_eq!(client(&portal).fetch_agreement(sha256).await.unwrap_err(), TransportError::SignInNeeded);
    let missing = client(&Server::plain(vec![problem(ProblemCode::NotFound)])).fetch_agreement(sha256).await;
    assert!(!missing.unwrap_err().can_retry());
}

#[tokio::test]
async fn tls_trusts_the_extra_root_and_nobody_else() {
    let (server, root_pem) = Server::tls(vec![cbor(&info(SYSTEM)), cbor(&info(SYSTEM))]);
    let address: Address = server.address().parse().unwrap();
    assert!(address.is_https());
    let trusting = Client::new(address.clone(), &[root_pem]).unwrap();
    assert!(trusting.fetch_operator().await.is_ok());
    let other = Client::new(address, &[]).unwrap().fetch_operator().await;
    assert_eq!(other.unwrap_err(), TransportError::NotAnOperator);
}
