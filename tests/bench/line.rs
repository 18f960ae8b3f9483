//! A network line to the operator: it counts the bytes in both directions, and may be narrow, long or cut.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

/// What a line is like, in each direction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// Bytes a second; `None` is as many as the machine can.
    bytes_per_s: Option<u32>,
    /// From one end to the other.
    delay: Duration,
}

impl Shape {
    /// The machine's own loopback.
    pub(crate) const FREE: Self = Self { bytes_per_s: None, delay: Duration::ZERO };
    /// 2 Mbit/s, 300 ms there and back: mobile data in a village.
    pub(crate) const VILLAGE: Self =
        Self { bytes_per_s: Some(2_000_000 / 8), delay: Duration::from_millis(150) };
}

/// How much of a line is waiting at most: beyond, its sender has to wait.
const BACKLOG: Duration = Duration::from_millis(100);
/// Bytes that travel at once; small against what a line carries within its delay.
const PIECE: usize = 4 * 1024;

/// Bytes since the line was opened, and when it is cut.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    up: AtomicU64,
    down: AtomicU64,
    /// After so many more bytes every connection breaks, once; 0 is never.
    cut_after: AtomicU64,
    cut: Notify,
}

impl Counted {
    /// Bytes to the operator and back, since the last call.
    pub(crate) fn take(&self) -> (u64, u64) {
        (self.up.swap(0, Ordering::SeqCst), self.down.swap(0, Ordering::SeqCst))
    }

    /// Breaks every connection once, when so many more bytes went up or came back.
    pub(crate) fn cut_after(&self, bytes: u64) {
        self.cut_after.store(bytes, Ordering::SeqCst);
    }

    /// Whether that is still to come.
    pub(crate) fn is_to_be_cut(&self) -> bool {
        self.cut_after.load(Ordering::SeqCst) > 0
    }

    fn went(&self, direction: &AtomicU64, bytes: u64) {
        direction.fetch_add(bytes, Ordering::SeqCst);
        // In one step: both directions count, and one that wrote an older number back would cut a second time.
        let count = |left: u64| (left > 0).then(|| left.saturating_sub(bytes));
        if self
            .cut_after
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, count)
            .is_ok_and(|left| left <= bytes)
        {
            self.cut.notify_waiters();
        }
    }
}

/// One direction of a line, shared by all connections through it.
struct Lane {
    shape: Shape,
    /// When what was sent so far has left the near end.
    free_at: Mutex<Instant>,
}

impl Lane {
    fn new(shape: Shape) -> Arc<Self> {
        Arc::new(Self { shape, free_at: Mutex::new(Instant::now()) })
    }

    /// When so many more bytes have left the near end.
    fn leave_at(&self, bytes: usize) -> Instant {
        let mut free_at = self.free_at.lock();
        *free_at = (*free_at).max(Instant::now());
        if let Some(bytes_per_s) = self.shape.bytes_per_s {
            *free_at += Duration::from_secs(bytes as u64) / bytes_per_s;
        }
        *free_at
    }
}

/// Opens a line to a port on this machine; gives its own port. Runs as long as the runtime.
pub(crate) async fn open(to_port: u16, shape: Shape) -> (u16, Arc<Counted>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("a bound socket has an address").port();
    let counted = Arc::new(Counted::default());
    let counting = Arc::clone(&counted);
    let (up, down) = (Lane::new(shape), Lane::new(shape));
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let (counting, up, down) = (Arc::clone(&counting), Arc::clone(&up), Arc::clone(&down));
            tokio::spawn(async move {
                // A connection is there and back before its first byte.
                tokio::time::sleep(up.shape.delay + down.shape.delay).await;
                // Nobody answers: the near end is closed, as a router would.
                let Ok(far) = TcpStream::connect(("127.0.0.1", to_port)).await else { return };
                let _ = (near.set_nodelay(true), far.set_nodelay(true));
                let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
                let up = carry(near_in, far_out, up, |bytes| counting.went(&counting.up, bytes));
                let down = carry(far_in, near_out, down, |bytes| counting.went(&counting.down, bytes));
                tokio::select! {
                    () = async { tokio::join!(up, down); } => {}
                    () = counting.cut.notified() => {}
                }
            });
        }
    });
    (port, counted)
}

/// Waits, and not at all for a time that has come: a timer of its own would round it up to a whole millisecond for every
/// piece, and a free line would be one of 4 MB/s.
async fn wait_until(time: Instant) {
    if time > Instant::now() {
        tokio::time::sleep_until(time).await;
    }
}

/// Carries bytes from one end to the other, each piece in its time.
async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, lane: Arc<Lane>, count: impl Fn(u64)) {
    let (pieces, mut arriving) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let delay = lane.shape.delay;
    let enter = async move {
        let mut buffer = vec![0; PIECE];
        while let Ok(length) = from.read(&mut buffer).await {
            if length == 0 {
                break;
            }
            let leaves_at = lane.leave_at(length);
            if pieces.send((leaves_at, buffer[..length].to_vec())).is_err() {
                break;
            }
            wait_until(leaves_at - BACKLOG).await;
        }
    };
    let leave = async {
        while let Some((leaves_at, piece)) = arriving.recv().await {
            wait_until(leaves_at + delay).await;
            if to.write_all(&piece).await.is_err() {
                break;
            }
            count(piece.len() as u64);
        }
        // The end of what is sent travels too.
        drop(to.shutdown().await);
    };
    tokio::join!(enter, leave);
}
