//! `POST /v1/collect`: what a restored operator lost, from a device that holds it.
//!
//! 200: [`CollectResponse`]; empty when nothing is wanted. 400: a receipt that this operator did not sign. 401 as of a
//! push; a key whose binding is among what was lost shows it. A revoked device may hand back as it may push. The same
//! request again changes nothing, so no nonce is kept: nothing can be written into a log that waits.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use domain::id::KeyId;
use operator_core::collect::binds;
use wire::body::MAX_INFLATED_BYTES;
use wire::collect::{CollectRequest, CollectResponse, MAX_LEAVES};
use wire::problem::ProblemCode;

use super::App;
use super::authenticate::{blocking, verify_by};
use super::body::{Answer, Whole};
use super::problem::Failure;
use crate::collect::{Collecting, ReceiveError};

#[utoipa::path(post, path = "/v1/collect", tag = "sync",
    request_body(description = "CollectRequest; the request is signed by the device's key (RFC 9421)", content_type = "application/cbor"),
    responses(
        (status = 200, description = "CollectResponse", content_type = "application/cbor"),
        (status = 400, description = "Problem `bad-request`: the receipt does not hold", content_type = "application/problem+json"),
        (status = 401, description = "Problem `unsigned`, `bad-signature`, `unknown-key` or `expired`", content_type = "application/problem+json"),
        (status = 413, description = "Problem `too-large`", content_type = "application/problem+json"),
    ))]
pub(super) async fn post(State(app): State<App>, whole: Whole) -> Result<impl IntoResponse, Failure> {
    let request: CollectRequest = whole.decode(MAX_INFLATED_BYTES).await?;
    if request.leaves.len() > MAX_LEAVES {
        return Err(Failure::new(
            ProblemCode::TooLarge,
            format!("one request hands back at most {MAX_LEAVES} statements"),
        ));
    }
    let operator = app.instance.key.verifying_key().clone();
    let shown = request.binding.as_ref().and_then(|pair| binds(&operator, &pair.statement, &pair.content));
    let giver = verify_by(&app, &whole, shown).await?;
    if !app.instance.restored.is_waiting() {
        return Ok(Answer::to(&whole.parts.headers, CollectResponse { wanted: Vec::new() }));
    }
    let (instance, receiving) = (Arc::clone(&app.instance), app.receiving.clone());
    let wanted = blocking(move || {
        // One at a time: this server has nothing else to do meanwhile.
        let _one_at_a_time = receiving.lock();
        let known_tree_size = request.known.as_ref().map_or(0, |known| known.tree_size);
        let wanted = Collecting::open(&instance)
            .map_err(crate::collect::AssembleError::from)?
            .receive(giver, &request)?;
        hear(&instance, giver, known_tree_size);
        Ok::<_, ReceiveError>(wanted)
    });
    Ok(Answer::to(&whole.parts.headers, CollectResponse { wanted: wanted.await?? }))
}

/// A device whose binding was lost is heard here only.
fn hear(instance: &crate::Instance, giver: KeyId, known_tree_size: u64) {
    if let Err(error) = instance.restored.hear(giver, known_tree_size) {
        tracing::error!(error = &error as &dyn std::error::Error, "what a device knows was not written down");
    }
}

impl From<ReceiveError> for Failure {
    fn from(error: ReceiveError) -> Self {
        match error {
            ReceiveError::Unproven => Self::new(ProblemCode::BadRequest, error.to_string()),
            ReceiveError::Assemble(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "what devices hold cannot be kept");
                Self::new(ProblemCode::Unavailable, "what devices hold cannot be kept now")
            }
        }
    }
}
