//! Alcor's `/nodes`, and Neutron's agents made of them.

use crate::region::{Region, id};
use alcor_managers::node::{self, Registration};
use alcor_types::{HostName, Timestamp};
use serde_json::{Value, json};

pub(crate) async fn register(region: &Region, host: &str) {
    let hello = Registration {
        host: HostName::from(host),
        tunnel_ip: "192.0.2.9".parse().unwrap(),
        agent_version: "1.2".to_owned(),
        bridge: "br-int".to_owned(),
        started_at: Timestamp(1_763_808_000),
    };
    let registered = region
        .store
        .transact(move |txn| node::register(txn, &hello))
        .await;
    registered.unwrap();
}

#[tokio::test]
async fn nodes_are_made_replaced_listed_and_removed() {
    let region = Region::open();
    let body = json!({ "host_info": {
        "node_name": "n1", "local_ip": "192.0.2.1", "mac_address": "aa:bb:cc:00:00:01",
        "veth": "eth0", "server_port": 50002 } });
    let made = region.post("/nodes", body.clone()).await.expect(201);
    let node = &made["host_info"];
    assert_eq!(node["server_port"], 50002);
    let path = format!("/nodes/{}", node["node_id"].as_str().unwrap());
    assert_eq!(region.get(&path).await.expect(200), made);
    assert_eq!(region.get("/nodes/n1").await.expect(200), made);
    region.post("/nodes", body).await.expect(201);
    let more = json!({ "host_infos": [
        { "node_name": "n2", "local_ip": "192.0.2.2" },
        { "node_name": "n3", "local_ip": "192.0.2.3" } ] });
    let made = region.post("/nodes/bulk", more).await.expect(200);
    assert_eq!(made["host_infos"].as_array().unwrap().len(), 2);
    let names = |body: Value| -> Vec<String> {
        let list = body["host_infos"].as_array().unwrap().clone();
        let mut names: Vec<_> = list
            .iter()
            .map(|n| n["node_name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(
        names(region.get("/nodes").await.expect(200)),
        ["n1", "n2", "n3"]
    );
    assert_eq!(
        names(region.get("/nodes?local_ip=192.0.2.2").await.expect(200)),
        ["n2"]
    );
    assert_eq!(
        names(region.get("/nodes?name=n3&node_name=n3").await.expect(200)),
        ["n3"]
    );
    let changed = region
        .put(
            "/nodes/n2",
            json!({ "host_info": { "local_ip": "192.0.2.22" } }),
        )
        .await;
    assert_eq!(changed.expect(200)["host_info"]["local_ip"], "192.0.2.22");
    region.delete("/nodes/n2").await.expect(204);
    assert_eq!(region.get("/nodes/n2").await.error(404).0, "NodeNotFound");
    region.delete("/nodes/n2").await.error(404);
}

#[tokio::test]
async fn wrong_nodes_are_refused() {
    let region = Region::open();
    region
        .post("/nodes", json!({ "host_info": { "node_name": "n" } }))
        .await
        .error(400);
    region
        .post("/nodes", json!({ "host_infos": [] }))
        .await
        .error(400);
    region
        .post("/nodes/bulk", json!({ "host_info": {} }))
        .await
        .error(400);
    let half = json!({ "host_infos": [
        { "node_name": "a", "local_ip": "192.0.2.1" }, { "node_name": "b", "local_ip": "0.0.0.0" } ] });
    region.post("/nodes/bulk", half).await.error(400);
    assert_eq!(
        region.get("/nodes").await.expect(200),
        json!({ "host_infos": [] })
    );
}

#[tokio::test]
async fn an_agent_is_a_node_that_registered() {
    let region = Region::open();
    let body = json!({ "host_info": { "node_name": "silent", "local_ip": "192.0.2.1" } });
    region.post("/nodes", body).await.expect(201);
    register(&region, "up1").await;
    register(&region, "down1").await;
    let query = "/v2.0/agents?alive=true&agent_type=Open%20vSwitch%20Agent";
    let body = region.get(query).await.expect(200);
    let [agent] = body["agents"].as_array().unwrap().as_slice() else {
        panic!("one agent, not {body}");
    };
    assert_eq!(agent["host"], "up1");
    assert_eq!(agent["heartbeat_timestamp"], "2025-11-22 10:46:00");
    assert_eq!(agent["agent_type"], "Open vSwitch agent");
    assert_eq!(region.ids("agent", "").await.len(), 4);
    assert_eq!(region.ids("agent", "host=up1").await.len(), 2);
    assert_eq!(region.ids("agent", "host=silent").await.len(), 0);
    let path = format!("/v2.0/agents/{}", id(agent));
    let body = json!({ "agent": { "admin_state_up": false, "description": "out" } });
    let changed = region.put(&path, body).await.expect(200);
    assert_eq!(changed["agent"]["admin_state_up"], false);
    assert_eq!(
        region.get(&path).await.expect(200)["agent"]["description"],
        "out"
    );
    region
        .put(&path, json!({ "agent": { "host": "x" } }))
        .await
        .error(400);
    let none = format!("/v2.0/agents/{}", uuid::Uuid::new_v4());
    assert_eq!(region.get(&none).await.error(404).0, "AgentNotFound");
    region.put(&none, json!({ "agent": {} })).await.error(404);
}
