//! `POST /v1/push`: statements up.
//!
//! 200: [`PushResponse`](wire::push::PushResponse). 401: `unsigned`, `bad-signature`, `unknown-key`, `expired` (with the
//! operator's `Date`), `replayed`. 413: too many or too large. A revoked device may still push: its late statements are
//! registered with a flag.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use journal::VerifyingKey;
use operator_core::authorise::Author;
use operator_core::push;
use operator_core::verify::Checked;
use wire::body::MAX_INFLATED_BYTES;
use wire::problem::ProblemCode;
use wire::push::{MAX_ITEMS, PushItem, PushRequest, Refusal};

use super::authenticate::{authenticate, blocking, replayed};
use super::body::{Answer, Whole};
use super::collect;
use super::problem::Failure;
use super::{App, is_examined};

/// Below this many items another thread costs more than it saves.
const ITEMS_PER_THREAD: usize = 32;

#[utoipa::path(post, path = "/v1/push", tag = "sync",
    request_body(description = "PushRequest; the request is signed by the device's key (RFC 9421)", content_type = "application/cbor"),
    responses(
        (status = 200, description = "PushResponse", content_type = "application/cbor"),
        (status = 401, description = "Problem `unsigned`, `bad-signature`, `unknown-key`, `expired` or `replayed`", content_type = "application/problem+json"),
        (status = 413, description = "Problem `too-large`", content_type = "application/problem+json"),
        (status = 429, description = "Problem `too-many-requests`, with Retry-After", content_type = "application/problem+json"),
        (status = 503, description = "Problem `unavailable`, with Retry-After", content_type = "application/problem+json"),
    ))]
pub(super) async fn post(State(app): State<App>, whole: Whole) -> Result<impl IntoResponse, Failure> {
    if app.instance.restored.is_waiting() {
        return Err(collect::take_pushed(&app, &whole).await.err().unwrap_or_else(is_examined));
    }
    let signed = authenticate(&app, &whole).await?;
    let request = read(&whole).await?;
    let items = Arc::new(request.items);
    app.may_serve(signed.key.key.id(), request.known_tree_size).await?;
    let key = signed.key.key.clone();
    let known_tree_size = request.known_tree_size;
    let checked = {
        let (items, key) = (Arc::clone(&items), key.clone());
        blocking(move || check_in_parallel(&items, &key)).await?
    };
    let (nonce, id) = (signed.nonce(), key.id());
    let apply = move |txn: &mut dyn operator_core::StoreTxn, operator: &operator_core::Operator<'_>| {
        let now_ms = operator.clock.utc_ms();
        if !nonce.remember(txn, now_ms)? {
            return Ok(None);
        }
        // Read again here: the device may have been revoked since the signature was checked.
        let unbound = operator_core::StoreError::Damaged("a bound key is gone");
        let author = Author::Device(Box::new(txn.bound_key(id)?.ok_or(unbound)?));
        let before = push::kept_count(txn.as_read(), id, &items, &checked)?;
        let outcomes = push::apply(txn, &author, id, &items, &checked, now_ms)?;
        Ok(Some((outcomes, push::kept_count(txn.as_read(), id, &items, &checked)? > before)))
    };
    let response = app
        .sequencer
        .submit(apply, move |read, outcomes| {
            let answer = |(outcomes, has_grown)| {
                Ok::<_, operator_core::StoreError>((
                    push::answer(read, id, known_tree_size, outcomes)?,
                    has_grown,
                ))
            };
            outcomes.map(answer).transpose()
        })
        .await?;
    let (response, has_grown) = response.ok_or_else(replayed)?;
    if has_grown {
        signed.kept(&app);
    }
    Ok(Answer::to(&whole.parts.headers, response))
}

pub(super) async fn read(whole: &Whole) -> Result<PushRequest, Failure> {
    let request: PushRequest = whole.decode(MAX_INFLATED_BYTES).await?;
    if request.items.len() > MAX_ITEMS {
        let title = format!("a push holds at most {MAX_ITEMS} statements");
        return Err(Failure::new(ProblemCode::TooLarge, title));
    }
    Ok(request)
}

fn check_in_parallel(items: &[PushItem], key: &VerifyingKey) -> Vec<Result<Checked, Refusal>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = items.len().div_ceil(cores).max(ITEMS_PER_THREAD);
    if items.len() <= share {
        return push::check_all(items, key);
    }
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            items.chunks(share).map(|chunk| scope.spawn(move || push::check_all(chunk, key))).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().flat_map(join).collect()
    })
}
