//! Routers, floating IPs and what belongs to them.

use crate::state::ApiState;
use axum::Router;

pub(crate) fn routes() -> Router<ApiState> {
    Router::new()
}
