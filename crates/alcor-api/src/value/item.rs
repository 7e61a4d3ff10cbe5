//! Objects that stand in lists: fixed IPs, pools, routes, address pairs, DHCP options.

use super::{Cidr, FromJson, object, shown};
use crate::openapi::object as object_schema;
use alcor_managers::trunk::{SubPortRequest, Tag};
use alcor_types::{AllowedAddressPair, GatewayAddress, HostRoute, IpPool, MacAddr, PortId};
use serde_json::{Map, Value};
use std::net::IpAddr;
use uuid::Uuid;

/// Reads the members of an object in a list, and refuses members nobody asked about.
pub(crate) struct Members<'a> {
    map: &'a Map<String, Value>,
}

impl<'a> Members<'a> {
    /// The members of an object, where it has none but these.
    pub(crate) fn of(value: &'a Value, known: &[&str]) -> Result<Self, String> {
        let map = object(value)?;
        match map.keys().find(|key| !known.contains(&key.as_str())) {
            Some(key) => Err(format!(
                "'{}' is not one of the keys {}",
                shown(&Value::String(key.clone())),
                known.join(", ")
            )),
            None => Ok(Self { map }),
        }
    }

    /// A member that may be missing or null.
    pub(crate) fn optional<T: FromJson>(&self, key: &str) -> Result<Option<T>, String> {
        self.map
            .get(key)
            .map_or(Ok(None), Option::<T>::from_json)
            .map_err(|reason| format!("{key}: {reason}"))
    }

    /// A member that must be there.
    pub(crate) fn required<T: FromJson>(&self, key: &str) -> Result<T, String> {
        self.optional(key)?
            .ok_or_else(|| format!("the key {key} is missing"))
    }
}

/// One entry of a port's `fixed_ips` as a caller writes it.
pub(crate) struct FixedIpWish {
    /// The subnet to take the address from.
    pub(crate) subnet_id: Option<Uuid>,
    /// The address to take.
    pub(crate) ip_address: Option<IpAddr>,
}

impl FromJson for FixedIpWish {
    fn from_json(value: &Value) -> Result<Self, String> {
        let members = Members::of(value, &["subnet_id", "ip_address"])?;
        let wish = Self {
            subnet_id: members.optional("subnet_id")?,
            ip_address: members.optional("ip_address")?,
        };
        if wish.subnet_id.is_none() && wish.ip_address.is_none() {
            return Err("an entry needs a subnet_id or an ip_address".to_owned());
        }
        Ok(wish)
    }

    fn schema() -> Value {
        let members = [
            ("subnet_id", Uuid::schema()),
            ("ip_address", IpAddr::schema()),
        ];
        object_schema(members, &[])
    }
}

impl FromJson for IpPool {
    fn from_json(value: &Value) -> Result<Self, String> {
        let members = Members::of(value, &["start", "end"])?;
        Self::new(members.required("start")?, members.required("end")?)
            .map_err(|error| error.to_string())
    }

    fn schema() -> Value {
        let members = [("start", IpAddr::schema()), ("end", IpAddr::schema())];
        object_schema(members, &["start", "end"])
    }
}

impl FromJson for HostRoute {
    fn from_json(value: &Value) -> Result<Self, String> {
        let members = Members::of(value, &["destination", "nexthop"])?;
        Ok(Self {
            destination: members.required::<Cidr>("destination")?.0,
            nexthop: members.required("nexthop")?,
        })
    }

    fn schema() -> Value {
        let members = [
            ("destination", Cidr::schema()),
            ("nexthop", IpAddr::schema()),
        ];
        object_schema(members, &["destination", "nexthop"])
    }
}

impl FromJson for GatewayAddress {
    fn from_json(value: &Value) -> Result<Self, String> {
        let members = Members::of(value, &["ip", "mac"])?;
        Ok(Self {
            ip: members.required("ip")?,
            mac: members.optional("mac")?,
        })
    }

    fn schema() -> Value {
        let members = [
            ("ip", IpAddr::schema()),
            ("mac", Option::<MacAddr>::schema()),
        ];
        object_schema(members, &["ip"])
    }
}

impl FromJson for AllowedAddressPair {
    fn from_json(value: &Value) -> Result<Self, String> {
        let members = Members::of(value, &["ip_address", "mac_address"])?;
        Ok(Self {
            ip_address: members.required("ip_address")?,
            mac_address: members.optional("mac_address")?,
        })
    }

    fn schema() -> Value {
        let members = [
            ("ip_address", String::schema()),
            ("mac_address", String::schema()),
        ];
        object_schema(members, &["ip_address"])
    }
}

impl FromJson for SubPortRequest {
    fn from_json(value: &Value) -> Result<Self, String> {
        let known = ["port_id", "segmentation_type", "segmentation_id"];
        let members = Members::of(value, &known)?;
        let kind: String = members.required("segmentation_type")?;
        let tag = match kind.as_str() {
            "vlan" => Tag::Vlan(members.required("segmentation_id")?),
            // An id beside it is the network's to say, as in Neutron.
            "inherit" => Tag::Inherit,
            _ => {
                return Err(format!(
                    "Unknown segmentation_type '{kind}', use vlan or inherit"
                ));
            }
        };
        Ok(Self {
            port_id: PortId(members.required("port_id")?),
            tag,
        })
    }

    fn schema() -> Value {
        let kinds = serde_json::json!({ "enum": ["vlan", "inherit"] });
        let members = [
            ("port_id", Uuid::schema()),
            ("segmentation_type", kinds),
            ("segmentation_id", u16::schema()),
        ];
        object_schema(members, &["port_id", "segmentation_type"])
    }
}

/// One entry of `extra_dhcp_opts`; on update, no value means that the option goes.
pub(crate) struct DhcpOptionWish {
    /// The option's name or number.
    pub(crate) opt_name: String,
    /// Its value.
    pub(crate) opt_value: Option<String>,
    /// 4 or 6.
    pub(crate) ip_version: u8,
}

impl FromJson for DhcpOptionWish {
    fn from_json(value: &Value) -> Result<Self, String> {
        let members = Members::of(value, &["opt_name", "opt_value", "ip_version"])?;
        let ip_version = members.optional("ip_version")?.unwrap_or(4);
        if ip_version != 4 && ip_version != 6 {
            return Err(format!("ip_version: '{ip_version}' is not 4 or 6"));
        }
        Ok(Self {
            opt_name: members.required("opt_name")?,
            opt_value: members.optional("opt_value")?,
            ip_version,
        })
    }

    fn schema() -> Value {
        let members = [
            ("opt_name", String::schema()),
            ("opt_value", Option::<String>::schema()),
            ("ip_version", u8::schema()),
        ];
        object_schema(members, &["opt_name"])
    }
}
