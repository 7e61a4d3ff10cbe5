//! Alcor's own paths: `/project/{project}/...`, gateways and managers.

use crate::state::ApiState;
use axum::Router;

pub(crate) fn routes() -> Router<ApiState> {
    Router::new()
}
