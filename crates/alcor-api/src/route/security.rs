//! Security groups, address groups and RBAC policies.

use super::Routes;
use crate::address_group;
use crate::openapi::{About, object};
use crate::resource::{
    AddressGroups, DefaultSecurityGroupRules, RbacPolicies, SecurityGroupRules, SecurityGroups,
};
use serde_json::json;

pub(super) fn routes() -> Routes {
    Routes::new()
        .tagged::<SecurityGroups>()
        .immutable::<SecurityGroupRules>()
        .immutable::<DefaultSecurityGroupRules>()
        .managed::<AddressGroups>()
        .merge(address_actions())
        .managed::<RbacPolicies>()
}

fn address_actions() -> Routes {
    const ONE: &str = "/v2.0/address-groups/{id}";
    let list = || json!({ "type": "array", "items": { "type": "string" } });
    let addresses = || object([("addresses", list())], &["addresses"]);
    let group = || {
        object(
            [("address_group", json!({ "type": "object" }))],
            &["address_group"],
        )
    };
    let change = |what: &str| About::new(what).takes(addresses()).gives(200, group());
    Routes::new()
        .put(
            &format!("{ONE}/add_addresses"),
            address_group::add,
            change("Adds addresses to the group."),
        )
        .put(
            &format!("{ONE}/remove_addresses"),
            address_group::remove,
            change("Removes addresses from the group."),
        )
}
