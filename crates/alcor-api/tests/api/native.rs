//! Alcor's own paths, with the payloads that its scripts and tests really send.

use crate::region::{Region, id, ids};
use serde_json::{Value, json};

const NETWORK: &str = "9192a4d4-ffff-4ece-b3f0-8d36e3d88001";
const SUBNET: &str = "a87e0f87-a2d9-44ef-9194-9a62f1785941";
const PORT: &str = "7172a4d4-ffff-4ede-b3f0-8d36e3d00101";
const DEVICE: &str = "23a3a3d0-96c7-4a28-8a23-6f4ae9b1f0d4";

fn vpc() -> Value {
    json!({ "network": {
        "admin_state_up": true, "revision_number": 0, "cidr": "10.0.0.0/16", "default": true,
        "description": "vpc", "dns_domain": "domain", "id": NETWORK, "is_default": true,
        "mtu": 1400, "name": "sample_vpc", "port_security_enabled": true, "project_id": "one" } })
}

fn subnet() -> Value {
    json!({ "subnet": {
        "cidr": "10.0.1.0/24", "id": SUBNET, "ip_version": 4, "network_id": NETWORK,
        "name": "subnet1", "host_routes": [{ "destination": "10.0.2.0/24", "nexthop": "10.0.1.1" }] } })
}

async fn with_subnet() -> Region {
    let region = Region::guarded().as_user("token-one");
    region.post("/project/one/vpcs", vpc()).await.expect(201);
    region
        .post("/project/one/subnets", subnet())
        .await
        .expect(201);
    region
}

#[tokio::test]
async fn a_vpc_is_a_network() {
    let region = Region::guarded().as_user("token-one");
    let made = region.post("/project/one/vpcs", vpc()).await.expect(201);
    assert_eq!(made["network"]["id"], NETWORK);
    assert_eq!(made["network"]["mtu"], 1400);
    assert_eq!(made["network"]["project_id"], "one");
    let same = region
        .get(&format!("/v2.0/networks/{NETWORK}"))
        .await
        .expect(200);
    assert_eq!(same["network"], made["network"]);
    let listed = region
        .get("/project/one/vpcs?name=sample_vpc")
        .await
        .expect(200);
    assert_eq!(ids(&listed, "networks"), [NETWORK]);
    let path = format!("/project/one/vpcs/{NETWORK}");
    let changed = region
        .put(&path, json!({ "network": { "name": "other" } }))
        .await
        .expect(200);
    assert_eq!(changed["network"]["name"], "other");
    assert_eq!(changed["network"]["admin_state_up"], true);
    assert_eq!(
        region.delete(&path).await.expect(200),
        json!({ "id": NETWORK })
    );
    assert_eq!(region.get(&path).await.error(404).0, "NetworkNotFound");
    assert_eq!(region.delete(&path).await.error(404).0, "NetworkNotFound");
}

#[tokio::test]
async fn several_vpcs_are_made_at_once() {
    let region = Region::guarded().as_user("token-one");
    let body = json!({ "vpcs": [{ "name": "a" }, { "name": "b" }] });
    let made = region
        .post("/project/one/vpcs/bulk", body)
        .await
        .expect(201);
    assert_eq!(ids(&made, "networks").len(), 2);
    region
        .post("/project/one/vpcs/bulk", json!({ "vpcs": [] }))
        .await
        .error(400);
}

