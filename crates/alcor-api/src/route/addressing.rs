//! Subnets, subnet pools and address scopes.

use super::tagged;
use crate::resource::Subnets;
use crate::state::ApiState;
use axum::Router;

pub(crate) fn routes() -> Router<ApiState> {
    Router::new().merge(tagged::<Subnets>())
}
