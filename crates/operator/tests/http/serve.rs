use std::sync::Arc;

use operator::serve::ServeError;
use operator::{Folder, Instance, Server};

use crate::device::{http, world};

fn instance(
    configure: impl FnOnce(&mut operator::Config, &std::path::Path),
) -> (tempfile::TempDir, Arc<Instance>) {
    let folder = tempfile::tempdir().unwrap();
    let identity = operator::demo::default_identity();
    let mut instance = operator::setup::init(Folder::at(folder.path()), &identity).unwrap();
    configure(&mut instance.config, folder.path());
    (folder, Arc::new(instance))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_http_stays_on_this_computer() {
    let (_kept, instance) = instance(|config, _| config.listen = "0.0.0.0:0".parse().unwrap());
    assert!(matches!(Server::start(instance).await.map(drop), Err(ServeError::PlainHttp(_))));
    let (_kept, instance) = self::instance(|config, folder| {
        config.listen = "127.0.0.1:0".parse().unwrap();
        config.tls_cert = Some(folder.join("cert.pem"));
    });
    assert!(matches!(Server::start(instance).await.map(drop), Err(ServeError::HalfTls)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_answers_by_the_given_certificate() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let certificate = made.cert.pem();
    let (_kept, instance) = instance(|config, folder| {
        let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
        std::fs::write(&cert, &certificate).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        config.listen = "127.0.0.1:0".parse().unwrap();
        (config.tls_cert, config.tls_key) = (Some(cert), Some(key));
    });
    let server = Server::start(instance).await.unwrap();
    assert!(server.url().starts_with("https://"));
    drop(http());
    let trusting = reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(certificate.as_bytes()).unwrap()])
        .build()
        .unwrap();
    let url = format!("https://localhost:{}{}", server.address().port(), wire::path::HEALTH);
    assert_eq!(trusting.get(&url).send().await.unwrap().status(), 200);
    let plain = format!("http://127.0.0.1:{}{}", server.address().port(), wire::path::HEALTH);
    assert!(http().get(plain).send().await.is_err(), "no plain http beside it");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_is_there_after_a_restart() {
    let world = world().await;
    let device = world.ready_device_of(world.named("Сәрсенбаева")).await;
    let before = device.pull_all().await;
    let size = world.instance.read().unwrap().log_size().unwrap();
    world.server.stop().await.unwrap();
    let again = Instance::open(Folder::at(world.folder.path())).unwrap();
    assert_eq!(again.read().unwrap().log_size().unwrap(), size);
    assert!(before.last.unwrap().checkpoint.unwrap().tree_size == size);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_when_all_connections_are_taken_is_told_when_to_come_again() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let (_kept, instance) = instance(|config, _| {
        config.listen = "127.0.0.1:0".parse().unwrap();
        config.connections = 1;
    });
    let server = Server::start(instance).await.unwrap();
    let request = format!("GET {} HTTP/1.1\r\nhost: localhost\r\n\r\n", wire::path::HEALTH);
    let mut first = tokio::net::TcpStream::connect(server.address()).await.unwrap();
    first.write_all(request.as_bytes()).await.unwrap();
    let mut begun = [0; 12];
    first.read_exact(&mut begun).await.unwrap();
    assert_eq!(&begun, b"HTTP/1.1 200", "it has the place and stays open");

    let url = format!("{}{}", server.url(), wire::path::HEALTH);
    let full = http().get(&url).send().await.unwrap();
    assert_eq!((full.status().as_u16(), full.headers()["retry-after"].as_bytes()), (503, b"10".as_slice()));
    let problem: wire::problem::Problem = serde_json::from_slice(&full.bytes().await.unwrap()).unwrap();
    assert_eq!(problem.code, wire::problem::ProblemCode::Unavailable);

    drop(first);
    let free = async {
        while http().get(&url).send().await.unwrap().status() != 200 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), free).await.expect("the place is free again");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_on_which_nobody_says_anything_ends() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let (_kept, instance) = instance(|config, _| {
        config.listen = "127.0.0.1:0".parse().unwrap();
        config.silence_s = 1;
    });
    let server = Server::start(instance).await.unwrap();
    let mut socket = tokio::net::TcpStream::connect(server.address()).await.unwrap();
    let request = format!("GET {} HTTP/1.1\r\nhost: localhost\r\n\r\n", wire::path::HEALTH);
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(std::time::Duration::from_secs(20), socket.read_to_end(&mut answer));
    read.await.expect("the server ends it").unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "answered first: {}", String::from_utf8_lossy(&answer));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_connection_holds_few_bodies_at_once() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let (_kept, instance) = instance(|config, _| config.listen = "127.0.0.1:0".parse().unwrap());
    let server = Server::start(instance).await.unwrap();
    let mut socket = tokio::net::TcpStream::connect(server.address()).await.unwrap();
    // HTTP/2 (RFC 9113): the preface, an empty SETTINGS frame, and the SETTINGS of the server.
    socket.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut frame = [0; 9];
    socket.read_exact(&mut frame).await.unwrap();
    assert_eq!(frame[3], 4, "SETTINGS comes first");
    let mut settings = vec![0; usize::from(u16::from_be_bytes([frame[1], frame[2]]))];
    socket.read_exact(&mut settings).await.unwrap();
    let streams = settings.chunks_exact(6).find(|setting| setting[..2] == [0, 3]);
    let streams = streams.map(|setting| u32::from_be_bytes(setting[2..].try_into().unwrap()));
    // Each may bring a body of 4 MiB, which is read whole before anybody knows whose it is.
    assert!(streams.is_some_and(|streams| streams <= 8), "{streams:?} requests on one connection");
    server.stop().await.unwrap();
}
