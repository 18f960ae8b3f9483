//! A network line to the operator that counts the bytes in both directions.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Bytes since the line was opened.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    up: AtomicU64,
    down: AtomicU64,
}

impl Counted {
    /// Bytes to the operator and back, since the last call.
    pub(crate) fn take(&self) -> (u64, u64) {
        (self.up.swap(0, Ordering::SeqCst), self.down.swap(0, Ordering::SeqCst))
    }
}

/// Opens a line to a port on this machine; gives its own port. Runs as long as the runtime.
pub(crate) async fn open(to_port: u16) -> (u16, Arc<Counted>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("a bound socket has an address").port();
    let counted = Arc::new(Counted::default());
    let counting = Arc::clone(&counted);
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let counting = Arc::clone(&counting);
            tokio::spawn(async move {
                // Nobody answers: the near end is closed, as a router would.
                let Ok(far) = TcpStream::connect(("127.0.0.1", to_port)).await else { return };
                let _ = (near.set_nodelay(true), far.set_nodelay(true));
                let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
                let up = copy(near_in, far_out, &counting.up);
                let down = copy(far_in, near_out, &counting.down);
                tokio::join!(up, down);
            });
        }
    });
    (port, counted)
}

async fn copy(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    counted: &AtomicU64,
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count) = from.read(&mut buffer).await {
        if count == 0 || to.write_all(&buffer[..count]).await.is_err() {
            break;
        }
        counted.fetch_add(count as u64, Ordering::SeqCst);
    }
}
