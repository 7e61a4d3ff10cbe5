//! Reads JSON values as the types attributes have, with reasons a caller can act on.
//!
//! Neutron is lenient where old clients need it (`"true"`, `1`, `"1450"`), so this is too.

mod item;
mod route;
mod routing;
mod word;

pub(crate) use item::{DhcpOptionWish, FixedIpWish, Members};
pub(crate) use route::target_text;
pub(crate) use routing::{GatewayWish, HelperProtocol, MaybeGateway, PortSpan, TransportPort};

use alcor_types::{FlowDirection, IpVersion, Ipv6Mode, MacAddr, TapDirection};
use ipnet::IpNet;
use serde_json::{Map, Value, json};
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;
use uuid::Uuid;

/// Lists in a body are no longer than this; the managers' own limits are lower.
const MAX_ITEMS: usize = 10_000;

/// A type that an attribute's JSON value can have.
pub(crate) trait FromJson: Sized {
    /// Reads `value`; the error is the reason, without a full stop.
    fn from_json(value: &Value) -> Result<Self, String>;

    /// The JSON Schema of what it reads; by default any text.
    fn schema() -> Value {
        json!({ "type": "string" })
    }
}

/// The value as an error text shows it: cut, because callers may send anything.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() > 80 {
        format!("{}...", text.chars().take(80).collect::<String>())
    } else {
        text
    }
}

fn text(value: &Value) -> Result<&str, String> {
    value
        .as_str()
        .ok_or_else(|| format!("'{}' is not a valid string", shown(value)))
}

fn parsed<T: FromStr>(value: &Value, what: &str) -> Result<T, String> {
    let wrong = || format!("'{}' is not {what}", shown(value));
    value
        .as_str()
        .and_then(|text| text.parse().ok())
        .ok_or_else(wrong)
}

impl FromJson for String {
    fn from_json(value: &Value) -> Result<Self, String> {
        let text = text(value)?;
        if text.contains('\0') {
            return Err("text may not contain a NUL character".to_owned());
        }
        Ok(text.to_owned())
    }
}

impl FromJson for bool {
    fn from_json(value: &Value) -> Result<Self, String> {
        let known = match value {
            Value::Bool(flag) => Some(*flag),
            Value::Number(number) => flag_of_number(number.as_u64()),
            Value::String(text) => flag_of_text(text),
            _ => None,
        };
        known.ok_or_else(|| format!("'{}' cannot be converted to boolean", shown(value)))
    }

    fn schema() -> Value {
        json!({ "type": "boolean" })
    }
}

fn flag_of_number(number: Option<u64>) -> Option<bool> {
    match number {
        Some(0) => Some(false),
        Some(1) => Some(true),
        _ => None,
    }
}

/// Neutron's readings of a boolean in text: `true`, `false`, `1`, `0` in any case.
pub(crate) fn flag_of_text(text: &str) -> Option<bool> {
    match text {
        "1" => Some(true),
        "0" => Some(false),
        other if other.eq_ignore_ascii_case("true") => Some(true),
        other if other.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

impl FromJson for i64 {
    fn from_json(value: &Value) -> Result<Self, String> {
        let number = match value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.ok_or_else(|| format!("'{}' is not an integer", shown(value)))
    }

    fn schema() -> Value {
        json!({ "type": "integer" })
    }
}

macro_rules! narrow_integers {
    ($($kind:ty),*) => {$(
        impl FromJson for $kind {
            fn from_json(value: &Value) -> Result<Self, String> {
                let (low, high) = (Self::MIN, Self::MAX);
                Self::try_from(i64::from_json(value)?)
                    .map_err(|_| format!("'{}' is not between {low} and {high}", shown(value)))
            }

            fn schema() -> Value {
                json!({ "type": "integer", "minimum": Self::MIN, "maximum": Self::MAX })
            }
        }
    )*};
}

narrow_integers!(u8, u16, u32);

macro_rules! parsed_texts {
    ($($kind:ty => $what:literal, $schema:tt);* $(;)?) => {$(
        impl FromJson for $kind {
            fn from_json(value: &Value) -> Result<Self, String> {
                parsed(value, $what)
            }

            fn schema() -> Value {
                json!($schema)
            }
        }
    )*};
}

parsed_texts! {
    Uuid => "a valid UUID", { "type": "string", "format": "uuid" };
    MacAddr => "a valid MAC address, like fa:16:3e:00:00:01", { "type": "string" };
    Ipv4Addr => "a valid IPv4 address", { "type": "string", "format": "ipv4" };
    IpAddr => "a valid IP address",
        { "type": "string", "anyOf": [{ "format": "ipv4" }, { "format": "ipv6" }] };
}

impl FromJson for IpNet {
    /// Takes a bare address as a block of one, as `allowed_address_pairs` does.
    fn from_json(value: &Value) -> Result<Self, String> {
        parsed::<IpAddr>(value, "an address")
            .map(IpNet::from)
            .or_else(|_| parsed(value, "a valid CIDR, like 10.0.0.0/24"))
    }
}

/// A block written with its prefix length, as a subnet's `cidr` must be.
pub(crate) struct Cidr(pub(crate) IpNet);

impl FromJson for Cidr {
    fn from_json(value: &Value) -> Result<Self, String> {
        parsed(value, "a valid CIDR, like 10.0.0.0/24").map(Self)
    }
}

impl FromJson for Ipv6Mode {
    fn from_json(value: &Value) -> Result<Self, String> {
        match value.as_str() {
            Some("dhcpv6-stateful") => Ok(Self::Dhcpv6Stateful),
            Some("dhcpv6-stateless") => Ok(Self::Dhcpv6Stateless),
            Some("slaac") => Ok(Self::Slaac),
            _ => Err(format!(
                "'{}' is not one of dhcpv6-stateful, dhcpv6-stateless, slaac",
                shown(value)
            )),
        }
    }

    fn schema() -> Value {
        json!({ "enum": ["dhcpv6-stateful", "dhcpv6-stateless", "slaac"] })
    }
}

impl FromJson for FlowDirection {
    fn from_json(value: &Value) -> Result<Self, String> {
        match value.as_str() {
            Some("ingress") => Ok(Self::Ingress),
            Some("egress") => Ok(Self::Egress),
            Some("any") => Ok(Self::Any),
            _ => Err(format!("'{}' is not one of ingress, egress", shown(value))),
        }
    }

    fn schema() -> Value {
        json!({ "enum": ["ingress", "egress", "any"] })
    }
}

impl FromJson for TapDirection {
    fn from_json(value: &Value) -> Result<Self, String> {
        match value.as_str() {
            Some("IN") => Ok(Self::In),
            Some("OUT") => Ok(Self::Out),
            Some("BOTH") => Ok(Self::Both),
            _ => Err(format!("'{}' is not one of IN, OUT, BOTH", shown(value))),
        }
    }

    fn schema() -> Value {
        json!({ "enum": ["IN", "OUT", "BOTH"] })
    }
}

impl FromJson for IpVersion {
    fn from_json(value: &Value) -> Result<Self, String> {
        match i64::from_json(value)? {
            4 => Ok(Self::V4),
            6 => Ok(Self::V6),
            other => Err(format!("'{other}' is not in [4, 6]")),
        }
    }

    fn schema() -> Value {
        json!({ "enum": [4, 6] })
    }
}

/// A count as Neutron's columns hold it.
pub(crate) struct Natural(pub(crate) u32);

impl FromJson for Natural {
    fn from_json(value: &Value) -> Result<Self, String> {
        let wrong = || format!("'{}' is not between 0 and 2147483647", shown(value));
        let number = u32::from_json(value)?;
        i32::try_from(number).map_err(|_| wrong())?;
        Ok(Self(number))
    }

    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 0, "maximum": i32::MAX })
    }
}

