//! Security groups with their rules, and address groups.

use super::addresses::PREFIXES;
use super::{Area, Kind, Lists, one, owner};
use crate::life::laws::{items, rows};
use crate::life::model::Model;
use serde_json::{Value, json};

pub(super) const AREA: Area = Area { kinds: KINDS, hold };

const KINDS: &[Kind] = &[
    Kind::new(
        "address-groups",
        "address_group",
        "address_groups",
        |_, [at, ..]| json!({ "addresses": [one(&PREFIXES, at)], "project_id": owner(at / 4) }),
    )
    .changed(|_, [at, ..]| super::name(at))
    .acting(addresses),
    Kind::new(
        "security-groups",
        "security_group",
        "security_groups",
        |_, [at, ..]| json!({ "name": format!("n{}", at % 5), "project_id": owner(at / 5) }),
    )
    .changed(|_, [at, ..]| json!({ "description": format!("d{}", at % 3) }))
    .tagged(),
    Kind::new(
        "security-group-rules",
        "security_group_rule",
        "security_group_rules",
        rule,
    ),
];

fn addresses(_: &Model, [how, at, ..]: [usize; 4]) -> (&'static str, Value) {
    let body = json!({ "addresses": [one(&PREFIXES, at)] });
    (one(&["add_addresses", "remove_addresses"], how), body)
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

/// A group shows the rules that the list of rules has of it.
fn hold(lists: &Lists) {
    for group in rows(lists, "security-groups") {
        let of = rows(lists, "security-group-rules");
        let of = of.filter(|rule| rule["security_group_id"] == group["id"]);
        let shown = items(group, "security_group_rules").count();
        assert_eq!(of.count(), shown, "{group}");
    }
}
