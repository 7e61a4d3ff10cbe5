//! What the API counts of its own work, for `/metrics`.

use axum::http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::time::Duration;

/// Seconds: 100 us to 10 s.
const BUCKETS: [f64; 16] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
    5.0, 10.0,
];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    resource: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LatencyLabels {
    method: &'static str,
    resource: &'static str,
}

/// The API's own metrics. Labels come from fixed lists, so clients cannot make series.
#[derive(Clone)]
pub(crate) struct Metrics {
    requests: Family<RequestLabels, Counter>,
    latency: Family<LatencyLabels, Histogram, fn() -> Histogram>,
    /// Requests being handled now.
    pub(crate) in_flight: Gauge,
}

impl Metrics {
    /// Adds the metrics to a registry.
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(BUCKETS);
        let metrics = Self {
            requests: Family::default(),
            latency: Family::new_with_constructor(histogram),
            in_flight: Gauge::default(),
        };
        let api = registry.sub_registry_with_prefix("alcor_api");
        api.register(
            "requests",
            "API requests answered",
            metrics.requests.clone(),
        );
        api.register_with_unit(
            "request_duration",
            "Time until the answer began",
            Unit::Seconds,
            metrics.latency.clone(),
        );
        api.register(
            "requests_in_flight",
            "API requests being handled",
            metrics.in_flight.clone(),
        );
        metrics
    }

    /// Notes an answered request.
    pub(crate) fn answered(
        &self,
        method: &Method,
        route: Option<&str>,
        status: StatusCode,
        taken: Duration,
    ) {
        let (method, resource) = (method_name(method), resource(route));
        self.requests
            .get_or_create(&RequestLabels {
                method,
                resource,
                status: status.as_u16(),
            })
            .inc();
        self.latency
            .get_or_create(&LatencyLabels { method, resource })
            .observe(taken.as_secs_f64());
    }
}

fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        _ => "other",
    }
}

/// The resource of a matched route.
fn resource(route: Option<&str>) -> &'static str {
    const KNOWN: [&str; 9] = [
        "networks",
        "subnets",
        "subnetpools",
        "address-scopes",
        "quotas",
        "ports",
        "agents",
        "extensions",
        "nodes",
    ];
    let Some(route) = route else {
        return "unknown";
    };
    if route.contains("/tags") {
        return "tags";
    }
    let path = route.strip_prefix("/v2.0").unwrap_or(route);
    let first = path.split('/').nth(1).unwrap_or_default();
    KNOWN
        .into_iter()
        .find(|name| *name == first)
        .unwrap_or("other")
}
