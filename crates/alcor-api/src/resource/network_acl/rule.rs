//! Rules of network ACLs in the API.

use crate::attribute::{Attribute, Attributes};
use crate::error::RequestError;
use crate::field::{Field, Kind};
use crate::list::{IndexRule, Lookup};
use crate::resource::{Managed, Reading, Resource, Row, id_field};
use crate::view::Fields;
use alcor_managers::network_acl::{self, CreateAclRule, DEFAULT_NUMBER, UpdateAclRule};
use alcor_managers::records;
use alcor_managers::{ApiError, Caller, Settings, schema};
use alcor_store::Txn;
use alcor_types::{
    AclAction, AclProtocol, FlowDirection, NetworkAcl, NetworkAclId, NetworkAclRule,
    NetworkAclRuleId,
};
use ipnet::IpNet;
use serde::ser::SerializeMap;
use serde_json::{Value, json};
use uuid::Uuid;

/// `/v2.0/network-acl-rules`, and below `/project/{project}`.
pub(crate) struct AclRules;

const ATTRIBUTES: &[Attribute<AclRules>] = &[
    Attribute::new("id", Kind::Id)
        .post::<Uuid>()
        .read(|row| id_field(row.record.id.0)),
    Attribute::new("project_id", Kind::Text)
        .post::<String>()
        .read(|row| Field::Text(row.project().into())),
    Attribute::new("network_acl_id", Kind::Id)
        .post::<Uuid>()
        .required()
        .read(|row| id_field(row.record.acl_id.0)),
    Attribute::new("name", Kind::Text)
        .write::<String>()
        .read(|row| Field::text(&row.record.name)),
    Attribute::new("description", Kind::Text)
        .write::<String>()
        .read(|row| Field::text(&row.record.description)),
    Attribute::new("number", Kind::Number)
        .write::<u16>()
        .required()
        .read(|row| Field::Number(row.record.number.into())),
    Attribute::new("direction", Kind::Text)
        .post::<FlowDirection>()
        .required()
        .read(|row| Field::text(row.record.direction.as_str())),
    Attribute::new("ip_prefix", Kind::Block)
        .write::<IpNet>()
        .required()
        .read(|row| Field::Block(row.record.prefix)),
    Attribute::new("ether_type", Kind::Text)
        .post::<String>()
        .read(|row| Field::text(family(&row.record))),
    Attribute::new("protocol", Kind::Text)
        .post::<String>()
        .read(|row| Field::text(protocol(&row.record).0)),
    Attribute::new("port_range_min", Kind::Number).post::<Option<u16>>(),
    Attribute::new("port_range_max", Kind::Number).post::<Option<u16>>(),
    Attribute::new("icmp_type", Kind::Number).post::<Option<u8>>(),
    Attribute::new("icmp_code", Kind::Number).post::<Option<u8>>(),
    Attribute::new("action", Kind::Text)
        .write::<String>()
        .required()
        .read(|row| Field::text(action(row.record.action))),
];

const INDEXES: &[IndexRule] = &[IndexRule::new(
    "network_acl_id",
    schema::NETWORK_ACL_RULE_BY_ACL,
    1,
)];

impl Row<'_, AclRules> {
    /// The owner of its ACL.
    fn project(&self) -> String {
        let acl = self
            .reading
            .get::<NetworkAcl>(self.record.acl_id.as_bytes());
        acl.map_or_else(String::new, |acl| acl.project_id.to_string())
    }
}

fn action(action: AclAction) -> &'static str {
    match action {
        AclAction::Allow => "allow",
        AclAction::Deny => "deny",
    }
}

fn family(rule: &NetworkAclRule) -> &'static str {
    if rule.prefix.addr().is_ipv4() {
        "ipv4"
    } else {
        "ipv6"
    }
}

/// A protocol's name, and its two numbers: ports, or type and code.
fn protocol(rule: &NetworkAclRule) -> (&'static str, Option<(u16, u16)>) {
    let wide = |pair: Option<(u8, u8)>| pair.map(|(kind, code)| (kind.into(), code.into()));
    match rule.protocol {
        AclProtocol::All => ("all", None),
        AclProtocol::Tcp(ports) => ("tcp", ports),
        AclProtocol::Udp(ports) => ("udp", ports),
        AclProtocol::Icmp(pair) => ("icmp", wide(pair)),
        AclProtocol::Icmpv6(pair) => ("icmpv6", wide(pair)),
    }
}

