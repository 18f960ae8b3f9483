//! The routes of the sync API (docs/PROTOCOL.md, "API"). Each has a file with its status codes and its tests.

mod agreement;
mod authenticate;
mod body;
mod checkpoint;
mod enrol;
mod health;
mod limit;
mod openapi;
mod operator_info;
mod problem;
mod pull;
mod push;
mod recovery;
mod trace;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post};
use tokio::sync::Semaphore;
use wire::body::MAX_BODY_BYTES;
use wire::path;

use crate::Instance;
use crate::sequencer::Sequencer;

pub use openapi::description;

/// Secrets of activation codes that are hashed at once, 19 MiB each: an enrolment can wait, the visits cannot.
const HASHES_AT_ONCE: usize = 2;

/// What the routes share.
#[derive(Clone)]
pub(crate) struct App {
    instance: Arc<Instance>,
    sequencer: Sequencer,
    enrol_limit: Arc<limit::FailureLimit>,
    hashing: Arc<Semaphore>,
    receiving: Arc<parking_lot::Mutex<()>>,
}

/// The router of a server.
pub fn router(instance: Arc<Instance>, sequencer: Sequencer) -> Router {
    let config = &instance.config;
    let window = Duration::from_secs(config.enrol_window_s);
    let enrol_limit = Arc::new(limit::FailureLimit::new(config.enrol_failures, window));
    let timeout = Duration::from_secs(config.request_timeout_s);
    let hashing = Arc::new(Semaphore::new(HASHES_AT_ONCE));
    let app = App { instance, sequencer, enrol_limit, hashing, receiving: Arc::default() };
    Router::new()
        .route(path::OPERATOR, get(operator_info::get))
        .route(path::ENROL, post(enrol::post))
        .route(path::PUSH, post(push::post))
        .route(path::PULL, post(pull::post))
        .route(path::RECOVERY, post(recovery::post))
        .route(path::AGREEMENT, get(agreement::get))
        .route(path::CHECKPOINT, get(checkpoint::get))
        .route(path::HEALTH, get(health::get))
        .route(path::OPENAPI, get(openapi::get))
        .fallback(problem::no_such_route)
        .method_not_allowed_fallback(problem::no_such_route)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn(move |request, next| trace::observe(timeout, request, next)))
        .with_state(app)
}
