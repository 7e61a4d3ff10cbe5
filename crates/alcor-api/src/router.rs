//! Which path and method goes where.

use crate::error::RequestError;
use crate::native::Neutron;
use crate::route;
use crate::state::ApiState;
use crate::{health, layer};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use tower_http::catch_panic::CatchPanicLayer;

/// The API as a service.
pub fn router(state: ApiState) -> Router {
    let routes = route::all()
        .into_router()
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method);
    // What comes in Alcor's words holds its place already, so the inner routes count none.
    let neutron = Neutron(routes.clone().with_state(state.clone()));
    let api = routes
        .layer(Extension(neutron))
        .layer(from_fn_with_state(state.clone(), layer::bound));
    // Probes and metrics must answer also when all places are taken.
    Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .merge(api)
        .layer(from_fn_with_state(state.clone(), layer::address))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(state.clone(), layer::observe))
        .with_state(state)
}

async fn unknown_path() -> RequestError {
    RequestError::UnknownPath
}

async fn wrong_method() -> RequestError {
    RequestError::MethodNotAllowed
}

/// A panic is a defect of ours: the caller gets an answer all the same, and nothing of it.
fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    tracing::error!("a handler panicked");
    RequestError::Damaged.into_response()
}
