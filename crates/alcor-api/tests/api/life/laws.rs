//! What the lists of a region must show at every moment: nothing is allocated twice, nothing
//! refers to what is not there, and no kind has more than its quota.

use alcor_managers::quota::Kind;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The rows of each list, by its path.
pub(super) type Lists = BTreeMap<&'static str, Vec<Value>>;

/// Each kind that has a limit in these lives.
const LIMITS: [(Kind, &str, usize); 4] = [
    (Kind::Network, "networks", 5),
    (Kind::Router, "routers", 4),
    (Kind::SecurityGroup, "security-groups", 5),
    (Kind::FloatingIp, "floatingips", 4),
];

/// Who names whom: a list, a pointer into its rows, and the list that has what is named.
const REFERENCES: [(&str, &str, &str); 14] = [
    ("subnets", "/network_id", "networks"),
    ("subnets", "/subnetpool_id", "subnetpools"),
    ("ports", "/network_id", "networks"),
    ("ports", "/fixed_ips/0/subnet_id", "subnets"),
    ("ports", "/security_groups/0", "security-groups"),
    ("ports", "/qos_policy_id", "qos/policies"),
    ("networks", "/subnets/0", "subnets"),
    ("routers", "/external_gateway_info/network_id", "networks"),
    ("floatingips", "/port_id", "ports"),
    ("floatingips", "/router_id", "routers"),
    ("floatingips", "/floating_network_id", "networks"),
    ("trunks", "/port_id", "ports"),
    ("trunks", "/sub_ports/0/port_id", "ports"),
    (
        "security-group-rules",
        "/security_group_id",
        "security-groups",
    ),
];

/// The quotas of these lives.
pub(super) fn limits() -> BTreeMap<Kind, i64> {
    let mut limits: BTreeMap<Kind, i64> = Kind::ALL.map(|kind| (kind, -1)).into();
    let own = LIMITS
        .iter()
        .map(|(kind, _, limit)| (*kind, i64::try_from(*limit).unwrap()));
    limits.extend(own);
    limits
}

/// Panics where a law is broken.
pub(super) fn hold(lists: &Lists) {
    for (_, path, limit) in LIMITS {
        assert!(lists[path].len() <= limit, "more {path} than the quota");
    }
    for (path, pointer, target) in REFERENCES {
        let there: BTreeSet<&str> = lists[target]
            .iter()
            .filter_map(|row| row["id"].as_str())
            .collect();
        let named = lists[path].iter().filter_map(|row| row.pointer(pointer));
        for id in named.filter_map(Value::as_str) {
            assert!(
                there.contains(id),
                "{path}{pointer} names {id}, which is gone"
            );
        }
    }
    let ports = &lists["ports"];
    unique(
        ports
            .iter()
            .map(|port| (&port["network_id"], &port["mac_address"])),
    );
    let addresses = |port| fixed_ips(port).map(|ip| (&ip["subnet_id"], &ip["ip_address"]));
    unique(ports.iter().flat_map(addresses));
    let floating = lists["floatingips"].iter();
    unique(floating.map(|one| (&one["floating_network_id"], &one["floating_ip_address"])));
    unique(
        lists["trunks"]
            .iter()
            .map(|trunk| (&Value::Null, &trunk["port_id"])),
    );
}

fn fixed_ips(port: &Value) -> impl Iterator<Item = &Value> {
    port["fixed_ips"].as_array().into_iter().flatten()
}

fn unique<'a>(pairs: impl Iterator<Item = (&'a Value, &'a Value)>) {
    let mut seen = BTreeSet::new();
    for pair in pairs {
        let key = format!("{} {}", pair.0, pair.1);
        assert!(seen.insert(key.clone()), "{key} was given twice");
    }
}
