//! A request body that tells when a connection begins to take it.
//!
//! hyper loses a request now and then that is handed to a connection in the moment in which it closes: tokio's channel
//! accepts the send before its receiver is dropped and stores the value after that, where it stays until the sender goes,
//! who waits for the answer. No connection is open then, and only a time limit ends the wait.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::Notify;

/// All of a body at once.
pub(super) struct Watched {
    bytes: Option<Bytes>,
    taken: Arc<Notify>,
}

impl Watched {
    /// The body, and what is notified when a connection takes it; an empty one is never taken.
    pub(super) fn new(bytes: Vec<u8>) -> (Self, Arc<Notify>) {
        let taken = Arc::new(Notify::new());
        let bytes = Some(Bytes::from(bytes)).filter(|bytes| !bytes.is_empty());
        (Self { bytes, taken: Arc::clone(&taken) }, taken)
    }
}

impl Body for Watched {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.taken.notify_one();
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}