/// The id of a subnet pool. Neutron knows one that is no UUID, for prefixes that an upstream
/// router delegates; there is no such router here.
pub(crate) struct PoolId(pub(crate) Uuid);

impl FromJson for PoolId {
    fn from_json(value: &Value) -> Result<Self, String> {
        if value.as_str() == Some("prefix_delegation") {
            let reason =
                "prefix delegation is not available in this region, name a subnet pool instead";
            return Err(reason.to_owned());
        }
        Uuid::from_json(value).map(Self)
    }

    fn schema() -> Value {
        Uuid::schema()
    }
}

/// A JSON object that is kept as it is.
pub(crate) struct Object(pub(crate) Map<String, Value>);

impl FromJson for Object {
    fn from_json(value: &Value) -> Result<Self, String> {
        object(value).cloned().map(Self)
    }

    fn schema() -> Value {
        json!({ "type": "object" })
    }
}

fn object(value: &Value) -> Result<&Map<String, Value>, String> {
    value
        .as_object()
        .ok_or_else(|| format!("'{}' is not a valid dictionary", shown(value)))
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(value: &Value) -> Result<Self, String> {
        match value {
            Value::Null => Ok(None),
            other => T::from_json(other).map(Some),
        }
    }

    fn schema() -> Value {
        json!({ "anyOf": [T::schema(), { "type": "null" }] })
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    /// Null is an empty list, as Neutron has it.
    fn from_json(value: &Value) -> Result<Self, String> {
        let items = match value {
            Value::Null => return Ok(Self::new()),
            Value::Array(items) => items,
            other => return Err(format!("'{}' is not a list", shown(other))),
        };
        if items.len() > MAX_ITEMS {
            return Err(format!("a list may have no more than {MAX_ITEMS} items"));
        }
        items.iter().map(T::from_json).collect()
    }

    fn schema() -> Value {
        json!({ "type": "array", "items": T::schema() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alcor_types::AllowedAddressPair;

    #[test]
    fn booleans_and_integers_are_read_as_neutron_reads_them() {
        for (value, flag) in [
            (json!(true), true),
            (json!("False"), false),
            (json!(1), true),
            (json!("0"), false),
        ] {
            assert_eq!(bool::from_json(&value), Ok(flag));
        }
        assert!(bool::from_json(&json!("yes")).is_err());
        assert!(bool::from_json(&json!(2)).is_err());
        assert_eq!(u16::from_json(&json!("1450")), Ok(1450));
        assert!(
            u16::from_json(&json!(70_000))
                .unwrap_err()
                .contains("65535")
        );
        assert!(i64::from_json(&json!(1.5)).is_err());
    }

    #[test]
    fn a_reason_names_the_member_and_never_repeats_a_long_value() {
        let pair = json!({ "ip_address": "10.0.0.1", "mac_address": "x" });
        let reason = AllowedAddressPair::from_json(&pair).unwrap_err();
        assert!(reason.starts_with("mac_address: 'x'"), "{reason}");
        let reason = Uuid::from_json(&json!("y".repeat(5000))).unwrap_err();
        assert!(reason.len() < 200);
        assert!(
            FixedIpWish::from_json(&json!({ "ip": 1 }))
                .err()
                .unwrap()
                .contains("'ip'")
        );
        assert!(FixedIpWish::from_json(&json!({})).is_err());
    }

    #[test]
    fn an_address_alone_is_a_block_of_one_but_no_cidr() {
        assert_eq!(
            IpNet::from_json(&json!("10.0.0.1")).unwrap().to_string(),
            "10.0.0.1/32"
        );
        assert!(Cidr::from_json(&json!("10.0.0.1")).is_err());
    }
}