#[tokio::test]
async fn the_first_payloads_of_all_still_work() {
    let region = Region::guarded().as_user("token-one");
    let legacy = json!({ "vpc": {
        "project_id": "one", "id": NETWORK, "name": "sample_vpc", "cidr": "10.0.0.0/16" } });
    region.post("/project/one/vpcs", legacy).await.expect(201);
    let subnet = json!({ "subnet": {
        "project_id": "one", "vpc_id": NETWORK, "id": SUBNET, "name": "s", "cidr": "10.0.0.0/16",
        "gateway_ip": "10.0.0.5", "availability_zone": "1", "dhcp_enable": false,
        "primary_dns": null, "secondary_dns": null } });
    let made = region
        .post("/project/one/subnets", subnet)
        .await
        .expect(201);
    assert_eq!(made["subnet"]["enable_dhcp"], false);
    let port = json!({ "port": {
        "id": PORT, "network_id": NETWORK, "name": null, "tenant_id": "one",
        "admin_state_up": true, "mac_address": null, "veth_name": null, "fast_path": true,
        "device_id": null, "device_owner": null, "status": null, "fixed_ips": [],
        "allowed_address_pairs": null, "extra_dhcp_opts": null, "security_groups": null,
        "binding:host_id": null, "binding:profile": null, "binding:vif_details": null,
        "binding:vif_type": null, "binding:vnic_type": null, "network_ns": null,
        "dns_name": null, "dns_domain": null, "dns_assignment": null, "ip_allocation": null,
        "port_security_enabled": true, "qos_policy_id": null } });
    let made = region.post("/project/one/ports", port).await.expect(201);
    assert!(made["port"]["fixed_ips"][0]["ip_address"].is_string());
    assert!(made["port"]["mac_address"].is_string());
}

#[tokio::test]
async fn a_port_in_full_with_its_placeholders() {
    let region = with_subnet().await;
    let admin = region.as_user("token-admin");
    let node = json!({ "host_info": {
        "local_ip": "10.213.43.111", "mac_address": "90:17:ac:c1:34:64", "node_id": DEVICE,
        "node_name": "node1", "server_port": 8080, "veth": "eth0" } });
    admin.post("/nodes", node).await.expect(201);
    let full = |host: &str, id: &str, address: &str| {
        json!({ "port": {
        "admin_state_up": true,
        "allowed_address_pairs": [{ "ip_address": "11.11.11.1", "mac_address": "00-AA-BB-15-EB-3F" }],
        "binding:host_id": host, "binding:vif_details": {}, "create_at": "string",
        "description": "string", "device_id": DEVICE, "device_owner": "compute:nova",
        "dns_assignment": {}, "dns_name": "string",
        "extra_dhcp_opts": [{ "ip_version": "string", "opt_name": "string", "opt_value": "string" }],
        "fast_path": true, "fixed_ips": [{ "ip_address": address, "subnet_id": SUBNET }],
        "id": id, "mac_learning_enabled": true, "name": "port101", "network_id": NETWORK,
        "network_ns": "string", "port_security_enabled": true, "project_id": "one",
        "qos_network_policy_id": "string", "qos_policy_id": "string", "revision_number": 0,
        "tags": ["string"], "tenant_id": "one", "update_at": "string", "veth_name": "string" } })
    };
    let path = "/project/one/ports";
    let made = admin
        .post(path, full("node1", PORT, "10.0.1.101"))
        .await
        .expect(201);
    let port = &made["port"];
    assert_eq!(port["project_id"], "one");
    assert_eq!(port["binding:host_id"], "node1");
    assert_eq!(
        port["allowed_address_pairs"][0]["mac_address"],
        "00:aa:bb:15:eb:3f"
    );
    assert_eq!(port["extra_dhcp_opts"], json!([]));
    assert_eq!(port["tags"], json!([]));
    let other = "7172a4d4-ffff-4ede-b3f0-8d36e3d00102";
    let by_id = admin
        .post(path, full(DEVICE, other, "10.0.1.102"))
        .await
        .expect(201);
    assert_eq!(by_id["port"]["binding:host_id"], "node1");
    // Only administrators choose hosts; the refusal names the attribute.
    let third = "7172a4d4-ffff-4ede-b3f0-8d36e3d00103";
    let (_, message) = region
        .post(path, full("node1", third, "10.0.1.103"))
        .await
        .error(403);
    assert!(message.contains("binding:host_id"), "{message}");
    let not_an_id = full(
        "node1",
        "7172a4d4-ffff-4ede-b3ml0-8d36e3d00101",
        "10.0.1.104",
    );
    let (_, message) = admin.post(path, not_an_id).await.error(400);
    assert!(message.contains("UUID"), "{message}");
}

