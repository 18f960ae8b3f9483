//! A bad network between a device and an operator: a TCP proxy whose fault is chosen while it runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Bytes that are passed on at once.
const CHUNK: usize = 4 * 1024;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// A thin line: each chunk is late, and few bytes go through in a second.
    Slow {
        /// How late.
        latency: Duration,
        /// In each direction.
        bytes_per_s: u64,
    },
    /// Reset after so many bytes towards the operator.
    CutUp(u64),
    /// Reset after so many bytes towards the device.
    CutDown(u64),
    /// The request arrives, its answer does not, and nobody hangs up.
    HalfOpen,
    /// Connects and takes nothing.
    Stall,
    /// Something else answers every request.
    Answer {
        /// Status code.
        status: u16,
        /// Header lines, each with its line end.
        headers: &'static str,
        /// Body.
        body: &'static str,
    },
    /// What stands in front of the operator lets no body through that is larger.
    TooLargeAbove(usize),
}

/// A running proxy; ends with the runtime.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    fault: watch::Sender<Fault>,
    requests: Arc<AtomicU64>,
}

impl Proxy {
    /// Opens a line to a port on this machine.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn open(to_port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        let (fault, watched) = watch::channel(Fault::None);
        let requests = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let mut watched = watched.clone();
                let fault = *watched.borrow_and_update();
                tokio::spawn(async move {
                    // A connection lives under one fault: a device must not keep a good line through a bad time.
                    tokio::select! {
                        _ = watched.changed() => {}
                        _ = serve(near, to_port, fault) => {}
                    }
                });
            }
        });
        Self { port, fault, requests }
    }

    /// Its own address, as it stands in a link.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// From now on. Connections that are open are cut.
    pub fn set(&self, fault: Fault) {
        self.fault.send_replace(fault);
    }

    /// Connections since it was opened.
    pub fn connections(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }
}

async fn serve(mut near: TcpStream, to_port: u16, fault: Fault) -> std::io::Result<()> {
    let far = || TcpStream::connect(("127.0.0.1", to_port));
    match fault {
        Fault::Stall => std::future::pending().await,
        Fault::Answer { status, headers, body } => {
            drop(read_request(&mut near).await?);
            answer(&mut near, status, headers, body).await
        }
        Fault::TooLargeAbove(limit) => {
            let (head, sent) = read_request(&mut near).await?;
            if sent.len() > limit {
                return answer(&mut near, 413, "", "").await;
            }
            let mut far = far().await?;
            let (line, rest) = head.split_once("\r\n").unwrap_or((&head, ""));
            far.write_all(format!("{line}\r\nconnection: close\r\n{rest}").as_bytes()).await?;
            far.write_all(&sent).await?;
            tokio::io::copy(&mut far, &mut near).await.map(drop)
        }
        Fault::None | Fault::Slow { .. } | Fault::CutUp(_) | Fault::CutDown(_) | Fault::HalfOpen => {
            let far = far().await?;
            let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
            let mut up = Line::default();
            let mut down = Line::default();
            match fault {
                Fault::Slow { latency, bytes_per_s } => {
                    up = Line { latency, bytes_per_s, ..up };
                    down = Line { latency, bytes_per_s, ..down };
                }
                Fault::CutUp(bytes) => up.cut_after = Some(bytes),
                Fault::CutDown(bytes) => down.cut_after = Some(bytes),
                Fault::HalfOpen => down.is_dead = true,
                _ => {}
            }
            // When one direction ends the other is cut as well: both halves are dropped together.
            tokio::select! {
                ended = up.carry(near_in, far_out) => ended,
                ended = down.carry(far_in, near_out) => ended,
            }
        }
    }
}

/// One direction.
#[derive(Debug, Clone, Copy, Default)]
struct Line {
    latency: Duration,
    /// 0: as fast as it goes.
    bytes_per_s: u64,
    cut_after: Option<u64>,
    is_dead: bool,
}

impl Line {
    async fn carry(
        self,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
    ) -> std::io::Result<()> {
        let mut buffer = vec![0; CHUNK];
        let mut left = self.cut_after;
        loop {
            let mut count = from.read(&mut buffer).await?;
            if self.is_dead {
                std::future::pending::<()>().await;
            }
            if count == 0 {
                return to.shutdown().await;
            }
            tokio::time::sleep(self.latency).await;
            if let Some(ms) = (count as u64 * 1_000).checked_div(self.bytes_per_s) {
                tokio::time::sleep(Duration::from_millis(ms)).await;
            }
            if let Some(left) = &mut left {
                count = count.min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= count as u64;
            }
            to.write_all(&buffer[..count]).await?;
            if left == Some(0) {
                return Ok(());
            }
        }
    }
}

/// Head (with its empty line) and body of one request.
async fn read_request(near: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if near.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let mut body = bytes.split_off(end);
    while body.len() < length.unwrap_or(0) {
        if near.read_buf(&mut body).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok((head, body))
}

async fn answer(near: &mut TcpStream, status: u16, headers: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status} Test\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
    );
    near.write_all(text.as_bytes()).await?;
    near.shutdown().await
}
