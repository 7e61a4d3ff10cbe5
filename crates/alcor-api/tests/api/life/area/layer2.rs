//! Networks, subnets and ports.

use super::{ADDRESSES, Area, HOSTS, Kind, Lists, PHYSICAL, one, owner};
use crate::life::laws::{items, rows, unique};
use crate::life::model::Model;
use serde_json::{Value, json};

pub(super) const AREA: Area = Area { kinds: KINDS, hold };

const KINDS: &[Kind] = &[
    Kind::new("networks", "network", "networks", network)
        .changed(network_update)
        .tagged(),
    Kind::new("subnets", "subnet", "subnets", subnet)
        .changed(subnet_update)
        .tagged(),
    Kind::new("ports", "port", "ports", port)
        .changed(port_update)
        .acting(address_pairs)
        .tagged(),
];

fn network(model: &Model, [at, shared, how, qos]: [usize; 4]) -> Value {
    let mut network = json!({
        "name": format!("n{}", at % 5),
        "project_id": owner(at / 5),
        "shared": shared % 3 == 0,
        "router:external": how % 2 == 0,
    });
    match how / 2 % 6 {
        0 => network["qos_policy_id"] = json!(model.pick("qos/policies", qos)),
        1 => {
            network["provider:network_type"] = json!("vlan");
            network["provider:physical_network"] = json!(PHYSICAL);
            network["provider:segmentation_id"] = json!(100 + qos % 6);
        }
        _ => {}
    }
    network
}

fn network_update(model: &Model, [how, at, ..]: [usize; 4]) -> Value {
    match how % 6 {
        0 => json!({ "qos_policy_id": model.pick("qos/policies", at) }),
        1 => json!({ "qos_policy_id": null }),
        2 => json!({ "shared": at % 2 == 0 }),
        3 => json!({ "router:external": at % 2 == 0 }),
        4 => json!({ "mtu": 1280 + at % 3 }),
        _ => super::name(at),
    }
}

const BLOCKS: [&str; 6] = [
    "10.0.0.0/29",
    "10.0.0.8/29",
    "10.0.0.0/28",
    "10.1.0.0/30",
    "fd00::/125",
    SLAAC,
];

/// A block in which ports have addresses that follow from their MACs.
const SLAAC: &str = "fd01::/64";

fn subnet(model: &Model, [network, block, dhcp, pool]: [usize; 4]) -> Value {
    let mut subnet = json!({
        "network_id": model.pick("networks", network),
        "ip_version": 4,
        "project_id": owner(dhcp / 4),
    });
    if block % 4 == 3 {
        subnet["subnetpool_id"] = json!(model.pick("subnetpools", pool));
        return subnet;
    }
    let cidr = one(&BLOCKS, block / 4);
    subnet["cidr"] = json!(cidr);
    subnet["enable_dhcp"] = json!(dhcp % 4 != 0);
    if cidr.contains(':') {
        subnet["ip_version"] = json!(6);
    }
    if cidr == SLAAC {
        subnet["ipv6_ra_mode"] = json!("slaac");
        subnet["ipv6_address_mode"] = json!("slaac");
        subnet["enable_dhcp"] = json!(true);
    }
    if block % 8 == 1 {
        subnet["segment_id"] = json!(model.pick("segments", pool));
    }
    subnet
}

fn subnet_update(_: &Model, [how, at, ..]: [usize; 4]) -> Value {
    match how % 4 {
        0 => json!({ "enable_dhcp": at % 2 == 0 }),
        1 => json!({ "dns_nameservers": [one(&["192.0.2.1", "192.0.2.2"], at)] }),
        2 => json!({ "host_routes": [{ "destination": "172.16.0.0/12", "nexthop": "10.0.0.5" }] }),
        _ => super::name(at),
    }
}

fn port(model: &Model, [network, how, at, address]: [usize; 4]) -> Value {
    let mut port = json!({
        "network_id": model.pick("networks", network),
        "project_id": owner(how / 12),
    });
    if how / 6 % 2 == 0 {
        port["device_owner"] = json!("compute:nova");
    }
    match how % 6 {
        0 => port["fixed_ips"] = json!([{ "subnet_id": model.pick("subnets", at) }]),
        1 => port["fixed_ips"] = json!([{ "ip_address": one(&ADDRESSES, address) }]),
        2 => port["qos_policy_id"] = json!(model.pick("qos/policies", at)),
        3 => port["security_groups"] = json!([model.pick("security-groups", at)]),
        4 => port["binding:host_id"] = json!(one(&HOSTS, at)),
        _ => {}
    }
    port
}

fn port_update(model: &Model, [how, at, address, _]: [usize; 4]) -> Value {
    match how % 9 {
        0 => json!({ "fixed_ips": [{ "subnet_id": model.pick("subnets", at) }] }),
        1 => json!({ "fixed_ips": [{ "ip_address": one(&ADDRESSES, address) }] }),
        2 => json!({ "security_groups": [model.pick("security-groups", at)] }),
        3 => json!({ "security_groups": [] }),
        4 => json!({ "qos_policy_id": model.pick("qos/policies", at) }),
        5 => json!({ "qos_policy_id": null }),
        6 => json!({ "binding:host_id": one(&["up-a", "up-b", ""], at) }),
        7 => json!({ "device_owner": "compute:nova", "device_id": "vm" }),
        _ => json!({ "name": "renamed", "admin_state_up": at % 2 == 0 }),
    }
}

fn address_pairs(_: &Model, [how, at, ..]: [usize; 4]) -> (&'static str, Value) {
    let names = ["add_allowed_address_pairs", "remove_allowed_address_pairs"];
    let pair = json!({ "ip_address": one(&ADDRESSES, at) });
    let body = json!({ "port": { "allowed_address_pairs": [pair] } });
    (one(&names, how), body)
}

/// Nothing is allocated twice, and everything lies on its network.
fn hold(lists: &Lists) {
    unique(rows(lists, "ports").map(|port| [&port["network_id"], &port["mac_address"]]));
    let addresses = |port| items(port, "fixed_ips").map(|ip| [&ip["subnet_id"], &ip["ip_address"]]);
    unique(rows(lists, "ports").flat_map(addresses));
    for port in rows(lists, "ports") {
        for ip in items(port, "fixed_ips") {
            let place = format!("subnets/{}", ip["subnet_id"].as_str().unwrap());
            let subnet = &lists["subnets"][&place];
            assert_eq!(subnet["network_id"], port["network_id"], "{port}");
        }
    }
    for network in rows(lists, "networks") {
        let of = rows(lists, "subnets").filter(|one| one["network_id"] == network["id"]);
        assert_eq!(of.count(), items(network, "subnets").count(), "{network}");
    }
}
