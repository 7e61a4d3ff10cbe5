//! What a random life is made of: for each kind of resource how a request for it looks.

use super::Model;
use serde_json::{Value, json};

mod routed;

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
    if block % 4 == 3 {
        return json!({
            "network_id": model.pick("networks", network),
            "subnetpool_id": model.pick("subnetpools", dhcp),
            "ip_version": 4,
        });
    }
    let cidr = one(&BLOCKS, block / 4);
    json!({
        "network_id": model.pick("networks", network),
        "cidr": cidr,
        "ip_version": if cidr.contains(':') { 6 } else { 4 },
        "enable_dhcp": dhcp % 4 != 0,
    })
}

fn port(model: &Model, [network, how, subnet, address]: [usize; 4]) -> Value {
    let mut port = json!({ "network_id": model.pick("networks", network) });
    match how % 6 {
        2 => port["qos_policy_id"] = json!(model.pick("qos/policies", subnet)),
        3 => port["security_groups"] = json!([model.pick("security-groups", subnet)]),
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

const PREFIXES: [&str; 4] = [
    "10.64.0.0/26",
    "10.64.0.64/26",
    "10.65.0.0/25",
    "10.64.0.0/23",
];

fn pool(_: &Model, [prefix, shared, quota, _]: [usize; 4]) -> Value {
    json!({
        "name": "pool",
        "prefixes": [one(&PREFIXES, prefix)],
        "min_prefixlen": 28,
        "default_prefixlen": 29,
        "max_prefixlen": 30,
        "shared": shared % 2 == 0,
        "default_quota": if quota % 2 == 0 { json!(24) } else { Value::Null },
    })
}

fn rule(model: &Model, [group, how, remote, port]: [usize; 4]) -> Value {
    let mut rule = json!({
        "security_group_id": model.pick("security-groups", group),
        "direction": one(&["ingress", "egress"], how),
        "protocol": "tcp",
        "port_range_min": port % 3 + 1,
        "port_range_max": 5,
    });
    match how % 3 {
        0 => rule["remote_group_id"] = json!(model.pick("security-groups", remote)),
        1 => rule["remote_address_group_id"] = json!(model.pick("address-groups", remote)),
        _ => {}
    }
    rule
}

fn grant(model: &Model, [kind, at, target, action]: [usize; 4]) -> Value {
    let (kind, path) = one(
        &[
            ("network", "networks"),
            ("qos_policy", "qos/policies"),
            ("security_group", "security-groups"),
            ("subnetpool", "subnetpools"),
            ("address_group", "address-groups"),
        ],
        kind,
    );
    let external = kind == "network" && action % 2 == 0;
    json!({
        "object_type": kind,
        "object_id": model.pick(path, at),
        "action": if external { "access_as_external" } else { "access_as_shared" },
        "target_tenant": one(&["*", "one", "two"], target),
    })
}

/// Every kind that a life has.
pub(crate) const KINDS: &[Kind] = &[
    Kind {
        path: "networks",
        singular: "network",
        plural: "networks",
        create: |_, [at, shared, external, _]| {
            json!({
                "name": format!("n{}", at % 5),
                "shared": shared % 3 == 0,
                "router:external": external % 2 == 0,
            })
        },
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
    Kind {
        path: "subnetpools",
        singular: "subnetpool",
        plural: "subnetpools",
        create: pool,
        update: Some(
            |_, [at, prefix, ..]| json!({ "prefixes": ["10.64.0.0/24", one(&PREFIXES, prefix)], "default_quota": at % 40 }),
        ),
        action: Some(|_, [prefix, ..]| {
            (
                "add_prefixes",
                json!({ "prefixes": [one(&PREFIXES, prefix)] }),
            )
        }),
    },
    Kind {
        path: "address-groups",
        singular: "address_group",
        plural: "address_groups",
        create: |_, [at, ..]| json!({ "addresses": [one(&PREFIXES, at)] }),
        update: Some(|_, [at, ..]| name(at)),
        action: Some(|_, [how, at, ..]| {
            let body = json!({ "addresses": [one(&PREFIXES, at)] });
            (one(&["add_addresses", "remove_addresses"], how), body)
        }),
    },
    Kind {
        path: "security-groups",
        singular: "security_group",
        plural: "security_groups",
        create: |_, [at, ..]| name(at),
        update: Some(|_, [at, ..]| json!({ "description": format!("d{}", at % 3) })),
        action: None,
    },
    Kind {
        path: "security-group-rules",
        singular: "security_group_rule",
        plural: "security_group_rules",
        create: rule,
        update: None,
        action: None,
    },
    Kind {
        path: "qos/policies",
        singular: "policy",
        plural: "policies",
        create: |_, [at, shared, ..]| json!({ "name": format!("q{}", at % 5), "shared": shared % 2 == 0 }),
        update: Some(|_, [at, ..]| json!({ "is_default": at % 2 == 0 })),
        action: None,
    },
    Kind {
        path: "rbac-policies",
        singular: "rbac_policy",
        plural: "rbac_policies",
        create: grant,
        update: Some(|_, [at, ..]| json!({ "target_tenant": one(&["*", "one", "two"], at) })),
        action: None,
    },
    Kind {
        path: "routers",
        singular: "router",
        plural: "routers",
        create: |_, [at, ..]| name(at),
        update: Some(routed::gateway),
        action: Some(routed::interface),
    },
    Kind {
        path: "floatingips",
        singular: "floatingip",
        plural: "floatingips",
        create: routed::floating_ip,
        update: Some(routed::association),
        action: None,
    },
    Kind {
        path: "trunks",
        singular: "trunk",
        plural: "trunks",
        create: |model, [port, ..]| json!({ "port_id": model.pick("ports", port) }),
        update: Some(|_, [at, ..]| json!({ "admin_state_up": at % 3 != 0 })),
        action: Some(routed::sub_port),
    },
];
