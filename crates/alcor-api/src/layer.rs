//! What happens around every request: its id, its span, its metrics, and the bounds on time
//! and on how many run at once.

use crate::error::RequestError;
use crate::state::ApiState;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::time::Instant;
use tokio::time::timeout;
use tracing::Instrument;
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-openstack-request-id");

/// Gives the request an id and a span, and counts it.
pub(crate) async fn observe(
    State(state): State<ApiState>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let id = format!("req-{}", Uuid::new_v4());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    // The query may hold names that tenants would not like to see in logs: the path is enough.
    let span = tracing::info_span!("request", %id, %method, path = request.uri().path());
    state.metrics.in_flight.inc();
    let in_flight = InFlight(&state);
    let mut response = next.run(request).instrument(span.clone()).await;
    drop(in_flight);
    let taken = started.elapsed();
    let status = response.status();
    let route = route.as_ref().map(MatchedPath::as_str);
    state.metrics.answered(&method, route, status, taken);
    span.in_scope(|| tracing::debug!(status = status.as_u16(), ?taken, "answered"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Counts a request as handled also when the client hangs up before the answer.
struct InFlight<'a>(&'a ApiState);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.metrics.in_flight.dec();
    }
}

/// Lets a bounded number of requests run, each for a bounded time.
pub(crate) async fn bound(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let turn = timeout(state.limits.queue_wait, state.permits.acquire()).await;
    let Ok(Ok(_permit)) = turn else {
        return RequestError::Busy.into_response();
    };
    let limit = state.limits.request_time;
    timeout(limit, next.run(request)).await.unwrap_or_else(|_| {
        let seconds = limit.as_secs();
        RequestError::TimedOut { seconds }.into_response()
    })
}
