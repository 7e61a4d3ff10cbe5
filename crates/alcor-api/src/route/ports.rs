//! Ports, their bindings, and trunks.

use super::tagged;
use crate::resource::Ports;
use crate::state::ApiState;
use axum::Router;

pub(crate) fn routes() -> Router<ApiState> {
    Router::new().merge(tagged::<Ports>())
}
