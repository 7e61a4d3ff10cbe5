//! Nodes and agents, for administrators.

use super::Routes;
use crate::openapi::{About, object, of_resource};
use crate::resource::{Agents, Nodes};
use crate::{agent, operator};
use serde_json::json;

pub(super) fn routes() -> Routes {
    let nodes = of_resource::<Nodes>();
    agents(Routes::new())
        .with_schemas(nodes.schemas())
        .get("/nodes", operator::list_nodes, nodes.list())
        .post("/nodes", operator::create_node, nodes.create())
        .post(
            "/nodes/bulk",
            operator::create_nodes,
            nodes.create().unlinked().gives(200, nodes.many()),
        )
        .get("/nodes/{id}", operator::show_node, nodes.show())
        .put("/nodes/{id}", operator::update_node, nodes.update())
        .delete("/nodes/{id}", operator::delete_node, nodes.delete())
}

fn agents(routes: Routes) -> Routes {
    let of = of_resource::<Agents>();
    let network = object(
        [("network_id", json!({ "type": "string", "format": "uuid" }))],
        &["network_id"],
    );
    routes
        .readable::<Agents>()
        .put("/v2.0/agents/{id}", agent::update, of.update())
        .delete("/v2.0/agents/{id}", agent::delete, of.delete())
        .get(
            "/v2.0/agents/{id}/dhcp-networks",
            agent::hosted,
            About::new("The networks that a DHCP agent hosts."),
        )
        .post(
            "/v2.0/agents/{id}/dhcp-networks",
            agent::add,
            About::new("A network put on a DHCP agent.")
                .takes(network)
                .gives(201, json!({ "type": "null" })),
        )
        .delete(
            "/v2.0/agents/{id}/dhcp-networks/{network}",
            agent::remove,
            About::new("A network taken off a DHCP agent.").empty(204),
        )
        .get(
            "/v2.0/networks/{id}/dhcp-agents",
            agent::hosting,
            About::new("The DHCP agents that host a network."),
        )
        .get(
            "/v2.0/availability_zones",
            agent::zones,
            About::new("All availability zones."),
        )
}
