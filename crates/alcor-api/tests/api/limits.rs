//! What one client can cost: full houses and requests without an end.

use crate::region::Region;
use alcor_api::{Auth, Limits};
use axum::body::{Body, Bytes};
use axum::http::Request;
use futures::stream;
use std::convert::Infallible;
use std::time::Duration;

fn region(limits: Limits) -> Region {
    Region::with(Auth::None, |state| state.with_limits(limits))
}

#[tokio::test]
async fn a_full_house_refuses_work_but_answers_probes() {
    let region = region(Limits {
        concurrency: 0,
        queue_wait: Duration::ZERO,
        ..Limits::default()
    });
    let (kind, _) = region.get("/v2.0/networks").await.error(503);
    assert_eq!(kind, "HTTPServiceUnavailable");
    region.get("/healthz").await.expect(200);
    let text = region.get("/metrics").await.expect(200);
    assert!(text.as_str().unwrap().contains("status=\"503\"} 1"));
}

#[tokio::test]
async fn a_body_without_an_end_is_given_up() {
    let region = region(Limits {
        request_time: Duration::ZERO,
        ..Limits::default()
    });
    let endless = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
    let request = Request::post("/v2.0/networks").body(endless).unwrap();
    assert_eq!(
        region.send(request).await.error(504).0,
        "HTTPGatewayTimeout"
    );
}
