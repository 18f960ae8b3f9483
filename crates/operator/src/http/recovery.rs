//! `POST /v1/recovery`: parts of a file that its owner cannot open, from a device of the same person.
//!
//! 200: [`RecoveryHave`]. 400: the whole is not what was announced. 401: as of a push. 403 `revoked`. 413: too large.
//! 429: too many files of this person. 507: no room for more.

use axum::extract::State;
use axum::response::IntoResponse;
use wire::body::MAX_BODY_BYTES;
use wire::problem::ProblemCode;
use wire::recovery::{RecoveryHave, RecoveryPart};

use super::App;
use super::authenticate::{authenticate, blocking, replayed};
use super::body::{Answer, Whole};
use super::problem::Failure;
use crate::inbox::{Inbox, InboxError};

/// After how many seconds a device looks again whether there is room.
const FULL_RETRY_S: u64 = 3_600;

#[utoipa::path(post, path = "/v1/recovery", tag = "sync",
    request_body(description = "RecoveryPart; the request is signed by the device's key (RFC 9421)", content_type = "application/cbor"),
    responses(
        (status = 200, description = "RecoveryHave", content_type = "application/cbor"),
        (status = 400, description = "Problem `bad-request`", content_type = "application/problem+json"),
        (status = 401, description = "Problem `unsigned`, `bad-signature`, `unknown-key`, `expired` or `replayed`", content_type = "application/problem+json"),
        (status = 403, description = "Problem `revoked`", content_type = "application/problem+json"),
        (status = 413, description = "Problem `too-large`", content_type = "application/problem+json"),
        (status = 429, description = "Problem `too-many-requests`", content_type = "application/problem+json"),
        (status = 507, description = "Problem `storage-full`, with Retry-After", content_type = "application/problem+json"),
    ))]
pub(super) async fn post(State(app): State<App>, whole: Whole) -> Result<impl IntoResponse, Failure> {
    let signed = authenticate(&app, &whole).await?;
    if !signed.key.is_in_force() {
        return Err(Failure::new(ProblemCode::Revoked, "this device is revoked"));
    }
    let part: RecoveryPart = whole.decode(MAX_BODY_BYTES).await?;
    let nonce = signed.nonce();
    let remember = move |txn: &mut dyn operator_core::StoreTxn, operator: &operator_core::Operator<'_>| {
        nonce.remember(txn, operator.clock.utc_ms())
    };
    if !app.sequencer.submit(remember, |_, is_new| Ok(is_new)).await? {
        return Err(replayed());
    }
    let (instance, person, receiving) = (app.instance.clone(), signed.key.person, app.receiving.clone());
    let have_bytes = blocking(move || {
        // Parts of one file must not cross; these requests are rare.
        let _one_at_a_time = receiving.lock();
        Inbox::of(&instance.folder).receive(
            person,
            &part,
            u64::from(instance.config.recovery_total_mib) << 20,
            instance.now_ms(),
        )
    })
    .await??;
    signed.kept(&app);
    Ok(Answer::to(&whole.parts.headers, RecoveryHave { have_bytes }))
}

impl From<InboxError> for Failure {
    fn from(error: InboxError) -> Self {
        let code = match error {
            InboxError::TooLarge => ProblemCode::TooLarge,
            InboxError::TooMany => ProblemCode::TooManyRequests,
            InboxError::Full => {
                tracing::warn!("the room for recovery files is full");
                return Self::new(ProblemCode::StorageFull, error.to_string()).retry_after(FULL_RETRY_S);
            }
            InboxError::NotThatFile => ProblemCode::BadRequest,
            InboxError::Io(error) => {
                tracing::error!(kind = ?error.kind(), "recovery files cannot be kept");
                return Self::new(ProblemCode::Unavailable, "recovery files cannot be kept now");
            }
        };
        Self::new(code, error.to_string())
    }
}
