//! Which path and method goes where.

use crate::error::RequestError;
use crate::resource::{Agents, Networks, Ports, Subnets};
use crate::state::ApiState;
use crate::tag::{self, Tagged};
use crate::{extension, handler, health, layer, operator, version};
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;

/// The API as a service.
pub fn router(state: ApiState) -> Router {
    let api = Router::new()
        .route("/v2.0", get(version::v2))
        .route("/v2.0/", get(version::v2))
        .route("/v2.0/extensions", get(extension::list))
        .route("/v2.0/extensions/{alias}", get(extension::show))
        .route("/v2.0/agents", get(handler::list::<Agents>))
        .route(
            "/v2.0/agents/{id}",
            get(handler::show::<Agents>).put(operator::update_agent),
        )
        .merge(managed::<Networks>())
        .merge(managed::<Subnets>())
        .merge(managed::<Ports>())
        .merge(nodes())
        .route("/", get(version::root))
        .fallback(unknown_path)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(state.clone(), layer::bound));
    // Probes and metrics must answer also when all places are taken.
    Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .merge(api)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(state.clone(), layer::observe))
        .with_state(state)
}

/// The paths of a resource with tags.
fn managed<R: Tagged>() -> Router<ApiState> {
    let collection = format!("/v2.0/{}", R::PLURAL);
    let one = format!("{collection}/{{id}}");
    let tags = format!("{one}/tags");
    let tag = format!("{tags}/{{tag}}");
    Router::new()
        .route(
            &collection,
            get(handler::list::<R>).post(handler::create::<R>),
        )
        .route(
            &one,
            get(handler::show::<R>)
                .put(handler::update::<R>)
                .delete(handler::delete::<R>),
        )
        .route(
            &tags,
            get(tag::list::<R>)
                .put(tag::replace::<R>)
                .post(tag::extend::<R>)
                .delete(tag::clear::<R>),
        )
        .route(
            &tag,
            get(tag::check::<R>)
                .put(tag::add::<R>)
                .delete(tag::remove::<R>),
        )
}

fn nodes() -> Router<ApiState> {
    Router::new()
        .route(
            "/nodes",
            get(operator::list_nodes).post(operator::create_node),
        )
        .route("/nodes/bulk", post(operator::create_nodes))
        .route(
            "/nodes/{id}",
            get(operator::show_node)
                .put(operator::update_node)
                .delete(operator::delete_node),
        )
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
