//! Bringing the device's journal and the operator's log together: plan and run of push and pull.
//!
//! It must not know how statements are stored: the store implements [`Outbox`]. Nothing here holds a transaction
//! across an await, and nothing is lost when the process ends between any two calls: every step of a conversation is
//! remembered by the store, and every request may be repeated.
//!
//! | Module | Holds |
//! |---|---|
//! | [`outbox`] | the port to the store |
//! | [`transport`] | the port to the network, and what can go wrong there |
//! | [`http`] | the transport over https, and the calls before there is an account |
//! | [`operator`] | who the operator is |
//! | [`push`] | what to send next, as a pure function |
//! | [`pull`] | whether to ask again |
//! | [`run`] | push, then pull, until nothing is left |
//! | [`backoff`] | when to try again after a failure |

pub mod backoff;
pub mod http;
pub mod operator;
pub mod outbox;
pub mod pull;
pub mod push;
pub mod run;
pub mod transport;

pub use backoff::Backoff;
pub use operator::Operator;
pub use outbox::{Outbox, OutboxError, Waiting};
pub use run::{Phase, Progress, Refused, Summary, synchronise};
pub use transport::{Transport, TransportError};
/// The port's methods speak the types of the wire, so whoever implements it needs them.
pub use wire;

/// Why a sync ended early.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The network or the operator.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The store, or an answer that it does not believe.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// The operator's answer makes no sense; asking again would bring the same.
    #[error("the operator's answer does not fit the question: {0}")]
    Protocol(&'static str),
}

impl SyncError {
    /// Whether the same attempt may succeed later without anybody's help.
    pub fn can_retry(&self) -> bool {
        match self {
            SyncError::Transport(error) => error.can_retry(),
            SyncError::Outbox(error) => error.can_retry(),
            SyncError::Protocol(_) => false,
        }
    }

    /// How long the operator asked to wait.
    pub fn retry_after_s(&self) -> Option<u32> {
        match self {
            SyncError::Transport(error) => error.retry_after_s(),
            _ => None,
        }
    }
}
