//! Agents, which DHCP agent hosts which network, and availability zones.

use crate::nodes::register;
use crate::region::{Region, id, ids};
use serde_json::{Value, json};

async fn dhcp_agents(region: &Region) -> Vec<String> {
    region.ids("agent", "agent_type=DHCP%20Agent").await
}

async fn hosting(region: &Region, network: &str) -> Vec<String> {
    let path = format!("/v2.0/networks/{network}/dhcp-agents");
    ids(&region.get(&path).await.expect(200), "agents")
}

async fn hosted(region: &Region, agent: &str) -> Vec<String> {
    let path = format!("/v2.0/agents/{agent}/dhcp-networks");
    ids(&region.get(&path).await.expect(200), "networks")
}

#[tokio::test]
async fn every_network_with_dhcp_is_on_one_agent_and_both_sides_say_so() {
    let region = Region::open();
    let (early, _) = region.network("10.0.0.0/24").await;
    assert!(hosting(&region, &early).await.is_empty(), "no agent yet");
    for number in 0..4 {
        register(&region, &format!("up{number}")).await;
    }
    let agents = dhcp_agents(&region).await;
    assert_eq!(agents.len(), 4);
    let mut networks = vec![early];
    for number in 1..30 {
        networks.push(region.network(&format!("10.0.{number}.0/24")).await.0);
    }
    let mut listed = 0;
    for agent in &agents {
        for network in hosted(&region, agent).await {
            assert_eq!(hosting(&region, &network).await, [agent.clone()]);
            listed += 1;
        }
    }
    assert_eq!(listed, networks.len());
    let bare = id(&region.make("network", json!({})).await);
    assert!(hosting(&region, &bare).await.is_empty(), "no DHCP there");
}

#[tokio::test]
async fn an_operator_adds_and_removes_networks() {
    let region = Region::open();
    register(&region, "up1").await;
    let agent = dhcp_agents(&region).await.remove(0);
    let network = id(&region.make("network", json!({})).await);
    let path = format!("/v2.0/agents/{agent}/dhcp-networks");
    let one = format!("{path}/{network}");
    let body = json!({ "network_id": network });
    let refused = region.delete(&one).await.error(409);
    assert_eq!(refused.0, "NetworkNotHostedByDhcpAgent");
    assert_eq!(
        region.post(&path, body.clone()).await.expect(201),
        Value::Null
    );
    assert_eq!(hosting(&region, &network).await, [agent.clone()]);
    assert_eq!(hosted(&region, &agent).await, [network.clone()]);
    let refused = region.post(&path, body.clone()).await.error(409);
    assert_eq!(refused.0, "NetworkHostedByDHCPAgent");
    region.delete(&one).await.expect(204);
    assert!(hosted(&region, &agent).await.is_empty());
    // One that the ring put there can be taken off, too.
    let (network, _) = region.network("10.0.0.0/24").await;
    assert_eq!(hosting(&region, &network).await, [agent.clone()]);
    region
        .delete(&format!("{path}/{network}"))
        .await
        .expect(204);
    assert!(hosting(&region, &network).await.is_empty());
    assert!(hosted(&region, &agent).await.is_empty());
    let unknown = json!({ "network_id": uuid::Uuid::new_v4() });
    assert_eq!(
        region.post(&path, unknown).await.error(404).0,
        "NetworkNotFound"
    );
    region
        .post(&path, json!({ "network_id": "x" }))
        .await
        .error(400);
    let switch = region
        .ids("agent", "agent_type=Open%20vSwitch%20agent")
        .await;
    let path = format!("/v2.0/agents/{}/dhcp-networks", switch[0]);
    assert_eq!(
        region.post(&path, body).await.error(404).0,
        "InvalidDHCPAgent"
    );
}

