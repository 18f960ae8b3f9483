//! The routes of the sync API (docs/PROTOCOL.md, "API"). Each has a file with its status codes and its tests.

mod agreement;
mod authenticate;
mod body;
mod carry;
mod checkpoint;
mod checks;
mod collect;
mod courier;
mod enrol;
mod health;
mod limit;
mod openapi;
mod operator_info;
mod problem;
mod pull;
mod push;
mod quota;
mod recovery;
mod trace;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
use domain::id::KeyId;
use journal::VerifyingKey;
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use wire::body::MAX_BODY_BYTES;
use wire::path;
use wire::problem::ProblemCode;

use crate::Instance;
use crate::sequencer::Sequencer;

use authenticate::blocking;
pub use openapi::description;
pub(crate) use quota::Places;

/// Secrets of activation codes that are hashed at once, 19 MiB each: an enrolment can wait, the visits cannot.
const HASHES_AT_ONCE: usize = 2;

/// Parcels that one device may deliver in a while: opening one costs as much as a push of a thousand statements.
const PARCELS: u32 = 60;
const PARCELS_WINDOW: Duration = Duration::from_secs(3_600);

/// After how many seconds a device asks again while a restored log is examined.
const RESTORED_RETRY_S: u64 = 30;

/// What the routes share.
#[derive(Clone)]
pub(crate) struct App {
    instance: Arc<Instance>,
    sequencer: Sequencer,
    enrol_limit: Arc<limit::FailureLimit>,
    /// What devices sent that was kept.
    quota: Arc<quota::Quota>,
    /// What they sent otherwise.
    in_vain: Arc<quota::Quota>,
    /// Of that what they brought of others.
    parcels_in_vain: Arc<quota::Quota>,
    courier_limit: Arc<limit::Limit<KeyId>>,
    hashing: Arc<Semaphore>,
    receiving: Arc<Mutex<()>>,
    /// Keys of devices whose binding is among what was lost and who have shown it.
    shown: Arc<Mutex<HashMap<KeyId, VerifyingKey>>>,
    /// What is handed back is not what a device may send in a day: it would have none of it left when the log goes on.
    collect_quota: Arc<quota::Quota>,
}

impl App {
    /// Whether devices are answered. After a restore they are asked to come again, and what they know is written down:
    /// a shorter log would look to them as if this operator were lying.
    async fn may_serve(&self, key: KeyId, known_tree_size: u64) -> Result<(), problem::Failure> {
        if !self.instance.restored.is_waiting() {
            return Ok(());
        }
        let instance = Arc::clone(&self.instance);
        let heard = blocking(move || instance.restored.hear(key, known_tree_size)).await?;
        if let Err(error) = heard {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "what a device knows was not written down"
            );
        }
        Err(is_examined())
    }
}

/// A restored log is not yet known to be whole.
fn is_examined() -> problem::Failure {
    problem::Failure::new(ProblemCode::Incomplete, "the operator's log was restored and is examined")
        .retry_after(RESTORED_RETRY_S)
}

/// The router of a server.
pub fn router(instance: Arc<Instance>, sequencer: Sequencer) -> Router {
    let config = &instance.config;
    let window = Duration::from_secs(config.enrol_window_s);
    let enrol_limit = Arc::new(limit::FailureLimit::new(config.enrol_failures, window));
    let timeout = Duration::from_secs(config.request_timeout_s);
    let hashing = Arc::new(Semaphore::new(HASHES_AT_ONCE));
    let quota = Arc::new(quota::Quota::new(config.device_day_mib, quota::DAY));
    let in_vain = || Arc::new(quota::Quota::new(quota::in_vain_mib(config.device_day_mib), quota::HOUR));
    let (in_vain, parcels_in_vain) = (in_vain(), in_vain());
    let courier_limit = Arc::new(limit::Limit::new(PARCELS, PARCELS_WINDOW));
    let collect_quota = Arc::new(quota::Quota::new(config.device_day_mib, quota::DAY));
    let (receiving, shown) = <(Arc<_>, Arc<_>)>::default();
    let app = App {
        instance,
        sequencer,
        enrol_limit,
        quota,
        in_vain,
        parcels_in_vain,
        courier_limit,
        hashing,
        receiving,
        shown,
        collect_quota,
    };
    Router::new()
        .route(path::OPERATOR, get(operator_info::get))
        .route(path::ENROL, post(enrol::post))
        .route(path::PUSH, post(push::post))
        .route(path::CARRY, post(carry::post))
        .route(path::COURIER, post(courier::post))
        .route(path::PULL, post(pull::post))
        .route(path::COLLECT, post(collect::post))
        .route(path::RECOVERY, post(recovery::post))
        .route(path::AGREEMENT, get(agreement::get))
        .route(path::CHECKPOINT, get(checkpoint::get))
        .route(path::HEALTH, get(health::get))
        .route(path::OPENAPI, get(openapi::get))
        .fallback(problem::no_such_route)
        .method_not_allowed_fallback(problem::no_such_route)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn(quota::admit))
        .layer(middleware::from_fn(move |request, next| trace::observe(timeout, request, next)))
        .with_state(app)
}
