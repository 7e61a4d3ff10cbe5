//! Ports' attributes as Neutron has them.

use crate::region::{Region, id};
use serde_json::{Value, json};

async fn port(region: &Region, attributes: Value) -> Value {
    let (network, _) = region.network("10.0.0.0/24").await;
    let mut body = json!({ "network_id": network });
    for (name, value) in attributes.as_object().unwrap() {
        body[name] = value.clone();
    }
    region.make("port", body).await
}

async fn change(region: &Region, port: &Value, attributes: Value) -> Value {
    let path = format!("/v2.0/ports/{}", id(port));
    let body = json!({ "port": attributes });
    region.put(&path, body).await.expect(200)["port"].take()
}

async fn refusal(region: &Region, port: &Value, attributes: Value, status: u16) -> String {
    let path = format!("/v2.0/ports/{}", id(port));
    let body = json!({ "port": attributes });
    region.put(&path, body).await.error(status).0
}

#[tokio::test]
async fn a_plain_port_has_neutrons_defaults() {
    let region = Region::open();
    let made = port(&region, json!({})).await;
    for (name, value) in [
        ("ip_allocation", json!("immediate")),
        ("data_plane_status", Value::Null),
        ("propagate_uplink_status", json!(true)),
        ("resource_request", Value::Null),
        ("numa_affinity_policy", Value::Null),
        ("hints", Value::Null),
        ("device_profile", Value::Null),
        ("hardware_offload_type", Value::Null),
        ("trusted", Value::Null),
        ("dns_name", json!("")),
        ("dns_domain", json!("")),
    ] {
        assert_eq!(made[name], value, "{name}");
    }
    let shown = region.get(&format!("/v2.0/ports/{}", id(&made))).await;
    assert_eq!(shown.expect(200)["port"], made);
}

#[tokio::test]
async fn every_address_has_a_name() {
    let region = Region::open();
    let made = port(&region, json!({})).await;
    let assignment = json!([{ "ip_address": "10.0.0.2", "hostname": "host-10-0-0-2",
        "fqdn": "host-10-0-0-2.openstacklocal." }]);
    assert_eq!(made["dns_assignment"], assignment);
    let named = change(&region, &made, json!({ "dns_name": "WEB" })).await;
    assert_eq!(named["dns_name"], "web");
    assert_eq!(named["dns_assignment"][0]["fqdn"], "web.openstacklocal.");
    let domain = json!({ "network": { "dns_domain": "example.org." } });
    let network = format!("/v2.0/networks/{}", made["network_id"].as_str().unwrap());
    region.put(&network, domain).await.expect(200);
    let named = change(
        &region,
        &made,
        json!({ "dns_domain": "Ports.Example.Org." }),
    )
    .await;
    assert_eq!(named["dns_assignment"][0]["fqdn"], "web.example.org.");
    assert_eq!(named["dns_domain"], "ports.example.org.");
    refusal(&region, &made, json!({ "dns_domain": "example.org" }), 400).await;
    refusal(&region, &made, json!({ "dns_name": "-web" }), 400).await;
    let bare = change(&region, &made, json!({ "fixed_ips": [] })).await;
    assert_eq!(bare["dns_assignment"], json!([]));
}

#[tokio::test]
async fn what_the_hypervisor_is_told_is_kept_and_checked() {
    let region = Region::open();
    let hints = json!({ "openvswitch": { "other_config": { "tx-steering": "hash" } } });
    let made = port(
        &region,
        json!({ "numa_affinity_policy": "socket", "hints": hints, "device_profile": "gpu",
            "hardware_offload_type": "switchdev", "trusted": true, "fixed_ips": [] }),
    )
    .await;
    assert_eq!(made["numa_affinity_policy"], "socket");
    assert_eq!(made["hints"], hints);
    assert_eq!(made["device_profile"], "gpu");
    assert_eq!(made["hardware_offload_type"], "switchdev");
    assert_eq!(made["trusted"], true);
    assert_eq!(made["ip_allocation"], "none");
    let cleared = json!({ "numa_affinity_policy": null, "hints": null, "trusted": false });
    let changed = change(&region, &made, cleared).await;
    assert_eq!(changed["numa_affinity_policy"], Value::Null);
    assert_eq!(changed["hints"], Value::Null);
    assert_eq!(changed["trusted"], false);
    for wrong in [
        json!({ "numa_affinity_policy": "near" }),
        json!({ "hints": { "linuxbridge": {} } }),
        json!({ "device_profile": "x" }),
        json!({ "hardware_offload_type": "switchdev" }),
        json!({ "data_plane_status": "UP" }),
        json!({ "ip_allocation": "none" }),
    ] {
        refusal(&region, &made, wrong, 400).await;
    }
}

