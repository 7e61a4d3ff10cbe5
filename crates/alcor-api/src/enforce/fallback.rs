//! The defaults of the attributes that have rules of their own: naming an attribute with its
//! default value needs no right to it. An attribute that is absent here has no default in
//! Neutron, so naming it at all needs the right.

use serde_json::Value;

/// A default value.
enum Default {
    False,
    True,
    Null,
    Text(&'static str),
}

const DEFAULTS: [(&str, &str, Default); 23] = [
    ("network", "shared", Default::False),
    ("network", "router:external", Default::False),
    ("network", "is_default", Default::False),
    ("network", "port_security_enabled", Default::True),
    ("network", "on_demand_above", Default::Null),
    ("subnet", "segment_id", Default::Null),
    ("subnetpool", "shared", Default::False),
    ("subnetpool", "is_default", Default::False),
    ("address_scope", "shared", Default::False),
    ("port", "device_id", Default::Text("")),
    ("port", "device_owner", Default::Text("")),
    ("port", "mac_address", Default::Null),
    ("port", "fixed_ips", Default::Null),
    ("port", "hints", Default::Null),
    ("port", "binding:vnic_type", Default::Text("normal")),
    ("port", "allowed_address_pairs", Default::Null),
    ("router", "external_gateway_info", Default::Null),
    ("router", "distributed", Default::Null),
    ("router", "ha", Default::Null),
    ("router", "distributed_snat", Default::Null),
    ("floatingip", "floating_ip_address", Default::Null),
    ("floatingip", "router_id", Default::Null),
    ("network", "segments", Default::Null),
];

/// Whether `value` is what the attribute of a new resource has anyway.
pub(super) fn is_default(resource: &str, attribute: &str, value: &Value) -> bool {
    let mut rows = DEFAULTS.iter();
    let found = rows.find(|row| row.0 == resource && row.1 == attribute);
    found.is_some_and(|(_, _, default)| match default {
        Default::False => *value == Value::Bool(false),
        Default::True => *value == Value::Bool(true),
        Default::Null => value.is_null(),
        Default::Text(text) => value == text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_the_default_value_needs_no_right() {
        assert!(is_default("network", "shared", &json!(false)));
        assert!(!is_default("network", "shared", &json!(true)));
        assert!(!is_default("port", "port_security_enabled", &json!(true)));
        assert!(is_default("port", "binding:vnic_type", &json!("normal")));
        assert!(!is_default("port", "binding:host_id", &json!("")));
    }

    #[test]
    fn each_default_belongs_to_a_rule() {
        let policy = alcor_policy::Policy::standard();
        for (resource, attribute, _) in &DEFAULTS {
            assert!(
                policy.has(&format!("create_{resource}:{attribute}")),
                "{attribute}"
            );
        }
    }
}
