//! QoS, metering, quotas, flavors and service providers.

use crate::state::ApiState;
use axum::Router;

pub(crate) fn routes() -> Router<ApiState> {
    Router::new()
}
