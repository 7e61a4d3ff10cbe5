//! Network ACLs and their rules.

use super::{Area, Kind, Lists, one};
use crate::life::laws::{items, rows, unique};
use crate::life::model::Model;
use serde_json::{Value, json};

pub(super) const AREA: Area = Area { kinds: KINDS, hold };

const KINDS: &[Kind] = &[
    Kind::new("network-acls", "network_acl", "network_acls", |model, [vpc, at, ..]| {
        json!({ "vpc_id": model.pick("networks", vpc), "name": format!("a{}", at % 5) })
    })
    .changed(|_, [at, ..]| super::name(at)),
    Kind::new("network-acl-rules", "network_acl_rule", "network_acl_rules", rule)
        .changed(|_, [number, action, ..]| {
            json!({ "number": number % 4 + 1, "action": one(&["allow", "deny"], action) })
        }),
];

fn rule(model: &Model, [acl, number, way, action]: [usize; 4]) -> Value {
    json!({
        "network_acl_id": model.pick("network-acls", acl),
        "number": number % 4 + 1,
        "ip_prefix": "10.0.0.0/24",
        "direction": one(&["ingress", "egress"], way),
        "protocol": "tcp",
        "port_range_min": 22,
        "port_range_max": 23,
        "ether_type": "ipv4",
        "action": one(&["allow", "deny"], action),
    })
}

/// Rules of one ACL and direction are told apart by their numbers; the ACL shows what it has.
fn hold(lists: &Lists) {
    for acl in rows(lists, "network-acls") {
        let numbers = ["direction", "ether_type", "number"];
        let own = items(acl, "network_acl_rules");
        unique(own.map(|rule| numbers.map(|name| &rule[name])));
    }
}
