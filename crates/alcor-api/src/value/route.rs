//! Routes of route tables, in the words of the first Alcor.

use super::item::Members;
use super::{FromJson, shown};
use crate::openapi::object as object_schema;
use alcor_managers::route_table::RouteRequest;
use alcor_types::{RouteTableKind, RouteTarget};
use ipnet::IpNet;
use serde_json::{Value, json};
use std::net::IpAddr;
use uuid::Uuid;

/// The words for targets that are no address.
const TARGETS: [(&str, RouteTarget); 3] = [
    ("local", RouteTarget::Local),
    ("internet_gw", RouteTarget::InternetGateway),
    ("nat_gw", RouteTarget::NatGateway),
];

/// What a route has. The last three say which table it is of, as views show it; the table is
/// named elsewhere, so they are passed over.
const KEYS: [&str; 10] = [
    "id",
    "name",
    "description",
    "destination",
    "target",
    "nexthop",
    "priority",
    "project_id",
    "routeTableId",
    "associatedType",
];

/// How views and bodies write a target.
pub(crate) fn target_text(target: RouteTarget) -> String {
    match target {
        RouteTarget::NextHop(address) => address.to_string(),
        other => {
            let word = TARGETS.iter().find(|(_, target)| *target == other);
            word.map_or_else(String::new, |(word, _)| (*word).to_owned())
        }
    }
}

/// A target by itself.
struct Target(RouteTarget);

impl FromJson for Target {
    fn from_json(value: &Value) -> Result<Self, String> {
        let text = value.as_str().unwrap_or_default();
        if let Some((_, target)) = TARGETS.iter().find(|(word, _)| *word == text) {
            return Ok(Self(*target));
        }
        text.parse()
            .map(|address| Self(RouteTarget::NextHop(address)))
            .map_err(|_| {
                let shown = shown(value);
                format!("'{shown}' is none of local, internet_gw, nat_gw or an IP address")
            })
    }
}

/// Where a route leads, by either of its two names.
fn target(members: &Members<'_>) -> Result<RouteTarget, String> {
    let named = members.optional::<Target>("target")?.map(|named| named.0);
    let hop = members.optional::<IpAddr>("nexthop")?;
    match (named, hop.map(RouteTarget::NextHop)) {
        (Some(named), Some(hop)) if named != hop => {
            let (named, hop) = (target_text(named), target_text(hop));
            Err(format!(
                "target {named} and nexthop {hop} contradict, leave one out"
            ))
        }
        (named, hop) => hop
            .or(named)
            .ok_or_else(|| "the key target or nexthop is missing".to_owned()),
    }
}

impl FromJson for RouteRequest {
    fn from_json(value: &Value) -> Result<Self, String> {
        let members = Members::of(value, &KEYS)?;
        Ok(Self {
            id: members.optional::<Uuid>("id")?,
            name: members.optional("name")?.unwrap_or_default(),
            description: members.optional("description")?.unwrap_or_default(),
            destination: members.required::<IpNet>("destination")?,
            target: target(&members)?,
            priority: members.optional("priority")?,
        })
    }

    fn schema() -> Value {
        let text = || json!({ "type": ["string", "null"] });
        let members = [
            ("id", Option::<Uuid>::schema()),
            ("name", text()),
            ("description", text()),
            ("destination", IpNet::schema()),
            ("target", text()),
            ("nexthop", Option::<IpAddr>::schema()),
            ("priority", Option::<u32>::schema()),
            ("project_id", text()),
            ("routeTableId", text()),
            ("associatedType", text()),
        ];
        object_schema(members, &["destination"])
    }
}

impl FromJson for RouteTableKind {
    fn from_json(value: &Value) -> Result<Self, String> {
        let kind = KINDS
            .iter()
            .find(|kind| value.as_str() == Some(kind.as_str()));
        kind.copied().ok_or_else(|| {
            let names = KINDS.map(Self::as_str).join(", ");
            format!("'{}' is not one of {names}", shown(value))
        })
    }

    fn schema() -> Value {
        json!({ "enum": KINDS.map(Self::as_str) })
    }
}

const KINDS: [RouteTableKind; 5] = [
    RouteTableKind::Vpc,
    RouteTableKind::PublicSubnet,
    RouteTableKind::PrivateSubnet,
    RouteTableKind::NeutronSubnet,
    RouteTableKind::NeutronRouter,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &Value) -> Result<RouteRequest, String> {
        RouteRequest::from_json(value)
    }

    #[test]
    fn a_target_has_two_names_that_agree() {
        let hop = RouteTarget::NextHop("10.0.0.9".parse().unwrap());
        for route in [
            json!({ "destination": "10.1.0.0/16", "nexthop": "10.0.0.9" }),
            json!({ "destination": "10.1.0.0/16", "target": "10.0.0.9", "nexthop": null }),
            json!({ "destination": "10.1.0.0/16", "target": "10.0.0.9", "nexthop": "10.0.0.9" }),
        ] {
            assert_eq!(read(&route).unwrap().target, hop);
        }
        let both = json!({ "destination": "::/0", "target": "nat_gw", "nexthop": "fd00::1" });
        assert!(read(&both).unwrap_err().contains("contradict"));
        let none = json!({ "destination": "::/0" });
        assert!(read(&none).unwrap_err().contains("missing"));
        let wrong = json!({ "destination": "::/0", "target": "vpn_gw" });
        assert!(read(&wrong).unwrap_err().contains("none of local"));
    }

    #[test]
    fn what_is_written_is_read() {
        for (word, target) in TARGETS {
            assert_eq!(target_text(target), word);
            let read = Target::from_json(&json!(word)).unwrap();
            assert_eq!(read.0, target);
        }
    }
}
