//! Routers with their helpers, floating IPs and their port forwardings.

use super::{ADDRESSES, Area, Kind, Lists, one, owner};
use crate::life::laws::{items, rows, unique};
use crate::life::model::Model;
use serde_json::{Value, json};

pub(super) const AREA: Area = Area { kinds: KINDS, hold };

const KINDS: &[Kind] = &[
    Kind::new(
        "routers",
        "router",
        "routers",
        |_, [at, ..]| json!({ "name": format!("r{}", at % 5), "project_id": owner(at / 5) }),
    )
    .changed(router_update)
    .acting(router_action)
    .tagged(),
    Kind::new(
        "conntrack_helpers",
        "conntrack_helper",
        "conntrack_helpers",
        helper,
    )
    .changed(helper)
    .below("routers"),
    Kind::new("floatingips", "floatingip", "floatingips", floating_ip)
        .changed(floating_ip_update)
        .tagged(),
    Kind::new(
        "port_forwardings",
        "port_forwarding",
        "port_forwardings",
        forwarding,
    )
    .changed(forwarding_update)
    .below("floatingips"),
];

fn extra_routes(at: usize) -> Value {
    let destination = one(&["172.16.0.0/12", "192.168.0.0/16"], at);
    json!([{ "destination": destination, "nexthop": "10.0.0.5" }])
}

/// A router's gateway set or cleared, or routes that only an interface reaches.
fn router_update(model: &Model, [how, at, ..]: [usize; 4]) -> Value {
    match how % 5 {
        0 => json!({ "external_gateway_info": null }),
        1 => json!({ "routes": extra_routes(at) }),
        2 => json!({ "routes": [] }),
        3 => super::name(at),
        _ => json!({ "external_gateway_info": { "network_id": model.pick("networks", at) } }),
    }
}

/// Interfaces, extra routes and gateways added or removed.
fn router_action(model: &Model, [how, at, ..]: [usize; 4]) -> (&'static str, Value) {
    let routes = || json!({ "router": { "routes": extra_routes(at) } });
    let gateways = || {
        let network = model.pick("networks", at);
        json!({ "router": { "external_gateways": [{ "network_id": network }] } })
    };
    let interface = || match how / 10 % 2 {
        0 => json!({ "subnet_id": model.pick("subnets", at) }),
        _ => json!({ "port_id": model.pick("ports", at) }),
    };
    match how % 10 {
        0 => ("add_extraroutes", routes()),
        1 => ("remove_extraroutes", routes()),
        2 => ("add_external_gateways", gateways()),
        3 => ("remove_external_gateways", gateways()),
        4 | 5 => ("remove_router_interface", interface()),
        _ => ("add_router_interface", interface()),
    }
}

fn helper(_: &Model, [port, ..]: [usize; 4]) -> Value {
    json!({ "helper": "tftp", "protocol": "udp", "port": 69 + port % 3 })
}

/// A floating IP, half of them at a port.
fn floating_ip(model: &Model, [network, port, address, how]: [usize; 4]) -> Value {
    let mut wish = json!({
        "floating_network_id": model.pick("networks", network),
        "project_id": owner(how),
    });
    if how / 3 % 2 == 0 {
        wish["port_id"] = json!(model.pick("ports", port));
    }
    if how / 6 % 3 == 0 {
        wish["floating_ip_address"] = json!(one(&ADDRESSES, address));
    }
    if how / 18 % 4 == 0 {
        wish["qos_policy_id"] = json!(model.pick("qos/policies", address));
    }
    wish
}

fn floating_ip_update(model: &Model, [how, at, ..]: [usize; 4]) -> Value {
    match how % 5 {
        0 => json!({ "port_id": null }),
        1 => json!({ "qos_policy_id": model.pick("qos/policies", at) }),
        2 => json!({ "qos_policy_id": null }),
        _ => json!({ "port_id": model.pick("ports", at) }),
    }
}

fn forwarding(model: &Model, [outside, port, inside, _]: [usize; 4]) -> Value {
    let mut wish = forwarding_update(model, [outside % 4 * 4 + 3, port, inside, 0]);
    wish["protocol"] = json!(one(&["tcp", "udp"], inside / 3));
    wish["internal_port_id"] = json!(model.pick("ports", port));
    wish["internal_port"] = json!(20 + inside % 3);
    wish
}

fn forwarding_update(model: &Model, [how, at, inside, _]: [usize; 4]) -> Value {
    match how % 4 {
        0 => json!({ "internal_port_id": model.pick("ports", at) }),
        1 => json!({ "description": format!("d{}", at % 3) }),
        2 => json!({ "internal_port": 20 + inside % 3 }),
        _ => json!({ "external_port": 2200 + how / 4 % 4 }),
    }
}

/// Nothing is translated twice, and a floating IP shows what it has and is on a router that
/// reaches where it leads.
fn hold(lists: &Lists) {
    let outside = ["floating_network_id", "floating_ip_address"];
    unique(rows(lists, "floatingips").map(|one| outside.map(|name| &one[name])));
    let inside = rows(lists, "floatingips").filter(|one| one["port_id"].is_string());
    unique(inside.map(|one| ["port_id", "fixed_ip_address"].map(|name| &one[name])));
    for (place, floating_ip) in &lists["floatingips"] {
        let forwardings = below(lists, place, "port_forwardings");
        let leads = floating_ip["port_id"].is_string() || !forwardings.is_empty();
        assert_eq!(floating_ip["router_id"].is_string(), leads, "{floating_ip}");
        let both = floating_ip["port_id"].is_string() && !forwardings.is_empty();
        assert!(!both, "{floating_ip}");
        let shown = items(floating_ip, "port_forwardings").count();
        assert_eq!(shown, forwardings.len(), "{floating_ip}");
        unique(
            forwardings
                .iter()
                .map(|one| [&one["protocol"], &one["external_port"]]),
        );
    }
    let inside = [
        "protocol",
        "internal_ip_address",
        "internal_port",
        "internal_port_id",
    ];
    unique(rows(lists, "port_forwardings").map(|one| inside.map(|name| &one[name])));
    for forwarding in rows(lists, "port_forwardings") {
        let place = format!("ports/{}", forwarding["internal_port_id"].as_str().unwrap());
        let mut addresses = items(&lists["ports"][&place], "fixed_ips");
        let own = addresses.any(|ip| ip["ip_address"] == forwarding["internal_ip_address"]);
        assert!(own, "{forwarding}");
    }
    for (place, router) in &lists["routers"] {
        let helpers = below(lists, place, "conntrack_helpers");
        let shown = items(router, "conntrack_helpers").count();
        assert_eq!(shown, helpers.len(), "{router}");
        unique(helpers.iter().map(|one| [&one["port"]]));
    }
}

fn below<'a>(lists: &'a Lists, place: &str, kind: &str) -> Vec<&'a Value> {
    let own = format!("{place}/");
    let rows = lists[kind].iter();
    let rows = rows.filter(|(place, _)| place.starts_with(&own));
    rows.map(|(_, row)| row).collect()
}
