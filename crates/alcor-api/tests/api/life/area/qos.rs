//! QoS policies and their rules of every type.

use super::{Area, Kind, Lists, one, owner};
use crate::life::laws::{items, rows, unique};
use crate::life::model::Model;
use serde_json::{Value, json};

pub(super) const AREA: Area = Area { kinds: KINDS, hold };

/// The lists of rules.
const RULES: [&str; 5] = [
    "bandwidth_limit_rules",
    "packet_rate_limit_rules",
    "dscp_marking_rules",
    "minimum_bandwidth_rules",
    "minimum_packet_rate_rules",
];

const KINDS: &[Kind] = &[
    Kind::new("qos/policies", "policy", "policies", policy)
        .changed(policy_update)
        .tagged(),
    rule_kind(RULES[0], "bandwidth_limit_rule", |_, at| {
        directed("max_kbps", at)
    }),
    rule_kind(RULES[1], "packet_rate_limit_rule", |_, at| {
        directed("max_kpps", at)
    }),
    rule_kind(
        RULES[2],
        "dscp_marking_rule",
        |_, [mark, ..]| json!({ "dscp_mark": one(&[0, 10, 46], mark) }),
    ),
    rule_kind(RULES[3], "minimum_bandwidth_rule", |_, at| {
        directed("min_kbps", at)
    }),
    rule_kind(RULES[4], "minimum_packet_rate_rule", |_, at| {
        let mut rule = directed("min_kpps", at);
        if at[2].is_multiple_of(3) {
            rule["direction"] = json!("any");
        }
        rule
    }),
];

const fn rule_kind(
    path: &'static str,
    singular: &'static str,
    body: fn(&Model, [usize; 4]) -> Value,
) -> Kind {
    Kind::new(path, singular, path, body)
        .changed(body)
        .below("qos/policies")
}

fn directed(rate: &str, [at, way, ..]: [usize; 4]) -> Value {
    json!({ rate: one(&[10, 20, 30], at), "direction": one(&["ingress", "egress"], way) })
}

fn policy(_: &Model, [at, how, ..]: [usize; 4]) -> Value {
    json!({
        "name": format!("q{}", at % 5),
        "project_id": owner(at / 5),
        "shared": how % 2 == 0,
        "is_default": how / 2 % 5 == 0,
    })
}

fn policy_update(_: &Model, [how, at, ..]: [usize; 4]) -> Value {
    match how % 3 {
        0 => json!({ "is_default": at % 2 == 0 }),
        1 => json!({ "shared": at % 2 == 0 }),
        _ => super::name(at),
    }
}

/// A policy shows all its rules, one of each type and direction, and no minimum above a maximum.
fn hold(lists: &Lists) {
    for (place, policy) in &lists["qos/policies"] {
        let of = |path: &str| {
            let own = format!("{place}/");
            let rules = lists[path].iter();
            let rules = rules.filter(move |(place, _)| place.starts_with(&own));
            rules.map(|(_, rule)| rule).collect::<Vec<&Value>>()
        };
        let count: usize = RULES.iter().map(|path| of(path).len()).sum();
        assert_eq!(items(policy, "rules").count(), count, "{policy}");
        for path in RULES {
            unique(of(path).into_iter().map(|rule| [&rule["direction"]]));
        }
        for (most, least, unit) in [(0, 3, "kbps"), (1, 4, "kpps")] {
            for (most, least) in pairs(&of(RULES[most]), &of(RULES[least])) {
                let (max, min) = (&most[format!("max_{unit}")], &least[format!("min_{unit}")]);
                assert!(min.as_u64() <= max.as_u64(), "{least} is above {most}");
            }
        }
    }
    let defaults = rows(lists, "qos/policies").filter(|policy| policy["is_default"] == true);
    unique(defaults.map(|policy| [&policy["project_id"]]));
}

/// Rules of two types that bear on one direction.
fn pairs<'a>(most: &[&'a Value], least: &[&'a Value]) -> Vec<(&'a Value, &'a Value)> {
    let beside = |most: &&'a Value| {
        let way = most["direction"].clone();
        let most = *most;
        let same = move |least: &&&Value| least["direction"] == way;
        least.iter().filter(same).map(move |least| (most, *least))
    };
    most.iter().flat_map(beside).collect()
}
