//! The port to the network.

use async_trait::async_trait;
use wire::carry::{CarryRequest, CarryResponse};
use wire::collect::{CollectRequest, CollectResponse};
use wire::courier::{CourierRequest, CourierResponse};
use wire::problem::ProblemCode;
use wire::pull::{PullRequest, PullResponse};
use wire::push::{PushRequest, PushResponse};

/// What can go wrong between device and operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No network, no such host, no answer in time, the connection broke.
    #[error("the operator cannot be reached")]
    Offline,
    /// Something answers, but not an operator of this system: another server, or somebody in between.
    #[error("what answers is not an operator of this system")]
    NotAnOperator,
    /// A web page or a redirect answers, as a network does that wants somebody to sign in (a captive portal).
    #[error("a web page answers: the network may want somebody to sign in")]
    SignInNeeded,
    /// Neither https nor this computer itself.
    #[error("the address is neither https nor this computer itself")]
    InsecureAddress,
    /// The address cannot be read.
    #[error("the address cannot be read")]
    BadAddress,
    /// The operator's key is not the expected one.
    #[error("the operator's key is not the expected one")]
    WrongOperator,
    /// The operator answers with a problem.
    #[error("the operator answers: {}", .code.as_str())]
    Problem {
        /// Which.
        code: ProblemCode,
        /// How long to wait, seconds.
        retry_after_s: Option<u32>,
    },
    /// The text that came does not have the digest that was asked for.
    #[error("the text does not fit its digest")]
    Altered,
    /// Our own request cannot be written.
    #[error("the request cannot be written")]
    Request,
}

impl TransportError {
    /// Whether the same request may succeed later without anybody's help.
    pub fn can_retry(&self) -> bool {
        match self {
            // A captive portal goes away when somebody signs in to it, or the network changes.
            TransportError::Offline | TransportError::NotAnOperator | TransportError::SignInNeeded => true,
            TransportError::Problem { code, .. } => matches!(
                code,
                ProblemCode::Expired
                    | ProblemCode::Replayed
                    | ProblemCode::TooManyRequests
                    | ProblemCode::Internal
                    | ProblemCode::Unavailable
                    | ProblemCode::StorageFull
                    | ProblemCode::Incomplete
                    | ProblemCode::Disbelieved
            ),
            _ => false,
        }
    }

    /// How long the operator asked to wait.
    pub fn retry_after_s(&self) -> Option<u32> {
        match self {
            TransportError::Problem { retry_after_s, .. } => *retry_after_s,
            _ => None,
        }
    }
}

/// The signed part of the sync API.
#[async_trait]
pub trait Transport: Send + Sync {
    /// `POST /v1/push`.
    ///
    /// # Errors
    /// [`TransportError`].
    async fn push(&self, request: &PushRequest) -> Result<PushResponse, TransportError>;

    /// `POST /v1/carry`. A line without that route has nobody who takes what is carried.
    ///
    /// # Errors
    /// [`TransportError`].
    async fn carry(&self, _: &CarryRequest) -> Result<CarryResponse, TransportError> {
        Err(TransportError::NotAnOperator)
    }

    /// `POST /v1/collect`. A line without that route has nobody who lost anything.
    ///
    /// # Errors
    /// [`TransportError`].
    async fn collect(&self, _: &CollectRequest) -> Result<CollectResponse, TransportError> {
        Err(TransportError::NotAnOperator)
    }

    /// `POST /v1/courier`. A line without that route has nobody who opens a parcel.
    ///
    /// # Errors
    /// [`TransportError`].
    async fn deliver(&self, _: &CourierRequest) -> Result<CourierResponse, TransportError> {
        Err(TransportError::NotAnOperator)
    }

    /// `POST /v1/pull`.
    ///
    /// # Errors
    /// [`TransportError`].
    async fn pull(&self, request: &PullRequest) -> Result<PullResponse, TransportError>;
}
