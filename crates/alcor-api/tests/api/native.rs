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

const GROUP: &str = "3dda2801-d675-4688-a63f-dcda8d327f61";
const ROUTER: &str = "11112801-d675-4688-a63f-dcda8d327f50";

#[tokio::test]
async fn a_security_group_with_its_placeholders() {
    let region = with_subnet().await;
    let group = json!({ "security_group": {
        "create_at": "string", "description": "string", "id": GROUP, "name": "sg",
        "project_id": "one", "security_group_rules": [], "tenant_id": "one",
        "update_at": "string" } });
    let path = "/project/one/security-groups";
    let made = region.post(path, group.clone()).await.expect(201);
    assert_eq!(made["security_group"]["id"], GROUP);
    region.post(path, group).await.error(409);
    let rule = json!({ "security_group_rule": {
        "name": "ssh", "security_group_id": GROUP, "direction": "ingress",
        "ether_type": "IPv4", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22 } });
    let made = region
        .post("/project/one/security-group-rules", rule)
        .await
        .expect(201);
    assert_eq!(made["security_group_rule"]["ethertype"], "IPv4");
    let port = json!({ "port": { "network_id": NETWORK, "security_groups": [GROUP] } });
    let made = region.post("/project/one/ports", port).await.expect(201);
    assert_eq!(made["port"]["security_groups"], json!([GROUP]));
    region.delete(&format!("{path}/{GROUP}")).await.error(409);
}

#[tokio::test]
async fn a_router_with_its_placeholders_and_its_interface() {
    let region = with_subnet().await;
    let admin = region.as_user("token-admin");
    let router = |gateway: Value| {
        json!({ "router": {
        "admin_state_up": true, "availability_zone_hints": ["string"],
        "availability_zones": ["string"], "conntrack_helpers": ["string"],
        "description": "string", "distributed": true, "external_gateway_info": gateway,
        "flavor_id": "string", "gateway_ports": [], "ha": true, "id": ROUTER, "name": "router1",
        "owner": NETWORK, "project_id": "one", "revision_number": 0, "routetable": {},
        "service_type_id": "string", "status": "BUILD", "tags": ["string"], "tenant_id": "one" } })
    };
    let path = "/project/one/routers";
    let inside = json!({
        "enable_snat": true, "external_fixed_ips": [], "network_id": NETWORK });
    let (_, message) = admin.post(path, router(inside)).await.error(400);
    assert!(message.contains("not an external network"), "{message}");
    let (_, message) = region.post(path, router(Value::Null)).await.error(403);
    assert!(message.contains("distributed"), "{message}");
    let made = admin.post(path, router(Value::Null)).await.expect(201);
    assert_eq!(made["router"]["id"], ROUTER);
    assert_eq!(made["router"]["tags"], json!([]));
    let one = format!("{path}/{ROUTER}");
    let interface = json!({ "subnet_id": SUBNET });
    let added = region
        .put(&format!("{one}/add_router_interface"), interface.clone())
        .await;
    assert_eq!(added.expect(200)["subnet_id"], SUBNET);
    let extra = json!({ "newRoutesWebRequest": { "routes": [
        { "destination": "10.9.0.0/16", "nexthop": "10.0.1.9" }] } });
    let added = region
        .put(&format!("{one}/add_extraroutes"), extra.clone())
        .await
        .expect(200);
    assert_eq!(added["router"]["routes"][0]["nexthop"], "10.0.1.9");
    region
        .put(&format!("{one}/remove_extraroutes"), extra)
        .await
        .expect(200);
    region.delete(&one).await.error(409);
    region
        .put(&format!("{one}/remove_router_interface"), interface)
        .await
        .expect(200);
    assert_eq!(
        region.delete(&one).await.expect(200),
        json!({ "id": ROUTER })
    );
}

#[tokio::test]
async fn an_elastic_ip_is_a_floating_ip_of_the_first_external_network() {
    let region = with_subnet().await;
    let admin = region.as_user("token-admin");
    let wish = json!({ "elasticip": { "name": "e", "elastic_ip_version": 4 } });
    region
        .post("/project/one/elasticips", wish.clone())
        .await
        .error(400);
    let outside = id(&admin
        .make("network", json!({ "router:external": true }))
        .await);
    let subnet = json!({ "network_id": outside, "cidr": "203.0.113.0/24" });
    admin.make("subnet", subnet).await;
    let made = region
        .post("/project/one/elasticips", wish)
        .await
        .expect(201);
    let elastic = &made["elasticip"];
    assert!(
        elastic["elastic_ip"]
            .as_str()
            .unwrap()
            .starts_with("203.0.113.")
    );
    assert_eq!(elastic["elastic_ip_version"], 4);
    assert_eq!(elastic["state"], "deactivated");
    assert_eq!(elastic["private_ip"], Value::Null);
    let path = format!("/project/one/elasticips/{}", id(elastic));
    let free = json!({ "elasticip": { "port_id": "" } });
    region.put(&path, free).await.expect(200);
    let listed = region.get("/project/one/elasticips").await.expect(200);
    assert_eq!(ids(&listed, "elasticips"), [id(elastic)]);
    region.delete(&path).await.expect(200);
    region.get(&path).await.error(404);
}

#[tokio::test]
async fn quotas_are_read_and_set_but_never_made() {
    let region = with_subnet().await;
    let admin = region.as_user("token-admin");
    let path = "/project/one/quotas/one";
    let set = json!({ "quota": { "network": 7, "floating_ip": 3 } });
    let limits = admin.put(path, set).await.expect(200);
    assert_eq!(limits["quota"]["network"], 7);
    assert_eq!(limits["quota"]["floatingip"], 3);
    let details = admin.get(&format!("{path}/details.json")).await.expect(200);
    assert_eq!(details["quota"]["network"]["used"], 1);
    admin.get(&format!("{path}/default")).await.expect(200);
    admin.delete(path).await.expect(200);
    admin
        .post("/project/one/quotas", json!({}))
        .await
        .error(405);
}