/// The ports of a rule, and its ICMP type and code.
type Numbers = (Option<(u16, u16)>, Option<(u16, u16)>);

fn numbers(rule: &NetworkAclRule) -> Numbers {
    match protocol(rule) {
        ("icmp" | "icmpv6", pair) => (None, pair),
        (_, ports) => (ports, None),
    }
}

/// The rules as their ACL shows them, with the ones that deny the rest at the end.
pub(super) fn in_order(rules: &[NetworkAclRule]) -> Vec<Value> {
    let mut shown: Vec<Value> = rules.iter().map(view).collect();
    for direction in [FlowDirection::Ingress, FlowDirection::Egress] {
        for (family, prefix) in [("ipv4", "0.0.0.0/0"), ("ipv6", "::/0")] {
            shown.push(json!({
                "id": null, "number": DEFAULT_NUMBER, "direction": direction.as_str(),
                "ip_prefix": prefix, "ether_type": family, "protocol": "all", "action": "deny",
            }));
        }
    }
    shown
}

fn view(rule: &NetworkAclRule) -> Value {
    let (ports, icmp) = numbers(rule);
    json!({
        "id": rule.id, "name": rule.name, "number": rule.number,
        "direction": rule.direction.as_str(), "ip_prefix": rule.prefix.to_string(),
        "ether_type": family(rule), "protocol": protocol(rule).0,
        "port_range_min": ports.map(|ports| ports.0), "port_range_max": ports.map(|ports| ports.1),
        "icmp_type": icmp.map(|icmp| icmp.0), "icmp_code": icmp.map(|icmp| icmp.1),
        "action": action(rule.action),
    })
}

impl Resource for AclRules {
    const SINGULAR: &'static str = "network_acl_rule";
    const PLURAL: &'static str = "network_acl_rules";
    const PATH: &'static str = "network-acl-rules";
    const HAS_STANDARD: bool = false;
    type Record = NetworkAclRule;
    type Extra = ();

    fn attributes() -> &'static [Attribute<Self>] {
        ATTRIBUTES
    }

    fn indexes() -> &'static [IndexRule] {
        INDEXES
    }

    fn id(record: &NetworkAclRule) -> Uuid {
        record.id.0
    }

    fn visible(row: &Row<'_, Self>, caller: &Caller) -> bool {
        network_acl::rule_visible(&row.reading.snapshot, &row.record, caller)
    }

    fn scope(caller: &Caller, reading: &Reading) -> Option<Vec<Lookup>> {
        let project = caller.project_id.as_str().as_bytes();
        let index = schema::NETWORK_ACL_BY_PROJECT;
        let acls =
            records::lookup_keys::<NetworkAcl>(&reading.snapshot, index, &[project], None, false);
        let of = |acl: alcor_store::Key| Lookup::new(schema::NETWORK_ACL_RULE_BY_ACL, &[&acl]);
        Some(acls.map(of).collect())
    }

    fn not_found(id: &str) -> RequestError {
        RequestError::NotFound {
            kind: "NetworkAclRuleNotFound",
            what: "Network ACL rule",
            id: id.to_owned(),
        }
    }

    fn write<M: SerializeMap>(
        row: &Row<'_, Self>,
        fields: &mut Fields<'_, M>,
    ) -> Result<(), M::Error> {
        let rule = &row.record;
        let (ports, icmp) = numbers(rule);
        fields.put("id", &rule.id)?;
        fields.put_project(&row.project())?;
        fields.put("network_acl_id", &rule.acl_id)?;
        fields.put("name", &rule.name)?;
        fields.put("description", &rule.description)?;
        fields.put("number", &rule.number)?;
        fields.put("direction", rule.direction.as_str())?;
        fields.put_text("ip_prefix", &rule.prefix)?;
        fields.put("ether_type", family(rule))?;
        fields.put("protocol", protocol(rule).0)?;
        fields.put("port_range_min", &ports.map(|ports| ports.0))?;
        fields.put("port_range_max", &ports.map(|ports| ports.1))?;
        fields.put("icmp_type", &icmp.map(|icmp| icmp.0))?;
        fields.put("icmp_code", &icmp.map(|icmp| icmp.1))?;
        fields.put("action", action(rule.action))
    }
}

fn read_action(body: &Attributes) -> Result<Option<AclAction>, RequestError> {
    match body.get::<String>("action")?.as_deref() {
        None => Ok(None),
        Some("allow") => Ok(Some(AclAction::Allow)),
        Some("deny") => Ok(Some(AclAction::Deny)),
        Some(_) => Err(RequestError::invalid("action", "it is none of allow, deny")),
    }
}