#[tokio::test]
async fn the_data_plane_status_is_the_operators() {
    let region = Region::open();
    let made = port(&region, json!({})).await;
    for status in [json!("DOWN"), json!("ACTIVE"), Value::Null] {
        let changed = change(&region, &made, json!({ "data_plane_status": status })).await;
        assert_eq!(changed["data_plane_status"], status);
    }
    let changed = change(&region, &made, json!({ "propagate_uplink_status": false })).await;
    assert_eq!(changed["propagate_uplink_status"], false);
}

#[tokio::test]
async fn a_mac_of_null_draws_a_new_one_while_unbound() {
    let region = Region::open();
    let made = port(&region, json!({ "mac_address": null })).await;
    let drawn = change(&region, &made, json!({ "mac_address": null })).await;
    assert_ne!(drawn["mac_address"], made["mac_address"]);
    let mac = drawn["mac_address"].as_str().unwrap();
    assert!(mac.starts_with("fa:16:3e:"), "{mac}");
    let node = json!({ "host_info": { "node_name": "h1", "local_ip": "192.0.2.1" } });
    region.post("/nodes", node).await.expect(201);
    change(&region, &made, json!({ "binding:host_id": "h1" })).await;
    let kind = refusal(&region, &made, json!({ "mac_address": null }), 409).await;
    assert_eq!(kind, "PortBound");
    change(&region, &made, json!({ "mac_address": mac })).await;
}

#[tokio::test]
async fn a_trusted_vif_shows_in_the_profile_of_a_bound_port() {
    let region = Region::open();
    let made = port(&region, json!({ "trusted": true })).await;
    assert_eq!(made["binding:profile"], json!({}));
    let bound = change(&region, &made, json!({ "binding:host_id": "h1" })).await;
    assert_eq!(bound["binding:profile"], json!({ "trusted": true }));
}

#[tokio::test]
async fn agents_plug_only_plain_nics() {
    let region = Region::open();
    let node = json!({ "host_info": { "node_name": "h1", "local_ip": "192.0.2.1" } });
    region.post("/nodes", node).await.expect(201);
    let direct = json!({ "binding:vnic_type": "direct", "binding:host_id": "h1" });
    let made = port(&region, direct).await;
    assert_eq!(made["binding:vif_type"], "binding_failed");
    assert!(made["status_reason"].as_str().unwrap().contains("direct"));
    let plain = change(&region, &made, json!({ "binding:vnic_type": "normal" })).await;
    assert_eq!(plain["binding:vif_type"], "ovs");
}

#[tokio::test]
async fn the_regions_own_ports_are_at_work_at_once() {
    let region = Region::open();
    for (owner, status, vif_type) in [
        ("network:router_interface", "ACTIVE", "distributed"),
        ("network:router_gateway", "ACTIVE", "distributed"),
        ("network:floatingip", "N/A", "unbound"),
        ("network:dhcp", "DOWN", "unbound"),
    ] {
        let made = port(&region, json!({ "device_owner": owner, "device_id": "d" })).await;
        assert_eq!(made["status"], status, "{owner}");
        assert_eq!(made["binding:vif_type"], vif_type, "{owner}");
        assert_eq!(made["port_security_enabled"], false, "{owner}");
        region
            .delete(&format!("/v2.0/ports/{}", id(&made)))
            .await
            .expect(204);
    }
}

#[tokio::test]
async fn single_address_pairs_are_added_and_removed() {
    let region = Region::open();
    let made = port(&region, json!({})).await;
    let edit = |verb: &str, pairs: Value| {
        let path = format!("/v2.0/ports/{}/{verb}_allowed_address_pairs", id(&made));
        let body = json!({ "port": { "allowed_address_pairs": pairs } });
        let region = region.clone();
        async move { region.put(&path, body).await }
    };
    let added = edit("add", json!([{ "ip_address": "10.1.0.0/16" }])).await;
    let pair = json!({ "ip_address": "10.1.0.0/16", "mac_address": made["mac_address"] });
    assert_eq!(
        added.expect(200)["port"]["allowed_address_pairs"],
        json!([pair])
    );
    // The same pair in full is the same pair.
    let more = json!([pair, { "ip_address": "2001:db8::1" }]);
    let added = edit("add", more).await.expect(200);
    assert_eq!(
        added["port"]["allowed_address_pairs"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let left = edit("remove", json!([pair, { "ip_address": "10.9.9.9" }])).await;
    let left = left.expect(200);
    assert_eq!(
        left["port"]["allowed_address_pairs"][0]["ip_address"],
        "2001:db8::1"
    );
    let multicast = json!([{ "ip_address": "10.0.0.9", "mac_address": "01:00:5e:00:00:01" }]);
    edit("add", multicast).await.error(400);
    let body = json!({ "port": { "name": "x" } });
    let path = format!("/v2.0/ports/{}/add_allowed_address_pairs", id(&made));
    region.put(&path, body).await.error(400);
}
