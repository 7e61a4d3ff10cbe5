//! What happens around every request: its id, its span, its metrics, and the bounds on time
//! and on how many run at once.

use crate::error::RequestError;
use crate::state::ApiState;
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{HOST, WWW_AUTHENTICATE};
use axum::http::uri::{Authority, Parts, Scheme};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::time::Instant;
use tokio::time::timeout;
use tracing::Instrument;
use uuid::Uuid;

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
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
    if status == StatusCode::UNAUTHORIZED {
        let challenge = state.auth.challenge();
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
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

/// Writes into the request's URI by what scheme the client reached the region, which links in
/// answers then use.
pub(crate) async fn address(
    State(state): State<ApiState>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(uri) = absolute(&state, &request) {
        *request.uri_mut() = uri;
    }
    next.run(request).await
}

fn absolute(state: &ApiState, request: &Request) -> Option<Uri> {
    let header = |name: &HeaderName| request.headers().get(name)?.to_str().ok();
    let forwarded = header(&FORWARDED_PROTO).filter(|_| state.trusts_proxy);
    let scheme = match forwarded.map(str::trim) {
        Some(proto) if proto.eq_ignore_ascii_case("https") => Scheme::HTTPS,
        Some(proto) if proto.eq_ignore_ascii_case("http") => Scheme::HTTP,
        _ if state.tls.is_some() => Scheme::HTTPS,
        _ => Scheme::HTTP,
    };
    let host = header(&HOST).and_then(|host| Authority::try_from(host).ok());
    let mut parts = Parts::default();
    parts.authority = host.or_else(|| request.uri().authority().cloned());
    parts.authority.as_ref()?;
    parts.scheme = Some(scheme);
    parts.path_and_query = request.uri().path_and_query().cloned();
    Uri::from_parts(parts).ok()
}
