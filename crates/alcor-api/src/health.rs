//! `/healthz`, `/readyz` and `/metrics`: for probes and Prometheus, without a token, and
//! without a word about tenants.

use crate::auth::Auth;
use crate::state::ApiState;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::text::encode;
use std::sync::atomic::Ordering;

/// The media type of OpenMetrics text.
const METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Whether the process answers.
pub(crate) async fn live() -> &'static str {
    "ok\n"
}

/// Whether the region serves.
pub(crate) async fn ready(State(state): State<ApiState>) -> Response {
    let not = |why| (StatusCode::SERVICE_UNAVAILABLE, why).into_response();
    if !state.ready.load(Ordering::Acquire) {
        return not("not ready\n");
    }
    if let Auth::Keystone(keystone) = &state.auth
        && keystone.check().await.is_err()
    {
        return not("not ready: keystone cannot be asked\n");
    }
    "ready\n".into_response()
}

/// All metrics of the process.
pub(crate) async fn metrics(State(state): State<ApiState>) -> Response {
    let mut text = String::new();
    if encode(&mut text, &state.registry.lock()).is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let kind = HeaderValue::from_static(METRICS_TYPE);
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}
