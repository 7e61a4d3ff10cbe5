//! Nodes and agents, for administrators.

use super::Routes;
use crate::openapi::of_resource;
use crate::operator;
use crate::resource::{Agents, Nodes};

pub(super) fn routes() -> Routes {
    let nodes = of_resource::<Nodes>();
    Routes::new()
        .readable::<Agents>()
        .put(
            "/v2.0/agents/{id}",
            operator::update_agent,
            of_resource::<Agents>().update(),
        )
        .with_schemas(nodes.schemas())
        .get("/nodes", operator::list_nodes, nodes.list())
        .post("/nodes", operator::create_node, nodes.create())
        .post(
            "/nodes/bulk",
            operator::create_nodes,
            nodes.create().gives(200, nodes.many()),
        )
        .get("/nodes/{id}", operator::show_node, nodes.show())
        .put("/nodes/{id}", operator::update_node, nodes.update())
        .delete("/nodes/{id}", operator::delete_node, nodes.delete())
}