/// Which packets a body means.
fn read_protocol(body: &Attributes) -> Result<AclProtocol, RequestError> {
    let ports = pair(body, "port_range_min", "port_range_max")?;
    let icmp = pair::<u8>(body, "icmp_type", "icmp_code")?;
    let name = body.get::<String>("protocol")?.unwrap_or("all".to_owned());
    match (name.as_str(), ports, icmp) {
        ("all", None, None) => Ok(AclProtocol::All),
        ("tcp", ports, None) => Ok(AclProtocol::Tcp(ports)),
        ("udp", ports, None) => Ok(AclProtocol::Udp(ports)),
        ("icmp", None, icmp) => Ok(AclProtocol::Icmp(icmp)),
        ("icmpv6", None, icmp) => Ok(AclProtocol::Icmpv6(icmp)),
        ("all" | "tcp" | "udp" | "icmp" | "icmpv6", ..) => {
            let reason = "ports are for tcp and udp, icmp_type and icmp_code for icmp and icmpv6";
            Err(RequestError::invalid("protocol", reason))
        }
        _ => {
            let reason = "it is none of tcp, udp, icmp, icmpv6, all";
            Err(RequestError::invalid("protocol", reason))
        }
    }
}

/// Two numbers that are there together or not at all.
fn pair<T: crate::value::FromJson>(
    body: &Attributes,
    first: &'static str,
    second: &'static str,
) -> Result<Option<(T, T)>, RequestError> {
    match (body.some(first)?, body.some(second)?) {
        (Some(low), Some(high)) => Ok(Some((low, high))),
        (None, None) => Ok(None),
        _ => Err(RequestError::invalid(
            first,
            format!("give it and {second}, or neither"),
        )),
    }
}

fn check_family(body: &Attributes, prefix: &IpNet) -> Result<(), RequestError> {
    let family = if prefix.addr().is_ipv4() {
        "ipv4"
    } else {
        "ipv6"
    };
    match body.get::<String>("ether_type")? {
        Some(named) if !named.eq_ignore_ascii_case(family) => {
            let reason = format!("ip_prefix is {family}: leave it out, or make them agree");
            Err(RequestError::invalid("ether_type", reason))
        }
        _ => Ok(()),
    }
}

impl Managed for AclRules {
    type Create = CreateAclRule;
    type Update = UpdateAclRule;

    fn create_request(body: &Attributes) -> Result<CreateAclRule, RequestError> {
        let prefix = body.required("ip_prefix")?;
        check_family(body, &prefix)?;
        let missing = || RequestError::invalid("action", "it is required");
        Ok(CreateAclRule {
            id: body.get::<Uuid>("id")?.map(NetworkAclRuleId),
            acl_id: NetworkAclId(body.required("network_acl_id")?),
            name: body.get("name")?.unwrap_or_default(),
            description: body.get("description")?.unwrap_or_default(),
            number: body.required("number")?,
            direction: body.required("direction")?,
            prefix,
            protocol: read_protocol(body)?,
            action: read_action(body)?.ok_or_else(missing)?,
        })
    }

    fn update_request(body: &Attributes, _: Option<u64>) -> Result<UpdateAclRule, RequestError> {
        Ok(UpdateAclRule {
            name: body.get("name")?,
            description: body.get("description")?,
            number: body.get("number")?,
            prefix: body.get("ip_prefix")?,
            action: read_action(body)?,
        })
    }

    fn create(
        txn: &mut Txn<'_>,
        requests: &[CreateAclRule],
        caller: &Caller,
        _: &Settings,
    ) -> Result<Vec<NetworkAclRule>, ApiError> {
        network_acl::create_rules(txn, requests, caller)
    }

    fn update(
        txn: &mut Txn<'_>,
        id: Uuid,
        request: &UpdateAclRule,
        caller: &Caller,
        _: &Settings,
    ) -> Result<NetworkAclRule, ApiError> {
        network_acl::update_rule(txn, NetworkAclRuleId(id), request, caller)
    }

    fn delete(
        txn: &mut Txn<'_>,
        id: Uuid,
        caller: &Caller,
        _: Option<u64>,
    ) -> Result<(), ApiError> {
        network_acl::delete_rule(txn, NetworkAclRuleId(id), caller)
    }
}
