//! Views, attribute by attribute.

use crate::region::{Region, id};
use serde_json::{Value, json};

const NETWORK: &str = "11111111-1111-4111-8111-111111111111";
const SUBNET: &str = "22222222-2222-4222-8222-222222222222";
const PORT: &str = "33333333-3333-4333-8333-333333333333";

/// The resource with its times replaced, which must be of Neutron's form.
fn still(mut resource: Value) -> Value {
    for key in ["created_at", "updated_at"] {
        let time = resource[key].as_str().expect("a time").to_owned();
        assert_eq!(time.len(), "2026-11-22T10:46:00Z".len());
        assert!(time.ends_with('Z'));
        resource[key] = json!("now");
    }
    resource
}

async fn network(region: &Region) -> Value {
    let node = json!({ "node_name": "n", "local_ip": "192.0.2.1", "availability_zone": "az" });
    let node = json!({ "host_info": node });
    region.post("/nodes", node).await.expect(201);
    let network = json!({
        "id": NETWORK, "name": "n", "project_id": "p",
        "provider:network_type": "vxlan", "provider:segmentation_id": 42,
        "dns_domain": "example.org.", "availability_zone_hints": ["az"],
    });
    region.make("network", network).await
}

async fn subnet(region: &Region) -> Value {
    let subnet = json!({
        "id": SUBNET, "name": "s", "project_id": "p", "network_id": NETWORK,
        "cidr": "10.0.0.0/24", "ip_version": 4, "dns_nameservers": ["192.0.2.53"],
        "allocation_pools": [{ "start": "10.0.0.10", "end": "10.0.0.20" }],
        "host_routes": [{ "destination": "10.9.0.0/16", "nexthop": "10.0.0.2" }],
    });
    region.make("subnet", subnet).await
}

#[tokio::test]
async fn a_network() {
    let region = Region::open();
    network(&region).await;
    subnet(&region).await;
    let shown = region
        .get(&format!("/v2.0/networks/{NETWORK}"))
        .await
        .expect(200);
    let expected = json!({
        "id": NETWORK, "project_id": "p", "tenant_id": "p", "name": "n", "description": "",
        "tags": [], "revision_number": 1, "created_at": "now", "updated_at": "now",
        "admin_state_up": true, "status": "ACTIVE", "shared": false, "router:external": false,
        "mtu": 1450, "port_security_enabled": true, "dns_domain": "example.org.",
        "availability_zone_hints": ["az"], "subnets": [SUBNET], "qos_policy_id": null,
        "provider:network_type": "vxlan", "provider:physical_network": null,
        "provider:segmentation_id": 42, "is_default": false,
        "availability_zones": [], "l2_adjacency": true, "cidr": null,
        "vlan_transparent": null, "qinq": null, "on_demand_above": null,
        "ipv4_address_scope": null, "ipv6_address_scope": null,
    });
    assert_eq!(still(shown["network"].clone()), expected);
}

#[tokio::test]
async fn a_subnet() {
    let region = Region::open();
    network(&region).await;
    let expected = json!({
        "id": SUBNET, "project_id": "p", "tenant_id": "p", "name": "s", "description": "",
        "tags": [], "revision_number": 0, "created_at": "now", "updated_at": "now",
        "network_id": NETWORK, "ip_version": 4, "cidr": "10.0.0.0/24", "gateway_ip": "10.0.0.1",
        "enable_dhcp": true, "dns_nameservers": ["192.0.2.53"],
        "allocation_pools": [{ "start": "10.0.0.10", "end": "10.0.0.20" }],
        "host_routes": [{ "destination": "10.9.0.0/16", "nexthop": "10.0.0.2" }],
        "ipv6_address_mode": null, "ipv6_ra_mode": null, "service_types": [],
        "subnetpool_id": null, "router:external": false, "segment_id": null,
        "dns_publish_fixed_ip": false,
    });
    assert_eq!(still(subnet(&region).await), expected);
}

#[tokio::test]
async fn a_port() {
    let region = Region::open();
    network(&region).await;
    subnet(&region).await;
    let port = json!({
        "id": PORT, "name": "p", "project_id": "p", "network_id": NETWORK,
        "mac_address": "FA:16:3E:00:00:2A", "device_id": "vm", "device_owner": "compute:nova",
        "binding:host_id": "h1", "dns_name": "vm-1", "security_groups": [],
        "allowed_address_pairs": [{ "ip_address": "10.0.0.200" }, { "ip_address": "10.5.0.0/24", "mac_address": "fa:16:3e:00:00:99" }],
        "extra_dhcp_opts": [{ "opt_name": "mtu", "opt_value": "1400" }],
    });
    let expected = json!({
        "id": PORT, "project_id": "p", "tenant_id": "p", "name": "p", "description": "",
        "tags": [], "revision_number": 0, "created_at": "now", "updated_at": "now",
        "network_id": NETWORK, "admin_state_up": true, "status": "DOWN",
        "status_reason": "no node 'h1' is registered; it binds when its agent does",
        "mac_address": "fa:16:3e:00:00:2a",
        "fixed_ips": [{ "subnet_id": SUBNET, "ip_address": "10.0.0.10" }],
        "device_id": "vm", "device_owner": "compute:nova",
        "allowed_address_pairs": [
            { "ip_address": "10.0.0.200", "mac_address": "fa:16:3e:00:00:2a" },
            { "ip_address": "10.5.0.0/24", "mac_address": "fa:16:3e:00:00:99" } ],
        "extra_dhcp_opts": [{ "opt_name": "mtu", "opt_value": "1400", "ip_version": 4 }],
        "port_security_enabled": true, "security_groups": [], "dns_name": "vm-1", "dns_domain": "",
        "dns_assignment": [
            { "ip_address": "10.0.0.10", "hostname": "vm-1", "fqdn": "vm-1.example.org." } ],
        "ip_allocation": "immediate", "data_plane_status": null,
        "propagate_uplink_status": true, "resource_request": null, "trunk_details": null,
        "numa_affinity_policy": null, "hints": null, "device_profile": null,
        "hardware_offload_type": null, "trusted": null,
        "qos_policy_id": null, "qos_network_policy_id": null,
        "binding:host_id": "h1", "binding:vnic_type": "normal", "binding:profile": {},
        "binding:vif_type": "binding_failed", "binding:vif_details": {},
    });
    let made = region.make("port", port).await;
    assert_eq!(still(made.clone()), expected);
    let shown = region
        .get(&format!("/v2.0/ports/{}", id(&made)))
        .await
        .expect(200);
    assert_eq!(still(shown["port"].clone()), expected);
    let listed = region.get("/v2.0/ports").await.expect(200);
    assert_eq!(still(listed["ports"][0].clone()), expected);
}
