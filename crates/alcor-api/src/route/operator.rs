//! Nodes and agents, for administrators.

use super::readable;
use crate::operator;
use crate::resource::Agents;
use crate::state::ApiState;
use axum::Router;
use axum::routing::{get, post, put};

pub(crate) fn routes() -> Router<ApiState> {
    Router::new()
        .merge(readable::<Agents>())
        .route("/v2.0/agents/{id}", put(operator::update_agent))
        .route(
            "/nodes",
            get(operator::list_nodes).post(operator::create_node),
        )
        .route("/nodes/bulk", post(operator::create_nodes))
        .route(
            "/nodes/{id}",
            get(operator::show_node)
                .put(operator::update_node)
                .delete(operator::delete_node),
        )
}
