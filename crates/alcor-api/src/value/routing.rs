//! Values of routers, floating IPs and what belongs to them.

use super::item::{FixedIpWish, Members};
use super::{FromJson, shown};
use crate::openapi::object as object_schema;
use alcor_types::{ForwardedProtocol, PortRange};
use serde_json::{Value, json};
use uuid::Uuid;

/// The protocols that conntrack helpers may be asked to read.
const HELPER_PROTOCOLS: [&str; 5] = ["dccp", "icmp", "sctp", "tcp", "udp"];

/// An external gateway as a caller writes it.
pub(crate) struct GatewayWish {
    /// The external network.
    pub(crate) network_id: Uuid,
    /// Whether addresses are translated.
    pub(crate) enable_snat: Option<bool>,
    /// The addresses to have.
    pub(crate) external_fixed_ips: Vec<FixedIpWish>,
    /// The QoS policy; null is none.
    #[expect(clippy::option_option, reason = "absent and null say different things")]
    pub(crate) qos_policy_id: Option<Option<Uuid>>,
}

const GATEWAY_KEYS: [&str; 4] = [
    "network_id",
    "enable_snat",
    "external_fixed_ips",
    "qos_policy_id",
];

impl FromJson for GatewayWish {
    fn from_json(value: &Value) -> Result<Self, String> {
        let members = Members::of(value, &GATEWAY_KEYS)?;
        let qos = value.get("qos_policy_id");
        let qos = qos.map(|_| members.optional("qos_policy_id")).transpose()?;
        let fixed_ips = members.optional("external_fixed_ips")?;
        Ok(Self {
            network_id: members.required("network_id")?,
            enable_snat: members.optional("enable_snat")?,
            external_fixed_ips: fixed_ips.unwrap_or_default(),
            qos_policy_id: qos,
        })
    }

    fn schema() -> Value {
        let members = [
            ("network_id", Uuid::schema()),
            ("enable_snat", bool::schema()),
            ("external_fixed_ips", Vec::<FixedIpWish>::schema()),
            ("qos_policy_id", Option::<Uuid>::schema()),
        ];
        object_schema(members, &["network_id"])
    }
}

/// `external_gateway_info`: null and an empty object are both no gateway.
pub(crate) struct MaybeGateway(pub(crate) Option<GatewayWish>);

impl FromJson for MaybeGateway {
    fn from_json(value: &Value) -> Result<Self, String> {
        let nothing = value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
        let wish = (!nothing).then(|| GatewayWish::from_json(value));
        Ok(Self(wish.transpose()?))
    }

    fn schema() -> Value {
        let nothing = object_schema([], &[]);
        json!({ "anyOf": [GatewayWish::schema(), nothing, { "type": "null" }] })
    }
}

/// One transport port: 1 to 65535.
pub(crate) struct TransportPort(pub(crate) u16);

impl FromJson for TransportPort {
    fn from_json(value: &Value) -> Result<Self, String> {
        match u16::from_json(value) {
            Ok(port) if port > 0 => Ok(Self(port)),
            _ => Err(format!("'{}' is not between 1 and 65535", shown(value))),
        }
    }

    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 1, "maximum": 65535 })
    }
}

/// Transport ports as `first:last`, or one.
pub(crate) struct PortSpan(pub(crate) PortRange);

impl FromJson for PortSpan {
    fn from_json(value: &Value) -> Result<Self, String> {
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let (first, last) = text.split_once(':').unwrap_or((&text, &text));
        let port = |text: &str| text.parse::<u16>().ok().filter(|port| *port > 0);
        match (port(first), port(last)) {
            (Some(first), Some(last)) if first <= last => Ok(Self(PortRange { first, last })),
            _ => Err(format!(
                "'{}' is not a range of ports, like 80:90 with the lower port first",
                shown(value)
            )),
        }
    }

    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^[0-9]+(:[0-9]+)?$" })
    }
}

impl FromJson for ForwardedProtocol {
    fn from_json(value: &Value) -> Result<Self, String> {
        let named = value.as_str().map(str::to_ascii_lowercase);
        let named = named.as_deref();
        let known = Self::ALL
            .into_iter()
            .find(|one| Some(one.as_str()) == named);
        known.ok_or_else(|| {
            let all = Self::ALL.map(Self::as_str).join(", ");
            format!("'{}' is not in {all}", shown(value))
        })
    }

    fn schema() -> Value {
        json!({ "type": "string", "enum": Self::ALL.map(Self::as_str) })
    }
}

/// The protocol of a conntrack helper, by name.
pub(crate) struct HelperProtocol(pub(crate) String);

impl FromJson for HelperProtocol {
    fn from_json(value: &Value) -> Result<Self, String> {
        let name = value.as_str().map(str::to_ascii_lowercase);
        let known = name.filter(|name| HELPER_PROTOCOLS.contains(&name.as_str()));
        known.map(Self).ok_or_else(|| {
            format!(
                "'{}' is not in {}",
                shown(value),
                HELPER_PROTOCOLS.join(", ")
            )
        })
    }

    fn schema() -> Value {
        json!({ "type": "string", "enum": HELPER_PROTOCOLS })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_gateway_is_written_in_two_ways() {
        for none in [json!(null), json!({})] {
            assert!(MaybeGateway::from_json(&none).unwrap().0.is_none());
        }
        assert!(MaybeGateway::from_json(&json!({ "enable_snat": true })).is_err());
    }

    #[test]
    fn ports_are_ranges_from_the_lower_to_the_higher() {
        let span = |value: Value| PortSpan::from_json(&value).map(|span| span.0);
        let range = |first, last| Ok(PortRange { first, last });
        assert_eq!(span(json!("80:90")), range(80, 90));
        assert_eq!(span(json!(80)), range(80, 80));
        for bad in ["90:80", "0:1", "1:65536", "a:b", "1:2:3", ""] {
            assert!(span(json!(bad)).is_err(), "{bad}");
        }
    }
}
