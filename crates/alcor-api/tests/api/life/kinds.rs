//! What a random life is made of: for each kind of resource how a request for it looks.

use super::Model;
use serde_json::{Value, json};

type Body = fn(&Model, [usize; 4]) -> Value;
type Action = fn(&Model, [usize; 4]) -> (&'static str, Value);

/// A kind of resource.
pub(crate) struct Kind {
    pub(crate) path: &'static str,
    pub(crate) singular: &'static str,
    pub(crate) plural: &'static str,
    pub(crate) create: Body,
    pub(crate) update: Option<Body>,
    pub(crate) action: Option<Action>,
}

const BLOCKS: [&str; 5] = [
    "10.0.0.0/29",
    "10.0.0.8/29",
    "10.0.0.0/28",
    "10.1.0.0/30",
    "fd00::/125",
];

const ADDRESSES: [&str; 5] = ["10.0.0.2", "10.0.0.5", "10.0.0.10", "10.1.0.2", "fd00::3"];

fn one<T: Copy>(of: &[T], at: usize) -> T {
    of[at % of.len()]
}

fn name(at: usize) -> Value {
    json!({ "name": format!("n{}", at % 5) })
}

fn subnet(model: &Model, [network, block, dhcp, _]: [usize; 4]) -> Value {
    let cidr = one(&BLOCKS, block);
    json!({
        "network_id": model.pick("networks", network),
        "cidr": cidr,
        "ip_version": if cidr.contains(':') { 6 } else { 4 },
        "enable_dhcp": dhcp % 4 != 0,
    })
}

fn port(model: &Model, [network, how, subnet, address]: [usize; 4]) -> Value {
    let mut port = json!({ "network_id": model.pick("networks", network) });
    match how % 4 {
        0 => port["fixed_ips"] = json!([{ "subnet_id": model.pick("subnets", subnet) }]),
        1 => port["fixed_ips"] = json!([{ "ip_address": one(&ADDRESSES, address) }]),
        _ => {}
    }
    port
}

fn port_update(model: &Model, [how, subnet, address, _]: [usize; 4]) -> Value {
    match how % 3 {
        0 => json!({ "fixed_ips": [{ "subnet_id": model.pick("subnets", subnet) }] }),
        1 => json!({ "fixed_ips": [{ "ip_address": one(&ADDRESSES, address) }] }),
        _ => json!({ "name": "renamed", "device_id": "vm" }),
    }
}

/// Every kind that a life has.
pub(crate) const KINDS: &[Kind] = &[
    Kind {
        path: "networks",
        singular: "network",
        plural: "networks",
        create: |_, [at, shared, ..]| json!({ "name": format!("n{}", at % 5), "shared": shared % 3 == 0 }),
        update: Some(|_, [at, ..]| name(at)),
        action: None,
    },
    Kind {
        path: "subnets",
        singular: "subnet",
        plural: "subnets",
        create: subnet,
        update: Some(|_, [at, ..]| json!({ "enable_dhcp": at % 2 == 0 })),
        action: None,
    },
    Kind {
        path: "ports",
        singular: "port",
        plural: "ports",
        create: port,
        update: Some(port_update),
        action: None,
    },
];
