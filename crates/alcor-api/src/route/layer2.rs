//! Networks, their segments, and what is asked of them.

use super::tagged;
use crate::resource::Networks;
use crate::state::ApiState;
use axum::Router;

pub(crate) fn routes() -> Router<ApiState> {
    Router::new().merge(tagged::<Networks>())
}
