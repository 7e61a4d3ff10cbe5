//! Metering labels and their rules.

use super::{Area, Kind, Lists, one, owner};
use crate::life::laws::rows;
use crate::life::model::Model;
use ipnet::IpNet;
use serde_json::{Value, json};

pub(super) const AREA: Area = Area { kinds: KINDS, hold };

const KINDS: &[Kind] = &[
    Kind::new(
        "metering/metering-labels",
        "metering_label",
        "metering_labels",
        |_, [at, shared, ..]| {
            json!({
                "name": format!("m{}", at % 5),
                "project_id": owner(at / 5),
                "shared": shared % 2 == 0,
            })
        },
    ),
    Kind::new(
        "metering/metering-label-rules",
        "metering_label_rule",
        "metering_label_rules",
        rule,
    ),
];

const PREFIXES: [&str; 4] = ["10.0.0.0/24", "10.0.0.0/28", "10.1.0.0/16", "fd00::/64"];

fn rule(model: &Model, [label, how, prefix, way]: [usize; 4]) -> Value {
    let prefix = one(&PREFIXES, prefix);
    let mut rule = json!({
        "metering_label_id": model.pick("metering/metering-labels", label),
        "direction": one(&["ingress", "egress"], way),
        "excluded": how / 4 % 2 == 0,
    });
    match how % 4 {
        0 => rule["source_ip_prefix"] = json!(prefix),
        1 => rule["destination_ip_prefix"] = json!(prefix),
        _ => rule["remote_ip_prefix"] = json!(prefix),
    }
    rule
}

/// Remote prefixes of one label and direction are apart.
fn hold(lists: &Lists) {
    let remote = |rule: &Value| -> Option<IpNet> {
        Some(rule["remote_ip_prefix"].as_str()?.parse().unwrap())
    };
    let rules: Vec<&Value> = rows(lists, "metering/metering-label-rules").collect();
    for (at, rule) in rules.iter().enumerate() {
        for other in &rules[..at] {
            let same = ["metering_label_id", "direction"]
                .iter()
                .all(|name| rule[name] == other[name]);
            if let (true, Some(a), Some(b)) = (same, remote(rule), remote(other)) {
                assert!(!a.contains(&b) && !b.contains(&a), "{rule} and {other}");
            }
        }
    }
}
