//! Grants: RBAC policies.

use super::{Area, Kind, Lists, one};
use crate::life::laws::{rows, unique};
use crate::life::model::Model;
use serde_json::{Value, json};

pub(super) const AREA: Area = Area { kinds: KINDS, hold };

const KINDS: &[Kind] = &[
    Kind::new("rbac-policies", "rbac_policy", "rbac_policies", grant)
        .changed(|_, [at, ..]| json!({ "target_tenant": one(&TARGETS, at) })),
];

const TARGETS: [&str; 3] = ["*", "one", "two"];

const OBJECTS: [(&str, &str); 6] = [
    ("network", "networks"),
    ("qos_policy", "qos/policies"),
    ("security_group", "security-groups"),
    ("subnetpool", "subnetpools"),
    ("address_group", "address-groups"),
    ("address_scope", "address-scopes"),
];

fn grant(model: &Model, [kind, at, target, action]: [usize; 4]) -> Value {
    let (kind, path) = one(&OBJECTS, kind);
    let external = kind == "network" && action % 2 == 0;
    json!({
        "object_type": kind,
        "object_id": model.pick(path, at),
        "action": if external { "access_as_external" } else { "access_as_shared" },
        "target_tenant": one(&TARGETS, target),
    })
}

/// Nothing is granted twice, and what everybody may use shows so.
fn hold(lists: &Lists) {
    let grants = || rows(lists, "rbac-policies");
    unique(grants().map(what));
    for (kind, path) in OBJECTS {
        if kind == "security_group" || kind == "address_group" {
            continue;
        }
        for object in rows(lists, path) {
            let public = grants()
                .any(|one| what(one) == [&object["id"], &json!("access_as_shared"), &json!("*")]);
            assert_eq!(object["shared"], public, "{object}");
        }
    }
}

fn what(grant: &Value) -> [&Value; 3] {
    ["object_id", "action", "target_tenant"].map(|name| &grant[name])
}
