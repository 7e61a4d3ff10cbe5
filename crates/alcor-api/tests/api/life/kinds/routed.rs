//! Requests about routers, floating IPs and trunks.

use super::{ADDRESSES, one};
use crate::life::Model;
use serde_json::{Value, json};

/// A router's gateway set, cleared, or routes that only an interface reaches.
pub(super) fn gateway(model: &Model, [how, network, ..]: [usize; 4]) -> Value {
    let route = json!({ "destination": "172.16.0.0/12", "nexthop": "10.0.0.5" });
    match how % 4 {
        0 => json!({ "external_gateway_info": null }),
        1 => json!({ "routes": [route] }),
        2 => json!({ "routes": [] }),
        _ => {
            json!({ "external_gateway_info": { "network_id": model.pick("networks", network) } })
        }
    }
}

/// An interface added or removed, by subnet or by port.
pub(super) fn interface(model: &Model, [how, at, ..]: [usize; 4]) -> (&'static str, Value) {
    let body = if how % 4 < 2 {
        json!({ "subnet_id": model.pick("subnets", at) })
    } else {
        json!({ "port_id": model.pick("ports", at) })
    };
    let names = [
        "add_router_interface",
        "add_router_interface",
        "remove_router_interface",
    ];
    (one(&names, how / 4), body)
}

/// A floating IP, half of them at a port.
pub(super) fn floating_ip(model: &Model, [network, port, address, _]: [usize; 4]) -> Value {
    let mut wish = json!({ "floating_network_id": model.pick("networks", network) });
    if port % 2 == 0 {
        wish["port_id"] = json!(model.pick("ports", port / 2));
    }
    if address % 3 == 0 {
        wish["floating_ip_address"] = json!(one(&ADDRESSES, address / 3));
    }
    wish
}

/// A floating IP put on a port, or taken off.
pub(super) fn association(model: &Model, [how, port, ..]: [usize; 4]) -> Value {
    match how % 3 {
        0 => json!({ "port_id": null }),
        _ => json!({ "port_id": model.pick("ports", port) }),
    }
}

/// A sub-port added or removed.
pub(super) fn sub_port(model: &Model, [how, port, vlan, _]: [usize; 4]) -> (&'static str, Value) {
    let port = model.pick("ports", port);
    if how % 3 == 0 {
        let body = json!({ "sub_ports": [{ "port_id": port }] });
        return ("remove_subports", body);
    }
    let sub = json!({
        "port_id": port, "segmentation_type": "vlan", "segmentation_id": vlan % 3 + 1,
    });
    ("add_subports", json!({ "sub_ports": [sub] }))
}
