//! Subnet pools and address scopes.

use super::{Area, Kind, Lists, one, owner};
use crate::life::laws::rows;
use crate::life::model::Model;
use ipnet::IpNet;
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) const AREA: Area = Area { kinds: KINDS, hold };

const KINDS: &[Kind] = &[
    Kind::new("address-scopes", "address_scope", "address_scopes", scope).changed(
        |_, [at, shared, ..]| match shared % 3 {
            0 => json!({ "shared": at % 2 == 0 }),
            _ => super::name(at),
        },
    ),
    Kind::new("subnetpools", "subnetpool", "subnetpools", pool)
        .changed(pool_update)
        .acting(pool_action)
        .tagged(),
];

pub(super) const PREFIXES: [&str; 4] = [
    "10.64.0.0/26",
    "10.64.0.64/26",
    "10.65.0.0/25",
    "10.64.0.0/23",
];

fn scope(_: &Model, [at, shared, version, _]: [usize; 4]) -> Value {
    json!({
        "name": format!("s{}", at % 5),
        "project_id": owner(at / 5),
        "ip_version": if version % 5 == 0 { 6 } else { 4 },
        "shared": shared % 2 == 0,
    })
}

fn pool(model: &Model, [prefix, how, quota, scope]: [usize; 4]) -> Value {
    let mut pool = json!({
        "name": "pool",
        "project_id": owner(prefix / 4),
        "prefixes": [one(&PREFIXES, prefix)],
        "min_prefixlen": 28,
        "default_prefixlen": 29,
        "max_prefixlen": 30,
        "shared": how % 2 == 0,
    });
    if quota % 2 == 0 {
        pool["default_quota"] = json!(24);
    }
    if how / 2 % 2 == 0 {
        pool["address_scope_id"] = json!(model.pick("address-scopes", scope));
    }
    pool
}

fn pool_update(model: &Model, [how, at, ..]: [usize; 4]) -> Value {
    match how % 4 {
        0 => json!({ "prefixes": ["10.64.0.0/24", one(&PREFIXES, at)] }),
        1 => json!({ "default_quota": at % 40 }),
        2 => json!({ "address_scope_id": model.pick("address-scopes", at) }),
        _ => json!({ "address_scope_id": null }),
    }
}

fn pool_action(model: &Model, [how, at, ..]: [usize; 4]) -> (&'static str, Value) {
    let prefixes = json!({ "prefixes": [one(&PREFIXES, at)] });
    match how % 3 {
        0 => ("add_prefixes", prefixes),
        1 => ("remove_prefixes", prefixes),
        _ => {
            let network = json!({ "network_id": model.pick("networks", at) });
            ("onboard_network_subnets", network)
        }
    }
}

/// Pools of a scope are of its family and apart; a network's subnets of a family are of one scope.
fn hold(lists: &Lists) {
    for scope in rows(lists, "address-scopes") {
        let own = |pool: &&Value| pool["address_scope_id"] == scope["id"];
        let pools: Vec<&Value> = rows(lists, "subnetpools").filter(own).collect();
        for (at, pool) in pools.iter().enumerate() {
            assert_eq!(pool["ip_version"], scope["ip_version"], "{pool}");
            for other in &pools[..at] {
                assert!(apart(pool, other), "{pool} and {other} overlap in a scope");
            }
        }
    }
    for network in rows(lists, "networks") {
        for version in [4, 6] {
            let scopes: BTreeSet<String> = rows(lists, "subnets")
                .filter(|one| one["network_id"] == network["id"] && one["ip_version"] == version)
                .map(|subnet| scope_of(lists, subnet).to_string())
                .collect();
            assert!(scopes.len() < 2, "{network} is in scopes {scopes:?}");
        }
    }
}

fn apart(pool: &Value, other: &Value) -> bool {
    let (own, others) = (prefixes(pool), prefixes(other));
    let meets = |a: &IpNet, b: &IpNet| a.contains(b) || b.contains(a);
    own.iter().all(|a| others.iter().all(|b| !meets(a, b)))
}

fn prefixes(pool: &Value) -> Vec<IpNet> {
    let texts = pool["prefixes"].as_array().unwrap().iter();
    texts
        .map(|text| text.as_str().unwrap().parse().unwrap())
        .collect()
}

fn scope_of<'a>(lists: &'a Lists, subnet: &Value) -> &'a Value {
    let pool = subnet["subnetpool_id"].as_str().unwrap_or_default();
    let pool = lists["subnetpools"].get(&format!("subnetpools/{pool}"));
    pool.map_or(&Value::Null, |pool| &pool["address_scope_id"])
}