#[tokio::test]
async fn an_agent_that_may_not_work_hosts_nothing() {
    let region = Region::open();
    register(&region, "up1").await;
    let agent = dhcp_agents(&region).await.remove(0);
    let (network, _) = region.network("10.0.0.0/24").await;
    let path = format!("/v2.0/agents/{agent}");
    let body = json!({ "agent": { "admin_state_up": false } });
    region.put(&path, body).await.expect(200);
    assert!(hosting(&region, &network).await.is_empty());
    assert!(hosted(&region, &agent).await.is_empty());
    region.delete(&path).await.expect(204);
    assert_eq!(region.get(&path).await.error(404).0, "AgentNotFound");
    assert_eq!(region.delete(&path).await.error(404).0, "AgentNotFound");
    // Who lives comes back with the next hello, as another agent.
    register(&region, "up1").await;
    let again = dhcp_agents(&region).await;
    assert_eq!(again.len(), 1);
    assert_ne!(again[0], agent);
    region.delete("/nodes/up1").await.expect(204);
    assert!(region.ids("agent", "").await.is_empty());
}

#[tokio::test]
async fn zones_are_those_of_nodes() {
    let region = Region::open();
    let zones = |query: &'static str| {
        let region = region.clone();
        async move {
            let path = format!("/v2.0/availability_zones{query}");
            let body = region.get(&path).await.expect(200);
            let zones = body["availability_zones"].as_array().unwrap().clone();
            let text = |zone: &Value| format!("{} {}", zone["name"], zone["resource"]);
            zones
                .iter()
                .map(text)
                .collect::<Vec<_>>()
                .join(",")
                .replace('"', "")
        }
    };
    assert_eq!(zones("").await, "");
    register(&region, "up1").await;
    assert_eq!(zones("").await, "nova network,nova router");
    let node = json!({ "node_name": "n", "local_ip": "192.0.2.1", "availability_zone": "east" });
    let made = region
        .post("/nodes", json!({ "host_info": node }))
        .await
        .expect(201);
    assert_eq!(made["host_info"]["availability_zone"], "east");
    assert_eq!(
        zones("?resource=network").await,
        "east network,nova network"
    );
    let body = json!({ "host_info": { "availability_zone": "west" } });
    region.put("/nodes/n", body).await.expect(200);
    assert_eq!(zones("?name=west&resource=router").await, "west router");
    assert_eq!(zones("?name=east").await, "");
    region.delete("/nodes/n").await.expect(204);
    assert_eq!(zones("").await, "nova network,nova router");
}

#[tokio::test]
async fn tenants_see_no_agents_and_may_not_schedule() {
    let region = Region::guarded();
    register(&region, "up1").await;
    let alice = region.as_user("token-one");
    assert!(alice.ids("agent", "").await.is_empty());
    let agent = dhcp_agents(&region).await.remove(0);
    let path = format!("/v2.0/agents/{agent}");
    alice.get(&path).await.error(404);
    alice.delete(&path).await.error(404);
    alice.get(&format!("{path}/dhcp-networks")).await.error(403);
    let body = json!({ "network_id": uuid::Uuid::new_v4() });
    alice
        .post(&format!("{path}/dhcp-networks"), body)
        .await
        .error(403);
    alice.get("/v2.0/availability_zones").await.expect(200);
}

#[tokio::test]
async fn hints_name_zones_that_exist() {
    let region = Region::open();
    let node = json!({ "node_name": "n", "local_ip": "192.0.2.1", "availability_zone": "east" });
    let node = region.post("/nodes", json!({ "host_info": node })).await;
    node.expect(201);
    for kind in ["network", "router"] {
        let made = region.make(kind, json!({ "availability_zone_hints": ["east"] }));
        assert_eq!(made.await["availability_zone_hints"], json!(["east"]));
        let path = format!("/v2.0/{kind}s");
        let wish = |hints: &[&str]| json!({ kind: { "availability_zone_hints": hints } });
        let unknown = region.post(&path, wish(&["east", "mars"])).await;
        let (name, message) = unknown.error(404);
        assert_eq!(name, "AvailabilityZoneNotFound");
        assert!(message.contains("mars"), "{message}");
        region.post(&path, wish(&["east", "east"])).await.error(400);
        let none = region.make(kind, json!({ "availability_zone_hints": [] }));
        assert_eq!(none.await["availability_zone_hints"], json!([]));
        assert_eq!(region.ids(kind, "").await.len(), 2);
    }
}
