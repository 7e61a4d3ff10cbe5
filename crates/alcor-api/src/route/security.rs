//! Security groups, address groups and RBAC policies.

use crate::state::ApiState;
use axum::Router;

pub(crate) fn routes() -> Router<ApiState> {
    Router::new()
}