#[tokio::test]
async fn older_ports_and_those_of_nova() {
    let region = with_subnet().await;
    let admin = region.as_user("token-admin");
    let older = json!({ "port": {
        "network_id": NETWORK, "id": PORT, "binding:profile": "string",
        "binding:vif_details": "string", "resource_request": 0,
        "dns_assignment": [{ "fqdn": "string", "host_name": "string", "ip_address": "string" }],
        "mac_address": "00-AA-BB-15-EB-3F" } });
    let made = region.post("/project/one/ports", older).await.expect(201);
    assert_eq!(made["port"]["mac_address"], "00:aa:bb:15:eb:3f");
    let limited = json!({ "port": {
        "device_id": DEVICE, "admin_state_up": true, "network_id": NETWORK, "tenant_id": "one" } });
    let made = region.post("/project/one/ports", limited).await.expect(201);
    let path = format!("/project/one/ports/{}", id(&made["port"]));
    let bind = json!({ "port": {
        "device_id": DEVICE, "device_owner": "compute:nova", "binding:host_id": "node1",
        "fast_path": true } });
    let bound = admin.put(&path, bind).await.expect(200);
    assert_eq!(bound["port"]["binding:host_id"], "node1");
    let unbind = json!({ "port": { "binding:host_id": null } });
    let free = admin.put(&path, unbind).await.expect(200);
    assert_eq!(free["port"]["binding:host_id"], "");
}

#[tokio::test]
async fn ports_are_made_in_bulk_each_with_its_own_addresses() {
    let region = with_subnet().await;
    let port = || json!({ "network_id": NETWORK, "fixed_ips": [{ "subnet_id": SUBNET }] });
    let body = json!({ "ports": [port(), port(), port()] });
    let made = region
        .post("/project/one/ports/bulk", body)
        .await
        .expect(201);
    let ports = made["ports"].as_array().unwrap();
    let mut seen: Vec<String> = ports
        .iter()
        .flat_map(|port| [&port["mac_address"], &port["fixed_ips"][0]["ip_address"]])
        .map(Value::to_string)
        .collect();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 6);
}

#[tokio::test]
async fn the_projects_in_path_token_and_body_agree() {
    let region = with_subnet().await;
    let two = region.as_user("token-two");
    for path in [
        "/project/one/vpcs",
        "/project/one/ports",
        "/project/one/vpcs/none",
    ] {
        two.get(path).await.error(403);
    }
    two.post("/project/one/vpcs", json!({ "network": {} }))
        .await
        .error(403);
    two.delete(&format!("/project/one/vpcs/{NETWORK}"))
        .await
        .error(403);
    two.get(&format!("/project/two/vpcs/{NETWORK}"))
        .await
        .error(404);
    two.delete(&format!("/project/two/vpcs/{NETWORK}"))
        .await
        .error(404);
    let body = json!({ "network": { "project_id": "one" } });
    two.post("/project/two/vpcs", body).await.error(400);
    let admin = region.as_user("token-admin");
    let body = json!({ "network": { "name": "theirs" } });
    let made = admin.post("/project/two/vpcs", body).await.expect(201);
    assert_eq!(made["network"]["project_id"], "two");
    let listed = admin.get("/project/two/vpcs").await.expect(200);
    assert_eq!(ids(&listed, "networks"), [id(&made["network"])]);
}

#[tokio::test]
async fn a_path_cannot_be_made_into_another() {
    let region = with_subnet().await;
    for id in ["..%2Fports", "%2e%2e", "a%2Fb", "x%3Fy"] {
        let path = format!("/project/one/vpcs/{id}");
        assert_eq!(
            region.get(&path).await.error(404).0,
            "NetworkNotFound",
            "{id}"
        );
    }
    region.get("/project/one/unknown").await.error(404);
    let reader = region.as_user("token-reader");
    reader
        .post("/project/one/vpcs", json!({ "network": {} }))
        .await
        .error(403);
    reader.get("/project/one/vpcs").await.expect(200);
    region
        .as_user("wrong")
        .get("/project/one/vpcs")
        .await
        .error(401);
}
